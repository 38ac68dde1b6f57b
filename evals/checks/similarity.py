"""Checks of how near the answer is to a reference text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta

from evals.checks.options import Count, Options, Share
from evals.checks.registry import CheckType, Mistake
from evals.checks.verdict import found, nfc, quote
from evals.model import Completion, Verdict


class Levenshtein(Options, frozen=True, kw_only=True):
    """Options of `levenshtein`."""

    value: Annotated[
        str | tuple[str, ...],
        Meta(description="The reference; of a list, the nearest counts and is named."),
    ]
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
    references = (options.value,) if isinstance(options.value, str) else options.value
    measured = [(Distance.distance(text, nfc(one)), one) for one in references]
    scored = [(_similarity(distance, text, nfc(one)), distance, one) for distance, one in measured]
    if options.max_distance is None:
        score, distance, nearest = max(scored, key=lambda item: item[0])
        passed = options.threshold is None or score >= options.threshold
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
    if isinstance(options.value, tuple) and not options.value:
        yield ("value",), "the list is empty"
    if options.max_distance is not None and options.threshold is not None:
        yield ("max_distance",), "give either `max_distance` or `threshold`"


CHECKS = (
    CheckType(
        name="levenshtein",
        function=levenshtein,
        options=Levenshtein,
        inspect=_inspect_levenshtein,
        decided_by=("threshold", "max_distance"),
    ),
)
