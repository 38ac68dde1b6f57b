"""What goes over the wire, and the answer as it is read."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

import msgspec

from evals.model.frozen import Frozen, JsonObject


class Request(Frozen, frozen=True, kw_only=True):
    """What is sent: the endpoint's name, the operation, the exact JSON body."""

    endpoint: str
    body: JsonObject
    path: str = "/chat/completions"
    take: int = 0
    asker: str = ""  # "case[column]" of the first asker, for people; no part of the key


class Response(Frozen, frozen=True, kw_only=True):
    """The raw answer: a body, or the chunks of a stream as they came, with their times."""

    status: int
    headers: dict[str, str] = {}
    body: Any = None
    stream: tuple[tuple[float, Any], ...] | None = (
        None  # (seconds since the request was sent, chunk)
    )


class Timing(Frozen, frozen=True, kw_only=True):
    """Seconds on a monotonic clock, defined in the reference page on timing."""

    latency_s: float
    ttft_s: float | None = None
    queued_s: float = 0.0
    connect_s: float = 0.0  # of a new connection; no part of the latency
    in_flight: int = 1

    def rounded(self) -> Timing:
        """To microseconds, as it is kept: what is judged live and replayed is the same."""
        first = self.ttft_s
        return msgspec.structs.replace(
            self,
            latency_s=round(self.latency_s, 6),
            ttft_s=None if first is None else round(first, 6),
        )


class Recorded(Frozen, frozen=True, kw_only=True, rename={"for_": "for"}):
    """Where an answer came from."""

    at: str
    by: str
    base_url: str
    attempts: int = 1
    for_: str = ""


class Exchange(Frozen, frozen=True, kw_only=True):
    """A request, its raw answer, its timing: what a cassette holds."""

    request: Request
    response: Response
    timing: Timing
    recorded: Recorded
    source: Literal["live", "recorded"] = "live"


class Usage(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """Tokens as the service counted them; None: not told. Completion includes reasoning."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None
    total_tokens: int | None = None

    @property
    def visible_tokens(self) -> int | None:
        if self.completion_tokens is None:
            return None
        return self.completion_tokens - (self.reasoning_tokens or 0)


class ToolCall(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """`arguments` is the text that the model wrote; it need not be JSON."""

    name: str
    arguments: str
    id: str = ""


class Token(Frozen, frozen=True, kw_only=True):
    """One generated token; logprob in nats, None where the service sent no finite number."""

    token: str
    logprob: float | None
    bytes: tuple[int, ...] | None = None
    top: tuple[tuple[str, float | None], ...] = ()  # the alternatives listed, likeliest first


class Choice(Frozen, frozen=True, kw_only=True):
    """One candidate answer; `reasoning` is kept apart from `text`."""

    index: int
    text: str
    finish_reason: str
    reasoning: str | None = None
    refusal: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    logprobs: tuple[Token, ...] | None = None


class Completion(Frozen, frozen=True, kw_only=True):
    """The answer, read. A trial's completion has exactly one choice: its candidate."""

    choices: tuple[Choice, ...]
    model: str  # the model that answered
    usage: Usage
    timing: Timing
    source: Literal["live", "recorded"] = "live"
    request: JsonObject = {}  # the body that was sent
    cost_usd: float | None = None
    host: str = ""
    at: str = ""  # when it was recorded, ISO 8601
    notes: tuple[str, ...] = ()  # what had to be tolerated
    attempts: int = 1
    vectors: tuple[tuple[float, ...], ...] = ()  # of an embeddings request, which has no choice

    @property
    def choice(self) -> Choice:
        return self.choices[0]

    @property
    def text(self) -> str:
        return self.choices[0].text

    @property
    def reasoning(self) -> str | None:
        return self.choices[0].reasoning

    @property
    def finish_reason(self) -> str:
        return self.choices[0].finish_reason

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        return self.choices[0].tool_calls

    @property
    def logprobs(self) -> tuple[Token, ...] | None:
        return self.choices[0].logprobs

    def with_text(self, text: str) -> Completion:
        """The same answer as a check sees it after transforms."""
        choice = msgspec.structs.replace(self.choices[0], text=text)
        return msgspec.structs.replace(self, choices=(choice,))


T = TypeVar("T")
Asks: TypeAlias = Generator[tuple[Request, ...], Sequence[Completion], T]
"""A script: yields requests, is sent their completions, returns its result.

The completions come in the order of the requests. Reading one raises `EvalsError` where its request
has no answer, so that `(reply,) = yield (request,)` raises there.
"""


class Endpoint(Protocol):
    """Whatever answers: a service, recordings around one, a scripted double in a test."""

    async def complete(self, request: Request, /) -> Exchange:
        """Answer one request, completely; raises `EndpointError` where there is no answer."""
        ...
