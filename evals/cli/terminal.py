"""What commands print: text without control characters, plain tables, colours where wanted."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

import click

if TYPE_CHECKING:
    from evals.report.view import View
    from evals.write import Secrets

_WIDEST = 160
_MARKS = "✓✗◐○−…→─\u202f"  # what tables are made of
_PLAIN = {0x202F: " ", 0xA0: " ", 0x2212: "-", 0x2013: "-", 0x2026: "...", 0x2192: "->"}


def say(text: str = "", *, style: str | None = None, error: bool = False, end: str = "\n") -> None:
    """Print `text`, made harmless, to stdout, or to stderr where it is no result.

    `style` is a colour or "bold".
    """
    from evals.write import without_commands

    safe = _encodable(without_commands(redacted(text)), sys.stderr if error else sys.stdout)
    if style == "bold":
        safe = click.style(safe, bold=True)
    elif style is not None:
        safe = click.style(safe, fg=style)
    click.echo(safe, nl=False, err=error)
    if end:
        click.echo(end, nl=False, err=error)


def redacted(text: str) -> str:
    """A text without secrets and control characters."""
    from evals.write import visible

    return visible(_secrets().redact(text))


def _secrets() -> Secrets:
    """What is never printed; kept for the command that runs."""
    from evals.cli.project import secrets

    context = click.get_current_context(silent=True)
    if context is None:
        return secrets()
    kept: Secrets = context.meta.setdefault("evals.secrets", None) or secrets()
    context.meta["evals.secrets"] = kept
    return kept


def say_view(view: View) -> None:
    """Print what a run or a comparison amounts to: rich tables, or plain ASCII lines."""
    from evals.write import without_commands

    secrets = _secrets()
    if not _is_encodable(_MARKS, sys.stdout):
        from evals.report.terminal import lines

        for line in lines(view, width=_width(), color=_is_colored(), unicode=False):
            click.echo(without_commands(secrets.redact(line)))
        return
    from io import StringIO

    from rich.console import Console

    from evals.report.terminal import renderables

    text = StringIO()
    console = Console(
        file=text,
        width=_width(),
        force_terminal=_is_colored(),
        no_color=not _is_colored(),
        highlight=False,
        markup=False,
        emoji=False,
    )
    for renderable in renderables(view):
        console.print(renderable)
    click.echo(without_commands(secrets.redact(text.getvalue())), nl=False)


def _encodable(text: str, stream: TextIO) -> str:
    """`text` without characters that the stream cannot encode."""
    if _is_encodable(text, stream):
        return text
    encoding = stream.encoding or "utf-8"
    return text.translate(_PLAIN).encode(encoding, "backslashreplace").decode(encoding)


def _is_encodable(text: str, stream: TextIO) -> bool:
    try:
        text.encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def wants_color(env: Mapping[str, str]) -> bool | None:
    """What the environment says of colours; None: they are for terminals only."""
    if env.get("NO_COLOR"):
        return False
    return True if env.get("FORCE_COLOR") else None


def _is_colored() -> bool:
    """Whether what goes to stdout now is coloured."""
    context = click.get_current_context(silent=True)
    wanted = context.color if context is not None else wants_color(os.environ)
    return sys.stdout.isatty() if wanted is None else wanted


def _width() -> int:
    """How many characters a line takes."""
    return min(shutil.get_terminal_size((120, 24)).columns, _WIDEST)


def table(
    rows: Sequence[Sequence[str]],
    *,
    head: Sequence[str] = (),
    right: Collection[int] = (),
) -> Iterator[str]:
    """The lines of a table; columns with a number in `right` are set flush right."""
    from evals.write import visible

    lines = [[visible(cell).replace("\n", " ") for cell in row] for row in (head, *rows) if row]
    if not lines:
        return
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (
            cell.rjust(size) if place in right else cell.ljust(size)
            for place, (cell, size) in enumerate(zip(line, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()
