"""Checks over all columns of a case: one prompt or setting beside another."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated

from msgspec import Meta

from evals.checks.asking import Context
from evals.checks.options import Options, Share
from evals.checks.registry import CheckType
from evals.checks.samples import texts
from evals.checks.verdict import found, quote, reaches
from evals.errors import CheckError
from evals.model import Completion, Verdict


class SameAs(Options, frozen=True, kw_only=True):
    """Options of `same-as`."""

    value: Annotated[str, Meta(description="The id of the column to compare with.")]
    threshold: Annotated[
        Share | None,
        Meta(description="The least share of pairs that say the same. Default: all of them."),
    ] = None


def same_as(columns: Mapping[str, Sequence[Completion | None]], options: SameAs) -> Verdict:
    """The answers are those of another column.

    Texts are the same if they are equal after the transforms. Every sample is compared with every
    sample of the other column; the score is the share of pairs that are equal.
    """
    (own, mine), *rest = ((column, texts(samples)) for column, samples in columns.items())
    if own == options.value:
        return found(True, f"{own} is the column itself")
    ((name, theirs),) = rest
    pairs = list(itertools.product(mine, theirs))
    share = sum(a == b for a, b in pairs if a is not None) / len(pairs)
    extracted = next((text for text in mine if text is not None), None)
    passed = reaches(share, 1.0 if options.threshold is None else options.threshold)
    if len(pairs) == 1:
        told, (other,) = quote(extracted or "", limit=80), theirs
        said = "nothing" if other is None else quote(other, limit=80)
        told += f", as {name} says" if passed else f", {name} says {said}"
        return found(passed, told, score=share, extracted=extracted)
    limit = "" if options.threshold is None else f", threshold {options.threshold:g}"
    told = f"{share:.4g} of {len(pairs)} pairs of samples are the same{limit}"
    told += f"; {own}: {_said(mine)}; {name}: {_said(theirs)}"
    return found(passed, told, score=share, extracted=extracted)


def _said(samples: Sequence[str | None]) -> str:
    shown = [
        f"{'nothing' if text is None else quote(text, limit=40)} {n} ×"
        for text, n in Counter(samples).most_common(3)
    ]
    return ", ".join(shown) + (", …" if len(set(samples)) > len(shown) else "")


def max_score(
    columns: Mapping[str, Sequence[Completion]], options: None, *, context: Context
) -> Verdict:
    """No other column has a higher score in this case.

    The score of a column is the mean over its samples of what the other checks of the test give:
    their scores by weight. Those that look at several trials do not count. Columns that are equal
    all pass and share the score of 1; the others have 0.
    """
    means = {column: _mean(column, context.scores.get(column, ())) for column in columns}
    own, best = context.column, max(means.values())
    winners = [column for column, mean in means.items() if reaches(mean, best)]
    others = ", ".join(f"{column} {mean:.4g}" for column, mean in means.items() if column != own)
    told = f"{own} scores {means[own]:.4g}; {others or 'there is no other column'}"
    if own not in winners:
        return found(False, f"{told}: {' and '.join(winners)} scores best", extracted=None)
    share = 1.0 / len(winners)
    return found(True, told if len(winners) == 1 else f"{told}: a tie", score=share)


def _mean(column: str, scores: Sequence[float | None]) -> float:
    known = [score for score in scores if score is not None]
    if not known or len(known) < len(scores):
        raise CheckError(f"{column} has no score: not all of its samples could be judged")
    return math.fsum(known) / len(known)


CHECKS = (
    CheckType(
        name="same-as",
        function=same_as,
        options=SameAs,
        scope="columns",
        gaps=True,
        column="value",
    ),
    CheckType(
        name="max-score",
        function=max_score,
        options=None,
        judges="model",
        wants_context=True,
        scope="columns",
        scores=True,
    ),
)
