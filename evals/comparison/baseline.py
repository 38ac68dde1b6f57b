"""Baselines: what a suite's columns passed once, kept beside the suite for gates to compare with.

`baselines/<suite>.json` is made to be committed: one line a case, cases in the order of their ids,
nothing in it that a run of the same answers would write differently but the run's id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

import msgspec

from evals.comparison.cells import Cells, columns_of, errored, judged
from evals.comparison.sameness import Answers, Recording, checks_hash, recording_of
from evals.errors import DamagedFile, RunError
from evals.model import Column, Frozen, Suite, TrialResult, Usage

__all__ = [
    "BASELINE_FORMAT",
    "Baseline",
    "BaselineCase",
    "BaselineCell",
    "BaselineColumn",
    "Baselines",
    "baseline_answers",
    "baseline_of",
    "baseline_path",
    "baseline_text",
    "baselines_for",
    "read_baseline",
    "write_command",
]

BASELINE_FORMAT = 1

Baselines: TypeAlias = Mapping[str, "Baseline | str"]
"""By the path that gates name: the baseline, or why there is none and what to do about it."""


class BaselineColumn(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """Columns are the same by prompt and setting."""

    prompt: str
    setting: str


class BaselineCell(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """The judged and errored trials of one case in one column, in the order of samples."""

    passed: tuple[int | None, ...]  # None: an error
    latency_s: tuple[float | None, ...]
    prompt_tokens: tuple[int | None, ...]
    completion_tokens: tuple[int | None, ...]
    answers: tuple[str, ...]  # hash of what was answered; empty without an answer
    asked: tuple[tuple[tuple[str, int], ...], ...]  # of each trial (key, take)


class BaselineCase(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    id: str
    hash: str  # over vars and turns
    checks: str  # hash of the checks
    columns: dict[str, BaselineCell]


class Baseline(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """One suite as a run had it."""

    format: int
    suite: str
    run: str
    columns: dict[str, BaselineColumn]
    cases: tuple[BaselineCase, ...]


def baseline_path(suite: Suite, root: Path) -> Path:
    """Where the baseline of a suite lies that `baseline: true` means."""
    return root / Path(suite.path).parent / "baselines" / f"{suite.id}.json"


def baseline_of(suite: Suite, trials: Iterable[TrialResult], *, run: str) -> Baseline:
    """What the columns of a run answered to the suite's cases."""
    columns = columns_of(suite, trials)
    cases = []
    for case in sorted(suite.cases, key=lambda case: case.id):
        hash, cells = _cells(case.id, columns)
        if cells:
            cases.append(
                BaselineCase(id=case.id, hash=hash, checks=checks_hash(case), columns=cells)
            )
    return Baseline(
        format=BASELINE_FORMAT,
        suite=suite.id,
        run=run,
        columns={
            column.id: BaselineColumn(prompt=column.prompt, setting=column.setting)
            for column in suite.columns
        },
        cases=tuple(cases),
    )


def _cells(case: str, columns: dict[str, Cells]) -> tuple[str, dict[str, BaselineCell]]:
    hash, found = "", {}
    for column, cells in columns.items():
        trials = [trial for trial in cells.get(case, ()) if judged(trial) or errored(trial)]
        if trials:
            hash, found[column] = trials[0].case_hash, _cell(trials)
    return hash, found


def _cell(trials: list[TrialResult]) -> BaselineCell:
    recordings = [recording_of(trial) for trial in trials]
    usage = [_NO_USAGE if t.completion is None else t.completion.usage for t in trials]
    return BaselineCell(
        passed=tuple(trial.passed if judged(trial) else None for trial in trials),
        latency_s=tuple(recording.latency_s for recording in recordings),
        prompt_tokens=tuple(told.prompt_tokens for told in usage),
        completion_tokens=tuple(told.completion_tokens for told in usage),
        answers=tuple(recording.answer for recording in recordings),
        asked=tuple(recording.asked for recording in recordings),
    )


_NO_USAGE = Usage()


def baseline_text(baseline: Baseline) -> str:
    """The file: one line a case, so that a diff of two baselines names the cases."""
    head = msgspec.structs.asdict(baseline)
    cases = ",\n".join(f"  {_line(case)}" for case in head.pop("cases"))
    lines = [f' "{key}": {_line(value)},\n' for key, value in head.items()]
    return f'{{\n{"".join(lines)} "cases": [\n{cases}\n ]\n}}\n'


def _line(value: object) -> str:
    return msgspec.json.encode(value).decode()


def baselines_for(suite: Suite, root: Path) -> Baselines:
    """Each baseline that the suite's gates name, or why it cannot be had."""
    named = {
        gate.against.baseline
        for gate in suite.gates
        if gate.against is not None and gate.against.baseline is not None
    }
    return {name: _read_or_why(suite, root, name) for name in sorted(named)}


def _read_or_why(suite: Suite, root: Path, name: str) -> Baseline | str:
    path = Path(suite.path).parent / name
    try:
        return read_baseline(root / path, suite=suite.id)
    except (RunError, DamagedFile) as problem:
        return f"the baseline {path.as_posix()} {problem.message}; {write_command(suite, name)}"


def write_command(suite: Suite, name: str) -> str:
    """`evals baseline set writes it from the newest run`; `name` is the path that a gate names."""
    command = "evals baseline set"
    if name != f"baselines/{suite.id}.json":
        path = (Path(suite.path).parent / name).as_posix()
        shown = f'"{path}"' if " " in path else path
        command += f" --suite {suite.id} -o {shown}"
    return f"`{command}` writes it from the newest run"


def read_baseline(path: Path, *, suite: str | None = None) -> Baseline:
    """The baseline at a path, of the suite where one is given.

    Raises `RunError` where there is none and `DamagedFile` where it cannot be read; the messages
    say what is wrong with the file, which whoever asked has to name.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as problem:
        raise RunError("does not exist") from problem
    except OSError as problem:
        raise DamagedFile(f"cannot be read: {problem.strerror}") from problem
    try:
        version = msgspec.json.decode(data, type=_Version)
        if version.format != BASELINE_FORMAT:
            raise DamagedFile(
                f"has format {version.format}; this version reads format {BASELINE_FORMAT}"
            )
        baseline = msgspec.json.decode(data, type=Baseline)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise DamagedFile(f"is damaged: {problem}") from problem
    if any(
        set(cell.passed) - {0, 1, None} for each in baseline.cases for cell in each.columns.values()
    ):
        raise DamagedFile("is damaged: `passed` is 1, 0 or null")
    if suite is not None and baseline.suite != suite:
        raise DamagedFile(f"is the baseline of the suite {baseline.suite}")
    return baseline


class _Version(Frozen, frozen=True, kw_only=True):
    format: int


def baseline_answers(baseline: Baseline, column: Column) -> dict[str, Answers] | None:
    """What the baseline has of a column, by case; None where it lacks the column."""
    same = (column.prompt, column.setting)
    name = next((n for n, c in baseline.columns.items() if (c.prompt, c.setting) == same), None)
    if name is None:
        return None
    cells = ((case, case.columns.get(name)) for case in baseline.cases)
    return {case.id: _answers(case, cell) for case, cell in cells if cell is not None}


def _answers(case: BaselineCase, cell: BaselineCell) -> Answers:
    recorded = zip(cell.asked, cell.latency_s, cell.answers, strict=False)
    return Answers(
        hash=case.hash,
        checks=case.checks,
        values=[float(passed) for passed in cell.passed if passed is not None],
        errors=cell.passed.count(None),
        cluster=None,
        recorded=tuple(map(Recording._make, recorded)) if all(cell.asked) else (),
    )
