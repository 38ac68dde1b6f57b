"""The named transforms of a suite, put into the assertions that use them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from evals.checks.options import OptionsError, show, unknown
from evals.checks.transform import NAMES, pipeline
from evals.model import JsonObject
from evals.suite.problems import Problems

_NESTED = ("assert", "all", "any", "not-all", "not-any", "at-least", "of")
_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_RULE = "names are small letters, digits, hyphens and underscores, such as final_answer"

Path = tuple[str | int, ...]


class Transforms:
    """Reads the `transforms` of one suite; what is wrong goes to `problems`."""

    def __init__(self, problems: Problems, written: Mapping[str, Any]) -> None:
        self._problems = problems
        self._written = written
        self._named: dict[str, JsonObject | None] = {}
        self._open: list[str] = []  # those that are being read, to find a cycle

    def read(self) -> None:
        """Read every named transform, used or not."""
        for name in self._written:
            self._read(name)

    def filled(self, written: Any, path: Path) -> Any:
        """An assertion as written, with named transforms as their steps, at any depth.

        A step that cannot be had is reported, and left out.
        """
        if isinstance(written, list | tuple):
            return [self.filled(part, (*path, index)) for index, part in enumerate(written)]
        if not isinstance(written, dict):
            return written
        calls = str(written.get("type")).removeprefix("not-") == "tool-calls"
        nested = (*_NESTED, "value") if calls else _NESTED
        made = dict(written)
        for key, value in written.items():
            if key == "transform":
                made[key] = self._steps(value, (*path, key))
            elif key in nested:
                made[key] = self.filled(value, (*path, key))
        return made

    def _steps(self, written: Any, path: Path) -> list[Any]:
        """The steps of a pipeline, in which each name of the suite is a mapping to its steps."""
        if not isinstance(written, list | tuple):
            return self._step(written, path)
        return [step for at, one in enumerate(written) for step in self._step(one, (*path, at))]

    def _step(self, written: Any, path: Path) -> list[Any]:
        if isinstance(written, dict) and any(isinstance(v, list) for v in written.values()):
            message = f"several steps are named under `transforms`, found {show(written)}"
            self._problems.error(path, message)
        elif isinstance(written, str) and written in self._written and written not in NAMES:
            named = self._read(written)
            return [] if named is None else [named]
        elif isinstance(written, str) and written not in NAMES:
            self._problems.error(path, unknown("transform", written, (*NAMES, *self._written)))
        else:
            return [written]
        return []

    def _read(self, name: str) -> JsonObject | None:
        """`{name: steps}`; None where it is wrong."""
        if name in self._open:
            circle = " → ".join((*self._open[self._open.index(name) :], name))
            self._problems.error(("transforms", name), f"the transform uses itself: {circle}")
            return None
        if name not in self._named:
            self._open.append(name)
            self._named[name] = self._understood(name)
            self._open.pop()
        return self._named[name]

    def _understood(self, name: str) -> JsonObject | None:
        path, written = ("transforms", name), self._written[name]
        if name in NAMES:
            self._problems.error(path, f"`{name}` is a transform that is built in", (_OTHER,))
            return None
        if not _NAME.fullmatch(name):
            self._problems.error(path, f"{name!r} is no name of a transform", (_RULE,))
            return None
        before = len(self._problems.errors)
        steps = self._steps(written, path)
        if len(self._problems.errors) > before:
            return None
        if not steps:
            self._problems.error(path, f"the transform {name!r} has no step")
            return None
        try:
            pipeline(tuple(steps))
        except OptionsError as error:
            single = not isinstance(written, list)
            for inner, message in error.mistakes:
                self._problems.error((*path, *inner[2 if single else 1 :]), message)
            return None
        return {name: steps}


_OTHER = "give it another name"
