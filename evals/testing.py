"""What users test their own checks and suites with: answers made by hand, a scripted endpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from evals.answer import read
from evals.checks.asking import Context
from evals.checks.judge import PreparedCheck, prepare
from evals.checks.written import read_assertion
from evals.errors import EndpointError
from evals.model import (
    Case,
    Choice,
    Completion,
    Exchange,
    JsonObject,
    Judge,
    Recorded,
    Request,
    Response,
    Timing,
    Token,
    ToolCall,
    Usage,
    Verdict,
)
from evals.runner import replay
from evals.session.direct import Model
from evals.suite.bind import bind

__all__ = ["Model", "ScriptedEndpoint", "answer", "check"]


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
    to: str | Completion | Sequence[str | Completion] | Mapping[str, Sequence[str | Completion]],
    *,
    vars: JsonObject | None = None,  # the word of a suite
    expected: Any = None,  # any JSON value
    endpoint: ScriptedEndpoint | None = None,
    scores: Mapping[str, Sequence[float | None]] | None = None,
) -> Verdict:
    """Judge one answer by one assertion, written as in a suite.

    `check({"type": "equals", "value": "5", "transform": "strip"}, " 5 ").passed` is True.
    A check that asks is answered by `endpoint`, as the suite's judge and for embeddings. One over
    several trials is given a list of samples, or a mapping of columns to samples, the judged first;
    `scores` are what other checks gave these samples, for `max-score`.
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
    prepared = prepare(bound)
    context = Context(
        vars=case.vars,
        expected=expected,
        has_expected=case.has_expected,
        asker=case.id,
        scores={name: tuple(given) for name, given in (scores or {}).items()},
        bodies=None if endpoint is None else _Bodies(),
    )
    silent = endpoint or ScriptedEndpoint(lambda request: None)

    def lookup(request: Request) -> Completion:
        return read(silent.answer(request))

    if isinstance(to, str | Completion):
        return replay(prepared.ruling(_completed(to), context), lookup).verdict
    columns = to if isinstance(to, Mapping) else {"default": to}
    answers = {name: tuple(map(_completed, samples)) for name, samples in columns.items()}
    if not isinstance(prepared, PreparedCheck):
        raise TypeError(f"{prepared.label} looks at one answer")
    context = msgspec.structs.replace(context, column=next(iter(answers)))
    return replay(prepared.over(answers, context), lookup)


def _completed(to: str | Completion) -> Completion:
    return answer(to) if isinstance(to, str) else to


class _Bodies:
    """The bodies of requests to a scripted endpoint."""

    judge = Judge(endpoint="scripted", model="scripted")

    def chat(
        self,
        endpoint: str,
        model: str | None,
        messages: Sequence[JsonObject],
        parameters: JsonObject,
    ) -> JsonObject:
        return {"model": model, "messages": list(messages), **parameters}

    def embeddings(
        self, endpoint: str | None, model: str | None, texts: Sequence[str]
    ) -> tuple[str, JsonObject]:
        return endpoint or "scripted", {"model": model or "scripted", "input": list(texts)}


Said: TypeAlias = str | JsonObject | Sequence[Sequence[float]] | None
"""What a script makes of a request: a text, a choice as the API has it, vectors, or no answer."""


class ScriptedEndpoint:
    """An endpoint that says what a function makes of each request; `requests` keeps them.

    A function returns a text, a mapping of what a choice of the API holds beside or in place of it
    (`{"message": {"content": "5"}, "logprobs": {…}}`), or for an embeddings request its vectors.
    One that returns None leaves the request without an answer (`EndpointError`).
    """

    def __init__(self, say: Callable[[Request], Said]) -> None:
        self._say = say
        self.requests: list[Request] = []

    async def complete(self, request: Request, /) -> Exchange:
        return self.answer(request)

    def answer(self, request: Request) -> Exchange:
        """As `complete`, without an event loop."""
        self.requests.append(request)
        said = self._say(request)
        if said is None:
            raise EndpointError("the script has no answer", kind="status", status=500)
        body: JsonObject = {"model": request.body.get("model", "scripted")}
        if isinstance(said, str):
            said = {"message": {"role": "assistant", "content": said}}
        if isinstance(said, dict):
            body["choices"] = [{"index": 0, "finish_reason": "stop", **said}]
        else:
            body["data"] = [{"index": i, "embedding": list(v)} for i, v in enumerate(said)]
        return Exchange(
            request=request,
            response=Response(status=200, body=body),
            timing=Timing(latency_s=0.0),
            recorded=Recorded(at="1970-01-01T00:00:00Z", by="scripted", base_url="scripted:"),
        )
