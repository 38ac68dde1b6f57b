"""JSONPath (RFC 9535) over a parsed answer."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from evals.checks.options import OptionsError
from evals.checks.pattern import compile_pattern, searchable
from evals.checks.verdict import quote
from evals.errors import CheckError

if TYPE_CHECKING:
    from jsonpath import JSONPath, JSONPathEnvironment


@lru_cache(maxsize=1)
def _environment() -> JSONPathEnvironment:
    import jsonpath
    from jsonpath.function_extensions import ExpressionType, FilterFunction

    class Matches(FilterFunction):
        """`match` and `search` of the RFC, with RE2 in place of a backtracking engine."""

        arg_types = [ExpressionType.VALUE, ExpressionType.VALUE]
        return_type = ExpressionType.LOGICAL

        def __init__(self, *, full: bool) -> None:
            self.full = full

        def __call__(self, value: object, pattern: object) -> bool:
            if not isinstance(value, str) or not isinstance(pattern, str):
                return False
            try:
                compiled = compile_pattern(_line_end_aware(pattern))
            except OptionsError:  # the RFC: an invalid pattern matches nothing
                return False
            text = searchable(value)
            matched = compiled.fullmatch(text) if self.full else compiled.search(text)
            return matched is not None

    environment = jsonpath.JSONPathEnvironment(strict=True)
    environment.function_extensions["match"] = Matches(full=True)
    environment.function_extensions["search"] = Matches(full=False)
    environment.max_recursion_depth = 1000  # answers are refused long before
    return environment


_DOT = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|(\.)", re.DOTALL)  # after escapes and classes


def _line_end_aware(pattern: str) -> str:
    """`.` as the RFC's patterns (RFC 9485) mean it: anything but LF and CR."""
    return _DOT.sub(lambda part: r"[^\n\r]" if part[1] else part[0], pattern)


_TOKEN = re.compile(r"'?TOKEN_([A-Z_]+)'?")  # the library's words


def _plain(token: re.Match[str]) -> str:
    return token[1].lower().replace("_", " ")


@lru_cache(maxsize=256)
def compile_path(path: str) -> JSONPath:
    """The compiled query; raises `OptionsError` that says where it is wrong."""
    import jsonpath

    if not path.startswith("$"):
        example = f"$.{path}" if path else "$.name"
        message = f"invalid JSONPath {quote(path)}: it begins with $, such as {example}"
        raise OptionsError([((), message)])
    try:
        compiled = _environment().compile(path)
    except (jsonpath.JSONPathError, RecursionError, ValueError) as error:
        told = _TOKEN.sub(_plain, str(error).partition("\n")[0])
        raise OptionsError([((), f"invalid JSONPath {quote(path)}: {told}")]) from error
    if not isinstance(compiled, jsonpath.JSONPath):
        raise OptionsError([((), f"invalid JSONPath {quote(path)}: it is more than one query")])
    return compiled


def select(path: JSONPath, document: Any) -> list[Any]:
    """The values of the nodes that the query selects."""
    import jsonpath

    if isinstance(document, str):  # the library would parse it as JSON once more
        return [] if path.segments else [document]
    try:
        return [match.obj for match in path.finditer(document)]
    except (jsonpath.JSONPathError, RecursionError) as error:
        raise CheckError(f"{path} cannot be evaluated: {error}") from error


def places(path: JSONPath, document: Any) -> list[tuple[str | int, ...]]:
    """Where the nodes stand that the query selects: keys and indices from the root."""
    import jsonpath

    if isinstance(document, str):
        return [] if path.segments else [()]
    try:
        return [tuple(match.parts) for match in path.finditer(document)]
    except (jsonpath.JSONPathError, RecursionError) as error:
        raise CheckError(f"{path} cannot be evaluated: {error}") from error


def as_text(value: Any) -> str:
    """A selected value as text: a string without quotes, else its JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def selected_text(path: JSONPath, document: Any) -> str | None:
    """The one value of a singular query, else an array of all; None where nothing is selected."""
    values = select(path, document)
    if not values:
        return None
    return as_text(values[0] if path.singular_query() else values)
