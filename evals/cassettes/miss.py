"""Why a recording is missing: the nearest one there is, and what changed since."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

import msgspec

from evals.cassettes.key import identity
from evals.cassettes.store import Cassettes
from evals.errors import DamagedFile, MissingRecording
from evals.model import Request

_Leaves = dict[str, Any]
_LONGEST = 80
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

    @property
    def nothing_recorded(self) -> bool:
        return not self._known()

    def _known(self) -> tuple[_Known, ...]:
        if self._index is None:
            self._index = tuple(
                _Known(
                    name=path.name,
                    asker=exchange.recorded.for_,
                    take=int(path.name.split(".")[1]),
                    leaves=dict(_leaves(identity(exchange.request))),
                )
                for path, exchange in self._cassettes.all()
                if not isinstance(exchange, DamagedFile)
            )
        return self._index

    def explain(self, request: Request, *, remedy: str) -> MissingRecording:
        """The error for a request that has no recording; `remedy` is the command to record it."""
        wanted = dict(_leaves(identity(request)))
        known = self._known()
        if not known:
            change, lines = "nothing recorded", ["The suite has no recordings."]
        else:
            nearest = min(known, key=lambda item: _distance(item, request, wanted))
            change, lines = _describe(nearest, request, wanted)
        lines.insert(0, f"Nothing is recorded for {request.asker} (take {request.take}): {change}.")
        return MissingRecording("\n".join(lines), change=change, remedy=remedy)


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
    same_asker = item.asker == request.asker
    return (not same_asker, len(paths), sum(texts), abs(item.take - request.take))


def _describe(nearest: _Known, request: Request, wanted: _Leaves) -> tuple[str, list[str]]:
    paths = _changed(nearest.leaves, wanted)
    lines = [f"The nearest recording is {nearest.name} (of {nearest.asker})."]
    if not paths:
        lines.append(f"It is take {nearest.take} of the same request.")
        return "one take more is needed", lines
    lines += [
        f"  {path}: {_shown(nearest.leaves, path)} → {_shown(wanted, path)}" for path in paths[:6]
    ]
    if len(paths) > 6:
        lines.append(f"  … and {len(paths) - 6} more fields")
    return _kind(paths), lines


def _kind(paths: list[str]) -> str:
    prompts = [path for path in paths if path.startswith("messages")]
    if paths == ["model"]:
        return "model renamed"
    if paths == ["endpoint"]:
        return "another endpoint"
    if len(prompts) == len(paths):
        return "prompt edited"
    if not prompts:
        return "parameter changed"
    return "prompt and parameters changed"


def _shown(leaves: _Leaves, path: str) -> str:
    if path not in leaves:
        return "(absent)"
    text = msgspec.json.encode(leaves[path]).decode()
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
