"""Checks of how likely the answer was to the model that gave it, and how sure the model was."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Literal

from msgspec import Meta

from evals.checks.options import Options, OptionsError, Share
from evals.checks.pattern import compile_pattern, encodable
from evals.checks.registry import CheckType, Mistake
from evals.checks.tokens import alternatives, likeliest, logprobs_of, tokens_of
from evals.checks.verdict import count, found, quote, reaches, within
from evals.errors import CheckError
from evals.model import Completion, Token, Verdict

_BEST = 0.5  # what 1 / (1 + perplexity) is at most, as no perplexity is below 1


class Logprob(Options, frozen=True, kw_only=True):
    """Options of `logprob`."""

    measure: Annotated[
        Literal["mean", "sum"], Meta(description="Of the tokens' log-probabilities, in nats.")
    ] = "mean"
    match: Annotated[
        str | None,
        Meta(description="A pattern as in `regex`: only the tokens of its first match count."),
    ] = None
    min: Annotated[
        Annotated[float, Meta(le=0)] | None,
        Meta(description="The least that passes; log-probabilities are 0 or less."),
    ] = None


def logprob(completion: Completion, options: Logprob) -> Verdict:
    """The mean (or sum) of the tokens' log-probabilities is at least `min`.

    With `match` it is over the tokens that the match overlaps, each of them whole. An answer that
    the pattern does not match is a fail.
    """
    tokens = tokens_of(completion)
    extracted = None
    if options.match is not None:
        part = _matched(tokens, options.match)
        if isinstance(part, Verdict):
            return part
        tokens = part
        extracted = "".join(token.token for token in tokens)
    known = logprobs_of(tokens)
    value = math.fsum(known) / (len(known) if options.measure == "mean" else 1)
    told = f"{options.measure} logprob {value:.4g} over {count(len(known), 'token')}"
    if extracted is not None:
        told += f" {quote(extracted, limit=60)}"
    if options.min is not None:
        told += f", expected at least {options.min:g}"
    passed = reaches(value, options.min)
    return found(passed, told, extracted=extracted, values={"logprob": value})


def _matched(tokens: Sequence[Token], pattern: str) -> tuple[Token, ...] | Verdict:
    """The tokens that the first match overlaps, or the verdict where there are none."""
    text = "".join(token.token for token in tokens)
    match = compile_pattern(pattern).search(encodable(text))
    if match is None:
        return found(False, f"{quote(text)} does not match {quote(pattern, limit=100)}")
    overlapping = _overlapping(tokens, *match.span())
    return overlapping or found(False, "the match is empty: it has no token")


def _overlapping(tokens: Sequence[Token], start: int, end: int) -> tuple[Token, ...]:
    overlapping, at = [], 0
    for token in tokens:
        if at < end and at + len(token.token) > start:
            overlapping.append(token)
        at += len(token.token)
    return tuple(overlapping)


def _inspect_logprob(options: Logprob) -> Iterator[Mistake]:
    if options.min is not None and not math.isfinite(options.min):
        yield ("min",), "an infinite minimum cannot fail"
    yield from _inspect_match(options.match)


def _inspect_match(pattern: str | None) -> Iterator[Mistake]:
    if pattern == "":
        yield ("match",), "an empty pattern matches no token"
    elif pattern is not None:
        try:
            compile_pattern(pattern)
        except OptionsError as error:
            for _, message in error.mistakes:
                yield ("match",), message


class Perplexity(Options, frozen=True, kw_only=True):
    """Options of `perplexity`."""

    max: Annotated[
        Annotated[float, Meta(ge=1)], Meta(description="The largest perplexity that passes.")
    ]


def perplexity(completion: Completion, options: Perplexity) -> Verdict:
    """The answer's perplexity, exp(−mean logprob) over its tokens, is at most `max`."""
    value, told = _perplexity(completion)
    reason = f"{told}, expected at most {options.max:g}"
    return found(within(value, options.max), reason, values=_finite(value))


