"""Tests as written → cases: defaults merged in, data files read, ids given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import UNSET

from evals.checks.examine import examine
from evals.errors import Place, Problem, SuiteError
from evals.model import Case, Check, JsonObject, Misses, Repeat
from evals.suite.assertions import Assertions
from evals.suite.datasets import SUFFIXES, Row, read_rows
from evals.suite.files import FileRefused, Files
from evals.suite.ids import ID_RULE, TAG_RULE, TWICE, Unique, default_id, is_id, is_tag, slug
from evals.suite.nearest import advice
from evals.suite.problems import Problems
from evals.suite.structure import kind_of
from evals.suite.template import EXPECTED
from evals.suite.turns import Turns
from evals.suite.written import WrittenDefaults, WrittenRepeat, WrittenTest
from evals.suite.yaml import decode

Path = tuple[str | int, ...]

_NO_REASONS: Final = ("", "no", "off", "n", "yes", "on", "y", "true", "false")
_BY_DEFAULT: Final = Check(type="equals", options={"value": "{{ expected }}"})


class Layer(NamedTuple):
    """What a test takes from above: a case without an id, and whether assertions were given."""

    case: Case
    given: bool = False


class Draft(NamedTuple):
    """A case before it has its id; `wanted` is the id as written, or None."""

    case: Case
    wanted: str | None
    from_data: bool = False


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
    ) -> None:
        """`filled` gives parameters the content of the files that they name."""
        self._problems = problems
        self._assertions = assertions
        self._turns = Turns(problems, assertions)
        self._files = files
        self._known = known
        self._filled = filled
        self._wrong_files: set[str] = set()  # whose expected values were refused
        self.incomplete: set[Place] = set()  # of cases that lost a part to their mistakes

    def read(
        self,
        tests: tuple[WrittenTest, ...],
        defaults: WrittenDefaults,
        *,
        repeat: Repeat,
        misses: Misses,
    ) -> tuple[Case, ...]:
        """The cases in the order of the file, each with its id."""
        base = Layer(Case(id="", repeat=repeat, misses=misses))
        base = self._layered(base, defaults, ("defaults",))
        drafts = list(self._drafts(tests, base))
        return self._with_ids(drafts)

    def _drafts(self, tests: tuple[WrittenTest, ...], base: Layer) -> Iterator[Draft]:
        bare = Layer(msgspec.structs.replace(base.case, checks=()))
        for index, test in enumerate(tests):
            path: Path = ("tests", index)
            layer = self._layered(base if test.inherit else bare, test, path)
            if test.turns:
                layer = self._with_turns(layer, test, path)
            lost = self._was_cut(path)
            if test.file is not None:
                for draft in self._rows(test, layer, path):
                    if lost and draft.case.place is not None:
                        self.incomplete.add(draft.case.place)
                    yield draft
                continue
            if test.delimiter is not None:
                self._problems.error((*path, "delimiter"), "delimiter needs a file", key=True)
            wanted = test.id
            if wanted is not None and not is_id(wanted):
                self._problems.error((*path, "id"), f"{wanted!r} is no id", (ID_RULE,))
                wanted = None
            place = self._problems.place(path)
            if lost:
                self.incomplete.add(place)
            case = msgspec.structs.replace(layer.case, place=place)
            yield Draft(self._judged(case, layer.given, path), wanted)

    def _with_turns(self, layer: Layer, test: WrittenTest, path: Path) -> Layer:
        turns, checks = self._turns.read(test.turns, (*path, "turns"))
        case = msgspec.structs.replace(
            layer.case, turns=turns, checks=(*checks, *layer.case.checks)
        )
        return Layer(case, layer.given or bool(checks))

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
            changes["repeat"] = repeat_of(written.repeat)
        if written.cluster is not None:
            changes["cluster"] = str(written.cluster)
        if written.skip is not None and written.skip.strip().casefold() in _NO_REASONS:
            details = ("write why, such as `skip: too slow`; remove it to run the test",)
            self._problems.error((*path, "skip"), "skip needs a reason", details)
        for key in ("threshold", "min_pass_rate", "misses", "description", "skip"):
            if (value := getattr(written, key)) is not None:
                changes[key] = value
        given = base.given or written.assert_ is not UNSET
        return Layer(msgspec.structs.replace(case, **changes) if changes else case, given)

    def _joined(self, case: Case, written: WrittenDefaults, path: Path) -> dict[str, Any]:
        """The lists and mappings of a test, with what is in those above."""
        changes: dict[str, Any] = {}
        if written.assert_ is not UNSET:
            own = self._assertions.read(written.assert_, (*path, "assert"))
            changes["checks"] = (*case.checks, *own)
        if written.vars:
            changes["vars"] = {**case.vars, **self._vars(written.vars, (*path, "vars"))}
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

    def _vars(self, written: JsonObject, path: Path) -> JsonObject:
        if EXPECTED in written:
            details = ("write expected beside vars; templates see it under this name",)
            self._problems.error((*path, EXPECTED), "expected is no var", details, key=True)
        made = written
        for name, value in written.items():
            if name == "matrix" and isinstance(value, dict):
                self._problems.error((*path, name), "unknown key 'matrix'", key=True)
            if isinstance(value, dict) and value.keys() == {"file"}:
                made = {**made, name: self._text(value["file"], (*path, name, "file"))}
        return made

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
            literal = msgspec.structs.replace(_BY_DEFAULT, options={"value": case.expected})
            for _, message in examine(literal):
                self._wrong_expected(case, path, f"expected, judged by equals: {message}")
        return msgspec.structs.replace(case, checks=(self._by_default(case),))

    def _wrong_expected(self, case: Case, path: Path, message: str) -> None:
        """Told where it is written; of the rows of one file, the first tells it."""
        own = self._problems.document.path
        if case.place is None or case.place.path == own:
            inherited = EXPECTED not in self._problems.document.value["tests"][path[1]]
            top: Path = ("defaults",) if inherited else path
            self._problems.error((*top, EXPECTED), message)
        elif case.place.path not in self._wrong_files:
            self._wrong_files.add(case.place.path)
            self._wrong(case.place, message)

    def _by_default(self, case: Case) -> Check:
        return msgspec.structs.replace(_BY_DEFAULT, place=case.place)

    def _rows(self, test: WrittenTest, layer: Layer, path: Path) -> Iterator[Draft]:
        assert test.file is not None
        for key, given in (("id", test.id), ("expected", test.expected)):
            if given is not None and given is not UNSET:
                details = ("it would be the same for every row; name a column so",)
                self._problems.error((*path, key), f"{key} beside file", details, key=True)
        if test.delimiter is not None and len(test.delimiter) != 1:
            self._problems.error((*path, "delimiter"), "a delimiter is one character")
            return
        try:
            found = self._files.find(test.file)
            if found.suffix.lower() not in SUFFIXES:
                raise FileRefused(
                    f"{test.file!r} is no data file", remedy=f"by its suffix: {', '.join(SUFFIXES)}"
                )
            shown = self._files.name(found)
            rows = read_rows(found, shown, delimiter=test.delimiter)
            yield from self._cases_of(rows, shown, layer, path)
        except (FileRefused, OSError) as error:
            refused = error if isinstance(error, FileRefused) else FileRefused(str(error))
            self._problems.refused((*path, "file"), refused)
        except SuiteError as error:
            for problem in error.problems:
                self._problems.add(problem)

    def _cases_of(
        self, rows: Iterable[Row], shown: str, layer: Layer, path: Path
    ) -> Iterator[Draft]:
        count = 0
        for row in rows:
            count += 1
            place = Place(shown, row.line, 1)
            changes = self._row(row, layer.case, place)
            wanted, case = changes.pop("id"), msgspec.structs.replace(layer.case, **changes)
            if not layer.given and not case.checks and not case.has_expected and count > 1:
                continue  # the first row has said it for all
            case = self._judged(case, layer.given, path)
            yield Draft(case, wanted, from_data=True)
        if not count:
            self._problems.error((*path, "file"), f"{shown} has no rows")

    def _row(self, row: Row, base: Case, place: Place) -> dict[str, Any]:
        """The fields that a row changes."""
        values = dict(row.values)
        name, tags = values.pop("id", None), values.pop("tags", None)
        changes: dict[str, Any] = {"place": place, "id": None}
        if EXPECTED in values:
            changes |= {"expected": values.pop(EXPECTED), "has_expected": True}
        if name not in (None, ""):
            if isinstance(name, str | int) and not isinstance(name, bool):
                changes["id"] = str(name)
            else:
                self._wrong(place, f"id must be a text, found {kind_of(name)}")
        if (cluster := values.pop("cluster", None)) not in (None, ""):
            changes["cluster"] = str(cluster)
        if tags:
            own = (
                tags.replace(",", " ").replace(";", " ").split() if isinstance(tags, str) else tags
            )
            if not isinstance(own, list) or not all(isinstance(t, str) and is_tag(t) for t in own):
                self._wrong(place, f"tags: {kind_of(tags)} holds no tags", TAG_RULE)
            else:
                changes["tags"] = tuple(dict.fromkeys((*base.tags, *own)))
        changes["vars"] = {**base.vars, **values} if base.vars else values
        return changes

    def _wrong(self, place: Place, message: str, *details: str) -> None:
        self._problems.add(Problem(place, message, details))

    def _with_ids(self, drafts: Sequence[Draft]) -> tuple[Case, ...]:
        taken: dict[str, Place | None] = {}
        for case, wanted, _ in drafts:
            if wanted is None:
                continue
            first = taken.setdefault(wanted.casefold(), case.place)
            if first is not case.place and case.place is not None:
                self._wrong(
                    case.place, f"two tests have the id {wanted!r}", f"the first: {first}", TWICE
                )
        unique = Unique(name for name in taken if is_id(name))
        made, numbered = [], None
        for number, (case, wanted, from_data) in enumerate(drafts, 1):
            if wanted is not None and (not from_data or is_id(wanted)):
                made.append(msgspec.structs.replace(case, id=wanted))
                continue
            name = default_id(case.vars, number) if wanted is None else slug(wanted) or "row"
            given = unique(name)
            if given is not name and wanted is None:
                numbered = numbered or case.place
            made.append(msgspec.structs.replace(case, id=given, label=wanted))
        if numbered is not None:
            self._problems.add(
                Problem(
                    numbered,
                    "tests of equal vars get their ids by number",
                    ("give them ids: histories hang on these, and numbers move",),
                    severity="warning",
                )
            )
        return tuple(made)


def repeat_of(written: int | WrittenRepeat) -> Repeat:
    if isinstance(written, int):
        return Repeat(samples=written)
    return Repeat(samples=written.samples, vary_seed=written.vary_seed)
