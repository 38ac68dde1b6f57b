"""The number in an answer, compared exactly."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

from evals.checks.numerals import Locale, Numeral, numerals
from evals.checks.options import Number as WrittenNumber
from evals.checks.options import Options, number, show
from evals.checks.registry import CheckType, Mistake
from evals.checks.verdict import found, nfc, quote
from evals.model import Completion, Verdict

_EXPONENT = 4000  # beyond this, a written number is not made exact


Which: TypeAlias = Annotated[
    Literal["last", "first", "only"],
    Meta(description="Which number of the answer; `only` fails on two different ones."),
]
Percent: TypeAlias = Annotated[
    Literal["number", "fraction"], Meta(description="Whether 45 % is 45 or 0.45.")
]
WrittenLocale: TypeAlias = Annotated[
    Locale,
    Meta(
        description="`en` 1,234.5 · `de` 1.234,5 · `fr` 1 234,5 · `ch` 1'234.5 · "
        "`in` 12,34,567.8; spaces group by three in all."
    ),
]


class Number(Options, frozen=True, kw_only=True):
    """Options of `number`."""

    value: Annotated[
        WrittenNumber,
        Meta(description="The number expected; a text is read by YAML's rules for numbers."),
    ]
    which: Which = "last"
    abs_tol: Annotated[
        Annotated[float, Meta(ge=0)] | None,
        Meta(description="Largest difference allowed, inclusive; either tolerance suffices."),
    ] = None
    rel_tol: Annotated[
        Annotated[float, Meta(ge=0)] | None,
        Meta(description="Largest difference as a share of `value`, inclusive."),
    ] = None
    digits: Annotated[
        Annotated[int, Meta(ge=0, le=1000)] | None,
        Meta(description="Decimals that both numbers are rounded to, half to even."),
    ] = None
    percent: Percent = "number"
    locale: WrittenLocale = "en"


def check_number(completion: Completion, options: Number) -> Verdict:
    """The last (or first, or only) number in the answer is the value, exactly or within a
    tolerance."""
    expected = exact(options.value)
    wanted = f"expected {options.value}{_tolerance(options)}"
    return _judged(completion, options, wanted, lambda value: _agrees(value, expected, options))


class Between(Options, frozen=True, kw_only=True):
    """Options of `between`."""

    min: Annotated[WrittenNumber | None, Meta(description="The least that passes.")] = None
    max: Annotated[WrittenNumber | None, Meta(description="The most that passes.")] = None
    which: Which = "last"
    percent: Percent = "number"
    locale: WrittenLocale = "en"


def check_between(completion: Completion, options: Between) -> Verdict:
    """The last (or first, or only) number in the answer lies between `min` and `max`, inclusive."""
    low = None if options.min is None else exact(options.min)
    high = None if options.max is None else exact(options.max)

    def lies(value: Fraction) -> bool:
        return (low is None or value >= low) and (high is None or value <= high)

    return _judged(completion, options, f"expected {_bounds(options)}", lies)


def _bounds(options: Between) -> str:
    if options.max is None:
        return f"at least {options.min}"
    return f"at most {options.max}" if options.min is None else f"{options.min} to {options.max}"


def _judged(
    completion: Completion,
    options: Number | Between,
    wanted: str,
    agrees: Callable[[Fraction], bool],
) -> Verdict:
    """Which number of the answer counts, and whether it agrees."""
    text = nfc(completion.text)
    numbers = numerals(text, locale=options.locale)
    if not numbers:
        return found(False, f"found no number in {quote(text)}, {wanted}")
    chosen = numbers[0] if options.which == "first" else numbers[-1]
    if options.which == "only":
        different = _different(numbers, options)
        if len(different) > 1:
            shown = ", ".join(numeral.text for numeral in different[:8])
            return found(False, f"found {len(different)} different numbers ({shown}), {wanted}")
    value = _value(chosen, options)
    told = _told(chosen, value, len(numbers), options)
    passed = value is not None and agrees(value)
    where = "" if passed else f" in {quote(text, at=(chosen.start, chosen.end))}"
    return found(passed, f"{told}, {wanted}{where}", extracted=chosen.text)


def exact(written: float | str) -> Fraction:
    """The value of a number as it was written: 0.1 is one tenth."""
    read = number(written)
    return Fraction(read) if isinstance(read, int) else Fraction(Decimal(str(read)))


def _value(numeral: Numeral, options: Number | Between) -> Fraction | None:
    if numeral.percent and options.percent == "fraction" and numeral.value is not None:
        return numeral.value / 100
    return numeral.value


def _different(numbers: Sequence[Numeral], options: Number | Between) -> list[Numeral]:
    return list({_value(numeral, options): numeral for numeral in reversed(numbers)}.values())[::-1]


def _agrees(value: Fraction, expected: Fraction, options: Number) -> bool:
    if options.digits is not None:
        return round(value, options.digits) == round(expected, options.digits)
    allowed = Fraction(0)
    if options.abs_tol is not None:
        allowed = exact(options.abs_tol)
    if options.rel_tol is not None:
        allowed = max(allowed, exact(options.rel_tol) * abs(expected))
    return abs(value - expected) <= allowed


def _tolerance(options: Number) -> str:
    parts = []
    if options.digits is not None:
        parts.append(f"to {options.digits} decimals")
    if options.abs_tol is not None:
        parts.append(f"± {options.abs_tol:g}")
    if options.rel_tol is not None:
        parts.append(f"± {options.rel_tol * 100:g} %")
    return f" {' or '.join(parts)}" if parts else ""


def _told(chosen: Numeral, value: Fraction | None, total: int, options: Number | Between) -> str:
    shown = quote(chosen.text, limit=60)[1:-1] if len(chosen.text) <= 60 else quote(chosen.text)
    notes = []
    if total > 1 and options.which != "only":
        notes.append(f"the {options.which} of {total} numbers")
    if value is None:
        notes.append("too long to be compared")
    elif chosen.percent:
        notes.append("as a fraction" if options.percent == "fraction" else "in percent")
    return f"found {shown}" + (f" ({', '.join(notes)})" if notes else "")


def _inspect_number(options: Number) -> Iterator[Mistake]:
    yield from _inspect_written("value", options.value)
    for key in ("abs_tol", "rel_tol"):
        tolerance = getattr(options, key)
        if tolerance is not None and not math.isfinite(tolerance):
            yield (key,), "an infinite tolerance cannot fail"
        if tolerance is not None and options.digits is not None:
            yield (key,), "give either `digits` or a tolerance"


def _inspect_written(key: str, written: int | float | str) -> Iterator[Mistake]:
    read = number(written)
    if isinstance(read, float) and not math.isfinite(read):
        yield (key,), f"{read} is not a finite number"
    elif isinstance(read, str) and abs(Decimal(read).adjusted()) > _EXPONENT:
        yield (key,), f"{show(written)} is beyond 4,000 digits"


def _inspect_between(options: Between) -> Iterator[Mistake]:
    bounds = {"min": options.min, "max": options.max}
    given = {key: value for key, value in bounds.items() if value is not None}
    wrong = [mistake for key, value in given.items() for mistake in _inspect_written(key, value)]
    yield from wrong
    if not given:
        yield (), "give `min` or `max`"
    elif len(given) == 2 and not wrong and exact(given["min"]) > exact(given["max"]):
        yield ("min",), f"nothing is at least {options.min} and at most {options.max}"


CHECKS = (
    CheckType(name="number", function=check_number, options=Number, inspect=_inspect_number),
    CheckType(name="between", function=check_between, options=Between, inspect=_inspect_between),
)
