"""Checks of other forms than JSON: CSV, Python, Markdown."""

from __future__ import annotations

import ast
import csv
import io
import re
import sys
import warnings
from collections.abc import Iterator
from typing import Annotated, Final, TypeAlias

from msgspec import Meta

from evals.checks.bounds import between, inspect_range
from evals.checks.options import Count, Options
from evals.checks.registry import CheckType, Mistake
from evals.checks.verdict import count, found, nfc, quote
from evals.model import Completion, Verdict


class IsCsv(Options, frozen=True, kw_only=True):
    """Options of `is-csv`."""

    columns: Annotated[
        tuple[str, ...],
        Meta(description="The names in the first row, all and in this order; default: any."),
    ] = ()
    min_rows: Annotated[Count | None, Meta(description="At least as many rows below it.")] = None
    max_rows: Annotated[Count | None, Meta(description="At most as many rows below it.")] = None
    delimiter: Annotated[
        str, Meta(min_length=1, max_length=1, description="What stands between fields.")
    ] = ","


def is_csv(completion: Completion, options: IsCsv) -> Verdict:
    """The answer is CSV: a row of names, and rows with as many fields; blank lines do not count.

    A single column is CSV only where `columns` asks for it, or else every text would be.
    """
    try:
        rows = _rows(completion.text, options.delimiter)
    except csv.Error as error:
        return found(False, f"no CSV: {error}; found {quote(completion.text)}")
    if not rows:
        return found(False, "no CSV: the text is empty")
    names = rows[0][1]
    shown = ", ".join(quote(name, limit=40) for name in names[:20])
    if options.columns and [nfc(name) for name in names] != [nfc(c) for c in options.columns]:
        wanted = ", ".join(quote(name, limit=40) for name in options.columns)
        return found(False, f"the first row is {shown}, expected {wanted}")
    if not options.columns and len(names) < 2:
        return found(False, f"no CSV: one column only; found {quote(completion.text)}")
    for line, row in rows[1:]:
        if len(row) != len(names):
            told = f"{count(len(row), 'field')} in line {line:,}, expected {len(names)}"
            return found(False, f"{told}: {quote(options.delimiter.join(row))}")
    total = len(rows) - 1
    low, high = options.min_rows or 0, options.max_rows
    told = f"{count(total, 'row')} under {shown}"
    if options.min_rows is not None or high is not None:
        told += f", expected {between(options.min_rows, high)}"
    return found(total >= low and (high is None or total <= high), told)


