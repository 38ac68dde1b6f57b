"""The file that is imported, and the data files that it names: in its folder or below."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any, Final

from evals.errors import EvalsError, Place, Problem, SuiteError
from evals.importing.findings import Findings
from evals.suite.datasets import read_json
from evals.suite.files import Files
from evals.suite.yaml import MAX_BYTES, Document, decode, read_yaml

_MOST_FILES: Final = 1000


class Unequal(EvalsError):
    """Something of another tool that has no equal in a suite; its text is the reason."""


def reason(problem: EvalsError, place: Place) -> str:
    """Why a part at a place has no equal, without saying the place twice."""
    if isinstance(problem, SuiteError) and problem.problems[0].place == place:
        return problem.problems[0].message
    return problem.message


class Source:
    """Reads values and remembers where each of their containers stands."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.findings = Findings()
        self._files = Files(path.parent, data=(), root=path.parent)
        self._places: dict[int, tuple[Document, tuple[str | int, ...], Any]] = {}
        self._stands: dict[int, tuple[Place, Any]] = {}
        self._read = 0

    def whole(self) -> Any:
        """The value of the file itself."""
        return self.value(self.path.name)

    def data(self, name: str) -> bytes:
        """The bytes of a file; raises `FileRefused` where it may not be read."""
        self._read += 1
        if self._read > _MOST_FILES:
            raise Unequal(f"more than {_MOST_FILES:,} files are named")
        return self._files.read(name)

    def text(self, name: str) -> str:
        return decode(self.data(name), name)

    def value(self, name: str) -> Any:
        """What a YAML or JSON file holds."""
        data = self.data(name)
        if name.endswith(".json"):
            return read_json(data, name)
        document = read_yaml(data, name)
        for problem in document.problems:
            self.findings.note(problem.place, "left out", problem.message)
        self._remember(document)
        return document.value

    def parsed(self, text: str, name: str) -> Any:
        """What a text inside a file holds, as YAML."""
        if len(text) > MAX_BYTES:
            raise Unequal("the text is too long")
        return read_yaml(text.encode("utf-8", "replace"), name).value

    def rows(self, name: str) -> list[tuple[Place, dict[str, str]]]:
        """The rows of a CSV file, with their places."""
        reader = csv.reader(io.StringIO(self.text(name), newline=""), skipinitialspace=True)
        rows: list[tuple[Place, dict[str, str]]] = []
        try:
            head = [cell.strip() for cell in next(reader, [])]
            for cells in reader:
                if any(cells):
                    place = Place(name, reader.line_num, 1)
                    rows.append((place, dict(zip(head, cells, strict=False))))
        except csv.Error as problem:
            place = Place(name, reader.line_num, 1)
            raise SuiteError([Problem(place, f"no CSV: {problem}")]) from problem
        return rows

    def matching(self, name: str) -> list[str]:
        """The names of the files that a name or pattern stands for."""
        found = self._files.matching(name)
        return [path.relative_to(self.path.parent.resolve()).as_posix() for path in found]

    def place(self, container: Any, key: str | int | None = None) -> Place:
        """Where a mapping or list stands, or what it holds under a key."""
        known = self._places.get(id(container))
        if known is None:
            stands = self._stands.get(id(container))
            return Place(self.path.name) if stands is None else stands[0]
        document, path, _ = known
        return document.place(path if key is None else (*path, key), key=key is not None)

    def stand(self, value: Any, place: Place) -> Any:
        """The value, all of whose containers stand at one place."""
        stack = [value]
        while stack:
            part = stack.pop()
            if isinstance(part, dict | list):
                self._stands[id(part)] = (place, part)
                stack += part.values() if isinstance(part, dict) else part
        return value

    def left(self, container: Any, key: str | int | None, what: str, why: str) -> None:
        """Note what of a container is not in the suite."""
        self.findings.note(self.place(container, key), what, why)

    def lose(self, kind: str, container: Any, key: str | int | None, what: str, why: str) -> None:
        self.findings.lose(kind, self.place(container, key), what, why)

    def _remember(self, document: Document) -> None:
        stack: list[tuple[tuple[str | int, ...], Any]] = [((), document.value)]
        while stack:
            path, value = stack.pop()
            if not isinstance(value, dict | list) or id(value) in self._places:
                continue
            self._places[id(value)] = (document, path, value)
            items: Any = value.items() if isinstance(value, dict) else enumerate(value)
            stack += [((*path, key), part) for key, part in items]
