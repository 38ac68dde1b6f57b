"""A suite file → a `Suite`: read, validated whole, with its files and defaults applied."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import UNSET

from evals.endpoints.config import Config, EndpointConfig
from evals.errors import Place, Problem, SuiteError
from evals.model import (
    Case,
    Column,
    Derived,
    Frozen,
    Gate,
    JsonObject,
    Limits,
    Prompt,
    Repeat,
    Suite,
)
from evals.model.duration import seconds
from evals.reading import open_file
from evals.suite.assertions import Assertions, checks_in
from evals.suite.cases import Cases, Known, repeat_of
from evals.suite.doubts import find_doubts
from evals.suite.examples import with_examples
from evals.suite.expand import Setting, make_columns, pairs, read_settings
from evals.suite.files import Files, relative
from evals.suite.gates import judges_answers, read_gates
from evals.suite.ids import SUITE_RULE, TAG_RULE, is_suite_id, is_tag
from evals.suite.labels import confidences_in, labels_in
from evals.suite.matrix import MAX_TRIALS
from evals.suite.metrics import metrics_named, read_metrics
from evals.suite.misses import check_misses
from evals.suite.names import Names
from evals.suite.nearest import advice
from evals.suite.packed import CaseList
from evals.suite.problems import Problems
from evals.suite.prompts import default_prompt, read_prompts
from evals.suite.requests import Requests
from evals.suite.structure import read_written
from evals.suite.subjects import Subjects
from evals.suite.written import WrittenLimits, WrittenSuite, each_test
from evals.suite.yaml import MAX_BYTES, read_yaml

SUFFIXES = (".eval.yaml", ".eval.yml")
_NONE: Mapping[str, tuple[Any, ...]] = MappingProxyType({})


class Loaded(Frozen, frozen=True, kw_only=True):
    """A suite that can be run, and what is allowed in it but probably not meant."""

    suite: Suite
    warnings: tuple[Problem, ...]


def load_suite(
    path: Path,
    *,
    config: Config,
    repeat: int | None = None,
    set_: Mapping[str, tuple[Any, ...]] = _NONE,
) -> Loaded:
    """Read a suite; raises SuiteError with every mistake of the file, each with its place.

    `repeat` and `set_` are the command line's: samples instead of what the suite says, and
    parameters with values that become its settings.
    """
    shown = relative(path, config.root)
    data = _read(path, shown)
    problems = Problems(read_yaml(data, shown))
    written = read_written(problems)
    suite = None
    if written is not None:
        files = Files(path.parent, data=config.data, root=config.root)
        loading = _Loading(written, problems, files, config)
        suite = loading.suite(path, hashlib.sha256(data).hexdigest(), repeat=repeat, set_=set_)
    if problems.errors or suite is None:
        raise SuiteError(problems.sorted())
    return Loaded(suite=suite, warnings=problems.sorted_warnings())


def _read(path: Path, shown: str) -> bytes:
    try:
        with open_file(path) as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SuiteError([Problem(Place(shown), f"cannot be read: {error.strerror}")]) from error


class _Loading:
    """The steps from a written suite to one that is understood."""

    def __init__(
        self, written: WrittenSuite, problems: Problems, files: Files, config: Config
    ) -> None:
        self._written = written
        self._problems = problems
        self._files = files
        self._requests = Requests(written, problems, files, config)
        self._assertions = Assertions(problems, written, files)

    def suite(
        self,
        path: Path,
        sha256: str,
        *,
        repeat: int | None,
        set_: Mapping[str, tuple[Any, ...]],
    ) -> Suite:
        written, problems = self._written, self._problems
        prompts = with_examples(self._prompts(), written.examples, problems, self._files)
        settings, columns = self._columns(prompts, set_)
        cases, reader = self._cases(prompts, settings, repeat=repeat, set_=set_)
        names = Names(problems, prompts)
        names.check(reader.examples)
        if not problems.errors:
            names.check_unused(written.tests, written.defaults)
            find_doubts(problems, written.tests, reader.examples)
            self._requests.warnings(columns, settings)
        name, reference = self._id(path), self._reference(columns)
        subjects = self._subjects(columns, cases, reader)._replace(reference=reference, suite=name)
        metrics = read_metrics(written.metrics, problems, subjects)
        reckoned = {metric.name: metric for metric in metrics}
        subjects = subjects._replace(derived=written.metrics, reckoned=reckoned)
        suite = Suite(
            id=name,
            path=problems.document.path,
            sha256=sha256,
            prompts=prompts,
            columns=columns,
            reference=reference,
            cases=cases,
            metrics=metrics,
            gates=self._gates(subjects, metrics, cases),
            limits=self._limits(written.limits),
            judge=self._requests.judge(),
            description=written.description,
            tags=self._tags(),
            metadata=written.metadata,
            live_only=written.live_only,
        )
        self._check_size(suite)
        return suite

    def _id(self, path: Path) -> str:
        if self._written.suite is not None:
            if not is_suite_id(self._written.suite):
                message = f"{self._written.suite!r} is no id of a suite"
                self._problems.error(("suite",), message, (SUITE_RULE,))
            return self._written.suite
        name = path.name
        for suffix in SUFFIXES:
            name = name.removesuffix(suffix)
        if not is_suite_id(name):
            details = (f"add `suite: NAME`: {SUITE_RULE}",)
            self._problems.error((), f"the file's name gives no id: {name!r}", details)
        return name

    def _tags(self) -> tuple[str, ...]:
        written = self._written.tags
        tags = (written,) if isinstance(written, str) else written
        for tag in tags:
            if not is_tag(tag):
                self._problems.error(("tags",), f"{tag!r} is no tag", (TAG_RULE,))
        return tuple(dict.fromkeys(tags))

    def _prompts(self) -> tuple[Prompt, ...]:
        written = self._written.prompts
        if written is UNSET:
            return (default_prompt(self._problems.place(())),)
        if not written and "prompts" not in self._problems.incomplete:
            details = ("leave the key out for one prompt, {{ prompt }}",)
            self._problems.error(("prompts",), "no prompts", details)
        before = len(self._problems.errors)
        prompts = read_prompts(written, self._problems, self._files)
        if len(self._problems.errors) > before:
            self._problems.incomplete.add("prompts")
        return prompts

    def _columns(
        self, prompts: Sequence[Prompt], set_: Mapping[str, tuple[Any, ...]]
    ) -> tuple[tuple[Setting, ...], tuple[Column, ...]]:
        before = len(self._problems.errors)
        found = read_settings(self._written, self._problems, set_=set_)
        if len(self._problems.errors) > before:
            self._problems.incomplete |= {"settings", "matrix"}
        shared = self._requests.filled(self._written.parameters, ("parameters",))
        endpoints = self._requests.endpoints(found)
        settings = tuple(
            setting._replace(
                parameters=self._requests.filled(setting.parameters, setting.path),
                endpoint=endpoints[setting.id].name,
                model=setting.model or self._written.model,
            )
            for setting in found
        )
        self._requests.check(settings, shared, endpoints)
        self._check_own_parameters(settings, shared, endpoints)
        return settings, make_columns(prompts, settings, shared=shared, problems=self._problems)

    def _check_own_parameters(
        self,
        settings: Sequence[Setting],
        shared: JsonObject,
        endpoints: Mapping[str, EndpointConfig],
    ) -> None:
        """Parameters of tests and defaults, over each setting's."""
        inherited = [
            ({**endpoints[s.id].parameters, **shared, **s.parameters}, endpoints[s.id])
            for s in settings
        ]
        check = self._requests.check_own
        check(self._written.defaults.parameters, ("defaults", "parameters"), inherited)
        for path, test in each_test(self._written.tests):
            if test.parameters:
                check(test.parameters, (*path, "parameters"), inherited)

    def _cases(
        self,
        prompts: Sequence[Prompt],
        settings: Sequence[Setting],
        *,
        repeat: int | None,
        set_: Mapping[str, tuple[Any, ...]],
    ) -> tuple[CaseList, Cases]:
        """The cases, and what their reader knows of them."""
        written, problems = self._written, self._problems
        if not written.tests and "tests" not in problems.incomplete:
            details = ("a suite that asks nothing is a mistake: add tests",)
            problems.error(("tests",), "a suite needs tests", details)
        self._assertions.read_sets()
        lost = {"settings", "matrix"} & problems.incomplete
        known = Known(
            prompts=None if "prompts" in problems.incomplete else [p.id for p in prompts],
            settings=None if lost else [setting.id for setting in settings],
        )
        reader = Cases(
            problems,
            self._assertions,
            self._files,
            known,
            filled=self._requests.filled,
            final=lambda case: _overridden(case, repeat, set_),
        )
        cases = reader.read(
            written.tests,
            written.defaults,
            repeat=Repeat()
            if written.repeat is None
            else repeat_of(written.repeat, ("repeat",), problems=self._problems),
            misses=written.misses or "forbidden",
        )
        return cases, reader

    def _reference(self, columns: Sequence[Column]) -> str:
        ids = [column.id for column in columns]
        written = self._written.reference
        if written is None:
            return ids[0] if ids else ""
        lost = {"prompts", "settings", "matrix"} & self._problems.incomplete
        if written not in ids and not lost:
            details = advice(written, ids, "columns")
            self._problems.error(("reference",), f"unknown column {written!r}", details)
        return written

    def _subjects(self, columns: Sequence[Column], cases: CaseList, reader: Cases) -> Subjects:
        written, problems = self._written, self._problems
        speaks = bool(written.gates or written.metrics)
        named = metrics_named(problems.document.value) if speaks else ()
        return Subjects(
            columns=[column.id for column in columns],
            tags=reader.tags,
            cases=set(cases.ids) if written.gates else set(),
            metrics={*self._assertions.metrics, *named},
            labels=labels_in(checks_in(case.checks) for case in reader.examples),
            confidences=confidences_in(checks_in(case.checks) for case in reader.examples),
            complete=not problems.errors,
        )

    def _gates(
        self, subjects: Subjects, metrics: tuple[Derived, ...], cases: CaseList
    ) -> tuple[Gate, ...]:
        problems = self._problems
        before = len(problems.errors)
        gates = read_gates(self._written.gates, problems, subjects)
        sound = len(problems.errors) == before and not {"gates", "metrics"} & problems.incomplete
        if sound:
            judging = [gate for gate in gates if judges_answers(gate, metrics)]
            reference = subjects.reference
            check_misses(self._written, judging, problems, cases=cases, reference=reference)
        return gates

    def _limits(self, written: WrittenLimits) -> Limits:
        return Limits(
            timeout=self._duration("timeout", written.timeout),
            max_age=self._duration("max_age", written.max_age),
            concurrency=written.concurrency,
            max_requests=written.max_requests,
            max_tokens_total=written.max_tokens_total,
            max_cost_usd=written.max_cost_usd,
            errors=self._errors(written.errors),
        )

    def _duration(self, key: str, written: float | str | None) -> float | None:
        duration = None if written is None else seconds(written)
        if written is not None and not (duration and 0 < duration < float("inf")):
            details = ('write seconds, or a text such as "300ms", "10s", "5m", "1h", "90d"',)
            message = f"{key}: {written!r} is no duration above 0"
            self._problems.error(("limits", key), message, details)
        return duration

    def _errors(self, written: float | str) -> int | float:
        """A count, or a share of the trials."""
        if isinstance(written, int):
            return written
        text = written.strip() if isinstance(written, str) else ""
        try:
            share = float(text.removesuffix("%")) / 100 if text.endswith("%") else float(written)
        except ValueError:
            share = -1.0
        if not 0 <= share < 1:
            message = f"errors: {written!r} is neither a count nor a share"
            self._problems.error(("limits", "errors"), message, ('write 3, 0.01 or "1%"',))
        return share

    def _check_size(self, suite: Suite) -> None:
        if self._written.matrix is UNSET or self._problems.errors:
            return
        trials = 0
        for case, column in pairs(suite):
            parameters = {**column.parameters, **case.parameters}
            requests = case.repeat.samples * max(1, len(column.samples))
            trials += requests * (parameters.get("n") or 1)
        if trials > MAX_TRIALS:
            message = f"the matrix makes {trials:,} trials; the limit is {MAX_TRIALS:,}"
            self._problems.error(("matrix",), message, key=True)


def _overridden(case: Case, repeat: int | None, set_: Mapping[str, tuple[Any, ...]]) -> Case:
    """A case under the command line, which has the last word."""
    changes: dict[str, Any] = {}
    if repeat is not None:
        changes["repeat"] = msgspec.structs.replace(case.repeat, samples=repeat, least=None)
    if case.parameters.keys() & set_.keys():
        left = {name: value for name, value in case.parameters.items() if name not in set_}
        changes["parameters"] = left
    return msgspec.structs.replace(case, **changes) if changes else case
