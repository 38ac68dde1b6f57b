"""Jinja2, kept small: templates read values, and do a bounded amount of work.

No calls but `range`, no attributes but items of mappings and lists, no inclusion, nothing that
depends on time, place or chance: a template has the same result everywhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from jinja2 import Environment, StrictUndefined, TemplateSyntaxError, Undefined, nodes
from jinja2.exceptions import SecurityError
from jinja2.exceptions import TemplateError as JinjaError
from jinja2.meta import find_undeclared_variables
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import pass_context

from evals.suite.nearest import hint
from evals.suite.template.bounds import MAX_RANGE, Work, bound_filter, bound_operator, bounded
from evals.suite.template.tree import (
    ASKING,
    COUNTED,
    JOINED,
    MEASURED,
    asked,
    expression,
    filtered,
    parsed,
    rewrite,
)
from evals.suite.template.tree import FILTERS as _FILTERS
from evals.suite.template.tree import TESTS as _TESTS
from evals.suite.template.values import TemplateError, shown, unknown

_LOOP_WORDS: Final = "index index0 revindex revindex0 first last length previtem nextitem depth"
_LOOP: Final = frozenset(_LOOP_WORDS.split())
# No template can write these names.
_WORK: Final = "·work"
_KEPT: Final = "·kept"


class Sandboxed:
    """A template that needs Jinja2."""

    def __init__(self, text: str) -> None:
        tree = parsed(_SANDBOX, text)
        names = frozenset(find_undeclared_variables(tree) - {"range"})
        self.optional = frozenset(asked(tree)) & names
        self.names = names - self.optional
        self._is_value = expression(tree) is not None
        if self._is_value:
            whole = parsed(_SANDBOX, text)
            output = whole.body[0]
            assert isinstance(output, nodes.Output)
            output.nodes = [filtered(output.nodes[0], _KEPT)]
            self._value = _code(whole)
        self._text = _code(tree)

    def text(self, variables: Mapping[str, Any]) -> str:
        return _render(self._text, variables, Work())

    def value(self, variables: Mapping[str, Any]) -> Any:
        if not self._is_value:
            return self.text(variables)
        work = Work()
        _render(self._value, variables, work)
        return work.kept


def read(text: str) -> Sandboxed:
    """Read a template; raises TemplateError with the line inside it."""
    if sum(len(part[0]) for part in _CODE.finditer(text)) > _LONGEST:
        raise TemplateError(f"more than {_LONGEST:,} characters of code, the limit of a template")
    try:
        return Sandboxed(text)
    except TemplateSyntaxError as error:
        raise TemplateError(f"line {error.lineno} of the template: {_syntax(error)}") from None
    except RecursionError:
        raise TemplateError("the template is nested too deeply") from None


_LONGEST: Final = 50_000
_CODE: Final = re.compile(r"\{[{%][^}]*")
_ENDS = {"'end of print statement'": "}}", "'end of statement block'": "%}"}


def _syntax(error: TemplateSyntaxError) -> str:
    """Jinja2's message, with the signs in place of their names."""
    message = error.message or "it cannot be read"
    for name, sign in _ENDS.items():
        message = message.replace(name, f"'{sign}'")
    return message.rstrip(".")


def _render(template: Any, variables: Mapping[str, Any], work: Work) -> str:
    parts, size = [], 0
    try:
        for part in template.generate({**variables, _WORK: work}):
            size += len(part)
            bounded(size)
            parts.append(part)
    except Exception as error:  # noqa: BLE001 -- whatever an expression raises is its author's
        raise TemplateError(_reason(error, variables)) from None
    return "".join(parts)


def _reason(error: Exception, variables: Mapping[str, Any]) -> str:
    if isinstance(error, JinjaError):
        found = re.fullmatch(r"'(.*)' is undefined", error.message or "")
        return unknown(found[1], variables) if found else error.message or str(error)
    return f"the template fails: {error}"


