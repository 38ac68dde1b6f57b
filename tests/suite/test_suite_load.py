"""A suite file as a whole: understood when right, refused with every mistake when wrong."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from typing import Any

import pytest

from evals.errors import SuiteError
from evals.model import Limits

MINIMAL = "tests: [{vars: {prompt: Hi}, expected: Hello}]\n"

ARITHMETIC = """\
description: Sums that a small model should get right
endpoint: local
tags: [numbers, smoke]
metadata: {owner: Ann}
prompts:
  - id: plain
    template: "What is {{ a }} + {{ b }}? Answer with the number only."
  - id: chat
    messages:
      - {role: system, content: You are a careful calculator.}
      - {role: user, content: "{{ a }} + {{ b }} ="}
parameters: {seed: 7, max_tokens: 16, logprobs: true, top_logprobs: 5}
settings:
  - {id: greedy, temperature: 0}
  - {id: warm, temperature: 0.8, description: As the product uses it}
reference: plain-warm
repeat: 3
misses: allowed
defaults:
  assert:
    - {type: regex, value: '^\\s*-?\\d+\\s*$', metric: format, weight: 0}
tests:
  - id: small-sum
    vars: {a: 2, b: 3}
    expected: "5"
    assert: [{type: equals, value: "{{ expected }}", transform: strip}]
  - file: sums.csv
    assert: [{type: number, value: "{{ expected }}"}]
gates:
  - accuracy >= 0.4
  - latency.p95 <= 5s
limits: {timeout: 10s, max_cost_usd: 0.5, errors: 1%}
"""


def test_the_suite_of_the_guide_is_understood(bench: Any) -> None:
    files = {"suites/sums.csv": "a,b,expected\n1,2,3\n10,20,30\n"}
    loaded = bench.load(ARITHMETIC, files, name="suites/arithmetic.eval.yaml")
    suite = loaded.suite
    assert loaded.warnings == ()
    assert (suite.id, suite.path) == ("arithmetic", "suites/arithmetic.eval.yaml")
    assert suite.sha256 == hashlib.sha256(ARITHMETIC.encode()).hexdigest()
    assert (suite.tags, suite.metadata) == (("numbers", "smoke"), {"owner": "Ann"})
    assert [column.id for column in suite.columns] == [
        "plain-greedy",
        "plain-warm",
        "chat-greedy",
        "chat-warm",
    ]
    assert suite.reference == "plain-warm"
    assert suite.columns[1].parameters == {
        "seed": 7,
        "max_tokens": 16,
        "logprobs": True,
        "top_logprobs": 5,
        "temperature": 0.8,
    }
    assert [case.id for case in suite.cases] == ["small-sum", "1-2", "10-20"]
    assert [check.label for check in suite.cases[1].checks] == ["regex", "number"]
    assert {case.misses for case in suite.cases} == {"allowed"}
    assert {case.repeat.samples for case in suite.cases} == {3}
    assert [gate.text for gate in suite.gates] == ["accuracy >= 0.4", "latency.p95 <= 5s"]
    assert suite.limits == Limits(timeout=10.0, max_cost_usd=0.5, errors=0.01)


def test_the_least_suite_asks_its_prompt_of_the_default_endpoint(bench: Any) -> None:
    suite = bench.load(MINIMAL, config='endpoint = "openai"\n[endpoints.openai]\nmodel = "m"').suite
    assert [(c.id, c.prompt, c.setting, c.endpoint) for c in suite.columns] == [
        ("default", "prompt-1", "default", "openai")
    ]
    assert suite.prompts[0].messages == ({"role": "user", "content": "{{ prompt }}"},)
    assert suite.reference == "default"
    assert suite.cases[0].checks[0].options == {"value": "{{ expected }}"}
    assert suite.cases[0].judged


def test_every_mistake_of_a_file_is_told_at_once(bench: Any) -> None:
    text = """\
suite: Bad Name
endpiont: local
prompts: ["{{ b }}", {id: x, template: 5}]
parameters: {temperature: 3}
settings: [{id: warm, top_p: 1.5}]
reference: cold
repeat: 0
tests:
  - {vars: {a: 1}, asert: [x]}
  - {vars: {a: 1}, assert: [{type: contians, value: x}, {equals: y}]}
