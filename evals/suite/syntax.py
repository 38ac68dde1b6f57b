"""What is said of a text that is no YAML."""

from __future__ import annotations

from typing import Any, Final

import yaml

from evals.errors import Place, Problem, SuiteError

Mark = tuple[int, int]  # line and column, from 1

MAX_DEPTH: Final = 100  # levels of nested lists and mappings
_TOO_DEEP: Final = "exceeded maximum nesting depth"  # newer libyaml, before the first event
_TAB: Final = "indent with spaces; YAML allows no tab there"
HINTS: Final = {
    "cannot start any token": "put a text that begins with this character in quotes",
    "mapping values are not allowed": "put a text that holds `: ` in quotes",
    "undefined alias": "an alias stands after its anchor, and never inside it",
    "unexpected end of stream": "a quote has no end",
    "did not find expected": "check brackets, quotes and indentation just before this place",
}


def fatal(path: str, mark: Mark, message: str, *details: str) -> SuiteError:
    """A mistake after which nothing can be read."""
    return SuiteError([Problem(Place(path, *mark), message, details)])


def too_deep(path: str, mark: Mark) -> SuiteError:
    """Lists and mappings are nested deeper than a suite may nest them."""
    return fatal(path, mark, f"nested deeper than {MAX_DEPTH} levels, the limit")


def syntax_error(path: str, text: str, error: yaml.YAMLError) -> SuiteError:
    """The parser's words, with what they mean in a suite."""
    mark: Any = getattr(error, "problem_mark", None)
    if mark is None:
        position = getattr(error, "position", 0)
        line = text.count("\n", 0, position) + 1
        reason = str(getattr(error, "reason", error))
        return fatal(path, (line, 1), f"not YAML: {reason}", "write the character as an escape")
    what = getattr(error, "problem", None) or str(error)
    if _TOO_DEEP in what:
        return too_deep(path, (mark.line + 1, mark.column + 1))
    details = [hint for sign, hint in HINTS.items() if sign in what]
    if text[mark.index : mark.index + 1] == "\t":
        details = [_TAB]
    begun: Any = getattr(error, "context_mark", None)
    opening = text[begun.index : begun.index + 1] if begun is not None else ""
    if opening and opening in "'\"":
        mark = begun  # where the quote begins: the end of the file says nothing
    elif opening and opening in "[{" and begun.line < mark.line:
        details.append(f"the `{opening}` in line {begun.line + 1} is still open")
    return fatal(path, (mark.line + 1, mark.column + 1), f"not YAML: {what}", *details)
