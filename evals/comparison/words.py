"""Numbers as people read them, the same in every rendering: reports, gates, the terminal.

Shares and differences of shares are given in 0 … 1, times in seconds, money in US dollars. What is
not defined (`None`) reads `–`, never 0 or a blank. A narrow no-break space stands before `%`, a
no-break space between a number and its unit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, TypeAlias

from evals.model import Difference, Estimate

__all__ = [
    "FEW_CASES",
    "MISSING",
    "SAME_ANSWERS",
    "UNPAIRED",
    "accuracy",
    "adjusted_p",
    "cases_needed",
    "chance",
    "change",
    "change_of_seconds",
    "count",
    "difference",
    "direction",
    "money",
    "numbers",
    "p_value",
    "plain",
    "plural",
    "points",
    "ratio",
    "score",
    "seconds",
    "seconds_limit",
    "share",
    "share_limit",
    "share_range",
    "significant",
    "speed",
    "times",
    "tokens",
]

MISSING = "–"
NARROW = "\u202f"  # narrow no-break space
SPACE = "\u00a0"  # no-break space
MINUS = "−"
EXACT = 1e-10  # per cent: what floating point leaves of a sum that is 0 or 100

FEW_CASES = 10
"""Below this many cases a share reads as counts, and differences say nothing about chance."""

SAME_ANSWERS = "same answers"
"""The test of a difference where both sides are the same recorded answers: none is made."""

UNPAIRED = "unpaired"
"""The test of a difference of sides that share no case: none, only an interval."""

Number: TypeAlias = float | None


def share(value: Number, low: Number = None, high: Number = None) -> str:
    """`82.4 % [77.1, 86.8]`; two decimals below 1 %. Only 0 and 1 read as 0 % and 100 %."""
    if value is None:
        return MISSING
    return f"{_percent(value)}{NARROW}%{_bounds(low, high, _percent)}"


def share_range(low: Number, high: Number) -> str:
    """What is left open between two shares: `81.1 … 82.7 %`."""
    ends = (MISSING if end is None else _percent(end) for end in (low, high))
    return f"{' … '.join(ends)}{NARROW}%"


def share_limit(value: float) -> str:
    """A limit as somebody wrote it: `80 %`, `97.5 %`."""
    return f"{plain(value * 100)}{NARROW}%"


def plain(value: float) -> str:
    """A number as somebody wrote it, thousands with a comma: `0.85`, `1,500`."""
    return f"{value:,.6f}".rstrip("0").rstrip(".")


def numbers(n_cases: int, n_trials: int, n_errors: int = 0) -> str:
    """What a figure rests on: `240 cases`, `240 cases, 720 trials, 3 errors`."""
    told = [plural(n_cases, "case")]
    if n_trials != n_cases:
        told.append(plural(n_trials, "trial"))
    if n_errors:
        told.append(plural(n_errors, "error"))
    return ", ".join(told)


def points(value: Number, low: Number = None, high: Number = None) -> str:
    """A difference of shares: `+7.9 points [+4.2, +11.6]`, always signed."""
    if value is None:
        return MISSING
    return f"{_signed(value)}{SPACE}points{_bounds(low, high, _signed)}"


def change(value: Number, low: Number = None, high: Number = None) -> str:
    """A difference in a metric's own unit: `+0.042 [−0.010, +0.094]`, always signed."""
    if value is None:
        return MISSING
    return f"{_changed(value)}{_bounds(low, high, _changed)}"


def change_of_seconds(value: Number, low: Number = None, high: Number = None) -> str:
    """A difference of times: `+0.042 s [−0.010, +0.094]`, always signed."""
    if value is None:
        return MISSING
    return f"{_changed(value)}{SPACE}s{_bounds(low, high, _changed)}"


def _changed(value: float) -> str:
    shown = _thousandths(abs(value))
    if not float(shown.replace(",", "")):
        return f"±{shown}"
    return f"{'+' if value > 0 else MINUS}{shown}"


def score(value: Number, low: Number = None, high: Number = None) -> str:
    """A mean of scores in 0 … 1: `0.852 [0.801, 0.902]`."""
    if value is None:
        return MISSING
    return f"{_thousandths(value)}{_bounds(low, high, _thousandths)}"


def seconds(value: Number, low: Number = None, high: Number = None) -> str:
    """`412 ms`, `1.67 s`, `11.0 s`, `2 min 14 s`; bounds in the unit of the value."""
    if value is None:
        return MISSING
    if round(value, 1) >= 60:
        return f"{_minutes(value)}{_bounds(low, high, _minutes)}"
    if value < 0.9995:
        return f"{significant(value * 1000)}{SPACE}ms{_bounds(low, high, _milliseconds)}"
    return f"{significant(value)}{SPACE}s{_bounds(low, high, significant)}"


def seconds_limit(value: float) -> str:
    """A limit as somebody wrote it: `5 s`, `300 ms`."""
    if value < 1:
        return f"{plain(value * 1000)}{SPACE}ms"
    return f"{plain(value)}{SPACE}s"


def tokens(value: Number, low: Number = None, high: Number = None) -> str:
    """Whole, thousands with a comma: `1,493`."""
    if value is None:
        return MISSING
    return f"{count(value)}{_bounds(low, high, count)}"


def speed(value: Number, low: Number = None, high: Number = None) -> str:
    """Tokens per second: `41.2 tokens/s`."""
    if value is None:
        return MISSING
    return f"{significant(value)}{SPACE}tokens/s{_bounds(low, high, significant)}"


def money(value: Number) -> str:
    """`$16.19`; below one cent two significant digits, `$0.0023`."""
    if value is None:
        return MISSING
    if value == 0 or value >= 0.00995:
        return f"${value:,.2f}"
    return f"${value:.{1 - math.floor(math.log10(abs(value)))}f}"


