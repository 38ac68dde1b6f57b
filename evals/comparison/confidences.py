"""Checks of type `confidence` against the trials' outcomes: Brier score, ECE, AUROC.

They come with a `confidence` that has a `metric`: `sure` also gives `sure.brier`, `sure.ece` and
`sure.auroc`. All are over trials that were judged and have a confidence. AUROC is None where all
trials ended alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from evals.comparison.cells import Cells, verdicts
from evals.model import Assertion, Estimate, Group, Suite, TrialResult

__all__ = ["FIGURES", "confidence_estimate", "confidence_estimates", "confidences_of"]

FIGURES: Final = ("brier", "ece", "auroc")


def confidences_of(suite: Suite) -> frozenset[str]:
    """The metrics of checks of type `confidence`."""
    return frozenset(name for case in suite.cases for name in _metrics(case.checks))


def _metrics(checks: Iterable[Assertion]) -> Iterable[str]:
    for check in checks:
        if isinstance(check, Group):
            yield from _metrics(check.of)
        elif check.type == "confidence" and check.metric is not None:
            yield check.metric


def confidence_estimates(cells: Cells, metrics: Iterable[str]) -> dict[str, Estimate]:
    """Every figure of every such metric that is defined here."""
    found = {
        f"{metric}.{figure}": confidence_estimate(cells, metric, figure)
        for metric in metrics
        for figure in FIGURES
    }
    return {name: estimate for name, estimate in found.items() if estimate.value is not None}


def confidence_estimate(cells: Cells, metric: str, figure: str) -> Estimate:
    """One figure; trials without an outcome or a confidence are left out, and counted."""
    pairs: list[tuple[float, int]] = []
    cases = errors = 0
    for trials in cells.values():
        found = [_pair(trial, metric) for trial in trials]
        known = [pair for pair in found if pair is not None]
        pairs += known
        cases += bool(known)
        errors += sum(trial.outcome == "error" for trial in trials)
    return Estimate(
        value=_figure(pairs, figure),
        low=None,
        high=None,
        n_cases=cases,
        n_trials=len(pairs),
        n_errors=errors,
    )


def _pair(trial: TrialResult, metric: str) -> tuple[float, int] | None:
    for verdict in verdicts(trial):
        said = (verdict.values or {}).get("confidence")
        if verdict.metric == metric and said is not None and trial.passed is not None:
            return said, trial.passed
    return None


def _figure(pairs: list[tuple[float, int]], figure: str) -> float | None:
    from evals.stats import auroc, brier, calibration

    said, came = [p for p, _ in pairs], [y for _, y in pairs]
    if figure == "auroc":
        return auroc(said, came).value if pairs else None
    return brier(said, came) if figure == "brier" else calibration(said, came).ece
