"""What users test their own checks and suites with: answers made by hand, a scripted endpoint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from evals.checks.judge import Context, prepare
from evals.checks.written import read_assertion
from evals.errors import EndpointError
from evals.model import (
    Case,
    Choice,
    Completion,
    Exchange,
    JsonObject,
    Recorded,
    Request,
    Response,
    Timing,
    Token,
    ToolCall,
    Usage,
    Verdict,
)
from evals.suite.bind import bind

__all__ = ["ScriptedEndpoint", "answer", "check"]


def answer(
    text: str,
    *,
    reasoning: str | None = None,
    finish_reason: str = "stop",
    tool_calls: Sequence[ToolCall] = (),
    logprobs: Sequence[Token] | None = None,
    usage: Usage | None = None,
    latency_s: float = 0.0,
) -> Completion:  # many parameters: each is a part of an answer that a check may look at
    """A completion as a check sees it."""
    choice = Choice(
        index=0,
        text=text,
        reasoning=reasoning,
        finish_reason=finish_reason,
        tool_calls=tuple(tool_calls),
        logprobs=None if logprobs is None else tuple(logprobs),
    )
    return Completion(
        choices=(choice,),
        model="scripted",
        usage=usage or Usage(),
        timing=Timing(latency_s=latency_s),
    )


def check(
    assertion: str | JsonObject,
    to: str | Completion,
    *,
    vars: JsonObject | None = None,  # the word of a suite
    expected: Any = None,  # any JSON value
) -> Verdict:
    """Judge one answer by one assertion, written as in a suite.

    `check({"type": "equals", "value": "5", "transform": "strip"}, " 5 ").passed` is True.
    Raises `OptionsError` where the assertion itself is wrong.
    """
    case = Case(
        id="check",
        vars=vars or {},
        expected=expected,
        has_expected=expected is not None,
        checks=(read_assertion(assertion),),
    )
    (bound,) = bind(case)
    completion = answer(to) if isinstance(to, str) else to
    context = Context(vars=case.vars, expected=expected, has_expected=case.has_expected)
    return prepare(bound).judge(completion, context)


class ScriptedEndpoint:
    """An endpoint that says what a function makes of each request; `requests` keeps them.

    A function that returns None leaves the request without an answer (`EndpointError`).
    """

    def __init__(self, say: Callable[[Request], str | None]) -> None:
        self._say = say
        self.requests: list[Request] = []

    async def complete(self, request: Request, /) -> Exchange:
        self.requests.append(request)
        text = self._say(request)
        if text is None:
            raise EndpointError("the script has no answer", kind="status", status=500)
        message = {"role": "assistant", "content": text}
        body = {
            "model": request.body.get("model", "scripted"),
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        }
        return Exchange(
            request=request,
            response=Response(status=200, body=body),
            timing=Timing(latency_s=0.0),
            recorded=Recorded(at="1970-01-01T00:00:00Z", by="scripted", base_url="scripted:"),
        )