gates: [accuracy > 1]
limits: {errors: lots}
"""
    found = [line for problem in bench.mistakes(text) for line in problem.splitlines()]
    places = [line.split(" ")[0] for line in found if ": error: " in line]
    assert places == sorted(places, key=lambda p: [int(n) for n in p.split(":")[1:3]])
    for said in (
        "s.eval.yaml:1:8: error: 'Bad Name' is no id of a suite",
        "s.eval.yaml:2:1: error: unknown key 'endpiont'",
        '    did you mean "endpoint"?',
        "s.eval.yaml:3:40: error: prompts[1].template must be a text, found a number (5)",
        "s.eval.yaml:4:27: error: temperature is 3; allowed is 0 … 2",
        "s.eval.yaml:5:30: error: top_p is 1.5; allowed is 0 … 1",
        "s.eval.yaml:7:9: error: repeat is 0; allowed is 1 or more",
        "s.eval.yaml:9:20: error: unknown key 'asert'",
        '    did you mean "assert"?',
        's.eval.yaml:10:36: error: unknown check "contians"; did you mean "contains"?',
        's.eval.yaml:10:57: error: an assertion has a `type`: write {type: equals, value: "y"}',
        "s.eval.yaml:11:9: error: accuracy > 1 cannot be met",
        "s.eval.yaml:12:18: error: errors: 'lots' is neither a count nor a share",
    ):
        assert said in found
    assert not any("a test needs an assertion" in line for line in found), "it had one, misspelt"


def test_mistakes_of_form_hide_no_others_and_make_no_new_ones(bench: Any) -> None:
    """What was taken out for its mistake is not missed where it is referred to."""
    text = """\
prompts: [{id: a, template: x, colour: red}, {idd: b, template: y}]
settings: [{temperature: 1}]
reference: b-warm
tests:
  - {id: one, prompts: b, settings: warm, expected: x}
  - {id: one, expected: y}
