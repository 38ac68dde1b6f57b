"""The requests of a recorded run, read from its recordings and its journal of answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from evals.model import JsonObject, TrialResult

if TYPE_CHECKING:
    from evals.record import Run

_KEY = re.compile(r"[0-9a-f]{32}")


def requests_of(run: Run, root: Path) -> Callable[[TrialResult], JsonObject | None]:
    """A function from a trial to the body that was sent for it; None where it is gone.

    A run may come from somebody else: nothing outside the project is read.
    """
    folders = {
        record.suite.id: (root / record.cassettes).resolve()
        for record in run.manifest.suites
        if record.cassettes is not None
    }
    live = _live(run)

    def request(trial: TrialResult) -> JsonObject | None:
        if not trial.asked:
            return None
        key, take = trial.asked[0]
        folder = folders.get(trial.suite)
        if (found := live.get((trial.suite, key, take))) is not None:
            return found
        if folder is None or not folder.is_relative_to(root) or not _KEY.fullmatch(key):
            return None
        return _recorded(folder / f"{key}.{take}.json")

    return request


def _recorded(path: Path) -> JsonObject | None:
    from evals.cassettes.store import decode
    from evals.errors import DamagedFile

    try:
        return decode(path, path.read_bytes(), None).request.body
    except (OSError, DamagedFile):
        return None


def _live(run: Run) -> dict[tuple[str, str, int], JsonObject]:
    from evals.record.answers import AnswerLine
    from evals.record.journal import Lines

    paths = sorted(run.folder.glob("answers-*.jsonl"))
    return {
        (line.suite, line.key, line.take): line.request.body for line in Lines(paths, AnswerLine)
    }
