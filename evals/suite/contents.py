"""What stands in a file of its own: `tools: {file: tools.json}`, as JSON or YAML, or a text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeGuard

from msgspec import UNSET, UnsetType

from evals.errors import SuiteError
from evals.suite.datasets import read_json
from evals.suite.files import FileRefused, Files
from evals.suite.problems import Problems
from evals.suite.structure import kind_of
from evals.suite.yaml import read_yaml

Path = tuple[str | int, ...]


class Contents:
    """Reads such files for one suite, each once; what is wrong goes to `problems`."""

    def __init__(self, problems: Problems, files: Files) -> None:
        self._problems = problems
        self._files = files
        self._read: dict[tuple[str, Callable[[str], Any]], Any] = {}

    def read(self, written: Any, path: Path) -> Any:
        """The value in a file that is named at `path`; UNSET where it cannot be had."""
        return self._taken(written, path, self._value)

    def text(self, written: Any, path: Path) -> str | UnsetType:
        """The text in a file that is named at `path`; UNSET where it cannot be had."""
        text: str | UnsetType = self._taken(written, path, self._text)
        return text

    def _taken(self, written: Any, path: Path, take: Callable[[str], Any]) -> Any:
        if not isinstance(written, str):
            self._problems.error(path, f"file must be a path, found {kind_of(written)}")
            return UNSET
        try:
            if (written, take) not in self._read:
                self._read[written, take] = take(written)
            return self._read[written, take]
        except FileRefused as error:
            self._problems.refused(path, error)
        except SuiteError as error:
            for problem in error.problems:
                self._problems.add(problem)
        return UNSET

    def _text(self, written: str) -> str:
        try:
            return self._files.read(written).decode("utf-8-sig").strip()
        except UnicodeDecodeError as error:
            raise FileRefused(f"{written!r} is not UTF-8: byte {error.start}") from error

    def _value(self, written: str) -> Any:
        data, name = self._files.read(written), self._files.name(self._files.find(written))
        if name.lower().endswith(".json"):
            return read_json(data, name)
        document = read_yaml(data, name)
        if document.problems:
            raise SuiteError(document.problems)
        return document.value


def names_file(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether a value is `{file: PATH}`."""
    return isinstance(value, dict) and value.keys() == {"file"}