def ratio(value: Number) -> str:
    """`5.4×`."""
    if value is None:
        return MISSING
    return f"{value:,.0f}×" if value >= 100 else f"{value:.1f}×"


def times(value: Number, low: Number = None, high: Number = None) -> str:
    """A ratio with its interval: `1.24× [1.10, 1.40]`."""
    if value is None:
        return MISSING
    return f"{_factor(value)}×{_bounds(low, high, _factor)}"


def _factor(value: float) -> str:
    return significant(value) if value >= 9.995 else f"{value:.2f}"


def count(value: Number) -> str:
    """Whole, thousands with a comma."""
    return MISSING if value is None else f"{value:,.0f}"


def plural(n: int, noun: str) -> str:
    """`1 case`, `2,880 trials`."""
    return f"{count(n)} {noun}" if n == 1 else f"{count(n)} {noun}s"


def p_value(p: Number) -> str:
    """`p < 0.001`, `p = 0.041`, `p = 0.22`."""
    if p is None:
        return f"p{SPACE}={SPACE}{MISSING}"
    if p < 0.001:
        return f"p{SPACE}<{SPACE}0.001"
    return f"p{SPACE}={SPACE}{p:.{3 if p < 0.0995 else 2}f}"


def adjusted_p(difference: Difference) -> str:
    """The p that words follow, called adjusted wherever more than one comparison was made."""
    text = p_value(difference.p_adjusted)
    return f"adjusted {text}" if difference.comparisons > 1 else text


def cases_needed(n: float) -> str:
    """`About 650 cases`: two significant digits, rounded up."""
    step = 10 ** max(0, math.floor(math.log10(max(n, 1))) - 1)
    # A size computed as 650.0000000001 is 650: what floating point adds is no further case.
    rounded = math.ceil(round(n / step, 9)) * step
    return f"About {plural(rounded, 'case')}"


def accuracy(estimate: Estimate) -> str:
    """A share of passes; below ten cases of one trial each as counts, `3 of 7 [15.8, 75.0 %]`.

    With more samples a mean over cases is no count of trials, so that the share is shown.
    """
    if estimate.value is None:
        return MISSING
    passed = estimate.value * estimate.n_cases
    whole = estimate.n_trials == estimate.n_cases and math.isclose(
        passed, round(passed), abs_tol=1e-9
    )
    if estimate.n_cases >= FEW_CASES or not whole:
        return share(estimate.value, estimate.low, estimate.high)
    text = f"{round(passed)} of {estimate.n_cases}"
    bounds = _bounds(estimate.low, estimate.high, _percent)
    return f"{text}{bounds[:-1]}{NARROW}%]" if bounds else text


def difference(of: Difference) -> str:
    """A difference of accuracy with its interval, in points."""
    return points(of.value, of.low, of.high)


def direction(of: Difference) -> Literal["Better", "Worse", ""]:
    """Said only where the difference is unlikely to be chance."""
    p = of.p_adjusted
    if p is None or p >= 0.05 or of.n_cases < FEW_CASES or not of.value:
        return ""
    return "Better" if of.value > 0 else "Worse"


def chance(of: Difference) -> str:
    """How likely it is that a difference is chance, in words that follow the adjusted p."""
    if of.test == SAME_ANSWERS:
        return "Same answers"
    if of.test == UNPAIRED:
        return "No shared cases"
    if of.n_cases < FEW_CASES:
        return "Too few cases to tell"
    p = of.p_adjusted
    if p is not None and p < 0.01:
        return "Very unlikely to be chance"
    if p is not None and p < 0.05:
        return "Unlikely to be chance"
    if of.comparisons > 1 and _leaves_zero(of):
        return f"Could be chance, after adjusting for {of.comparisons} comparisons"
    return "Could be chance"


def significant(value: float) -> str:
    """Three significant digits, thousands with a comma, no exponent."""
    if value == 0:
        return "0"
    magnitude = math.floor(math.log10(abs(value)))
    rounded = round(value, 2 - magnitude)
    decimals = max(0, 2 - math.floor(math.log10(abs(rounded))))
    return f"{rounded:,.{decimals}f}"


def _leaves_zero(of: Difference) -> bool:
    return of.low is not None and of.high is not None and (of.low > 0 or of.high < 0)


def _bounds(low: Number, high: Number, form: Callable[[float], str]) -> str:
    if low is None and high is None:
        return ""
    ends = (MISSING if end is None else form(end) for end in (low, high))
    return f" [{', '.join(ends)}]"


def _percent(value: float) -> str:
    percent = value * 100
    if percent <= EXACT or percent >= 100 - EXACT:
        return f"{percent:.1f}"
    if percent < 0.005:
        return "<0.01"
    if percent >= 99.995:
        return ">99.99"
    return f"{percent:.2f}" if percent < 0.995 or percent >= 99.95 else f"{percent:.1f}"


def _signed(value: float) -> str:
    shown = f"{abs(value) * 100:.1f}"
    if shown == "0.0":
        return "±0.0"  # as it is read: a sign would claim a direction
    return f"{'+' if value > 0 else MINUS}{shown}"


def _thousandths(value: float) -> str:
    shown = significant(value) if abs(value) >= 10 or 0 < abs(value) < 0.0005 else f"{value:.3f}"
    return shown.replace("-", MINUS)


def _milliseconds(value: float) -> str:
    return significant(value * 1000)


def _minutes(value: float) -> str:
    whole = round(value)
    hours, rest = divmod(whole, 3600)
    minutes, rest_seconds = divmod(rest, 60)
    if hours:
        return f"{hours}{SPACE}h{SPACE}{minutes}{SPACE}min"
    return f"{minutes}{SPACE}min{SPACE}{rest_seconds}{SPACE}s"
