"""What one side answered to each case, as far as gates compare it with another side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from evals.comparison.cells import Cells, answered, errored, judged
from evals.comparison.fields import FIELD_READS
from evals.comparison.metrics import Metrics, metric_readings, pass_of, score_of
from evals.comparison.parts import leaves
from evals.comparison.quantities import Read, values_by_case
from evals.comparison.ratios import reader
from evals.comparison.readings import Reading, error_rate_of
from evals.model import Answer, Case, Derived, TrialResult
from evals.model.metric import has_ratio
from evals.model.parts import part_of

__all__ = [
    "Answers",
    "Recording",
    "answers_of",
    "checks_hash",
    "joined",
    "parts_read",
    "recording_of",
    "without_statistic",
]


class Recording(NamedTuple):
    """One recorded answer: a recording made anew has the key and take of the old one."""

    asked: tuple[tuple[str, int], ...]  # (key, take)
    latency_s: float | None
    answer: str  # hash of what was answered; empty without an answer


class Values(NamedTuple):
    """What a case has of one part, and how many trials have none for an error."""

    values: Sequence[float]
    errors: int


class Answers(NamedTuple):
    """One case on one side."""

    hash: str  # over vars and turns
    checks: str  # hash of the checks
    values: Sequence[float]
    errors: int
    cluster: str | None
    trials: Sequence[TrialResult] = ()
    recorded: Sequence[Recording] = ()  # instead of trials
    parts: Mapping[str, Values] = {}  # of a metric of the suite itself, by leaf

    @property
    def recordings(self) -> Sequence[Recording]:
        """Of each trial; empty where one has no answer of its own. Made when asked for."""
        return self.recorded or _recordings(self.trials)


def answers_of(
    metric: str, cells: Cells, metrics: Metrics, checks: Mapping[str, str]
) -> dict[str, Answers]:
    """The cases of a column with a value or an error of the metric; `checks` by case."""
    if metric in metrics.derived:
        reads = parts_read(metric, metrics.derived)
        by_part = {leaf: answers_of(read, cells, metrics, checks) for leaf, read in reads.items()}
        return joined(by_part)
    found = {}
    readings = _readings(metric, cells, metrics)
    for case, trials in cells.items():
        if case in readings:
            values, errors, cluster = readings[case]
            hash = trials[0].case_hash
            found[case] = Answers(hash, checks.get(case, ""), values, errors, cluster, trials)
    return found


def without_statistic(metric: str, metrics: Metrics) -> str:
    """`latency` of `latency.p95`: what is read of trials, whatever is then made of it."""
    if metric in metrics.derived or not has_ratio(metric):
        return metric
    head, _, rest = metric.partition(".")
    return f"tokens.{rest.partition('.')[0]}" if head == "tokens" else head


def parts_read(metric: str, derived: Mapping[str, Derived]) -> dict[str, str]:
    """What is read of trials for each part of a metric of the suite itself."""
    found = {leaf: part_of(leaf, derived) for leaf in leaves(derived[metric], derived)}
    return {leaf: part.read for leaf, part in found.items() if part is not None}


def joined(by_part: Mapping[str, Mapping[str, Answers]]) -> dict[str, Answers]:
    """The answers of each case with all its parts."""
    found: dict[str, Answers] = {}
    for leaf, answers in by_part.items():
        for case, one in answers.items():
            known = found.get(case, one._replace(values=(), errors=0))
            found[case] = known._replace(
                values=(*known.values, *one.values),
                errors=max(known.errors, one.errors),
                parts={**known.parts, leaf: Values(one.values, one.errors)},
            )
    return found


def _readings(metric: str, cells: Cells, metrics: Metrics) -> Mapping[str, Reading]:
    if metric == "accuracy":
        return cells.passes
    if metric == "error_rate":
        return error_rate_of(cells)
    if metric in FIELD_READS:
        return _quantities(FIELD_READS[metric], cells)
    if has_ratio(metric):
        return _quantities(reader(metric), cells)
    name, _, rest = metric.partition(".")
    read = pass_of if rest == "rate" else score_of
    found = {}
    for case, trials in cells.items():
        of_case = metric_readings(Cells({case: trials}), metrics.cases, read).get(name)
        if of_case:
            found[case] = of_case[0]
    return found


def _quantities(read: Read, cells: Cells) -> Mapping[str, Reading]:
    values, errors = values_by_case(cells, read), cells.errors
    return {
        case: Reading(values.get(case, ()), errors.get(case, 0), trials[0].cluster)
        for case, trials in cells.items()
        if case in values or case in errors or any(map(answered, trials))
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
