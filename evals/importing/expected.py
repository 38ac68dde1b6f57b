"""`__expected` of a CSV: the short forms of assertions, and the other columns with a meaning."""

from __future__ import annotations

import re
from typing import Any, Final

from evals.model import JsonObject

_FORM: Final = re.compile(
    r"(?P<type>(?:not-)?[a-z][a-z0-9-]*)(?:\((?P<threshold>\d+(?:\.\d+)?)\))?"
    r"(?:\s*:\s*(?P<value>.*))?",
    re.DOTALL,
)
_ALONE: Final = frozenset(
    ("is-json", "contains-json", "is-xml", "contains-xml", "is-html", "contains-html", "is-sql",
     "contains-sql", "is-refusal", "latency", "cost", "perplexity", "perplexity-score",
     "is-valid-openai-tools-call", "is-valid-openai-function-call", "answer-relevance",
     "context-faithfulness", "context-relevance", "guardrails")
)  # fmt: skip
_WITH: Final = frozenset(
    ("equals", "contains", "icontains", "contains-any", "icontains-any", "contains-all",
     "icontains-all", "starts-with", "regex", "levenshtein", "rouge-n", "bleu", "gleu", "meteor",
     "similar", "llm-rubric", "factuality", "g-eval", "model-graded-closedqa", "context-recall",
     "model-graded-factuality", "javascript", "python", "webhook", "classifier", "moderation",
     "select-best", "finish-reason", "word-count", "tool-call-f1")
)  # fmt: skip
_SHORT: Final = {"grade": "llm-rubric", "fn": "javascript", "eval": "javascript"}


def assertion(text: str) -> JsonObject:
    """What a cell of `__expected` means, as an assertion of promptfoo; a bare text is `equals`."""
    match = _FORM.fullmatch(text.strip())
    if match is not None:
        written = _SHORT.get(match["type"], match["type"])
        kind = written.removeprefix("not-")
        value = match["value"]
        if kind in _ALONE or (kind in _WITH and value is not None):
            made: JsonObject = {"type": written}
            if value:
                made["value"] = value.strip()
            if match["threshold"]:
                number = float(match["threshold"])
                made["threshold"] = int(number) if number.is_integer() else number
            return made
    return {"type": "equals", "value": text}


def test_of(row: dict[str, str]) -> tuple[JsonObject, list[str]]:
    """The test that a row means, and the columns that have no meaning here."""
    test: JsonObject = {"vars": {}, "assert": []}
    unknown: list[str] = []
    metadata: JsonObject = {}
    for name, cell in row.items():
        if re.fullmatch(r"__expected\d*", name):
            test["assert"] += [assertion(cell)] if cell.strip() else []
        elif name == "__threshold":
            _threshold(test, cell, unknown)
        elif name == "__description" and cell:
            test["description"] = cell
        elif name == "__metric" and cell:
            test["metric"] = cell
        elif name.startswith("__metadata:") and cell:
            metadata[name.removeprefix("__metadata:").removesuffix("[]")] = cell
        elif name.startswith("__"):
            unknown += [name] if cell else []
        elif name:
            test["vars"][name] = cell
    metric = test.pop("metric", None)
    if metric is not None:
        test["assert"] = [{**one, "metric": metric} for one in test["assert"]]
    return (test | {"metadata": metadata} if metadata else test), unknown


def _threshold(test: JsonObject, cell: str, unknown: list[Any]) -> None:
    try:
        test["threshold"] = float(cell)
    except ValueError:
        unknown += ["__threshold"] if cell.strip() else []
