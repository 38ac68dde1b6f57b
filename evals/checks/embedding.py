"""Checks of meaning, by vectors that an endpoint gives for texts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Annotated

from msgspec import Meta

from evals.checks.asking import Context, Wishes
from evals.checks.options import Options, Share
from evals.checks.registry import CheckType, Mistake
from evals.checks.similarity import References
from evals.checks.verdict import found, nfc, quote, reaches
from evals.errors import CheckError
from evals.model import Completion, Verdict

_SMALLEST, _LARGEST = 1e-200, 1e200


class Similar(Options, frozen=True, kw_only=True):
    """Options of `similar`."""

    value: References
    threshold: Annotated[
        Share | None, Meta(description="The least cosine similarity that passes.")
    ] = None
    endpoint: Annotated[
        str | None,
        Meta(description="Whose embeddings: an endpoint's name; default: the suite's."),
    ] = None
    model: Annotated[
        str | None, Meta(description="Which embedding model; default: the endpoint's model.")
    ] = None


def similar(completion: Completion, options: Similar, *, context: Context) -> Wishes[Verdict]:
    """The answer means nearly what the reference means, by the cosine of their embeddings.

    Answer and references are sent to an endpoint's embeddings, one text a request, recorded like
    any other. The score is the cosine, or 0 where it is negative.
    """
    text = nfc(completion.text)
    if not text.strip():
        return found(False, "the answer has no text", score=0.0)
    references = (options.value,) if isinstance(options.value, str) else options.value
    requests = tuple(
        context.embeddings([each], endpoint=options.endpoint, model=options.model)
        for each in (text, *map(nfc, references))
    )
    answers: Sequence[Completion] = yield requests
    own, *others = (answer.vectors[0] for answer in answers)
    scored = [
        (cosine(own, other), reference) for other, reference in zip(others, references, strict=True)
    ]
    score, nearest = max(scored, key=lambda pair: pair[0])
    passed = reaches(score, options.threshold)
    limit = "" if options.threshold is None else f", threshold {options.threshold:g}"
    told = f"cosine {score:.3f} to {quote(nearest)}{limit}; found {quote(text)}"
    return found(passed, told, score=min(1.0, max(0.0, score)), values={"cosine": score})


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """The cosine of the angle between two vectors; raises `CheckError` where there is none."""
    if len(one) != len(other):
        raise CheckError(f"vectors of {len(one)} and {len(other)} numbers cannot be compared")
    if not any(one) or not any(other):
        raise CheckError("a vector is all zeros: it has no direction")
    length = math.hypot(*one) * math.hypot(*other)
    if not _SMALLEST < length < _LARGEST:  # what is multiplied would be 0 or infinite
        one, other = _scaled(one), _scaled(other)
        length = math.hypot(*one) * math.hypot(*other)
    return math.fsum(a * b for a, b in zip(one, other, strict=True)) / length


def _scaled(vector: Sequence[float]) -> Sequence[float]:
    """The vector in its direction, with numbers up to 1."""
    largest = max(map(abs, vector))
    return [number / largest for number in vector]


def _inspect(options: Similar) -> Iterator[Mistake]:
    if not options.value:
        yield ("value",), "the reference is empty"


CHECKS = (
    CheckType(
        name="similar",
        function=similar,
        options=Similar,
        inspect=_inspect,
        decided_by=("threshold",),
        wants_context=True,
        asks=True,
    ),
)
