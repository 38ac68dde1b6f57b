"""Samples that are taken until they decide: `repeat: {min, max, until: decided}`."""

from __future__ import annotations

import json

import pytest

import evals
from evals.checks.registry import forget
from evals.cli.plan import _remarks as _lines

SUITE = """
endpoint: standin
prompts: ["[[seeded {{ says }}]] Yes or no?"]
parameters: {seed: 0}
repeat: {min: 2, max: 10, until: decided}
defaults: {min_pass_rate: 0.8, assert: [{type: equals, value: "yes"}]}
tests:
  - {id: never, vars: {says: "no"}}
  - {id: always, vars: {says: "yes"}}
  - {id: mostly, vars: {says: "yes|yes|no|yes|yes"}}
  - {id: half, vars: {says: "yes|no"}}
"""
TAKEN = {"never": 3, "always": 8, "mostly": 10, "half": 6}
"""`never`: the bound tells after three. `always`: eight passes of ten are enough. `half`: with
three fails of six, ten samples cannot have eight passes."""


@pytest.fixture
def adaptive(project):
    project.suite(SUITE)
    return project


def taken(project):
    counts = dict.fromkeys(TAKEN, 0)
    for trial in project.trials():
        assert trial["sample"] == counts[trial["case"]], "in order of take, without a gap"
        counts[trial["case"]] += 1
    return counts


def test_samples_are_taken_until_they_decide(adaptive):
    result = adaptive.record()
    result.assert_outcomes(passed=2, failed=2)
    assert taken(adaptive) == TAKEN
    assert adaptive.asked == len(adaptive.recordings) == sum(TAKEN.values())
    result.stdout.fnmatch_lines(["*0 of 3 samples (of at most 10) passed, 80% needed; equals*"])


def test_replay_takes_as_many_as_recording_did(adaptive):
    adaptive.record()
    adaptive.server.requests.clear()
    adaptive.run("--evals-no-report").assert_outcomes(passed=2, failed=2)
    assert taken(adaptive) == TAKEN
    adaptive.run("-n2", "--evals-no-report").assert_outcomes(passed=2, failed=2)
    assert taken(adaptive) == TAKEN
    adaptive.record("-x", "-k", "always or mostly").assert_outcomes(passed=2, deselected=2)
    assert adaptive.asked == 0


def test_recorded_takes_beyond_the_decision_are_not_read_and_not_unused(adaptive):
    adaptive.record("--evals-repeat", "10")
    assert adaptive.asked == 40
    result = adaptive.run("--evals-fail-unused")
    assert result.ret == 1, "of the cases that fail"
    result.stdout.no_fnmatch_line("*unused recordings*")
    assert taken(adaptive) == TAKEN
    adaptive.suite(SUITE.replace("max: 10", "max: 5"))
    adaptive.run("--evals-no-report").stdout.fnmatch_lines(["*unused recordings: 20 of sums*"])


def test_a_sample_without_an_answer_is_the_last(adaptive):
    adaptive.record()
    for path in adaptive.recordings:
        body = json.loads(path.read_text("utf-8"))["request"]["body"]
        if body["seed"] == 4:
            path.unlink()
    result = adaptive.run("--evals-no-report")
    result.assert_outcomes(errors=3, failed=1)
    assert taken(adaptive)["never"] == 3
    assert taken(adaptive)["always"] == 6, "what was asked for at once is judged"
    adaptive.server.requests.clear()
    adaptive.record().assert_outcomes(passed=2, failed=2)
    assert adaptive.asked == 3
    assert taken(adaptive) == TAKEN


def test_a_budget_ends_samples_and_the_next_run_goes_on(adaptive):
    limited = SUITE + "limits: {max_requests: 12}\n"
    adaptive.suite(limited)
    adaptive.record()
    assert adaptive.asked == 12
    adaptive.suite(SUITE)
    adaptive.record().assert_outcomes(passed=2, failed=2)
    assert taken(adaptive) == TAKEN
    assert adaptive.asked == sum(TAKEN.values())


