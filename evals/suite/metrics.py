"""Metrics of the suite itself: reckoned from others by an expression, or aggregated over trials."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from evals.expression import ExpressionError, NoValue, parse
from evals.model import Derived
from evals.model.metric import FIELDS, lower_is_better
from evals.suite.gates import RESERVED, kind_of
from evals.suite.nearest import advice
from evals.suite.problems import Problems
from evals.suite.subjects import Mistake, Subjects
from evals.suite.written import WrittenMetric

FUNCTIONS: Final = ("min", "max", "sum")
_NAME: Final = re.compile(r"[a-z_][a-z0-9_]*")
_WORDS: Final = ("and", "or", "not", "in", "true", "false", "null", *FUNCTIONS)


def read_metrics(
    written: Mapping[str, str | WrittenMetric], problems: Problems, subjects: Subjects
) -> tuple[Derived, ...]:
    """The metrics of a suite; those with a mistake are left out."""
    found: dict[str, Derived] = {}
    known = subjects._replace(derived=written)
    for name, metric in written.items():
        path = ("metrics", name)
        if "metrics" in problems.incomplete and _is_cut(metric):
            continue  # what it lacks was wrong, and is told
        try:
            _check_name(name, subjects)
            made = _read(name, metric, known)
        except Mistake as wrong:
            where = path if wrong.key in (None, "name") else (*path, wrong.key or "")
            problems.error(where, wrong.message, wrong.details, key=wrong.key == "name")
            continue
        found[name] = msgspec.structs.replace(made, place=problems.place(path))
    for name in found:
        circle = next(_circles(found, name), None)
        if circle is not None:
            message = f"{name} is reckoned from itself: {' → '.join(circle)}"
            problems.error(("metrics", name), message)
    return tuple(found.values())


def _is_cut(metric: str | WrittenMetric) -> bool:
    return not isinstance(metric, str) and metric.expression is None and not metric.by


def _check_name(name: str, subjects: Subjects) -> None:
    if not _NAME.fullmatch(name):
        rule = "small letters, digits and _, no digit first"
        raise Mistake(f"{name!r} is no name of a metric", rule, key="name")
    if name in _WORDS or name in RESERVED or name in FIELDS:
        raise Mistake(f"{name!r} has a meaning of its own", "take another name", key="name")
    if name in subjects.metrics:
        message = f"{name!r} is the metric of an assertion, too"
        raise Mistake(message, "take another name", key="name")


def _read(name: str, written: str | WrittenMetric, subjects: Subjects) -> Derived:
    if isinstance(written, str):
        _check_expression(written, subjects)
        return Derived(name=name, expression=written)
    if written.expression is not None:
        if written.of is not None or written.by is not None:
            raise Mistake("a metric has of and by, or an expression", key="expression")
        _check_expression(written.expression, subjects)
        return Derived(name=name, expression=written.expression, better=written.better)
    of, by = written.of, written.by
    if of is None or by is None:
        raise Mistake(
            f"{name} needs {'by' if of else 'of'}", "write {of: latency, by: p95}, or an expression"
        )
    if of in subjects.derived:
        raise Mistake(f"{of} is one figure of the suite, not one a trial", key="of")
    if of not in FIELDS and of not in subjects.metrics:
        known = (*FIELDS, *subjects.metrics)
        raise Mistake(f"nothing recorded is called {of!r}", *advice(of, known, "known"), key="of")
    if by == "rate" and of not in subjects.metrics:
        message = f"rate is the share of passes of a metric that an assertion names; {of} is none"
        raise Mistake(message, "write mean, or another statistic", key="by")
    better = written.better
    if better is None:
        better = "lower" if by == "std" or lower_is_better(of) else "higher"
    return Derived(name=name, of=of, by=by, better=better)


def _check_expression(text: str, subjects: Subjects) -> None:
    try:
        expression = parse(text, functions=FUNCTIONS)
    except ExpressionError as error:
        raise Mistake(error.message) from None
    if not expression.paths:
        raise Mistake(f"{text!r} names no metric, so it is always the same")
    for path in expression.paths:
        try:
            kind_of(path, subjects)
        except Mistake as wrong:
            column = _column(text, path)
            raise Mistake(f"{wrong.message} (column {column})", *wrong.details) from None
    try:
        value = expression.evaluate(dict.fromkeys(expression.paths, 0.5))
    except NoValue:
        return  # with these numbers; with others it may have one
    except ExpressionError as error:
        raise Mistake(error.message) from None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Mistake(f"{text!r} is no number", "a metric is a number; a gate has the condition")


def _column(text: str, path: str) -> int:
    found = re.search(rf"(?<![\w.]){re.escape(path)}(?![\w.])", text)
    return found.start() + 1 if found else 1


def _circles(metrics: Mapping[str, Derived], name: str) -> Iterator[tuple[str, ...]]:
    """The ways that lead from a metric back to it."""
    ways: list[tuple[str, ...]] = [(name,)]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        text = metrics[way[-1]].expression
        for path in parse(text).paths if text else ():
            if path == name:
                yield (*way, path)
            elif path in metrics and path not in seen:
                seen.add(path)
                ways.append((*way, path))


def metrics_named(value: Any) -> Iterator[str]:
    """Every text under a key `metric` below tests, defaults and checks.

    Wrong assertions are left out of a suite, but a gate on their metric is not wrong too.
    """
    stack = [value.get(key) for key in ("tests", "defaults", "checks")]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            if isinstance(item.get("metric"), str):
                yield item["metric"]
            stack += item.values()
        elif isinstance(item, list):
            stack += item
