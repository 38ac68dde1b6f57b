"""What an import found: the suite, what was left out and where, how much was carried over."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from evals.errors import EvalsError, Place
from evals.model import JsonObject
from evals.model.frozen import Frozen

MOST: Final = 50_000  # parts of one file, so that no small file becomes a huge suite


class Note(Frozen, frozen=True):
    """Something that is not in the suite as it was in the file."""

    place: Place
    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}: {self.why}"


class Draft(Frozen, frozen=True, kw_only=True):
    """A suite before it was looked at, and the endpoints that it needs."""

    suite: JsonObject
    endpoints: JsonObject = {}


class Imported(Frozen, frozen=True, kw_only=True):
    """The suite as text, the endpoints that the configuration has to name, what was left out."""

    name: str
    text: str
    endpoints: str
    notes: tuple[Note, ...]
    carried: dict[str, tuple[int, int]]  # kind → how many were carried over, of how many


class Findings:
    """Gathers notes and counts while a file is read."""

    def __init__(self) -> None:
        self.notes: list[Note] = []
        self.found: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()
        self.variables: dict[str, None] = {}  # of the environment
        self._origins: dict[int, tuple[Place, str, Any]] = {}

    def note(self, place: Place, what: str, why: str) -> None:
        note = Note(place, what, why)
        if note not in self.notes[-50:]:
            self.notes.append(note)

    def count(self, kind: str, number: int = 1) -> None:
        """Parts of a kind that the file has."""
        self.found[kind] += number
        if self.found.total() > MOST:
            raise EvalsError(f"The file makes more than {MOST:,} tests and assertions.")

    def lose(self, kind: str, place: Place, what: str, why: str) -> None:
        """A part that is not in the suite."""
        self.lost[kind] += 1
        self.note(place, what, why)

    def born(self, made: Any, place: Place, kind: str) -> None:
        """Remember where a part of the suite comes from."""
        self._origins[id(made)] = (place, kind, made)

    def origin(self, made: Any) -> tuple[Place, str] | None:
        found = self._origins.get(id(made))
        return None if found is None else found[:2]

    def carried(self) -> dict[str, tuple[int, int]]:
        return {kind: (max(0, n - self.lost[kind]), n) for kind, n in self.found.items()}
