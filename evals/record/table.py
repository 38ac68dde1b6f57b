"""A run as one table: a row a trial, the same columns in CSV, JSON, Parquet and pandas."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, TypeAlias

import msgspec

from evals.model import Answer, TrialResult, TrialTiming, Usage

__all__ = ["COLUMNS", "Cell", "TableColumn", "rows"]

Cell: TypeAlias = str | float | int | bool | None


class TableColumn(NamedTuple):
    """`type` is text, number, integer or boolean."""

    name: str
    type: str
    meaning: str
    read: Callable[[TrialResult], Cell]


def rows(run: str, trials: Iterable[TrialResult]) -> Iterator[dict[str, Cell]]:
    """The rows in the order of the trials."""
    for trial in trials:
        row: dict[str, Cell] = {"run": run}
        row.update((column.name, column.read(trial)) for column in COLUMNS[1:])
        yield row


_NO_USAGE = Usage()


def _of_answer(read: Callable[[Answer], Cell]) -> Callable[[TrialResult], Cell]:
    return lambda trial: None if trial.completion is None else read(trial.completion)


def _of_usage(read: Callable[[Usage], Cell]) -> Callable[[TrialResult], Cell]:
    return lambda trial: read(trial.completion.usage if trial.completion else _NO_USAGE)


def _of_timing(read: Callable[[TrialTiming], Cell]) -> Callable[[TrialResult], Cell]:
    return lambda trial: None if trial.timing is None else read(trial.timing)


def _json(value: Any) -> str:
    try:
        return msgspec.json.encode(value, order="deterministic").decode()
    except UnicodeEncodeError:  # half of a surrogate pair, which an answer may hold
        return json.dumps(msgspec.to_builtins(value), sort_keys=True, separators=(",", ":"))


COLUMNS = (
    TableColumn("run", "text", "id of the run", lambda trial: None),
    TableColumn("suite", "text", "id of the suite", lambda trial: trial.suite),
    TableColumn("case", "text", "id of the case", lambda trial: trial.case),
    TableColumn("column", "text", "id of the column", lambda trial: trial.column),
    TableColumn("prompt", "text", "id of its prompt", lambda trial: trial.prompt),
    TableColumn("setting", "text", "id of its setting", lambda trial: trial.setting),
    TableColumn("sample", "integer", "number of the sample, from 0", lambda trial: trial.sample),
    TableColumn(
        "outcome",
        "text",
        "`pass`, `fail`, `error`, `skipped` or `not_run`",
        lambda trial: trial.outcome,
    ),
    TableColumn("passed", "integer", "1, 0; empty: not judged", lambda trial: trial.passed),
    TableColumn("score", "number", "0 … 1", lambda trial: trial.score),
    TableColumn("missed", "boolean", "a failure that the suite allows", lambda trial: trial.missed),
    TableColumn("source", "text", "`live` or `recorded`", lambda trial: trial.source),
    TableColumn("model", "text", "that answered", _of_answer(lambda answer: answer.model)),
    TableColumn(
        "finish_reason", "text", "as told", _of_answer(lambda answer: answer.finish_reason)
    ),
    TableColumn("text", "text", "the answer", _of_answer(lambda answer: answer.text)),
    TableColumn(
        "reasoning", "text", "told apart from it", _of_answer(lambda answer: answer.reasoning)
    ),
    TableColumn("latency_s", "number", "seconds", _of_timing(lambda timing: timing.latency_s)),
    TableColumn(
        "ttft_s", "number", "to the first content", _of_timing(lambda timing: timing.ttft_s)
    ),
    TableColumn(
        "attempts", "integer", "until the answer", _of_timing(lambda timing: timing.attempts)
    ),
    TableColumn(
        "in_flight", "integer", "requests at once", _of_timing(lambda timing: timing.in_flight)
    ),
    TableColumn("host", "text", "that answered", _of_timing(lambda timing: timing.host)),
    TableColumn("at", "text", "when, ISO 8601", _of_timing(lambda timing: timing.at)),
    TableColumn(
        "prompt_tokens", "integer", "as counted", _of_usage(lambda told: told.prompt_tokens)
    ),
    TableColumn(
        "completion_tokens",
        "integer",
        "reasoning included",
        _of_usage(lambda told: told.completion_tokens),
    ),
    TableColumn(
        "reasoning_tokens", "integer", "of these", _of_usage(lambda told: told.reasoning_tokens)
    ),
    TableColumn(
        "cached_tokens", "integer", "of the prompt", _of_usage(lambda told: told.cached_tokens)
    ),
    TableColumn("cost_usd", "number", "US dollars; empty: unpriced", lambda trial: trial.cost_usd),
    TableColumn(
        "error_kind", "text", "of an error", lambda trial: trial.error.kind if trial.error else None
    ),
    TableColumn(
        "error", "text", "its message", lambda trial: trial.error.message if trial.error else None
    ),
    TableColumn(
        "failed",
        "text",
        "JSON: the checks that did not pass, with reasons",
        lambda trial: _failed(trial),
    ),
    TableColumn("tags", "text", "with spaces between", lambda trial: " ".join(trial.tags)),
    TableColumn("cluster", "text", "of the case", lambda trial: trial.cluster),
    TableColumn("expected", "text", "JSON", lambda trial: _json(trial.expected)),
    TableColumn("vars", "text", "JSON", lambda trial: _json(trial.vars)),
)


def _failed(trial: TrialResult) -> str:
    return _json(
        [
            {"type": verdict.type, "metric": verdict.metric, "reason": verdict.reason}
            for verdict in trial.checks
            if verdict.passed is not True
        ]
    )
