"""Gates as thresholds: read, ranged, and bound to columns, tags and cases that exist."""

from __future__ import annotations

from typing import Any

import pytest

HEAD = """\
settings: [{id: cold, temperature: 0}, {id: warm, temperature: 1}]
tests:
  - {id: one, vars: {prompt: x}, expected: y, tags: smoke}
  - {id: two, vars: {prompt: x}, assert: [{type: contains, value: z, metric: polite}]}
"""


def gates(bench: Any, written: str) -> Any:
    return bench.load(f"{HEAD}gates: [{written}]\n").suite.gates


@pytest.mark.parametrize(
    ("written", "metric", "op", "limit"),
    [
        ("accuracy >= 0.9", "accuracy", ">=", 0.9),
        ("accuracy>=90%", "accuracy", ">=", 0.9),
        ("accuracy > 0", "accuracy", ">", 0.0),
        ("'  accuracy   ==  1 '", "accuracy", "==", 1.0),
        ("latency.p95 <= 2s", "latency.p95", "<=", 2.0),
        ("latency.p95 <= 2", "latency.p95", "<=", 2.0),
        ("ttft.median <= 300ms", "ttft.median", "<=", 0.3),
        ("latency.max < 1.5 m", "latency.max", "<", 90.0),
        ("tokens.completion.mean <= 200", "tokens.completion.mean", "<=", 200.0),
        ("tokens.total.sum < 1e6", "tokens.total.sum", "<", 1e6),
        ("tokens_per_s.mean > 10", "tokens_per_s.mean", ">", 10.0),
        ("cost_usd <= 0.50", "cost_usd", "<=", 0.5),
        ("errors == 0", "errors", "==", 0.0),
        ("errors != 3", "errors", "!=", 3.0),
        ("error_rate <= 1%", "error_rate", "<=", 0.01),
        ("polite >= 0.85", "polite", ">=", 0.85),
        ("polite.rate >= 85%", "polite.rate", ">=", 0.85),
    ],
)
def test_gates_as_texts(bench: Any, written: str, metric: str, op: str, limit: float) -> None:
    (gate,) = gates(bench, f'"{written.strip(chr(39))}"')
    assert (gate.metric, gate.op) == (metric, op)
    assert gate.limit == pytest.approx(limit)
    assert gate.text == " ".join(written.strip("'").split())
    assert str(gate.place) == "s.eval.yaml:5:9"


def test_gates_as_mappings_tell_all_their_parts(bench: Any) -> None:
    first, second, third = gates(
        bench,
        "{metric: accuracy, min: 80%, confidence: 0.95, column: all, tag: smoke}, "
        "{metric: latency.p95, min: 10ms, max: 5s, column: warm, cases: [one, two]}",
    )
    assert first.text == "accuracy >= 80% (confidence 0.95, column all, tag smoke)"
    assert (first.limit, first.confidence, first.column, first.tag) == (0.8, 0.95, "all", "smoke")
    assert second.text == "latency.p95 >= 10ms (column warm, cases one two)"
    assert (third.op, third.limit, third.cases) == ("<=", 5.0, ("one", "two"))


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ('"accuracy"', "'accuracy' is no gate"),
        ('"accuracy = 0.5"', "write accuracy == 0.5"),
        ('"accuracy => 0.5"', "write accuracy >= 0.5"),
        ('"accuracy between 0 and 1"', "is no gate"),
        ('"accuracy >= 1.5"', "accuracy >= 1.5 cannot be met\n    accuracy lies between 0 and 1"),
        ('"accuracy >= 90"', "write 90%"),
        ('"accuracy > 1"', "cannot be met"),
        ('"accuracy < 0"', "cannot be met"),
        ('"accuracy == 2"', "cannot be met"),
        ('"accuracy >= 0"', "accuracy >= 0 cannot fail"),
        ('"accuracy <= 1"', "cannot fail"),
        ('"accuracy != 2"', "cannot fail"),
        ('"errors >= 0"', "cannot fail"),
        ('"errors <= -1"', "cannot be met\n    errors is never below 0"),
        ('"latency.p95 < 0s"', "cannot be met"),
        ('"latency <= 2s"', "latency names no statistic"),
        ('"latency.p42 <= 2s"', "no statistic 'p42'"),
        ('"accuracy.mean >= 0.5"', "write accuracy alone"),
        ('"tokens.mean <= 5"', "kinds: prompt, completion, visible, reasoning, total"),
        ('"tokens.total <= 5"', "tokens.total names no statistic"),
        ('"accuracy <= 5s"', "accuracy is no time"),
        ('"errors <= 5%"', "errors is no share"),
        ('"accuracy >= lots"', "'lots' is no number"),
        ('"acuracy >= 0.5"', 'did you mean "accuracy"?'),
        ('"polight >= 0.5"', 'did you mean "polite"?'),
        ('"polite.p95 >= 0.5"', "polite.rate the share of its passes"),
        ('"errors == 0", "errors  ==  0"', "stands twice"),
        ("{metric: accuracy}", "a gate needs min, max or both"),
        ("{metric: accuracy, min: 0.9, max: 0.5}", "min is more than max"),
        ("{metric: accuracy, min: 0}", "cannot fail"),
        ("{metric: accuracy, min: 0.5, confidence: 1}", "allowed is less than 1"),
        ("{metric: errors, max: 3, confidence: 0.9}", "errors has no interval"),
        ("{metric: latency.max, max: 3, confidence: 0.9}", "latency.max has no interval"),
        ("{metric: accuracy, min: 0.5, column: hot}", "unknown column 'hot'"),
        ("{metric: accuracy, min: 0.5, tag: smok}", 'did you mean "smoke"?'),
        ("{metric: accuracy, min: 0.5, cases: [onee]}", 'did you mean "one"?'),
        ("{metric: accuracy, min: 0.5, cases: []}", "no cases"),
        ("{metric: accuracy, baseline: true}", "unknown key 'baseline'"),
        ("{metric: accuracy, versus: warm}", "unknown key 'versus'"),
        ("{min: 0.5}", "lacks 'metric'"),
    ],
)
def test_a_wrong_gate_is_refused_in_words(bench: Any, written: str, message: str) -> None:
    assert message in "\n".join(bench.mistakes(f"{HEAD}gates: [{written}]\n"))


@pytest.mark.parametrize(
    ("written", "enough"),
    [
        ("[accuracy >= 0.5]", True),
        ("[polite.rate >= 0.5]", True),
        ("[{metric: polite, min: 0.5, tag: smoke}]", True),
        ("[]", False),
        ("[errors == 0, latency.p95 <= 2s, cost_usd < 1]", False),
    ],
)
def test_allowed_misses_need_a_gate_that_looks_at_answers(
    bench: Any, written: str, enough: bool
) -> None:
    text = f"misses: allowed\n{HEAD}gates: {written}\n"
    if enough:
        assert bench.load(text).suite.gates
    else:
        (problem,) = bench.mistakes(text)
        assert problem.startswith("s.eval.yaml:1:9: error: misses are allowed, but no gate")


def test_a_gate_on_the_metric_of_a_wrong_assertion_is_not_wrong_too(bench: Any) -> None:
    text = HEAD.replace("type: contains, value: z", "type: contians, value: z")
    assert len(bench.mistakes(text + "gates: [polite >= 0.5]")) == 1
