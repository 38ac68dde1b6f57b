"""Checks that ask: what they ask with, and how several of them ask at once.

A check that asks is a generator function, of `(completion, options, *, context)`, registered with
`CheckType(asks=True)` or, an own one, by `@evals.check`. It makes requests with its context,

    context.chat(messages, take=0, parameters={…})      to the suite's judge
    context.embeddings(texts, endpoint=…, model=…)      vectors of texts

yields a request and is sent its completion (or yields a tuple of them and is sent their completions
in order), as often as it needs, and returns what other check functions return. A request without
an answer raises its `EvalsError` at the `yield`; uncaught, it makes the check an error.

The function is run twice, once to gather and once to judge: it sees the same answers, so it has to
yield the same requests. Equal requests of one take are asked once, whoever wants them.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar

from evals.errors import CheckError, EvalsError
from evals.model import Asks, Completion, Frozen, JsonObject, Judge, Request

T = TypeVar("T")
Wishes: TypeAlias = Generator[Request | tuple[Request, ...], Any, T]
"""What a check function that asks is: sent a completion for a request, a list for a tuple."""


class Bodies(Protocol):
    """Makes what is sent: an endpoint's own defaults and renamings are applied."""

    @property
    def judge(self) -> Judge | None:
        """The suite's judge."""
        ...

    def chat(
        self,
        endpoint: str,
        model: str | None,
        messages: Sequence[JsonObject],
        parameters: JsonObject,
    ) -> JsonObject:
        """The body of a chat request; raises `ConfigError`."""
        ...

    def embeddings(
        self, endpoint: str | None, model: str | None, texts: Sequence[str]
    ) -> tuple[str, JsonObject]:
        """The endpoint that is asked, and the body; raises `ConfigError`."""
        ...


class Context(Frozen, frozen=True, kw_only=True):
    """What a check may use beside the answer: the case's vars and expected value, and requests.

    `metrics` are the scores of the other checks, for those that are judged last. `conversation` are
    the replies of a conversation, that of the check's own turn among them. `column` is the judged
    one's id, `scores` those of each column's samples by the test's other checks, for a check over
    columns that asks for them.
    """

    vars: JsonObject = {}
    expected: Any = None
    has_expected: bool = False
    metrics: dict[str, float | None] = {}
    column: str = ""
    scores: dict[str, tuple[float | None, ...]] = {}
    conversation: tuple[Completion, ...] = ()
    asker: str = ""  # "case[column]": whom a request is recorded for
    bodies: Bodies | None = None

    @property
    def judge(self) -> Judge | None:
        """The suite's `judge`: endpoint, model and parameters."""
        return None if self.bodies is None else self.bodies.judge

    def chat(
        self,
        messages: Sequence[JsonObject],
        *,
        parameters: Mapping[str, Any] | None = None,
        take: int = 0,
    ) -> Request:
        """A request to the judge; `parameters` go over those of the suite's `judge`.

        Several answers to the same messages are told apart by their take: 0, 1, 2 …
        """
        judge = self.judge
        if self.bodies is None or judge is None:
            raise CheckError("there is no judge: the suite has no `judge:`")
        merged = {**judge.parameters, **(parameters or {})}
        body = self.bodies.chat(judge.endpoint, judge.model, messages, merged)
        return Request(endpoint=judge.endpoint, body=body, take=take, asker=self.asker)

    def embeddings(
        self, texts: Sequence[str], *, endpoint: str | None = None, model: str | None = None
    ) -> Request:
        """A request for the vectors of texts: `completion.vectors`, in their order.

        Without `endpoint` the suite's is asked.
        """
        if self.bodies is None:
            raise CheckError("there is no endpoint to ask")
        name, body = self.bodies.embeddings(endpoint, model, texts)
        return Request(endpoint=name, body=body, path="/embeddings", asker=self.asker)


NO_CONTEXT = Context()


def asked(wishes: Wishes[T]) -> Asks[T]:
    """A check function as a script; a failed request is thrown into the function."""
    answer: Any = None
    problem: EvalsError | None = None
    while True:
        try:
            wish = wishes.send(answer) if problem is None else wishes.throw(problem)
        except StopIteration as end:
            result: T = end.value
            return result
        requests = _requests(wish)
        answers = yield requests
        try:
            problem, answer = None, list(answers)
        except EvalsError as error:
            problem = error
        else:
            answer = answer[0] if isinstance(wish, Request) else answer


def _requests(wish: Request | tuple[Request, ...]) -> tuple[Request, ...]:
    requests = (wish,) if isinstance(wish, Request) else wish
    if isinstance(requests, tuple) and all(isinstance(each, Request) for each in requests):
        return requests
    raise CheckError(f"yielded {type(wish).__name__}, not a Request or a tuple of them")


def together(scripts: Iterable[Asks[T]]) -> Asks[list[T]]:
    """Run scripts side by side: each step asks for what all of them want next."""
    running = list(scripts)
    results: dict[int, T] = {}
    wanted: dict[int, tuple[Request, ...]] = {}
    for index, script in enumerate(running):
        try:
            wanted[index] = next(script)
        except StopIteration as end:
            results[index] = end.value
    while wanted:
        answers = yield tuple(request for requests in wanted.values() for request in requests)
        asked_for, wanted, start = wanted, {}, 0
        for index, requests in asked_for.items():
            own = answers[start : start + len(requests)]
            start += len(requests)
            try:
                wanted[index] = running[index].send(own)
            except StopIteration as end:
                results[index] = end.value
    return [results[index] for index in range(len(running))]
