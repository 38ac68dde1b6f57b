"""The requests of recorded runs and the tokens of their answers, as far as they are still there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from evals import answer
from evals.errors import EvalsError
from evals.model import Comparison, Exchange, JsonObject, Token, TrialResult
from evals.record import Run
from evals.session.stored import Stored

if TYPE_CHECKING:
    from evals.report.view import View


class Recorded:
    """The exchanges behind the trials of a run; the last one is kept."""

    def __init__(self, run: Run, root: Path) -> None:
        self._stored = Stored(run, root)
        self._last: tuple[object, Exchange | None] = (None, None)

    def request(self, trial: TrialResult) -> JsonObject | None:
        """The body that was sent for a trial; None where it is gone."""
        exchange = self._exchange(trial)
        return None if exchange is None else exchange.request.body

    def tokens(self, trial: TrialResult) -> Sequence[Token] | None:
        """The tokens of a trial's answer; None where they are gone or were not asked for."""
        exchange = self._exchange(trial)
        if exchange is None or not exchange.request.body.get("logprobs"):
            return None
        try:
            completion = answer.read(exchange)
        except EvalsError:
            return None
        if trial.timing is None or completion.at != trial.timing.at:
            return None  # the same was asked again later: these are another answer's
        return completion.choices[trial.sample % len(completion.choices)].logprobs

    def _exchange(self, trial: TrialResult) -> Exchange | None:
        name = (trial.suite, trial.asked)
        if self._last[0] != name:
            try:
                self._last = name, self._stored.of(trial)
            except EvalsError:
                self._last = name, None
        return self._last[1]


def as_read(comparison: Comparison, runs: Iterable[Run]) -> Comparison:
    """A comparison whose runs are not complete where trials of them could not be read."""
    damaged = {run.manifest.id for run in runs if run.damaged}
    if not damaged:
        return comparison
    manifests = tuple(
        msgspec.structs.replace(each, complete=False, ended=None) if each.id in damaged else each
        for each in comparison.runs
    )
    return msgspec.structs.replace(comparison, runs=manifests)


def recorded_view(comparison: Comparison, runs: Iterable[tuple[Run, Path]]) -> View:
    """A comparison as strings; `runs` are those it was made of, each with its project's root."""
    from evals.report.view import build

    recorded = [Recorded(run, root) for run, root in runs]

    def request(trial: TrialResult) -> JsonObject | None:
        return next((body for one in recorded if (body := one.request(trial)) is not None), None)

    def tokens(trial: TrialResult) -> Sequence[Token] | None:
        return next((found for one in recorded if (found := one.tokens(trial)) is not None), None)

    return build(comparison, requests=request, tokens=tokens)
