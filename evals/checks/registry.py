"""The table of check types: built-in families by name, own checks by decorator.

Imported by whoever writes a check of their own, so it imports nothing heavy: a built-in family is
imported when one of its names is looked up, the options of an own check are read at its first use.
"""

from __future__ import annotations

import collections.abc
import importlib
import inspect
import re
import types
import typing
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias, TypeVar

from evals.errors import ConfigError
from evals.own import refuse_bare

Path: TypeAlias = tuple[str | int, ...]
Mistake: TypeAlias = tuple[Path, str]
"""Where in an assertion as written, and what is wrong there."""

Judges: TypeAlias = Literal["text", "logprobs", "timing", "usage", "tools", "finish", "model"]
Scope: TypeAlias = Literal["trial", "case", "columns"]
Need: TypeAlias = Literal["logprobs", "top_logprobs", "tools", "stream", "judge"]

GROUPS = ("all", "any", "at-least")

FAMILIES = {
    "text": (
        "equals contains icontains contains-any contains-all icontains-any icontains-all "
        "starts-with ends-with"
    ),
    "words": "word-count",
    "lengths": "char-count line-count sentence-count is-empty",
    "refusal": "is-refusal",
    "pii": "no-pii",
    "pattern": "regex number-of",
    "number": "number between",
    "structured": "is-json contains-json json-path",
    "json_equals": "json-equals",
    "formats": "is-csv is-python markdown",
    "yaml_text": "is-yaml",
    "xml_text": "is-xml contains-xml",
    "html_text": "is-html contains-html",
    "sql": "is-sql contains-sql",
    "choice": "choice",
    "logprobs": "choice-logprob",
    "likelihood": "logprob perplexity perplexity-score token-probability entropy confidence",
    "response": "finish-reason complete latency ttft tokens tokens-per-second cost model-is",
    "tools": "tool-calls tool-call-f1",
    "calls": "no-tool-call is-valid-tool-call",
    "similarity": "exact-match levenshtein jaro-winkler token-f1",
    "rouge": "rouge",
    "translation": "bleu chrf ter gleu meteor",
    "language": "language",
    "expression": "expression",
    "embedding": "similar",
    "rubric": "llm-rubric closed-qa",
    "rating": "g-eval",
    "comparing": "factuality pairwise",
    "grounding": "answer-relevance context-faithfulness context-recall context-relevance",
    "samples": "consistent majority deterministic",
    "columns": "same-as max-score",
    "preference": "select-best",
}
_BUILT_IN = {name: family for family, names in FAMILIES.items() for name in names.split()}
_NAME = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")


@dataclass(frozen=True, eq=False)
class CheckType:
    """A kind of check: a function `(completion, options)` and what the engine must know of it.

    `options` is a struct (or dataclass; None: no options). `inspect` finds mistakes in converted
    options that their types cannot say. `decided_by` are options of which one is needed unless the
    weight is 0. `files` are options that may be `{file: PATH}` in a suite, `texts` those where the
    file holds a text. `inputs` are keys of the option `value` that have to be there; a suite takes
    what is left out from the vars of these names. `scored` says that a returned score is compared
    with the common key `threshold`. `library` is one of `extras.EXTRAS` that it cannot do without.
    `asks` says that the function is a generator that yields requests, as `evals.checks.asking`
    tells. `scope` says what the function is given in place of a completion: `case` all samples of a
    case in its column, a sequence; `columns` those of every column of the case, a mapping by
    column, whose first is the judged one (`context.column`). With `gaps`, None
    stands for a sample in which the transforms found nothing. `column` is the option that names the
    only other column it looks at; with `scores`, `context.scores` are what the other checks gave.
    """

    name: str
    function: Callable[..., Any]  # what it returns is read by `verdict.read`
    options: type[Any] | None
    judges: Judges = "text"
    needs: tuple[Need, ...] = ()
    spared_by: str | None = None
    inspect: Callable[[Any], Iterable[Mistake]] | None = None
    decided_by: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    scored: bool = False
    own: bool = False
    wants_context: bool = False  # it takes `context` by keyword
    library: str | None = None
    last: bool = False  # judged after the other checks of the test, whose scores it reads
    asks: bool = False
    scope: Scope = "trial"
    reads: bool = False  # `extracted` is what it read in the answer; None: nothing
    gaps: bool = False
    column: str | None = None
    scores: bool = False

    @cached_property
    def templates(self) -> frozenset[str]:
        """Options whose texts, at any depth, are templates."""
        from evals.checks.options import template_fields

        return template_fields(self.options)

    @property
    def summary(self) -> str:
        """What the check says, in the first paragraph of its docstring."""
        return inspect.cleandoc(self.function.__doc__ or "").partition("\n\n")[0]


