"""Metrics of the suite itself, from the file to gates and reports."""

from __future__ import annotations

import json
import re

from click.testing import CliRunner

from evals.cli.group import group

SUITE = """
endpoint: standin
prompts: ["[[say {{ says }}]] Which?"]
settings: [{id: cold, temperature: 0}, {id: warm, temperature: 1}]
metrics:
  f1: 2 * precision * recall / (precision + recall)
  lost: recall / (precision - precision)
gates: [f1 >= 0.5, f1 >= 0.9]
misses: allowed
defaults:
  assert:
    - {type: contains, value: a, metric: precision}
    - {type: contains, value: b, metric: recall}
tests:
  - {id: one, vars: {says: ab}}
  - {id: two, vars: {says: a}}
  - {id: three, vars: {says: b}}
"""


def test_a_metric_of_the_suite_is_gated_and_shown_everywhere(project):
    project.suite(SUITE)
    result = project.run("--evals-mode", "record")
    result.stdout.fnmatch_lines(["0.667 *, 3 cases; limit 0.9*", "FAILED *gate: f1 >= 0.9*"])
    runner = CliRunner()
    shown = runner.invoke(group, ["show", "latest"]).output
    assert "f1: cold 0.667 [" in shown
    assert "lost: cold – (no value), 3 cases" in shown
    markdown = runner.invoke(group, ["report", "latest", "--format", "markdown"]).output
    assert "`f1`" in markdown
    page = (project.path / "reports/runs/latest/report.html").read_text(encoding="utf-8")
    assert "no value" in page
    findings = project.manifest()["findings"]
    assert [(f["outcome"], round(f["value"], 3)) for f in findings] == [
        ("pass", 0.667),
        ("fail", 0.667),
    ]
    arguments = ["compare", "latest:cold", "latest:warm", "--format", "json"]
    told = json.loads(runner.invoke(group, arguments).output)
    assert [side["metrics"]["f1"]["n_cases"] for side in told["suites"][0]["sides"]] == [3, 3]


COMPARED = """
endpoint: standin
prompts: ["[[say {{ says }}]] Which, {{ at }}?"]
settings: [{id: cold, temperature: 0}, {id: warm, temperature: 1}]
metrics:
  f1: {expression: 2 * precision * recall / (precision + recall), better: higher}
  words_a_hit: {expression: tokens.completion.sum / recall, better: lower}
gates:
  - {metric: f1, versus: cold, column: warm, margin: 0.2, mode: MODE}
  - {metric: words_a_hit, baseline: true}
misses: allowed
defaults:
  assert:
    - {type: contains, value: a, metric: precision}
    - {type: contains, value: b, metric: recall}
tests:
  TESTS
"""


def compared(mode, says):
    tests = "\n  ".join(
        f"- {{id: c{i}, vars: {{says: '{said}', at: {i}}}}}" for i, said in enumerate(says)
    )
    return COMPARED.replace("MODE", mode).replace("TESTS", tests)


def test_what_is_aggregated_is_shown_in_its_unit_and_gates_take_it(project):
    project.suite(
        """
        endpoint: standin
        prompts: ["[[say ok]] {{ q }}"]
        metrics:
          slow: {of: latency, by: max}
          longest: {of: turn.latency, by: p95}
          words: {of: tokens.completion, by: sum}
          right: {of: fine, by: rate}
        gates: [slow <= 500s, longest <= 300000ms, turn.latency.p95 <= 5m, right >= 50%]
        tests:
          - {id: a, vars: {q: x}, assert: [{type: equals, value: ok, metric: fine}]}
          - {id: b, vars: {q: y}, assert: [{type: equals, value: ok, metric: fine}]}
        """
    )
    result = project.run("--evals-mode", "record")
    result.stdout.re_match_lines([r".*slow <= 500s.*: [\d.]+.(ms|s)\b.*"])
    result.stdout.re_match_lines([r".*longest <= 300000ms.*: [\d.]+.(ms|s)\b.*"])
    result.stdout.re_match_lines([r".*turn.latency.p95 <= 5m.*: [\d.]+.(ms|s)\b.*"])
    result.stdout.re_match_lines([r".*right >= 50%.*: (100.0.%|2 of 2).*"])
    shown = CliRunner().invoke(group, ["show", "latest"]).output
    assert re.search(r"^slow: [\d.]+.(ms|s)", shown, re.MULTILINE)
    assert re.search(r"^words: [\d,]+,", shown, re.MULTILINE)


def test_metrics_of_the_suite_are_compared_with_a_column_and_with_a_baseline(project):
    project.suite(compared("regression", ["ab", "ab", "a", "b"] * 5))
    project.run("--evals-mode", "record")
    runner = CliRunner()
    assert runner.invoke(group, ["baseline", "set"]).exit_code == 0
    project.suite(compared("regression", ["ab", "ab", "a", "b"] * 5))
    result = project.run("--evals-mode", "refresh")
    column, baseline = project.manifest()["findings"]
    assert (column["value"], column["derived"], column["outcome"]) == (0.0, True, "pass")
    assert "a drop of 0.2 or more is ruled out" in column["reason"]
    assert baseline["value"] == 0.0
    assert "against the baseline" in baseline["reason"]
    result.stdout.fnmatch_lines(["*f1 versus cold*: ±0.000*"])
    markdown = runner.invoke(group, ["report", "latest", "--format", "markdown"]).output
    assert "±0.000" in markdown
