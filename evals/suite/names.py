"""Vars and templates: each name that a template uses is there, each var is used."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from evals.checks.registry import find
from evals.errors import Place, Problem
from evals.model import Assertion, Case, Check, JsonObject, Prompt
from evals.suite.assertions import checks_in
from evals.suite.bind import template_options
from evals.suite.functions import find_function, parameters_of
from evals.suite.nearest import nearest
from evals.suite.problems import Problems
from evals.suite.prompts import DEFAULT, names_in
from evals.suite.template import (
    EXAMPLES,
    EXPECTED,
    TemplateError,
    compile_template,
    templates_in,
)
from evals.suite.template.values import unknown
from evals.suite.written import WrittenDefaults, WrittenTest, each_test


class _Used(NamedTuple):
    """The names in the templates of one option."""

    check: Check
    option: str
    names: Collection[str]


class Names:
    """Compares the names in templates with the vars of the cases."""

    def __init__(self, problems: Problems, prompts: Sequence[Prompt]) -> None:
        self._problems = problems
        self._prompts = prompts
        self._needed = {prompt.id: names_in(prompt) for prompt in prompts}
        self._by_assertion: dict[int, list[_Used]] = {}
        self._said: set[tuple[object, ...]] = set()
        self.used: set[str] = set()
        for names, optional in self._needed.values():
            self.used |= names | optional

    def check(self, cases: Sequence[Case]) -> None:
        """Report every name without a var: at its prompt where no case has it, else at the case."""
        self._check_prompts(cases)
        for case in cases:
            if case.checks:
                self._check_assertions(case)
            if case.turns:
                self._check_turns(case)

    def _check_prompts(self, cases: Sequence[Case]) -> None:
        lacking: dict[tuple[str, str], list[Case]] = {}
        having: set[tuple[str, str]] = set()
        seen: dict[object, list[tuple[str, str]]] = {}
        for case in cases:
            kind = (tuple(case.vars), case.has_expected, case.prompts, bool(case.turns))
            missing = seen.get(kind)
            if missing is None:
                missing = seen[kind] = list(self._missing(case, having))
            for pair in missing:
                lacking.setdefault(pair, []).append(case)
        for (prompt_id, name), found in lacking.items():
            prompt = next(prompt for prompt in self._prompts if prompt.id == prompt_id)
            if (prompt_id, name) not in having and prompt.place is not None:
                known = _known(found[0])
                self._say(prompt.place, unknown(name, known), *_remedy(prompt, name, known))
                continue
            for case in _first_of_each_file(found):
                message = f"test lacks the var {name!r} that prompt {prompt_id!r} uses"
                self._say(case.place, message, f"its vars: {', '.join(_known(case)) or 'none'}")

    def _missing(self, case: Case, having: set[tuple[str, str]]) -> Iterable[tuple[str, str]]:
        known = _known(case)
        for prompt in self._prompts:
            if case.prompts is not None and prompt.id not in case.prompts:
                continue
            if case.turns and prompt.implied:
                continue
            for name in sorted(self._needed[prompt.id][0]):
                if name in known or (name == EXAMPLES and prompt.examples):
                    having.add((prompt.id, name))
                else:
                    yield prompt.id, name

    def _check_turns(self, case: Case) -> None:
        known = set(_known(case))
        for number, turn in enumerate(case.turns, 1):
            for text in templates_in([turn.user, *(given.result for given in turn.tool)]):
                try:
                    template = compile_template(text)
                except TemplateError as error:
                    self._say(case.place, f"turn {number}: {error.message}")
                    continue
                self.used |= template.names | template.optional
                for name in sorted(template.names - known):
                    self._say(case.place, f"turn {number}: {unknown(name, _known(case))}")

    def _check_assertions(self, case: Case) -> None:
        known = None
        for assertion in case.checks:
            for used in self._names_of(assertion):
                known = known if known is not None else set(_known(case))
                for name in used.names:
                    if name not in known:
                        self._lacks(case, used, name)

    def _lacks(self, case: Case, used: _Used, name: str) -> None:
        kind = (id(used.check), name)
        if kind in self._said:
            return
        self._said.add(kind)
        # the id is not known to be unique to the row yet, its place is
        place = used.check.place
        where = f" (test at {case.place})" if case.place != place else ""
        message = f"{used.check.label}: {used.option}: {unknown(name, _known(case))}{where}"
        self._say(place or case.place, message, within=(used.option,))

    def _names_of(self, assertion: Assertion) -> list[_Used]:
        found = self._by_assertion.get(id(assertion))
        if found is None:
            found = self._by_assertion[id(assertion)] = list(self._read_names(assertion))
        return found

    def _read_names(self, assertion: Assertion) -> Iterable[_Used]:
        for check in checks_in((assertion,)):
            kind = find(check.type)
            if kind is not None and "judge" in kind.needs:
                self.used |= {"question", *kind.inputs}  # taken by name where they are not written
            for option, value in template_options(check).items():
                for text in templates_in(value):
                    try:
                        template = compile_template(text)
                    except TemplateError as error:
                        message = f"{check.label}: {option}: {error.message}"
                        self._say(check.place, message, within=(option,))
                        continue
                    self.used |= template.names | template.optional
                    if names := sorted(template.names - check.vars.keys()):
                        yield _Used(check, option, names)

    def _say(
        self, place: Place | None, message: str, *details: str, within: tuple[str, ...] = ()
    ) -> None:
        place = place or self._problems.place(())
        self._problems.add(Problem(place, message, details, within=within))

    def _use(self, value: object) -> None:
        """Count the names in a value as used, where it can be read."""
        for text in templates_in(value):
            with suppress(TemplateError):
                self.used |= compile_template(text).names

    def check_unused(self, tests: Sequence[WrittenTest], defaults: WrittenDefaults) -> None:
        """Warn of vars written in the suite that nothing uses, as far as that can be known."""
        if any(p.function is not None and parameters_of(p.function).all for p in self._prompts):
            return
        said: set[str] = set()
        layers: list[tuple[tuple[str | int, ...], WrittenDefaults]] = [(("defaults",), defaults)]
        layers += each_test(tuple(tests))
        for _, written in layers:
            self._use(written.metadata)
        for path, written in layers:
            for where, name in _vars(written.vars, (*path, "vars")):
                if name not in self.used and name not in said:
                    said.add(name)
                    message = f"no template uses the var {name!r}"
                    self._problems.warn((*where, name), message, key=True)


def _vars(
    written: JsonObject, path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The names of vars, those of a matrix too, each with the path of its mapping."""
    for name, value in written.items():
        if name == "matrix" and isinstance(value, dict):
            yield from (((*path, name), axis) for axis in value)
        else:
            yield path, name


def _remedy(prompt: Prompt, name: str, known: Iterable[str]) -> tuple[str, ...]:
    if prompt.function is not None:
        return (f"{find_function(prompt.function).label} has a parameter of this name",)
    if prompt.messages[0].get("content") != DEFAULT:
        return () if nearest(name, known) else (f"give the tests a var {name!r}",)
    return (f"a suite without prompts asks {DEFAULT}: add prompts, or a var `prompt`",)


def _known(case: Case) -> list[str]:
    return [*case.vars, EXPECTED] if case.has_expected else list(case.vars)


def _first_of_each_file(cases: Sequence[Case]) -> Iterable[Case]:
    """Every test of the suite's own file, but one row of each data file: its columns are one."""
    seen: set[str] = set()
    for case in cases:
        path = case.place.path if case.place is not None else ""
        is_data = not path.endswith((".yaml", ".yml"))
        if not is_data or path not in seen:
            seen.add(path)
            yield case
