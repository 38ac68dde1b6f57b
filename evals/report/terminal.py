"""The view in a terminal: the page's numbers as lines of text, or as rich renderables.

`lines` needs nothing but the view, so that a pytest session stays light; `renderables` is for
commands of our own.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from evals.report.gates import GateRow
from evals.report.marks import Icon
from evals.report.samples import Samples
from evals.report.settings import SideRow
from evals.report.view import Chapter, View

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["is_shown_by", "lines", "renderables"]

_FEWEST_COLUMNS = 40
_BROKEN_SHOWN = 5

_MARKS: dict[Icon, str] = {
    "pass": "✓",
    "fail": "✗",
    "flaky": "◐",
    "error": "!",
    "undecided": "?",
    "skip": "○",
    "none": "–",
}
_COLOURS: dict[Icon, str] = {
    "pass": "32",
    "fail": "31",
    "flaky": "33",
    "error": "35",
    "undecided": "33",
    "skip": "2",
    "none": "2",
}
_STYLES: dict[Icon, str] = {
    "pass": "green",
    "fail": "red",
    "flaky": "yellow",
    "error": "magenta",
    "undecided": "yellow",
    "skip": "dim",
    "none": "dim",
}
_ASCII = str.maketrans(
    {
        "✓": "+",
        "✗": "x",
        "◐": "~",
        "○": "o",
        "–": "-",
        "−": "-",
        "±": "+-",
        "×": "x",
        "…": "...",
        "→": "->",
        "≥": ">=",
        "\u202f": " ",
        "\u00a0": " ",
    }
)


def is_shown_by(encoding: str | None) -> bool:
    """Whether a terminal of this encoding shows all signs that `lines` uses with `unicode`."""
    try:
        "".join(map(chr, _ASCII)).encode(encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def lines(view: View, *, width: int, color: bool, unicode: bool = True) -> list[str]:
    """The summary as lines of at most `width` cells; plain ASCII without `unicode`."""
    width = max(width, _FEWEST_COLUMNS)
    told = [_verdict(view), *_wrapped(view.verdict.sentence, width)]
    if view.verdict.has_answers:
        for chapter in view.chapters:
            told += ["", *_chapter(chapter, width, named=len(view.chapters) > 1)]
        told += _gates(view, width)
        told += _broken(view, width)
        for each in view.honoured:
            told += _wrapped(each.text, width)
    return [_finished(line, width, color=color, unicode=unicode) for line in told]


class _Marked(str):
    """A line that an outcome colours."""

    __slots__ = ("icon",)
    icon: Icon


def _marked(icon: Icon, text: str) -> _Marked:
    line = _Marked(f"{_MARKS[icon]} {text}")
    line.icon = icon
    return line


def _finished(line: str, width: int, *, color: bool, unicode: bool) -> str:
    text = line.rstrip()
    if not unicode:
        text = text.translate(_ASCII).encode("ascii", "replace").decode()
    text = _cut(text, width, ellipsis="…" if unicode else "...")
    if color and isinstance(line, _Marked):
        mark, rest = text.lstrip()[:1], text.lstrip()[1:]
        margin = text[: len(text) - len(mark) - len(rest)]
        return f"{margin}\x1b[{_COLOURS[line.icon]}m{mark}\x1b[0m{rest}"
    return text


def _verdict(view: View) -> str:
    return _marked(view.verdict.icon, view.verdict.heading)


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width - 2, initial_indent="  ", subsequent_indent="  ")


def _chapter(chapter: Chapter, width: int, *, named: bool) -> Iterator[str]:
    if named:
        yield chapter.name
    yield from _wrapped(chapter.settings.heading, width)
    rows = [_HEADS, *(_cells(row) for row in chapter.settings.rows)]
    known = [i for i in range(len(_HEADS)) if any(row[i] not in ("", "–") for row in rows[1:])]
    yield from _table([[row[i] for i in known] for row in rows], width, _split(known))
    yield from _wrapped(chapter.settings.cheapest, width)
    for each in chapter.samples:
        yield from _wrapped(_sampled(each), width)


def _figures(chapter: Chapter) -> Iterator[str]:
    """Named metrics and figures of labels, then how well stated probabilities come true."""
    names = [row.name for row in chapter.settings.rows]
    for metric in chapter.weak.metrics:
        told = zip(names, metric.values, strict=True)
        parts = "; ".join(f"{name} {value}" if len(names) > 1 else value for name, value in told)
        yield f"{metric.name}: {parts}"
    for square in chapter.calibration.squares if chapter.calibration else ():
        if square.figures:
            yield f"calibration of {square.name}: {square.figures}"


def _sampled(of: Samples) -> str:
    """`warm: 3 of 40 cases disagree with themselves (a 1/2, b 1/2). Twice the samples …`."""
    cases = ", ".join(f"{case} {counts}" for case, counts in of.cases)
    told = f"{of.name}: {of.heading}{f' ({cases})' if cases else ''}."
    return f"{told} {of.more}".rstrip()


_HEADS = (
    *("column", "accuracy", "cases", "difference"),
    *("", "latency", "p95", "latency ×", "tokens", "tokens ×", "cost", "cost ×", "errors"),
)
_FIRST_LINE = 4  # of the columns, those that stay in a table that is too wide for one line


def _split(known: Sequence[int]) -> int:
    return sum(i < _FIRST_LINE for i in known)


def _cells(row: SideRow) -> tuple[str, ...]:
    compared = row.compared
    return (
        row.name,
        f"{row.accuracy.value} {row.accuracy.interval}".strip(),
        row.accuracy.numbers.replace(" cases", "").replace(" case", ""),
        f"{compared.value} {compared.interval}".strip() if compared else "",
        _chance(row),
        row.latency.median,
        row.latency.p95,
        row.ratios.latency,
        row.tokens.total,
        row.ratios.tokens,
        row.cost,
        row.ratios.cost,
        row.errors,
    )


def _chance(row: SideRow) -> str:
    compared = row.compared
    if compared is None:
        return "reference" if "reference" in row.tags else ""
    said = compared.words[:1].lower() + compared.words[1:]
    said = f"{compared.direction}, {said}" if compared.direction else said
    return f"{said}, {compared.cases}" if compared.cases else said


def _table(rows: Sequence[Sequence[str]], width: int, split: int) -> Iterator[str]:
    """Aligned columns; where they do not fit, those after `split` on a second line of each row."""
    if _fits(rows, width):
        yield from _aligned(rows)
        return
    table = [row[:split] for row in rows]
    firsts = list(_aligned(table)) if _fits(table, width) else [f"  {row[0]}" for row in rows]
    rest = split if _fits(table, width) else 1
    heads = rows[0][rest:]
    yield firsts[0]
    for first, row in zip(firsts[1:], rows[1:], strict=True):
        yield first
        told = (f"{h} {cell}".strip() for h, cell in zip(heads, row[rest:], strict=True) if cell)
        yield from _packed(told, width, indent="    ")


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(_width(row[i]) for row in rows) for i in range(len(rows[0]))]


def _fits(rows: Sequence[Sequence[str]], width: int) -> bool:
    return sum(size + 2 for size in _widths(rows)) <= width


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = _widths(rows)
    for row in rows:
        padded = (_pad(cell, size) for cell, size in zip(row, widths, strict=True))
        yield f"  {'  '.join(padded)}"


def _packed(parts: Iterable[str], width: int, *, indent: str) -> Iterator[str]:
    """Parts one after the other, as many on a line as fit whole."""
    line = ""
    for part in parts:
        longer = f"{line}; {part}" if line else part
        if line and _width(indent + longer) > width:
            yield indent + line
            line = part
        else:
            line = longer
    if line:
        yield indent + line


def _gates(view: View, width: int) -> Iterator[str]:
    rows = view.gates.rows
    if not rows:
        return
    yield ""
    yield "gates"
    for row in rows:
        value = _measured(row)
        if row.compared:
            certainty = f"; {row.sure[:1].lower()}{row.sure[1:]}"
        else:
            certainty = f"; {row.certainty.lower()}" if row.certainty else ""
            value = ", ".join(filter(None, (value, row.numbers)))
        told = f": {value}{certainty}" if row.value != "–" else f": {row.sure}"
        line = f"{_subject(row)}{told}"
        first, *rest = textwrap.wrap(line, width - 4) or [""]
        marked = _marked(row.mark.icon, first)
        indented = _Marked(f"  {marked}")
        indented.icon = row.mark.icon
        yield indented
        yield from (f"    {more}" for more in rest)
    if view.gates.folded:
        yield f"  {view.gates.folded_note}"


def _subject(row: GateRow) -> str:
    """The gate with what it judges, in one pair of brackets."""
    if not row.of:
        return row.gate
    if row.gate.endswith(")"):
        return f"{row.gate[:-1]}; {row.of})"
    return f"{row.gate} ({row.of})"


def _measured(row: GateRow) -> str:
    exact = row.certainty == "Exact"
    return row.value if exact else f"{row.value} {row.interval}".strip()


def _broken(view: View, width: int) -> Iterator[str]:
    yield ""
    yield from _wrapped(view.broken.sentence, width)
    for one in view.broken.cases[:_BROKEN_SHOWN]:
        suite = f"{one.suite}: " if one.suite else ""
        line = _Marked(f"  {_MARKS[one.now.icon]} {suite}{one.id}  {one.counts}  {one.reason}")
        line.icon = one.now.icon
        yield line


def _width(text: str) -> int:
    """Cells that a text takes: two for wide characters, none for combining ones."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _cut(text: str, width: int, *, ellipsis: str) -> str:
    if _width(text) <= width:
        return text
    while _width(text) > width - len(ellipsis):
        text = text[:-1]
    return f"{text}{ellipsis}"


