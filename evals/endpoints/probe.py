"""What an endpoint honours, found out by asking: a few requests, each for one parameter."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeAlias

from evals.answer import Price, price, read
from evals.endpoints.body import build_body
from evals.endpoints.config import EndpointConfig
from evals.endpoints.limits import Live
from evals.errors import EndpointError
from evals.model import Completion, Frozen, JsonObject, Request

Found: TypeAlias = Literal["honoured", "ignored", "refused", "unclear", "not sent"]
Judged: TypeAlias = tuple[Found, str]

_SENTENCE = "Write one sentence about a day at the sea."
_SCHEMA = {
    "type": "object",
    "properties": {"colour": {"type": "string"}},
    "required": ["colour"],
    "additionalProperties": False,
}
_TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}


class Row(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """What was found out about one parameter."""

    parameter: str
    found: Found
    words: str
    requests: int
    tokens: int | None  # None: not told
    cost_usd: float | None  # None: unpriced


class _Probe(Frozen, frozen=True, kw_only=True):
    """Requests for one parameter, and what their answers say of it."""

    parameter: str
    prompt: str
    asked: tuple[JsonObject, ...]
    judge: Callable[[Sequence[Completion]], Judged]


def _bound(answers: Sequence[Completion]) -> Judged:
    (answer,) = answers
    told, limit = answer.usage.completion_tokens, answer.request.get("max_tokens")
    limit = limit or answer.request.get("max_completion_tokens")
    if told is None:
        return "unclear", "the answer does not tell its tokens"
    if limit is not None and told > limit:
        return "ignored", f"{told} tokens came, {limit} were allowed"
    return "honoured", f"{told} of {limit} tokens"


def _seed(answers: Sequence[Completion]) -> Judged:
    first, again, other = (answer.text for answer in answers)
    if not first or not again:
        return "unclear", "the answer is empty: all tokens went into reasoning"
    if first != again:
        pairs = zip(first.split(), again.split(), strict=False)
        same = next((at for at, (one, two) in enumerate(pairs) if one != two), None)
        where = "at the end" if same is None else f"at word {same + 1}"
        return "ignored", f"two answers to one seed differ {where}"
    if first == other:
        return "unclear", "the answer is the same, whatever the seed"
    return "honoured", "one answer for one seed, another for another"


def _logprobs(answers: Sequence[Completion]) -> Judged:
    (answer,) = answers
    if not answer.logprobs:
        return "ignored", "asked for, none came"
    listed = max(len(token.top) for token in answer.logprobs)
    words = f"{len(answer.logprobs)} tokens, {listed} alternatives each"
    return ("honoured", words) if listed >= 2 else ("ignored", f"{words}; 2 were asked for")


def _candidates(answers: Sequence[Completion]) -> Judged:
    came = len(answers[0].choices)
    return ("honoured" if came == 2 else "ignored"), f"2 asked for, {came} came"


def _schema(answers: Sequence[Completion]) -> Judged:
    (answer,) = answers
    if answer.finish_reason == "length":
        return "unclear", "the answer was cut off"
    try:
        value = json.loads(answer.text)
    except ValueError:
        return "ignored", "the answer is not JSON"
    fits = isinstance(value, dict) and list(value) == ["colour"] and type(value["colour"]) is str
    return ("honoured", "the answer fits") if fits else ("ignored", "JSON, but not as the schema")


def _stream(answers: Sequence[Completion]) -> Judged:
    (answer,) = answers
    if answer.timing.ttft_s is None:
        return "ignored", "the answer came whole"
    first = f"first token after {answer.timing.ttft_s:.2f} s"
    if answer.usage.total_tokens is None:
        return "ignored", f"{first}, but no usage"
    return "honoured", f"{first}, usage {answer.usage.total_tokens} tokens"


def _tools(answers: Sequence[Completion]) -> Judged:
    (answer,) = answers
    if not answer.tool_calls and answer.finish_reason == "length":
        return "unclear", "the answer was cut off"
    if not answer.tool_calls:
        return "ignored", "a call was required, none came"
    call = answer.tool_calls[0]
    try:
        json.loads(call.arguments)
    except ValueError:
        return "ignored", f"{call.name} is called, but its arguments are not JSON"
    return "honoured", f"{call.name} is called"


PROBES = (
    _Probe(parameter="max_tokens", prompt=_SENTENCE, asked=({},), judge=_bound),
    _Probe(
        parameter="seed",
        prompt=_SENTENCE,
        asked=tuple({"temperature": 1, "seed": seed} for seed in (7, 7, 8)),
        judge=_seed,
    ),
    _Probe(
        parameter="logprobs",
        prompt=_SENTENCE,
        asked=({"logprobs": True, "top_logprobs": 2},),
        judge=_logprobs,
    ),
    _Probe(parameter="n", prompt=_SENTENCE, asked=({"n": 2},), judge=_candidates),
    _Probe(
        parameter="response_format",
        prompt="Name a colour, as JSON.",
        asked=(
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "colour", "schema": _SCHEMA, "strict": True},
                }
            },
        ),
        judge=_schema,
    ),
    _Probe(
        parameter="stream_options",
        prompt=_SENTENCE,
        asked=({"stream": True, "stream_options": {"include_usage": True}},),
        judge=_stream,
    ),
    _Probe(
        parameter="tools",
        prompt="What is the weather in Paris?",
        asked=({"tools": [_TOOL], "tool_choice": "required"},),
        judge=_tools,
    ),
)
REQUESTS = sum(len(probe.asked) for probe in PROBES)
"""What all probes send, where nothing has to be tried again."""

_CANDIDATES = sum(int(asked.get("n", 1)) for probe in PROBES for asked in probe.asked)


def highest_cost(prices: Mapping[str, Price], *, model: str, max_tokens: int) -> float | None:
    """US dollars that the probes can cost at most; None where the model has no price."""
    known = prices.get(model)
    return None if known is None else known.cost(REQUESTS * 100, _CANDIDATES * max_tokens)


async def first_answer(live: Live, endpoint: EndpointConfig, *, max_tokens: int) -> Completion:
    """The first probe's answer; raises `EndpointError` where the endpoint cannot be used."""
    return await _answer(live, endpoint, PROBES[0], {}, max_tokens=max_tokens)


