"""The answers that a run's trials were judged by, wherever they are kept."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from evals.cassettes.store import decode
from evals.cassettes.verify import misnamed
from evals.errors import DamagedFile, MissingRecording
from evals.model import Exchange, TrialResult
from evals.reading import read_file
from evals.record import Run
from evals.record.answers import AnswerLine
from evals.record.files import files
from evals.record.journal import Lines, Spot, read_at
from evals.record.reading import read_json

_lines = msgspec.json.Decoder(AnswerLine)
_KEY = re.compile(r"[0-9a-f]{32}")
_ID = re.compile(r"[0-9A-Za-z-]+")


class Stored:
    """Reads the answers of a run: of its own journals, else of the project's recordings.

    A run may come from somebody else: nothing outside the project is read.
    """

    def __init__(self, run: Run, root: Path) -> None:
        self._root = root
        self._folders = {
            record.suite.id: (root / record.cassettes).resolve()
            for record in run.manifest.suites
            if record.cassettes is not None
        }
        self._spots: dict[tuple[str, str, int], Spot] = {}
        for folder in _folders(run):
            for spot, line in Lines(files(folder, "answers"), AnswerLine).spotted():
                if line.response is not None:
                    self._spots[line.suite, line.key, line.take] = spot

    def of(self, trial: TrialResult) -> Exchange:
        """The answer that a trial was judged by; raises `EvalsError` where it is gone."""
        if not trial.asked:
            raise MissingRecording("the trial asked nothing", change="nothing recorded")
        key, take = trial.asked[0]
        found = self.find(trial.suite, key, take)
        if found is None:
            told = f"the answer {key[:8]}… of {trial.case}[{trial.column}] is gone"
            raise MissingRecording(told, change="removed")
        return found

    def find(self, suite: str, key: str, take: int) -> Exchange | None:
        """The answer of that key and take, or None; raises `DamagedFile`."""
        spot = self._spots.get((suite, key, take))
        if spot is not None:
            return _journaled(spot)
        folder = self._folders.get(suite)
        if folder is None or not folder.is_relative_to(self._root) or not _KEY.fullmatch(key):
            return None
        path = folder / f"{key}.{take}.json"
        try:
            exchange = decode(path, read_file(path, follow=False), None)
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise DamagedFile(f"{path} cannot be read: {problem.strerror}.") from problem
        if wrong := misnamed(path, exchange):
            raise DamagedFile(f"{path}: the recording is damaged: {wrong}.")
        return exchange


def _folders(run: Run) -> list[Path]:
    """The run's folder, and that of the run whose answers it judged again."""
    before = run.manifest.answers_from
    if before is None or not _ID.fullmatch(before):
        return [run.folder]
    return [run.folder.parent / before, run.folder]


def _journaled(spot: Spot) -> Exchange:
    try:
        line = read_json(read_at(spot), _lines)
    except (OSError, msgspec.DecodeError) as problem:
        raise DamagedFile(f"{spot[0]} cannot be read: {problem}.") from problem
    exchange = line.exchange()
    if exchange is None:
        raise DamagedFile(f"{spot[0]}: the line at byte {spot[1]} is not what was written.")
    return exchange