def renderables(view: View) -> Iterator[RenderableType]:
    """The view for a rich console: the verdict, a table for each suite, gates, what failed."""
    from rich.text import Text

    icon = view.verdict.icon
    yield Text(f"{_MARKS[icon]} {view.verdict.heading}", style=f"bold {_STYLES[icon]}")
    if view.verdict.sentence:
        yield Text(view.verdict.sentence)
    if not view.verdict.has_answers:
        return
    for chapter in view.chapters:
        yield Text()
        yield from _rich_chapter(chapter, named=len(view.chapters) > 1)
    if view.gates.rows:
        yield Text()
        yield _rich_gates(view)
    yield Text()
    yield Text(view.broken.sentence)
    for one in view.broken.cases:
        mark = (f"{_MARKS[one.now.icon]} ", _STYLES[one.now.icon])
        suite = f"{one.suite}: " if one.suite else ""
        yield Text.assemble(mark, (f"{suite}{one.id}", "bold"), f"  {one.counts}  {one.reason}")
    for each in view.honoured:
        yield Text(each.text)


def _rich_chapter(chapter: Chapter, *, named: bool) -> Iterator[RenderableType]:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    if named:
        yield Text(chapter.name, style="bold")
    yield Text(chapter.settings.heading)
    rows = [_cells(row) for row in chapter.settings.rows]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    wanted = [i for i in range(len(_HEADS)) if any(row[i] not in ("", "–") for row in rows)]
    for i in wanted:
        table.add_column(_HEADS[i], justify="right" if i > 4 else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(row[i]) for i in wanted))
    yield table
    if chapter.settings.cheapest:
        yield Text(chapter.settings.cheapest)
    yield from (Text(_sampled(each)) for each in chapter.samples)
    yield from (Text(line) for line in _figures(chapter))
    for matrix in chapter.confusions:
        yield Text(f"confusion of {matrix.name}: {matrix.numbers}.")
        told = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for place, head in enumerate(matrix.heads):
            told.add_column(Text(head), justify="right" if place else "left", overflow="fold")
        for cells in matrix.rows:
            told.add_row(*map(Text, cells))
        yield told


def _rich_gates(view: View) -> RenderableType:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title="gates", title_justify="left")
    for head in ("", "gate", "of", "measured", "how sure"):
        table.add_column(head, overflow="fold")
    for row in (*view.gates.rows, *view.gates.folded):
        icon = row.mark.icon
        certainty = f"{row.certainty}: " if row.certainty else ""
        table.add_row(
            Text(f"{_MARKS[icon]} {row.mark.word}", style=_STYLES[icon]),
            Text(row.gate),
            Text(row.of),
            Text(", ".join(filter(None, (_measured(row), row.numbers)))),
            Text(f"{certainty}{row.sure}"),
        )
    return table
