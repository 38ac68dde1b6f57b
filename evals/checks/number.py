"""The number in an answer, compared exactly."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal

from msgspec import Meta

from evals.checks.numerals import Locale, Numeral, numerals
from evals.checks.options import Number as WrittenNumber
from evals.checks.options import Options, number, show
from evals.checks.registry import CheckType, Mistake
from evals.checks.verdict import found, nfc, quote
from evals.model import Completion, Verdict

_EXPONENT = 4000  # beyond this, a written number is not made exact


class Number(Options, frozen=True, kw_only=True):
    """Options of `number`."""

    value: Annotated[
        WrittenNumber,
        Meta(description="The number expected; a text is read by YAML's rules for numbers."),
    ]
    which: Annotated[
        Literal["last", "first", "only"],
        Meta(description="Which number of the answer; `only` fails on two different ones."),
    ] = "last"
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
    percent: Annotated[
        Literal["number", "fraction"],
        Meta(description="Whether 45 % is 45 or 0.45."),
    ] = "number"
    locale: Annotated[
        Locale,
        Meta(
            description="`en` 1,234.5 · `de` 1.234,5 · `fr` 1 234,5 · `ch` 1'234.5 · "
            "`in` 12,34,567.8; spaces group by three in all."
        ),
    ] = "en"


def check_number(completion: Completion, options: Number) -> Verdict:
    """The last (or first, or only) number in the answer is the value, exactly or within a
    tolerance."""
    text = nfc(completion.text)
    numbers = numerals(text, locale=options.locale)
    expected = exact(options.value)
    wanted = f"expected {options.value}{_tolerance(options)}"
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
    passed = value is not None and _agrees(value, expected, options)
    where = "" if passed else f" in {quote(text, at=(chosen.start, chosen.end))}"
    return found(passed, f"{told}, {wanted}{where}", extracted=chosen.text)


def exact(written: float | str) -> Fraction:
    """The value of a number as it was written: 0.1 is one tenth."""
    read = number(written)
    return Fraction(read) if isinstance(read, int) else Fraction(Decimal(str(read)))


def _value(numeral: Numeral, options: Number) -> Fraction | None:
    if numeral.percent and options.percent == "fraction" and numeral.value is not None:
        return numeral.value / 100
    return numeral.value


def _different(numbers: Sequence[Numeral], options: Number) -> list[Numeral]:
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


def _told(chosen: Numeral, value: Fraction | None, total: int, options: Number) -> str:
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
    read = number(options.value)
    if isinstance(read, float) and not math.isfinite(read):
        yield ("value",), f"{read} is not a finite number"
    elif isinstance(read, str) and abs(Decimal(read).adjusted()) > _EXPONENT:
        yield ("value",), f"{show(options.value)} is beyond 4,000 digits"
    for key in ("abs_tol", "rel_tol"):
        tolerance = getattr(options, key)
        if tolerance is not None and not math.isfinite(tolerance):
            yield (key,), "an infinite tolerance cannot fail"
        if tolerance is not None and options.digits is not None:
            yield (key,), "give either `digits` or a tolerance"


CHECKS = (CheckType(name="number", function=check_number, options=Number, inspect=_inspect_number),)
