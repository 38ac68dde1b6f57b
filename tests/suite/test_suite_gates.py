"""Gates as thresholds: read, ranged, and bound to columns, tags and cases that exist."""

from __future__ import annotations

from typing import Any

import pytest

from evals.model import Against

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
        ("latency.p95 <= 5 min", "latency.p95", "<=", 300.0),
        ("latency.sum <= 1h", "latency.sum", "<=", 3600.0),
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
        ('"errors == 0.5"', "cannot be met\n    errors is a count: write a whole number"),
        ('"errors != 0.5"', "cannot fail"),
        ('"errors <= -1"', "cannot be met\n    errors is never below 0"),
        ('"latency.p95 < 0s"', "cannot be met"),
        ('"latency <= 2s"', "latency names no statistic"),
        ('"latency.p42 <= 2s"', "no statistic 'p42'"),
        ('"accuracy.mean >= 0.5"', "write accuracy alone"),
        ('"tokens.mean <= 5"', "kinds: prompt, completion, visible, reasoning, total"),
        ('"tokens.total <= 5"', "tokens.total names no statistic"),
        ('"accuracy <= 5s"', "accuracy is no time"),
        ('"errors <= 5%"', "errors is no share"),
        ('"accuracy >= lots"', "'lots' is no number\n    write a share such as 0.9 or 90%"),
        ('"latency.p95 <= 5 sec"', "unknown unit 'sec'\n    write seconds"),
        ('"accuracy >> 0.5"', "unknown operator '>>'\n    operators: >=, >, <=, <, ==, !="),
        ('"accuracy <> 0.5"', "write accuracy != 0.5"),
        ('">= 0.5"', "is no gate"),
        ('"accuracy >="', "is no gate"),
        ('"acuracy >= 0.5"', 'did you mean "accuracy"?'),
        ('"polight >= 0.5"', 'did you mean "polite"?'),
        ('"polite.p95 >= 0.5"', "polite.rate the share of its passes"),
        ('"errors == 0", "errors  ==  0"', "stands twice"),
        (
            "accuracy >= 0.57, accuracy >= 57%",
            "'accuracy >= 57%' is the same as 'accuracy >= 0.57'",
        ),
        ("latency.p95 <= 2s, latency.p95 <= 2000ms", "is the same as 'latency.p95 <= 2s'"),
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


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("accuracy >= 0.5", None),
        ("{metric: accuracy, min: 0.5, column: all}", None),
        ("{metric: accuracy, min: 0.5, tag: smoke}, polite >= 0.5", None),
        ("{metric: accuracy, min: 0.5, cases: [one, two]}", None),
        (
            "{metric: accuracy, min: 0.5, tag: smoke}, errors == 0",
            "in cases that no gate judges: two",
        ),
        ("{metric: accuracy, min: 0.5, column: warm}", "no gate judges the reference column, cold"),
    ],
)
def test_allowed_misses_that_no_gate_covers_are_warned_of(
    bench: Any, written: str, said: str | None
) -> None:
    warned = bench.warnings(f"misses: allowed\n{HEAD}gates: [{written}]\n")
    assert [said in each for each in warned] == ([True] if said else [])
    assert bench.warnings(f"{HEAD}gates: [{written}]\n") == []


def test_a_gate_on_the_metric_of_a_wrong_assertion_is_not_wrong_too(bench: Any) -> None:
    text = HEAD.replace("type: contains, value: z", "type: contians, value: z")
    assert len(bench.mistakes(text + "gates: [polite >= 0.5]")) == 1


LABELS = """\
tests:
  - {vars: {prompt: x}, assert: [{type: choice, options: [A, not sure], value: A, metric: label,
      weight: 0}, {type: contains, value: z, metric: polite}]}
  - vars: {prompt: y}
    assert: [{any: [{type: choice, options: {B: big, C: small}, value: "{{ prompt }}",
      metric: label}, z]}]
"""


