"""What was stated to be likely, and what came true: of options, confidences and judges' scores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from evals.checks.registry import find
from evals.comparison.cells import verdicts
from evals.model import TrialResult, Verdict

__all__ = ["OPTIONS", "Stated", "stated"]

Stated = dict[str, list[tuple[float, int]]]
"""By what states it: probabilities, and whether what they are of came true."""

OPTIONS: Final = ""  # the probabilities of options


def stated(cells: Iterable[Sequence[TrialResult]]) -> Stated:
    """Of every trial what its checks state.

    An option's probability is of that option being right, a `confidence` of the trial passing. A
    judge's score is of the trial passing its checks that ask nobody: those with a weight, of which
    there has to be one; the judge's own verdict is no truth to hold its score against. Judges that
    only ever say 0 or 1 state no probabilities; nor do those over several trials, whose score is a
    share among columns.
    """
    found: Stated = {}
    for trials in cells:
        for trial in trials:
            for name, pair in _of(trial):
                found.setdefault(name, []).append(pair)
    return {
        name: pairs
        for name, pairs in found.items()
        if not _is_judge(name) or any(0 < score < 1 for score, _ in pairs)
    }


def _of(trial: TrialResult) -> Iterator[tuple[str, tuple[float, int]]]:
    seen: set[str] = set()
    truth = _checked(trial.checks)
    for verdict in verdicts(trial):
        told = _told(verdict, trial, truth)
        if told is not None and told[0] not in seen:
            seen.add(told[0])
            yield told


def _told(
    verdict: Verdict, trial: TrialResult, truth: bool | None
) -> tuple[str, tuple[float, int]] | None:
    values = verdict.values or {}
    shares = [p for name, p in values.items() if name.startswith("p.") and p is not None]
    if shares and verdict.passed is not None:
        return OPTIONS, (min(1.0, max(shares)), int(verdict.passed))
    said = values.get("confidence")
    if said is not None and trial.passed is not None:
        return _title(verdict), (min(1.0, max(0.0, said)), trial.passed)
    if _asks_judge(verdict) and verdict.score is not None and truth is not None:
        return f"{_title(verdict)}{_AGAINST}", (min(1.0, max(0.0, verdict.score)), int(truth))
    return None


_AGAINST: Final = " against the other checks"


def _is_judge(name: str) -> bool:
    return name.endswith(_AGAINST)


def _title(verdict: Verdict) -> str:
    told = verdict.name or verdict.metric
    return f"{verdict.type} ({told})" if told else verdict.type


def _checked(checks: Iterable[Verdict]) -> bool | None:
    """Whether what asks nobody passes; None where nothing does, or a check has no verdict."""
    own = [check.passed for check in checks if check.weight > 0 and not _asks(check)]
    if not own or (None in own and False not in own):
        return None
    return False not in own


def _asks(verdict: Verdict) -> bool:
    if verdict.checks is not None:
        return any(map(_asks, verdict.checks))
    kind = find(verdict.type.removeprefix("not-"))
    return kind is not None and kind.asks


def _asks_judge(verdict: Verdict) -> bool:
    kind = find(verdict.type.removeprefix("not-"))
    return kind is not None and kind.scope == "trial" and "judge" in kind.needs
