"""Parameters of a test may be files, as those of the suite may."""

from __future__ import annotations

import os

from evals.endpoints.config import load_config
from evals.suite.load import load_suite

SUITE = """
prompts: [x]
defaults: {parameters: {extra_body: {file: body.yaml}}}
tests:
  - {id: one, parameters: {tools: {file: tools.json}, tool_choice: auto}, assert: [x]}
"""


def test_the_content_of_a_file_is_what_is_sent(tmp_path):
    tool = '{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}'
    (tmp_path / "tools.json").write_text(f"[{tool}]")
    (tmp_path / "body.yaml").write_text("google: {thinking_config: {thinking_budget: 1}}\n")
    path = tmp_path / "own.eval.yaml"
    path.write_text(SUITE)
    loaded = load_suite(path, config=load_config(tmp_path, env=os.environ))
    (case,) = loaded.suite.cases
    assert case.parameters["tools"][0]["function"]["name"] == "look"
    assert case.parameters["extra_body"]["google"]["thinking_config"] == {"thinking_budget": 1}
