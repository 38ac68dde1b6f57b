"""What is legal in a suite and surely not meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from evals.errors import Problem
from evals.model import Case, Check
from evals.suite.assertions import checks_in
from evals.suite.bind import template_options
from evals.suite.problems import Problems
from evals.suite.template import EXPECTED
from evals.suite.written import WrittenTest, each_test

_Path = tuple[str | int, ...]
# Keys of a test that change neither what is asked nor how it is judged.
_TOLD_ONLY: Final = frozenset({"id", "description", "tags", "metadata", "cluster"})
_MAKES_SEVERAL: Final = frozenset({"file", "dataset", "tests"})
_ALL_TEXTS: Final = frozenset({".*", "^.*", ".*$", ".*?", "(?s).*", "(?s)^.*$"})
_CASES: Final[Mapping[str, tuple[Any, str]]] = {
    "lower": (str.lower, "small letters"),
    "upper": (str.upper, "capital letters"),
}
_LITERAL: Final = frozenset(
    {"contains", "contains-any", "contains-all", "starts-with", "ends-with", "equals"}
)


def find_doubts(problems: Problems, tests: Sequence[WrittenTest], cases: Sequence[Case]) -> None:
    """Warn of what no reader would expect; `cases` has one of each kind."""
    _escapes(problems)
    _duplicates(problems, tests)
    seen: set[int] = set()
    for case in cases:
        _unjudged(problems, case)
        for check in checks_in(case.checks):
            if id(check) in seen or check.place is None:
                continue
            seen.add(id(check))
            for problem in _foregone(check):
                problems.add(problem)


def _escapes(problems: Problems) -> None:
    """A backslash and an n between single quotes is no line break."""
    document = problems.document
    if not document.escapes:
        return
    for path in _texts(document.value, ("prompts", "tests", "defaults")):
        if "assert" not in path and document.mark(path) in document.escapes:
            message = r"'\n' in single quotes is a backslash and an n"
            problems.warn(path, message, ("double quotes make it a line break",))


def _texts(value: Any, keys: Sequence[str]) -> Iterator[_Path]:
    """The paths of the texts below some keys of a mapping that hold a backslash and an n."""
    stack: list[tuple[_Path, Any]] = [((key,), value[key]) for key in keys if key in value]
    while stack:
        path, item = stack.pop()
        if isinstance(item, str):
            if "\\n" in item:
                yield path
        elif isinstance(item, dict):
            stack += [((*path, key), part) for key, part in item.items()]
        elif isinstance(item, list):
            stack += [((*path, index), part) for index, part in enumerate(item)]


def _duplicates(problems: Problems, tests: Sequence[WrittenTest]) -> None:
    """Two tests of one list that ask the same and judge it in the same way."""
    first: dict[bytes, _Path] = {}
    for path, _ in each_test(tuple(tests)):
        test = _at(problems.document.value, path)
        if not isinstance(test, dict) or not _MAKES_SEVERAL.isdisjoint(test):
            continue
        own = {key: value for key, value in test.items() if key not in _TOLD_ONLY}
        kept = first.setdefault(msgspec.json.encode([path[:-1], own], order="sorted"), path)
        if kept != path:
            line = problems.place(kept).line
            message = f"the test in line {line} asks and judges the same"
            problems.warn(path, message, ("remove one of them; `repeat` takes more samples",))


def _at(value: Any, path: _Path) -> Any:
    try:
        for part in path:
            value = value[part]
    except (TypeError, LookupError):
        return None
    return value


def _unjudged(problems: Problems, case: Case) -> None:
    """An expected answer that no check of weight looks at, though there are checks."""
    if not case.has_expected or not case.checks or any(check.weight for check in case.checks):
        return
    checks = list(checks_in(case.checks))
    if any(EXPECTED in str(template_options(check)) for check in checks):
        return
    message = "nothing compares the answer with `expected`: all checks have weight 0"
    details = ("add {type: equals, value: '{{ expected }}'}, or remove `expected`",)
    place = case.place or problems.place(())
    problems.add(Problem(place, message, details, severity="warning"))


def _foregone(check: Check) -> Iterator[Problem]:
    """Whether the outcome of a check is the same for every answer."""
    found = _outcome(check)
    if found is None or check.place is None:
        return
    passes, why, remedy = found
    how = "always passes" if passes is not check.negate else "can never pass"
    message = f"{check.label} {how}: {why}"
    yield Problem(check.place, message, (remedy,), severity="warning", within=("value",))


def _outcome(check: Check) -> tuple[bool, str, str] | None:
    """What a check, without its `not-`, says of every answer; why; and what to do."""
    value = check.options.get("value")
    texts = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    if any(not isinstance(text, str) or "{{" in text or "{%" in text for text in texts):
        return None
    if check.type == "regex" and value in _ALL_TEXTS and set(check.options) == {"value"}:
        return True, "its pattern matches every text", "write what the answer has to hold"
    if check.type in _LITERAL:
        return _transformed(check, texts)
    return None


def _transformed(check: Check, texts: Sequence[str]) -> tuple[bool, str, str] | None:
    """A value that the transformed text can never hold."""
    ignored = check.options.get("ignore") or ()
    some = any if check.type == "contains-all" else all
    for step in check.transform:
        if isinstance(step, str) and step in _CASES and "case" not in ignored and texts:
            change, name = _CASES[step]
            if some(text != change(text) for text in texts):
                return False, f"{step} leaves only {name}", f"write the value in {name}"
        if step == "strip" and check.type == "equals" and "whitespace" not in ignored:
            spaced = [text for text in texts if text != text.strip()]
            if texts and spaced == list(texts):
                why = "strip takes the spaces at both ends"
                return False, why, "write the value without them"
    return None
