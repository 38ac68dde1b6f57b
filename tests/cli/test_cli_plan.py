"""`evals plan`: what is recorded and what asking would take, told without asking."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import evals

PRICES = """
[tool.evals.prices."small-model"]
prompt = 1000.0
completion = 1000.0
"""


@pytest.fixture
def priced(recorded):
    with (recorded / "pyproject.toml").open("a") as file:
        file.write(PRICES)
    return recorded


def edit(project, old, new) -> None:
    path = project / "suites" / "sums.eval.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_whole_recorded_suite_needs_nothing(call, priced) -> None:
    called = call("plan")
    assert called.code == 0, called.err
    assert "greedy" in called.out
    expected = "All of 8 requests are recorded: a live run would take about 88 tokens, $0.09."
    assert expected in called.out


def test_an_edited_case_is_counted_with_its_tokens_and_dollars(call, priced) -> None:
    edit(priced, "{a: 20, b: 22}", "{a: 21, b: 21}")
    called = call("plan")
    said = "2 of 8 requests changed, 0 are new: recording them takes about 22 tokens, $0.02"
    assert said in called.out
    assert "  2 × prompt edited" in called.out
    assert "2 recordings unused: evals cassettes prune shows them." in called.out


def test_a_new_column_is_new_and_not_told_as_a_change(call, priced) -> None:
    edit(priced, "settings:", "settings:\n  - {id: hot, temperature: 1.5}")
    called = call("plan")
    assert "0 of 12 requests changed, 4 are new" in called.out
    assert "parameter changed" not in called.out
    assert "  4 × new\n" in called.out


def test_a_new_case_is_new_and_estimated_by_its_column(call, priced) -> None:
    edit(priced, "gates:", '  - {id: fresh, vars: {a: 7, b: 7}, expected: "14"}\ngates:')
    plan = json.loads(call("plan", "--format", "json").out)
    assert (plan["requests"], plan["recorded"], plan["changed"], plan["new"]) == (10, 8, 0, 2)
    assert plan["record"]["basis"] == {"column": 2}
    assert plan["record"]["cost_usd"] == pytest.approx(0.022)
    assert plan["live"]["requests"] == 10
    (suite,) = plan["suites"]
    assert [column["column"] for column in suite["columns"]] == ["greedy", "warm"]
    assert suite["changes"] == {"new case": 2}


def test_a_repeated_edit_is_changed_as_often_as_it_was_recorded(call, priced) -> None:
    edit(priced, "}} =", "}} equals")
    plan = json.loads(call("plan", "--evals-repeat", "3", "--format", "json").out)
    assert (plan["requests"], plan["changed"], plan["new"]) == (24, 8, 16)


def test_more_samples_and_other_settings_are_planned_as_pytest_would_ask(call, priced) -> None:
    called = call("plan", "--evals-repeat", "3")
    assert "0 of 24 requests changed, 16 are new" in called.out
    assert "16 × one take more is needed" in called.out


def test_without_any_usage_the_figures_are_a_bound(call, project) -> None:
    (project / "one.eval.yaml").write_text(
        "prompts: [hello]\nparameters: {max_tokens: 50}\ntests: [{id: a, assert: [hi]}]\n"
    )
    plan = json.loads(call("plan", "--format", "json").out)
    assert plan["record"]["completion_tokens"] == 50
    assert plan["record"]["basis"] == {"bound": 1}
    assert plan["record"]["unpriced"] == 1
    assert "1 request without any earlier usage: at most" in call("plan").out


def test_what_is_skipped_or_asked_live_only_is_not_to_be_recorded(call, priced) -> None:
    edit(priced, "{id: large, vars: {a: 20, b: 22}", "{id: large, skip: later, vars: {a: 2, b: 9}")
    assert "All of 6 requests are recorded" in call("plan").out
    edit(priced, "endpoint: local", "endpoint: local\nlive_only: true")
    edit(priced, "}} =", "}} equals")
    called = call("plan")
    assert "recording" not in called.out.partition("unused")[0].splitlines()[-2]
    assert "suites/sums.eval.yaml is live_only: only --evals-mode live asks it." in called.out


def test_a_bad_suite_is_named_and_the_others_are_planned(call, priced) -> None:
    (priced / "suites" / "bad.eval.yaml").write_text("promts: [x]\n")
    called = call("plan")
    assert called.code == 4
    assert "suites/bad.eval.yaml:1:1: error:" in called.err
    assert "All of 8 requests are recorded" in called.out


def test_without_a_suite_there_is_nothing_to_plan(call, project) -> None:
    called = call("plan")
    assert (called.code, "There is no suite" in called.err) == (5, True)


def test_a_damaged_recording_is_pointed_out(call, priced) -> None:
    next((priced / "suites" / "cassettes" / "sums").glob("*.json")).write_text("{}")
    assert "1 recording damaged: evals cassettes verify names them." in call("plan").out


def test_it_imports_nothing_that_could_ask(priced) -> None:
    program = (
        "import sys; from evals.cli import main; code = main(['plan']); "
        "print(code, sorted({'httpx', 'aiohttp', 'asyncio'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=priced
    )
    assert done.stdout.splitlines()[-1] == "0 []"


def test_python_plans_too(priced) -> None:
    plan = evals.plan("suites/sums.eval.yaml", samples=2)
    assert (plan.requests, plan.recorded, plan.new) == (16, 8, 8)
    assert plan.record.tokens == 88
    assert plan.record.cost_usd == pytest.approx(0.088)
    assert plan.suites[0].changes == {"one take more is needed": 8}
    assert evals.plan(evals.load_suite("suites/sums.eval.yaml")).recorded == 8


def test_where_no_suite_can_be_opened_nothing_is_planned(call, priced) -> None:
    edit(priced, "gates:", "gats:")
    called = call("plan")
    assert called.code == 4
    assert called.out == ""
    assert 'did you mean "gates"?' in called.err
