"""A completion in the form of the API, so that it is recorded and read as every other."""

from __future__ import annotations

from evals.answer import EMBEDDINGS
from evals.model import Choice, Completion, JsonObject, Request, Token


def body_of(said: str | Completion, request: Request) -> JsonObject:
    """The body of an answer that says this."""
    model = request.body.get("model", "")
    if isinstance(said, str):
        message = {"role": "assistant", "content": said}
        choice: JsonObject = {"index": 0, "message": message, "finish_reason": "stop"}
        return {"model": model, "choices": [choice]}
    body: JsonObject = {"model": said.model or model}
    if request.path == EMBEDDINGS:
        body["data"] = [
            {"index": index, "embedding": list(vector)} for index, vector in enumerate(said.vectors)
        ]
    else:
        body["choices"] = [_choice(choice) for choice in said.choices]
    usage = _usage(said)
    if usage:
        body["usage"] = usage
    return body


def _choice(choice: Choice) -> JsonObject:
    message: JsonObject = {"role": "assistant", "content": choice.text}
    if choice.reasoning is not None:
        message["reasoning_content"] = choice.reasoning
    if choice.refusal is not None:
        message["refusal"] = choice.refusal
    if choice.tool_calls:
        message["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in choice.tool_calls
        ]
    written: JsonObject = {"index": choice.index, "message": message}
    written["finish_reason"] = choice.finish_reason
    if choice.logprobs is not None:
        written["logprobs"] = {"content": [_token(token) for token in choice.logprobs]}
    return written


def _token(token: Token) -> JsonObject:
    written: JsonObject = {"token": token.token, "logprob": token.logprob}
    if token.bytes is not None:
        written["bytes"] = list(token.bytes)
    written["top_logprobs"] = [{"token": text, "logprob": logprob} for text, logprob in token.top]
    return written


def _usage(said: Completion) -> JsonObject:
    usage = said.usage
    written: JsonObject = {
        name: value
        for name in ("prompt_tokens", "completion_tokens", "total_tokens")
        if (value := getattr(usage, name)) is not None
    }
    if usage.reasoning_tokens is not None:
        written["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning_tokens}
    if usage.cached_tokens is not None:
        written["prompt_tokens_details"] = {"cached_tokens": usage.cached_tokens}
    return written
