"""The numbered files of a run: each process writes its own, and a later one has the last word."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

from evals.model import Frozen, Outcome, TrialResult
from evals.record.journal import Lines, Spot
from evals.write import writing

Name: TypeAlias = tuple[str, str, str, int]

_NUMBER = re.compile(r"-(\d+)")


class Head(Frozen, frozen=True, kw_only=True):
    """What tells which trial a line is of, and how it ended; the rest is left unread."""

    suite: str
    case: str
    column: str
    sample: int
    outcome: Outcome

    @property
    def name(self) -> Name:
        return (self.suite, self.case, self.column, self.sample)


def files(folder: Path, kind: str) -> list[Path]:
    """The files `<kind>-*.jsonl` of a run, those of its first process before later ones."""
    return sorted(folder.glob(f"{kind}-*.jsonl"), key=lambda path: (_number(path), path.name))


def _number(path: Path) -> int:
    """Which process of a run wrote a file: 0 for the first, and for the workers beside it."""
    found = _NUMBER.search(path.name)
    return int(found[1]) if found else 0


def next_number(folder: Path) -> int:
    """The number of the process that goes on with a run; of two that ask, each gets its own.

    Raises `DiskError`.
    """
    known = [*folder.glob("trials-*.jsonl"), *folder.glob("answers-*.jsonl")]
    for number in itertools.count(1 + max(map(_number, known), default=0)):
        path = folder / f"trials-{number}.jsonl"
        with writing(path), contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
            return number
    raise AssertionError("numbers do not end")


def last_lines(lines: Lines[TrialResult], folder: Path) -> Iterator[TrialResult]:
    """One result a trial: its last. Only a run that was resumed can have several."""
    paths = files(folder, "trials")
    if not paths or _number(paths[-1]) == 0:
        return iter(lines)
    last = {head.name: spot for spot, head in Lines(paths, Head).spotted()}
    return (trial for spot, trial in lines.spotted() if last[_name(trial)] == spot)


def judged(folder: Path) -> dict[Name, Spot]:
    """Where the results of the trials stand that need not be judged again."""
    found: dict[Name, Spot] = {}
    for spot, head in Lines(files(folder, "trials"), Head).spotted():
        if head.outcome not in ("error", "not_run"):
            found[head.name] = spot
    return found


def _name(trial: TrialResult) -> Name:
    return (trial.suite, trial.case, trial.column, trial.sample)
