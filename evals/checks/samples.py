"""Checks over all samples of a case in a column."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from msgspec import Meta

from evals.checks.examine import nested_mistakes
from evals.checks.options import Options, Share
from evals.checks.registry import CheckType, Mistake
from evals.checks.structured import nested_verdict
from evals.checks.verdict import found, nfc, quote, reaches
from evals.errors import CheckError
from evals.model import Completion, Verdict

_SHOWN = 3


class Consistent(Options, frozen=True, kw_only=True):
    """Options of `consistent`."""

    threshold: Annotated[
        Share | None, Meta(description="The least share of samples that say the same.")
    ] = None


def consistent(samples: Sequence[Completion | None], options: Consistent) -> Verdict:
    """At least this share of the samples have the same answer.

    Texts are the same if they are equal after the transforms, which take the answer out of what
    stands around it; a sample in which they find nothing agrees with none. The score is the share
    of the commonest.
    """
    said = texts(samples)
    (text, n), *others = Counter(text for text in said if text is not None).most_common()
    share = n / len(said)
    passed = reaches(share, options.threshold)
    limit = "" if options.threshold is None else f", threshold {options.threshold:g}"
    told = f"{n} of {len(said)} samples say {quote(text, limit=80)}{limit}"
    if others:
        shown = ", ".join(f"{quote(o, limit=40)} {m} ×" for o, m in others[:_SHOWN])
        told += f"; others: {shown}{', …' if len(others) > _SHOWN else ''}"
    return found(passed, told + _silent(said), score=share, extracted=text)


def texts(samples: Sequence[Completion | None]) -> list[str | None]:
    """The texts as they are compared; None where the transforms found nothing."""
    return [None if sample is None else nfc(sample.text) for sample in samples]


def _silent(said: Sequence[str | None]) -> str:
    n = sum(text is None for text in said)
    return f"; in {n} the transforms find nothing" if n else ""


class Majority(Options, frozen=True, kw_only=True, rename={"assert_": "assert"}):
    """Options of `majority`."""

    assert_: Annotated[
        tuple[Any, ...],
        Meta(min_length=1, description="Assertions on the most frequent answer."),
    ]


def majority(samples: Sequence[Completion | None], options: Majority) -> Verdict:
    """The most frequent answer of the samples meets the nested assertions (maj@k).

    Answers are the texts after the transforms; a sample in which they find nothing has no vote. Of
    several that are equally frequent each has to meet them, and the score is their mean.
    """
    said = texts(samples)
    first: dict[str, Completion] = {}
    for text, sample in zip(said, samples, strict=True):
        if text is not None and sample is not None:
            first.setdefault(text, sample)
    counts = Counter(text for text in said if text is not None)
    most = max(counts.values())
    tied = [text for text, n in counts.items() if n == most]
    verdicts = {text: nested_verdict(first[text], options.assert_) for text in tied}
    undecided = next((v for v in verdicts.values() if v.passed is None), None)
    if undecided is not None:
        raise CheckError(undecided.reason)
    told = "; ".join(
        f"{quote(text, limit=80)} ({most} of {len(said)} samples): {verdict.reason}"
        for text, verdict in itertools.islice(verdicts.items(), _SHOWN)
    )
    if len(tied) > 1:
        told = f"{len(tied)} answers are equally frequent; {told}"
    if len(tied) > _SHOWN:
        told += "; …"
    return found(
        all(verdict.passed for verdict in verdicts.values()),
        told + _silent(said),
        score=math.fsum(v.score or 0.0 for v in verdicts.values()) / len(tied),
        extracted=tied[0] if len(tied) == 1 else None,
    )


def _inspect_nested(options: Majority) -> Iterator[Mistake]:
    yield from nested_mistakes(list(options.assert_))


def deterministic(samples: Sequence[Completion], options: None) -> Verdict:
    """All samples are the same to the byte: text, reasoning and tool calls.

    With a `seed` in force the samples have to send the same one: `repeat: {samples: 3, vary_seed:
    false}`.
    """
    said = [
        (
            sample.text,
            sample.reasoning,
            tuple((call.name, call.arguments) for call in sample.tool_calls),
        )
        for sample in samples
    ]
    different = [index for index, each in enumerate(said) if each != said[0]]
    if not different:
        return found(True, f"all {len(samples)} samples are the same")
    first, other = samples[0].text, samples[different[0]].text
    told = f"{len(different)} of {len(samples)} samples differ from sample 0"
    if first != other:
        at = next(
            (i for i, (x, y) in enumerate(zip(first, other, strict=False)) if x != y),
            min(len(first), len(other)),
        )
        here = (at, at + 1)
        told += (
            f"; sample {different[0]} at character {at}: {quote(other, at=here, limit=60)} "
            f"for {quote(first, at=here, limit=60)}"
        )
    return found(False, told)


CHECKS = (
    CheckType(
        name="consistent",
        function=consistent,
        options=Consistent,
        decided_by=("threshold",),
        scope="case",
        gaps=True,
    ),
    CheckType(
        name="majority",
        function=majority,
        options=Majority,
        inspect=_inspect_nested,
        scope="case",
        gaps=True,
    ),
    CheckType(
        name="deterministic",
        function=deterministic,
        options=None,
        judges="model",
        scope="case",
    ),
)
