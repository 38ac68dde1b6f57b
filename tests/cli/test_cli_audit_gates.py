"""`evals audit gates`: how often gates flip with nothing changed, without asking anybody."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli import cli_projects
from tests.cli.conftest import Call

SAMPLED = cli_projects.SUMS.replace("misses: allowed", "misses: allowed\nrepeat: 4").replace(
    "  - accuracy >= 0.5",
    "  - accuracy >= 0.5\n  - {metric: accuracy, versus: greedy, column: warm}",
)


def test_each_gate_has_a_line_with_its_flips_and_what_it_could_see(
    project: Path, call: Call
) -> None:
    cli_projects.write_sums(project, text=SAMPLED)
    call("run", "-q", "--evals-no-report")
    shown = call("audit", "gates", "--splits", 20)
    assert shown.code == 0
    assert "GATE" in shown.out
    line = next(line for line in shown.out.splitlines() if line.startswith("accuracy >= 0.5"))
    assert "0.0%" in line
    assert "points from its limit" in line
    assert "20 splits of each suite" in shown.out
    assert "Gates that compare failed in 0 of 20 splits (0.0%) with nothing changed." in shown.out


def test_one_sample_a_case_is_said(recorded: Path, call: Call) -> None:
    call("run", "-q", "--evals-no-report")
    shown = call("audit", "gates").out
    assert "one sample" in shown
    assert "One sample: there is nothing to split; --evals-repeat 4 takes more." in shown


def test_the_same_lines_as_markdown_and_json(recorded: Path, call: Call) -> None:
    call("run", "-q", "--evals-no-report")
    table = call("audit", "gates", "--format", "markdown").out.splitlines()
    assert table[0].startswith("| GATE | OF |")
    assert table[1].startswith("| --- |")
    (gate,) = json.loads(call("audit", "gates", "--format", "json").out)
    assert (gate["gate"], gate["flips"], gate["n_cases"]) == ("accuracy >= 0.5", None, 4)
