"""Metrics of the suite itself, from the file to gates and reports."""

from __future__ import annotations

import json

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
