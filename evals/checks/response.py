"""Checks of the response itself: why it ended, how long it took, what it used and cost."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

from evals.checks.bounds import between, inspect_range
from evals.checks.options import Count, Duration, Options
from evals.checks.registry import CheckType, Mistake
from evals.checks.verdict import found, quote, within
from evals.errors import CheckError
from evals.model import Completion, Usage, Verdict
from evals.model.duration import seconds

Kind: TypeAlias = Literal["prompt", "completion", "visible", "reasoning", "total"]


class FinishReason(Options, frozen=True, kw_only=True):
    """Options of `finish-reason`."""

    value: Annotated[
        str | tuple[str, ...],
        Meta(description="`stop`, `length`, `tool_calls` …; a list is any of these."),
    ]


def finish_reason(completion: Completion, options: FinishReason) -> Verdict:
    """The service's reason for ending the answer is the value."""
    wanted = (options.value,) if isinstance(options.value, str) else options.value
    reason = completion.finish_reason
    expected = " or ".join(quote(one) for one in wanted)
    return found(
        reason in wanted,
        f"finish reason {quote(reason, limit=60)}, expected {expected}",
        extracted=reason,
    )


def _inspect_finish_reason(options: FinishReason) -> Iterator[Mistake]:
    if not options.value:
        yield ("value",), "the value is empty"


class Latency(Options, frozen=True, kw_only=True):
    """Options of `latency`."""

    max: Annotated[
        Duration,
        Meta(description="The longest that passes: `300ms`, `2s`, `5m`, `1h`, or seconds."),
    ]


def latency(completion: Completion, options: Latency) -> Verdict:
    """The whole answer took at most `max`, from sending the request; as recorded, in replay."""
    took = completion.timing.latency_s
    allowed = _allowed(options)
    told = f"latency {_shown(took, allowed)}, expected at most {_time(allowed)}"
    return found(took <= allowed, told, values={"latency_s": took})


def ttft(completion: Completion, options: Latency) -> Verdict:
    """The first token came within `max` of sending the request: content, reasoning or a tool call.

    An error where the answer was not streamed. As recorded, in replay.
    """
    took = completion.timing.ttft_s
    if took is None:
        raise CheckError("the time to the first token was not measured: the answer did not stream")
    allowed = _allowed(options)
    told = f"first token after {_shown(took, allowed)}, expected at most {_time(allowed)}"
    return found(took <= allowed, told, values={"ttft_s": took})


def _allowed(options: Latency) -> float:
    allowed = seconds(options.max)
    assert allowed is not None  # by the type of the option
    return allowed


def _shown(took: float, allowed: float) -> str:
    """A time as it is told, with more digits where it would read as what is allowed."""
    shown = _time(took)
    return f"{took:.6g} s" if took > allowed and shown == _time(allowed) else shown


def _time(value: float) -> str:
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.3g} s"


def _inspect_latency(options: Latency) -> Iterator[Mistake]:
    if not math.isfinite(_allowed(options)):
        yield ("max",), "an infinite maximum cannot fail"
    elif _allowed(options) <= 0:
        yield ("max",), "no answer takes no time"


class Tokens(Options, frozen=True, kw_only=True):
    """Options of `tokens`."""

    kind: Annotated[
        Kind,
        Meta(
            description="`completion` includes reasoning; `visible` is completion without it; "
            "`total` is prompt and completion."
        ),
    ] = "completion"
    min: Annotated[Count | None, Meta(description="At least this many.")] = None
    max: Annotated[Count | None, Meta(description="At most this many.")] = None


def tokens(completion: Completion, options: Tokens) -> Verdict:
    """The tokens that the service counted lie between `min` and `max`.

    An error where the service did not tell them.
    """
    counted = _counted(completion.usage, options.kind)
    low, high = options.min or 0, options.max
    passed = counted >= low and (high is None or counted <= high)
    told = f"{counted:,} {options.kind} tokens, expected {between(options.min, high)}"
    return found(passed, told + _disagreement(completion.usage, options.kind))


def _counted(usage: Usage, kind: Kind) -> int:
    parts: dict[Kind, tuple[tuple[str, int | None, int], ...]] = {
        "prompt": (("prompt", usage.prompt_tokens, 1),),
        "completion": (("completion", usage.completion_tokens, 1),),
        "reasoning": (("reasoning", usage.reasoning_tokens, 1),),
        "visible": (
            ("completion", usage.completion_tokens, 1),
            ("reasoning", usage.reasoning_tokens, -1),
        ),
        "total": (
            ("prompt", usage.prompt_tokens, 1),
            ("completion", usage.completion_tokens, 1),
        ),
    }
    total = 0
    for name, value, sign in parts[kind]:
        if value is None:
            raise CheckError(f"the service did not tell the {name} tokens of this answer")
        total += sign * value
    return total


