"""Tests, those of data files too, default tests and scenarios → tests and groups."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from evals.errors import EvalsError, Place
from evals.importing.assertions import Assertions
from evals.importing.expected import test_of
from evals.importing.source import Source, Unequal, reason
from evals.importing.templates import environment
from evals.model import JsonObject
from evals.suite.datasets import json_line
from evals.suite.template import is_template

_SIMPLE: Final = re.compile(r"\{\{-?\s*([A-Za-z_]\w*)\s*-?\}\}")
_KEYS: Final = frozenset(("description", "vars", "assert", "threshold", "metadata", "options"))
_CODE: Final = (".js", ".cjs", ".mjs", ".ts", ".py", ".xlsx", ".xls", ".pdf", ".png", ".jpg")
_MOST_LEVELS: Final = 8


class Cases:
    """Reads the tests of one file."""

    def __init__(self, source: Source, assertions: Assertions) -> None:
        self._source = source
        self._assertions = assertions
        self._shared: JsonObject = {}
        self._transform: Any = None

    def defaults(self, written: Any, holder: Any) -> JsonObject:
        """What stands under `defaultTest`."""
        if isinstance(written, str):
            try:
                written = self._source.value(written.removeprefix("file://"))
            except EvalsError as problem:
                self._source.left(holder, "defaultTest", "defaultTest", problem.message)
                return {}
        if not isinstance(written, dict):
            if written is not None:
                self._source.left(holder, "defaultTest", "defaultTest", "no mapping")
            return {}
        options = written.get("options")
        self._transform = options.get("transform") if isinstance(options, dict) else None
        try:
            made = self._test(written)
        except EvalsError as problem:
            self._source.left(holder, "defaultTest", "defaultTest", problem.message)
            return {}
        self._shared = made.get("vars", {})
        return made

    def read(
        self, written: Any, holder: Any, key: str = "tests", level: int = 0
    ) -> list[JsonObject]:
        """Every test; those that have no equal are noted."""
        items = written if isinstance(written, list) else [written]
        made: list[JsonObject] = []
        for index, item in enumerate(items):
            if isinstance(written, list):
                place = self._source.place(written, index)
            else:
                place = self._source.place(holder, key)
            what = f"tests {item[:60]!r}" if isinstance(item, str) else "test"
            made += self._tried(partial(self._one, item, place, level), place, what)
        return made

    def _tried(
        self, make: Callable[[], list[JsonObject]], place: Place, what: str
    ) -> list[JsonObject]:
        """What is made of a part; nothing, and a note, where it has no equal."""
        try:
            return make()
        except EvalsError as problem:
            self._source.findings.count("tests")
            self._source.findings.lose("tests", place, what, reason(problem, place))
            return []

    def scenarios(self, written: Any, holder: Any, level: int = 0) -> list[JsonObject]:
        """Groups: every configuration with every test."""
        made: list[JsonObject] = []
        for index, item in enumerate(written if isinstance(written, list) else [written]):
            if isinstance(item, str):
                try:
                    _check_level(level)
                    item = self._source.value(item.removeprefix("file://"))
                except EvalsError as problem:
                    self._source.left(written, index, "scenario", problem.message)
                    continue
                if isinstance(item, list):
                    made += self.scenarios(item, holder, level + 1)
                    continue
            if not isinstance(item, dict) or not isinstance(item.get("config"), list):
                self._source.left(written, index, "scenario", "no `config` and `tests`")
                continue
            for config in item["config"]:
                made += self._group(config, item)
        return made

    def _group(self, config: Any, item: JsonObject) -> list[JsonObject]:
        try:
            if not isinstance(config, dict):
                raise Unequal("a configuration of a scenario is a mapping")
            group = self._test(config)
        except EvalsError as problem:
            self._source.left(item, "config", "scenario", problem.message)
            return []
        above = self._shared
        self._shared = {**above, **group.get("vars", {})}
        tests = self.read(item.get("tests", [{}]), item)
        self._shared = above
        return [{**group, "tests": tests}] if tests else []

    def _one(self, item: Any, place: Place, level: int) -> list[JsonObject]:
        if isinstance(item, dict) and isinstance(item.get("path"), str):
            item = item["path"]
        if isinstance(item, str):
            return self._files(item, place, level)
        if not isinstance(item, dict):
            raise Unequal("a test is a mapping")
        return self._case(item, place)

    def _case(self, item: JsonObject, place: Place) -> list[JsonObject]:
        made = self._test(item)
        self._source.findings.count("tests")
        self._source.findings.born(made, place, "tests")
        return [made]

    def _files(self, written: str, place: Place, level: int) -> list[JsonObject]:
        if "://" in written and not written.startswith("file://"):
            raise Unequal("it would be fetched; save it as a file, or use `dataset`")
        _check_level(level)
        made: list[JsonObject] = []
        for name in self._source.matching(written.removeprefix("file://")):
            made += self._tried(partial(self._file, name, level), place, f"tests {name[:60]!r}")
        return made

    def _file(self, name: str, level: int) -> list[JsonObject]:
        if name.endswith(".csv"):
            return self._rows(name)
        if name.endswith((".jsonl", ".ndjson")):
            return self._lines(name)
        if name.endswith((".yaml", ".yml", ".json")):
            value = self._source.value(name)
            return self.read(value, value, level=level + 1)
        raise Unequal("nothing is executed, and other kinds of files are not read")

    def _lines(self, name: str) -> list[JsonObject]:
        made: list[JsonObject] = []
        for number, line in enumerate(self._source.text(name).split("\n"), 1):
            if line.strip():
                place = Place(name, number, 1)
                made += self._tried(partial(self._line, line, place), place, "test")
        return made

    def _line(self, line: str, place: Place) -> list[JsonObject]:
        return self._standing(json_line(line, place.path, place.line), place)

    def _rows(self, name: str) -> list[JsonObject]:
        made: list[JsonObject] = []
        for place, row in self._source.rows(name):
            written, unknown = test_of(row)
            for column in unknown:
                self._source.findings.note(Place(name, 1, 1), f"column {column}", "no equal")
            made += self._tried(partial(self._standing, written, place), place, "test")
        return made

    def _standing(self, written: JsonObject, place: Place) -> list[JsonObject]:
        """The test of a row, all of which stands at one place."""
        return self._case(self._source.stand(written, place), place)

    def _test(self, item: JsonObject) -> JsonObject:
        """A test, or what tests take: the keys that both sides have."""
        for key in item.keys() - _KEYS:
            self._source.left(item, key, f"test: {key}", "tests have no such key")
        made: JsonObject = {}
        if isinstance(item.get("description"), str):
            made["description"] = item["description"]
        options = item.get("options")
        options = options if isinstance(options, dict) else {}
        variables = self._vars(item.get("vars"), item, expand=not _fixed(options))
        if variables:
            made["vars"] = variables
        self._options(options, made)
        if "assert" in item:
            transform = options.get("transform", self._transform)
            made["assert"] = self._assertions.read(item["assert"], item, transform)
        threshold = item.get("threshold")
        if isinstance(threshold, int | float) and threshold > 0:
            made["threshold"] = threshold
        if isinstance(item.get("metadata"), dict) and item["metadata"]:
            made["metadata"] = item["metadata"]
        return made

    def _options(self, options: JsonObject, made: JsonObject) -> None:
        for key, value in options.items():
            if key == "provider":
                self._assertions.judges.append((value, options))
            elif key == "disableDefaultAsserts" and value is True:
                made["inherit"] = False
            elif key not in ("transform", "disableVarExpansion"):
                self._source.left(options, key, f"options: {key}", "no equal")

    def _vars(self, written: Any, holder: Any, *, expand: bool) -> JsonObject:
        if isinstance(written, str):
            written = self._source.value(written.removeprefix("file://"))
        if written is None:
            return {}
        if not isinstance(written, dict):
            raise Unequal("vars are no mapping")
        values = {name: self._value(value) for name, value in written.items()}
        known = {**self._shared, **values}
        matrix = {n: v for n, v in values.items() if expand and isinstance(v, list) and v}
        made = {
            name: self._filled(value, known, written, name)
            for name, value in values.items()
            if name not in matrix
        }
        return {**made, "matrix": matrix} if matrix else made

    def _value(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._value(one) for one in value]
        if not isinstance(value, str) or not value.startswith("file://"):
            return value
        name = value.removeprefix("file://")
        if name.lower().endswith(_CODE) or ":" in name:
            raise Unequal(f"the var's file {name!r} is code or no text")
        if name.endswith((".yaml", ".yml")):
            return json.dumps(self._source.value(name), ensure_ascii=False)
        return self._source.text(name).strip()

    def _filled(self, value: Any, known: JsonObject, holder: Any, name: str) -> Any:
        """A var's text with the vars that it names put in: here values are never rendered."""
        if not isinstance(value, str) or not is_template(value):
            return value

        def put(match: re.Match[str]) -> str:
            other = known.get(match[1])
            usable = isinstance(other, str | int | float) and len(str(other)) <= 10_000
            return str(other) if usable and match[1] != name else match[0]

        filled = _SIMPLE.sub(put, value)
        if is_template(filled):
            self._source.findings.variables |= dict.fromkeys(environment(filled))
            self._source.left(holder, name, f"var {name}", "vars are not rendered: sent as it is")
        return filled


def _check_level(level: int) -> None:
    """Refuse files that name files without end, such as themselves."""
    if level >= _MOST_LEVELS:
        raise Unequal("files that name files, too deep")


def _fixed(options: JsonObject) -> bool:
    return options.get("disableVarExpansion") is True
