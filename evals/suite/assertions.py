"""Assertions as written → checks and groups with their places, named sets put in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from evals.checks.examine import examine
from evals.checks.options import OptionsError
from evals.checks.written import read_assertion
from evals.model import Assertion, Check, Group, JsonObject
from evals.suite.files import Files
from evals.suite.gates import RESERVED
from evals.suite.ids import METRIC_RULE, is_metric
from evals.suite.nearest import advice
from evals.suite.problems import Problems
from evals.suite.schemas import Schemas
from evals.suite.structure import kind_of
from evals.suite.transforms import Transforms
from evals.suite.written import WrittenSuite

_GROUPS = ("all", "any", "at-least", "not-any", "not-all")
_OWN = "a check of your own is Python with @evals.check, in a module named under `extensions`"
_BESIDE_USE = ("use", "weight", "metric", "vars")

Path = tuple[str | int, ...]


class Assertions:
    """Reads the assertions of one suite; what is wrong goes to `problems`."""

    def __init__(self, problems: Problems, written: WrittenSuite, files: Files) -> None:
        self._problems = problems
        self._transforms = Transforms(problems, written.transforms)
        self._schemas = Schemas(problems, files)
        self._sets = written.checks
        self._read: dict[str, tuple[Assertion, ...]] = {}
        self._open: list[str] = []  # the sets that are being read, to find a cycle
        self.metrics: dict[str, None] = {}

    def read_sets(self) -> None:
        """Read every named set and every named transform, used or not."""
        self._transforms.read()
        for name in self._sets:
            self._set(name, ("checks", name))

    def read(self, items: tuple[Any, ...] | list[Any], path: Path) -> tuple[Assertion, ...]:
        """The assertions of a list; those with a mistake are left out."""
        found: list[Assertion] = []
        for index, item in enumerate(items):
            found += self._one(item, (*path, index))
        return tuple(found)

    def _one(self, item: Any, path: Path) -> tuple[Assertion, ...]:
        try:
            if isinstance(item, dict):
                if "use" in item:
                    return self._use(item, path)
                group = next((key for key in _GROUPS if key in item), None)
                if group is not None:
                    return self._group(item, group, path)
            return self._check(item, path)
        except OptionsError as error:
            for inner, message in error.mistakes:
                self._wrong((*path, *inner), message)
            return ()

    def _check(self, item: Any, path: Path) -> tuple[Assertion, ...]:
        filled = self._transforms.filled(self._schemas.filled(item, path), path)
        check = read_assertion(filled)
        return self._placed(check, path)

    def _group(self, item: JsonObject, key: str, path: Path) -> tuple[Assertion, ...]:
        body, inner = item[key], (*path, key)
        if key == "at-least" and isinstance(body, dict) and isinstance(body.get("of"), list):
            members = self.read(body["of"], (*inner, "of"))
            whole = {**item, key: {**body, "of": members}}
            lost = len(members) < len(body["of"])
        elif isinstance(body, list):
            members = self.read(body, inner)
            whole, lost = {**item, key: members}, len(members) < len(body)
        else:
            whole, lost = item, False
        group = read_assertion(whole)
        if lost:
            return ()  # its mistakes were reported; a rule over the rest would be another rule
        return self._placed(group, path)

    def _wrong(self, path: Path, message: str) -> None:
        is_key = message.startswith("unknown option")
        details = [_OWN] if message.startswith("unknown check") and "mean" not in message else []
        if message.endswith("is missing"):
            details.append(f"add {path[-1]}: …")
        self._problems.error(path, message, details, key=is_key)

    def _placed(self, assertion: Assertion, path: Path) -> tuple[Assertion, ...]:
        """The assertion with its place; nothing where it is wrong."""
        right = True
        if assertion.metric is not None:
            right = self._check_metric(assertion.metric, (*path, "metric"))
        for inner, message in examine(assertion, templates=True, members=False):
            self._wrong((*path, *inner), message)
            right = False
        if not right:
            return ()
        return (msgspec.structs.replace(assertion, place=self._problems.place(path)),)

    def _check_metric(self, metric: str, path: Path) -> bool:
        if not is_metric(metric):
            self._problems.error(path, f"{metric!r} is no name of a metric", (METRIC_RULE,))
            return False
        if metric in RESERVED:
            details = ("name it otherwise: gates would not know which is meant",)
            self._problems.error(path, f"{metric!r} is the name of a built-in metric", details)
            return False
        self.metrics[metric] = None
        return True

    def _use(self, item: JsonObject, path: Path) -> tuple[Assertion, ...]:
        right = True
        for key in item:
            if key not in _BESIDE_USE:
                details = ("beside use stand weight, metric and vars",)
                self._problems.error((*path, key), f"unknown key {key!r}", details, key=True)
                right = False
        name, weight, variables = item["use"], item.get("weight", 1.0), item.get("vars", {})
        if isinstance(weight, bool) or not isinstance(weight, int | float) or weight < 0:
            self._problems.error((*path, "weight"), f"a weight is 0 or more, found {weight!r}")
            right = False
        if not isinstance(variables, dict):
            found = kind_of(variables)
            self._problems.error((*path, "vars"), f"vars must be a mapping, found {found}")
            right = False
        metric = item.get("metric")
        if metric is not None and not isinstance(metric, str):
            found = kind_of(metric)
            self._problems.error((*path, "metric"), f"metric must be a text, found {found}")
            right = False
        elif metric is not None:
            right = self._check_metric(metric, (*path, "metric")) and right
        members = self._set(name, (*path, "use"))
        if not right:
            return ()
        return tuple(_within(member, float(weight), metric, variables) for member in members)

    def _set(self, name: Any, path: Path) -> tuple[Assertion, ...]:
        if not isinstance(name, str) or name not in self._sets:
            details = advice(str(name), self._sets, "sets under checks")
            self._problems.error(path, f"unknown set {name!r}", details)
            return ()
        if name in self._open:
            circle = " → ".join((*self._open[self._open.index(name) :], name))
            details = ("take one use out of the circle",)
            self._problems.error(path, f"the set uses itself: {circle}", details)
            return ()
        if name not in self._read:
            self._open.append(name)
            members = self.read(self._sets[name], ("checks", name))
            self._open.pop()
            if not self._sets[name]:
                self._problems.error(("checks", name), f"the set {name!r} is empty: add checks")
            self._read[name] = members
        return self._read[name]


def _within(
    member: Assertion, weight: float, metric: str | None, variables: JsonObject
) -> Assertion:
    """A member of a named set as the place of use has it."""
    return msgspec.structs.replace(
        _with_vars(member, variables) if variables else member,
        weight=member.weight * weight,
        metric=metric if metric is not None else member.metric,
    )


def _with_vars(assertion: Assertion, variables: JsonObject) -> Assertion:
    if isinstance(assertion, Group):
        members = tuple(_with_vars(member, variables) for member in assertion.of)
        return msgspec.structs.replace(assertion, of=members)
    return msgspec.structs.replace(assertion, vars={**variables, **assertion.vars})


def checks_in(assertions: tuple[Assertion, ...]) -> Iterator[Check]:
    """Every check, those in groups too."""
    for assertion in assertions:
        if isinstance(assertion, Group):
            yield from checks_in(assertion.of)
        else:
            yield assertion