@pytest.mark.parametrize(
    ("written", "metric", "limit"),
    [
        ("label.macro_f1 >= 0.8", "label.macro_f1", 0.8),
        ("label.kappa >= 0", "label.kappa", 0.0),
        ("label.f1.A >= 0.8", "label.f1.A", 0.8),
        ("label.f1.C > 0", "label.f1.C", 0.0),
        ("label.recall.A >= 0.8", "label.recall.A", 0.8),
        ("{metric: label.precision.not sure, min: 0.8}", "label.precision.not sure", 0.8),
        ("label.f1.not sure >= 0.8", "label.f1.not sure", 0.8),
        ("{metric: label.f1.not sure, min: 0.8}", "label.f1.not sure", 0.8),
        ("label.rate >= 80%", "label.rate", 0.8),
    ],
)
def test_gates_on_the_figures_of_a_choice(
    bench: Any, written: str, metric: str, limit: float
) -> None:
    (gate,) = bench.load(f"{LABELS}gates: [{written}]\nmisses: allowed\n").suite.gates
    assert (gate.metric, gate.limit) == (metric, limit)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("polite.macro_f1 >= 0.8", "polite.macro_f1 needs a check of type choice with metric: pol"),
        ("polite.f1.A >= 0.8", "polite.f1.A needs a check of type choice"),
        ("label.f1.D >= 0.8", "label has no option 'D'\n    options: A, B, C, not sure"),
        ("label.f1.notsure >= 0.8", "no option 'notsure'\n    did you mean \"not sure\"?"),
        ("label.f1 >= 0.8", "label.f1 names no option\n    write label.f1.OPTION; options: A, not"),
        ("label.f1. >= 0.8", "label.f1. names no option"),
        ("label.recall >= 0.8", "label.recall names no option\n    write label.recall.OPTION; opt"),
        ("label.precision.D >= 0.8", "label has no option 'D'\n    options: A, B, C, not sure"),
        ("label.macrof1 >= 0.8", "unknown metric 'label.macrof1'\n    did you mean \"macro_f1\"?"),
        (
            "label.macro_f1 >= 80%",
            "label.macro_f1 is no share, so it takes no %\n    write a number",
        ),
        ("label.macro_f1 >= 80", "lies between 0 and 1\n    write 0.8"),
        ("label.macro_f1 >= 0", "label.macro_f1 >= 0 cannot fail"),
        ("label.kappa > 1", "cannot be met\n    label.kappa lies between -1 and 1"),
        ("{metric: label.kappa, min: 0.5, confidence: 0.9}", "label.kappa has no interval"),
    ],
)
def test_a_gate_on_a_figure_that_is_not_measured_is_refused(
    bench: Any, written: str, message: str
) -> None:
    (problem,) = bench.mistakes(f"{LABELS}gates: [{written}]\n")
    assert message in problem


@pytest.mark.parametrize(
    ("checks", "why"),
    [
        (
            "{type: not-choice, options: [A, B], value: A, metric: label}",
            "not-choice at s.eval.yaml",
        ),
        (
            "{type: choice, options: [A, B, C], value: [A, B], metric: label}",
            "several right options",
        ),
        ("{type: choice, options: [A, B], all_of: [A, B], metric: label}", "several right options"),
        (
            "{type: choice, options: '{{ prompt }}', value: A, metric: label}",
            "a template as options",
        ),
        (
            "{type: choice, options: [A, B], value: A, metric: label}, "
            "{type: choice, options: [A, B], value: B, metric: label}",
            "is the second of its test",
        ),
    ],
)
def test_figures_need_one_choice_with_one_right_option(bench: Any, checks: str, why: str) -> None:
    text = f"tests: [{{vars: {{prompt: x}}, assert: [{checks}]}}]\ngates: [label.kappa > 0]\n"
    (problem,) = bench.mistakes(text)
    assert "label.kappa cannot be measured: the " in problem
    assert why in problem


def test_a_gate_on_the_figures_of_a_wrong_choice_is_not_wrong_too(bench: Any) -> None:
    text = LABELS.replace("options: [A, not sure]", "options: [A]")
    (problem,) = bench.mistakes(text + "gates: [label.f1.not sure >= 0.5]")
    assert "at least two options" in problem


