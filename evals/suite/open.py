"""A suite ready to be asked: cells, which are a case bound to a column with its checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeGuard

from evals.checks.judge import Prepared, PreparedCheck, unmet
from evals.checks.registry import CheckType, find
from evals.endpoints.body import build_body
from evals.endpoints.config import Config
from evals.errors import ConfigError, EvalsError, Place, Problem, SuiteError
from evals.model import Assertion, Case, Check, Column, Group, JsonObject, Prompt, Suite, Turn
from evals.suite.assertions import checks_in
from evals.suite.bind import Binding
from evals.suite.bodies import CheckBodies
from evals.suite.cell import Cell, cell_name
from evals.suite.conversation import opening, rendered
from evals.suite.excerpts import explained, explaining
from evals.suite.expand import asks, pairs
from evals.suite.files import Files
from evals.suite.functions import check_again, messages_of
from evals.suite.images import Images, has_images
from evals.suite.load import load_suite
from evals.suite.nearest import hint
from evals.suite.template import is_plain, is_template

_NOTHING: Final[JsonObject] = {}
_MOST: Final = 100  # mistakes that only values show

_ONE_SAMPLE = "there is only one sample: ask for more by `repeat`"
_ONE_COLUMN = "there is only one column, and nothing to compare it with"
_NO_SCORES = "no other check of the test decides, so that there are no scores to compare"
_NO_N = "adaptive samples are asked one by one: take `n` and collapsed axes out"
_FIXED = "looks at several trials, whose number adaptive samples leave open: use a fixed `repeat`"
_UNJUDGED = "adaptive samples need a check that decides"
_ONE_REPLY = "a conversation has one reply a turn: ask for samples by `repeat`, not by `n`"


def is_overall(check: Prepared) -> TypeGuard[PreparedCheck]:
    """Whether a check looks at several trials."""
    return isinstance(check, PreparedCheck) and check.type.scope != "trial"


def _gives_score(assertion: Assertion) -> bool:
    """Whether it judges one answer, and decides."""
    kind = None if isinstance(assertion, Group) else find(assertion.type)
    return assertion.weight > 0 and (kind is None or kind.scope == "trial")


@dataclass(frozen=True, kw_only=True)
class OpenSuite:
    """A suite as understood, its warnings, and its cells, which are made when asked for."""

    suite: Suite
    warnings: tuple[Problem, ...]
    path: Path
    endpoints: frozenset[str]  # everyone who may be asked
    n_trials: int  # at least, where samples are adaptive
    n_requests: int  # at most; without those of checks
    making: Making
    is_adaptive: bool = False  # whether the answers decide how many samples some cases take
    only: str | None = None  # the name of a cell: no other is made

    @property
    def cells(self) -> Iterator[Cell]:
        """Every case in each of its columns, in the order of the file."""
        for case, column in pairs(self.suite):
            if self.only is None or self.only == cell_name(case, column):
                yield self.making.cell(case, column)

    @property
    def names(self) -> Iterator[str]:
        """The names of all cells."""
        return (cell_name(case, column) for case, column in pairs(self.suite))

    def cells_of(self, case: Case) -> tuple[Cell, ...]:
        """The cells of one case, one a column."""
        asked = (column for column in self.suite.columns if asks(case, column))
        return tuple(self.making.cell(case, column) for column in asked)

    def find(self, case: str, column: str) -> Cell | None:
        """The cell of these ids."""
        return self.making.find(case, column)


def open_suite(
    path: Path,
    *,
    config: Config,
    repeat: int | None = None,
    set_: Mapping[str, tuple[Any, ...]] | None = None,
) -> OpenSuite:
    """Load a suite and look at every case of it; raises `SuiteError` with every mistake.

    What only a rendered value shows (a pattern that does not compile, a text where a number is
    needed, a missing attribute) is found here, before anything is asked. Nothing rendered is kept.
    """
    with explaining(path, config.root):
        loaded = load_suite(path, config=config, repeat=repeat, set_=set_ or {})
        files = Files(path.parent, data=config.data, root=config.root)
        making = Making(loaded.suite, config, Images(files))
        n_trials, n_requests = making.check()
        if making.problems:
            raise SuiteError(making.problems)
    return OpenSuite(
        suite=loaded.suite,
        warnings=explained(loaded.warnings, path, config.root),
        path=path,
        endpoints=frozenset(making.endpoints),
        n_trials=n_trials,
        n_requests=n_requests,
        making=making,
        is_adaptive=making.is_adaptive,
    )


class Making:
    """Makes the cells of one suite, and tells beforehand what would go wrong."""

    def __init__(self, suite: Suite, config: Config, images: Images) -> None:
        self.problems: list[Problem] = []
        self._suite = suite
        self._config = config
        self._prompts: dict[str, Prompt] = {prompt.id: prompt for prompt in suite.prompts}
        self._checks = Binding()
        self._images = images
        self.is_adaptive = False
        self._said: set[tuple[Place, str]] = set()
        self._called: set[str] = set()  # prompts that were rendered
        endpoint = next(c.endpoint for c in suite.columns if c.id == suite.reference)
        self._bodies = CheckBodies(config, suite.judge, endpoint)
        self.endpoints = {column.endpoint for column in suite.columns}
        if suite.judge is not None:
            self.endpoints.add(suite.judge.endpoint)
        self._places: dict[str, int] = {}
        self._last: Case | None = None
        self._made: Cell | None = None
        self._prepared: tuple[Prepared, ...] = ()
        self._turns: tuple[Turn, ...] = ()
        self._rendered: dict[str, tuple[JsonObject, ...]] = {}

    def cell(self, case: Case, column: Column) -> Cell:
        """A case in a column, rendered; what its columns share is made once.

        The newest cell is kept: who asks for it asks several times in turn.
        """
        made = self._made
        if made is None or (made.case.id, made.column.id) != (case.id, column.id):
            made = self._made = self._cell(case, column)
        return made

    def _cell(self, case: Case, column: Column) -> Cell:
        if self._last is None or case.id != self._last.id:
            self._last, self._rendered = case, {}
            self._prepared = self._checks.prepared(case)
            self._turns = rendered(case) if case.turns else ()
        if column.prompt not in self._rendered:
            self._rendered[column.prompt] = self._messages(case, self._prompts[column.prompt])
        messages = self._rendered[column.prompt]
        variants = tuple(self._body(case, column, messages, one) for one in column.samples)
        return Cell(
            suite=self._suite.id,
            case=case,
            column=column,
            body=variants[0] if variants else self._body(case, column, messages),
            variants=variants,
            checks=tuple(check for check in self._prepared if not is_overall(check)),
            overall=tuple(filter(is_overall, self._prepared)),
            turns=self._turns,
            bodies=self._bodies,
        )

    def _messages(self, case: Case, prompt: Prompt) -> tuple[JsonObject, ...]:
        if case.turns and prompt.implied:
            return opening(self._turns)
        messages = self._images.filled(messages_of(prompt, case))
        return (*messages, *opening(self._turns)) if case.turns else messages

    def find(self, case: str, column: str) -> Cell | None:
        """The cell of these ids, or None."""
        if not self._places:
            self._places = {one.id: number for number, one in enumerate(self._suite.cases)}
        number = self._places.get(case)
        columns = [one for one in self._suite.columns if one.id == column]
        if number is None or not columns:
            return None
        if self._last is None or self._last.id != case:
            return self.cell(self._suite.cases[number], columns[0])
        return self.cell(self._last, columns[0])

    def check(self) -> tuple[int, int]:
        """Look at every case; how many trials and requests they are."""
        uncertain = [p for p in self._suite.prompts if not is_plain(p) or has_images(p.messages)]
        sizes: dict[tuple[object, ...], tuple[int, int]] = {}
        n_trials = n_requests = 0
        self._check_judge()
        for case in self._suite.cases:
            self._check_values(case)
            for prompt in self._suite.prompts if case.turns else uncertain:
                if case.prompts is None or prompt.id in case.prompts:
                    self._check_rendering(prompt, case)
            # what rows of one test share are the same objects
            shared = (id(case.checks), id(case.parameters), id(case.repeat))
            kind = (shared, case.prompts, case.settings)
            if kind not in sizes:
                sizes[kind] = self._check_columns(case)
            trials, requests = sizes[kind]
            n_trials, n_requests = n_trials + trials, n_requests + requests
            if len(self.problems) >= _MOST:
                message = f"after {_MOST} mistakes no further case is looked at"
                self.problems.append(Problem(Place(self._suite.path), message))
                break
        return n_trials, n_requests

    def _check_values(self, case: Case) -> None:
        try:
            self._checks.check(case)
        except SuiteError as problem:
            for one in problem.problems:
                self._complain(one.place, case, one.message, *one.details, within=one.within)
        except EvalsError as problem:
            self._complain(case.place, case, problem.message)

    def _check_rendering(self, prompt: Prompt, case: Case) -> None:
        try:
            if case.turns:
                rendered(case)
        except EvalsError as problem:
            self._complain(case.place, case, f"turns: {problem.message}")
        if case.turns and prompt.implied:
            return
        try:
            messages = messages_of(prompt, case)
            self._images.check(messages)
            if prompt.id not in self._called:
                self._called.add(prompt.id)
                check_again(prompt, case, messages)
        except EvalsError as problem:
            details = (problem.remedy,) if problem.remedy else ()
            self._complain(prompt.place or case.place, case, problem.message, *details)
            return
        if case.turns and messages and messages[-1]["role"] == "user":
            ends = f"prompt {prompt.id!r} ends with a user's message"
            self._complain(case.place, case, f"{ends}, and the turns begin with one")

    def _check_columns(self, case: Case) -> tuple[int, int]:
        """What a case needs of its columns and endpoints; its trials and requests."""
        for check in checks_in(case.checks):
            self._meet(check, case)
        trials = requests = 0
        judge = self._suite.judge is not None
        for column in self._suite.columns:
            if asks(case, column):
                parameters = {**column.parameters, **case.parameters}
                for assertion in case.checks:
                    for need in unmet(assertion, parameters, judge=judge):
                        self._lack(assertion, case, column, need)
                body = self._checked_body(case, column)
                if body is None:
                    continue
                number = case.repeat.samples * max(1, len(column.samples))
                requests += number
                candidates = int(body.get("n") or 1)
                trials += (case.repeat.least or number) * candidates
                if case.repeat.least is not None:
                    self._check_adaptive(case, column, candidates)
                self._complain_few(case, number * candidates)
                if case.turns and candidates > 1:
                    self._complain(case.place, case, f"column {column.id!r}: {_ONE_REPLY}")
        return trials, requests

    def _checked_body(self, case: Case, column: Column) -> JsonObject | None:
        """A body without messages; nothing, and a mistake, where none can be made."""
        try:
            return self._body(case, column, ())
        except ConfigError as error:
            self._refuse(error, "endpoint")
            return None

    def _check_judge(self) -> None:
        judge = self._suite.judge
        try:
            if judge is not None:
                self._bodies.chat(judge.endpoint, judge.model, (), judge.parameters)
        except ConfigError as error:
            self._refuse(error, "judge")

    def _refuse(self, error: ConfigError, key: str) -> None:
        """What the suite and the endpoint's configuration do not give together."""
        place, details = Place(self._suite.path), (error.remedy,) if error.remedy else ()
        if (place, error.message) not in self._said:
            self._said.add((place, error.message))
            self.problems.append(Problem(place, error.message, details, within=(key,)))

    def _lack(self, assertion: Assertion, case: Case, column: Column, need: str) -> None:
        """A judge is the suite's; parameters are the column's."""
        whose = "" if "needs a judge" in need else f"column {column.id!r}: "
        self._complain(assertion.place or case.place, case, f"{whose}{need}")

    def _check_adaptive(self, case: Case, column: Column, candidates: int) -> None:
        """What samples that are decided upon one after another do not go with."""
        self.is_adaptive = True
        if candidates > 1 or column.samples:
            self._complain(case.place, case, f"column {column.id!r}: {_NO_N}")
        if not case.judged:
            self._complain(case.place, case, _UNJUDGED)
        for check in checks_in(case.checks):
            kind = find(check.type)
            if kind is not None and kind.scope != "trial":
                self._complain(check.place or case.place, case, f"{check.label} {_FIXED}")

    def _complain_few(self, case: Case, samples: int) -> None:
        """Refuse checks over several trials where there is but one, or nothing to compare."""
        for check in checks_in(case.checks):
            kind = find(check.type)
            told = None
            if kind is not None and kind.scope == "case" and samples == 1:
                told = _ONE_SAMPLE
            elif kind is not None and kind.scope == "columns" and not kind.own:
                told = self._incomparable(case, check, kind)
            if told is not None:
                self._complain(check.place or case.place, case, f"{check.label}: {told}")

    def _incomparable(self, case: Case, check: Check, kind: CheckType) -> str | None:
        columns = [one.id for one in self._suite.columns if asks(case, one)]
        if len(columns) == 1:
            return _ONE_COLUMN
        if kind.scores and not any(map(_gives_score, case.checks)):
            return _NO_SCORES
        named = check.options.get(kind.column) if kind.column else None
        if not isinstance(named, str) or is_template(named) or named in columns:
            return None
        return f"unknown column {named!r}{hint(named, columns)}"

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
        self._complain(check.place or case.place, case, message, within=("endpoint",))

    def _body(
        self,
        case: Case,
        column: Column,
        messages: tuple[JsonObject, ...],
        sample: JsonObject = _NOTHING,
    ) -> JsonObject:
        return build_body(
            self._config.endpoints[column.endpoint],
            model=column.model,
            messages=messages,
            parameters={**column.parameters, **sample, **case.parameters},
        )

    def _complain(
        self,
        place: Place | None,
        case: Case,
        message: str,
        *details: str,
        within: tuple[str | int, ...] = (),
    ) -> None:
        place = place or Place(self._suite.path)
        if (place, message) not in self._said:
            self._said.add((place, message))
            if case.place is not None and case.place.path != place.path:
                details = (*details, f"the row: {case.place}")
            told = f"case {case.id!r}: {message}"
            self.problems.append(Problem(place, told, details, within=within))
