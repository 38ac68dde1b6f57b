"""A case's assertions with its values in them, and understood."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from evals.checks.examine import inspect
from evals.checks.judge import OptionsError, Prepared, prepare
from evals.checks.registry import find
from evals.errors import Place, Problem, SuiteError
from evals.model import Assertion, Case, Check, Group, JsonObject
from evals.suite.template import (
    EXPECTED,
    TemplateError,
    is_template,
    render_value,
    variables_of,
)


def bind(case: Case) -> tuple[Assertion, ...]:
    """The assertions of a case, rendered; the same objects where nothing is a template.

    Raises SuiteError, at the place of the assertion, where one cannot be rendered.
    """
    bound = []
    problems: list[Problem] = []
    for assertion in case.checks:
        try:
            bound.append(_bind(assertion, case))
        except TemplateError as error:
            place = assertion.place or case.place
            if place is None:
                raise
            problems.append(_unrendered(error, place, f"case {case.id!r}: {assertion.label}"))
    if problems:
        raise SuiteError(problems)
    return tuple(bound)


def _bind(assertion: Assertion, case: Case) -> Assertion:
    if isinstance(assertion, Group):
        members = tuple(_bind(member, case) for member in assertion.of)
        same = all(new is old for new, old in zip(members, assertion.of, strict=True))
        return assertion if same else msgspec.structs.replace(assertion, of=members)
    return _bind_check(assertion, case)


def _bind_check(check: Check, case: Case) -> Check:
    templates = template_options(check)
    if not templates and not _inputs(check):
        return check
    return _rendered(check, templates, case)


def _rendered(check: Check, templates: JsonObject, case: Case) -> Check:
    variables = variables_of(case, check.vars)
    options = dict(check.options)
    for name, value in templates.items():
        try:
            options[name] = render_value(value, variables)
        except TemplateError as error:
            error.written = (check.place, name)
            raise
    if inputs := _inputs(check):
        options["value"] = _with_inputs(options.get("value", {}), inputs, variables)
    return msgspec.structs.replace(check, options=options)


def _inputs(check: Check) -> tuple[str, ...]:
    """What a check takes from the vars of a case by its name."""
    kind = find(check.type)
    return () if kind is None else kind.inputs


def _with_inputs(value: Any, inputs: tuple[str, ...], variables: JsonObject) -> Any:
    """The inputs of a check; those that are not written are the vars of their names."""
    if not isinstance(value, dict):
        return value  # refused where options are understood
    made = dict(value)
    for name in inputs:
        if made.get(name) is not None:
            continue
        source = EXPECTED if name == "reference" and name not in variables else name
        if source not in variables:
            raise TemplateError(
                f"there is no {name} to judge by",
                remedy=f"give it as `value: {{{name}: …}}`, or as the var {name!r} of the test",
            )
        made[name] = variables[source]
    return made


def _unrendered(error: TemplateError, place: Place, label: str) -> Problem:
    """What a template makes wrong, at the option that holds it."""
    details = (error.remedy,) if error.remedy else ()
    found, option = error.written
    within = (option,) if option else ()
    return Problem(found or place, f"{label}: {error.message}", details, within=within)


def _where(assertion: Assertion, path: tuple[str | int, ...]) -> str:
    """`word-count.max`, of a group `any[0].value`."""
    text = "" if isinstance(assertion, Group) else assertion.label
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or assertion.label


class _Bound(NamedTuple):
    """An assertion that several cases share: prepared for all of them, or for each anew."""

    assertion: Assertion
    prepared: Prepared | None
    templates: JsonObject  # of a check


class Binding:
    """Prepares the checks of cases; those without a template once for all cases."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[tuple[Assertion, ...], tuple[_Bound, ...]]] = {}

    def prepared(self, case: Case) -> tuple[Prepared, ...]:
        """The checks of a case; raises SuiteError with all that its values make wrong."""
        found: list[Prepared] = []
        problems: list[Problem] = []
        for bound in self._of(case.checks):
            if bound.prepared is not None:
                found.append(bound.prepared)
                continue
            place = bound.assertion.place or case.place or Place("")
            try:
                found.append(prepare(_with_values(bound, case)))
            except TemplateError as error:
                problems.append(_unrendered(error, place, bound.assertion.label))
            except OptionsError as error:
                for path, message in error.mistakes:
                    where = _where(bound.assertion, path)
                    problems.append(Problem(place, f"{where}: {message}", within=path))
        if problems:
            raise SuiteError(problems)
        return tuple(found)

    def check(self, case: Case) -> None:
        """Raise SuiteError where the values of a case make a check wrong; quicker than to prepare.

        What a check has beside its values was looked at when the suite was read.
        """
        try:
            for bound in self._of(case.checks):
                if bound.prepared is None:
                    made = _with_values(bound, case)
                    if isinstance(made, Check):
                        inspect(made)
                    else:
                        prepare(made)
        except (TemplateError, OptionsError):
            self.prepared(case)  # tells all of it

    def _of(self, checks: tuple[Assertion, ...]) -> tuple[_Bound, ...]:
        found = self._known.get(id(checks))
        if found is None:
            bound = tuple(_bound(assertion) for assertion in checks)
            found = self._known[id(checks)] = (checks, bound)  # kept, so that its id is its own
        return found[1]


def _bound(assertion: Assertion) -> _Bound:
    templates = template_options(assertion) if isinstance(assertion, Check) else {}
    if _is_open(assertion):
        return _Bound(assertion, None, templates)
    try:
        return _Bound(assertion, prepare(assertion), templates)
    except OptionsError:
        return _Bound(assertion, None, templates)  # told at each case


def _is_open(assertion: Assertion) -> bool:
    if isinstance(assertion, Group):
        return any(_is_open(member) for member in assertion.of)
    return bool(template_options(assertion) or _inputs(assertion))


def _with_values(bound: _Bound, case: Case) -> Assertion:
    if isinstance(bound.assertion, Group):
        return _bind(bound.assertion, case)
    return _rendered(bound.assertion, bound.templates, case)


def template_options(check: Check) -> JsonObject:
    """The options of a check that hold a template, as written."""
    return {
        name: value
        for name, value in check.options.items()
        if _holds_template(value) and _is_rendered(check.type, name)
    }


def _holds_template(value: Any) -> bool:
    if isinstance(value, str):
        return is_template(value)
    if isinstance(value, dict):
        return any(_holds_template(part) for part in value.values())
    return isinstance(value, list | tuple) and any(_holds_template(part) for part in value)


def _is_rendered(kind: str, option: str) -> bool:
    found = find(kind)
    return found is not None and option in found.templates