def _disagreement(usage: Usage, kind: Kind) -> str:
    told = usage.total_tokens
    if kind != "total" or told is None or told == _counted(usage, "total"):
        return ""
    return f" (the service's own total is {told:,})"


def _inspect_tokens(options: Tokens) -> Iterator[Mistake]:
    yield from inspect_range(options.min, options.max)


class TokensPerSecond(Options, frozen=True, kw_only=True):
    """Options of `tokens-per-second`."""

    min: Annotated[Annotated[float, Meta(gt=0)], Meta(description="The least that passes.")]


def tokens_per_second(completion: Completion, options: TokensPerSecond) -> Verdict:
    """Completion tokens by the seconds of the whole answer are at least `min`.

    Reasoning counts, and so does the wait for the first token. An error where the service did not
    tell the tokens.
    """
    counted = _counted(completion.usage, "completion")
    took = completion.timing.latency_s
    if took <= 0:
        raise CheckError(f"the answer took {took:g} s by the clock: that gives no speed")
    speed = counted / took
    told = f"{speed:.4g} tokens/s: {counted:,} in {_time(took)}"
    return found(
        within(options.min, speed),
        f"{told}, expected at least {options.min:g}",
        values={"tokens_per_s": speed},
    )


def _inspect_speed(options: TokensPerSecond) -> Iterator[Mistake]:
    if not math.isfinite(options.min):
        yield ("min",), "no answer is infinitely fast"


class ModelIs(Options, frozen=True, kw_only=True):
    """Options of `model-is`."""

    value: Annotated[
        str | tuple[str, ...], Meta(description="The model's name; a list is any of these.")
    ]
    prefix: Annotated[
        bool, Meta(description="Whether names that begin with it pass, such as dated ones.")
    ] = False


def model_is(completion: Completion, options: ModelIs) -> Verdict:
    """The model that answered, by the service's own word, is the value."""
    wanted = (options.value,) if isinstance(options.value, str) else options.value
    model = completion.model
    if not model:
        raise CheckError("the service did not tell which model answered")
    passed = model.startswith(wanted) if options.prefix else model in wanted
    expected = " or ".join(quote(one) for one in wanted)
    begins = "a name that begins with " if options.prefix else ""
    told = f"{quote(model, limit=60)} answered, expected {begins}{expected}"
    return found(passed, told, extracted=model)


def _inspect_model_is(options: ModelIs) -> Iterator[Mistake]:
    if not options.value:
        yield ("value",), "the value is empty"
    elif not isinstance(options.value, str) and not all(options.value):
        yield ("value",), "one of the names is empty"


def complete(completion: Completion, options: None) -> Verdict:
    """The answer was not cut off by length: its finish reason is not `length`."""
    reason = completion.finish_reason
    cut = reason == "length"
    told = "the answer was cut off by length" if cut else "the answer was not cut off by length"
    return found(not cut, f"{told}: finish reason {quote(reason, limit=60)}", extracted=reason)


class Cost(Options, frozen=True, kw_only=True):
    """Options of `cost`."""

    max: Annotated[
        Annotated[float, Meta(ge=0)], Meta(description="The most that passes, in US dollars.")
    ]


def cost(completion: Completion, options: Cost) -> Verdict:
    """The request cost at most `max` US dollars; an error where its model has no price."""
    spent = completion.cost_usd
    if spent is None:
        raise CheckError(
            f'the model "{completion.model}" has no price, or its tokens are not known: '
            "set one under [tool.evals.prices]"
        )
    told = f"cost ${spent:.6g}, expected at most ${options.max:.6g}"
    return found(within(spent, options.max), told, values={"cost_usd": spent})


def _inspect_cost(options: Cost) -> Iterator[Mistake]:
    if not math.isfinite(options.max):
        yield ("max",), "an infinite maximum cannot fail"


CHECKS = (
    CheckType(
        name="finish-reason",
        function=finish_reason,
        options=FinishReason,
        judges="finish",
        inspect=_inspect_finish_reason,
    ),
    CheckType(
        name="latency", function=latency, options=Latency, judges="timing", inspect=_inspect_latency
    ),
    CheckType(
        name="ttft",
        function=ttft,
        options=Latency,
        judges="timing",
        needs=("stream",),
        inspect=_inspect_latency,
    ),
    CheckType(
        name="tokens-per-second",
        function=tokens_per_second,
        options=TokensPerSecond,
        judges="timing",
        inspect=_inspect_speed,
    ),
    CheckType(
        name="model-is",
        function=model_is,
        options=ModelIs,
        judges="model",
        inspect=_inspect_model_is,
    ),
    CheckType(name="complete", function=complete, options=None, judges="finish"),
    CheckType(
        name="tokens", function=tokens, options=Tokens, judges="usage", inspect=_inspect_tokens
    ),
    CheckType(name="cost", function=cost, options=Cost, judges="usage", inspect=_inspect_cost),
)
