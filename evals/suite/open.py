"""A suite ready to be asked: every case bound to every column, every check prepared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from evals.checks.judge import OptionsError, Prepared, prepare, unmet
from evals.checks.registry import find
from evals.endpoint.body import build_body
from evals.endpoint.config import Config
from evals.errors import EvalsError, Place, Problem, SuiteError
from evals.model import Assertion, Case, Check, Column, JsonObject, Prompt, Suite, Turn
from evals.suite.assertions import checks_in
from evals.suite.bind import bind
from evals.suite.bodies import CheckBodies
from evals.suite.cell import Cell
from evals.suite.conversation import opening, rendered
from evals.suite.expand import pairs
from evals.suite.load import load_suite
from evals.suite.template import render_messages

_ONE_REPLY = "a conversation has one reply a turn: ask for samples by `repeat`, not by `n`"


class OpenSuite(msgspec.Struct, frozen=True, kw_only=True):
    """A suite as understood, its warnings, and its cells in the order of the file."""

    suite: Suite
    warnings: tuple[Problem, ...]
    cells: tuple[Cell, ...]
    path: Path
    endpoints: frozenset[str]  # everyone who may be asked

    @property
    def n_trials(self) -> int:
        return sum(cell.samples for cell in self.cells)


def open_suite(
    path: Path,
    *,
    config: Config,
    repeat: int | None = None,
    set_: Mapping[str, tuple[Any, ...]] | None = None,
) -> OpenSuite:
    """Load a suite and make its cells; raises `SuiteError` with every mistake.

    What only a rendered value shows (a pattern that does not compile, a text where a number is
    needed, a missing attribute) is found here, before anything is asked.
    """
    loaded = load_suite(path, config=config, repeat=repeat, set_=set_ or {})
    opening = _Opening(loaded.suite, config)
    cells = tuple(opening.cells())
    if opening.problems:
        raise SuiteError(opening.problems)
    return OpenSuite(
        suite=loaded.suite,
        warnings=loaded.warnings,
        cells=cells,
        path=path,
        endpoints=frozenset(opening.endpoints),
    )


class _Opening:
    """Makes the cells of one suite, collecting what goes wrong."""

    def __init__(self, suite: Suite, config: Config) -> None:
        self.problems: list[Problem] = []
        self._suite = suite
        self._config = config
        self._prompts: dict[str, Prompt] = {prompt.id: prompt for prompt in suite.prompts}
        self._said: set[tuple[Place, str]] = set()
        endpoint = next(c.endpoint for c in suite.columns if c.id == suite.reference)
        self._bodies = CheckBodies(config, suite.judge, endpoint)
        self.endpoints = {column.endpoint for column in suite.columns}
        if suite.judge is not None:
            self.endpoints.add(suite.judge.endpoint)

    def cells(self) -> Iterable[Cell]:
        checks: tuple[Prepared, ...] = ()
        messages: dict[str, tuple[JsonObject, ...]] = {}
        assertions: tuple[Assertion, ...] = ()
        last: Case | None = None
        turns: tuple[Turn, ...] = ()
        for case, column in pairs(self._suite):
            if case is not last:
                last, messages = case, {}
                assertions, checks = self._prepare(case)
                turns = self._turns(case) if case.turns else ()
            self._complain_unmet(case, column, assertions)
            if column.prompt not in messages:
                messages[column.prompt] = self._messages(case, column)
            body = self._body(case, column, (*messages[column.prompt], *opening(turns)))
            if turns and (body.get("n") or 1) > 1:
                self._complain(case.place, case, f"column {column.id!r}: {_ONE_REPLY}")
            yield Cell(
                suite=self._suite.id,
                case=case,
                column=column,
                body=body,
                checks=checks,
                turns=turns,
                bodies=self._bodies,
            )

    def _prepare(self, case: Case) -> tuple[tuple[Assertion, ...], tuple[Prepared, ...]]:
        try:
            assertions = bind(case)
        except SuiteError as problem:
            self.problems += problem.problems
            return (), ()
        except EvalsError as problem:
            self._complain(case.place, case, problem.message)
            return (), ()
        checks = []
        for check in checks_in(assertions):
            self._meet(check, case)
        for assertion in assertions:
            try:
                checks.append(prepare(assertion))
            except OptionsError as problem:
                for path, message in problem.mistakes:
                    where = ".".join((assertion.label, *map(str, path))) + ": "
                    self._complain(assertion.place or case.place, case, where + message)
        return assertions, tuple(checks)

    def _meet(self, check: Check, case: Case) -> None:
        """Note the endpoint that a check wants to ask."""
        kind, name = find(check.type), check.options.get("endpoint")
        if kind is None or not kind.asks or not isinstance(name, str):
            return
        if name in self._config.endpoints:
            self.endpoints.add(name)
            return
        known = ", ".join(self._config.endpoints)
        message = f"{check.label}: unknown endpoint {name!r}; known: {known}"
        self._complain(check.place or case.place, case, message)

    def _messages(self, case: Case, column: Column) -> tuple[JsonObject, ...]:
        prompt = self._prompts[column.prompt]
        if case.turns and prompt.implied:
            return ()
        try:
            messages = render_messages(prompt, case)
        except EvalsError as problem:
            self._complain(prompt.place or case.place, case, problem.message)
            return ()
        if case.turns and messages and messages[-1]["role"] == "user":
            message = (
                f"prompt {prompt.id!r} ends with a user's message, and the turns begin with one"
            )
            self._complain(case.place, case, message)
        return messages

    def _turns(self, case: Case) -> tuple[Turn, ...]:
        try:
            return rendered(case)
        except EvalsError as problem:
            self._complain(case.place, case, f"turns: {problem.message}")
            return ()

    def _body(self, case: Case, column: Column, messages: tuple[JsonObject, ...]) -> JsonObject:
        return build_body(
            self._config.endpoints[column.endpoint],
            model=column.model,
            messages=messages,
            parameters={**column.parameters, **case.parameters},
        )

    def _complain_unmet(
        self, case: Case, column: Column, assertions: tuple[Assertion, ...]
    ) -> None:
        parameters = {**column.parameters, **case.parameters}
        for assertion in assertions:
            for need in unmet(assertion, parameters, judge=self._suite.judge is not None):
                self._complain(assertion.place or case.place, case, f"column {column.id!r}: {need}")

    def _complain(self, place: Place | None, case: Case, message: str) -> None:
        place = place or Place(self._suite.path)
        if (place, message) not in self._said:
            self._said.add((place, message))
            self.problems.append(Problem(place, f"case {case.id!r}: {message}"))
