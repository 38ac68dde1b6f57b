"""A judge's verdicts beside labels that people gave to the same answers: pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from evals.checks.registry import find
from evals.model import Frozen, TrialResult, Verdict
from evals.stats import (
    accuracy_interval,
    auroc,
    brier,
    calibration,
    cohen_kappa,
    wilson_interval,
)


class Label(Frozen, frozen=True, kw_only=True):
    """What somebody says of answers: whether a check of them should pass. None: of any."""

    case: str
    passed: bool
    suite: str | None = None
    column: str | None = None
    sample: int | None = None
    check: str | None = None  # its name, metric or type
    text: str | None = None  # the answer that was labelled


class Judged(Frozen, frozen=True, kw_only=True):
    """How one check agrees with the labels."""

    check: str
    n: int
    n_cases: int
    passed: int  # by the judge
    labelled: int  # pass by the labels
    wrongly_passed: int
    wrongly_failed: int
    errors: int  # the judge gave no verdict
    accuracy: float | None
    low: float | None
    high: float | None
    kappa: float | None
    kappa_low: float | None
    kappa_high: float | None
    brier: float | None  # of the score, as the probability of the label "pass"
    ece: float | None
    auroc: float | None
    n_scores: int


class Found(Frozen, frozen=True, kw_only=True):
    """The checks with a label, and the labels that meet no answer as it is."""

    checks: tuple[Judged, ...]
    changed: int  # the answer is another one now
    unmatched: int  # no verdict of a judge in the run


def judges(
    trials: Iterable[TrialResult], labels: Sequence[Label], *, checks: Sequence[str] = ()
) -> Found:
    """Compare verdicts with labels; `checks` are the names, metrics or types that count.

    Without `checks` it is those that ask the suite's judge.
    """
    by_case: dict[str, list[tuple[int, Label]]] = {}
    for index, label in enumerate(labels):
        by_case.setdefault(label.case, []).append((index, label))
    pairs: dict[str, list[_Pair]] = {}
    met: set[int] = set()
    changed: set[int] = set()
    for trial in trials:
        for index, label in by_case.get(trial.case, ()):
            if not _is_of(label, trial):
                continue
            if not _same_text(label, trial):
                changed.add(index)
                continue
            for verdict in _judged(trial.checks, checks):
                if label.check is None or label.check in _names(verdict):
                    met.add(index)
                    case = (trial.suite, trial.case)
                    pairs.setdefault(_title(verdict), []).append(
                        _Pair(case, verdict.passed, label.passed, verdict.score)
                    )
    return Found(
        checks=tuple(_agreement(check, found) for check, found in pairs.items()),
        changed=len(changed - met),
        unmatched=len(labels) - len(met | changed),
    )


def _is_of(label: Label, trial: TrialResult) -> bool:
    return (
        label.suite in (None, trial.suite)
        and label.column in (None, trial.column)
        and label.sample in (None, trial.sample)
    )


def _same_text(label: Label, trial: TrialResult) -> bool:
    """Whether the answer is the one that was labelled, as a table of trials tells it."""
    if label.text is None:
        return True
    text = trial.completion.text if trial.completion is not None else ""
    return _bare(label.text) == _bare(text)


def _bare(text: str) -> str:
    return " ".join(text.removeprefix("'").split())


def _judged(verdicts: Iterable[Verdict], wanted: Sequence[str]) -> Iterator[Verdict]:
    """The verdicts of judges, inside groups too."""
    for verdict in verdicts:
        if wanted:
            counts = any(name in wanted for name in _names(verdict))
        else:
            kind = find(verdict.type.removeprefix("not-"))
            counts = kind is not None and "judge" in kind.needs
        if counts:
            yield verdict
        elif verdict.checks:
            yield from _judged(verdict.checks, wanted)


def _names(verdict: Verdict) -> tuple[str, ...]:
    return tuple(filter(None, (verdict.name, verdict.metric, verdict.type)))


def _title(verdict: Verdict) -> str:
    told = verdict.name or verdict.metric
    return f"{verdict.type} ({told})" if told else verdict.type


class _Pair(NamedTuple):
    case: tuple[str, str]
    said: bool | None
    right: bool
    score: float | None


def _agreement(check: str, found: Sequence[_Pair]) -> Judged:
    known = [(case, said, right) for case, said, right, _ in found if said is not None]
    scored = [
        (min(1.0, max(0.0, pair.score)), int(pair.right))
        for pair in found
        if pair.said is not None and pair.score is not None
    ]
    scores, rights = [score for score, _ in scored], [right for _, right in scored]
    cases: dict[tuple[str, str], list[float]] = {}
    for case, said, right in known:
        cases.setdefault(case, []).append(float(said == right))
    accuracy, low, high = _accuracy(list(cases.values()))
    kappa = cohen_kappa(
        [(said, right) for _, said, right in known], clusters=[case for case, _, _ in known]
    )
    return Judged(
        check=check,
        n=len(known),
        n_cases=len(cases),
        passed=sum(said for _, said, _ in known),
        labelled=sum(right for _, _, right in known),
        wrongly_passed=sum(said and not right for _, said, right in known),
        wrongly_failed=sum(right and not said for _, said, right in known),
        errors=len(found) - len(known),
        accuracy=accuracy,
        low=low,
        high=high,
        kappa=kappa.kappa,
        kappa_low=kappa.low,
        kappa_high=kappa.high,
        brier=brier(scores, rights) if scored else None,
        ece=calibration(scores, rights).ece if scored else None,
        auroc=auroc(scores, rights).value if scored else None,
        n_scores=len(scored),
    )


def _accuracy(cases: list[list[float]]) -> tuple[float | None, float | None, float | None]:
    if len(cases) == 1 == len(cases[0]):
        one = wilson_interval(cases[0][0], 1)
        return one.rate, one.low, one.high
    found = accuracy_interval(cases)
    return found.accuracy, found.low, found.high
