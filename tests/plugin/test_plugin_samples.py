"""Checks over several trials: all samples of a case, or all its columns."""

from __future__ import annotations

import json

import pytest

import evals
from evals.checks.registry import forget

SAMPLES = """
endpoint: standin
prompts: ["[[say {{ says }}]] Say it."]
parameters: {n: 3}
tests:
  - {id: same, vars: {says: Yes.}, assert: [{type: consistent, threshold: 1}]}
  - {id: most, vars: {says: "Yes.|yes.|No."}, assert: [
      {type: consistent, threshold: 0.6, transform: lower, metric: agreement}]}
  - {id: few, vars: {says: A|B|C}, assert: [{type: consistent, threshold: 0.6}]}
  - {id: odd, vars: {says: A|A|C}, assert: [deterministic, {type: deterministic}]}
"""

COLUMNS = """
endpoint: standin
prompts: ["[[say {{ says }}]] Say it."]
settings: [{id: cold, temperature: 0}, {id: warm, temperature: 1}]
judge: {temperature: 0.5}
tests:
  - {id: agree, vars: {says: Tea}, assert: [{type: agrees}]}
"""

EXTENSION = '''
import evals


@evals.check("agrees", scope="columns")
def agrees(columns, options: None, *, context):
    """Every column says the same, and the judge likes it."""
    said = {name: samples[0].text for name, samples in columns.items()}
    reply = yield context.chat([{"role": "user", "content": f"[[say yes]] {sorted(said.items())}"}])
    assert next(iter(said)) == context.column
    return len(set(said.values())) == 1 and reply.text == "yes", f"{context.column} of {said}"
'''


@pytest.fixture
def columns(project):
    (project.path / "conftest.py").write_text(EXTENSION, encoding="utf-8")
    project.suite(COLUMNS)
    yield project
    forget("agrees")


def test_samples_are_judged_together_and_each_has_the_verdict(project):
    project.suite(SAMPLES.replace("[deterministic, ", "["))
    project.record().assert_outcomes(passed=2, failed=2)
    trials = {t["case"]: [] for t in project.trials()}
    for trial in project.trials():
        trials[trial["case"]].append(trial)
    most = [trial["checks"][0] for trial in trials["most"]]
    assert [(check["passed"], check["metric"]) for check in most] == [(True, "agreement")] * 3
    assert most[0]["score"] == pytest.approx(2 / 3)
    assert {trial["outcome"] for trial in trials["few"]} == {"fail"}
    assert trials["few"][0]["checks"][0]["reason"].startswith("1 of 3 samples say")
    assert "sample 2 at character 0" in trials["odd"][0]["checks"][0]["reason"]
    project.run("-n2", "--evals-no-report").assert_outcomes(passed=2, failed=2)


def test_a_sample_without_an_answer_makes_the_check_an_error(project):
    project.suite(
        SAMPLES.replace("{says: Yes.}", '{says: "Yes.]] [[few"}').replace("deterministic, ", "")
    )
    project.record("-k", "same").assert_outcomes(errors=1, deselected=3)
    answered = [trial for trial in project.trials() if trial["completion"]]
    assert answered[0]["checks"][0]["passed"] is None
    assert "2 of 3 samples have no answer" in answered[0]["checks"][0]["reason"]


def test_one_sample_is_refused(project):
    project.suite(SAMPLES.replace("parameters: {n: 3}", "").replace("deterministic, ", ""))
    result = project.run()
    assert result.ret == 4
    result.stdout.fnmatch_lines(["*consistent: there is only one sample: ask for more by `repeat`"])


def test_in_a_group_they_are_refused(project):
    project.suite(
        """
        endpoint: standin
        repeat: 2
        prompts: [Hi]
        tests: [{id: a, assert: [{any: [x, {type: deterministic}]}]}]
        """
    )
    result = project.run()
    assert result.ret == 4
    result.stdout.fnmatch_lines(["*`deterministic` looks at several trials*"])


def test_columns_are_judged_together_and_the_judge_is_asked_afterwards(columns):
    columns.record().assert_outcomes(passed=2)
    assert columns.asked == 3, "both columns ask the judge the same"
    cold, warm = columns.trials()
    assert cold["checks"][0]["reason"] == "cold of {'cold': 'Tea', 'warm': 'Tea'}"
    assert warm["checks"][0]["reason"] == "warm of {'warm': 'Tea', 'cold': 'Tea'}"
    assert len(cold["judges_asked"]) == 1
    columns.server.requests.clear()
    columns.run("-n2", "--evals-no-report").assert_outcomes(passed=2)
    columns.run("-k", "warm").assert_outcomes(passed=1, deselected=1)
    columns.record("-x").assert_outcomes(passed=2)
    assert columns.asked == 0


