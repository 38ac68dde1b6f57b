"""What is wrong with an assertion, before any answer is looked at."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec

from evals.checks.extras import missing
from evals.checks.options import OptionsError, convert, fields_of, nearest, prefixed
from evals.checks.options import examine as examine_options
from evals.checks.registry import CheckType, Mistake, find, names
from evals.checks.transform import pipeline
from evals.checks.written import read_assertions
from evals.model import Assertion, Check, Group, JsonObject


def examine(
    assertion: Assertion, *, templates: bool = False, members: bool = True
) -> tuple[Mistake, ...]:
    """Every mistake, with its path in the assertion as written.

    With `templates`, a text with a template in it stands for any value; without `members`, only
    the group itself is examined.
    """
    if isinstance(assertion, Check):
        return tuple(_check_mistakes(assertion, templates))
    return tuple(_group_mistakes(assertion, templates, members))


def _group_mistakes(group: Group, templates: bool, members: bool) -> Iterator[Mistake]:
    yield from _weight_mistakes(group.weight)
    path = (group.label, "of") if group.kind == "at-least" else (group.label,)
    deciding = sum(member.weight > 0 for member in group.of)
    if not group.of:
        yield path, f"`{group.label}` is empty: it has no member that decides"
    elif not deciding:
        yield path, f"`{group.label}` has no member that decides: the weight of each is 0"
    if group.kind == "at-least" and not 1 <= group.n <= max(deciding, 1):
        what = "cannot fail" if group.n < 1 else f"cannot be reached by {deciding}"
        yield (group.label, "n"), f"at-least {group.n} {what}"
    for index, member in enumerate(group.of if members else ()):
        yield from prefixed((*path, index), examine(member, templates=templates))
    for index, member in enumerate(group.of):
        kind = find(member.type) if isinstance(member, Check) else None
        if kind is not None and kind.scope != "trial":
            message = f"`{kind.name}` looks at several trials, so it stands alone, in no group"
            yield (*path, index), message


def _unknown(name: str) -> str:
    """An unknown type, with the nearest known; there are too many to list them all."""
    near = nearest(name, names())
    return f'unknown check "{name}"' + (f'; did you mean "{near}"?' if near else "")


def _check_mistakes(check: Check, templates: bool) -> Iterator[Mistake]:
    kind = find(check.type)
    if kind is None:
        yield ("type",), _unknown(check.type)
        return
    yield from common_mistakes(check, kind)
    written = _without_threshold(kind, check.options)
    found = examine_options(kind.options, written, templates=templates)
    yield from found.mistakes
    if not found.open and not found.mistakes:
        try:
            understood(kind, written)
        except OptionsError as error:
            yield from error.mistakes
    elif "assert" in fields_of(kind.options) and "assert" in written:
        yield from nested_mistakes(written["assert"], templates)
    try:
        pipeline(check.transform)
    except OptionsError as error:
        yield from error.mistakes


def nested_mistakes(written: Any, templates: bool = False) -> Iterator[Mistake]:
    """Mistakes in assertions under the key `assert` of a check's options."""
    try:
        nested = read_assertions(written)
    except OptionsError as error:
        yield from prefixed(("assert",), error.mistakes)
        return
    for index, assertion in enumerate(nested):
        path = ("assert", index)
        yield from prefixed(path, _other_than_text(assertion))
        yield from prefixed(path, examine(assertion, templates=templates))


def _other_than_text(assertion: Assertion) -> Iterator[Mistake]:
    if isinstance(assertion, Group):
        for member in assertion.of:
            yield from _other_than_text(member)
        return
    kind = find(assertion.type)
    if kind is not None and (kind.judges != "text" or kind.scope != "trial"):
        yield (), f"`{assertion.type}` does not judge text, so it cannot stand here"
    elif kind is not None and kind.asks:
        yield (), f"`{assertion.type}` has to ask, so it cannot stand here"


def common_mistakes(check: Check, kind: CheckType) -> tuple[Mistake, ...]:
    """Mistakes in the keys that all checks share."""
    mistakes = [*_weight_mistakes(check.weight)]
    if kind.judges != "text":
        for key, given in (("transform", check.transform), ("on", check.on != "answer")):
            if given:
                message = f"`{kind.name}` does not judge text, so it takes no `{key}`"
                mistakes.append(((key,), message))
    threshold = check.options.get("threshold")
    if threshold is not None and not _takes_threshold(kind):
        message = f"`{kind.name}` has no graded score, so it takes no threshold"
        mistakes.append((("threshold",), message))
    elif threshold is not None and kind.own and "threshold" not in fields_of(kind.options):
        mistakes += _threshold_mistakes(threshold)
    if kind.library is not None and (told := missing(kind.library)) is not None:
        mistakes.append((("type",), f"`{kind.name}` {told}"))
    decided = any(check.options.get(key) is not None for key in kind.decided_by)
    if kind.decided_by and check.weight > 0 and not decided:
        needed = " or ".join(f"`{key}`" for key in kind.decided_by)
        mistakes.append(((), f"`{kind.name}` needs {needed} to decide"))
    return tuple(mistakes)


def _weight_mistakes(weight: float) -> Iterator[Mistake]:
    if not math.isfinite(weight) or weight < 0:
        yield ("weight",), f"a weight is 0 or more, found {weight:g}"


def _threshold_mistakes(threshold: Any) -> Iterator[Mistake]:
    if isinstance(threshold, bool) or not isinstance(threshold, int | float):
        yield ("threshold",), f"expected a number, found {threshold!r}"
    elif not threshold > 0:
        yield ("threshold",), f"a threshold of {threshold:g} cannot fail"
    elif threshold > 1:
        yield ("threshold",), f"a threshold of {threshold:g} cannot be reached; scores end at 1"


def _takes_threshold(kind: CheckType) -> bool:
    return (kind.own and kind.scored) or "threshold" in fields_of(kind.options)


def _without_threshold(kind: CheckType, options: JsonObject) -> JsonObject:
    if "threshold" not in options or "threshold" in fields_of(kind.options):
        return options
    return {key: value for key, value in options.items() if key != "threshold"}


def split_threshold(kind: CheckType, options: JsonObject) -> tuple[JsonObject, float | None]:
    """The type's own options, and the threshold that the engine applies to a returned score."""
    written = _without_threshold(kind, options)
    return written, None if written is options else options["threshold"]


def understood(kind: CheckType, written: JsonObject) -> Any:
    """The options' struct, inspected; kept for equal options. Raises `OptionsError`."""
    try:
        encoded = msgspec.msgpack.encode(written)
    except (OverflowError, UnicodeEncodeError, TypeError):  # no key to keep it by
        return _understand(kind, written)
    return _kept(kind, encoded)


def inspect(check: Check) -> None:
    """Look at the options alone, and keep nothing: for the values of many cases.

    Raises `OptionsError` at the first mistakes.
    """
    kind = find(check.type)
    if kind is not None:
        _understand(kind, _without_threshold(kind, check.options))


@lru_cache(maxsize=4096)
def _kept(kind: CheckType, encoded: bytes) -> Any:
    return _understand(kind, msgspec.msgpack.decode(encoded))


def _understand(kind: CheckType, written: JsonObject) -> Any:
    options = convert(kind.options, written)
    if kind.inspect is not None:
        mistakes = tuple(kind.inspect(options))
        if mistakes:
            raise OptionsError(mistakes)
    return options
