"""Metrics of the suite itself: what is understood, and what is refused with its place."""

from __future__ import annotations

from typing import Any

import pytest

TESTS = """
tests:
  - vars: {prompt: x}
    assert:
      - {type: contains, value: a, metric: precision}
      - {type: contains, value: b, metric: recall}
"""


def test_expressions_and_aggregations_in_any_order(bench: Any) -> None:
    text = """
metrics:
  twice: 2 * f1
  f1: 2 * precision * recall / (precision + recall)
  slow: {of: latency, by: p95}
gates: [f1 >= 80%, twice <= 1.5, {metric: slow, max: 3}]
"""
    suite = bench.load(text + TESTS).suite
    assert [(m.name, m.of, m.by) for m in suite.metrics] == [
        ("twice", None, None),
        ("f1", None, None),
        ("slow", "latency", "p95"),
    ]
    assert [gate.limit for gate in suite.gates] == [0.8, 1.5, 3]


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        ("f: 2 * precison", "2:6: error: unknown metric 'precison' (column 5)"),
        ("f: 2 * precison", 'did you mean "precision"?'),
        ("f: 2 * (precision", "(column"),
        ("f: 1 + 2", "names no metric, so it is always the same"),
        ("f: precision > 0.5", "is no number"),
        ("f: latency + 1", "latency names no statistic (column 1)"),
        ("f: precision.f1.A", "precision.f1.A needs a check of type choice"),
        ("f: open(precision)", "unknown function `open`"),
        ("f: f + precision", "f is reckoned from itself: f → f"),
        ("f: precision\n  precision: recall", "'precision' is the metric of an assertion, too"),
        ("F1: precision", "'F1' is no name of a metric"),
        ("latency: precision", "'latency' has a meaning of its own"),
        ("f: {of: latncy, by: mean}", 'did you mean "latency"?'),
        ("f: {of: latency, by: rate}", "rate is the share of passes"),
        ("f: {of: latency, by: mode}", "allowed are"),
        ("f: {of: latency}", "by"),
        ("f: precision\n  g: {of: f, by: mean}", "f is one figure of the suite"),
        ("a: b + 1\n  b: a * precision", "a is reckoned from itself: a → b → a"),
    ],
)
def test_what_is_refused(bench: Any, metric: str, said: str) -> None:
    assert said in "\n".join(bench.mistakes(f"metrics:\n  {metric}{TESTS}"))


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        ("f.p95 >= 1", "f is one figure, without statistics: write f alone"),
        ("ff >= 1", 'did you mean "f"?'),
        ("{metric: f, baseline: true}", "f does not say which way is better"),
    ],
)
def test_gates_on_them(bench: Any, gate: str, said: str) -> None:
    text = f"metrics: {{f: precision}}\ngates: ['{gate}']"
    text = text.replace("'", "") if gate.startswith("{") else text
    assert said in "\n".join(bench.mistakes(text + TESTS))


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        ("{of: latency, by: max}", "f is not compared"),
        ("{expression: latency.max / precision, better: lower}", "reckoned from latency.max"),
        ("{expression: precision, of: latency}", "of and by, or an expression"),
        ("{better: lower}", "f needs of"),
    ],
)
def test_what_cannot_be_compared(bench: Any, metric: str, said: str) -> None:
    text = f"metrics: {{f: {metric}}}\ngates: [{{metric: f, baseline: true}}]"
    assert said in "\n".join(bench.mistakes(text + TESTS))


def test_which_way_is_better_makes_the_gates_condition(bench: Any) -> None:
    text = (
        "metrics: {f: {expression: cost_usd / precision, better: lower}, "
        "g: {of: precision, by: mean}}\n"
        "gates: [{metric: f, baseline: true, margin: 2}, {metric: g, baseline: true, margin: 5%}]"
    )
    gates = bench.load(text + TESTS).suite.gates
    assert [(gate.op, gate.limit) for gate in gates] == [("<=", 2), (">=", -0.05)]


def test_a_gate_on_times_alone_judges_no_answers(bench: Any) -> None:
    text = "misses: allowed\nmetrics: {f: 2 * slow, slow: {of: latency, by: mean}}\ngates: [f < 9]"
    assert "no gate judges accuracy" in "\n".join(bench.mistakes(text + TESTS))
    bench.load(text.replace("2 * slow", "slow * precision") + TESTS)
