"""From plain values to the types of a written suite: every mistake of form at once.

msgspec reads what is right, and stops at the first mistake. Only then does the generated schema
run over the file, to list them all; what is wrong is taken out, and the rest is read on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from evals.suite.problems import Problems
from evals.suite.written import WrittenSuite

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
Path = tuple[str | int, ...]


def read_written(problems: Problems) -> WrittenSuite | None:
    """The suite as written, less what is wrong; None where nothing of it can be read."""
    document = problems.document
    if document.value is None:
        problems.error((), "the file is empty", ("a suite needs tests",))
        return None
    if not isinstance(document.value, dict):
        message = f"a suite is a mapping, found {kind_of(document.value)}"
        problems.error((), message, ("write the tests under a key `tests:`",))
        return None
    try:
        return msgspec.convert(document.value, WrittenSuite)
    except msgspec.ValidationError:
        return _salvaged(problems)


def _salvaged(problems: Problems) -> WrittenSuite | None:
    """List what is wrong, take it out, and read the rest."""
    from evals.suite.mistakes import every

    document = problems.document
    paths = []
    for mistake in every(document.value):
        problems.error(mistake.path, mistake.message, mistake.details, key=mistake.is_key)
        paths.append(mistake.path)
    _take_out(problems, paths)
    while True:
        try:
            return msgspec.convert(document.value, WrittenSuite)
        except msgspec.ValidationError as error:
            # msgspec is stricter in something, such as 2.0 for a whole number
            text, _, where = str(error).partition(" - at `$")
            path = _path_in(where.rstrip("`"))
            if paths and paths[-1] == path:
                return None
            if not path or not document.was_cut(path):  # else it lacks what was taken out
                problems.error(path, f"{'.'.join(map(str, path)) or 'the suite'}: {text}")
            paths.append(path)
            _take_out(problems, [path])


def _take_out(problems: Problems, paths: Sequence[Path]) -> None:
    problems.document.drop([path for path in paths if path])
    problems.incomplete |= {path[0] for path in paths if path}


def kind_of(value: Any) -> str:
    """A value in the words of a suite's author: `a text ("no")`."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    shown = msgspec.json.encode(value).decode()
    shown = shown if len(shown) <= 40 else shown[:39] + "…"
    if isinstance(value, bool):
        return shown
    return f"a text ({shown})" if isinstance(value, str) else f"a number ({shown})"


def _path_in(where: str) -> Path:
    return tuple(name or int(index) for name, index in _STEP.findall(where))
