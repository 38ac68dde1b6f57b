"""Verdicts are never kept: the same answers are judged alike, live and replayed, byte for byte."""

from __future__ import annotations

import json
from pathlib import Path

from evals.cassettes import Cassettes
from evals.model import Exchange, Request
from evals.record.answers import AnswerLine
from evals.record.journal import Lines

SUITE = """
endpoint: standin
prompts: ["{{ magic }} Tell about {{ thing }}."]
settings:
  - {id: whole, logprobs: true, top_logprobs: 5}
  - {id: streamed, stream: true}
  - {id: two, n: 2}
misses: allowed
repeat: 2
gates: [accuracy >= 0.1]
defaults:
  assert:
    - {type: latency, max: 30s, metric: fast}
    - {type: contains, value: five}
    - {type: regex, value: 'f\\w+', metric: word, weight: 0}
    - {type: word-count, max: 3}
    - {type: tokens, max: 5000, weight: 0}
    - {type: not-equals, value: "{{ thing }}"}
    - any: [{type: equals, value: four}, {type: icontains, value: FIVE}]
    - {type: levenshtein, value: five, threshold: 0.4, weight: 0}
tests:
  - {id: plain, vars: {thing: five, magic: "[[say five|four|five|six]]"}}
  - {id: umlaut, vars: {thing: Häuser, magic: "[[say fünf 🏠 five]]"}}
  - {id: surrogate, vars: {thing: halves, magic: "[[surrogate]]"}}
  - {id: nothing, vars: {thing: nothing, magic: "[[null]]"}}
"""
TIMED = ("timing", "source")


def trials(run: Path) -> list[bytes]:
    """The lines of a run's trials in a stable order, without what tells how they came."""
    found = []
    for path in run.glob("trials-*.jsonl"):
        for line in path.read_bytes().splitlines():
            trial = json.loads(line)
            place = (trial["case"], trial["column"], trial["sample"])
            for name in TIMED:
                assert trial.pop(name) is not None
            found.append((place, json.dumps(trial, ensure_ascii=True).encode()))
    return [line for _, line in sorted(found)]


def keep(run: Path, folder: Path) -> None:
    """Record what a live run was answered."""
    store = Cassettes(folder)
    for line in Lines(list(run.glob("answers-*.jsonl")), AnswerLine):
        request = Request(
            endpoint=line.request.endpoint,
            path=line.request.path,
            body=line.request.body,
            take=line.take,
        )
        store.write(
            Exchange(
                request=request,
                response=line.response,
                timing=line.timing,
                recorded=line.recorded,
            ),
            replace=False,
        )


def test_live_and_replayed_answers_have_the_same_verdicts(project) -> None:
    project.suite(SUITE)
    latest = project.path / "reports" / "runs" / "latest"
    live = project.run("--evals-mode", "live", "--evals-no-report")
    assert live.ret == 0, live.stdout.str()
    told = trials(latest)
    assert len(told) == 4 * (2 + 2 + 4)
    assert {json.loads(line)["outcome"] for line in told} == {"pass", "fail"}
    asked = project.asked
    keep(latest.resolve(), project.path / "cassettes" / "sums")
    replayed = project.run("--evals-no-report")
    assert replayed.ret == 0, replayed.stdout.str()
    assert project.asked == asked
    assert trials(latest) == told


def test_a_replayed_run_judges_anew_what_its_suite_says_now(sums) -> None:
    sums.run("--evals-no-report")
    assert [trial["outcome"] for trial in sums.trials()] == ["pass", "fail"]
    path = sums.path / "sums.eval.yaml"
    path.write_text(path.read_text().replace('value: "4"', 'value: "5"'))
    sums.run("--evals-no-report")
    assert [trial["outcome"] for trial in sums.trials()] == ["pass", "pass"]
    assert sums.asked == 0
