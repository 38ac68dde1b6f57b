"""What a model took for what: the confusion matrix of each `choice` with a metric."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from evals.comparison import words
from evals.model import Confusion, Frozen, LabelClass, SuiteComparison
from evals.report.texts import one_line

__all__ = ["LABEL_FIGURES", "Matrix", "heading_of", "matrices_of"]

LABEL_FIGURES = ("trials", "precision", "recall", "F1")  # the last heads of a matrix
_MOST = 8  # options of one matrix; a wider one is read by nobody
_OTHERS, _NONE = "other options", "no option"


class Matrix(Frozen, frozen=True, kw_only=True):
    """A row for each right option: what was answered, then its figures."""

    name: str  # of the metric, and of the side where there are several
    numbers: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def matrices_of(suite: SuiteComparison, names: Mapping[str, str]) -> tuple[Matrix, ...]:
    """One for each metric and side."""
    several = len(suite.sides) > 1
    return tuple(
        _matrix(f"{one.metric} of {names[side.id]}" if several else one.metric, one)
        for side in suite.sides
        for one in side.confusions
    )


def heading_of(suite: SuiteComparison) -> str:
    """The mistake that was made most often, over all sides."""
    all_of = [one for side in suite.sides for one in side.confusions]
    mistakes: Counter[tuple[str, str, str | None]] = Counter()
    asked: Counter[tuple[str, str]] = Counter()
    for one in all_of:
        for option in one.classes:
            asked[one.metric, option.option] += option.n_right
        for right, found, n in one.pairs:
            if right != found:
                mistakes[one.metric, right, found] += n
    if not mistakes:
        return "No option is taken for another"
    (metric, right, found), n = mistakes.most_common(1)[0]
    of = f"{words.count(n)} of {words.plural(asked[metric, right], 'time')}"
    name = one_line(right, 30)
    if found is None:
        return f"Most often missed: {name}, answered with no option {of}"
    return f"Most often, {name} is taken for {one_line(found, 30)}: {of}"


def _matrix(name: str, of: Confusion) -> Matrix:
    shown = _shown(of)
    kept = {one.option for one in shown}
    options = tuple(one_line(one.option, 30) for one in shown)
    folded = len(of.classes) > len(shown)
    answered = (*options, *((_OTHERS,) if folded else ()), *((_NONE,) if of.n_missing else ()))
    counts: dict[tuple[str, str], int] = {}
    for right, found, n in of.pairs:
        column = _NONE_KEY if found is None else found if found in kept else _OTHERS_KEY
        counts[right, column] = counts.get((right, column), 0) + n
    keys = [one.option for one in shown]
    keys += [_OTHERS_KEY] if folded else []
    keys += [_NONE_KEY] if of.n_missing else []
    return Matrix(
        name=one_line(name, 80),
        numbers=". ".join(_numbers(of, len(shown))),
        heads=("right ↓ answered →", *answered, *LABEL_FIGURES),
        rows=tuple(
            (
                label,
                *(words.count(counts.get((one.option, key), 0)) for key in keys),
                words.count(one.n_right),
                *(_share(share) for share in (one.precision, one.recall, one.f1)),
            )
            for label, one in zip(options, shown, strict=True)
        ),
    )


_OTHERS_KEY, _NONE_KEY = "\0others", "\0none"  # no option is called so


def _shown(of: Confusion) -> tuple[LabelClass, ...]:
    """All options, or those with the most mistakes, in the suite's order."""
    if len(of.classes) <= _MOST:
        return of.classes
    wrong = dict.fromkeys((one.option for one in of.classes), 0)
    for right, found, n in of.pairs:
        if right != found:
            wrong[right] += n
            if found is not None:
                wrong[found] += n
    worst = sorted(of.classes, key=lambda one: (-wrong[one.option], -one.n_right))[:_MOST]
    kept = {one.option for one in worst}
    return tuple(one for one in of.classes if one.option in kept)


def _numbers(of: Confusion, shown: int) -> Iterator[str]:
    yield f"{words.plural(of.n_trials, 'answer')} to {words.plural(of.n_cases, 'case')}"
    if of.n_missing:
        yield f"{words.count(of.n_missing)} named no option: misses of the right one"
    if of.n_errors:
        yield f"{words.plural(of.n_errors, 'trial')} without an answer left out"
    if shown < len(of.classes):
        yield (
            f"The {shown} of {words.count(len(of.classes))} options with the most mistakes; "
            "evals compare --format json has all"
        )


def _share(share: float | None) -> str:
    return words.MISSING if share is None else words.score(share, None, None)
