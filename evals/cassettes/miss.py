"""Why a recording is missing: the nearest one there is, and what changed since."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from evals.cassettes.key import identity, key
from evals.cassettes.layout import compact
from evals.cassettes.store import Cassettes
from evals.errors import DamagedFile, MissingRecording
from evals.model import Request

_Leaves = dict[str, Any]
_LONGEST = 80
_BEFORE = 24  # characters of a long text that are shown before its first difference
_ABSENT = object()


class _Known(msgspec.Struct, frozen=True):
    """One recording, as the search sees it."""

    name: str
    asker: str
    take: int
    leaves: _Leaves


class Misses:
    """Explains misses of one suite; recordings are indexed once, on the first miss."""

    def __init__(self, cassettes: Cassettes) -> None:
        self._cassettes = cassettes
        self._index: tuple[_Known, ...] | None = None
        self._near: dict[str, list[_Known]] = {}  # by key and by case

    @property
    def nothing_recorded(self) -> bool:
        return not self._known()

    def _known(self) -> tuple[_Known, ...]:
        if self._index is None:
            self._index = tuple(
                _Known(
                    name=path.name,
                    asker=exchange.recorded.for_,
                    take=exchange.request.take,
                    leaves=dict(_leaves(identity(exchange.request))),
                )
                for path, exchange in self._cassettes.all()
                if not isinstance(exchange, DamagedFile)
            )
            for known in self._index:
                for near in (known.name.partition(".")[0], f"case {_case(known.asker)}"):
                    self._near.setdefault(near, []).append(known)
        return self._index

    def change(self, request: Request) -> str:
        """The kind of change that explains a miss, in a few words."""
        return self._find(request)[0]

    def explain(self, request: Request, *, remedy: str) -> MissingRecording:
        """The error for a request that has no recording; `remedy` is the command to record it.

        The nearest recording is one of the same case, if there is any.
        """
        change, nearest = self._find(request)
        lines = [f"Nothing is recorded for {request.asker} (take {request.take}): {change}."]
        wanted = dict(_leaves(identity(request)))
        if nearest is None and self._known():
            nearest = _nearest(self._known(), request, wanted)
        if nearest is None:
            lines.append("The suite has no recordings.")
        else:
            lines += _describe(nearest, wanted)
        return MissingRecording("\n".join(lines), change=change, remedy=remedy)

    def _find(self, request: Request) -> tuple[str, _Known | None]:
        """The kind of change, and the nearest recording of the same request or case."""
        if not self._known():
            return "nothing recorded", None
        near = self._near.get(key(request)) or self._near.get(f"case {_case(request.asker)}")
        if not near:
            return "new case", None
        wanted = dict(_leaves(identity(request)))
        nearest = _nearest(near, request, wanted)
        return _kind(_changed(nearest.leaves, wanted)), nearest


def _nearest(known: Sequence[_Known], request: Request, wanted: _Leaves) -> _Known:
    return min(known, key=lambda item: _distance(item, request, wanted))


def _case(asker: str) -> str:
    """The case of `case[column]`."""
    return asker.rpartition("[")[0] or asker


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf of a JSON value with its path, as `messages[0].content`."""
    if isinstance(value, dict) and value:
        for name, item in value.items():
            inner = f"{path}.{name}" if path else name
            yield from _leaves(item, inner.removeprefix("body."))
    elif isinstance(value, list) and value:
        for position, item in enumerate(value):
            yield from _leaves(item, f"{path}[{position}]")
    else:
        yield path, value


def _changed(before: _Leaves, after: _Leaves) -> list[str]:
    return [
        path
        for path in (*before, *(path for path in after if path not in before))
        if before.get(path, _ABSENT) != after.get(path, _ABSENT)
    ]


def _distance(item: _Known, request: Request, wanted: _Leaves) -> tuple[bool, int, float, int]:
    paths = _changed(item.leaves, wanted)
    texts = (
        1 - difflib.SequenceMatcher(None, before, after).quick_ratio()
        for path in paths
        if isinstance(before := item.leaves.get(path), str)
        and isinstance(after := wanted.get(path), str)
    )
    other_asker = item.asker != request.asker
    return (bool(paths) and other_asker, len(paths), sum(texts), abs(item.take - request.take))


def _describe(nearest: _Known, wanted: _Leaves) -> list[str]:
    paths = _changed(nearest.leaves, wanted)
    lines = [f"The nearest recording is {nearest.name} (of {nearest.asker})."]
    if not paths:
        return [*lines, f"It is take {nearest.take} of the same request."]
    for path in paths[:6]:
        before, after = _shown(nearest.leaves, wanted, path)
        lines.append(f"  {path}: {before} → {after}")
    if len(paths) > 6:
        lines.append(f"  … and {len(paths) - 6} more fields")
    return lines


def _kind(paths: list[str]) -> str:
    prompts = [path for path in paths if path.startswith("messages")]
    if not paths:
        return "one take more is needed"
    if paths == ["seed"]:
        return "another seed"
    if paths == ["model"]:
        return "model renamed"
    if paths == ["endpoint"]:
        return "another endpoint"
    if len(prompts) == len(paths):
        return "prompt edited"
    if not prompts:
        return "parameter changed"
    return "prompt and parameters changed"


def _shown(before: _Leaves, after: _Leaves, path: str) -> tuple[str, str]:
    """Both values of a field; of long texts the part around their first difference."""
    old, new = before.get(path, _ABSENT), after.get(path, _ABSENT)
    start = 0
    if isinstance(old, str) and isinstance(new, str) and max(len(old), len(new)) > _LONGEST:
        start = max(0, _shared(old, new) - _BEFORE)
    return _value(old, start), _value(new, start)


def _shared(before: str, after: str) -> int:
    """How many characters two texts begin with alike."""
    pairs = zip(before, after, strict=False)
    alike = (place for place, (one, other) in enumerate(pairs) if one != other)
    return next(alike, min(len(before), len(after)))


def _value(value: Any, start: int) -> str:
    if value is _ABSENT:
        return "(absent)"
    if isinstance(value, str) and start:
        value = f"…{value[start:]}"
    text = compact(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
