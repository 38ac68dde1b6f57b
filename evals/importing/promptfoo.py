"""promptfoo's configuration → a suite."""

from __future__ import annotations

from typing import Any, Final

from evals.errors import EvalsError, Place, Problem, SuiteError
from evals.importing.assertions import Assertions
from evals.importing.cases import Cases
from evals.importing.findings import Draft
from evals.importing.prompts import Prompts
from evals.importing.providers import Provider
from evals.importing.source import Source
from evals.importing.templates import names_in
from evals.model import JsonObject
from evals.suite.ids import Unique, slug

_READ: Final = frozenset(
    ("description", "prompts", "providers", "targets", "tests", "defaultTest", "scenarios",
     "evaluateOptions", "commandLineOptions", "env", "assertionTemplates", "tags", "metadata",
     "$schema")
)  # fmt: skip
_REASONS: Final = {
    "redteam": "attacks are not generated here",
    "extensions": "code is not executed",
    "nunjucksFilters": "code is not executed",
    "derivedMetrics": "see Combine what several checks found, in the how-to",
    "outputPath": "`evals report -o` writes what is wanted",
    "sharing": "nothing is sent anywhere",
}
_GRADER: Final = {"endpoint": "openai", "model": "gpt-5"}


def promptfoo(source: Source) -> Draft:
    """The suite that a configuration means; raises `SuiteError` where it is none."""
    config = source.whole()
    if not isinstance(config, dict) or not config.keys() & {"prompts", "tests", "scenarios"}:
        place = Place(source.path.name, 1, 1)
        details = ("it has prompts, providers and tests",)
        raise SuiteError([Problem(place, "no configuration of promptfoo", details)])
    return _Config(config, source).draft()