def _perplexity(completion: Completion) -> tuple[float, str]:
    known = logprobs_of(tokens_of(completion))
    mean = math.fsum(known) / len(known)
    value = math.exp(-mean) if mean > -700 else math.inf
    return value, f"perplexity {value:.4g} over {len(known):,} tokens"


def _finite(value: float) -> dict[str, float | None]:
    return {"perplexity": value if math.isfinite(value) else None}


def _inspect_perplexity(options: Perplexity) -> Iterator[Mistake]:
    if not math.isfinite(options.max):
        yield ("max",), "an infinite maximum cannot fail"


class PerplexityScore(Options, frozen=True, kw_only=True):
    """Options of `perplexity-score`."""

    threshold: Annotated[
        Share | None, Meta(description="The least score that passes; none is above 0.5.")
    ] = None


def perplexity_score(completion: Completion, options: PerplexityScore) -> Verdict:
    """The score 1 / (1 + perplexity) is at least `threshold`: 0.5 for a perplexity of 1."""
    value, told = _perplexity(completion)
    score = 1 / (1 + max(1.0, value))
    limit = "" if options.threshold is None else f", threshold {options.threshold:g}"
    passed = reaches(score, options.threshold)
    return found(passed, f"score {score:.4g}: {told}{limit}", score=score, values=_finite(value))


def _inspect_score(options: PerplexityScore) -> Iterator[Mistake]:
    if options.threshold is not None and options.threshold > _BEST:
        message = f"a threshold of {options.threshold:g} cannot be reached; scores end at {_BEST:g}"
        yield ("threshold",), message


class TokenProbability(Options, frozen=True, kw_only=True):
    """Options of `token-probability`."""

    token: Annotated[
        str, Meta(min_length=1, description='The token, with its space: `" Paris"` is another.')
    ]
    at: Annotated[
        int, Meta(description="Its place among the answer's tokens: 0 is the first, −1 the last.")
    ] = 0
    min: Annotated[Share | None, Meta(description="The least probability that passes.")] = None


def token_probability(completion: Completion, options: TokenProbability) -> Verdict:
    """The token has at least the probability `min` at a place of the answer; that is the score.

    A token that is not listed is less likely than every one that is: a fail where that is less
    than `min`, else an error. An answer without such a place is a fail.
    """
    tokens = tokens_of(completion)
    where = f"token {options.at}"
    if not -len(tokens) <= options.at < len(tokens):
        return found(False, f"the answer has {count(len(tokens), 'token')}: there is no {where}")
    listed = alternatives(tokens[options.at])
    shown = f"listed at {where}: {likeliest(tokens[options.at])}"
    name = quote(options.token, limit=40)
    limit = "" if options.min is None else f", expected at least {options.min:g}"
    for text, probability in listed:
        if text == options.token:
            passed = reaches(probability, options.min)
            reason = f"{name} has the probability {probability:.4g}{limit}; {shown}"
            return found(passed, reason, score=probability, values={"probability": probability})
    if not listed:
        raise CheckError(f"{where} came without a finite logprob")
    most = min(min(p for _, p in listed), max(0.0, 1 - math.fsum(p for _, p in listed)))
    reason = f"{name} is not listed, so its probability is at most {most:.4g}{limit}; {shown}"
    if options.min is not None and most >= options.min:
        raise CheckError(f"{reason}; a higher `top_logprobs` may list it")
    return found(options.min is None, reason, score=0.0)


class Entropy(Options, frozen=True, kw_only=True):
    """Options of `entropy`."""

    max: Annotated[
        Annotated[float, Meta(gt=0)] | None,
        Meta(description="The most nats a token that pass."),
    ] = None


def entropy(completion: Completion, options: Entropy) -> Verdict:
    """The mean entropy of the answer's tokens, in nats, is at most `max`.

    It is a lower bound: what the alternatives listed lack to 1 counts as a single other one.
    """
    tokens = tokens_of(completion)
    bare = sum(not token.top for token in tokens)
    if bare:
        raise CheckError(f"{bare} of {len(tokens)} tokens came without alternatives")
    value = math.fsum(map(_entropy, tokens)) / len(tokens)
    told = f"entropy {value:.4g} nats, the mean over {count(len(tokens), 'token')}"
    if options.max is not None:
        told += f", expected at most {options.max:g}"
    passed = options.max is None or within(value, options.max)
    return found(passed, told, values={"entropy": value})


