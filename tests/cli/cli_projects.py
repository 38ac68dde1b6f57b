"""Small projects with recorded answers, written the way recordings are written."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from evals.cassettes import Cassettes
from evals.endpoints.config import load_config
from evals.model import Exchange, JsonObject, Recorded, Request, Response, Timing
from evals.suite.open import open_suite

SUMS = """\
description: Sums
endpoint: local
prompts: ["{{ a }} + {{ b }} ="]
settings:
  - {id: greedy, temperature: 0}
  - {id: warm, temperature: 0.8}
misses: allowed
defaults:
  assert: [{type: equals, value: "{{ expected }}"}]
tests:
  - {id: small, vars: {a: 1, b: 2}, expected: "3"}
  - {id: even, vars: {a: 2, b: 2}, expected: "4"}
  - {id: large, vars: {a: 20, b: 22}, expected: "42"}
  - {id: wrong, vars: {a: 5, b: 5}, expected: "11"}
gates:
  - accuracy >= 0.5
"""


def add(body: JsonObject) -> str:
    """The right sum of the numbers in a request."""
    numbers = re.findall(r"\d+", body["messages"][-1]["content"])
    return str(sum(map(int, numbers)))


def write_sums(project: Path, *, name: str = "sums", text: str = SUMS) -> Path:
    """Write a suite of sums into `project`, and recordings of a model that adds well."""
    path = project / "suites" / f"{name}.eval.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    record(path, add)
    return path


def record(suite: Path, answer: Callable[[JsonObject], str], *, model: str = "small-model") -> None:
    """Record what `answer` says to every request of a suite."""
    config = load_config(suite.parents[1], env=os.environ)
    opened = open_suite(suite, config=config)
    cassettes = Cassettes(suite.parent / "cassettes" / opened.suite.id)
    for number, cell in enumerate(opened.cells):
        for request in cell.requests():
            exchange = _exchange(
                request, answer(request.body), latency_s=0.1 + number / 100, model=model
            )
            cassettes.write(exchange, replace=True)


def keep(cassettes: Cassettes, request: Request, text: str) -> None:
    """Record one answer."""
    exchange = _exchange(request, text, latency_s=0.1, model="small-model")
    cassettes.write(exchange, replace=True)


def _exchange(request: Request, text: str, *, latency_s: float, model: str) -> Exchange:
    message = {"role": "assistant", "content": text}
    return Exchange(
        request=request,
        response=Response(
            status=200,
            body={
                "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
                "model": model,
                "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11},
            },
        ),
        timing=Timing(latency_s=latency_s),
        recorded=Recorded(
            at="2026-11-23T10:00:00Z",
            by="a test",
            base_url="http://127.0.0.1/v1",
            for_=request.asker,
        ),
    )
