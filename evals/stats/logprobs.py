"""Log-probabilities of tokens and of answer options; natural logarithms, nats."""

from __future__ import annotations

import math
from collections.abc import Sequence

from evals.model import Frozen


class SequenceLogprob(Frozen, frozen=True, kw_only=True):
    """Of the generated tokens; None where there is none."""

    sum: float
    mean: float | None
    perplexity: float | None  # None too where a token has probability 0
    min: float | None
    n: int


class TopKEntropy(Frozen, frozen=True, kw_only=True):
    """Bounds of a token's entropy in nats: lower ≤ lower_tight ≤ true ≤ upper."""

    rest: float  # probability of the tokens that are not listed
    lower: float
    lower_tight: float
    upper: float | None  # None without the size of the vocabulary


class MultipleChoice(Frozen, frozen=True, kw_only=True):
    """Positions of the options chosen by each rule; all None where no option has a probability."""

    raw: int | None
    per_byte: int | None
    per_token: int | None
    prior_corrected: int | None  # None without priors
    p: tuple[float, ...] | None  # softmax over the options
    p_right: float | None
    correct: bool | None  # by the raw rule
    tied: bool | None  # another option is as likely as the raw choice; the first wins


def sequence_logprob(logprobs: Sequence[float]) -> SequenceLogprob:
    """Sum, mean, minimum and perplexity exp(−mean) of the tokens' log-probabilities.

    −inf is allowed and leaves no perplexity. Perplexities compare only under one tokenizer; across
    models, `bits_per_byte`.
    """
    n = len(logprobs)
    if not n:
        return SequenceLogprob(sum=0.0, mean=None, perplexity=None, min=None, n=0)
    if -math.inf in logprobs:
        return SequenceLogprob(sum=-math.inf, mean=-math.inf, perplexity=None, min=-math.inf, n=n)
    total = math.fsum(logprobs)
    mean = total / n
    return SequenceLogprob(
        sum=total,
        mean=mean,
        perplexity=math.exp(-mean) if mean > -700 else None,  # beyond, no double holds it
        min=float(min(logprobs)),
        n=n,
    )


def bits_per_byte(logprobs: Sequence[float], n_bytes: int) -> float | None:
    """−Σ logprob/(ln 2 · bytes of the text): comparable across tokenizers; None for no bytes."""
    return -math.fsum(logprobs) / (math.log(2) * n_bytes) if n_bytes else None


def topk_entropy(logprobs: Sequence[float], *, vocab: int | None = None) -> TopKEntropy:
    """Bounds of the entropy of a token of which only the k likeliest candidates are listed.

    `lower` lumps the rest into one token; `lower_tight` cuts it into pieces of the least listed
    probability, which no unlisted token exceeds; `upper` spreads it over the rest of the
    vocabulary. Candidates are distinct tokens; probabilities that sum to more than 1.001 are
    refused. The top k are not renormalised: that would be no bound.
    """
    listed = [math.exp(value) for value in logprobs]
    total = math.fsum(listed)
    if total > 1.001:
        raise ValueError(f"the listed probabilities sum to {total:.4g}; is a token listed twice?")
    rest = max(0.0, 1.0 - total)
    rest = rest if rest >= 1e-9 else 0.0
    known = math.fsum(map(_term, listed))
    least = min((p for p in listed if p > 0), default=1.0)
    pieces = int(rest / least + 1e-9)
    left = max(0.0, rest - pieces * least)
    return TopKEntropy(
        rest=rest,
        lower=known + _term(rest),
        lower_tight=known + pieces * _term(least) + _term(left),
        upper=_upper(known, rest, None if vocab is None else vocab - len(listed)),
    )


def multiple_choice(
    logprob: Sequence[float],
    *,
    tokens: Sequence[int],
    bytes: Sequence[int],
    prior: Sequence[float] | None = None,
    right: int,
) -> MultipleChoice:
    """Which option a model prefers, from the log-probability of each as an answer.

    By the log-probability itself, by it over its number of bytes or of tokens, and less the
    log-probability under an empty prompt (`prior`). An option that was not listed is −inf.
    `p_right` varies less than `correct` (Miller 2024). Variants of an option ("A", " A") are summed
    before.
    """
    most = max(logprob, default=-math.inf)
    if most == -math.inf:
        return MultipleChoice(
            raw=None,
            per_byte=None,
            per_token=None,
            prior_corrected=None,
            p=None,
            p_right=None,
            correct=None,
            tied=None,
        )
    weights = [math.exp(value - most) for value in logprob]
    total = math.fsum(weights)
    raw = _first_best(logprob)
    return MultipleChoice(
        raw=raw,
        per_byte=_first_best([value / n for value, n in zip(logprob, bytes, strict=True)]),
        per_token=_first_best([value / n for value, n in zip(logprob, tokens, strict=True)]),
        prior_corrected=None if prior is None else _first_best(_less(logprob, prior)),
        p=tuple(weight / total for weight in weights),
        p_right=weights[right] / total,
        correct=raw == right,
        tied=sum(value == most for value in logprob) > 1,
    )


def _term(p: float) -> float:
    return -p * math.log(p) if p > 0 else 0.0


def _upper(known: float, rest: float, unlisted: int | None) -> float | None:
    if unlisted is None or (unlisted <= 0 and rest > 0):
        return None
    return known + (_term(rest) + rest * math.log(unlisted) if rest > 0 else 0.0)


def _first_best(scores: Sequence[float]) -> int:
    return max(range(len(scores)), key=lambda position: scores[position])


def _less(logprob: Sequence[float], prior: Sequence[float]) -> list[float]:
    """Differences, where −inf stays what it is, whatever the prior."""
    return [
        value if value == -math.inf else value - under
        for value, under in zip(logprob, prior, strict=True)
    ]
