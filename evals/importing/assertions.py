"""Assertions of promptfoo → checks of the same meaning."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any, Final

from evals.checks.registry import find
from evals.errors import EvalsError
from evals.importing.code import condition, steps
from evals.importing.source import Source, Unequal
from evals.importing.templates import translated_in
from evals.model import JsonObject
from evals.suite.gates import RESERVED

_SAME: Final = frozenset(
    ("equals", "contains", "icontains", "contains-any", "icontains-any", "contains-all",
     "icontains-all", "starts-with", "regex", "is-json", "contains-json", "is-xml", "contains-xml",
     "is-html", "contains-html", "is-sql", "contains-sql", "is-refusal", "word-count", "latency",
     "cost", "levenshtein", "rouge-n", "bleu", "gleu", "meteor", "perplexity", "perplexity-score",
     "similar", "llm-rubric", "factuality", "closed-qa", "g-eval", "answer-relevance",
     "context-faithfulness", "context-recall", "context-relevance", "finish-reason",
     "tool-call-f1", "is-valid-tool-call", "select-best", "max-score")
)  # fmt: skip
_RENAMED: Final = {
    "model-graded-closedqa": "closed-qa",
    "model-graded-factuality": "factuality",
    "is-valid-openai-tools-call": "is-valid-tool-call",
    "is-valid-openai-function-call": "is-valid-tool-call",
    "is-valid-function-call": "is-valid-tool-call",
    "similar:cosine": "similar",
}
_THRESHOLDS: Final = {  # what promptfoo takes where none is written
    "rouge-n": 0.75, "bleu": 0.5, "gleu": 0.5, "meteor": 0.5, "similar": 0.75, "g-eval": 0.7,
    "tool-call-f1": 1, "perplexity-score": 0.5,
}  # fmt: skip
_LISTS: Final = frozenset(("contains-any", "icontains-any", "contains-all", "icontains-all"))
_TEXTS: Final = _LISTS | frozenset(("equals", "contains", "icontains", "starts-with", "regex"))
_VALUELESS: Final = frozenset(("is-html", "contains-html", "is-refusal", "is-valid-tool-call"))
_CONTEXT: Final = frozenset(("context-faithfulness", "context-relevance"))
_GRADED: Final = _CONTEXT | {
    "llm-rubric",
    "factuality",
    "closed-qa",
    "g-eval",
    "context-recall",
    "select-best",
}
_REASONS: Final = {
    "human": "people judge it",
    "webhook": "a service judges it; write a check of your own",
    "classifier": "another kind of model judges it; write a check of your own",
    "moderation": "another kind of model judges it; write a check of your own",
}
_KEYS: Final = frozenset(
    ("type", "value", "threshold", "weight", "metric", "transform", "assert", "provider")
)
_MOST_LEVELS: Final = 8


class Assertions:
    """Reads the assertions of one file; what has no equal goes to the findings."""

    def __init__(self, source: Source, templates: Any) -> None:
        self._source = source
        self._named = templates if isinstance(templates, dict) else {}
        self.judges: list[tuple[Any, Any]] = []  # providers, with the mapping that names them
        self.graded = False

    def read(self, written: Any, holder: Any, transform: Any = None) -> list[JsonObject]:
        """The assertions of a list, without those that have no equal."""
        if written is None:
            return []
        if not isinstance(written, list):
            self._source.lose("assertions", holder, "assert", "assert", "no list of assertions")
            return []
        made: list[JsonObject] = []
        for index, item in enumerate(written):
            place = self._source.place(written, index)
            self._source.findings.count("assertions")
            try:
                one = self.one(item, transform, 0)
            except (EvalsError, TypeError, ValueError, AttributeError) as problem:
                what = item.get("type") if isinstance(item, dict) else None
                reason = getattr(problem, "message", "its options are of no known form")
                self._source.findings.lose("assertions", place, f"assertion {what}", reason)
                continue
            self._source.findings.born(one, place, "assertions")
            made.append(one)
        return made

    def one(self, item: Any, transform: Any, level: int) -> JsonObject:
        """The check of an assertion; raises `Unequal` where there is none."""
        if level > _MOST_LEVELS:
            raise Unequal("sets inside sets, too deep")
        if isinstance(item, dict) and isinstance(item.get("$ref"), str):
            name = item["$ref"].rpartition("/")[2]
            if name not in self._named or not isinstance(self._named[name], dict):
                raise Unequal(f"there is no {item['$ref']}")
            return self.one({**self._named[name], **_without(item, "$ref")}, transform, level + 1)
        if not isinstance(item, dict) or not isinstance(item.get("type"), str):
            raise Unequal("it has no type")
        for key in item.keys() - _KEYS:
            self._source.left(item, key, f"{item['type']}: {key}", "the check has no such option")
        made = self._set(item, transform, level) if item["type"] == "assert-set" else None
        made = made or self._check(item, transform)
        self._common(item, made)
        return made

    def _set(self, item: JsonObject, transform: Any, level: int) -> JsonObject:
        members = item.get("assert")
        if not isinstance(members, list) or not members:
            raise Unequal("a set without assertions")
        self._source.findings.count("assertions", len(members))
        try:
            of = [self.one(member, transform, level + 1) for member in members]
        except EvalsError as problem:
            self._source.findings.lost["assertions"] += len(members)
            raise Unequal(f"one of its members has no equal: {problem.message}") from problem
        threshold = item.get("threshold")
        if threshold is None:
            return {"all": of}
        same = len({member.get("weight", 1) for member in of}) == 1
        if not isinstance(threshold, int | float) or not 0 < threshold <= 1 or not same:
            raise Unequal("a threshold on a set counts its members, all of one weight")
        return {"at-least": {"n": max(1, math.ceil(threshold * len(of) - 1e-9)), "of": of}}

    def _common(self, item: JsonObject, made: JsonObject) -> None:
        weight = item.get("weight")
        if isinstance(weight, int | float) and not isinstance(weight, bool) and weight != 1:
            made["weight"] = weight
        metric = item.get("metric")
        if isinstance(metric, str) and metric:
            name = re.sub(r"[^a-z0-9_]+", "_", metric.lower()).strip("_")
            name = f"m_{name}" if not name or name[0].isdigit() else name
            made["metric"] = f"{name}_score" if name in RESERVED else name
            if made["metric"] != metric:
                self._source.left(item, "metric", f"metric {metric!r}", f"is {made['metric']!r}")

    def _check(self, item: JsonObject, transform: Any) -> JsonObject:
        written = item["type"]
        kind = written.removeprefix("not-")
        inverted = "not-" if written.startswith("not-") else ""
        code = item.get("transform", transform)
        if kind in ("javascript", "python"):
            if inverted or not isinstance(item.get("value"), str):
                raise Unequal("code is not executed")
            return _after(steps(code) if code is not None else [], condition(item["value"]))
        kind = _RENAMED.get(kind, kind)
        if kind not in _SAME:
            raise Unequal(_REASONS.get(kind, "there is no such check"))
        ours = find("rouge" if kind == "rouge-n" else kind)
        reads_text = ours is None or ours.judges == "text"
        pipeline = steps(code) if code is not None and reads_text else []
        made: JsonObject = {"type": inverted + ("rouge" if kind == "rouge-n" else kind)}
        made |= self._options(kind, self._value(item), item.get("threshold"))
        made = _after(pipeline, made)
        if kind in _GRADED:
            self.graded = True
            if "provider" in item:
                self.judges.append((item["provider"], item))
        elif "provider" in item and kind in ("similar", "answer-relevance"):
            self._source.left(item, "provider", kind, "`endpoint` and `model` say whose vectors")
        return made

    def _value(self, item: JsonObject) -> Any:
        """The value, read from its file where it names one, as a template of ours."""
        value = item.get("value")
        if isinstance(value, str) and value.startswith("file://"):
            name = value.removeprefix("file://")
            if name.endswith((".json", ".yaml", ".yml")):
                return self._source.value(name)
            if not name.endswith((".txt", ".md", ".sql", ".xml", ".html")):
                raise Unequal("code is not executed")
            return self._source.text(name).strip()
        return translated_in(value, self._source.findings)

    def _options(self, kind: str, value: Any, threshold: Any) -> JsonObject:
        if threshold is not None and (
            isinstance(threshold, bool) or not isinstance(threshold, int | float)
        ):
            raise Unequal("a threshold is a number")
        if kind in ("latency", "cost", "perplexity"):
            if not isinstance(threshold, int | float):
                raise Unequal("it has no threshold")
            return {"max": f"{threshold:g}ms" if kind == "latency" else threshold}
        if kind == "levenshtein":
            return {"value": value, "max_distance": int(5 if threshold is None else threshold)}
        if kind in _CONTEXT or kind in ("context-recall", "answer-relevance"):
            if not threshold:
                raise Unequal("without a threshold it always passes")
            return _graded(kind, value, threshold)
        made = _plain(kind, value)
        limit = _THRESHOLDS.get(kind) if threshold is None else threshold
        if limit is not None and (kind in _THRESHOLDS or kind == "llm-rubric") and limit > 0:
            made["threshold"] = limit
        if kind == "rouge-n":
            made["variant"] = 1
        return made


def _after(pipeline: Sequence[Any], made: JsonObject) -> JsonObject:
    """The check, or each of a group, of what the transforms make of the answer."""
    if not pipeline:
        return made
    if "type" not in made:
        return {key: [_after(pipeline, one) for one in of] for key, of in made.items()}
    own = made.get("transform")  # of a condition: `strip`, which needs no second time
    every = [*pipeline, *([] if own is None or own == pipeline[-1] else [own])]
    return {**made, "transform": every[0] if len(every) == 1 else every}


def _graded(kind: str, value: Any, threshold: Any) -> JsonObject:
    inputs: JsonObject = {"context": "{{ context }}"}
    if kind == "answer-relevance":
        return {"threshold": threshold}
    if kind == "context-recall":
        return {"value": {"reference": value, **inputs}, "threshold": threshold}
    return {"value": {"question": "{{ query }}", **inputs}, "threshold": threshold}


def _plain(kind: str, value: Any) -> JsonObject:
    """The options of a check that takes a value, or none."""
    if kind in _VALUELESS:
        return {}
    if kind == "max-score":
        return _by_scores(value)
    if kind in ("is-json", "contains-json"):
        return {} if value is None else {"value": _schema(value)}
    if kind in ("is-xml", "contains-xml"):
        return {} if value is None else {"path": _elements(value)}
    if kind in ("is-sql", "contains-sql"):
        return _sql(value)
    if kind == "word-count" and isinstance(value, dict):
        return {key: value[key] for key in ("min", "max") if key in value}
    if kind == "tool-call-f1":
        return {"value": [{"name": n} if isinstance(n, str) else n for n in _listed(value)]}
    if value is None:
        raise Unequal("it has no value")
    if kind in _LISTS:
        return {"value": [_text(one) for one in _listed(value)] if value != "" else value}
    if kind in _TEXTS and not isinstance(value, dict | list):
        return {"value": _text(value)}
    return {"value": value}


def _by_scores(value: Any) -> JsonObject:
    """No options: the mean and the sum of the same checks have the same winner."""
    told = {} if value is None else value
    if not isinstance(told, dict) or told.keys() - {"method"}:
        raise Unequal("scores by other weights than those of the checks, or with a threshold")
    return {}


def _listed(value: Any) -> Any:
    """A list; a text is cut at its commas, as promptfoo does, but for one whole template."""
    if isinstance(value, str) and not value.strip().startswith("{{"):
        return [part.strip() for part in value.split(",")]
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    return str(value) if isinstance(value, int | float) else value


def _schema(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            raise Unequal("its schema is no JSON") from None
    return value


def _elements(value: Any) -> list[str]:
    names = value.get("requiredElements") if isinstance(value, dict) else value
    if isinstance(names, str):
        names = names.split(",")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Unequal("it names no elements")
    return [name.strip().replace(".", "/") for name in names]


_DIALECTS: Final = {"postgresql": "postgres", "transactsql": "tsql"}


def _sql(value: Any) -> JsonObject:
    if not isinstance(value, dict):
        return {}
    if value.keys() - {"databaseType"}:
        raise Unequal("rules by kind of statement; `tables` and `columns` say what may be named")
    name = str(value.get("databaseType", "")).lower()
    return {"dialect": _DIALECTS.get(name, name)} if name else {}


def _without(item: JsonObject, key: str) -> JsonObject:
    return {name: value for name, value in item.items() if name != key}