def _rows(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """Each row that is not blank, with the number of the line it ends on."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    return [(reader.line_num, row) for row in reader if any(field.strip() for field in row)]


def _inspect_csv(options: IsCsv) -> Iterator[Mistake]:
    if options.delimiter in '"\r\n':
        yield ("delimiter",), "a quote or a line end cannot stand between fields"
    if options.min_rows and options.max_rows is not None:
        for _, message in inspect_range(options.min_rows, options.max_rows):
            yield ("min_rows",), message


Version: TypeAlias = Annotated[
    str,
    Meta(pattern=r"^3\.[0-9]{1,2}$", extra={"shape": 'a version such as "3.11"'}),
]


class IsPython(Options, frozen=True, kw_only=True):
    """Options of `is-python`."""

    version: Annotated[
        Version | None,
        Meta(
            description='`"3.8"` or later, up to the one that runs the suite: newer syntax fails, '
            "as far as the interpreter tells."
        ),
    ] = None


def is_python(completion: Completion, options: IsPython) -> Verdict:
    """The answer is Python that parses; it is never run.

    It parses as the interpreter does that runs the suite, whose version the reason tells.
    """
    running = f"Python {sys.version_info.major}.{sys.version_info.minor}"
    told = running if options.version is None else f"Python {options.version} by {running}"
    version = None if options.version is None else (3, _minor(options.version))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of doubtful, but valid code
            tree = ast.parse(completion.text, feature_version=version)
    except SyntaxError as error:
        line = (error.text or "").strip()
        where = f"line {error.lineno}: {quote(line, limit=80)}"
        return found(False, f"no {told}: {error.msg} in {where}")
    except (ValueError, RecursionError, MemoryError) as error:
        kind = "null bytes" if isinstance(error, ValueError) else "nested too deeply"
        return found(False, f"no {told}: {kind}; found {quote(completion.text)}")
    if not tree.body:
        return found(False, f"no {told}: there is no statement in {quote(completion.text)}")
    return found(True, f"parses as {told}: {count(len(tree.body), 'statement')}")


def _minor(version: str) -> int:
    return int(version.partition(".")[2])


def _inspect_python(options: IsPython) -> Iterator[Mistake]:
    if options.version is not None and not 8 <= _minor(options.version) <= sys.version_info.minor:
        yield ("version",), f"{options.version} is not from 3.8 to 3.{sys.version_info.minor}"


class Markdown(Options, frozen=True, kw_only=True):
    """Options of `markdown`."""

    has: Annotated[
        tuple[
            Annotated[
                str,
                Meta(
                    pattern=r"^(headings|table|list|code(:\S+)?)$",
                    extra={"shape": "one of headings, table, list, code and code:LANGUAGE"},
                ),
            ],
            ...,
        ],
        Meta(description="`headings`, `table`, `list`, `code`, `code:python`: all are needed."),
    ]


def markdown(completion: Completion, options: Markdown) -> Verdict:
    """The answer's Markdown has all of the elements; the score is the share found."""
    there = _elements(completion.text)
    missing = [one for one in options.has if one.casefold() not in there]
    score = 1 - len(missing) / len(options.has)
    known = ", ".join(sorted(there)[:20]) or "none"
    if missing:
        shown = f"no {', no '.join(missing)} in {quote(completion.text)}"
        return found(False, f"{shown}; elements found: {known}", score=score)
    return found(True, f"elements found: {known}")


_FENCE: Final = re.compile(r" {0,3}(?P<fence>`{3,}+|~{3,}+)[ \t]*+(?P<language>[^\s`]*+)[^`]*$")
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]++[^\s#]")
_UNDERLINE = re.compile(r" {0,3}(?:=++|-{2,}+)[ \t]*+$")
_LIST = re.compile(r"[ \t]*+(?:[-*+]|[0-9]{1,9}[.)])[ \t]++\S")
_RULE = re.compile(r" {0,3}(?:(?:-[ \t]*+){3,}+|(?:\*[ \t]*+){3,}+|(?:_[ \t]*+){3,}+)$")
_DELIMITER = re.compile(r"[ \t]*+\|?(?:[ \t]*+:?-++:?[ \t]*+\|)*+(?:[ \t]*+:?-++:?[ \t]*+)?$")


def _elements(text: str) -> set[str]:
    """What stands outside of code fences, the fences, and their languages in small letters."""
    there: set[str] = set()
    fence, before = "", ""
    for line in text.splitlines():
        opened = _FENCE.match(line)
        if fence:
            closes = opened is not None and opened["fence"].startswith(fence)
            if closes and opened is not None and not opened["language"]:
                fence, before = "", ""
        elif opened is not None:
            fence = opened["fence"]
            there |= {"code"} | ({f"code:{opened['language'].casefold()}"} - {"code:"})
        else:
            there |= _element(line, before)
            before = line
    return there


def _element(line: str, before: str) -> set[str]:
    """What this line is, given the one before it."""
    if "|" in line and "|" in before and "-" in line and _DELIMITER.match(line):
        same = _cells(line) == _cells(before)
        return {"table"} if same else set()
    if _HEADING.match(line):
        return {"headings"}
    plain = (
        before.strip() and not _LIST.match(before) and not before.lstrip().startswith((">", "|"))
    )
    if plain and _UNDERLINE.match(line):
        return {"headings"}
    return {"list"} if _LIST.match(line) and not _RULE.match(line) else set()


def _cells(row: str) -> int:
    return row.strip().strip("|").replace("\\|", "").count("|") + 1


def _inspect_markdown(options: Markdown) -> Iterator[Mistake]:
    if not options.has:
        yield ("has",), "the list is empty"


CHECKS = (
    CheckType(name="is-csv", function=is_csv, options=IsCsv, inspect=_inspect_csv),
    CheckType(name="is-python", function=is_python, options=IsPython, inspect=_inspect_python),
    CheckType(name="markdown", function=markdown, options=Markdown, inspect=_inspect_markdown),
)
