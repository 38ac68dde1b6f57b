"""Large runs in little memory: what many trials have in common is held once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec.structs import force_setattr

from evals.model import Frozen, TrialResult

_MOST = 10_000  # different values remembered; samples of a case stand together, so few suffice
_OF_TRIALS = (
    "suite", "case", "prompt", "setting", "column", "checks", "asked", "judges_asked", "error",
    "tags", "cluster", "case_hash",
)  # fmt: skip
_OF_ANSWERS = ("text", "finish_reason", "model", "usage")
_OF_TIMING = ("host", "at")


def shared(trials: Iterable[TrialResult]) -> Iterator[TrialResult]:
    """The same trials; equal parts of them are one object where they were several."""
    known: dict[Any, Any] = {}
    before: TrialResult | None = None
    for trial in trials:
        if len(known) > _MOST:
            known.clear()
        _share(trial, _OF_TRIALS, known)
        if trial.completion is not None:
            _share(trial.completion, _OF_ANSWERS, known)
        if trial.timing is not None:
            _share(trial.timing, _OF_TIMING, known)
        if before is not None and before.case_hash == trial.case_hash:
            for name in ("vars", "expected"):
                if getattr(before, name) == getattr(trial, name):
                    force_setattr(trial, name, getattr(before, name))
        before = trial
        yield trial


def _share(part: Frozen, names: Iterable[str], known: dict[Any, Any]) -> None:
    """Have the fields refer to equal values met before. Nobody else has the part yet."""
    for name in names:
        value = getattr(part, name)
        try:
            same = known.setdefault(value, value)
        except TypeError:  # a verdict with figures, which has no hash
            continue
        if same is not value:
            force_setattr(part, name, same)
