"""The sections of docs/reference/checks.md, and the examples that stand in them."""

from __future__ import annotations

import inspect
import json
import math
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import yaml
from reference_tables import Wrong, code, keys, plain, table

from evals.checks.extras import EXTRAS, missing
from evals.checks.options import fields_of
from evals.checks.registry import FAMILIES, CheckType, find
from evals.model import Choice, Completion, Request, Timing, Token, ToolCall, Usage, Verdict
from evals.suite.yaml import read_yaml
from evals.testing import ScriptedEndpoint, check

EXAMPLES = Path(__file__).resolve().parent.parent / "docs" / "examples" / "checks.yaml"
NAMES = tuple(name for listed in FAMILIES.values() for name in listed.split())
EXPECTED = {"passes": True, "fails": False, "errs": None}
_RUNNING = f"by Python 3.{sys.version_info.minor}"  # the page is the same by every interpreter
_CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
_TOOLS = [{"type": "function", "function": {"name": "get_weather", "parameters": _CITY}}]
_VERDICTS = {True: "pass", False: "fail", None: "error"}


@cache
def examples() -> Mapping[str, Any]:
    """The examples by check type, read as suites are."""
    document = read_yaml(EXAMPLES.read_bytes(), EXAMPLES.name)
    if document.problems:
        raise Wrong("\n".join(map(str, document.problems)))
    found: Mapping[str, Any] = document.value
    return found


def completion(answer: Any) -> Completion:
    """The answer of an example: a text, or a mapping of what matters of it."""
    told: Mapping[str, Any] = {"text": answer} if isinstance(answer, str) else answer
    choice = Choice(
        index=0,
        text=told.get("text", ""),
        finish_reason=told.get("finish_reason", "stop"),
        reasoning=told.get("reasoning"),
        refusal=told.get("refusal"),
        tool_calls=tuple(
            ToolCall(name=call["name"], arguments=json.dumps(call["arguments"]))
            for call in told.get("tool_calls", ())
        ),
        logprobs=tuple(map(_token, told["probabilities"])) if "probabilities" in told else None,
    )
    return Completion(
        choices=(choice,),
        model=told.get("model", "a-model"),
        usage=Usage(**{f"{kind}_tokens": n for kind, n in told.get("tokens", {}).items()}),
        timing=Timing(latency_s=told.get("latency_s", 0.4), ttft_s=told.get("ttft_s")),
        cost_usd=told.get("cost_usd"),
        request={"tools": _TOOLS},
    )


def _token(told: Mapping[str, float]) -> Token:
    """`{Paris: 0.9, London: 0.1}`: the alternatives with their probabilities, the first chosen."""
    top = tuple((text, math.log(p)) for text, p in told.items())
    return Token(token=top[0][0], logprob=top[0][1], top=top)


def judged(assertion: Any, answer: Any) -> Verdict:
    """What the assertion says of the answer.

    A check that asks is told what stands in the answer: `judge`, a text or one for each request, or
    `vectors` of texts. Samples are a list; those of several columns are a mapping under `columns`.
    """
    told: Mapping[str, Any] = answer if isinstance(answer, Mapping) else {}
    to: Any = completion(answer) if not isinstance(answer, list) else [*map(completion, answer)]
    if "columns" in told:
        to = {name: [*map(completion, samples)] for name, samples in told["columns"].items()}
    said = told.get("judge", "")
    replies = iter([said] if isinstance(said, str) else said)

    def say(request: Request) -> Any:
        if request.path == "/embeddings":
            return [told["vectors"][text] for text in request.body["input"]]
        return next(replies)

    return check(assertion, to, endpoint=ScriptedEndpoint(say), scores=told.get("scores"))


def check_list() -> str:
    """Every check type in one line."""
    kinds = map(_type, NAMES)
    rows = [(f"[{kind.name}](#{kind.name})", _JUDGES[kind.judges], kind.summary) for kind in kinds]
    return table(("type", "judges", "passes if"), rows)


_JUDGES = {
    "text": "text",
    "logprobs": "log-probabilities",
    "timing": "times",
    "usage": "tokens",
    "tools": "tool calls",
    "finish": "the end",
    "model": "the model",
}


