"""Sides by side: what every rendering reads."""

from __future__ import annotations

from typing import Any, Literal

from evals.model.frozen import Frozen, JsonObject
from evals.model.record import Finding, Manifest, TrialResult
from evals.model.suite import Column, Suite


class Estimate(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """A measured value with its 95 % interval and what it was measured over."""

    value: float | None
    low: float | None
    high: float | None
    n_cases: int
    n_trials: int
    n_errors: int = 0
    if_errors_fail: float | None = None  # the range that errors leave open; None without errors
    if_errors_pass: float | None = None


class Difference(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """A side against its reference on the same cases: side − reference."""

    side: str
    reference: str
    metric: str
    value: float | None
    low: float | None
    high: float | None
    p: float | None
    p_adjusted: float | None  # Holm over the comparisons of the table
    comparisons: int  # how many the adjustment counts
    n_cases: int
    gains: tuple[str, ...] = ()  # cases whose majority of samples changed to pass
    losses: tuple[str, ...] = ()
    test: str = ""  # name of the test
    low_of_all: float | None = None  # holds for every difference of the table at once (Bonferroni)


class Ratio(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """A side's times, tokens or cost over those of its reference, on the same cases."""

    metric: str
    value: float | None
    low: float | None
    high: float | None
    n_cases: int


class Spread(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """A distribution over answered trials; None where a quantile has too few values."""

    n: int
    mean: float | None
    median: float | None
    median_low: float | None
    median_high: float | None
    p95: float | None
    values: tuple[float, ...] = ()  # sorted


class Tokens(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """Means per answered trial; None where the service told none."""

    n: int
    prompt: float | None
    completion: float | None
    visible: float | None
    reasoning: float | None


class FlakyCase(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """A case whose samples disagree."""

    id: str
    passes: int
    samples: int
    disagreement: float  # chance that two of its samples differ


class Noise(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """How much of accuracy's standard error is noise between samples of a case."""

    samples: float  # of a case, on average
    share: float  # of the variance, which more samples could remove
    se: float
    se_doubled: float  # with twice the samples
    se_least: float  # with ever more samples: the rest takes more cases


class LabelClass(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """One option of a `choice` as a class; None is not defined, never 0."""

    option: str
    n_right: int  # trials whose right option it is
    n_found: int  # trials that answered it
    precision: float | None
    recall: float | None
    f1: float | None


class Confusion(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """The right and the answered option of every trial of a `choice` with a metric."""

    metric: str
    classes: tuple[LabelClass, ...]  # the options, then other labels that were right somewhere
    pairs: tuple[tuple[str, str | None, int], ...]  # right, answered (None: no option), trials
    n_trials: int
    n_cases: int
    n_missing: int  # answers without an option: misses of the right one
    n_errors: int  # trials without an answer, left out


class Side(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """One row of a comparison: a column of a run."""

    id: str  # the column's id, or "column @ run" when runs are compared
    run: str
    column: Column
    accuracy: Estimate
    difference: Difference | None  # None: this is the reference
    latency: Spread
    ttft: Spread | None
    tokens: Tokens
    cost_usd: float | None  # of all trials; None: unpriced
    n_trials: int  # those that were wanted: without the skipped ones
    n_passed: int
    n_failed: int
    n_errors: int
    n_unjudged: int  # recorded, not judged
    n_not_run: int
    n_skipped: int
    n_flaky: int  # cases whose samples disagree
    cases_all: int  # cases that passed every sample
    cases_some: int
    cases_none: int
    metrics: dict[str, Estimate] = {}  # named metrics, mean score over cases
    confusions: tuple[Confusion, ...] = ()  # of the metrics of `choice`
    tags: dict[str, Estimate] = {}  # accuracy by tag
    flaky: tuple[FlakyCase, ...] = ()  # those that disagree most first
    noise: Noise | None = None  # None: one sample a case
    ratios: dict[str, Ratio] = {}  # to the reference: latency, ttft, tokens.total, cost_usd


class CaseRow(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """One case across the sides."""

    id: str
    vars: JsonObject
    expected: Any
    tags: tuple[str, ...]
    trials: dict[str, tuple[TrialResult, ...]]  # by side, in order of samples


class Cheapest(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """The cheapest side that is not worse than the reference; the reference where no other is."""

    side: str
    reference: str
    by: Literal["cost_usd", "latency"]
    margin: float  # the drop of accuracy that is ruled out
    not_worse: tuple[str, ...]
    considered: int  # sides beside the reference


class SuiteComparison(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """One suite's sides over its cases; the first side is the reference."""

    suite: Suite
    reference: str
    sides: tuple[Side, ...]
    cases: tuple[CaseRow, ...]
    set_aside: tuple[str, ...] = ()  # cases that changed between runs: shown, but not paired
    cheapest: Cheapest | None = None


class Comparison(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """Columns of a run, or runs, side by side: what every rendering reads."""

    kind: Literal["columns", "runs"]
    runs: tuple[Manifest, ...]  # one, or the reference first
    suites: tuple[SuiteComparison, ...]
    findings: tuple[Finding, ...]
