"""Tests as written → cases: defaults merged in, data files read, ids given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import UNSET

from evals.checks.examine import examine
from evals.errors import SuiteError
from evals.model import Case, JsonObject, Misses, Repeat
from evals.suite.assertions import Assertions
from evals.suite.files import FileRefused, Files
from evals.suite.ids import ID_RULE, TAG_RULE, is_id, is_tag
from evals.suite.matrix import NO_PRODUCT, Combination, combinations, read_product
from evals.suite.naming import named
from evals.suite.nearest import advice
from evals.suite.packed import CaseList, DataCases
from evals.suite.problems import Problems
from evals.suite.rows import BY_DEFAULT, Data, Shared, read_rows
from evals.suite.selection import select
from evals.suite.sources import rows_of
from evals.suite.structure import kind_of
from evals.suite.template import EXPECTED
from evals.suite.turns import Turns
from evals.suite.written import WrittenDefaults, WrittenRepeat, WrittenTest
from evals.suite.yaml import decode

Path = tuple[str | int, ...]

_REPEAT_FORMS: Final = "write a number, {samples: 5}, or {min: 3, max: 10, until: decided}"
_NO_REASONS: Final = ("", "no", "off", "n", "yes", "on", "y", "true", "false")
_OF_DATA: Final = ("delimiter", "map", "types", "where", "sample", "limit")
_SOURCES: Final = ("tests", "file", "dataset")  # what makes several cases of a test


class Layer(NamedTuple):
    """What a test takes from above: a case without an id, and whether assertions were given.

    `products` are the combinations of vars that it is asked with.
    """

    case: Case
    given: bool = False
    products: tuple[Combination, ...] = NO_PRODUCT


class Known(NamedTuple):
    """The ids that tests can name; None where the list is not to be trusted."""

    prompts: Sequence[str] | None
    settings: Sequence[str] | None


class Cases:
    """Reads the tests of one suite; what is wrong goes to `problems`."""

    def __init__(
        self,
        problems: Problems,
        assertions: Assertions,
        files: Files,
        known: Known,
        *,
        filled: Callable[[JsonObject, Path], JsonObject],
        final: Callable[[Case], Case],
    ) -> None:
        """`filled` gives parameters the content of the files that they name.

        `final` gives a case what the command line says.
        """
        self._problems = problems
        self._assertions = assertions
        self._turns = Turns(problems, assertions)
        self._files = files
        self._known = known
        self._filled = filled
        self._final = final
        self.tags: set[str] = set()
        self.examples: list[Case] = []  # whose names are to be checked: of rows alike, the first

    def read(
        self,
        tests: tuple[WrittenTest, ...],
        defaults: WrittenDefaults,
        *,
        repeat: Repeat,
        misses: Misses,
    ) -> CaseList:
        """The cases in the order of the file, each with its id."""
        base = Layer(Case(id="", repeat=repeat, misses=misses))
        base = self._layered(base, defaults, ("defaults",))
        return named(list(self._parts(tests, base)), self._problems)

    def _parts(
        self, tests: tuple[WrittenTest, ...], base: Layer, above: Path = ("tests",)
    ) -> Iterator[Case | DataCases]:
        """Cases and files of cases; a case has the id that is written, or none."""
        bare = base._replace(case=msgspec.structs.replace(base.case, checks=()), given=False)
        for index, test in enumerate(tests):
            path: Path = (*above, index)
            layer = self._layered(base if test.inherit else bare, test, path)
            if test.turns:
                layer = self._with_turns(layer, test, path)
            lost = self._was_cut(path)
            self._check_keys(test, path)
            if test.tests is not UNSET:
                if not test.tests and not lost:
                    self._problems.error((*path, "tests"), "a group needs tests")
                yield from self._parts(test.tests, layer, (*path, "tests"))
            elif test.file is not None or test.dataset is not None:
                for data in self._data(test, layer, path):
                    self.examples += () if lost else data.examples
                    self.tags |= data.tags
                    yield data.cases
            else:
                cases = list(self._own(test, layer, path))
                self.examples += () if lost else cases
                yield from cases
            self.tags.update(layer.case.tags)

    def _check_keys(self, test: WrittenTest, path: Path) -> None:
        """Refuse keys that mean nothing beside the others."""
        kind = next((key for key in _SOURCES if getattr(test, key) not in (None, UNSET)), "")
        refused: Sequence[str] = _OF_DATA
        reason = "belongs to a data file"
        if test.file is not None and test.dataset is not None:
            self._problems.error((*path, "dataset"), "dataset beside file: take one", key=True)
        if kind:
            several = "rows" if kind != "tests" else "tests"
            reason = f"beside {kind}: it would be the same for all its {several}"
            refused = ("id",) if kind != "tests" else ("id", "turns", "file", "dataset", *_OF_DATA)
        written = self._at(path)
        for key in refused:
            if isinstance(written, dict) and key in written:
                self._problems.error((*path, key), f"{key} {reason}", key=True)

    def _at(self, path: Path) -> Any:
        """What is written at a path."""
        value = self._problems.document.value
        for part in path:
            value = value[part]
        return value

    def _own(self, test: WrittenTest, layer: Layer, path: Path) -> Iterator[Case]:
        """The case of a test, or one of each product of its vars."""
        wanted = test.id or ""
        if test.id is not None and not is_id(wanted):
            self._problems.error((*path, "id"), f"{wanted!r} is no id", (ID_RULE,))
            wanted = ""
        place = self._problems.place(path)
        case = self._judged(msgspec.structs.replace(layer.case, place=place), layer.given, path)
        case = self._final(case)
        for name, values, _ in layer.products:
            yield msgspec.structs.replace(
                case,
                id=f"{wanted}_{name}" if wanted and name else wanted,
                vars={**case.vars, **values},
            )

    def _data(self, test: WrittenTest, layer: Layer, path: Path) -> Iterator[Data]:
        """The cases of each data file of a test."""
        if test.delimiter is not None and len(test.delimiter) != 1:
            self._problems.error((*path, "delimiter"), "a delimiter is one character")
            return
        case, document = layer.case, self._problems.document
        cut = document.was_cut(path) or document.was_cut(("defaults",))
        expects = not (layer.given or case.checks or cut)
        if expects:
            case = msgspec.structs.replace(case, checks=(BY_DEFAULT,))
        shared = Shared(self._final(case), layer.products, expects, path)
        try:
            found = rows_of(test, self._files, self._problems, path)
            rows = select(found, test, self._problems, path)
            yield from read_rows(rows, shared, self._problems)
        except SuiteError as error:
            for problem in error.problems:
                self._problems.add(problem)

    def _with_turns(self, layer: Layer, test: WrittenTest, path: Path) -> Layer:
        turns, checks = self._turns.read(test.turns, (*path, "turns"))
        case = msgspec.structs.replace(
            layer.case, turns=turns, checks=(*checks, *layer.case.checks)
        )
        return layer._replace(case=case, given=layer.given or bool(checks))

    def _was_cut(self, path: Path) -> bool:
        """Whether a part of a test, or of what it inherits, was taken out for a mistake."""
        if "defaults" in self._problems.incomplete:
            return True
        document = self._problems.document
        return document.was_cut(path) or document.was_cut((*path, "vars"))

    def _layered(self, base: Layer, written: WrittenDefaults, path: Path) -> Layer:
        """A test over what it takes: lists are joined, mappings merged, the rest is replaced."""
        case = base.case
        changes = self._joined(case, written, path)
        if written.expected is not UNSET:
            changes |= {"expected": written.expected, "has_expected": True}
        if written.repeat is not None:
            changes["repeat"] = repeat_of(
                written.repeat, (*path, "repeat"), problems=self._problems
            )
        if written.cluster is not None:
            changes["cluster"] = str(written.cluster)
        if written.skip is not None and written.skip.strip().casefold() in _NO_REASONS:
            details = ("write why, such as `skip: too slow`; remove it to run the test",)
            self._problems.error((*path, "skip"), "skip needs a reason", details)
        for key in ("threshold", "min_pass_rate", "misses", "description", "skip"):
            if (value := getattr(written, key)) is not None:
                changes[key] = value
        products = base.products
        if written.vars:
            own, made = self._vars(written.vars, (*path, "vars"))
            changes["vars"] = {**case.vars, **own}
            products = _products(base.products, own, made)
        given = base.given or written.assert_ is not UNSET
        case = msgspec.structs.replace(case, **changes) if changes else case
        return Layer(case, given, products)

    def _joined(self, case: Case, written: WrittenDefaults, path: Path) -> dict[str, Any]:
        """The lists and mappings of a test, with what is in those above."""
        changes: dict[str, Any] = {}
        if written.assert_ is not UNSET:
            own = self._assertions.read(written.assert_, (*path, "assert"))
            changes["checks"] = (*case.checks, *own)
        if written.tags:
            tags = self._tags(written.tags, (*path, "tags"))
            changes["tags"] = tuple(dict.fromkeys((*case.tags, *tags)))
        if written.parameters:
            own_parameters = self._filled(written.parameters, (*path, "parameters"))
            changes["parameters"] = {**case.parameters, **own_parameters}
        if written.metadata:
            changes["metadata"] = {**case.metadata, **written.metadata}
        for key in ("prompts", "settings"):
            if (value := getattr(written, key)) is not None:
                own_ids = self._ids(value, key, (*path, key))
                changes[key] = tuple(dict.fromkeys((*(getattr(case, key) or ()), *own_ids)))
        return changes

    def _vars(self, written: JsonObject, path: Path) -> tuple[JsonObject, tuple[Combination, ...]]:
        """The vars of a test, and the products that it asks for."""
        if EXPECTED in written:
            details = ("write expected beside vars; templates see it under this name",)
            self._problems.error((*path, EXPECTED), "expected is no var", details, key=True)
        made = written
        products = NO_PRODUCT
        for name, value in written.items():
            if name == "matrix" and isinstance(value, dict):
                products = read_product(value, (*path, name), self._problems)
                made = {key: part for key, part in made.items() if key != name}
            elif isinstance(value, dict) and value.keys() == {"file"}:
                made = {**made, name: self._text(value["file"], (*path, name, "file"))}
        for name in made.keys() & products[0].values.keys():
            message = f"the var {name!r} has a value and stands in the matrix, too"
            self._problems.error((*path, name), message, key=True)
        return made, products

    def _text(self, written: Any, path: Path) -> str:
        """The text of a file; empty where it cannot be read."""
        if not isinstance(written, str):
            self._problems.error(path, f"file must be a path, found {kind_of(written)}")
            return ""
        try:
            data = self._files.read(written)
            return decode(data, self._files.name(self._files.find(written)))
        except FileRefused as error:
            self._problems.refused(path, error)
        except SuiteError as error:
            for problem in error.problems:
                self._problems.add(problem)
        return ""

    def _tags(self, written: str | tuple[str, ...], path: Path) -> tuple[str, ...]:
        tags = (written,) if isinstance(written, str) else written
        for tag in tags:
            if not is_tag(tag):
                self._problems.error(path, f"{tag!r} is no tag", (TAG_RULE,))
        return tags

    def _ids(self, written: str | tuple[str, ...], key: str, path: Path) -> tuple[str, ...]:
        ids = (written,) if isinstance(written, str) else written
        known: Sequence[str] | None = getattr(self._known, key)
        if not ids:
            self._problems.error(path, f"no {key}: the test would never be asked")
        for name in ids:
            if known is not None and name not in known:
                details = advice(name, known, f"{key} here")
                self._problems.error(path, f"unknown {key[:-1]} {name!r}", details)
        return ids

    def _judged(self, case: Case, given: bool, path: Path) -> Case:
        """The case as it is; judged by `equals` where only `expected` says what is right."""
        document = self._problems.document
        if given or case.checks or document.was_cut(path) or document.was_cut(("defaults",)):
            return case  # it has one, or had one with a mistake
        if not case.has_expected:
            details = ("add assert or expected; `assert: []` records without judging",)
            self._problems.error(path, "a test needs an assertion or expected", details)
            return case
        if not isinstance(case.expected, str):
            literal = msgspec.structs.replace(BY_DEFAULT, options={"value": case.expected})
            for _, message in examine(literal):
                where = path
                while EXPECTED not in self._at(where) and len(where) > 2:
                    where = where[:-2]  # a group has said it for its tests
                if EXPECTED not in self._at(where):
                    where = ("defaults",)
                message = f"expected, judged by equals: {message}"
                self._problems.error((*where, EXPECTED), message)
        return msgspec.structs.replace(case, checks=(BY_DEFAULT,))


def _products(
    above: tuple[Combination, ...], own: JsonObject, made: tuple[Combination, ...]
) -> tuple[Combination, ...]:
    """The products of a test: those from above, less the vars that it sets, times its own."""
    fixed = {*own, *made[0].values}
    axes: dict[str, dict[bytes, Any]] = {}
    for one in above:
        for name, value in one.values.items():
            if name not in fixed:
                axes.setdefault(name, {})[msgspec.json.encode(value)] = value
    for one in made:
        for name, value in one.values.items():
            axes.setdefault(name, {})[msgspec.json.encode(value)] = value
    if not axes:
        return NO_PRODUCT
    return combinations({name: tuple(values.values()) for name, values in axes.items()})


def repeat_of(written: int | WrittenRepeat, path: Path, *, problems: Problems) -> Repeat:
    """What `repeat` says; `least` is not None where it is adaptive."""
    if isinstance(written, int):
        return Repeat(samples=written)
    if problems.document.was_cut(path):
        return Repeat()  # one of its keys was refused
    if written.samples is not None:
        if (written.min, written.max, written.until) != (None, None, None):
            message = "`samples` is a fixed number, and does not go with `min`, `max`, `until`"
            problems.error(path, message, (_REPEAT_FORMS,))
        return Repeat(samples=written.samples, vary_seed=written.vary_seed)
    if written.min is None or written.max is None or written.until is None:
        given = "`samples`" if (written.min, written.max) == (None, None) else "one of its keys"
        problems.error(path, f"repeat lacks {given}", (_REPEAT_FORMS,))
        return Repeat()
    if written.min > written.max:
        message = f"min is {written.min}, more than max, which is {written.max}"
        problems.error((*path, "min"), message)
    return Repeat(samples=written.max, least=written.min, vary_seed=written.vary_seed)
