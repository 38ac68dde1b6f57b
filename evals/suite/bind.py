"""A case's assertions with its values in them."""

from __future__ import annotations

from typing import Any

import msgspec

from evals.checks.registry import find
from evals.errors import Problem, SuiteError
from evals.model import Assertion, Case, Check, Group, JsonObject
from evals.suite.template import TemplateError, is_template, render_value, variables_of


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
            details = (error.remedy,) if error.remedy else ()
            message = f"case {case.id!r}: {assertion.label}: {error.message}"
            problems.append(Problem(place, message, details))
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
    if not templates:
        return check
    variables = variables_of(case, check.vars)
    rendered = {name: render_value(value, variables) for name, value in templates.items()}
    return msgspec.structs.replace(check, options={**check.options, **rendered})


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
