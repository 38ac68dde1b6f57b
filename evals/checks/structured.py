"""Checks of JSON in the answer."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from evals.checks import groups, judge
from evals.checks.examine import nested_mistakes
from evals.checks.json_path import as_text, compile_path, select
from evals.checks.json_schema import schema_of
from evals.checks.json_text import Parsed, Unwrap, candidates, parse
from evals.checks.options import Options, OptionsError, prefixed
from evals.checks.registry import CheckType, Mistake
from evals.checks.verdict import count, found, quote
from evals.checks.written import read_assertions
from evals.model import Completion, Group, Verdict

_SHOWN = 20  # violations named in a reason
_TRIED = 1000  # JSON values of one answer that are compared with a schema

JsonSchema = Annotated[
    dict[str, Any] | bool | UnsetType,
    Meta(
        description="A JSON Schema, or `{file: PATH}`: draft 2020-12 (default), 2019-09 or 7 by "
        "its `$schema`."
    ),
]


class IsJson(Options, frozen=True, kw_only=True):
    """Options of `is-json`."""

    value: JsonSchema = UNSET
    unwrap: Annotated[
        Unwrap,
        Meta(
            description="`strict`: the whole answer is JSON; `fence`: or its first code fence is; "
            "`find`: or an object or array stands in it."
        ),
    ] = "strict"


def is_json(completion: Completion, options: IsJson) -> Verdict:
    """The answer is JSON, and valid under the JSON Schema in `value`."""
    ways: dict[Unwrap, tuple[Unwrap, ...]] = {
        "strict": ("strict",),
        "fence": ("fence", "strict"),
        "find": ("strict", "fence", "find"),
    }
    parsed = parse(completion.text, unwrap=ways[options.unwrap])
    if parsed.problem is not None:
        return found(False, f"no JSON: {_problem(parsed, completion, options.unwrap)}")
    return _judged(parsed, options.value)


def _problem(parsed: Parsed, completion: Completion, unwrap: Unwrap) -> str:
    told = f"{parsed.problem}; found {quote(completion.text)}"
    if unwrap == "strict":
        inside = parse(completion.text, unwrap=("fence", "find"))
        if inside.problem is None:
            told += f"; there is JSON {inside.where}: `unwrap: {inside.how}` takes it"
    return told


def _judged(parsed: Parsed, schema: Any) -> Verdict:
    if schema is UNSET:
        return found(True, f"the JSON {parsed.where} is valid", extracted=parsed.text)
    return _told(parsed, schema, schema_of(schema).violations(parsed.value))


def _told(parsed: Parsed, schema: Any, violations: list[str]) -> Verdict:
    unknown = schema_of(schema).unknown_formats
    note = f" (formats not known and not checked: {', '.join(unknown)})" if unknown else ""
    if not violations:
        reason = f"the JSON {parsed.where} is valid under the schema{note}"
        return found(True, reason, extracted=parsed.text)
    shown = "; ".join(violations[:_SHOWN])
    more = f"; and {len(violations) - _SHOWN} more" if len(violations) > _SHOWN else ""
    reason = f"{count(len(violations), 'violation')} in the JSON {parsed.where}: {shown}{more}"
    return found(False, reason + note, extracted=parsed.text)


def _inspect_schema(options: IsJson | ContainsJson) -> Iterator[Mistake]:
    if options.value is UNSET:
        return
    try:
        schema_of(options.value)
    except OptionsError as error:
        yield from prefixed(("value",), error.mistakes)


class ContainsJson(Options, frozen=True, kw_only=True):
    """Options of `contains-json`."""

    value: JsonSchema = UNSET
    unwrap: Annotated[
        Unwrap,
        Meta(
            description="Where it may stand: `strict`: the whole answer; `fence`: its first code "
            "fence, or the whole; `find`: anywhere in it."
        ),
    ] = "find"


def contains_json(completion: Completion, options: ContainsJson) -> Verdict:
    """The answer contains a JSON object or array that is valid under the schema in `value`."""
    nearest: tuple[Parsed, list[str]] | None = None
    for parsed in _structures(completion.text, options.unwrap):
        if options.value is UNSET:
            return _judged(parsed, UNSET)
        violations = schema_of(options.value).violations(parsed.value)
        if nearest is None or len(violations) < len(nearest[1]):
            nearest = parsed, violations
        if not violations:
            break
    if nearest is None:
        return found(False, f"no JSON object or array in {quote(completion.text)}")
    return _told(nearest[0], options.value, nearest[1])


def _structures(text: str, unwrap: Unwrap) -> Iterator[Parsed]:
    """What may count: a scalar is no structure, or else every digit would be JSON."""
    for how in ("strict", "fence") if unwrap != "strict" else ("strict",):
        parsed = parse(text, unwrap=(how,))
        if parsed.problem is None and isinstance(parsed.value, dict | list):
            yield parsed
    if unwrap == "find":
        yield from itertools.islice(candidates(text), _TRIED)


class JsonPath(Options, frozen=True, kw_only=True, rename={"assert_": "assert"}):
    """Options of `json-path`."""

    path: Annotated[str, Meta(description="A JSONPath (RFC 9535), such as `$.items[0].name`.")]
    assert_: Annotated[
        tuple[Any, ...],
        Meta(
            description="Assertions on what it selects: the value of a singular path, a JSON "
            "array of the values of any other. Default: it selects something."
        ),
    ] = ()


def json_path(completion: Completion, options: JsonPath) -> Verdict:
    """What a JSONPath selects in the answer's JSON meets the nested assertions."""
    parsed = parse(completion.text, unwrap=("strict", "fence", "find"))
    if parsed.problem is not None:
        return found(False, f"no JSON: {parsed.problem}; found {quote(completion.text)}")
    path = compile_path(options.path)
    values = select(path, parsed.value)
    if not values:
        return found(False, f"{options.path} selects nothing in {quote(parsed.text)}")
    text = as_text(values[0] if path.singular_query() else values)
    if not options.assert_:
        return found(True, f"{options.path} is {quote(text)}", extracted=text)
    nested = nested_verdict(completion.with_text(text), options.assert_)
    reason = f"{options.path} is {quote(text)}; {nested.reason}"
    return msgspec.structs.replace(nested, reason=reason, extracted=text)


def nested_verdict(completion: Completion, written: Sequence[Any]) -> Verdict:
    """All nested assertions on a part of the answer, as one verdict."""
    members = read_assertions(list(written))
    rulings = [judge.prepare(member).rule(completion) for member in members]
    return groups.decide(Group(kind="all", of=members), rulings).verdict


def _inspect_path(options: JsonPath) -> Iterator[Mistake]:
    try:
        compile_path(options.path)
    except OptionsError as error:
        yield from prefixed(("path",), error.mistakes)
    yield from nested_mistakes(list(options.assert_))


CHECKS = (
    CheckType(
        name="is-json",
        function=is_json,
        options=IsJson,
        inspect=_inspect_schema,
        files=("value",),
    ),
    CheckType(
        name="contains-json",
        function=contains_json,
        options=ContainsJson,
        inspect=_inspect_schema,
        files=("value",),
    ),
    CheckType(name="json-path", function=json_path, options=JsonPath, inspect=_inspect_path),
)
