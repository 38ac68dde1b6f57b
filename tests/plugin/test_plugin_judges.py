"""Checks that ask: a judge's request is gathered, recorded, priced and shown like any other."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import evals
from evals.checks import registry

EXTENSION = '''
import evals


@evals.check("graded")
def graded(completion: evals.Completion, options: None, *, context):
    """The judge says yes, twice."""
    question = f"[[say {context.vars.get('verdict', 'yes')}]] Is this right: {completion.text}"
    first = yield context.chat([{"role": "user", "content": question}])
    second, third = yield (
        context.chat([{"role": "user", "content": f"{question} Sure?"}]),
        context.chat([{"role": "user", "content": question}], take=1),
    )
    return all(r.text == "yes" for r in (first, second, third)), f"the judge says {first.text}"
'''

SUITE = """
endpoint: standin
prompts: ["[[say {{ says }}]] What is {{ a }} + {{ b }}?"]
judge: {temperature: 0, max_tokens: 8}
tests:
  - {id: right, vars: {a: 2, b: 3, says: "5", verdict: "yes"}, assert: [{type: graded}]}
  - {id: wrong, vars: {a: 2, b: 2, says: "5", verdict: "no"}, assert: [{type: graded}]}
"""

PRICES = """
[tool.evals.prices."gemini-3.1-pro-preview-customtools"]
prompt = 1000.0
completion = 1000.0
"""


@pytest.fixture
def graded(project):
    """A project whose conftest registers a check that asks."""
    (project.path / "conftest.py").write_text(EXTENSION, encoding="utf-8")
    project.suite(SUITE)
    yield project
    registry.forget("graded")


def questions(project):
    return [request["messages"][0]["content"] for request in project.server.requests]


def test_a_judge_is_asked_and_recorded_once_and_replayed_without_asking(graded):
    graded.record().assert_outcomes(passed=1, failed=1)
    assert graded.asked == 8, "two answers, and three requests to the judge about each"
    assert len(graded.recordings) == 8
    graded.server.requests.clear()
    result = graded.run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*FAIL *graded: the judge says no*"])
    assert graded.asked == 0


def test_the_judge_has_the_parameters_of_the_suite(graded):
    graded.record()
    bodies = [r for r in graded.server.requests if "Is this right" in r["messages"][0]["content"]]
    assert {(b["temperature"], b["max_tokens"]) for b in bodies} == {(0, 8)}
    others = [body for body in graded.server.requests if body not in bodies]
    assert all(body.keys() == {"model", "messages"} for body in others)


def test_what_a_judge_costs_is_kept_apart(graded):
    with (graded.path / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(PRICES)
    graded.record()
    right, _ = graded.trials()
    recorded = [json.loads(path.read_text("utf-8")) for path in graded.recordings]
    usage = [
        sum(r["response"]["body"]["usage"][key] for key in ("prompt_tokens", "completion_tokens"))
        for r in recorded
        if r["recorded"]["for"] == "right[default]"
        and "Is this right" in r["request"]["body"]["messages"][0]["content"]
    ]
    assert right["judge_cost_usd"] == pytest.approx(sum(usage) / 1000)
    own = right["completion"]["usage"]
    assert right["cost_usd"] == pytest.approx(
        (own["prompt_tokens"] + own["completion_tokens"]) / 1000
    )
    assert len(right["asked"]) == 1
    assert len(right["judges_asked"]) == 3


def test_equal_judge_requests_of_several_trials_are_asked_once(graded):
    graded.suite(SUITE.replace("settings", "").replace("judge:", "repeat: 5\njudge:"))
    graded.record().assert_outcomes(passed=1, failed=1)
    assert graded.asked == 2 * 5 + 2 * 3
    assert len(set(questions(graded))) == 6


def test_a_judge_is_inside_the_budget_and_what_it_did_not_judge_was_not_run(graded):
    graded.suite(SUITE + "limits: {max_requests: 4, concurrency: 1}\n")
    result = graded.record("-rs")
    assert graded.asked == 4
    assert "not_run" in {trial["outcome"] for trial in graded.trials()}
    assert result.ret == 6
    result.stdout.fnmatch_lines(["*max_requests = 4 would be exceeded*"])


def test_a_judge_that_does_not_answer_makes_an_error_and_not_a_failure(graded):
    graded.suite(SUITE.replace('verdict: "no"', 'verdict: "no]] [[status 400"'))
    result = graded.record()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*ERROR graded: *scripted 400*"])
    wrong = graded.trials()[1]
    assert wrong["outcome"] == "error"
    assert wrong["completion"]["text"] == "5", "it keeps what it has"


def test_a_judge_whose_prompt_changed_is_a_miss_that_names_the_command(graded):
    graded.record()
    graded.suite(SUITE.replace("temperature: 0", "temperature: 1"))
    result = graded.run()
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(
        [
            "*ERROR graded: Nothing is recorded for right?default? (take 0): parameter changed.",
            "*temperature: 0 → 1",
            '*Record it: pytest "sums.eval.yaml::right?default?" --evals-mode record',
            "*not recorded: 2 × parameter changed",
        ]
    )


def test_refresh_and_live_ask_each_request_once(graded):
    graded.record()
    for mode in ("refresh", "live"):
        graded.server.requests.clear()
        graded.run("--evals-mode", mode, "--evals-no-report").assert_outcomes(passed=1, failed=1)
        assert graded.asked == 8, mode


def test_the_progress_counts_what_comes_up_later(graded):
    result = graded.record()
    result.stdout.fnmatch_lines(["gathering 2 answers", "gathering 8/8, *"])


def test_in_a_group_a_judge_is_asked_only_where_it_is_needed(graded):
    check = 'any: [{type: graded}, {type: contains, value: "5"}]'
    graded.suite(SUITE.replace("assert: [{type: graded}]", f"assert: [{{{check}}}]"))
    graded.record().assert_outcomes(passed=2)
    assert graded.asked == 2
    assert graded.trials()[0]["judges_asked"] == []
    check = 'all: [{type: graded}, {type: contains, value: "5"}]'
    graded.suite(SUITE.replace("assert: [{type: graded}]", f"assert: [{{{check}}}]"))
    graded.record().assert_outcomes(passed=1, failed=1)
    assert graded.asked == 8


def test_workers_replay_what_judges_said(graded):
    graded.record()
    graded.run("-n2", "--evals-no-report").assert_outcomes(passed=1, failed=1)


def test_replay_of_judges_starts_no_event_loop(graded):
    graded.record()
    code = (
        "import sys, pytest\n"
        "pytest.main(['-q', '-p', 'no:cacheprovider', '-p', 'no:anyio', '--evals-no-report'])\n"
        "print([name for name in ('asyncio', 'httpx', 'aiohttp') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=graded.path, capture_output=True, text=True, check=True
    )
    assert done.stdout.rstrip().endswith("[]"), done.stdout


def test_mistakes_of_the_judge_are_told_at_their_places(project):
    project.suite(
        """
        endpoint: standin
        judge: {endpoint: nowhere, temperature: hot}
        prompts: [Hi]
        tests: [{id: a, assert: [Hi]}]
        """
    )
    result = project.run()
    assert result.ret == 4
    result.stdout.fnmatch_lines(
        ["*:3:19: error: unknown endpoint 'nowhere'", "*:3:41: error: temperature must be*"]
    )


def test_similar_compares_embeddings_and_shares_those_of_references(project):
    project.suite(
        """
        endpoint: standin
        prompts: ["[[say {{ says }}]]"]
        defaults:
          assert: [{type: similar, value: the cat sat on the mat, threshold: 0.8}]
        tests:
          - {id: near, vars: {says: the cat sat on a mat}}
          - {id: far, vars: {says: stock prices fell}}
          - {id: empty, vars: {says: " "}, assert: [{type: not-similar, value: x, threshold: 0.1}]}
        """
    )
    project.record().assert_outcomes(passed=1, failed=2)
    texts = [request["input"] for request in project.server.requests if "input" in request]
    assert sorted(texts) == [
        ["stock prices fell"],
        ["the cat sat on a mat"],
        ["the cat sat on the mat"],
    ]
    assert project.run().parseoutcomes() == {"passed": 1, "failed": 2}
    near = next(trial for trial in project.trials() if trial["case"] == "near")
    assert near["checks"][0]["score"] == pytest.approx(0.866, abs=0.01)


def test_similar_with_an_unknown_endpoint_is_refused(project):
    project.suite(
        """
        endpoint: standin
        prompts: [Hi]
        tests: [{id: a, assert: [{type: similar, value: x, threshold: 0.5, endpoint: nowhere}]}]
        """
    )
    result = project.run()
    assert result.ret == 4
    result.stdout.fnmatch_lines(["*similar: unknown endpoint 'nowhere'; known: *standin*"])


@pytest.mark.local
def test_similar_uses_the_local_models_embeddings(project):
    project.suite(
        """
        endpoint: local
        prompts: ["What is the capital of {{ country }}? Answer with one word."]
        parameters: {max_tokens: 8, temperature: 0}
        tests:
          - {id: france, vars: {country: France}, assert: [
              {type: similar, value: The capital of France is Paris., threshold: 0.5},
              {type: similar, value: "while (i--) { free(p); }", weight: 0}]}
        """
    )
    project.record().assert_outcomes(passed=1)
    (trial,) = project.trials()
    near, far = (check["score"] for check in trial["checks"])
    assert near > far
    project.run().assert_outcomes(passed=1)


def test_what_a_judge_is_asked_is_planned_and_in_use_as_far_as_answers_are_recorded(graded):
    graded.record()
    path = graded.path / "sums.eval.yaml"
    plan = evals.plan(path)
    assert (plan.requests, plan.recorded, plan.suites[0].open_ended) == (8, 8, 0)
    assert "unused" not in graded.run("--evals-fail-unused", "--evals-no-report").stdout.str()
    for recording in graded.recordings:
        if b"What is 2 + 3?" in recording.read_bytes():
            recording.unlink()
    plan = evals.plan(path)
    assert (plan.requests, plan.recorded, plan.new) == (5, 4, 1)
    assert (plan.suites[0].open_ended, plan.suites[0].unused) == (1, 0)
    result = graded.run("--evals-fail-unused", "--evals-no-report", "-rs")
    result.stdout.fnmatch_lines(["*what follows from missing answers of 1 case is not known*"])