def test_a_judge_that_is_missing_alone_is_asked_alone(columns):
    columns.record()
    for path in columns.recordings:
        if (
            "say yes"
            in json.loads(path.read_text("utf-8"))["request"]["body"]["messages"][0]["content"]
        ):
            path.unlink()
    columns.server.requests.clear()
    columns.record("-x").assert_outcomes(passed=2)
    assert columns.asked == 1


def test_a_column_that_is_neither_selected_nor_recorded_is_an_error_with_the_command(columns):
    result = columns.record("-k", "cold")
    result.assert_outcomes(errors=1, deselected=1)
    assert columns.asked == 1, "what was not selected is not asked"
    result.stdout.fnmatch_lines(["*ERROR agrees: Nothing is recorded for agree?warm?*"])
    result.stdout.fnmatch_lines(['*Record it: pytest "sums.eval.yaml::agree?warm?" *record'])


def test_recordings_of_such_judges_are_not_unused(columns):
    columns.record()
    result = columns.run("--evals-fail-unused")
    result.assert_outcomes(passed=2)
    assert result.ret == 0


def test_rescoring_judges_samples_together_too(project):
    project.suite(SAMPLES.replace("[deterministic, ", "["))
    project.record()
    before = {trial["case"]: trial["checks"] for trial in project.trials()}
    evals.load_run("latest").rescore(project.path / "sums.eval.yaml")
    assert project.manifest()["answers_from"]
    assert {trial["case"]: trial["checks"] for trial in project.trials()} == before


MAJORITY = """
endpoint: standin
prompts: ["[[say {{ says }}]] Say it."]
parameters: {n: 5}
defaults: {assert: [{type: majority, transform: {regex: '[0-9]+'}, assert: [
  {type: equals, value: "{{ expected }}"}]}]}
tests:
  - {id: right, vars: {says: It is 5.|5|6|none|7}, expected: "5"}
  - {id: wrong, vars: {says: 6|It is 6.|5|5|none}, expected: "5"}
  - {id: none, vars: {says: a|b|c|d|e}, expected: "5"}
"""

TWO = """
endpoint: standin
prompts: ["[[say {{ says }}]] Say {{ setting }}"]
settings: [{id: cold, temperature: 0}, {id: warm, temperature: 1}]
tests:
  - {id: tea, vars: {says: Tea, setting: x}, assert: [
      {type: equals, value: Tea}, {type: same-as, value: cold}, {type: max-score}]}
"""


def test_the_majority_of_the_samples_is_judged_by_nested_checks(project):
    project.suite(MAJORITY)
    project.record().assert_outcomes(passed=1, failed=2)
    verdicts = {trial["case"]: trial["checks"][0] for trial in project.trials()}
    assert verdicts["right"]["reason"].startswith('"5" (2 of 5 samples): 1 of 1 passed')
    assert verdicts["right"]["extracted"] == "5"
    assert verdicts["wrong"]["reason"].startswith("2 answers are equally frequent")
    assert verdicts["none"]["reason"].startswith("nothing to judge")


def test_a_column_is_compared_with_another_and_the_best_one_wins(project):
    project.suite(TWO)
    project.record().assert_outcomes(passed=2)
    cold, warm = ([check["reason"] for check in t["checks"]] for t in project.trials())
    assert cold[1:] == ["cold is the column itself", "cold scores 1; warm 1: a tie"]
    assert warm[1:] == ['"Tea", as cold says', "warm scores 1; cold 1: a tie"]
    project.run("-k", "warm", "--evals-no-report").assert_outcomes(passed=1, deselected=1)
    project.run("-n2", "--evals-no-report").assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("value: cold", "value: cald", "*same-as: unknown column 'cald'; did you mean \"cold\"[?]"),
        ("{type: equals, value: Tea}, ", "", "*max-score: no other check of the test decides*"),
        (", {id: warm, temperature: 1}", "", "*same-as: there is only one column*"),
    ],
)
def test_what_cannot_be_compared_is_refused(project, old, new, told):
    project.suite(TWO.replace(old, new))
    result = project.run()
    assert result.ret == 4
    result.stdout.fnmatch_lines([told])