def _entropy(token: Token) -> float:
    listed = [probability for _, probability in alternatives(token)]
    if not listed:
        raise CheckError(f"the token {quote(token.token, limit=40)} has no finite logprob")
    parts = [*listed, max(0.0, 1 - math.fsum(listed))]
    return -math.fsum(p * math.log(p) for p in parts if p > 0)


def _inspect_entropy(options: Entropy) -> Iterator[Mistake]:
    if options.max is not None and not math.isfinite(options.max):
        yield ("max",), "an infinite maximum cannot fail"


class Confidence(Options, frozen=True, kw_only=True):
    """Options of `confidence`."""

    measure: Annotated[
        Literal["mean", "product", "min"],
        Meta(
            description="Of the tokens' probabilities: their geometric mean, their product (of the "
            "whole answer), or the least."
        ),
    ] = "mean"
    match: Annotated[
        str | None,
        Meta(description="A pattern as in `regex`: only the tokens of its first match count."),
    ] = None
    threshold: Annotated[Share | None, Meta(description="The least confidence that passes.")] = None


def confidence(completion: Completion, options: Confidence) -> Verdict:
    """The probability that the model gave its own answer is at least `threshold`; it is the score.

    With `metric: sure` and `weight: 0` beside checks that judge, gates and reports tell how far it
    can be trusted: `sure.brier`, `sure.ece` and `sure.auroc`, over the trials of all cases.
    """
    tokens = tokens_of(completion)
    extracted = None
    if options.match is not None:
        part = _matched(tokens, options.match)
        if isinstance(part, Verdict):
            return part
        tokens = part
        extracted = "".join(token.token for token in tokens)
    known = logprobs_of(tokens)
    value = min(1.0, math.exp(_MEASURES[options.measure](known)))
    told = f"confidence {value:.4g}, the {_TOLD[options.measure]} of {count(len(known), 'token')}"
    if extracted is not None:
        told += f" {quote(extracted, limit=60)}"
    if options.threshold is not None:
        told += f", threshold {options.threshold:g}"
    passed = reaches(value, options.threshold)
    return found(passed, told, score=value, extracted=extracted, values={"confidence": value})


_MEASURES: dict[str, Callable[[Sequence[float]], float]] = {
    "mean": lambda known: math.fsum(known) / len(known),
    "product": math.fsum,
    "min": min,
}
_TOLD = {
    "mean": "geometric mean of the probabilities",
    "product": "product of the probabilities",
    "min": "least of the probabilities",
}


def _inspect_confidence(options: Confidence) -> Iterator[Mistake]:
    yield from _inspect_match(options.match)


CHECKS = (
    CheckType(
        name="logprob",
        function=logprob,
        options=Logprob,
        judges="logprobs",
        needs=("logprobs",),
        inspect=_inspect_logprob,
        decided_by=("min",),
    ),
    CheckType(
        name="perplexity",
        function=perplexity,
        options=Perplexity,
        judges="logprobs",
        needs=("logprobs",),
        inspect=_inspect_perplexity,
    ),
    CheckType(
        name="perplexity-score",
        function=perplexity_score,
        options=PerplexityScore,
        judges="logprobs",
        needs=("logprobs",),
        inspect=_inspect_score,
        decided_by=("threshold",),
    ),
    CheckType(
        name="token-probability",
        function=token_probability,
        options=TokenProbability,
        judges="logprobs",
        needs=("logprobs", "top_logprobs"),
        decided_by=("min",),
    ),
    CheckType(
        name="entropy",
        function=entropy,
        options=Entropy,
        judges="logprobs",
        needs=("logprobs", "top_logprobs"),
        inspect=_inspect_entropy,
        decided_by=("max",),
    ),
    CheckType(
        name="confidence",
        function=confidence,
        options=Confidence,
        judges="logprobs",
        needs=("logprobs",),
        inspect=_inspect_confidence,
        decided_by=("threshold",),
    ),
)
