"""Checks of type `choice` as a classifier: F1 of each option, their mean, Cohen's κ.

They come with a `choice` that has a `metric`: `label` also gives `label.macro_f1`, `label.kappa`
and `label.f1.OPTION`; gates can ask for `label.precision.OPTION` and `label.recall.OPTION`, too,
which tables have beside the confusion matrix. All are over trials. What is not defined – an option
that is nowhere right and nowhere answered, agreement where chance already agrees in full – is None,
never 0.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from evals.comparison.cells import Cells, errored, verdicts
from evals.model import (
    Assertion,
    Check,
    Confusion,
    Estimate,
    Group,
    LabelClass,
    Suite,
    TrialResult,
)

__all__ = ["Labels", "confusions", "label_estimate", "label_estimates", "labels_of"]

Labels: TypeAlias = Mapping[str, Mapping[str, Check]]
"""The `choice` checks by metric and case, of metrics with one right answer in each case."""

_WHOLE_TEMPLATE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


class _Trial(NamedTuple):
    """One trial: the right option, the one answered (None: none), or an error."""

    right: str
    found: str | None
    error: bool = False


def labels_of(suite: Suite) -> Labels:
    """Which cases have a `choice` with which metric."""
    labels: dict[str, dict[str, Check]] = {}
    unfit: set[str] = set()
    for case in suite.cases:
        for check in _choices(case.checks):
            if check.metric is None:
                continue
            twice = case.id in labels.setdefault(check.metric, {})
            labels[check.metric][case.id] = check
            if twice or check.negate or not _has_one_answer(check):
                unfit.add(check.metric)
    return {metric: checks for metric, checks in labels.items() if metric not in unfit}


def _has_one_answer(check: Check) -> bool:
    known = isinstance(check.options.get("options"), Mapping | list | tuple)
    return known and isinstance(check.options.get("value"), str)


def _choices(checks: Iterable[Assertion]) -> Iterable[Check]:
    for check in checks:
        if isinstance(check, Group):
            yield from _choices(check.of)
        elif check.type == "choice":
            yield check


def label_estimates(cells: Cells, labels: Labels) -> dict[str, Estimate]:
    """Every figure of every labelled metric that is defined here."""
    found: dict[str, Estimate] = {}
    for metric, checks in labels.items():
        trials = _read(cells, metric, checks)
        for figure in ("macro_f1", "kappa", *(f"f1.{option}" for option in _options(checks))):
            estimate = _estimate(trials, figure, errors="left out")
            if estimate.value is not None:
                found[f"{metric}.{figure}"] = estimate
    return found


def label_estimate(
    cells: Cells, labels: Labels, metric: str, figure: str, *, errors: str = "left out"
) -> Estimate:
    """One figure; errors "as 0" count as what is worst for it, "as 1" as the right answer."""
    return _estimate(_read(cells, metric, labels[metric]), figure, errors=errors)


def confusions(cells: Cells, labels: Labels) -> tuple[Confusion, ...]:
    """What was right and what was answered, of each labelled metric with an answer here."""
    found = (_confusion(metric, checks, cells) for metric, checks in labels.items())
    return tuple(one for one in found if one.n_trials)


def _confusion(metric: str, checks: Mapping[str, Check], cells: Cells) -> Confusion:
    by_case = _read(cells, metric, checks)
    trials = [trial for found in by_case.values() for trial in found]
    known = [trial for trial in trials if not trial.error]
    pairs = Counter((trial.right, trial.found) for trial in known)
    seen = (label for right, found in pairs for label in (right, found) if label is not None)
    options = list(dict.fromkeys((*_options(checks), *seen)))
    places = {option: place for place, option in enumerate(options)}
    ordered = sorted(pairs, key=lambda p: (places[p[0]], places.get(p[1] or "", len(places))))
    return Confusion(
        metric=metric,
        classes=tuple(_class(option, pairs) for option in options),
        pairs=tuple((right, found, pairs[right, found]) for right, found in ordered),
        n_trials=len(known),
        n_cases=sum(any(not t.error for t in found) for found in by_case.values()),
        n_missing=sum(trial.found is None for trial in known),
        n_errors=len(trials) - len(known),
    )


def _class(option: str, pairs: Mapping[tuple[str, str | None], int]) -> LabelClass:
    right = sum(n for (key, _), n in pairs.items() if key == option)
    found = sum(n for (_, key), n in pairs.items() if key == option)
    both = pairs.get((option, option), 0)
    return LabelClass(
        option=option,
        n_right=right,
        n_found=found,
        precision=both / found if found else None,
        recall=both / right if right else None,
        f1=2 * both / (right + found) if right + found else None,
    )


def _options(checks: Mapping[str, Check]) -> list[str]:
    return list(dict.fromkeys(key for check in checks.values() for key in check.options["options"]))


def _read(cells: Cells, metric: str, checks: Mapping[str, Check]) -> dict[str, list[_Trial]]:
    found: dict[str, list[_Trial]] = {}
    for case, check in checks.items():
        trials = [_of_trial(trial, metric, check) for trial in cells.get(case, ())]
        if known := [trial for trial in trials if trial is not None]:
            found[case] = known
    return found


def _of_trial(trial: TrialResult, metric: str, check: Check) -> _Trial | None:
    right = _right(trial, check)
    verdict = next((v for v in verdicts(trial) if v.metric == metric and v.type == "choice"), None)
    if right is None:
        return None
    if verdict is None:
        # A group that was decided without it leaves no verdict, which is no error.
        return _Trial(right, None, error=True) if errored(trial) else None
    if verdict.passed is None:
        return _Trial(right, None, error=True)
    return _Trial(right, right if verdict.passed else verdict.extracted)


def _right(trial: TrialResult, check: Check) -> str | None:
    """The key of the right option; None where the value is a template of more than one var."""
    value: Any = check.options["value"]
    template = _WHOLE_TEMPLATE.fullmatch(value.strip())
    if template:
        known = {**trial.vars, **check.vars, "expected": trial.expected}
        value = known.get(template[1])
    elif "{{" in value or "{%" in value:
        return None
    if not isinstance(value, str):
        return None
    options = check.options["options"]
    texts = options if isinstance(options, Mapping) else {}
    named = [key for key, text in texts.items() if text == value]
    return named[0] if value not in options and len(named) == 1 else value


def _estimate(by_case: Mapping[str, Sequence[_Trial]], figure: str, *, errors: str) -> Estimate:
    trials = [trial for found in by_case.values() for trial in found]
    if errors == "as 0":
        kept = [_worst(trial, figure) if trial.error else trial for trial in trials]
    elif errors == "as 1":
        kept = [_Trial(t.right, t.right if t.error else t.found) for t in trials]
    else:
        kept = [trial for trial in trials if not trial.error]
    return Estimate(
        value=_figure(kept, figure),
        low=None,
        high=None,
        n_cases=sum(any(not t.error for t in found) for found in by_case.values()),
        n_trials=len(kept),
        n_errors=sum(trial.error for trial in trials),
    )


def _worst(trial: _Trial, figure: str) -> _Trial:
    """No answer; of precision and F1 of an option that is not right, the claim that it is."""
    of, _, option = figure.partition(".")
    claimed = of in ("precision", "f1") and trial.right != option
    return _Trial(trial.right, option if claimed else None)


def _figure(trials: Sequence[_Trial], figure: str) -> float | None:
    if figure == "kappa":
        return _kappa(trials)
    if figure == "macro_f1":
        options = {t.right for t in trials} | {t.found for t in trials if t.found is not None}
        scores = [f1 for key in options if (f1 := _f1(trials, key)) is not None]
        return math.fsum(scores) / len(scores) if scores else None
    of, _, option = figure.partition(".")
    return _OF_AN_OPTION[of](trials, option)


def _f1(trials: Sequence[_Trial], option: str) -> float | None:
    """2·TP/(2·TP + FP + FN); no answer is a miss of the right option and a claim of none."""
    both = sum(t.right == option == t.found for t in trials)
    either = sum(t.right == option for t in trials) + sum(t.found == option for t in trials)
    return 2 * both / either if either else None


def _precision(trials: Sequence[_Trial], option: str) -> float | None:
    found = [trial.right for trial in trials if trial.found == option]
    return found.count(option) / len(found) if found else None


def _recall(trials: Sequence[_Trial], option: str) -> float | None:
    found = [trial.found for trial in trials if trial.right == option]
    return found.count(option) / len(found) if found else None


_OF_AN_OPTION = {"f1": _f1, "precision": _precision, "recall": _recall}


def _kappa(trials: Sequence[_Trial]) -> float | None:
    """Cohen 1960: agreement beyond chance, unweighted; no answer is an answer of its own."""
    n = len(trials)
    right, found = Counter(t.right for t in trials), Counter(t.found for t in trials)
    agreed = sum(t.right == t.found for t in trials)
    # In whole numbers, so that the order of the options never matters.
    by_chance = sum(count * found[key] for key, count in right.items())
    if n == 0 or by_chance == n * n:
        return None
    return (n * agreed - by_chance) / (n * n - by_chance)
