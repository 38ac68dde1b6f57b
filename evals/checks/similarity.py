"""Checks of how near the answer is to a reference text."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Protocol, TypeAlias

from msgspec import Meta

from evals.checks.options import Count, Options, Share
from evals.checks.registry import CheckType, Mistake
from evals.checks.verdict import found, nfc, quote, reaches
from evals.model import Completion, Verdict

_SHOWN = 8  # references named in a reason
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")

References: TypeAlias = Annotated[
    str | tuple[str, ...],
    Meta(description="The reference; of a list, the nearest counts and is named."),
]


class Levenshtein(Options, frozen=True, kw_only=True):
    """Options of `levenshtein`."""

    value: References
    max_distance: Annotated[
        Count | None,
        Meta(description="At most this many characters inserted, deleted or replaced."),
    ] = None
    threshold: Annotated[
        Share | None,
        Meta(description="The least similarity that passes: 1 − distance / longer length."),
    ] = None


def levenshtein(completion: Completion, options: Levenshtein) -> Verdict:
    """The answer is near the reference by edit distance; the score is the similarity."""
    from rapidfuzz.distance import Levenshtein as Distance

    text = nfc(completion.text)
    measured = [(Distance.distance(text, nfc(one)), one) for one in as_many(options.value)]
    scored = [(_similarity(distance, text, nfc(one)), distance, one) for distance, one in measured]
    if options.max_distance is None:
        score, distance, nearest = max(scored, key=lambda item: item[0])
        passed = reaches(score, options.threshold)
        limit = "" if options.threshold is None else f", threshold {options.threshold:g}"
    else:
        score, distance, nearest = min(scored, key=lambda item: item[1])
        passed = distance <= options.max_distance
        limit = f", at most {options.max_distance} allowed"
    told = f"similarity {score:.3f}, distance {distance:,} to {quote(nearest)}{limit}"
    return found(passed, f"{told}; found {quote(text)}", score=score)


def _similarity(distance: int, text: str, reference: str) -> float:
    longer = max(len(text), len(reference))
    return 1.0 - distance / longer if longer else 1.0


def _inspect_levenshtein(options: Levenshtein) -> Iterator[Mistake]:
    yield from inspect_references(options)
    if options.max_distance is not None and options.threshold is not None:
        yield ("max_distance",), "give either `max_distance` or `threshold`"


def as_many(value: str | tuple[str, ...]) -> tuple[str, ...]:
    """A reference, or several, as several."""
    return (value,) if isinstance(value, str) else value


class ExactMatch(Options, frozen=True, kw_only=True):
    """Options of `exact-match`."""

    value: Annotated[
        str | tuple[str, ...], Meta(description="The reference; a list is any of these.")
    ]


def exact_match(completion: Completion, options: ExactMatch) -> Verdict:
    """The answer is the reference, both normalised as in SQuAD's script.

    That is: small letters, without ASCII punctuation, without *a*, *an*, *the*, and with runs of
    space as one.
    """
    seen = squad(completion.text)
    references = as_many(options.value)
    for one in references:
        if squad(one) == seen:
            return found(True, f"{quote(seen)} is {quote(one)}, normalised", extracted=seen)
    wanted = " or ".join(quote(squad(one), limit=60) for one in references[:_SHOWN])
    more = " or …" if len(references) > _SHOWN else ""
    return found(False, f"found {quote(seen)}, expected {wanted}{more}", extracted=seen)


def squad(text: str) -> str:
    """A text as SQuAD's evaluation script normalises it."""
    bare = nfc(text).lower().translate(_NO_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", bare).split())


class Similarity(Options, frozen=True, kw_only=True):
    """Options of `token-f1` and `jaro-winkler`."""

    value: References
    threshold: Annotated[Share | None, Meta(description="The least similarity that passes.")] = None


def token_f1(completion: Completion, options: Similarity) -> Verdict:
    """The words of answer and reference agree to an F1 of at least `threshold`.

    Both are normalised as for `exact-match`. F1 is the harmonic mean of precision and recall, each
    word as often as it stands; where one side has no word it is 1 if the other has none either,
    else 0.
    """
    words = squad(completion.text).split()
    scored = [(*_f1(words, squad(one).split()), one) for one in as_many(options.value)]
    score, precision, recall, nearest = max(scored, key=lambda item: item[0])
    told = f"F1 {score:.3f} (precision {precision:.3f}, recall {recall:.3f}) to {quote(nearest)}"
    values: dict[str, float | None] = {"precision": precision, "recall": recall}
    return similar(completion, options, score, told, values)


def _f1(words: list[str], reference: list[str]) -> tuple[float, float, float]:
    if not words or not reference:
        same = float(words == reference)
        return same, same, same
    common = (Counter(words) & Counter(reference)).total()
    f1 = 2 * common / (len(words) + len(reference))
    return f1, common / len(words), common / len(reference)


def jaro_winkler(completion: Completion, options: Similarity) -> Verdict:
    """The answer has at least this Jaro-Winkler similarity to the reference.

    A common beginning of up to 4 characters counts extra, with weight 0.1, above 0.7 only.
    """
    from rapidfuzz.distance import JaroWinkler

    text = nfc(completion.text)
    scored = [(JaroWinkler.similarity(text, nfc(one)), one) for one in as_many(options.value)]
    score, nearest = max(scored, key=lambda item: item[0])
    told = f"similarity {score:.3f} to {quote(nearest)}"
    return similar(completion, options, min(1.0, score), told)


class Graded(Protocol):
    """Options that may say which score passes."""

    @property
    def threshold(self) -> float | None: ...


class Referred(Protocol):
    """Options with references."""

    @property
    def value(self) -> str | tuple[str, ...]: ...


def similar(
    completion: Completion,
    options: Graded,
    score: float,
    told: str,
    values: dict[str, float | None] | None = None,
) -> Verdict:
    """The verdict by a score; without a threshold it is only told."""
    passed = reaches(score, options.threshold)
    limit = "" if options.threshold is None else f", threshold {options.threshold:g}"
    reason = f"{told}{limit}; found {quote(nfc(completion.text))}"
    return found(passed, reason, score=score, values=values)


def inspect_references(options: Referred) -> Iterator[Mistake]:
    """A list without a reference."""
    if not as_many(options.value):
        yield ("value",), "the list is empty"


CHECKS = (
    CheckType(
        name="levenshtein",
        function=levenshtein,
        options=Levenshtein,
        inspect=_inspect_levenshtein,
        decided_by=("threshold", "max_distance"),
    ),
    CheckType(
        name="exact-match",
        function=exact_match,
        options=ExactMatch,
        inspect=inspect_references,
    ),
    CheckType(
        name="token-f1",
        function=token_f1,
        options=Similarity,
        inspect=inspect_references,
        decided_by=("threshold",),
    ),
    CheckType(
        name="jaro-winkler",
        function=jaro_winkler,
        options=Similarity,
        inspect=inspect_references,
        decided_by=("threshold",),
    ),
)