async def probe(
    live: Live,
    endpoint: EndpointConfig,
    first: Completion,
    *,
    max_tokens: int,
    prices: Mapping[str, Price],
) -> tuple[Row, ...]:
    """What was found out about each parameter, `first` being the first probe's answer."""
    rows = []
    for each in PROBES:
        answers = [first] if each is PROBES[0] else []
        judged = await _judged(live, endpoint, each, answers, max_tokens=max_tokens)
        rows.append(_row(each.parameter, judged, answers, prices))
    return tuple(rows)


async def _judged(
    live: Live,
    endpoint: EndpointConfig,
    each: _Probe,
    answers: list[Completion],
    *,
    max_tokens: int,
) -> Judged:
    """What one probe finds out; the answers that are still missing come into `answers`."""
    if unsent := [key for key in each.asked[0] if key in endpoint.drop]:
        return "not sent", f"drop has {unsent[0]}"
    try:
        for asked in each.asked[len(answers) :]:
            answer = await _answer(live, endpoint, each, asked, max_tokens=max_tokens)
            answers.append(answer)
    except EndpointError as error:
        if error.fatal or error.kind in ("budget", "stopped", "connect"):
            raise
        return ("refused" if error.status in (400, 422) else "unclear"), error.message
    return each.judge(answers)


async def _answer(
    live: Live, endpoint: EndpointConfig, each: _Probe, asked: JsonObject, *, max_tokens: int
) -> Completion:
    body = build_body(
        endpoint,
        model=None,
        messages=[{"role": "user", "content": each.prompt}],
        parameters={**asked, "max_tokens": max_tokens},
    )
    asker = f"audit[{each.parameter}]"
    return read(await live.complete(Request(endpoint=endpoint.name, body=body, asker=asker)))


def _row(
    parameter: str,
    judged: Judged,
    answers: Sequence[Completion],
    prices: Mapping[str, Price],
) -> Row:
    found, words = judged
    priced = [price(answer, prices) for answer in answers]
    tokens = [each.usage.total_tokens for each in priced if each.usage.total_tokens is not None]
    costs = [each.cost_usd for each in priced if each.cost_usd is not None]
    return Row(
        parameter=parameter,
        found=found,
        words=words,
        requests=len(answers),
        tokens=sum(tokens) if len(tokens) == len(answers) else None,
        cost_usd=sum(costs) if len(costs) == len(answers) else None,
    )
