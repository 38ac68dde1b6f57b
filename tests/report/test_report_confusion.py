"""What was taken for what: the matrix of a `choice` in page, Markdown and terminal."""

from __future__ import annotations

import io

import report_data as data
from rich.console import Console

from evals.model import Case, Check, Comparison, Suite, TrialResult, Verdict
from evals.report import html, markdown, terminal
from evals.report.view import View, build


def labelled(pairs: list[tuple[str, str | None]], options: list[str]) -> View:
    cases = [
        Case(
            id=f"case-{n}",
            expected=right,
            has_expected=True,
            checks=(
                Check(
                    type="choice",
                    metric="label",
                    options={"value": "{{ expected }}", "options": options},
                ),
            ),
        )
        for n, (right, _) in enumerate(pairs)
    ]

    def answers(suite: Suite) -> list[TrialResult]:
        return [
            data.trial(
                suite, case, suite.columns[0], passed=right == found,
                checks=(
                    Verdict(
                        type="choice", metric="label", passed=right == found,
                        score=float(right == found), reason="", extracted=found,
                    ),
                ),
            )
            for case, (right, found) in zip(suite.cases, pairs, strict=True)
        ]  # fmt: skip

    made: Comparison = data.simple(answers, cases=cases)
    return build(made)


PAIRS: list[tuple[str, str | None]] = [
    ("bug", "bug"),
    ("bug", "praise"),
    ("praise", "praise"),
    ("praise", None),
]


def test_it_has_a_row_for_each_option_and_counts_what_named_none() -> None:
    (matrix,) = labelled(PAIRS, ["bug", "praise"]).chapters[0].confusions
    assert matrix.heads[1:4] == ("bug", "praise", "no option")
    assert [row[:5] for row in matrix.rows] == [
        ("bug", "1", "1", "0", "2"),
        ("praise", "0", "1", "1", "2"),
    ]
    assert matrix.numbers == "4 answers to 4 cases. 1 named no option: misses of the right one"


def test_of_many_options_it_shows_those_with_the_most_mistakes_and_says_so() -> None:
    options = [f"kind-{n}" for n in range(40)]
    pairs: list[tuple[str, str | None]] = [(option, option) for option in options]
    pairs += [("kind-30", "kind-2"), ("kind-30", "kind-39"), ("kind-30", None)]
    (matrix,) = labelled(pairs, options).chapters[0].confusions
    shown = [row[0] for row in matrix.rows]
    assert len(shown) == 8
    assert {"kind-2", "kind-30", "kind-39"} <= set(shown)
    assert "The 8 of 40 options with the most mistakes" in matrix.numbers
    row = next(row for row in matrix.rows if row[0] == "kind-30")
    assert sum(int(cell) for cell in row[1:-4]) == int(row[-4]) == 4


def test_page_and_terminal_have_it() -> None:
    view = labelled(PAIRS, ["bug", "praise|x"])
    page = html.render(view)
    assert "What is taken for what?" in page
    out = io.StringIO()
    for part in terminal.renderables(view):
        Console(file=out, width=120).print(part)
    assert "confusion of label: 4 answers to 4 cases" in out.getvalue()
    assert "precision" in out.getvalue()


def test_without_a_choice_there_is_none() -> None:
    view = build(data.simple(lambda suite: [data.trial(suite, suite.cases[0], suite.columns[0])]))
    assert view.chapters[0].confusions == ()
    assert "What is taken for what?" not in html.render(view)


def test_markdown_has_it_as_a_table_in_which_options_are_code() -> None:
    view = labelled([("a|b", "a|b"), ("c", "a|b")], ["a|b", "c"])
    told = "\n".join(markdown._figures(view.chapters[0]))
    assert "Confusion of `label`: 2 answers to 2 cases." in told
    assert "| `a\\|b` | 1 | 0 | 1 |" in told
    assert "| trials | precision | recall | F1 |" in told


def test_right_answers_stand_out_and_what_never_happened_does_not() -> None:
    page = html.render(labelled([("a", "a"), ("b", "a"), ("b", "b")], ["a", "b"]))
    assert "<h3>Most often, b is taken for a: 1 of 2 times</h3>" in page
    table = page.partition("What is taken for what?")[2].partition("</table>")[0]
    assert table.count('<td class="r hit">1</td>') == 2
    assert '<td class="r m">0</td>' in table
    assert '<td class="r">1</td>' in table


def test_the_heading_is_the_most_frequent_mistake() -> None:
    def heading(*pairs: tuple[str, str | None]) -> str:
        return labelled(list(pairs), ["a", "b"]).chapters[0].confusion_heading

    assert heading(("a", "b"), ("a", "b"), ("a", "a"), ("b", "a")) == (
        "Most often, a is taken for b: 2 of 3 times"
    )
    assert heading(("a", "a"), ("b", None)) == (
        "Most often missed: b, answered with no option 1 of 1 time"
    )
    assert heading(("a", "a"), ("b", "b")) == "No option is taken for another"
