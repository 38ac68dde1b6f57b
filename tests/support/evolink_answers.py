"""What the service answers: the shape of its page's example, with the traps of its figures."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from typing import Any

from tests.support.evolink_rules import MODEL

CREATED = 1760032810
GREETING = "Hello! I'm pleased to introduce myself. I'm a Large Language Model."
_MAGIC = re.compile(r"\[\[\s*([a-z0-9-]+)\s*(.*?)\s*\]\]", re.DOTALL)


def magic(body: dict[str, Any]) -> dict[str, str]:
    """The magic words of the prompt: `[[word argument]]`."""
    texts = (_text(message.get("content")) for message in body["messages"])
    return {match[1]: match[2] for match in _MAGIC.finditer(" ".join(texts))}


def prompt_of(body: dict[str, Any]) -> str:
    """The last message without its magic words."""
    return _MAGIC.sub("", _text(body["messages"][-1].get("content"))).strip()


def _text(content: Any) -> str:
    if isinstance(content, list):
        return " ".join(part.get("text", "") for part in content if isinstance(part, dict))
    return content or ""


def answer(body: dict[str, Any], words: dict[str, str]) -> dict[str, Any]:
    """The whole answer to a request that was accepted."""
    asked = body.get("n") or 1
    choices = [_choice(body, words, index) for index in range(asked)]
    if "few" in words:
        choices = choices[:1]
    visible = sum(_count(choice["message"]["content"] or "call") for choice in choices)
    return {
        "id": "chatcmpl-20251010015944503180122WJNB8Eid",
        "model": words.get("model") or MODEL,
        "object": "chat.completion",
        "created": CREATED,
        "choices": choices,
        "usage": _usage(body, visible, words),
    }


def _count(text: str) -> int:
    return max(1, len(text.split()))


def _usage(body: dict[str, Any], visible: int, words: dict[str, str]) -> dict[str, Any] | None:
    if "no-usage" in words:
        return None
    prompt = sum(_count(_text(message.get("content"))) for message in body["messages"])
    reasoning = 120 if body.get("reasoning_effort") == "low" else 1480
    completion = reasoning + visible
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {
            "cached_tokens": 0,
            "text_tokens": prompt,
            "audio_tokens": 0,
            "image_tokens": 0,
        },
        "completion_tokens_details": {
            "text_tokens": 0,
            "audio_tokens": 0,
            "reasoning_tokens": reasoning,
        },
        "input_tokens": 0,
        "output_tokens": 0,
        "input_tokens_details": None,
    }


def _choice(body: dict[str, Any], words: dict[str, str], index: int) -> dict[str, Any]:
    if "null" in words:
        message: dict[str, Any] = {"role": "assistant", "content": None}
        return {"index": index, "message": message, "finish_reason": "length"}
    if call := _call(body, words):
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
        return {"index": index, "message": message, "finish_reason": "tool_calls"}
    text, finish_reason = _said(body, words, index)
    choice: dict[str, Any] = {"index": index, "message": {"role": "assistant", "content": text}}
    if body.get("logprobs") and "no-logprobs" not in words:
        choice["logprobs"] = {"content": _logprobs(text, body.get("top_logprobs") or 0)}
    choice["finish_reason"] = None if "no-finish" in words else finish_reason
    return choice


def _said(body: dict[str, Any], words: dict[str, str], index: int) -> tuple[str, str]:
    """Text and finish reason; sums are worked out.

    `[[say a|b]]` gives candidate texts, `[[seeded a|b]]` one by the seed.
    """
    if "say" in words:
        options = words["say"].split("|")
        text = options[index % len(options)]
    elif "seeded" in words:
        options = words["seeded"].split("|")
        text = options[body["seed"] % len(options)]
    elif schema := _schema(body):
        text = json.dumps(instance(schema))
    elif sums := re.search(r"(\d+)\s*\+\s*(\d+)", prompt_of(body)):
        text = str(int(sums[1]) + int(sums[2]))
    else:
        text = GREETING
    stops = body.get("stop") or []
    for stop in [stops] if isinstance(stops, str) else stops:
        text = text.split(stop)[0]
    limit = body.get("max_completion_tokens") or body.get("max_tokens")
    tokens = _tokens(text)
    if limit and len(tokens) > limit:
        return "".join(tokens[:limit]), "length"
    return text, "stop"


def _schema(body: dict[str, Any]) -> dict[str, Any] | None:
    form = body.get("response_format") or {}
    if form.get("type") == "json_schema":
        return dict(form["json_schema"]["schema"])
    return {"type": "object"} if form.get("type") == "json_object" else None


def instance(schema: dict[str, Any]) -> Any:
    """The plainest value that a simple JSON Schema allows."""
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            properties = schema.get("properties", {})
            return {name: instance(part) for name, part in properties.items()}
        case "array":
            return [instance(schema.get("items", {}))]
        case "integer" | "number":
            return 1
        case "boolean":
            return True
        case "null":
            return None
    return "text"


def _call(body: dict[str, Any], words: dict[str, str]) -> dict[str, Any] | None:
    tools = body.get("tools") or []
    if not tools or not ("call" in words or body.get("tool_choice") == "required"):
        return None
    name, _, arguments = words.get("call", "").partition(" ")
    function = next((t["function"] for t in tools if t["function"]["name"] == name), None)
    function = function or tools[0]["function"]
    arguments = arguments or json.dumps(instance(function.get("parameters", {"type": "object"})))
    return {
        "id": "call_0001",
        "type": "function",
        "function": {"name": function["name"], "arguments": arguments},
    }


def _tokens(text: str) -> list[str]:
    return re.findall(r"\s*\S+|\s+\Z", text)


def _logprobs(text: str, alternatives: int) -> list[dict[str, Any]]:
    return [
        {
            "token": token,
            "logprob": -0.25,
            "bytes": list(token.encode()),
            "top_logprobs": [
                {"token": other, "logprob": value, "bytes": list(other.encode())}
                for other, value in ((token, -0.25), (" other", -1.75), (" third", -3.5))
            ][:alternatives],
        }
        for token in _tokens(text)
    ]


def chunks(whole: dict[str, Any], *, usage: bool) -> Iterator[dict[str, Any]]:
    """The same answer as chunks: choices interleaved, usage in a last chunk if it was asked."""
    head = {key: whole[key] for key in ("id", "model", "created")}
    head["object"] = "chat.completion.chunk"
    queues = [list(_deltas(choice)) for choice in whole["choices"]]
    for step in range(max(map(len, queues))):
        for queue in queues:
            if step < len(queue):
                yield {**head, "choices": [queue[step]]}
    if usage:
        yield {**head, "choices": [], "usage": whole["usage"]}


def _deltas(choice: dict[str, Any]) -> Iterator[dict[str, Any]]:
    index, message = choice["index"], choice["message"]
    yield _delta(index, {"role": "assistant", "content": ""})
    logprobs = (choice.get("logprobs") or {}).get("content")
    for position, token in enumerate(_tokens(message["content"] or "")):
        delta = _delta(index, {"content": token})
        if logprobs:
            delta["logprobs"] = {"content": [logprobs[position]]}
        yield delta
    for position, call in enumerate(message.get("tool_calls", ())):
        function = call["function"]
        yield _delta(
            index,
            {
                "tool_calls": [
                    {**call, "index": position, "function": {**function, "arguments": ""}}
                ]
            },
        )
        for start in range(0, len(function["arguments"]), 5):
            part = {"arguments": function["arguments"][start : start + 5]}
            yield _delta(index, {"tool_calls": [{"index": position, "function": part}]})
    yield {**_delta(index, {}), "finish_reason": choice["finish_reason"]}


def _delta(index: int, delta: dict[str, Any]) -> dict[str, Any]:
    return {"index": index, "delta": delta, "finish_reason": None}


def vectors(body: dict[str, Any]) -> dict[str, Any]:
    """The answer to an embeddings request: each word of a text counts in one of 64 places."""
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    data = []
    for index, text in enumerate(texts):
        vector = [0.0] * 64
        for word in re.findall(r"\w+", text.lower()):
            vector[zlib.crc32(word.encode()) % 64] += 1.0
        data.append({"object": "embedding", "index": index, "embedding": vector})
    tokens = sum(_count(text) for text in texts)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "model": body["model"], "data": data, "usage": usage}
