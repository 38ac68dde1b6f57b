"""What one side answered to each case, as far as gates compare it with another side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from evals.comparison.cells import Cells, answered, errored, judged
from evals.comparison.metrics import Metrics, metric_readings, pass_of, score_of
from evals.comparison.quantities import values_by_case
from evals.comparison.ratios import reader
from evals.comparison.readings import Reading, accuracy_of, error_rate_of
from evals.model import Answer, Case, TrialResult
from evals.model.metric import has_ratio

__all__ = ["Answers", "Recording", "answers_of", "checks_hash", "recording_of"]


class Recording(NamedTuple):
    """One recorded answer: a recording made anew has the key and take of the old one."""

    asked: tuple[tuple[str, int], ...]  # (key, take)
    latency_s: float | None
    answer: str  # hash of what was answered; empty without an answer


class Answers(NamedTuple):
    """One case on one side."""

    hash: str  # over vars and turns
    checks: str  # hash of the checks
    values: Sequence[float]
    errors: int
    cluster: str | None
    trials: Sequence[TrialResult] = ()
    recorded: Sequence[Recording] = ()  # instead of trials

    @property
    def recordings(self) -> Sequence[Recording]:
        """Of each trial; empty where one has no answer of its own. Made when asked for."""
        return self.recorded or _recordings(self.trials)


def answers_of(
    metric: str, cells: Cells, metrics: Metrics, checks: Mapping[str, str]
) -> dict[str, Answers]:
    """The cases of a column with a value or an error of the metric; `checks` by case."""
    found = {}
    readings = _readings(metric, cells, metrics)
    for case, trials in cells.items():
        reading = readings.get(case)
        if reading is not None:
            found[case] = Answers(
                hash=trials[0].case_hash,
                checks=checks.get(case, ""),
                values=reading.values,
                errors=reading.errors,
                cluster=trials[0].cluster,
                trials=trials,
            )
    return found


def _readings(metric: str, cells: Cells, metrics: Metrics) -> Mapping[str, Reading]:
    if metric == "accuracy":
        return accuracy_of(cells)
    if metric == "error_rate":
        return error_rate_of(cells)
    if has_ratio(metric):
        return _quantities(metric, cells)
    name, _, rest = metric.partition(".")
    read = pass_of if rest == "rate" else score_of
    found = {}
    for case, trials in cells.items():
        of_case = metric_readings({case: trials}, metrics.cases, read).get(name)
        if of_case:
            found[case] = of_case[0]
    return found


def _quantities(metric: str, cells: Cells) -> Mapping[str, Reading]:
    values = values_by_case(cells, reader(metric))
    return {
        case: Reading(values.get(case, ()), sum(map(errored, trials)), trials[0].cluster)
        for case, trials in cells.items()
        if case in values or any(answered(t) or errored(t) for t in trials)
    }


def _recordings(trials: Sequence[TrialResult]) -> tuple[Recording, ...]:
    asked = [trial for trial in trials if judged(trial) or errored(trial)]
    return tuple(map(recording_of, asked)) if all(trial.asked for trial in asked) else ()


def recording_of(trial: TrialResult) -> Recording:
    return Recording(
        asked=trial.asked,
        latency_s=None if trial.timing is None else trial.timing.latency_s,
        answer="" if trial.completion is None else _hashed(_said(trial.completion)),
    )


def _said(answer: Answer) -> list[Any]:
    return [answer.text, answer.reasoning, answer.finish_reason, answer.tool_calls]


def _hashed(value: Any) -> str:
    """Twelve characters."""
    return sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()[:12]


def checks_hash(case: Case) -> str:
    """Twelve characters that change when the checks of a case do, wherever they stand."""
    checks = _without_places(msgspec.to_builtins(case.checks))
    return _hashed([checks, case.threshold])


def _without_places(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_places(part) for key, part in value.items() if key != "place"}
    if isinstance(value, list | tuple):
        return [_without_places(part) for part in value]
    return value