@dataclass(frozen=True)
class _Registered:
    function: Callable[..., Any]
    place: str  # file:line
    scope: Scope


_own: dict[str, _Registered] = {}
_found: dict[str, CheckType] = {}

F = TypeVar("F", bound="Callable[..., Any]")


def check(name: str, *, scope: Scope = "trial") -> Callable[[F], F]:
    """Register a function `(completion, options)` as the check type `name`.

    It returns a `Verdict`, a bool, a score in 0 … 1, or a tuple of one of them and a reason.
    Its options are read from the annotation of its second parameter: a `msgspec.Struct`, a
    dataclass, or None. It may take `context` (vars and expected value) by keyword. A function that
    has to ask is a generator: `reply = yield context.chat(messages)`.

    With `scope="case"` its first parameter is the sequence of all samples of a case in a column,
    with `"columns"` a mapping from each column of the case to its samples.
    """

    refuse_bare("check", name)

    def register(function: F) -> F:
        place = _place(function)
        _refuse_name(name, place)
        before = _own.get(name)
        if before is not None and before.place != place:
            raise ConfigError(
                f'the check "{name}" is registered twice: at {before.place} and at {place}',
                remedy="give one of them another name",
            )
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            raise ConfigError(
                f'{place}: the check "{name}" is asynchronous',
                remedy="write it as `def`; one that has to ask yields its requests",
            )
        _own[name] = _Registered(function, place, scope)
        _found.pop(name, None)
        return function

    return register


def find(name: str) -> CheckType | None:
    """The check type of this name (without `not-`), or None."""
    found = _found.get(name)
    if found is not None:
        return found
    if name in _own:
        found = _resolve(name, _own[name])
    elif name in _BUILT_IN:
        family = importlib.import_module(f"evals.checks.{_BUILT_IN[name]}")
        found = {entry.name: entry for entry in family.CHECKS}[name]
    else:
        return None
    _found[name] = found
    return found


def names() -> tuple[str, ...]:
    """Every check type that can be written, in alphabetical order."""
    return tuple(sorted((*_BUILT_IN, *_own)))


def forget(name: str) -> None:
    """Remove an own check, so that a test can register it anew."""
    _own.pop(name, None)
    _found.pop(name, None)


def _place(function: Callable[..., Any]) -> str:
    code = inspect.unwrap(function).__code__
    return f"{code.co_filename}:{code.co_firstlineno}"


def _refuse_name(name: str, place: str) -> None:
    if name.startswith("not-"):
        raise ConfigError(
            f'{place}: a check cannot be named "{name}": `not-` inverts any check',
            remedy=f'name it "{name.removeprefix("not-")}"',
        )
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f'{place}: a check cannot be named "{name}"',
            remedy="use small letters, digits and hyphens, such as close-to",
        )
    if name in _BUILT_IN or name in (*GROUPS, "use"):
        raise ConfigError(
            f'{place}: "{name}" is built in',
            remedy="give the check another name",
        )


def _resolve(name: str, registered: _Registered) -> CheckType:
    function = inspect.unwrap(registered.function)
    parameters = list(inspect.signature(function).parameters.values())
    try:
        options = _annotation(function, parameters[1].annotation)
    except (IndexError, NameError) as error:
        raise _unannotated(name, registered.place) from error
    if options is inspect.Parameter.empty or options is Any:
        raise _unannotated(name, registered.place)
    try:
        returned = _annotation(function, inspect.signature(function).return_annotation)
    except NameError:  # imported for the type checker only
        returned = Any
    asks = inspect.isgeneratorfunction(function)
    if asks and typing.get_origin(returned) is collections.abc.Generator:
        returned = typing.get_args(returned)[2]
    return CheckType(
        name=name,
        function=registered.function,
        options=None if options is type(None) else options,
        own=True,
        scored=returned not in (bool, tuple[bool, str]),
        decided_by=("threshold",) if returned in (float, tuple[float, str]) else (),
        wants_context=any(parameter.name == "context" for parameter in parameters[2:]),
        asks=asks,
        scope=registered.scope,
    )


def _unannotated(name: str, place: str) -> ConfigError:
    return ConfigError(
        f'{place}: the options of the check "{name}" are not known',
        remedy="annotate its second parameter with a struct, or with None where it has none",
    )


def _annotation(function: Callable[..., Any], annotation: Any) -> Any:
    """One annotation, evaluated by itself: the others may name what only a type checker sees."""
    holder = types.SimpleNamespace(__annotations__={"it": annotation})
    return typing.get_type_hints(holder, globalns=function.__globals__)["it"]
