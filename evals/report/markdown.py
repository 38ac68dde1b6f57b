"""A comparison as Markdown, for step summaries and comments: what flipped, gates, columns.

Whatever a model or a suite wrote stands in a code span or in a code fence, so that it cannot become
a link, a mention, an image or a heading. In a stable order, and never larger than a comment may be.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from evals.comparison import words
from evals.model import Comparison, Difference, SuiteComparison, TrialResult
from evals.report import names
from evals.report.confusion import LABEL_FIGURES
from evals.report.gates import GateRow
from evals.report.settings import SideRow
from evals.report.texts import one_line
from evals.report.turns import transcript
from evals.report.view import Chapter, View
from evals.write import printable

__all__ = ["LARGEST", "code_span", "fence", "render"]

LARGEST = 60_000
"""Bytes of UTF-8; comments on pull requests take 65,536 characters."""

_GATES = 50
_FLIPS = 50  # of one column, in each direction
_ANSWERS = 5  # of one column
_ANSWER = 300  # characters
_ICONS = {
    "pass": "✓",
    "fail": "✗",
    "flaky": "◐",
    "error": "!",
    "undecided": "?",
    "skip": "○",
    "none": "–",
}
_SPECIAL = re.compile(r"([\\`*_{}\[\]()+!|~-])")


def render(comparison: Comparison, view: View) -> str:
    """The Markdown of a comparison and of its view; ends in a line feed."""
    blocks = [*_head(view), *_gates(view)]
    blocks += _since(comparison)
    for suite, chapter in zip(comparison.suites, view.chapters, strict=True):
        blocks += _columns(chapter, named=len(view.chapters) > 1)
        blocks += _flipped(comparison, suite)
    blocks += [_plain(each.text) for each in view.honoured]
    return _fitted(blocks)


def _fitted(blocks: Iterable[str]) -> str:
    """As many whole blocks as fit."""
    note = "The rest is left out here; the page has it."
    kept, size = [], len(note.encode()) + 2
    for block in blocks:
        size += len(block.encode()) + 2
        if size > LARGEST:
            kept.append(note)
            break
        kept.append(block)
    return "\n\n".join(kept) + "\n"


def _head(view: View) -> Iterator[str]:
    yield "## Model evaluation"
    mark = _ICONS[view.verdict.icon]
    yield f"{mark} **{_plain(view.verdict.heading)}** · run {code_span(view.run)}"
    if view.verdict.sentence:
        yield _plain(view.verdict.sentence)


def _gates(view: View) -> Iterator[str]:
    rows = (*view.gates.rows, *view.gates.folded)
    if not rows:
        return
    yield "### Gates"
    yield _table(("", "gate", "of", "measured", "what it shows"), map(_gate, rows[:_GATES]))
    if len(rows) > _GATES:
        yield f"{len(rows) - _GATES} more gates are on the page."


def _gate(row: GateRow) -> tuple[str, ...]:
    interval = "" if row.interval == "exact" else row.interval
    value = f"{row.value} {interval}".strip()
    numbers = f", {row.numbers}" if row.numbers else ""
    certainty = f"{row.certainty}: " if row.certainty else ""
    shows = _plain(f"{certainty}{row.sure}")
    return (
        _ICONS[row.mark.icon],
        code_span(row.gate),
        code_span(row.of),
        _plain(f"{value}{numbers}"),
        shows,
    )


def _columns(chapter: Chapter, *, named: bool) -> Iterator[str]:
    yield "### Columns"
    if named:
        yield f"Suite {code_span(chapter.name)}"
    heads = (
        "column",
        "accuracy",
        "cases",
        "difference",
        "chance",
        "latency",
        "latency ×",
        "tokens",
        "tokens ×",
        "cost",
        "cost ×",
        "errors",
    )
    yield _table(heads, map(_column, chapter.settings.rows))
    if chapter.settings.cheapest:
        yield _plain(chapter.settings.cheapest)
    for each in chapter.samples:
        cases = ", ".join(f"{code_span(case)} {counts}" for case, counts in each.cases)
        told = f"{code_span(each.name)}: {_plain(each.heading)}{f' ({cases})' if cases else ''}."
        yield f"{told} {_plain(each.more)}".rstrip()
    yield from _figures(chapter)


def _figures(chapter: Chapter) -> Iterator[str]:
    """Named metrics and figures of labels by column; how well stated probabilities come true."""
    if chapter.weak.metrics:
        names = [code_span(row.name) for row in chapter.settings.rows]
        rows = [(code_span(m.name), *map(_plain, m.values)) for m in chapter.weak.metrics]
        yield _table(("metric", *names), rows)
    for matrix in chapter.confusions:
        yield f"Confusion of {code_span(matrix.name)}: {_plain(matrix.numbers)}."
        options = len(matrix.heads) - len(LABEL_FIGURES)
        heads = (
            _plain(matrix.heads[0]),
            *map(code_span, matrix.heads[1:options]),
            *matrix.heads[options:],
        )
        yield _whole(heads, [(code_span(row[0]), *map(_plain, row[1:])) for row in matrix.rows])
    for square in chapter.calibration.squares if chapter.calibration else ():
        if square.figures:
            yield f"Calibration of {code_span(square.name)}: {_plain(square.figures)}"


def _column(row: SideRow) -> tuple[str, ...]:
    compared = row.compared
    difference = f"{compared.value} {compared.interval}".strip() if compared else ""
    direction = f"{compared.direction}: " if compared and compared.direction else ""
    return (
        code_span(row.name),
        _plain(f"{row.accuracy.value} {row.accuracy.interval}".strip()),
        _plain(row.accuracy.numbers),
        _plain(difference),
        _plain(
            ", ".join(filter(None, (f"{direction}{compared.words}", compared.p or compared.cases)))
        )
        if compared
        else "reference",
        _plain(row.latency.median),
        _plain(row.ratios.latency),
        _plain(row.tokens.total),
        _plain(row.ratios.tokens),
        _plain(row.cost),
        _plain(row.ratios.cost),
        _plain(row.errors),
    )


def _since(comparison: Comparison) -> Iterator[str]:
    """Of each gate that compares with a baseline: the cases that it lost and gained."""
    several = len(comparison.suites) > 1
    found = {(each.suite, each.column, each.against): each for each in comparison.findings}
    told = [
        each
        for each in found.values()
        if (each.against or "").startswith("the baseline") and (each.losses or each.gains)
    ]
    if told:
        yield "### What flipped since the baseline"
    for each in told:
        of = f"{code_span(each.suite)}, " if several else ""
        lost = f"**{words.plural(len(each.losses), 'case')} lost**: {_ids(each.losses)}"
        gained = f"{words.plural(len(each.gains), 'case')} gained: {_ids(each.gains)}"
        parts = [part for part, ids in ((lost, each.losses), (gained, each.gains)) if ids]
        yield f"{of}{code_span(each.column)}: {'; '.join(parts)}"


def _flipped(comparison: Comparison, suite: SuiteComparison) -> Iterator[str]:
    """Of each column: the cases that it lost, with answers, and those that it gained."""
    called = names.side_names(comparison, suite)
    differences = [side.difference for side in suite.sides if side.difference is not None]
    changed = [each for each in differences if each.losses or each.gains]
    if not changed:
        return
    yield "### What flipped"
    for each in changed:
        against = f"{code_span(called[each.side])} against {code_span(called[each.reference])}"
        if each.losses:
            lost = words.plural(len(each.losses), "case")
            yield f"{against}: **{lost} lost**: {_ids(each.losses)}"
            yield from _answers(suite, each)
        if each.gains:
            yield f"{against}: {words.plural(len(each.gains), 'case')} gained: {_ids(each.gains)}"


def _ids(cases: Sequence[str]) -> str:
    more = f" and {len(cases) - _FLIPS} more" if len(cases) > _FLIPS else ""
    return f"{', '.join(map(code_span, cases[:_FLIPS]))}{more}"


def _answers(suite: SuiteComparison, difference: Difference) -> Iterator[str]:
    """The first answer that failed, of the first cases that were lost."""
    rows = {row.id: row for row in suite.cases}
    for case in difference.losses[:_ANSWERS]:
        trials = rows[case].trials.get(difference.side, ())
        answer = next((_text(trial) for trial in trials if trial.passed == 0), "")
        if answer:
            yield f"{code_span(case)} now answers\n\n{fence(answer)}"


def _text(trial: TrialResult) -> str:
    if trial.turns:
        return transcript(trial)
    return trial.completion.text if trial.completion else ""


def fence(text: str) -> str:
    """A code block of the first 300 characters, which nothing in them can end."""
    cut = f"{text[:_ANSWER]}…" if len(text) > _ANSWER else text
    shown = printable(cut).replace("\r", "[CR]")
    return f"{_ticks(shown, 3)}text\n{shown}\n{_ticks(shown, 3)}"


def _ticks(text: str, least: int) -> str:
    """More backticks than stand in a row in the text."""
    return "`" * max(least, 1 + max(map(len, re.findall("`+", text)), default=0))


def code_span(text: str) -> str:
    """A code span on one line; a pipe would end a cell of a table."""
    shown = one_line(text, 200)
    if not shown:
        return ""
    ticks = _ticks(shown, 1)
    space = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{ticks}{space}{shown}{space}{ticks}".replace("|", "\\|")


def _plain(text: str) -> str:
    """Prose in which nothing is markup: no link, no mention, no reference to an issue."""
    escaped = one_line(text, 500).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    escaped = _SPECIAL.sub(r"\\\1", escaped)
    for sign in "#@":
        escaped = escaped.replace(sign, f"&#{ord(sign)};")
    return escaped.replace("://", "&#58;//").replace("www.", "www&#46;")


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns of which no row has anything are left out."""
    listed = list(rows)
    kept = [i for i in range(len(heads)) if any(row[i] not in ("", "–") for row in listed)]
    return _whole([heads[i] for i in kept], [[row[i] for i in kept] for row in listed])


def _whole(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
