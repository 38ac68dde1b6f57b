"""Few-shot examples: written, or drawn from a file; seen by prompts."""

from __future__ import annotations

from typing import Any

import pytest

from evals.endpoints.config import load_config
from evals.suite.open import open_suite

PROMPT = """
prompts: ["{% for e in examples %}{{ e.q }}={{ e.a }} {% endfor %}{{ q }}="]
tests: [{vars: {q: z}, expected: y}]
"""
ROWS = "q,a\n" + "".join(f"q{n},{{{{ a{n} }}}}\n" for n in range(50))


def asked(bench: Any, text: str, files: dict[str, str] | None = None) -> str:
    bench.load(text, files)
    config = load_config(bench.root, env={})
    (cell,) = open_suite(bench.root / "s.eval.yaml", config=config).cells
    return str(cell.body["messages"][0]["content"])


def test_a_list_written_in_the_suite(bench: Any) -> None:
    text = "examples: [{q: one, a: 1}, {q: two, a: '{{ no }}'}]"
    assert asked(bench, text + PROMPT) == "one=1 two={{ no }} z="


def test_rows_of_a_file_are_drawn_by_a_seed_in_the_order_of_the_file(bench: Any) -> None:
    def drawn(seed: int) -> list[int]:
        text = f"examples: {{file: e.csv, n: 3, seed: {seed}}}"
        parts = asked(bench, text + PROMPT, {"e.csv": ROWS}).split()
        return [int(part[1:].partition("=")[0]) for part in parts if "=" in part[:-1]]

    first = drawn(1)
    assert len(first) == 3
    assert first == sorted(first) == drawn(1)
    assert first != drawn(2)


def test_a_var_of_this_name_is_seen_instead(bench: Any) -> None:
    test = PROMPT.replace("{q: z}", "{q: z, examples: []}")
    assert asked(bench, "examples: [{q: one, a: 1}]" + test) == "z="


@pytest.mark.parametrize(
    ("examples", "said"),
    [
        ("{file: no.csv}", "no file 'no.csv'"),
        ("{file: ../e.csv}", "outside the suite's folder"),
        ("{file: e.csv, n: 0}", "allowed is 1 or more"),
        ("{file: e.csv, m: 1}", "unknown key 'm'"),
        ("[]", "no examples"),
        ("many", "examples must be"),
    ],
)
def test_what_is_refused(bench: Any, examples: str, said: str) -> None:
    found = bench.mistakes(f"examples: {examples}{PROMPT}", {"e.csv": ROWS})
    assert said in "\n".join(found)


def test_examples_that_no_prompt_uses_are_warned_of(bench: Any) -> None:
    text = "examples: [a]\nprompts: ['{{ q }}']\ntests: [{vars: {q: z}, expected: y}]"
    assert "no prompt uses examples" in "\n".join(bench.warnings(text))


def test_a_prompt_that_uses_them_needs_some(bench: Any) -> None:
    assert "unknown variable 'examples'" in "\n".join(bench.mistakes(PROMPT))
