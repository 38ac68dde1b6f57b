"""Whether an endpoint answers as it did: recorded answers against new ones to the same requests.

The requests and the checks are the same to the letter, so that what differs beyond chance is the
endpoint: another model under the same name, another version, another default.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import msgspec

from evals.comparison import words
from evals.comparison.cells import answered, judged
from evals.comparison.paired import Pairs, detectable_drop, tested
from evals.model import Frozen, TrialResult

__all__ = ["ALPHA", "Drift", "DriftRow", "Twice", "drift_of"]

ALPHA = 0.05

Sides: TypeAlias = tuple[list[Sequence[float]], list[Sequence[float]]]


class Twice(NamedTuple):
    """One trial, as it was recorded and as it is answered now."""

    case: Hashable
    then: TrialResult
    now: TrialResult
    logprob_then: float | None = None  # mean over the tokens of the answer
    logprob_now: float | None = None


class DriftRow(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """One figure on both sides, over cases; None where it is not known or not defined."""

    what: str
    then: str
    now: str
    change: str
    p: float | None
    p_adjusted: float | None  # Holm over the rows
    n_cases: int


class Drift(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """What came of asking again; `changed`: a figure beyond chance, or the model's name."""

    rows: tuple[DriftRow, ...]
    n_requests: int
    n_cases: int
    n_errors: int  # now
    n_same_texts: int
    n_compared: int  # trials with an answer on both sides
    models_then: tuple[str, ...]
    models_now: tuple[str, ...]
    changed: bool
    sees: float | None  # the drop of accuracy that would have been found in 80 % of samples


def drift_of(asked: Sequence[Twice], *, seed: int) -> Drift:
    """`asked` holds a random sample; several trials of a case count as one."""
    from evals.stats import holm

    both = [each for each in asked if answered(each.then) and answered(each.now)]
    rows = [row for row in (_passes(both, seed), *_sizes(both), _logprobs(both)) if row]
    adjusted = holm(p=[row.p for row in rows]).adjusted
    told = tuple(
        msgspec.structs.replace(row, p_adjusted=p) for row, p in zip(rows, adjusted, strict=True)
    )
    models = [_models(each.then for each in both), _models(each.now for each in both)]
    shown = any(row.p_adjusted is not None and row.p_adjusted < ALPHA for row in told)
    return Drift(
        rows=told,
        n_requests=len(asked),
        n_cases=len({each.case for each in asked}),
        n_errors=sum(each.now.outcome == "error" for each in asked),
        n_same_texts=sum(_text(each.then) == _text(each.now) for each in both),
        n_compared=len(both),
        models_then=models[0],
        models_now=models[1],
        changed=shown or (bool(both) and models[0] != models[1]),
        sees=_sees(both),
    )


def _models(trials: Iterable[TrialResult]) -> tuple[str, ...]:
    return tuple(sorted({t.completion.model for t in trials if t.completion is not None}))


def _text(trial: TrialResult) -> str:
    return trial.completion.text if trial.completion else ""


def _by_case(
    both: Sequence[Twice], read: Callable[[Twice], tuple[float | None, float | None]]
) -> Sides:
    """The values of each case on both sides, of trials that have both."""
    cases: dict[Hashable, tuple[list[float], list[float]]] = {}
    for each in both:
        then, now = read(each)
        if then is not None and now is not None:
            sides = cases.setdefault(each.case, ([], []))
            sides[0].append(then)
            sides[1].append(now)
    return [then for then, _ in cases.values()], [now for _, now in cases.values()]


def _verdicts(both: Sequence[Twice]) -> Sides:
    known = [each for each in both if judged(each.then) and judged(each.now)]
    return _by_case(known, lambda each: (float(each.then.passed or 0), float(each.now.passed or 0)))


def _passes(both: Sequence[Twice], seed: int) -> DriftRow | None:
    then, now = _verdicts(both)
    if not then:
        return None
    found = tested(Pairs(then, now, None), confidence=1 - ALPHA, seed=seed)
    return DriftRow(
        what="pass rate",
        then=words.share(_mean(then)),
        now=words.share(_mean(now)),
        change=words.points(found.value, found.low, found.high),
        p=found.p,
        p_adjusted=None,
        n_cases=len(then),
    )


def _sees(both: Sequence[Twice]) -> float | None:
    then, now = _verdicts(both)
    return detectable_drop(Pairs(then, now, None), alpha=ALPHA) if then else None


def _sizes(both: Sequence[Twice]) -> Iterable[DriftRow | None]:
    yield _ratio("characters", _by_case(both, lambda e: (len(_text(e.then)), len(_text(e.now)))))
    yield _ratio("tokens", _by_case(both, lambda e: (_tokens(e.then), _tokens(e.now))))


def _tokens(trial: TrialResult) -> float | None:
    return None if trial.completion is None else trial.completion.usage.completion_tokens


def _ratio(what: str, sides: Sides) -> DriftRow | None:
    """Of geometric means; one is added to each length, since an answer may be empty."""
    from evals.stats import geometric_mean_ratio

    if not sides[0]:
        return None
    a, b = ([_mean([values]) + 1 for values in side] for side in sides)
    found = geometric_mean_ratio(a, b)
    return DriftRow(
        what=what,
        then=words.count(_mean(sides[0])),
        now=words.count(_mean(sides[1])),
        change=words.times(found.ratio, found.low, found.high),
        p=found.p_two_sided,
        p_adjusted=None,
        n_cases=len(a),
    )


def _logprobs(both: Sequence[Twice]) -> DriftRow | None:
    from evals.stats import paired_t

    sides = _by_case(both, lambda each: (each.logprob_then, each.logprob_now))
    if not sides[0]:
        return None
    a, b = ([_mean([values]) for values in side] for side in sides)
    found = paired_t(a, b)
    shown: Mapping[str, str] = {
        "then": words.score(_mean(sides[0])),
        "now": words.score(_mean(sides[1])),
        "change": words.score(found.diff, found.low, found.high),
    }
    return DriftRow(
        what="logprob of a token", **shown, p=found.p_two_sided, p_adjusted=None, n_cases=len(a)
    )


def _mean(side: Sequence[Sequence[float]]) -> float:
    """Over cases, of the mean over trials."""
    return math.fsum(math.fsum(values) / len(values) for values in side) / len(side)
