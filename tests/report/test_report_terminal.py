"""The summary in a terminal: the page's numbers, aligned, harmless, within the width."""

from __future__ import annotations

import io
import subprocess
import sys
from itertools import pairwise

import pytest
import report_data as data
from msgspec.structs import replace

from evals.model import Gate, Suite, TrialResult
from evals.report.terminal import is_shown_by, lines, renderables
from evals.report.view import build

HALF = Gate(text="accuracy >= 0.5", metric="accuracy", op=">=", limit=0.5)


@pytest.fixture(scope="module")
def view():
    return build(data.showcase())


def test_the_summary_holds_the_numbers_of_the_page(view) -> None:
    text = "\n".join(lines(view, width=100, color=False))
    row = view.chapters[0].settings.rows[1]
    assert view.verdict.heading in text
    for number in (
        row.accuracy.value, row.accuracy.interval, row.compared.value, row.latency.median,
        row.latency.p95, row.tokens.total, row.cost, view.broken.sentence, view.gates.rows[0].value,
    ):  # fmt: skip
        assert number in text
    told = next(row.compared for row in view.chapters[0].settings.rows if row.compared)
    assert told.words.lower() in text.lower()


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_no_line_is_wider_than_the_terminal(view, width: int) -> None:
    told = lines(view, width=width, color=False)
    assert max(map(len, told)) <= width
    assert told[0].startswith("✗ Failed: 2 of 9 gates")


def test_columns_stand_under_their_heads() -> None:
    view = build(data.simple(data.all_pass, n_cases=20, gates=[HALF]))
    told = lines(view, width=100, color=False)
    head, row = next((a, b) for a, b in pairwise(told) if "accuracy  " in a)
    assert row.index("100.0") == head.index("accuracy")
    assert row.index("400") == head.index("latency")


def test_a_terminal_without_unicode_gets_ascii(view) -> None:
    told = "\n".join(lines(view, width=100, color=False, unicode=False))
    assert told.isascii()
    value = view.chapters[0].settings.rows[1].compared.value
    assert value.replace("−", "-").replace("\u00a0", " ") in told
    assert "?" not in told


@pytest.mark.parametrize(
    ("gate", "told"),
    [
        ("accuracy >= 0.5", "✓ accuracy >= 0.5 (greedy): 100.0"),
        ("accuracy >= 0.5 (column greedy)", "✓ accuracy >= 0.5 (column greedy): 100.0"),
        ("accuracy >= 0.5 (column all)", "✓ accuracy >= 0.5 (column all; greedy): 100.0"),
    ],
)
def test_a_gate_names_its_column_once(gate: str, told: str) -> None:
    view = build(data.simple(data.all_pass, n_cases=20, gates=[replace(HALF, text=gate)]))
    assert any(line.strip().startswith(told) for line in lines(view, width=100, color=False))


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("utf-8", True), (None, True), ("ascii", False), ("cp1252", False), ("no such", False)],
)
def test_the_signs_are_for_terminals_that_have_them(encoding: str | None, shown: bool) -> None:
    assert is_shown_by(encoding) is shown


def test_colour_is_written_only_where_it_is_asked_for(view) -> None:
    assert "\x1b" not in "\n".join(lines(view, width=100, color=False))
    assert lines(view, width=100, color=True)[0].startswith("\x1b[31m✗\x1b[0m Failed")


def test_nothing_that_a_model_wrote_moves_the_cursor() -> None:
    def answers(suite: Suite) -> list[TrialResult]:
        return [
            data.trial(suite, c, suite.columns[0], passed=False, reason="\x1b[2J\rgone\u202e\nnext")
            for c in suite.cases
        ]

    told = lines(build(data.simple(answers)), width=100, color=False)
    assert not any(set(line) & {"\x1b", "\r", "\n", "\u202e"} for line in told)
    assert any("[ESC][2J" in line for line in told)


def test_a_run_without_answers_says_why_and_nothing_else() -> None:
    def answers(suite: Suite) -> list[TrialResult]:
        return [data.trial(suite, c, suite.columns[0], error="no key") for c in suite.cases]

    told = lines(build(data.simple(answers)), width=80, color=False)
    assert told == ["! No result", "  None of 3 trials was answered. The commonest cause: no key"]


def test_the_rich_form_says_the_same(view) -> None:
    from rich.console import Console

    console = Console(file=io.StringIO(), width=160, color_system=None)
    for part in renderables(view):
        console.print(part)
    text = console.file.getvalue()
    assert "✗ Failed: 2 of 9 gates" in text
    assert view.chapters[0].settings.heading in text
    assert view.gates.rows[0].value in text


def test_markup_in_a_case_is_not_rich_markup() -> None:
    from rich.console import Console

    comparison = data.simple(
        lambda suite: [
            data.trial(suite, suite.cases[0], suite.columns[0], passed=False, reason="[red]x[/red]")
        ],
        cases=[data.case("[bold]a[/bold]")],
    )
    console = Console(file=io.StringIO(), width=160)
    for part in renderables(build(comparison)):
        console.print(part)
    assert "[bold]a[/bold]" in console.file.getvalue()
    assert "[red]x[/red]" in console.file.getvalue()


def test_lines_need_neither_rich_nor_jinja2() -> None:
    code = (
        "import sys; import evals.report.terminal; "
        "print(sorted({'rich', 'jinja2', 'httpx', 'yaml'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
