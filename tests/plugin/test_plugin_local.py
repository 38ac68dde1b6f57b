"""The real small model: asked once, recorded, replayed."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.local

SUITE = """
endpoint: local
prompts: ["What is the capital of {{ country }}? Answer with one word."]
parameters: {max_tokens: 8, temperature: 0, logprobs: true, top_logprobs: 3}
tests:
  - id: france
    vars: {country: France}
    assert: [Paris, {type: perplexity, max: 50}, {type: tokens, max: 8}]
gates: ["errors == 0"]
"""


def test_the_local_model_is_asked_recorded_and_replayed(project):
    project.suite(SUITE)
    project.record().assert_outcomes(passed=2)
    (path,) = project.recordings
    recording = json.loads(path.read_text(encoding="utf-8"))
    assert recording["response"]["body"]["model"] == "SmolLM2-135M-Instruct"
    assert "Paris" in recording["response"]["body"]["choices"][0]["message"]["content"]
    assert recording["timing"]["latency_s"] > 0
    project.run().assert_outcomes(passed=2)
    assert project.asked == 0


def test_greedy_answers_are_the_same_when_they_are_asked_again(project):
    project.suite(SUITE)
    project.record()
    (path,) = project.recordings
    before = json.loads(path.read_text(encoding="utf-8"))["response"]["body"]["choices"]
    project.run("--evals-mode", "refresh")
    after = json.loads(path.read_text(encoding="utf-8"))["response"]["body"]["choices"]
    assert after[0]["message"] == before[0]["message"]
