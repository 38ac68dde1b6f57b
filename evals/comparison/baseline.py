"""Baselines: what a suite's columns passed once, kept beside the suite for gates to compare with.

`baselines/<suite>.json` is made to be committed: one line a case, cases in the order of their ids,
nothing in it that a run of the same answers would write differently but the run's id.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias, TypeVar

import msgspec

from evals.comparison.cells import Cells, columns_of, errored, judged
from evals.comparison.circumstances import UNKNOWN, Circumstances, circumstances_of
from evals.comparison.fields import FIELD_READS
from evals.comparison.firsts import Rule, rule_of
from evals.comparison.metrics import Metrics, metrics_of
from evals.comparison.quantities import time_per_token
from evals.comparison.sameness import (
    Answers,
    Recording,
    answers_of,
    checks_hash,
    joined,
    parts_read,
    recording_of,
)
from evals.errors import DamagedFile, RunError
from evals.model import Column, Derived, Frozen, Suite, TrialResult, Usage
from evals.model.metric import has_ratio
from evals.reading import is_inside, read_file
from evals.record.reading import read_json

__all__ = [
    "BASELINE_FORMAT",
    "Baseline",
    "BaselineCase",
    "BaselineCell",
    "BaselineColumn",
    "BaselineMetric",
    "Baselines",
    "baseline_answers",
    "baseline_column",
    "baseline_of",
    "baseline_path",
    "baseline_text",
    "baselines_for",
    "read_baseline",
    "write_command",
]

BASELINE_FORMAT = 1

T = TypeVar("T")

Baselines: TypeAlias = Mapping[str, "Baseline | str"]
"""By the path that gates name: the baseline, or why there is none and what to do about it."""


class BaselineColumn(Frozen, frozen=True, kw_only=True, omit_defaults=True):
    """Columns are the same by prompt and setting."""

    prompt: str
    setting: str
    recorded: Circumstances = UNKNOWN


class BaselineMetric(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """What a case has of a named metric, or of its `.rate`."""

    values: tuple[float, ...]
    errors: int


class BaselineCell(Frozen, frozen=True, kw_only=True, omit_defaults=True):
    """The judged and errored trials of one case in one column, in the order of samples."""

    passed: tuple[int | None, ...]  # None: an error
    latency_s: tuple[float | None, ...]
    prompt_tokens: tuple[int | None, ...]
    completion_tokens: tuple[int | None, ...]
    answers: tuple[str, ...]  # hash of what was answered; empty without an answer
    asked: tuple[tuple[tuple[str, int], ...], ...]  # of each trial (key, take)
    reasoning_tokens: tuple[int | None, ...] = ()  # these three: empty where no trial tells
    ttft_s: tuple[float | None, ...] = ()
    cost_usd: tuple[float | None, ...] = ()
    metrics: dict[str, BaselineMetric] = {}


class BaselineCase(Frozen, frozen=True, kw_only=True, omit_defaults=True):
    id: str
    hash: str  # over vars and turns
    checks: str  # hash of the checks
    columns: dict[str, BaselineCell]
    adaptive: Rule | None = None  # at least, at most, and the pass rate to be decided


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
    metrics = metrics_of(suite)
    cases = []
    for case in sorted(suite.cases, key=lambda case: case.id):
        hash, cells = _cells(case.id, columns, metrics)
        if cells:
            cases.append(
                BaselineCase(
                    id=case.id,
                    hash=hash,
                    checks=checks_hash(case),
                    columns=cells,
                    adaptive=rule_of(case),
                )
            )
    return Baseline(
        format=BASELINE_FORMAT,
        suite=suite.id,
        run=run,
        columns={
            column.id: BaselineColumn(
                prompt=column.prompt,
                setting=column.setting,
                recorded=circumstances_of(columns[column.id].answered.items),
            )
            for column in suite.columns
        },
        cases=tuple(cases),
    )


def _cells(
    case: str, columns: dict[str, Cells], metrics: Metrics
) -> tuple[str, dict[str, BaselineCell]]:
    hash, found = "", {}
    for column, cells in columns.items():
        trials = [trial for trial in cells.get(case, ()) if judged(trial) or errored(trial)]
        if trials:
            hash, found[column] = (
                trials[0].case_hash,
                _cell(trials, _metrics(case, trials, metrics)),
            )
    return hash, found


def _metrics(case: str, trials: list[TrialResult], metrics: Metrics) -> dict[str, BaselineMetric]:
    found = {}
    names = sorted(name for name, cases in metrics.cases.items() if case in cases)
    told = [each for name in names for each in (name, f"{name}.rate")]
    told += sorted({d.of for d in metrics.derived.values() if d.of in _ELSEWHERE})
    for metric in told:
        answers = answers_of(metric, Cells({case: trials}), metrics, {}).get(case)
        if answers is not None:
            values = tuple(map(float, answers.values))
            found[metric] = BaselineMetric(values=values, errors=answers.errors)
    return found


def _cell(trials: list[TrialResult], metrics: dict[str, BaselineMetric]) -> BaselineCell:
    recordings = [recording_of(trial) for trial in trials]
    usage = [_NO_USAGE if t.completion is None else t.completion.usage for t in trials]
    return BaselineCell(
        passed=tuple(trial.passed if judged(trial) else None for trial in trials),
        latency_s=tuple(recording.latency_s for recording in recordings),
        prompt_tokens=tuple(told.prompt_tokens for told in usage),
        completion_tokens=tuple(told.completion_tokens for told in usage),
        answers=tuple(recording.answer for recording in recordings),
        asked=tuple(recording.asked for recording in recordings),
        reasoning_tokens=_known(told.reasoning_tokens for told in usage),
        ttft_s=_known(None if t.timing is None else t.timing.ttft_s for t in trials),
        cost_usd=_known(trial.cost_usd for trial in trials),
        metrics=metrics,
    )


def _known(values: Iterable[T | None]) -> tuple[T | None, ...]:
    """Nothing at all where no trial tells it."""
    listed = tuple(values)
    return listed if any(value is not None for value in listed) else ()


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
    path = _shown(suite, name)
    try:
        return read_baseline(root / path, root=root, suite=suite.id)
    except (RunError, DamagedFile) as problem:
        return f"the baseline {path} {problem.message}; {write_command(suite, name)}"


def _shown(suite: Suite, name: str) -> str:
    """The path that a gate names, as one would write it in the root directory."""
    return Path(os.path.normpath(Path(suite.path).parent / name)).as_posix()


def write_command(suite: Suite, name: str) -> str:
    """`evals baseline set writes it from the newest run`; `name` is the path that a gate names."""
    command = "evals baseline set"
    if name != f"baselines/{suite.id}.json":
        path = _shown(suite, name)
        shown = f'"{path}"' if " " in path else path
        command += f" --suite {suite.id} -o {shown}"
    return f"`{command}` writes it from the newest run"


def read_baseline(path: Path, *, root: Path, suite: str | None = None) -> Baseline:
    """The baseline at a path, of the suite where one is given.

    Raises `RunError` where there is none and `DamagedFile` where it cannot be read; the messages
    say what is wrong with the file, which whoever asked has to name.
    """
    if path.is_relative_to(root) and not is_inside(path, root):
        raise DamagedFile("is reached by a link that leads out of the project")
    try:
        data = read_file(path)
    except FileNotFoundError as problem:
        raise RunError("does not exist") from problem
    except OSError as problem:
        raise DamagedFile(f"cannot be read: {problem.strerror}") from problem
    try:
        version = read_json(data, msgspec.json.Decoder(_Version))
        if version.format != BASELINE_FORMAT:
            raise DamagedFile(
                f"has format {version.format}; this version reads format {BASELINE_FORMAT}"
            )
        baseline = read_json(data, msgspec.json.Decoder(Baseline))
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


def baseline_column(baseline: Baseline, column: Column) -> str | None:
    """The name under which the baseline has a column; None where it lacks it."""
    same = (column.prompt, column.setting)
    return next((n for n, c in baseline.columns.items() if (c.prompt, c.setting) == same), None)


_ELSEWHERE = frozenset(FIELD_READS) - {
    *("latency", "ttft", "tpot", "tokens_per_s", "cost_usd"),
    *(name for name in FIELD_READS if name.startswith("tokens.")),
}
"""Fields that only a baseline of a suite has whose metrics aggregate them."""


def baseline_answers(
    baseline: Baseline,
    column: str,
    metric: str,
    derived: Mapping[str, Derived] = MappingProxyType({}),
) -> dict[str, Answers]:
    """What the baseline has of a metric in one of its columns, by case."""
    if metric in derived:
        reads = parts_read(metric, derived)
        return joined({leaf: baseline_answers(baseline, column, r) for leaf, r in reads.items()})
    cells = ((case, case.columns.get(column)) for case in baseline.cases)
    return {
        case.id: answers
        for case, cell in cells
        if cell is not None and (answers := _answers(case, cell, metric)) is not None
    }


def _answers(case: BaselineCase, cell: BaselineCell, metric: str) -> Answers | None:
    values, errors = _values(cell, metric)
    if not values and not errors and not has_ratio(metric):
        return None
    recorded = zip(cell.asked, cell.latency_s, cell.answers, strict=False)
    return Answers(
        hash=case.hash,
        checks=case.checks,
        values=values,
        errors=errors,
        cluster=None,
        recorded=tuple(map(Recording._make, recorded)) if all(cell.asked) else (),
    )


def _values(cell: BaselineCell, metric: str) -> tuple[Sequence[float], int]:
    """Values of the trials that have one, and how many have none for an error."""
    errors = cell.passed.count(None)
    if metric == "accuracy":
        return [float(passed) for passed in cell.passed if passed is not None], errors
    if metric == "error_rate":
        return [float(passed is None) for passed in cell.passed], 0
    if not has_ratio(metric):
        known = cell.metrics.get(metric)
        return (known.values, known.errors) if known else ((), 0)
    quantity = _quantity(cell, metric)
    told = zip(cell.passed, quantity, strict=False)
    return [value for passed, value in told if passed is not None and value is not None], errors


def _quantity(cell: BaselineCell, metric: str) -> Sequence[float | None]:
    """Of each trial; nothing where a baseline of an earlier version does not tell."""
    head, _, rest = metric.partition(".")
    known: Mapping[str, Sequence[float | None]] = {
        "latency": cell.latency_s,
        "ttft": cell.ttft_s,
        "cost_usd": cell.cost_usd,
    }
    if head in known:
        return known[head]
    if head == "tpot":
        times = zip(cell.latency_s, cell.ttft_s, cell.completion_tokens, strict=False)
        return [time_per_token(*each) for each in times]
    if head == "tokens_per_s":
        pairs = zip(cell.completion_tokens, cell.latency_s, strict=False)
        return [None if n is None or not s else n / s for n, s in pairs]
    return _tokens(cell, rest.partition(".")[0])


def _tokens(cell: BaselineCell, kind: str) -> Sequence[float | None]:
    told: Mapping[str, Sequence[int | None]] = {
        "prompt": cell.prompt_tokens,
        "completion": cell.completion_tokens,
        "reasoning": cell.reasoning_tokens,
    }
    if kind in told:
        return told[kind]
    sign, other = (1, "prompt") if kind == "total" else (-1, "reasoning")
    pairs = zip(cell.completion_tokens, told[other], strict=False)
    return [None if n is None or m is None else n + sign * m for n, m in pairs]