class _Sandbox(ImmutableSandboxedEnvironment):
    """Items of mappings and lists are all that a template can reach."""

    intercepted_binops = frozenset(("+", "*", "**", "%"))

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, LoopContext) and attribute in _LOOP:
            return getattr(obj, attribute)
        if isinstance(obj, tuple) and attribute in getattr(obj, "_fields", ()):
            return getattr(obj, attribute)  # what `groupby` gives: grouper, list
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Undefined):
            return obj[argument]  # raises, naming what is undefined
        if not isinstance(obj, dict | list | tuple | str):
            return self.undefined(f"{_kind(obj)} has no item {argument!r}")
        try:
            return obj[argument]
        except (TypeError, LookupError):
            return self.undefined(_lacking(obj, argument))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        work = _work(context)
        left, right = work.take(left), work.take(right)
        bound_operator(operator, left, right)
        return work.take(super().call_binop(context, operator, left, right))


def _work(context: Context) -> Work:
    work: Work = context.parent[_WORK]
    return work


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a text"
    return "a list" if isinstance(value, list | tuple) else "this value"


def _lacking(value: Any, item: Any) -> str:
    if isinstance(value, dict):
        known = [str(key) for key in value]
        names = ", ".join(known) or "none"
        return f"the mapping has no key {item!r}; known: {names}{hint(str(item), known)}"
    if isinstance(item, str):
        return f"{_kind(value)} has no attribute {item!r}: templates have filters, no methods"
    return f"{_kind(value)} of length {len(value)} has no item {item!r}"


def _wrapped(name: str) -> Any:
    """A filter that counts its work and bounds its result."""

    @pass_context
    def call(context: Context, value: Any, *args: Any, **kwargs: Any) -> Any:
        work = _work(context)
        if name not in ASKING:
            value = _strict(value)
        value, *rest = (work.take(item) for item in (value, *args))
        kwargs = {key: work.take(item) for key, item in kwargs.items()}
        bound_filter(name, value, (*rest, *kwargs.values()))
        if isinstance(value, dict) and name in ("join", "list"):
            value = list(value)
        made = _PLAIN.call_filter(name, value, rest, kwargs, context, context.eval_ctx)
        return work.take(made)

    return call


def _tojson(value: Any, indent: int | None = None) -> str:
    """JSON as it is written for people and models: no escapes for HTML, keys in their order."""
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _re_escape(value: Any) -> str:
    """A text as a pattern that matches just it."""
    return re.sub(r"[\\^$.|?*+()\[\]{}\-/#&~]", r"\\\g<0>", shown(value))


@pass_context
def _counted(context: Context, items: Any) -> Iterator[Any]:
    return _work(context).count(items)


@pass_context
def _measured(context: Context, value: Any) -> Any:
    return _work(context).take(value)


@pass_context
def _joined(context: Context, *values: Any) -> str:
    work = _work(context)
    text: str = work.take("".join(shown(_strict(work.take(value))) for value in values))
    return text


@pass_context
def _kept(context: Context, value: Any) -> str:
    work = _work(context)
    work.kept = work.take(_strict(value))
    return ""


def _strict(value: Any) -> Any:
    if isinstance(value, Undefined):
        str(value)  # raises, naming what is undefined
    return value


def _range(*bounds: int) -> list[int]:
    numbers = range(*bounds)
    if len(numbers) > MAX_RANGE:
        raise SecurityError(f"range: more than {MAX_RANGE:,} numbers, the limit")
    return list(numbers)


def _finalize(value: Any) -> Any:
    return value if isinstance(value, Undefined) else shown(value)


def _environment() -> _Sandbox:
    environment = _Sandbox(
        undefined=StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
        finalize=_finalize,
        optimized=False,  # nothing is computed before it is counted
        cache_size=0,
    )
    environment.globals = {"range": _range}
    environment.tests = {name: environment.tests[name] for name in _TESTS}
    environment.filters = {name: _wrapped(name) for name in _FILTERS}
    own = {COUNTED: _counted, MEASURED: _measured, JOINED: _joined, _KEPT: _kept}
    environment.filters.update(own)
    return environment


_PLAIN: Final = Environment(undefined=StrictUndefined)
_PLAIN.filters.update(tojson=_tojson, re_escape=_re_escape)
_SANDBOX: Final = _environment()


def _code(tree: nodes.Template) -> Any:
    """The compiled template, its loops and containers made to count."""
    rewrite(tree)
    tree.set_environment(_SANDBOX)
    return _SANDBOX.from_string(tree)