class _Config:
    """The parts of one configuration, in the order of a suite."""

    def __init__(self, config: JsonObject, source: Source) -> None:
        self._config = config
        self._source = source
        self._assertions = Assertions(source, config.get("assertionTemplates"))
        self._endpoints: JsonObject = {}

    def draft(self) -> Draft:
        config, suite = self._config, JsonObject()
        for key in config.keys() - _READ:
            self._source.left(config, key, key, _REASONS.get(key, "a suite has no such key"))
        for name in config["env"] if isinstance(config.get("env"), dict) else ():
            self._source.left(config["env"], name, f"env: {name}", "left out unseen")
            self._source.findings.variables[name] = None
        if isinstance(config.get("description"), str):
            suite["description"] = config["description"]
        if isinstance(config.get("tags"), dict) and config["tags"]:
            suite["metadata"] = config["tags"]
        prompts = Prompts(self._source)
        if "prompts" in config:
            prompts.read(config["prompts"], config)
        suite |= self._asked()
        if prompts.made:
            suite["prompts"] = prompts.made
        cases = Cases(self._source, self._assertions)
        defaults = cases.defaults(config.get("defaultTest"), config)
        tests = cases.read(config["tests"], config) if config.get("tests") else []
        if config.get("scenarios"):
            tests += cases.scenarios(config["scenarios"], config)
        suite |= self._evaluated()
        if not tests and not config.keys() & {"tests", "scenarios"}:
            tests = [{"assert": []}]  # the prompts alone are asked
        self._fill(suite, defaults, tests)
        if defaults:
            suite["defaults"] = defaults
        suite["tests"] = tests
        suite |= self._judge()
        return Draft(suite=suite, endpoints=self._endpoints)

    def _asked(self) -> JsonObject:
        """Whom the suite asks: one provider as its endpoint and model, several as settings."""
        key = "targets" if "targets" in self._config else "providers"
        written = self._config.get(key)
        items = self._listed(written)
        found = [p for p in (self._provider(item, items, i) for i, item in enumerate(items)) if p]
        if not found:
            self._source.left(self._config, key, key, "none is left: name an `endpoint`")
            return {}
        if len(found) == 1:
            one = found[0]
            made: JsonObject = {"endpoint": one.endpoint, "model": one.model}
            return made | ({"parameters": one.parameters} if one.parameters else {})
        unique = Unique()
        settings = []
        for provider in found:
            name = slug(provider.label or provider.model) or "setting"
            settings.append({"id": unique(name), **provider.setting()})
        return {"settings": settings}

    def _listed(self, written: Any) -> list[Any]:
        if isinstance(written, str) and written.startswith("file://"):
            written = self._from_file(written)
        items = written if isinstance(written, list) else [] if written is None else [written]
        found: list[Any] = []
        for item in items:
            if isinstance(item, str) and item.startswith("file://"):
                more = self._from_file(item)
                found += more if isinstance(more, list) else [more]
            else:
                found.append(item)
        return items if items == found else found

    def _from_file(self, written: str) -> Any:
        if not written.endswith((".yaml", ".yml", ".json")):
            return written
        try:
            return self._source.value(written.removeprefix("file://"))
        except EvalsError:
            return written

    def _provider(self, item: Any, holder: Any, at: int) -> Provider | None:
        self._source.findings.count("providers")
        try:
            provider = Provider(item, holder, at, self._source)
        except EvalsError as problem:
            name = item.get("id") if isinstance(item, dict) else item
            what = f"provider {str(name)[:60]!r}"
            self._source.lose("providers", holder, at, what, problem.message)
            return None
        self._endpoints |= provider.endpoints
        return provider

    def _evaluated(self) -> JsonObject:
        made: JsonObject = {}
        for key in ("commandLineOptions", "evaluateOptions"):
            options = self._config.get(key)
            for name, value in options.items() if isinstance(options, dict) else ():
                whole = isinstance(value, int) and not isinstance(value, bool) and value > 0
                if name == "repeat" and whole:
                    made["repeat"] = value
                elif name == "maxConcurrency" and whole:
                    made["limits"] = {"concurrency": value}
                else:
                    self._source.left(options, name, f"{key}: {name}", "no equal")
        return made

    def _fill(self, suite: JsonObject, defaults: JsonObject, tests: list[JsonObject]) -> None:
        """Vars that some test does not give: nunjucks writes nothing for them."""
        asked = names_in([p.get("template", p.get("messages")) for p in suite.get("prompts", ())])
        given = _given(defaults)
        lacking = {
            name
            for name in asked - given - {"expected"}
            if any(name not in have for have in _sets(tests, frozenset()))
        }
        for name in sorted(lacking):
            defaults["vars"] = {**defaults.get("vars", {}), name: ""}
            what = f"var {name}"
            self._source.left(self._config, "prompts", what, "some tests lack it: empty by default")

    def _judge(self) -> JsonObject:
        made: JsonObject | None = None
        for written, holder in self._assertions.judges:
            if isinstance(written, dict) and isinstance(written.get("text"), str | dict):
                written = written["text"]
            try:
                provider = Provider(written, holder, "provider", self._source)
            except EvalsError as problem:
                self._source.left(holder, "provider", "provider that grades", problem.message)
                continue
            if made is None:
                made = provider.setting()
                self._endpoints |= provider.endpoints
            elif made != provider.setting():
                self._source.left(holder, "provider", "another judge", "a suite has one")
        if not self._assertions.graded:
            return {}
        if made is None:
            what = "no provider that grades"
            self._source.left(self._config, None, what, "judge: openai, gpt-5; change it at will")
        return {"judge": made or dict(_GRADER)}


def _given(test: JsonObject) -> frozenset[str]:
    variables = test.get("vars", {})
    return frozenset(variables) | frozenset(variables.get("matrix", ()))


def _sets(tests: list[JsonObject], above: frozenset[str]) -> list[frozenset[str]]:
    """The names that each test gives, with those of its group."""
    found: list[frozenset[str]] = []
    for test in tests:
        have = above | _given(test)
        found += _sets(test["tests"], have) if "tests" in test else [have]
    return found
