"""The requests of a recorded run and the tokens of its answers, as far as they are still there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from evals.model import JsonObject, TrialResult

if TYPE_CHECKING:
    from evals.model import Exchange, Token
    from evals.record import Run


class Recorded:
    """The exchanges behind the trials of a run; the last one is kept."""

    def __init__(self, run: Run, root: Path) -> None:
        from evals.session.stored import Stored

        self._stored = Stored(run, root)
        self._last: tuple[object, Exchange | None] = (None, None)

    def request(self, trial: TrialResult) -> JsonObject | None:
        """The body that was sent for a trial; None where it is gone."""
        exchange = self._exchange(trial)
        return None if exchange is None else exchange.request.body

    def tokens(self, trial: TrialResult) -> Sequence[Token] | None:
        """The tokens of a trial's answer; None where they are gone or were not asked for."""
        from evals import answer
        from evals.errors import EvalsError

        exchange = self._exchange(trial)
        if exchange is None or not exchange.request.body.get("logprobs"):
            return None
        try:
            choices = answer.read(exchange).choices
        except EvalsError:
            return None
        return choices[trial.sample % len(choices)].logprobs

    def _exchange(self, trial: TrialResult) -> Exchange | None:
        from evals.errors import EvalsError

        name = (trial.suite, trial.asked)
        if self._last[0] != name:
            try:
                self._last = name, self._stored.of(trial)
            except EvalsError:
                self._last = name, None
        return self._last[1]
