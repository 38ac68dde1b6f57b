"""Multiple choice by the log-probabilities that came with the answer."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from evals.checks.choice import (
    Choice,
    ChoiceOptions,
    as_keys,
    as_mapping,
    choice,
    inspect_keys,
    inspect_options,
    key_of,
)
from evals.checks.options import Options
from evals.checks.registry import CheckType, Mistake
from evals.checks.tokens import after_thinking, alternatives, likeliest, tokens_of
from evals.checks.transform import strip_thinking
from evals.checks.verdict import found, nfc, quote
from evals.errors import CheckError
from evals.model import Completion, Token, Verdict

_SPACES = " \t\r\n\u00a0\u2581\u0120\u010a"  # ▁, Ġ, Ċ: spaces of tokenizers
_AROUND = f"{_SPACES}()[]{{}}<>\"'`*_.,:;"


class ChoiceLogprob(Options, frozen=True, kw_only=True):
    """Options of `choice-logprob`."""

    options: ChoiceOptions
    value: Annotated[
        str | tuple[str, ...], Meta(description="The right key; a list is any of these.")
    ]
    min_mass: Annotated[
        Annotated[float, Meta(ge=0, le=1)],
        Meta(description="Below this probability of all options together, it is an error."),
    ] = 0.5
    fallback: Annotated[
        Literal["text"] | None,
        Meta(description="`text`: in place of an error, judge the text as `choice` does."),
    ] = None


def choice_logprob(completion: Completion, options: ChoiceLogprob) -> Verdict:
    """The right option is the likeliest at the first answer token.

    The probabilities of an option's spellings ("A", " A", "a", "▁A") are summed; the score is the
    right option's share of what all options have. An error where the options together are less
    likely than `min_mass`; a tie is a fail.
    """
    try:
        return _by_logprobs(completion, options)
    except CheckError as error:
        if options.fallback is None:
            raise
        text = completion.with_text(strip_thinking(completion.text))
        said = choice(text, Choice(options=options.options, value=options.value))
        return msgspec.structs.replace(said, reason=f"by the text, as {error}: {said.reason}")


def _by_logprobs(completion: Completion, options: ChoiceLogprob) -> Verdict:
    texts = as_mapping(options.options)
    spellings = _spellings(tuple(texts))
    token = _answer_token(tokens_of(completion), spellings)
    shares, mass = _shares(token, tuple(texts), spellings)
    if mass < options.min_mass or mass == 0:
        raise CheckError(
            f"the options have {mass:.3g} of the probability at the token {quote(token.token)}, "
            f"less than min_mass {options.min_mass:g}; likeliest: {likeliest(token)}"
        )
    right = {key_of(one, texts)[0] for one in as_keys(options.value)}
    p_right = math.fsum(shares[key] for key in right)
    best_right = max(shares[key] for key in right)
    best_wrong = max(share for key, share in shares.items() if key not in right)
    top = max(shares, key=lambda key: shares[key])
    told = ", ".join(f"{key} {share:.3f}" for key, share in shares.items())
    tie = " (a tie)" if best_right == best_wrong else ""
    return found(
        best_right > best_wrong,
        f"likeliest {top}{tie}, expected {' or '.join(sorted(right))}; {told} "
        f"of the {mass:.3f} that the options cover at the token {quote(token.token)}",
        score=min(1.0, p_right),
        extracted=token.token,
        values={"p_right": p_right, "mass": mass, **{f"p.{k}": v for k, v in shares.items()}},
    )


def _spellings(keys: Sequence[str]) -> dict[str, str]:
    """Spelling → key: as written, and without regard to case where that is unambiguous."""
    folded: dict[str, list[str]] = {}
    for key in keys:
        folded.setdefault(nfc(key.casefold()), []).append(key)
    spellings = {fold: same[0] for fold, same in folded.items() if len(same) == 1}
    return spellings | {nfc(key): key for key in keys}


def _key(token: str, spellings: Mapping[str, str]) -> str | None:
    bare = nfc(token).strip(_AROUND)
    return spellings.get(bare) or spellings.get(nfc(bare.casefold()))


def _answer_token(tokens: Sequence[Token], spellings: Mapping[str, str]) -> Token:
    """The first token that is an option, else the first with text; after thinking, if any.

    Behind a word only what is spelled as the option: the article of "it is a B" is no A.
    """
    answer = after_thinking(tokens) or tokens
    behind_word = False
    for token in answer:
        key = _key(token.token, spellings)
        written = nfc(token.token).strip(_AROUND)
        if key is not None and (not behind_word or written == nfc(key)):
            return token
        text = token.token.strip(_SPACES)
        behind_word = text[-1:].isalnum() if text else behind_word
    return next((token for token in answer if token.token.strip(_AROUND)), answer[0])


def _shares(
    token: Token, keys: Sequence[str], spellings: Mapping[str, str]
) -> tuple[dict[str, float], float]:
    """Each option's share of what the options have together, and what that is of all."""
    parts: dict[str, list[float]] = {key: [] for key in keys}
    for text, probability in alternatives(token):
        key = _key(text, spellings)
        if key is not None:
            parts[key].append(probability)
    sums = {key: math.fsum(part) for key, part in parts.items()}
    mass = math.fsum(sums.values())
    return {key: share / mass if mass else 0.0 for key, share in sums.items()}, min(1.0, mass)


def _inspect_choice_logprob(options: ChoiceLogprob) -> Iterator[Mistake]:
    yield from inspect_options(options.options)
    yield from inspect_keys("value", as_keys(options.value), options.options)
    for key in options.options:
        if not key.strip(_AROUND) or key.strip(_AROUND) != key:
            yield ("options",), f"{quote(key)} has spaces or punctuation around it"


CHECKS = (
    CheckType(
        name="choice-logprob",
        function=choice_logprob,
        options=ChoiceLogprob,
        judges="logprobs",
        needs=("logprobs", "top_logprobs"),
        spared_by="fallback",
        inspect=_inspect_choice_logprob,
    ),
)
