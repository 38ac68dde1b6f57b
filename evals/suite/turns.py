"""Turns as written → what is said in a conversation, and the checks of the replies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from evals.checks.registry import find
from evals.model import Assertion, ToolResult, Turn
from evals.suite.assertions import Assertions, checks_in
from evals.suite.problems import Problems
from evals.suite.written import WrittenTurn

Path = tuple[str | int, ...]


class Turns:
    """Reads the turns of one suite; what is wrong goes to `problems`."""

    def __init__(self, problems: Problems, assertions: Assertions) -> None:
        self._problems = problems
        self._assertions = assertions

    def read(
        self, written: Sequence[WrittenTurn], path: Path
    ) -> tuple[tuple[Turn, ...], tuple[Assertion, ...]]:
        """The turns, and their checks, each with its turn's number."""
        turns = tuple(self._turn(turn, (*path, index)) for index, turn in enumerate(written))
        checks = tuple(
            msgspec.structs.replace(check, turn=index)
            for index, turn in enumerate(written)
            for check in self._assertions.read(turn.assert_, (*path, index, "assert"))
        )
        for check in checks_in(checks):
            kind = find(check.type)
            if kind is not None and kind.scope != "trial":
                message = f"{check.label} looks at several trials: write it under the test's assert"
                self._problems.error((*path, check.turn or 0, "assert"), message)
        if written[0].tool is not None:
            details = ("nothing was called yet: begin with `user: TEXT`",)
            self._problems.error((*path, 0, "tool"), "the first turn is a tool's", details)
        return turns, checks

    def _turn(self, written: WrittenTurn, path: Path) -> Turn:
        if (written.user is None) is (written.tool is None):
            message = "a turn is either `user: TEXT` or `tool: {NAME: RESULT}`"
            self._problems.error(path, message)
        return Turn(user=written.user, tool=tuple(self._results(written, (*path, "tool"))))

    def _results(self, written: WrittenTurn, path: Path) -> Iterator[ToolResult]:
        if written.tool is None:
            return
        listed = (written.tool,) if isinstance(written.tool, dict) else written.tool
        if not any(listed):
            details = ("write {NAME: RESULT}",)
            self._problems.error(path, "no results of tools", details, key=True)
        for results in listed:
            for name, result in results.items():
                yield ToolResult(name=name, result=result)
