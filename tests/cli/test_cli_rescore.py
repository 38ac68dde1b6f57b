"""`evals rescore`: stored answers judged by the suite as it is now."""

import json
import shutil

import pytest

import evals
from evals.cassettes import Cassettes
from evals.endpoints.config import load_config
from evals.errors import RunError
from evals.model import Request
from evals.suite.open import open_suite
from tests.cli import cli_projects

SUITE = "suites/sums.eval.yaml"


@pytest.fixture
def ran(recorded, call):
    """A project with a run: all pass but `wrong`, which is missed in both columns."""
    evals.run(recorded / SUITE)
    return recorded


def edit(project, old, new):
    path = project / SUITE
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def rescored(call, *arguments):
    called = call("rescore", "--format", "json", *arguments)
    return called.code, json.loads(called.out)


def test_nothing_changes_where_nothing_was_edited(ran, call):
    before = {(t.case, t.column): t for t in evals.load_run().trials()}
    called = call("rescore")
    assert (called.code, called.err) == (0, "")
    assert "8 answers of " in called.out
    assert " judged again, none changed" in called.out
    after = {(t.case, t.column): t for t in evals.load_run().trials()}
    assert after == before


def test_an_edited_expectation_changes_verdicts_without_a_request(ran, call):
    old = evals.load_run()
    edit(ran, 'expected: "11"', 'expected: "10"')
    code, told = rescored(call)
    assert code == 0
    assert told["answers_from"] == old.id
    assert told["judged"] == 8
    assert [(c["name"], c["before"], c["after"]) for c in told["changes"]] == [
        (f"{SUITE}::wrong[greedy]", "fail", "pass"),
        (f"{SUITE}::wrong[warm]", "fail", "pass"),
    ]
    new = evals.load_run()
    assert new.id == told["run"] != old.id
    assert new.manifest.answers_from == old.id
    assert new.accuracy("greedy").value == 1.0
    assert old.accuracy("greedy").value == 0.75


def test_answers_are_judged_that_the_edited_suite_would_not_ask_for(ran, call):
    edit(ran, "{{ a }} + {{ b }} =", "What is {{ a }} + {{ b }}?")
    edit(ran, "type: equals", "type: contains")
    code, told = rescored(call)
    assert (code, told["judged"], told["unjudged"]) == (0, 8, {})
    assert told["changes"] == []
    assert told["other_reasons"] == 8


def test_a_gate_that_changes_is_told_and_fails_the_command(ran, call):
    edit(ran, 'expected: "3"', 'expected: "4"')
    edit(ran, "accuracy >= 0.5", "accuracy >= 0.6")
    called = call("rescore")
    assert called.code == 1
    assert "2 changed: 2 pass → fail" in called.out
    assert "gate: accuracy >= 0.6" in called.out
    assert 'equals: found "3", expected "4"' in called.out


def test_a_case_with_other_vars_is_not_judged(ran, call):
    edit(ran, "id: large, vars: {a: 20, b: 22}", "id: large, vars: {a: 21, b: 22}")
    code, told = rescored(call)
    assert code == 6
    assert told["judged"] == 6
    why = "its vars are not what they were when it was asked"
    assert told["unjudged"] == {why: 2}
    assert {c["after"] for c in told["changes"] if c["sample"] is not None} == {"not_run"}


def test_a_new_case_has_no_answer(ran, call):
    edit(ran, "gates:", '  - {id: new, vars: {a: 1, b: 1}, expected: "2"}\ngates:')
    code, told = rescored(call)
    assert code == 6
    (why,) = told["unjudged"]
    assert why.endswith("has no answer to it")


def test_an_answer_that_is_gone_is_an_error(ran, call):
    shutil.rmtree(ran / "suites" / "cassettes")
    code, told = rescored(call)
    assert code == 6
    assert told["unjudged"] == {"the answer is gone": 8}


def test_a_run_that_was_rescored_can_be_rescored(ran, call):
    origin = evals.load_run()
    first = origin.rescore()
    second = first.rescore()
    assert first.manifest.answers_from == second.manifest.answers_from == origin.id
    assert [t.outcome for t in second.trials()] == [t.outcome for t in first.trials()]


def test_another_suite_is_refused(ran, call, tmp_path):
    other = ran / "suites" / "other.eval.yaml"
    other.write_text("prompts: [hello]\ntests: [{assert: [a]}]\n", encoding="utf-8")
    called = call("rescore", "--suite", other)
    assert called.code == 4
    assert "has no answers of the suite 'other'" in called.err
    with pytest.raises(RunError, match="It has answers of: sums"):
        evals.load_run().rescore(other)


def test_a_suite_that_is_wrong_is_refused_with_its_place(ran, call):
    edit(ran, "type: equals", "type: eqals")
    called = call("rescore")
    assert called.code == 4
    assert f"{SUITE}:9:" in called.err


def test_answers_of_a_live_run_are_read_from_its_journal(project, call, monkeypatch):
    """What no recording holds is judged again as well."""
    from tests.support.evolink_server import EvolinkServer

    with EvolinkServer() as server:
        (project / "pyproject.toml").write_text(
            "[tool.evals.endpoints.standin]\n"
            f'base_url = "{server.base_url}"\nmodel = "gemini-3.1-pro-preview-customtools"\n'
            'api_key_env = "EVOLINK_API_KEY"\n'
        )
        monkeypatch.setenv("EVOLINK_API_KEY", "sk-evo-test-key-0123456789")
        suite = project / "one.eval.yaml"
        suite.write_text(
            'endpoint: standin\nprompts: ["[[say 5]] 2 + 3?"]\ntests: [{id: a, assert: ["6"]}]\n'
        )
        run = evals.run(suite, mode="live")
        asked = len(server.requests)
        suite.write_text(suite.read_text().replace('"6"', '"5"'))
        again = run.rescore()
        twice = again.rescore()
        assert len(server.requests) == asked
    outcomes = [[t.outcome for t in each.trials()] for each in (run, again, twice)]
    assert outcomes == [["fail"], ["pass"], ["pass"]]


TALK = """\
endpoint: local
prompts: [{id: talk, messages: [{role: system, content: Add up.}]}]
tests:
  - id: two
    turns:
      - {user: "1 + 2", assert: ["3"]}
      - {user: "3 + 4", assert: ["8"]}
"""


def test_a_conversation_is_judged_by_its_replies_whatever_is_said_now(project, call):
    suite = cli_projects.write_sums(project, name="talk", text=TALK)
    config = load_config(project, env={})
    (cell,) = open_suite(suite, config=config).cells
    cassettes = Cassettes(suite.parent / "cassettes" / "talk")
    told = [*cell.body["messages"], {"role": "assistant", "content": "3"}]
    body = {**cell.body, "messages": [*told, {"role": "user", "content": "3 + 4"}]}
    cli_projects.keep(cassettes, Request(endpoint="local", body=body), "7")
    first = evals.run(suite)
    assert [t.outcome for t in first.trials()] == ["fail"]
    suite.write_text(TALK.replace('"8"', '"7"').replace("Add up.", "Add."), encoding="utf-8")
    (again,) = first.rescore().trials()
    assert again.outcome == "pass"
    assert again.asked == next(first.trials()).asked
    assert "left out: 1: it is a conversation" in call("audit", "checks").out


def test_a_recording_under_the_name_of_another_is_not_judged(ran, call):
    first, second = sorted(ran.glob("suites/cassettes/sums/*.json"))[:2]
    shutil.copy(first, second)
    code, told = rescored(call)
    assert code == 6
    assert told["judged"] == 7
    assert "the file renamed" in str(told)
