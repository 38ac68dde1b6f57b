"""Which section of the reference tells more about a place in a suite."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from evals.checks.registry import find
from evals.errors import Place, Problem, SuiteError
from evals.reading import read_file
from evals.suite.parameters import is_listed
from evals.suite.yaml import MAX_BYTES, TOO_MANY, Document, read_yaml

YAML: Final = "suites.md#yaml"
SUITE: Final = "suites.md#keys-of-a-suite"
TEMPLATES: Final = "suites.md#templates"
DATA: Final = "suites.md#data-files"
CHECKS: Final = "checks.md#checks"
FILES: Final = "suites.md#files"

# The innermost key of a path that is listed decides, "above.key" before "key".
BY_KEY: Final[dict[str, str]] = {
    **dict.fromkeys(("suite", "live_only"), SUITE),
    "endpoint": "configuration.md#endpoints",
    "prompts": "suites.md#prompts",
    "prompts.name": "suites.md#prompts-in-python",
    "messages": "suites.md#messages",
    "image_url": "suites.md#images",
    "examples": "suites.md#examples",
    "examples.file": DATA,
    "parameters": "suites.md#parameters",
    "settings": "suites.md#settings",
    "matrix": "suites.md#matrix",
    "reference": "suites.md#columns",
    "repeat": "suites.md#samples",
    **dict.fromkeys(("repeat.min", "repeat.max", "until"), "suites.md#adaptive-samples"),
    "misses": "suites.md#misses",
    "defaults": "suites.md#tests",
    "tests": "suites.md#tests",
    "tests.file": DATA,
    "turns": "suites.md#turns",
    "dataset": "suites.md#data-sets",
    **dict.fromkeys(("map", "types", "where", "sample", "limit", "delimiter"), DATA),
    "checks": "checks.md#named-sets",
    "use": "checks.md#named-sets",
    "assert": "checks.md#an-assertion",
    "transform": "checks.md#transforms",
    "transforms": "checks.md#transforms",
    **dict.fromkeys(("any", "all", "at-least", "not-any", "not-all"), "checks.md#groups"),
    "judge": "suites.md#judge",
    "metrics": "suites.md#metrics-of-the-suite",
    "gates": "suites.md#gates",
    **dict.fromkeys(
        ("versus", "baseline", "margin", "mode", "across_hosts"), "suites.md#gates-that-compare"
    ),
    "limits": "suites.md#limits",
    "file": FILES,
    "id": "suites.md#ids",
}

# The keys below these are the user's names.
_OF_NAMES: Final = ("vars", "metadata", "checks", "transforms", "metrics")

_OF_TEMPLATES: Final = ("of the template", "unknown variable")
_Path = tuple[str | int, ...]


class Sections:
    """The sections for the problems of one suite."""

    def __init__(self, path: Path, shown: str) -> None:
        self._file = path
        self._shown = shown

    @cached_property
    def _document(self) -> Document | None:
        return _document(self._file, self._shown)

    @cached_property
    def _paths(self) -> list[tuple[tuple[int, int], int, _Path, bool]]:
        places = _places(self._document) if self._document is not None else ()
        return sorted(places, key=lambda place: place[:2])

    def of(self, problem: Problem) -> str:
        """The page and the heading, such as `suites.md#gates`."""
        if any(sign in problem.message for sign in _OF_TEMPLATES):
            return TEMPLATES
        if problem.place.path != self._shown:
            data = problem.place.path.endswith((".csv", ".jsonl", ".json", ".tsv", ".parquet"))
            return DATA if data else FILES
        if problem.message == TOO_MANY:
            return YAML  # the file is not read again to find out
        document = self._document
        if document is None or problem in document.problems:
            return YAML
        if not problem.place.line:
            return SUITE
        path = self._path(problem)
        return section_of(path, document.value)

    def place_of(self, problem: Problem) -> Place:
        """Where the part stands that is wrong, in what begins at the problem's place."""
        document = self._document
        if document is None or not problem.within or problem.place.path != self._shown:
            return problem.place
        if not problem.place.line:
            return document.place(problem.within)
        first = problem.within[0]
        for mark, _, path, is_key in reversed(self._paths):
            if mark == self._mark(problem) and not is_key:
                value = _at(document.value, path)
                if isinstance(value, dict) and first in value:
                    return document.place((*path, *problem.within))
        return problem.place

    @staticmethod
    def _mark(problem: Problem) -> tuple[int, int]:
        return problem.place.line, problem.place.column

    def _path(self, problem: Problem) -> _Path:
        """The path of what stands at the place, or just before it."""
        index = bisect_right(self._paths, self._mark(problem), key=lambda each: each[0])
        if not index:
            return ()
        _, _, path, is_key = self._paths[index - 1]
        # a mapping begins with its first key: which of them is meant, only the words tell
        return path[:-1] if is_key and str(path[-1]) not in problem.message else path


def _document(path: Path, shown: str) -> Document | None:
    try:
        return read_yaml(read_file(path, limit=MAX_BYTES), shown)
    except (OSError, SuiteError):
        return None


def _places(document: Document) -> Iterator[tuple[tuple[int, int], int, _Path, bool]]:
    """Where each key and value of a document stands: mark, depth, path, whether it is a key."""
    stack: list[tuple[_Path, Any]] = [((), document.value)]
    while stack:
        path, value = stack.pop()
        if path:
            yield document.mark(path), len(path), path, False
            if isinstance(path[-1], str):
                yield document.mark(path, key=True), len(path), path, True
        if isinstance(value, dict):
            stack += (((*path, key), part) for key, part in value.items())
        elif isinstance(value, list):
            stack += (((*path, index), part) for index, part in enumerate(value))


def _at(value: Any, path: _Path) -> Any:
    for part in path:
        value = value[part]
    return value


def section_of(path: _Path, value: Any) -> str:
    """The section about what stands at a path of a suite."""
    kind = _check_at(path, value)
    last = path[-1] if path else None
    if kind is None and last == "type":
        return CHECKS
    if kind is not None and last not in ("transform", "use"):
        return kind
    if isinstance(last, str) and path[0] in ("settings", "parameters") and is_listed(last):
        return BY_KEY["parameters"]
    if "map" in path:
        return DATA  # the names below it are the user's
    keys = [part for part in path if isinstance(part, str)]
    keys = [key for above, key in zip(("", *keys), keys, strict=False) if above not in _OF_NAMES]
    for above, key in reversed(list(zip(("", *keys), keys, strict=False))):
        found = BY_KEY.get(f"{above}.{key}") or BY_KEY.get(key)
        if found is not None:
            return found
    return SUITE


def _check_at(path: _Path, value: Any) -> str | None:
    """The section of the innermost check that a path leads through."""
    found = None
    inside = False
    for part in path:
        inside = inside or part in ("assert", "checks")
        try:
            value = value[part]
        except (TypeError, LookupError):
            break
        if inside and isinstance(value, dict) and isinstance(value.get("type"), str):
            kind = find(value["type"].removeprefix("not-"))
            if kind is not None and not kind.own:
                found = f"checks.md#{kind.name}"
    return found
