"""What stands on a page beside an answer is that answer's."""

from __future__ import annotations

from msgspec.structs import replace

import evals
from evals.record import find
from evals.session.recorded import Recorded
from tests.support.evolink_server import EvolinkServer

SUITE = """
endpoint: standin
prompts: ["[[say five]] 2 + 3?"]
parameters: {logprobs: true, top_logprobs: 2}
tests: [{id: one, assert: [five]}]
"""


def test_tokens_of_what_was_asked_again_later_are_not_taken_for_those_of_a_trial(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("EVOLINK_API_KEY", "sk-evo-test-key-0123456789")
    monkeypatch.chdir(tmp_path)
    with EvolinkServer() as server:
        (tmp_path / "pyproject.toml").write_text(
            "[tool.evals.endpoints.standin]\n"
            f'base_url = "{server.base_url}"\n'
            'model = "gemini-3.1-pro-preview-customtools"\n'
            'api_key_env = "EVOLINK_API_KEY"\n'
        )
        (tmp_path / "one.eval.yaml").write_text(SUITE)
        run = evals.run(tmp_path / "one.eval.yaml", mode="record")
    (trial,) = run.trials()
    recorded = Recorded(find(run.id, runs=tmp_path / "reports" / "runs"), tmp_path)
    tokens = recorded.tokens(trial)
    assert tokens is not None
    assert "".join(token.token for token in tokens) == trial.completion.text
    before = replace(trial, timing=replace(trial.timing, at="2020-01-01T00:00:00Z"))
    assert recorded.tokens(before) is None
    assert recorded.request(before) == recorded.request(trial), "the request is the same"
