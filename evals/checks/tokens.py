"""The tokens of an answer, with the probabilities that came with them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from evals.checks.verdict import quote
from evals.errors import CheckError
from evals.model import Completion, Token

_MOST = 0.01  # above 0 by more than rounding, a number is no log-probability
_LEAST = -1e290  # lower ones, which stand for "impossible", would add up to more than a float holds
_THOUGHT = re.compile(r"</think(?:ing)?>", re.IGNORECASE)


def tokens_of(completion: Completion) -> tuple[Token, ...]:
    """The answer's tokens; raises `CheckError` where none came, or no log-probabilities."""
    tokens = completion.logprobs
    if tokens is None:
        raise CheckError("the answer came without logprobs")
    if not tokens:
        raise CheckError("the answer came with an empty list of logprobs")
    for token in tokens:
        for value in (token.logprob, *(p for _, p in token.top)):
            if value is not None and value > _MOST:
                raise CheckError(f"{value:g} is no log-probability: those are 0 or less")
    return tokens


def logprobs_of(tokens: Sequence[Token]) -> list[float]:
    """Each token's logprob, in nats; raises `CheckError` where one is not known."""
    known = [max(_LEAST, token.logprob) for token in tokens if token.logprob is not None]
    if len(known) < len(tokens):
        missing = len(tokens) - len(known)
        raise CheckError(f"{missing} of {len(tokens)} tokens came without a finite logprob")
    return known


def after_thinking(tokens: Sequence[Token]) -> Sequence[Token]:
    """The tokens behind the last end of thinking (`</think>`); without one, all."""
    text = "".join(token.token for token in tokens)
    end = max((match.end() for match in _THOUGHT.finditer(text)), default=0)
    length = 0
    for index, token in enumerate(tokens):
        if length >= end:
            return tokens[index:]
        length += len(token.token)
    return ()


def alternatives(token: Token) -> list[tuple[str, float]]:
    """Each token that could have stood here, with its probability."""
    listed = list(token.top)
    if all(text != token.token for text, _ in listed):
        listed.append((token.token, token.logprob))
    return [(text, math.exp(min(0.0, p))) for text, p in listed if p is not None]


def likeliest(token: Token) -> str:
    """The alternatives with the highest probabilities, for a reason."""
    ordered = sorted(alternatives(token), key=lambda pair: -pair[1])[:5]
    return ", ".join(f"{quote(text, limit=20)} {p:.3f}" for text, p in ordered)