def test_gates_and_reports_count_what_was_taken(adaptive):
    adaptive.suite(SUITE.replace("defaults: {", "defaults: {misses: allowed, ") + GATES)
    adaptive.record()
    result = adaptive.run()
    (finding,) = adaptive.manifest()["findings"]
    assert (finding["outcome"], finding["n_cases"], finding["n_trials"]) == ("pass", 4, 27)
    assert finding["value"] == pytest.approx((0 + 1 + 0.8 + 0.5) / 4)
    result.stdout.fnmatch_lines(["*Adaptive: 27 of at most 40 samples were taken.*"])
    page = (adaptive.path / "reports/runs/latest/report.html").read_text("utf-8")
    assert "Adaptive samples: 27 of at most 40 were taken." in page


GATES = "gates: [accuracy >= 0.5]\n"


def test_the_plan_says_how_many_requests_at_least_and_at_most(adaptive):
    root = adaptive.path
    before = evals.plan(root / "sums.eval.yaml")
    assert (before.requests, before.more) == (12, 28)
    said = "Adaptive samples: 12 … 40 requests, as the answers decide."
    assert said in list(_lines(before))
    adaptive.record()
    after = evals.plan(root / "sums.eval.yaml")
    assert (after.requests, after.recorded, after.more) == (27, 27, 0)


def test_the_command_line_asks_for_a_fixed_number(adaptive):
    adaptive.record("--evals-repeat", "4", "-k", "never")
    assert adaptive.asked == 4


JUDGED = """
endpoint: standin
judge: {temperature: 0}
prompts: [Hi]
repeat: {min: 1, max: 6, until: decided}
tests: [{id: a, min_pass_rate: 0.5, assert: [{type: liked}]}]
"""
LIKED = '''
import evals


@evals.check("liked")
def liked(completion, options: None, *, context):
    """The judge says yes."""
    reply = yield context.chat([{"role": "user", "content": "[[say yes]] " + completion.text}])
    return reply.text == "yes", "the judge says " + reply.text
'''


@pytest.fixture
def liked(project):
    (project.path / "conftest.py").write_text(LIKED, encoding="utf-8")
    project.suite(JUDGED)
    yield project
    forget("liked")


def test_judges_are_asked_of_the_samples_taken_only(liked):
    liked.record().assert_outcomes(passed=1)
    assert len(liked.trials()) == 3, "three passes of six are enough"
    assert all(trial["judges_asked"] for trial in liked.trials())
    assert liked.asked == 4, "the samples say the same: the judge is asked once"
    liked.server.requests.clear()
    liked.run("--evals-fail-unused", "--evals-no-report").assert_outcomes(passed=1)
    assert (len(liked.trials()), liked.asked) == (3, 0)


def test_rescoring_judges_the_samples_that_the_run_has(adaptive):
    adaptive.record()
    adaptive.suite(SUITE.replace('value: "yes"', 'value: "no"'))
    evals.load_run("latest").rescore(adaptive.path / "sums.eval.yaml")
    assert taken(adaptive) == TAKEN
    assert {t["outcome"] for t in adaptive.trials() if t["case"] == "never"} == {"pass"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("until: decided", "vary_seed: true"), "*repeat lacks one of its keys*"),
        (("min: 2", "samples: 2"), "*`samples` is a fixed number*"),
        (("min: 2", "min: 0"), "*repeat.min is 0; allowed is 1 or more"),
        (("min: 2", "min: 12"), "*min is 12, more than max, which is 10*"),
        (("{seed: 0}", "{seed: 0, n: 2}"), "*adaptive samples are asked one by one*"),
        (("{type: equals, value", "{type: deterministic}, {type: equals, value"), "*fixed `rep*"),
        (("{type: equals,", "{type: equals, weight: 0,"), "*need a check that decides*"),
    ],
)
def test_what_does_not_go_with_it_is_refused(project, change, told):
    assert change[0] in SUITE
    project.suite(SUITE.replace(*change))
    result = project.run()
    assert result.ret == 4
    result.stdout.fnmatch_lines([told])
    assert str(result.stdout).count(": error: ") in (1, 4), "one mistake, of the suite or each case"
