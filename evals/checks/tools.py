"""Checks of the tools that the answer calls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, TypeAlias

from msgspec import UNSET, Meta, UnsetType

from evals.checks.examine import nested_mistakes
from evals.checks.json_schema import schema_of
from evals.checks.json_text import differences, parse
from evals.checks.options import Count, Options, OptionsError, Share, prefixed, show
from evals.checks.registry import CheckType, Mistake
from evals.checks.structured import nested_verdict
from evals.checks.verdict import count, cut, found, quote, reaches
from evals.errors import CheckError
from evals.model import Completion, ToolCall, Verdict

Args: TypeAlias = Annotated[
    Literal["partial", "exact", "schema"],
    Meta(
        description="`partial`: the arguments named must agree; `exact`: and there are no "
        "others; `schema`: `arguments` is a JSON Schema."
    ),
]
Ignored: TypeAlias = Annotated[
    tuple[str, ...], Meta(description="Names of arguments that are not compared.")
]


class ExpectedCall(Options, frozen=True, kw_only=True, rename={"assert_": "assert"}):
    """A call that is expected."""

    name: Annotated[str, Meta(description="The function's name.", min_length=1)]
    arguments: Annotated[
        dict[str, Any] | UnsetType,
        Meta(description="Its arguments, compared as `args` says; left out: any."),
    ] = UNSET
    assert_: Annotated[
        tuple[Any, ...],
        Meta(description="Assertions on the arguments as JSON text, such as json-path."),
    ] = ()


class ToolCalls(Options, frozen=True, kw_only=True):
    """Options of `tool-calls`."""

    value: Annotated[
        tuple[ExpectedCall, ...] | UnsetType,
        Meta(description="The calls expected; an empty list: none."),
    ] = UNSET
    args: Args = "partial"
    ignore: Ignored = ()
    order: Annotated[
        Literal["exact", "in-order", "any"],
        Meta(
            description="`exact`: from the first call on, one after the other; `in-order`: others "
            "may stand between them; `any`: in any order."
        ),
    ] = "any"
    extra: Annotated[
        Literal["allow", "forbid"], Meta(description="Calls that were not expected.")
    ] = "forbid"
    count: Annotated[Count | None, Meta(description="How many calls there are.")] = None


def tool_calls(completion: Completion, options: ToolCalls) -> Verdict:
    """The answer calls the tools expected, with the arguments expected."""
    calls = completion.tool_calls
    made = _shown(calls) if calls else "no calls"
    if options.count is not None and len(calls) != options.count:
        return found(False, f"found {count(len(calls), 'call')}, expected {options.count}: {made}")
    if options.value is UNSET:
        return found(True, f"found {count(len(calls), 'call')}: {made}", extracted=made)
    assert not isinstance(options.value, UnsetType)
    expected = options.value
    table = [[_mismatch(completion, call, one, options) for call in calls] for one in expected]
    assigned = _assign(table, len(calls), options.order)
    problems = [
        _missing(one, calls, row)
        for one, row, at in zip(expected, table, assigned, strict=True)
        if at is None
    ]
    if options.extra == "forbid":
        taken = {at for at in assigned if at is not None}
        unasked = [call for at, call in enumerate(calls) if at not in taken]
        if unasked:
            problems.append(f"not expected: {_shown(unasked)}")
    if problems:
        return found(False, f"{'; '.join(problems)}; found {made}", extracted=made)
    return found(True, f"found {made}, as expected", extracted=made)


_Row: TypeAlias = list[str | None]
"""For each call why it does not match, None where it does."""


def _assign(
    table: list[_Row], calls: int, order: Literal["exact", "in-order", "any"]
) -> list[int | None]:
    """For each expected call the call that fulfils it."""
    if order == "exact":
        return [at if at < calls and row[at] is None else None for at, row in enumerate(table)]
    if order == "in-order":
        assigned: list[int | None] = []
        begin = 0
        for row in table:
            at = next((i for i in range(begin, calls) if row[i] is None), None)
            assigned.append(at)
            begin = begin if at is None else at + 1
        return assigned
    return _Matching(table, calls).assigned()


class ToolCallF1(Options, frozen=True, kw_only=True):
    """Options of `tool-call-f1`."""

    value: Annotated[
        tuple[ExpectedCall, ...],
        Meta(description="The calls expected, as under `tool-calls`; an empty list: none."),
    ]
    args: Args = "partial"
    ignore: Ignored = ()
    threshold: Annotated[Share | None, Meta(description="The least F1 that passes.")] = None


def tool_call_f1(completion: Completion, options: ToolCallF1) -> Verdict:
    """The calls agree with those expected, in any order, to an F1 of at least `threshold`.

    F1 is the harmonic mean of precision (the share of the calls made that were expected) and
    recall (the share of the calls expected that were made). Without any call on both sides it is 1.
    """
    calls, expected = completion.tool_calls, options.value
    table = [[_mismatch(completion, call, one, options) for call in calls] for one in expected]
    assigned = _assign(table, len(calls), "any")
    agreeing = sum(at is not None for at in assigned)
    precision = agreeing / len(calls) if calls else float(not expected)
    recall = agreeing / len(expected) if expected else float(not calls)
    score = 2 * agreeing / (len(calls) + len(expected)) if calls or expected else 1.0
    told = f"F1 {score:.3f}: of {count(len(calls), 'call')} made and {len(expected)} expected "
    told += f"{agreeing} agree"
    if options.threshold is not None:
        told += f", threshold {options.threshold:g}"
    missing = [
        _missing(one, calls, row)
        for one, row, at in zip(expected, table, assigned, strict=True)
        if at is None
    ]
    made = _shown(calls) if calls else "no calls"
    return found(
        reaches(score, options.threshold),
        "; ".join([told, *missing[:5], f"found {made}"]),
        score=score,
        extracted=made,
        values={"precision": precision, "recall": recall, "f1": score},
    )


class _Matching:
    """As many expected calls as possible, each with a call of its own (augmenting paths)."""

    def __init__(self, table: list[_Row], calls: int) -> None:
        self._table = table
        self._owner: list[int | None] = [None] * calls

    def assigned(self) -> list[int | None]:
        for row in range(len(self._table)):
            self._place(row, set())
        by_row = {row: at for at, row in enumerate(self._owner) if row is not None}
        return [by_row.get(row) for row in range(len(self._table))]

    def _place(self, row: int, tried: set[int]) -> bool:
        for at, problem in enumerate(self._table[row]):
            if problem is not None or at in tried:
                continue
            tried.add(at)
            owner = self._owner[at]
            if owner is None or self._place(owner, tried):
                self._owner[at] = row
                return True
        return False


def _mismatch(
    completion: Completion, call: ToolCall, expected: ExpectedCall, options: ToolCalls | ToolCallF1
) -> str | None:
    """Why the call is not the one expected; None where it is."""
    if call.name != expected.name:
        return f"it calls {quote(call.name, limit=60)}"
    if isinstance(expected.arguments, UnsetType) and not expected.assert_:
        return None
    parsed = parse(call.arguments or "{}", unwrap=("strict",))
    if parsed.problem is not None:
        return f"its arguments are no JSON: {parsed.problem}"
    if not isinstance(parsed.value, dict):
        return f"its arguments are no object: {quote(call.arguments, limit=80)}"
    if not isinstance(expected.arguments, UnsetType):
        different = _argument_differences(parsed.value, expected.arguments, options)
        if different:
            return "; ".join(different[:5])
    if not expected.assert_:
        return None
    verdict = nested_verdict(completion.with_text(parsed.text), expected.assert_)
    if verdict.passed is None:
        raise CheckError(f"an assertion on the arguments of {expected.name}: {verdict.reason}")
    return None if verdict.passed else verdict.reason


def _argument_differences(
    found_arguments: dict[str, Any], expected: dict[str, Any], options: ToolCalls | ToolCallF1
) -> list[str]:
    seen = {key: value for key, value in found_arguments.items() if key not in options.ignore}
    if options.args == "schema":
        return schema_of(expected).violations(seen)
    wanted = {key: value for key, value in expected.items() if key not in options.ignore}
    return differences(seen, wanted, partial=options.args == "partial")


def _missing(expected: ExpectedCall, calls: Sequence[ToolCall], row: _Row) -> str:
    """What is said of an expected call that no call fulfils: the nearest call and why not."""
    wanted = expected.name
    if not isinstance(expected.arguments, UnsetType):
        wanted += f"({show(expected.arguments, limit=120)})"
    near = [
        f"call {at + 1} differs: {problem}"
        for at, (call, problem) in enumerate(zip(calls, row, strict=True))
        if call.name == expected.name and problem is not None
    ]
    if near:
        return f"expected {wanted}, but {near[0]}"
    if any(call.name == expected.name for call in calls):
        return f"expected {wanted} in another place or once more"
    return f"expected {wanted}, which was not called"


def _shown(calls: Sequence[ToolCall]) -> str:
    shown = [f"{cut(call.name, 60)}({cut(call.arguments, 100)})" for call in calls[:5]]
    more = f", and {len(calls) - 5} more" if len(calls) > 5 else ""
    return ", ".join(shown) + more


def _inspect_tool_calls(options: ToolCalls) -> Iterator[Mistake]:
    if isinstance(options.value, UnsetType):
        if options.count is None:
            yield (), "give `value` or `count`"
        return
    if not options.value and options.extra == "allow" and options.count is None:
        yield ("value",), "no call expected and any allowed: it cannot fail"
    wanted = len(options.value)
    if options.count is not None and (
        options.count < wanted or (options.extra == "forbid" and options.count != wanted)
    ):
        yield ("count",), f"{wanted} calls are expected, so there cannot be {options.count}"
    for index, call in enumerate(options.value):
        yield from prefixed(("value", index), _inspect_call(call, options))


def _inspect_f1(options: ToolCallF1) -> Iterator[Mistake]:
    for index, call in enumerate(options.value):
        yield from prefixed(("value", index), _inspect_call(call, options))


def _inspect_call(call: ExpectedCall, options: ToolCalls | ToolCallF1) -> Iterator[Mistake]:
    if options.args == "schema" and not isinstance(call.arguments, UnsetType):
        try:
            schema_of(call.arguments)
        except OptionsError as error:
            yield from prefixed(("arguments",), error.mistakes)
    yield from nested_mistakes(list(call.assert_))


CHECKS = (
    CheckType(
        name="tool-calls",
        function=tool_calls,
        options=ToolCalls,
        judges="tools",
        needs=("tools",),
        inspect=_inspect_tool_calls,
    ),
    CheckType(
        name="tool-call-f1",
        function=tool_call_f1,
        options=ToolCallF1,
        judges="tools",
        needs=("tools",),
        inspect=_inspect_f1,
        decided_by=("threshold",),
    ),
)
