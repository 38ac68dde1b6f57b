"""Model-graded checks in a suite: recorded, replayed, refused where they cannot work."""

from __future__ import annotations

import json

import pytest

SUITE = """
endpoint: standin
prompts: ["[[say {{ says }}]] {{ question }}"]
judge: {temperature: 0, seed: 5}
defaults:
  vars: {question: Where is it?}
tests:
  - id: good
    vars: {says: In Paris., verdict: '{"reason": "It says where.", "pass": true, "score": 0.9}'}
    assert: [{type: llm-rubric, value: "[[say {{ verdict }}]] Says where it is.", samples: 2}]
  - id: bad
    vars: {says: No idea., verdict: '{"reason": "It does not say.", "pass": false, "score": 0}'}
    assert: [{type: llm-rubric, value: "[[say {{ verdict }}]] Says where it is."}]
"""


def judged(project):
    return [body for body in project.server.requests if body["messages"][0]["role"] == "system"]


def test_a_judge_is_asked_by_schema_recorded_and_replayed(project):
    project.suite(SUITE)
    result = project.record()
    result.assert_outcomes(passed=1, failed=1)
    model = "gemini-3.1-pro-preview-customtools"
    result.stdout.fnmatch_lines([f"*llm-rubric: {model} judges fail, score 0: *It does not say.*"])
    bodies = judged(project)
    assert sorted(body["seed"] for body in bodies) == [5, 5, 6], "a sample has a seed of its own"
    for body in bodies:
        schema = body["response_format"]["json_schema"]
        assert (body["temperature"], schema["strict"]) == (0, True)
        assert "Where is it?" in body["messages"][1]["content"]
    project.server.requests.clear()
    project.run().assert_outcomes(passed=1, failed=1)
    assert project.asked == 0
    good = next(trial for trial in project.trials() if trial["case"] == "good")
    assert good["checks"][0]["values"] == {"agreement": 1.0}
    assert len(good["judges_asked"]) == 2


def test_a_judge_without_structured_output_is_asked_for_none(project):
    project.suite(SUITE.replace("{temperature: 0, seed: 5}", "{response_format: null}"))
    project.record().assert_outcomes(passed=1, failed=1)
    assert all("response_format" not in body for body in judged(project))


def test_the_prompt_may_be_a_file_beside_the_suite(project):
    (project.path / "judge.md").write_text(
        "{{ question }} {{ answer }}\nCriteria: {{ criteria }}\n", encoding="utf-8"
    )
    project.suite(SUITE.replace("llm-rubric,", "llm-rubric, prompt: {file: judge.md},"))
    project.record().assert_outcomes(passed=1, failed=1)
    texts = [body["messages"][1]["content"] for body in judged(project)]
    assert all("Criteria: [[say" in text and "Reply with JSON alone" in text for text in texts)
    assert "no template uses" not in project.run().stdout.str()


@pytest.mark.parametrize(
    ("prompt", "message"),
    [
        ("{file: none.md}", "*'none.md'*"),
        ("{file: ../judge.md}", "*lies outside the suite's folder*"),
        ("{file: bad.md}", "*'bad.md' is not UTF-8: byte 0*"),
        ('"{{ anwser }}"', "*llm-rubric*prompt: unknown {{ anwser }}; a judge's prompt may have*"),
        ("{file: short.md}", "*prompt: {{ criteria }} is missing: the judge would not see it*"),
    ],
)
def test_a_prompt_that_cannot_work_is_refused(project, prompt, message):
    (project.path / "bad.md").write_bytes(b"\xc3\x28")
    (project.path / "short.md").write_text("{{ answer }}", encoding="utf-8")
    project.suite(SUITE.replace("llm-rubric,", f"llm-rubric, prompt: {prompt},"))
    result = project.run()
    assert result.ret == 4
    result.stdout.fnmatch_lines([message])


def test_without_a_judge_or_a_context_the_suite_is_refused(project):
    project.suite(
        """
        endpoint: standin
        prompts: [Hi]
        tests:
          - {id: a, assert: [{type: llm-rubric, value: Polite.}]}
        """
    )
    result = project.run()
    assert result.ret == 4
    result.stdout.fnmatch_lines(["*llm-rubric needs a judge: add `judge: {endpoint: *"])
    project.suite(
        """
        endpoint: standin
        judge: {}
        prompts: [Hi]
        tests:
          - {id: a, assert: [{type: context-recall, threshold: 1, value: {reference: x}}]}
        """
    )
    result = project.run()
    assert result.ret == 4
    result.stdout.fnmatch_lines(
        ["*sums.eval.yaml:6:*context-recall: there is no context to judge by*", "*as the var *"]
    )


def test_vars_that_a_judge_is_told_are_used(project):
    statements = json.dumps({"statements": [{"statement": "In Paris.", "supported": True}]})
    project.suite(
        f"""
        endpoint: standin
        judge: {{}}
        prompts: ["[[say In Paris.]] Where?"]
        tests:
          - id: a
            vars:
              context: 'It is in Paris. [[say {statements}]]'
              question: Where?
            assert: [{{type: context-faithfulness, threshold: 1}}]
        """
    )
    result = project.record()
    assert "no template uses" not in result.stdout.str()
    result.assert_outcomes(passed=1)


def test_relevance_asks_a_judge_and_then_for_embeddings(project):
    reply = json.dumps({"noncommittal": False, "questions": ["where is the tower"]})
    project.suite(
        f"""
        endpoint: standin
        judge: {{}}
        prompts: ['[[say {reply}]] {{{{ question }}}}']
        tests:
          - id: a
            vars: {{question: where is this tower}}
            assert:
              - type: answer-relevance
                threshold: 0.7
                prompt: '[[say {reply}]] {{{{ answer }}}} {{{{ count }}}}'
        """
    )
    project.record().assert_outcomes(passed=1)
    inputs = [body["input"] for body in project.server.requests if "input" in body]
    assert sorted(inputs) == [["where is the tower"], ["where is this tower"]]
    (trial,) = project.trials()
    assert trial["checks"][0]["score"] == pytest.approx(0.75)
    assert len(trial["judges_asked"]) == 3