"""
    found = "\n".join(bench.mistakes(text))
    assert "unknown key 'colour'" in found
    assert "settings[0] lacks 'id'" in found
    assert "two tests have the id 'one'" in found
    assert "unknown prompt" not in found
    assert "unknown setting" not in found
    assert "unknown column" not in found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "s.eval.yaml:1:1: error: the file is empty"),
        ("# nothing\n", "the file is empty"),
        ("- a", "a suite is a mapping, found a list"),
        ("x", 'a suite is a mapping, found a text ("x")'),
        ("description: x", "a suite needs tests"),
        ("tests: []", "a suite needs tests"),
        ("tests:", "tests must be a list, found nothing"),
        ("prompts: []\n" + MINIMAL, "no prompts"),
        ("prompts:\n" + MINIMAL, "prompts must be a list, found nothing"),
        ("settings: []\n" + MINIMAL, "no settings"),
        ("repeat: 2.0\n" + MINIMAL, "s.eval.yaml:1:9: error: repeat: Expected"),
        ("repeat: true\n" + MINIMAL, "s.eval.yaml:1:9: error: repeat must be"),
        ("misses: maybe\n" + MINIMAL, "allowed are allowed, forbidden"),
        ("tags: 5\n" + MINIMAL, "tags must be a text or a list, found a number (5)"),
        ("tags: a b\n" + MINIMAL, "'a b' is no tag"),
        ("endpoint: locl\n" + MINIMAL, 'did you mean "local"?'),
        ("limits: {timeout: 0}\n" + MINIMAL, "no duration above 0"),
        ("limits: {timeout: soon}\n" + MINIMAL, "'soon' is no duration above 0"),
        ("limits: {concurrency: 0}\n" + MINIMAL, "limits.concurrency is 0; allowed is 1 or more"),
        ("limits: {errors: -1}\n" + MINIMAL, "limits.errors"),
        ("limits: {errors: 100%}\n" + MINIMAL, "neither a count nor a share"),
        ("suite: con\n" + MINIMAL, "'con' is no id of a suite"),
        ("suite: ../x\n" + MINIMAL, "'../x' is no id of a suite"),
        ("reference: dflt\n" + MINIMAL, 'did you mean "default"?'),
        ("a: 1\na: 2\n" + MINIMAL, "key 'a' stands twice"),
    ],
)
def test_what_is_wrong_at_the_top(bench: Any, text: str, said: str) -> None:
    assert said in "\n".join(bench.mistakes(text))


@pytest.mark.parametrize("key", ["collapse"])
def test_keys_that_are_not_built_are_unknown(bench: Any, key: str) -> None:
    assert any(
        f"unknown key '{key}'" in problem for problem in bench.mistakes(f"{key}: {{}}\n{MINIMAL}")
    )
    test = f"tests: [{{vars: {{prompt: x}}, expected: y, {key}: {{}}}}]"
    assert any(f"unknown key '{key}'" in problem for problem in bench.mistakes(test))


@pytest.mark.parametrize(
    ("name", "suite_id"),
    [("a.eval.yaml", "a"), ("b.eval.yml", "b"), ("x_1-y.eval.yaml", "x_1-y")],
)
def test_the_id_is_the_files_name(bench: Any, name: str, suite_id: str) -> None:
    assert bench.load(MINIMAL, name=name).suite.id == suite_id


def test_a_name_that_is_no_id_needs_the_key(bench: Any) -> None:
    assert (
        "the file's name gives no id: 'My Suite'"
        in bench.mistakes(MINIMAL, name="My Suite.eval.yaml")[0]
    )
    assert bench.load("suite: mine\n" + MINIMAL, name="My Suite.eval.yaml").suite.id == "mine"


def test_a_file_that_is_not_there_is_a_suite_error(bench: Any) -> None:
    from evals.endpoints.config import load_config
    from evals.suite.load import load_suite

    bench.load(MINIMAL)
    with pytest.raises(SuiteError, match=r"nope\.eval\.yaml: error: cannot be read: No such file"):
        load_suite(bench.root / "nope.eval.yaml", config=load_config(bench.root, env={}))


def test_errors_may_be_a_count_or_a_share(bench: Any) -> None:
    found = [
        bench.load(f"limits: {{errors: {written}}}\n{MINIMAL}").suite.limits.errors
        for written in ("3", "0.02", "5%", "0")
    ]
    assert found == [3, 0.02, 0.05, 0]
    assert isinstance(found[0], int)


def test_the_command_line_repeats_and_sets(bench: Any) -> None:
    text = "endpoint: local\nparameters: {seed: 1}\nrepeat: {samples: 2, vary_seed: false}\n" + (
        "tests: [{vars: {prompt: x}, expected: y, parameters: {temperature: 1, n: 2}, repeat: 4}]"
    )
    suite = bench.load(text, repeat=7, set_={"temperature": (0, 0.7), "top_k": (5,)}).suite
    assert [case.repeat.samples for case in suite.cases] == [7]
    assert [column.id for column in suite.columns] == [
        "temperature-0_top_k-5",
        "temperature-0.7_top_k-5",
    ]
    assert suite.columns[1].parameters == {"seed": 1, "temperature": 0.7, "top_k": 5}
    assert suite.cases[0].parameters == {"n": 2}, "the command line has the last word"


def test_the_command_lines_parameters_are_checked_too(bench: Any) -> None:
    (mistake,) = bench.mistakes(MINIMAL, set_={"temperature": (9,)})
    assert "--evals-set: temperature is 9; allowed is 0 … 2" in mistake
    (mistake,) = bench.mistakes(MINIMAL, set_={"top_logprobs": (5,)})
    assert "--evals-set: top_logprobs needs logprobs: true" in mistake
    text = "settings: [{id: a}]\n" + MINIMAL
    assert "--evals-set makes settings of its own" in bench.mistakes(text, set_={"seed": (1,)})[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "tests: [{vars: {prompt: x, spare: y}, expected: z}]",
            "s.eval.yaml:1:28: warning: no template uses the var 'spare'",
        ),
        (
            "tests: [{vars: {prompt: 'a\\nb'}, expected: z}]",
            "'\\n' in single quotes is a backslash and an n",
        ),
        (
            "parameters: {temperature: 1, top_p: 0.5}\n" + MINIMAL,
            "s.eval.yaml:1:37: warning: temperature and top_p are both set",
        ),
        (
            "settings: [{id: a, seed: 1}, {id: b, seed: 1}]\n" + MINIMAL,
            "s.eval.yaml:1:30: warning: settings 'a' and 'b' send the same",
        ),
        (
            "endpoint: evolink\n"
            "settings: [{id: a, reasoning_effort: medium}, {id: b, reasoning_effort: high}]\n"
            + MINIMAL,
            "reasoning_effort medium and high are one level to evolink",
        ),
        (
            "tests: [{vars: {prompt: x}, expected: a}, {vars: {prompt: x}, expected: b}]",
            "tests of equal vars get their ids by number",
        ),
    ],
)
def test_warnings_do_not_refuse_the_suite(bench: Any, text: str, said: str) -> None:
    assert said in "\n".join(bench.warnings(text))


def test_what_is_meant_does_not_warn(bench: Any) -> None:
    text = """\
prompts: ["{{ q }}{% if hint is defined %}{{ hint }}{% endif %}"]
checks: {set: [{type: contains, value: "{{ word }}"}]}
tests:
  - vars: {q: 'x', hint: y, source: z}
    metadata: {from: "{{ source }}"}
    assert: [{use: set}, {type: regex, value: 'a\\n'}]
  - {vars: {q: 'y', word: w}, assert: [{use: set}]}
"""
    text = text.replace("source: z}", "source: z, word: v}")
    assert bench.warnings(text) == []


def test_loading_a_right_suite_imports_neither_jinja2_nor_the_schema(bench: Any) -> None:
    bench.load(MINIMAL)
    code = f"""
import sys
from pathlib import Path
from evals.endpoints.config import load_config
from evals.suite.load import load_suite
root = Path({str(bench.root)!r})
load_suite(root / "s.eval.yaml", config=load_config(root, env={{}}))
heavy = {{"jinja2", "jsonschema_rs", "httpx", "aiohttp", "re2", "rich", "asyncio"}}
sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
