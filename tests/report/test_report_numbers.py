"""No figure without what it rests on: its cases, trials and errors, in every rendering."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable

import msgspec
import pytest
import report_data as data
from rich.console import Console

from evals.model import Comparison, Gate
from evals.report import markdown, terminal
from evals.report.history import history_of
from evals.report.html import render, render_index

GATES = (
    Gate(text="accuracy >= 0.5", metric="accuracy", op=">=", limit=0.5),
    Gate(text="accuracy >= 0.99", metric="accuracy", op=">=", limit=0.99),
    Gate(text="latency.p95 <= 5s", metric="latency.p95", op="<=", limit=5.0),
)


def made() -> Comparison:
    """12 cases of 2 samples, of which 3 are errors."""
    cases = [data.case(f"c{n}", tags=("hard",)) for n in range(12)]
    suite = data.suite("sums", cases=cases, columns=[data.column("cold")], gates=GATES)
    trials = [
        data.trial(
            suite,
            case,
            suite.columns[0],
            sample,
            passed=n > 3,
            error="Service Unavailable" if sample == 1 and n > 8 else None,
            latency_s=0.4 + n / 10,
        )
        for n, case in enumerate(cases)
        for sample in range(2)
    ]
    return data.compare([suite], trials)


def in_a_session(comparison: Comparison) -> list[str]:
    """The lines of the summary that pytest ends with."""
    return terminal.lines(data.view_of(comparison), width=300, color=False)


def shown(comparison: Comparison) -> list[str]:
    """As `evals show` and `evals compare` print it."""
    console = Console(file=io.StringIO(), width=400)
    for each in terminal.renderables(data.view_of(comparison)):
        console.print(each)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def as_markdown(comparison: Comparison) -> list[str]:
    return markdown.render(comparison, data.view_of(comparison)).splitlines()


def as_page(comparison: Comparison) -> list[str]:
    """The rows of the page's tables, as text."""
    rows = re.findall(r"<tr\b.*?</tr>", render(data.view_of(comparison)), flags=re.DOTALL)
    return [" ".join(html.unescape(re.sub(r"<[^>]*>", " ", row)).split()) for row in rows]


RENDERINGS = pytest.mark.parametrize("rendered", [in_a_session, shown, as_markdown, as_page])


def found(lines: list[str], beginning: str) -> str:
    """The one line or row with this text."""
    plain = [line.replace("\u202f", " ").replace("\u00a0", " ").replace("\\", "") for line in lines]
    (line,) = [line for line in plain if beginning in line]
    return line


@RENDERINGS
@pytest.mark.parametrize("gate", ["accuracy >= 0.99", "latency.p95 <= 5s", "accuracy >= 0.5"])
def test_each_gate_says_its_cases_trials_and_errors(
    rendered: Callable[[Comparison], list[str]], gate: str
) -> None:
    rows = [line for line in rendered(made()) if gate in line and "21 trials" in line]
    assert rows
    assert all("12 cases, 21 trials, 3 errors" in row for row in rows)


@RENDERINGS
def test_each_column_says_its_cases_trials_and_errors(
    rendered: Callable[[Comparison], list[str]],
) -> None:
    """In a table: the heads are above."""
    rows = [
        line for line in rendered(made()) if "cold" in line and "[" in line and "0.99" not in line
    ]
    row = next(row for row in rows if "21 trials" in row)
    assert "12" in row
    assert re.search(r"\b3\b", row.partition("21 trials")[2]), row


def test_the_verdict_says_the_errors_of_the_gate_that_failed() -> None:
    sentence = data.view_of(made()).verdict.sentence
    assert sentence.endswith("12 cases, 21 trials, 3 errors.")


def test_errors_are_beside_tags_and_named_metrics() -> None:
    (chapter,) = data.view_of(made()).chapters
    assert [tag.cases for tag in chapter.weak.tags] == ["12, 3 errors"]


def test_the_list_of_runs_says_what_each_accuracy_rests_on() -> None:
    summary = data.view_of(made()).summary
    assert summary is not None
    before = msgspec.structs.replace(summary, id="20261122T101500Z-aaaa")
    page = render_index(history_of([before, summary], 2, base="runs"))
    told = re.findall(r"\[[\d., ]+\](.{0,40})", page.replace("\u202f", " "))
    assert told
    assert all(each.startswith(", 12 cases, 21 trials, 3 errors") for each in told)


def test_a_gate_on_errors_counts_them_once() -> None:
    gate = Gate(text="error_rate <= 50%", metric="error_rate", op="<=", limit=0.5)
    comparison = made()
    one = comparison.suites[0].suite
    suite = msgspec.structs.replace(one, gates=(gate,))
    trials = [t for row in comparison.suites[0].cases for side in row.trials.values() for t in side]
    lines = in_a_session(data.compare([suite], trials))
    assert found(lines, "error_rate <= 50%").endswith("12 cases, 24 trials; clear")
