"""What is found wrong with one suite, each with its place."""

from __future__ import annotations

from collections.abc import Iterable

from evals.errors import EvalsError, Place, Problem
from evals.suite.yaml import Document, Path


class Problems:
    """Collects errors and warnings of a suite's document and the files that it names."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.errors: list[Problem] = list(document.problems)
        self.warnings: list[Problem] = []
        self.incomplete: set[str | int] = set()  # top-level keys that lost a part to its mistakes
        self._said: set[tuple[str, int, int, str]] = set()
        for problem in document.problems:
            self._is_new(problem)

    def place(self, path: Path, *, key: bool = False) -> Place:
        return self.document.place(path, key=key)

    def error(
        self, path: Path, message: str, details: Iterable[str] = (), *, key: bool = False
    ) -> None:
        """A mistake at a path of the document."""
        self.add(Problem(self.place(path, key=key), message, tuple(details)))

    def warn(
        self, path: Path, message: str, details: Iterable[str] = (), *, key: bool = False
    ) -> None:
        """Something that is allowed, and probably not meant."""
        place = self.place(path, key=key)
        self.add(Problem(place, message, tuple(details), severity="warning"))

    def refused(self, path: Path, error: EvalsError) -> None:
        """An error of a file or a template, at the path that names it."""
        self.error(path, error.message, (error.remedy,) if error.remedy else ())

    def add(self, problem: Problem) -> None:
        if self._is_new(problem):
            found = self.errors if problem.severity == "error" else self.warnings
            found.append(problem)

    def _is_new(self, problem: Problem) -> bool:
        """Whether it was not said yet: what is shared by aliases or defaults is said once."""
        place = problem.place
        said = (place.path, place.line, place.column, problem.message)
        if said in self._said:
            return False
        self._said.add(said)
        return True

    def sorted(self) -> tuple[Problem, ...]:
        """The errors in the order of the file, those of other files after them."""
        return self._in_order(self.errors)

    def sorted_warnings(self) -> tuple[Problem, ...]:
        """The warnings in the same order."""
        return self._in_order(self.warnings)

    def _in_order(self, found: Iterable[Problem]) -> tuple[Problem, ...]:
        own = self.document.path
        return tuple(
            sorted(
                found,
                key=lambda p: (p.place.path != own, p.place.path, p.place.line, p.place.column),
            )
        )
