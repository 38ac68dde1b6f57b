"""What a recorded run asked and was answered, read from its recordings and its journal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from evals.model import JsonObject, TrialResult

if TYPE_CHECKING:
    from evals.model import Exchange, Token
    from evals.record import Run
    from evals.record.answers import AnswerLine

_KEY = re.compile(r"[0-9a-f]{32}")


class Recorded:
    """The exchanges behind the trials of a run, as far as they are still there.

    A run may come from somebody else: nothing outside the project is read.
    """

    def __init__(self, run: Run, root: Path) -> None:
        self._root = root
        self._folders = {
            record.suite.id: (root / record.cassettes).resolve()
            for record in run.manifest.suites
            if record.cassettes is not None
        }
        self._live = _live(run)
        self._last: tuple[tuple[str, str, int], Exchange | None] | None = None

    def request(self, trial: TrialResult) -> JsonObject | None:
        """The body that was sent for a trial; None where it is gone."""
        if not trial.asked:
            return None
        key, take = trial.asked[0]
        if (found := self._live.get((trial.suite, key, take))) is not None:
            return found.request.body
        exchange = self._recorded(trial.suite, key, take)
        return None if exchange is None else exchange.request.body

    def tokens(self, trial: TrialResult) -> Sequence[Token] | None:
        """The tokens of a trial's answer; None where they are gone or were not asked for."""
        from evals import answer
        from evals.errors import EvalsError

        if not trial.asked:
            return None
        key, take = trial.asked[0]
        line = self._live.get((trial.suite, key, take))
        exchange = _exchange(line) if line else self._recorded(trial.suite, key, take)
        if exchange is None:
            return None
        try:
            choices = answer.read(exchange).choices
        except EvalsError:
            return None
        return choices[trial.sample % len(choices)].logprobs

    def _recorded(self, suite: str, key: str, take: int) -> Exchange | None:
        folder = self._folders.get(suite)
        if folder is None or not folder.is_relative_to(self._root) or not _KEY.fullmatch(key):
            return None
        if self._last is None or self._last[0] != (suite, key, take):
            self._last = (suite, key, take), _read(folder / f"{key}.{take}.json")
        return self._last[1]


def _read(path: Path) -> Exchange | None:
    from evals.cassettes.store import decode
    from evals.errors import DamagedFile

    try:
        return decode(path, path.read_bytes(), None)
    except (OSError, DamagedFile):
        return None


def _live(run: Run) -> dict[tuple[str, str, int], AnswerLine]:
    """The journal's lines; of answers only those whose tokens were asked for."""
    from evals.record.answers import AnswerLine
    from evals.record.journal import Lines

    paths = sorted(run.folder.glob("answers-*.jsonl"))
    return {
        (line.suite, line.key, line.take): line
        if line.request.body.get("logprobs")
        else replace(line, response=None)
        for line in Lines(paths, AnswerLine)
    }


def _exchange(line: AnswerLine) -> Exchange | None:
    from evals.model import Exchange, Request

    if line.response is None or line.timing is None or line.recorded is None:
        return None
    asked = line.request
    return Exchange(
        request=Request(endpoint=asked.endpoint, path=asked.path, body=asked.body, take=line.take),
        response=line.response,
        timing=line.timing,
        recorded=line.recorded,
    )