@pytest.mark.parametrize(
    ("written", "text", "against", "limit"),
    [
        (
            "{metric: accuracy, versus: warm}",
            "accuracy versus warm",
            Against(column="warm"),
            0.0,
        ),
        (
            "{metric: polite.rate, versus: cold, column: warm, margin: 5%, mode: non-inferiority}",
            "polite.rate versus cold (margin 5%, mode non-inferiority, column warm)",
            Against(column="cold", margin=0.05, mode="non-inferiority"),
            -0.05,
        ),
        (
            "{metric: accuracy, versus: cold, column: all, mode: measured, confidence: 0.9}",
            "accuracy versus cold (mode measured, confidence 0.9, column all)",
            Against(column="cold", mode="measured"),
            0.0,
        ),
        (
            "{metric: accuracy, baseline: true, tag: smoke}",
            "accuracy versus baseline (tag smoke)",
            Against(baseline="baselines/s.json"),
            0.0,
        ),
        (
            "{metric: accuracy, baseline: releases/1.json, margin: 0.02, cases: [one]}",
            "accuracy versus releases/1.json (margin 0.02, cases one)",
            Against(baseline="releases/1.json", margin=0.02),
            -0.02,
        ),
    ],
)
def test_gates_compare_with_a_column_or_a_baseline(
    bench: Any, written: str, text: str, against: Against, limit: float
) -> None:
    (gate,) = gates(bench, written)
    assert (gate.text, gate.against, gate.op, gate.limit) == (text, against, ">=", limit)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("{metric: accuracy, versus: hot}", "unknown column 'hot'"),
        ("{metric: accuracy, versus: cold}", "the gate compares the column 'cold' with itself"),
        (
            "{metric: accuracy, versus: warm, column: warm}",
            "the gate compares the column 'warm' with itself",
        ),
        (
            "{metric: accuracy, versus: warm, mode: non-inferiority}",
            "non-inferiority needs a margin above 0",
        ),
        (
            "{metric: accuracy, versus: warm, mode: non-inferiority, margin: 0}",
            "non-inferiority needs a margin above 0",
        ),
        ("{metric: accuracy, versus: warm, margin: 5}", "the gate cannot fail"),
        ("{metric: accuracy, versus: warm, margin: -0.1}", "'-0.1' is no margin"),
        ("{metric: accuracy, versus: warm, margin: much}", "'much' is no margin"),
        ("{metric: accuracy, versus: warm, mode: strict}", "strict"),
        ("{metric: accuracy, versus: warm, min: 0.5}", "takes no min"),
        ("{metric: accuracy, versus: warm, max: 0.5}", "takes no max"),
        ("{metric: accuracy, versus: warm, baseline: true}", "are two gates"),
        ("{metric: accuracy, min: 0.5, margin: 0.1}", "margin belongs to a gate with versus"),
        ("{metric: accuracy, min: 0.5, mode: measured}", "mode belongs to a gate with versus"),
        ("{metric: latency.max, versus: warm}", "latency.max is not compared"),
        ("{metric: tokens.completion.sum, versus: warm}", "write tokens.KIND"),
        ("{metric: errors, versus: warm}", "errors is not compared"),
        ("{metric: polite.kappa, baseline: true}", "polite.kappa needs a check of type choice"),
        ("{metric: tokens_per_s, versus: warm, margin: 2}", "the gate cannot fail"),
        ("{metric: accuracy, versus: warm, across_hosts: true}", "across_hosts is for times"),
        ("{metric: accuracy, min: 0.5, across_hosts: true}", "across_hosts belongs to a gate"),
        ("{metric: accuracy, baseline: false}", "compares with nothing"),
        ("{metric: accuracy, baseline: /a/b.json}", "is no path of a baseline"),
        ("{metric: accuracy, baseline: ../b.json}", "is no path of a baseline"),
        ("{metric: accuracy, baseline: 'a\\\\b.json'}", "is no path of a baseline"),
        ("{metric: accuracy, baseline: b.txt}", "ends in .json"),
        ("{metric: accuracy, versus: warm, tag: hard}", "no test has the tag 'hard'"),
    ],
)
def test_a_comparison_that_cannot_be_meant_is_refused(
    bench: Any, written: str, message: str
) -> None:
    problems = bench.mistakes(f"{HEAD}gates: [{written}]\n")
    assert message in str(problems)


def test_a_suite_of_one_column_has_none_to_compare_with(bench: Any) -> None:
    text = "tests: [{id: one, vars: {prompt: x}, expected: y}]\ngates: [%s]\n"
    problems = bench.mistakes(text % "{metric: accuracy, versus: default, column: all}")
    assert "there is no column to compare with 'default'" in str(problems)
    problems = bench.mistakes(text % "{metric: accuracy, versus: default}")
    assert "the suite has no other column" in str(problems)


def test_a_refused_margin_tells_how_to_write_percent(bench: Any) -> None:
    problems = bench.mistakes(f"{HEAD}gates: [{{metric: accuracy, versus: warm, margin: 5}}]\n")
    assert "write 5%" in str(problems)


SURE = """\
parameters: {logprobs: true}
tests:
  - {vars: {prompt: x}, assert: [z, {type: confidence, metric: sure, weight: 0},
      {type: contains, value: z, metric: polite}]}
"""


@pytest.mark.parametrize("figure", ["brier <= 0.2", "ece <= 0.1", "auroc >= 0.7"])
def test_gates_on_how_far_a_confidence_can_be_trusted(bench: Any, figure: str) -> None:
    (gate,) = bench.load(f"{SURE}gates: [sure.{figure}]\n").suite.gates
    assert gate.metric == f"sure.{figure.split()[0]}"
    (problem,) = bench.mistakes(f"{SURE}gates: [polite.{figure}]\n")
    assert "needs a check of type confidence with metric: polite" in problem
