"""What a gate concludes from an interval."""

from __future__ import annotations

from typing import Literal

import msgspec

from evals.model import Frozen


class GateFinding(Frozen, frozen=True, kw_only=True):
    """The finding, and what each mode of gate makes of it."""

    finding: Literal["worse", "not_worse", "inconclusive", "no_data"]
    regression: Literal["pass", "fail"]
    non_inferiority: Literal["pass", "fail"] = msgspec.field(name="non-inferiority")


def gate(
    *,
    low: float | None,
    high: float | None,
    p_equal: float | None,
    margin: float = 0.0,
    confidence: float = 0.95,
) -> GateFinding:
    """Judge the interval of a difference (candidate − baseline; negative is worse).

    `worse`: the whole interval lies below −margin and the exact test against 0 (`p_equal`) is
    significant, both, so that neither fails a build alone. `not_worse`: the interval lies above
    −margin. Otherwise `inconclusive`; without an interval `no_data`. Comparisons are strict: a
    bound of exactly −margin shows nothing.
    """
    finding = _finding(low, high, p_equal, margin=margin, alpha=1 - confidence)
    return GateFinding(
        finding=finding,
        regression="fail" if finding == "worse" else "pass",
        non_inferiority="pass" if finding == "not_worse" else "fail",
    )


def _finding(
    low: float | None, high: float | None, p_equal: float | None, *, margin: float, alpha: float
) -> Literal["worse", "not_worse", "inconclusive", "no_data"]:
    if low is None or high is None:
        return "no_data"
    # 1 − 0.95 is a little more than 0.05; the last digit must not decide
    if high < -margin and p_equal is not None and p_equal <= alpha + 1e-12:
        return "worse"
    return "not_worse" if low > -margin else "inconclusive"