def section(name: str) -> str:
    """One check type: what it says, its options, examples with what they find."""
    kind, told = _type(name), examples()[name]
    parts = [f"### {name}", inspect.cleandoc(kind.function.__doc__ or "")]
    if kind.options is not None:
        parts.append(keys(kind.options, name="option"))
    if name == "tool-calls":
        parts += ["A call under `value`:", keys(_calls(kind.options), name="key")]
    parts += [said for said in (_about(kind), told.get("notes", "").strip()) if said]
    parts += [_example(example) for example in told["examples"]]
    return "\n\n".join(parts)


def judgeable(name: str) -> bool:
    """Whether a check's library is installed; of what is no check, true."""
    kind = find(name)
    return kind is None or kind.library is None or missing(kind.library) is None


def _type(name: str) -> CheckType:
    kind = find(name)
    if kind is None:
        raise Wrong(f"no check {name!r}")
    return kind


def _calls(options: Any) -> type[Any]:
    """The struct of an expected call, inside the options of `tool-calls`."""
    info: Any = msgspec.inspect.type_info(options)
    (value,) = (field.type for field in info.fields if field.name == "value")
    found: type[Any] = value.type.item_type.cls
    return found


def _about(kind: CheckType) -> str:
    said = []
    if kind.judges != "text":
        said.append("It does not judge text, so it takes no `transform` and no `on`.")
    if kind.library is not None:
        extra = EXTRAS[kind.library]
        said.append(f'It needs an extra: `pip install "pytest-model-evals[{extra}]"`.')
    if kind.scope == "case":
        said.append("It looks at all [samples](suites.md#samples) of a case in its column.")
    if kind.scope == "columns":
        known = fields_of(kind.options)
        named = kind.column in known and known[kind.column].required
        said.append(f"It looks at {'another column' if named else 'all columns'} of a case.")
    if kind.asks:
        said.append("It asks: its requests are recorded, budgeted and shown like any other.")
    if "judge" in kind.needs:
        said.append("The suite needs a [`judge`](suites.md#judge).")
    elif kind.needs:
        needs = " and ".join(_NEEDS[need] for need in kind.needs)
        spared = f" or the check `{kind.spared_by}`," if kind.spared_by else ""
        said.append(f"The parameters must have {needs},{spared} else the suite is refused.")
    if kind.decided_by:
        keys_ = " and ".join(map(code, kind.decided_by))
        said.append(f"One of {keys_} is needed, unless the weight is 0.")
    return " ".join(said)


_NEEDS = {
    "logprobs": "`logprobs: true`",
    "top_logprobs": "`top_logprobs` of at least 1",
    "tools": "`tools`",
    "stream": "`stream: true`",
}


def _example(example: Mapping[str, Any]) -> str:
    rows = []
    for key, expected in EXPECTED.items():
        for answer in example.get(key, ()):
            verdict = judged(example["assert"], answer)
            if verdict.passed is not expected:
                raise Wrong(f"{EXAMPLES.name}: {example['assert']} on {answer!r}: {verdict.reason}")
            score = "" if verdict.score in (0.0, 1.0, None) else f", score {verdict.score:.3g}"
            reason = plain(verdict.reason.replace(_RUNNING, "by Python 3.11"))
            rows.append((_shown(answer), f"{_VERDICTS[expected]}{score}", reason))
    shown = f"```yaml\n- {flow(example['assert'])}\n```"
    return f"{shown}\n\n{table(('answer', 'verdict', 'reason'), rows)}"


def _shown(answer: Any) -> str:
    """An answer as people read it."""
    if isinstance(answer, str):
        return _text(answer)
    if isinstance(answer, list):
        return ", ".join(map(_shown, answer))
    if "probabilities" in answer:
        tokens = (
            "`, `".join(f"{t!s} {p:g}" for t, p in of.items()) for of in answer["probabilities"]
        )
        return "; then ".join(f"`{token}`" for token in tokens)
    if "tool_calls" in answer:
        calls = answer["tool_calls"]
        return ", ".join(code(f"{call['name']}({json.dumps(call['arguments'])})") for call in calls)
    if answer.keys() == {"text"}:
        return _text(answer["text"])
    return code(flow(answer)[1:-1])


def _text(text: str) -> str:
    """As it is, or as JSON where a code span would not show what it is."""
    bare = text.strip() == text and text.isprintable() and text
    return code(text if bare else json.dumps(text, ensure_ascii=False))


def flow(value: Any) -> str:
    return yaml.safe_dump(
        value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**6
    ).strip()
