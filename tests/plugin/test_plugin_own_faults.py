"""What breaks in somebody's code, or in ours, costs what it was about and nothing else."""

from __future__ import annotations

import pytest

import evals.report.html
import evals.session.evaluation
from evals.checks.registry import forget
from evals.cli import main

EXTENSION = """
import evals

@evals.check("breaks")
def breaks(completion, options: None) -> bool:
    raise KeyError(completion.text)
"""
SUITE = """
endpoint: standin
prompts: ["[[say 5]] {{ a }}"]
tests:
  - {id: bad, vars: {a: 1}, assert: [{type: breaks}]}
  - {id: noted, vars: {a: 2}, assert: ["5", {type: breaks, weight: 0}]}
  - {id: good, vars: {a: 3}, assert: ["5"]}
"""


@pytest.fixture
def broken(project):
    (project.path / "own.py").write_text(EXTENSION)
    with (project.path / "pyproject.toml").open("a") as file:
        file.write('\n[tool.evals]\nextensions = ["own"]\n')
    project.suite(SUITE)
    yield project
    forget("breaks")


def test_a_check_that_breaks_costs_its_trial_and_its_traceback_is_shown_and_kept(broken):
    result = broken.record()
    result.assert_outcomes(passed=2, errors=1)
    assert result.ret == 6
    result.stdout.fnmatch_lines(
        ["*ERROR breaks: KeyError: '5'", "*raise KeyError(completion.text)"]
    )
    by_case = {trial["case"]: trial for trial in broken.trials()}
    assert by_case["bad"]["outcome"] == "error"
    assert "raise KeyError" in by_case["bad"]["checks"][0]["traceback"]
    assert by_case["noted"]["outcome"] == "pass"
    assert "raise KeyError" in by_case["noted"]["checks"][1]["traceback"]
    assert "traceback" not in by_case["good"]["checks"][0]


def test_a_check_that_exits_costs_its_trial_too(broken):
    own = broken.path / "own.py"
    own.write_text(EXTENSION.replace("raise KeyError(completion.text)", "raise SystemExit(0)"))
    result = broken.record()
    result.assert_outcomes(passed=2, errors=1)
    assert result.ret == 6
    result.stdout.fnmatch_lines(["*ERROR breaks: SystemExit: 0"])
    result.stdout.fnmatch_lines(["*1 of 3 cases has errors; no answer that was judged failed."])
    assert [trial["outcome"] for trial in broken.trials()] == ["error", "pass", "pass"]


def test_a_module_that_exits_as_it_is_imported_is_a_mistake_of_the_configuration(
    broken, monkeypatch, capfd
):
    (broken.path / "own.py").write_text("raise SystemExit(0)\n")
    assert broken.run().ret == 4
    monkeypatch.chdir(broken.path)
    assert main(["plan"]) == 4
    assert "SystemExit" in capfd.readouterr().err


def test_a_run_without_any_verdict_is_no_success_whatever_the_suite_allows(project):
    project.suite(SUITE.replace("breaks", "contains, value: x") + "limits: {errors: 99}\n")
    result = project.run()
    assert result.ret == 6
    result.stdout.fnmatch_lines(["! No result", "*None of 3 trials was answered*"])
    project.record("-k", "good")
    assert project.run("--evals-no-report").ret == 0


def test_code_that_breaks_while_a_trial_is_judged_costs_that_trial(sums, monkeypatch):
    real = evals.session.evaluation.judging

    def judging(cell, *rest, **named):
        if cell.case.id == "right":
            raise ZeroDivisionError("a filter")
        return real(cell, *rest, **named)

    monkeypatch.setattr(evals.session.evaluation, "judging", judging)
    result = sums.run()
    result.assert_outcomes(errors=1, failed=1)
    assert result.ret == 6
    right, wrong = sums.trials()
    assert (right["outcome"], wrong["outcome"]) == ("error", "fail")
    assert right["error"]["message"] == "ZeroDivisionError: a filter"
    assert "test_plugin_own_faults.py" in right["error"]["traceback"]


def test_code_that_breaks_while_answers_are_gathered_costs_that_trial(project, monkeypatch):
    real = evals.session.evaluation.asking

    def asking(cell, number):
        if cell.case.id == "bad":
            raise ZeroDivisionError("a filter")
        yield from real(cell, number)

    monkeypatch.setattr(evals.session.evaluation, "asking", asking)
    project.suite(SUITE.replace("{type: breaks", '{type: contains, value: "5"'))
    project.record().assert_outcomes(passed=2, errors=1)
    assert project.asked == 2


@pytest.mark.parametrize(("flags", "shown"), [((), False), (("-v",), True)])
def test_a_page_that_breaks_costs_the_page(sums, monkeypatch, flags, shown):
    def render(*args, **named):
        raise ZeroDivisionError("no page")

    monkeypatch.setattr(evals.report.html, "render", render)
    result = sums.run(*flags)
    result.assert_outcomes(passed=1, failed=1)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["The page was not written: ZeroDivisionError: no page"])
    assert ("Traceback (most recent call last)" in result.stdout.str()) is shown
