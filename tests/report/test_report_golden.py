"""The golden tables as people read them: every renderer shows the reference figures, to the digit.

What is expected is formatted here, from figures that scipy and statsmodels computed.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import report_data as data

from evals.comparison.compare import compare_columns
from evals.model import Comparison, TrialResult, Usage
from evals.report import markdown, terminal
from evals.report.html import render as page
from evals.report.view import build

TESTS = Path(__file__).resolve().parents[1]
TABLES = json.loads((TESTS / "comparison/golden_tables.json").read_text(encoding="utf-8"))
WHOLE = json.loads((TESTS / "stats/golden.json").read_text(encoding="utf-8"))["tables"]
MISSING = ["failure", "failure", "missing"]  # how the tables count errors, as the headline does


def comparison(table: dict[str, Any]) -> Comparison:
    cells = table["cells"]
    names = [f"case-{i}" for i in range(len(cells["a"]))]
    keys = table["clusters"] or [None] * len(names)
    cases = [data.case(name, cluster=key) for name, key in zip(names, keys, strict=True)]
    suite = data.suite("golden", cases=cases, columns=[data.column("a"), data.column("b")])
    trials = [
        one
        for side in ("a", "b")
        for place in range(len(cases))
        for one in _trials(table, side, place, suite, cases)
    ]
    return compare_columns(data.manifest([suite], trials), trials)


def _trials(
    table: dict[str, Any], side: str, place: int, suite: Any, cases: Any
) -> list[TrialResult]:
    column = next(column for column in suite.columns if column.id == side)
    told = zip(
        table["cells"][side][place],
        table["latency_ms"][side][place],
        table["tokens_out"][side][place],
        strict=True,
    )
    return [
        _trial(outcome, (suite, cases[place], column, sample), milliseconds, tokens)
        for sample, (outcome, milliseconds, tokens) in enumerate(told)
    ]


def _trial(outcome: Any, of: Any, milliseconds: Any, tokens: Any) -> TrialResult:
    from msgspec.structs import replace

    suite, case, column, sample = of
    if outcome is None:
        made = data.trial(suite, case, column, sample, passed=None, latency_s=None)
        made = replace(made, outcome="not_run", passed=None, completion=None, timing=None)
        return replace(made, cluster=case.cluster)
    if outcome == "error":
        made = data.trial(suite, case, column, sample, error="timeout")
        return replace(made, cluster=case.cluster)
    made = data.trial(
        suite, case, column, sample, passed=bool(outcome), latency_s=milliseconds / 1000
    )
    usage = Usage(prompt_tokens=0, completion_tokens=tokens, total_tokens=tokens)
    assert made.completion is not None
    return replace(made, completion=replace(made.completion, usage=usage), cluster=case.cluster)


def shown_in_terminal(of: Comparison) -> str:
    return "\n".join(terminal.lines(build(of), width=400, color=False))


def shown_in_markdown(of: Comparison) -> str:
    text = markdown.render(of, build(of))
    return html.unescape(re.sub(r"\\(.)", r"\1", text))


def shown_on_the_page(of: Comparison) -> str:
    return html.unescape(re.sub(r"<[^>]*>", " ", page(build(of))))


RENDERERS = [shown_in_terminal, shown_in_markdown, shown_on_the_page]


def squeezed(text: str) -> str:
    return re.sub(r"[\s\u00a0\u202f]+", " ", text)


def share(of: dict[str, Any]) -> str:
    return f"{of['accuracy'] * 100:.1f} % [{of['low'] * 100:.1f}, {of['high'] * 100:.1f}]"


def points(of: dict[str, Any]) -> str:
    value, low, high = (
        f"{of[key] * 100:+.1f}".replace("-", "−") for key in ("value", "low", "high")
    )
    return f"{value} points [{low}, {high}]"


def times(of: dict[str, Any]) -> str:
    return f"{of['ratio']:.2f}× [{of['low']:.2f}, {of['high']:.2f}], n = "


@pytest.mark.parametrize("renderer", RENDERERS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("number", range(3), ids=[table["name"] for table in TABLES])
def test_every_renderer_shows_the_reference_figures(
    number: int, renderer: Callable[[Comparison], str]
) -> None:
    table, whole = TABLES[number], WHOLE[number]["out"][MISSING[number]]["comparison"]
    text = squeezed(renderer(comparison(table)))
    expected = table["expected"]
    for side in ("a", "b"):
        one = expected[side]
        assert share(one["accuracy"]) in text
        numbers = one["accuracy"]["n_cases"]
        assert f"{numbers}" in text
        assert f"{one['p50']:.0f} ms" in text
        assert f"{one['tokens']:,.0f}" in text
    assert points(expected["difference"]) in text
    assert times(whole["tokens"]["ratio_of_totals"]) in text
    if table["clusters"] is None:  # with clusters the reference ignores them for latency alone
        assert times(whole["latency"]["geometric_mean_ratio"]) in text


@pytest.mark.parametrize("number", range(3))
def test_p_is_that_of_the_reference_on_the_page(number: int) -> None:
    p = TABLES[number]["expected"]["difference"]["p"]
    text = squeezed(shown_on_the_page(comparison(TABLES[number])))
    assert f"p = {p:.{3 if p < 0.0995 else 2}f}" in text


@pytest.mark.parametrize("renderer", RENDERERS, ids=lambda each: each.__name__)
def test_errors_and_n_stand_beside_each_rate(renderer: Callable[[Comparison], str]) -> None:
    table = TABLES[2]
    shown = renderer(comparison(table))
    for side in ("a", "b"):
        n, cases = (
            table["expected"][side]["n_errors"],
            table["expected"][side]["accuracy"]["n_cases"],
        )
        assert re.search(rf"(\b{n} errors|\| {n} \||\s{n} *$|\s{n}\s+of \d+ trials)", shown, re.M)
        assert re.search(rf"\b{cases}( cases)?, ", shown)
    paired = table["expected"]["difference"]["n_cases"]
    assert re.search(rf"(n = {paired}\b|\b{paired} cases)", shown)
