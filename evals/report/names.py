"""How sides are called and what tells them apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evals.model import Column, Comparison, JsonObject, Manifest, Side, SuiteComparison
from evals.report.texts import one_line, written
from evals.write import visible


def run_tail(run: str) -> str:
    """The last part of a run's id, enough to tell two runs apart."""
    return run.rpartition("-")[2]


def side_names(comparison: Comparison, suite: SuiteComparison) -> dict[str, str]:
    """What people read for each side: the column's id, with its run where runs are compared."""
    if comparison.kind == "columns":
        return {side.id: visible(side.column.id) for side in suite.sides}
    return {side.id: visible(f"{side.column.id} @ {run_tail(side.run)}") for side in suite.sides}


def newest(comparison: Comparison) -> Manifest:
    """The run that is judged."""
    return comparison.runs[-1]


def judged_sides(comparison: Comparison, suite: SuiteComparison) -> tuple[Side, ...]:
    """The sides of the run that is judged; of a comparison of columns, all."""
    run = newest(comparison).id
    return tuple(side for side in suite.sides if side.run == run)


def differing(columns: Sequence[Column]) -> dict[str, list[Any]]:
    """The fields and parameters in which columns differ, each with its value per column."""
    return {name: values for name, values in fields(columns).items() if not _alike(values)}


def fields(columns: Sequence[Column]) -> dict[str, list[Any]]:
    """Prompt, endpoint, model and every parameter, each with its value per column."""
    rows: dict[str, list[Any]] = {
        "prompt": [column.prompt for column in columns],
        "endpoint": [column.endpoint for column in columns],
        "model": [column.model for column in columns],
    }
    names = dict.fromkeys(name for column in columns for name in column.parameters)
    for name in names:
        rows[name] = [column.parameters.get(name) for column in columns]
    return rows


def _alike(values: Sequence[Any]) -> bool:
    return all(value == values[0] for value in values)


def described(column: Column, differences: dict[str, list[Any]], place: int) -> str:
    """What makes a column: its description, or the values in which it differs from others."""
    if column.description:
        return one_line(column.description, 90)
    told = [
        f"{name} {written(values[place])}"
        for name, values in differences.items()
        if values[place] is not None
    ]
    return one_line(", ".join(told), 90)


def endpoint_model(endpoints: dict[str, JsonObject], column: Column) -> str:
    """The model a column asks for: its own, or its endpoint's default."""
    return column.model or str(endpoints.get(column.endpoint, {}).get("model") or "")
