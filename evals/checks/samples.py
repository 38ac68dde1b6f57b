"""Checks over all samples of a case in a column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from evals.checks.options import Options, Share
from evals.checks.registry import CheckType
from evals.checks.verdict import found, nfc, quote
from evals.model import Completion, Verdict

_SHOWN = 3


class Consistent(Options, frozen=True, kw_only=True):
    """Options of `consistent`."""

    threshold: Annotated[
        Share | None, Meta(description="The least share of samples that say the same.")
    ] = None


def consistent(samples: Sequence[Completion], options: Consistent) -> Verdict:
    """At least this share of the samples have the same answer.

    Texts are the same if they are equal after the transforms, which take the answer out of what
    stands around it. The score is the share of the commonest.
    """
    counts = Counter(nfc(sample.text) for sample in samples)
    (text, n), *others = counts.most_common()
    share = n / len(samples)
    passed = options.threshold is None or share >= options.threshold
    limit = "" if options.threshold is None else f", threshold {options.threshold:g}"
    told = f"{n} of {len(samples)} samples say {quote(text, limit=80)}{limit}"
    if others:
        shown = ", ".join(f"{quote(o, limit=40)} {m} ×" for o, m in others[:_SHOWN])
        told += f"; others: {shown}{', …' if len(others) > _SHOWN else ''}"
    return found(passed, told, score=share, extracted=text)


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
    ),
    CheckType(
        name="deterministic",
        function=deterministic,
        options=None,
        judges="model",
        scope="case",
    ),
)
