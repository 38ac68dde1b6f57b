"""Markdown: what flipped, gates, columns – and nothing of a model or suite that acts."""

from __future__ import annotations

import re

import pytest
import report_data as data

from evals.comparison.compare import compare_columns
from evals.model import Comparison, Gate
from evals.report.markdown import LARGEST, render
from evals.report.view import build

HOSTILE = (
    "[x](javascript:alert(1)) <img src=x> @team #1 https://evil.test | ```\n# big\x1b[31m\u202e"
)


def compared(answer: str = "7", *, cases: int = 12, lost: int = 3, name: str = "c") -> Comparison:
    """Two columns; the second one loses the first cases, with that answer."""
    columns = [data.column("cold"), data.column("warm")]
    listed = [data.case(f"{name}{n}") for n in range(cases)]
    gate = Gate(text="accuracy >= 0.5", metric="accuracy", op=">=", limit=0.5)
    suite = data.suite("sums", cases=listed, columns=columns, gates=[gate])
    trials = [
        data.trial(suite, case, column, passed=is_right, text="5" if is_right else answer)
        for n, case in enumerate(listed)
        for column in columns
        for is_right in (column.id == "cold" or n >= lost,)
    ]
    return compare_columns(data.manifest([suite], trials), trials)


def rendered(comparison: Comparison) -> str:
    return render(comparison, build(comparison)).replace("\u202f", " ").replace("\u00a0", " ")


def outside_code(text: str) -> str:
    """What a renderer reads as markup: without fences and spans."""
    text = re.sub(r"^(`{3,})text\n.*?\n\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"(`+).+?(?<!`)\1(?!`)", "", text)


def test_it_has_the_verdict_gates_columns_and_flips_in_this_order() -> None:
    text = rendered(compared())
    heads = [line for line in text.splitlines() if line.startswith("#")]
    assert heads == ["## Model evaluation", "### Gates", "### Columns", "### What flipped"]
    assert "✗ **Failed: 3 of 24 case results**" in text
    assert "| ✓ | `accuracy >= 0.5` | `cold` | 100.0 % \\[75.8, 100.0\\], 12 cases |" in text
    assert "| `warm` | 75.0 % \\[46.8, 91.1\\] | 12 cases |" in text
    assert "`warm` against `cold`: **3 cases lost**: `c0`, `c1`, `c2`" in text
    assert "`c0` now answers\n\n```text\n7\n```" in text


def test_nothing_flipped_makes_no_section() -> None:
    assert "flipped" not in rendered(compared(lost=0))


def test_what_a_model_says_acts_nowhere() -> None:
    text = rendered(compared(HOSTILE))
    assert "````text\n[x](javascript" in text  # longer than the fence that it brought
    assert "[ESC][31m[U+202E]" in text
    markup = outside_code(text)
    for part in ("javascript", "<img", "@team", "#1", "https://", "# big", "\x1b", "\u202e"):
        assert part not in markup


def test_long_answers_are_cut() -> None:
    text = rendered(compared("y" * 5_000))
    assert f"{'y' * 300}…\n```" in text
    assert "y" * 301 not in text


@pytest.mark.parametrize("name", ["a|b", "a`b", "[a](b)", "<b>", "@team"])
def test_names_are_code_on_one_line(name: str) -> None:
    text = rendered(compared(name=name))
    for line in text.splitlines():
        if line.startswith("| "):
            assert line.endswith(" |")
    assert name not in outside_code(text)


def test_it_is_never_larger_than_a_comment_may_be() -> None:
    text = rendered(compared(cases=2_000, lost=1_500, name="a-rather-long-name-" * 5))
    assert len(text.encode()) < LARGEST < 65_536
    assert "and 1450 more" in text


def test_a_comparison_of_very_many_columns_leaves_out_whole_blocks() -> None:
    columns = [data.column(f"{'wide' * 20}-{n}") for n in range(400)]
    suite = data.suite("sums", cases=[data.case("a")], columns=columns)
    trials = [data.trial(suite, suite.cases[0], column) for column in columns]
    text = rendered(compare_columns(data.manifest([suite], trials), trials))
    assert len(text.encode()) < LARGEST
    assert text.endswith("The rest is left out here; the page has it.\n")


def test_the_same_comparison_gives_the_same_text() -> None:
    assert rendered(compared()) == rendered(compared())


def test_what_flipped_since_the_baseline_is_listed() -> None:
    from msgspec.structs import replace

    from evals.model import Finding

    finding = Finding(
        suite="sums",
        gate="accuracy versus baseline",
        column="warm",
        outcome="fail",
        metric="accuracy",
        op=">=",
        limit=0.0,
        value=-0.2,
        low=-0.3,
        high=-0.1,
        n_cases=12,
        n_trials=12,
        n_errors=0,
        reason="−20 points",
        against="the baseline baselines/sums.json",
        losses=("c0", "c`1"),
        gains=("c7",),
    )
    text = rendered(replace(compared(), findings=(finding,)))
    assert "### What flipped since the baseline" in text
    assert "`warm`: **2 cases lost**: `c0`, ``c`1``; 1 case gained: `c7`" in text
    assert (
        text.index("### Gates") < text.index("### What flipped since") < text.index("### Columns")
    )
