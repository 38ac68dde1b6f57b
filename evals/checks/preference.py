"""Which column of a case a judge prefers: their answers two by two, in both orders."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

from evals.checks.asking import Context, Wishes
from evals.checks.comparing import CRITERIA, PAIRWISE, better, in_both_orders
from evals.checks.grading import Asked, question_of
from evals.checks.registry import Mistake
from evals.checks.rubric import Criteria, criteria_of, empty, judged_by_model
from evals.checks.verdict import count, found, nfc, quote, reaches
from evals.errors import CheckError
from evals.model import Completion, Request, Verdict

Columns: TypeAlias = Mapping[str, Sequence[Completion | None]]
_POINTS = {"own": 1.0, "tie": 0.5, "other": 0.0}
_QUOTED = 80
_REASON = 300  # characters of a judge's reason


class SelectBest(Asked, frozen=True, kw_only=True):
    """Options of `select-best`."""

    value: Annotated[
        Criteria,
        Meta(description="The criteria by which the judge prefers; a list is all of these."),
    ] = CRITERIA
    versus: Annotated[
        str | None,
        Meta(description="The id of the only column to compare with. Default: each with each."),
    ] = None
    ties: Annotated[
        Literal["pass", "fail"],
        Meta(description="What it is for columns to be best together; they share the score of 1."),
    ] = "pass"


@dataclass(frozen=True)
class _Pair:
    """Answers of two columns side by side; None where the transforms found nothing."""

    columns: tuple[str, str]
    answers: tuple[Completion | None, Completion | None]

    @property
    def texts(self) -> tuple[str, str]:
        one, other = self.answers
        return "" if one is None else nfc(one.text), "" if other is None else nfc(other.text)

    @property
    def settled(self) -> float | None:
        """The points of the first where nobody has to be asked."""
        if None in self.answers:
            return 0.5 * (1 + (self.answers[0] is not None) - (self.answers[1] is not None))
        one, other = self.texts
        return 0.5 if one.strip() == other.strip() else None

    def requests(self, options: SelectBest, context: Context) -> tuple[Request, ...]:
        """What the judge is asked about it; nothing where it is settled."""
        one, other = self.answers
        if self.settled is not None or one is None or other is None:
            return ()
        asked = [question_of(options.question, answer, context) for answer in (one, other)]
        orders = []
        for a, b in ((0, 1), (1, 0)):
            same = asked[a] == asked[b]
            question = asked[a] if same else f"A was asked: {asked[a]}\n\nB was asked: {asked[b]}"
            shown = {"first": self.texts[a], "second": self.texts[b], "question": question}
            orders.append({**shown, "criteria": criteria_of(options.value)})
        return in_both_orders(orders, options, context)


@dataclass(frozen=True)
class _Opinion:
    """What two replies, one for each order, say of a pair."""

    pair: _Pair
    points: float | None  # of the pair's first column; None: they were not read
    judge: str | None = None  # None: nobody was asked
    reason: str = ""
    by_place: bool = False  # the order of the answers changed what the judge prefers
    problem: CheckError | None = None

    def of(self, column: str) -> float | None:
        """The points of a column of the pair."""
        if self.points is None or column == self.pair.columns[0]:
            return self.points
        return 1.0 - self.points


def select_best(columns: Columns, options: SelectBest, *, context: Context) -> Wishes[Verdict]:
    """A judge prefers no other column in this case.

    It sees the answers of two columns at a time, each pair in both orders. Where its two replies
    disagree, that is a tie: what they prefer is a place, not an answer. A column's share is the
    mean of 1 for an answer preferred, 0.5 for a tie and 0 for the other one; the column with the
    largest share is the best one. Columns that are best together share the score of 1; the others
    have 0.
    """
    own = context.column
    if own == options.versus:
        return found(True, f"{own} is the column itself", extracted=own)
    pairs = list(_pairs(columns))
    asked = [pair.requests(options, context) for pair in pairs]
    replies: Sequence[Completion] = yield tuple(itertools.chain.from_iterable(asked))
    left = iter(replies)
    opinions = [
        opinion
        for pair, requests in zip(pairs, asked, strict=True)
        for opinion in _read(pair, [*itertools.islice(left, len(requests))], options.samples)
    ]
    return _concluded(own, opinions, options.ties)


def _pairs(columns: Columns) -> Iterator[_Pair]:
    """Each column with each, sample by sample; in the same order whichever column is judged."""
    for one, other in itertools.combinations(sorted(columns), 2):
        mine, theirs = columns[one], columns[other]
        for index in range(max(len(mine), len(theirs))):
            answers = mine[index % len(mine)], theirs[index % len(theirs)]
            yield _Pair((one, other), answers)


def _read(pair: _Pair, replies: Sequence[Completion], samples: int) -> Iterator[_Opinion]:
    if not replies:
        yield from itertools.repeat(_Opinion(pair, pair.settled), samples)
    for first, second in zip(replies[::2], replies[1::2], strict=True):
        try:
            one, other = better(first, own="A"), better(second, own="B")
            said = PAIRWISE.read(first).get("reason")
        except CheckError as error:
            yield _Opinion(pair, None, first.model, problem=error)
            continue
        points = _POINTS[one] if one == other else _POINTS["tie"]
        reason = said if isinstance(said, str) else ""
        yield _Opinion(pair, points, first.model, reason, by_place=one != other)


def _concluded(own: str, opinions: Sequence[_Opinion], ties: str) -> Verdict:
    """The verdict on a column; a reply that was not read matters only if it could decide."""
    least, most = _shares(opinions, unread=0.0), _shares(opinions, unread=1.0)
    beaten = {c for c in least if not all(reaches(most[c], least[d]) for d in least if d != c)}
    winners = {c for c in least if all(reaches(least[c], most[d]) for d in least if d != c)}
    if own not in beaten and winners | beaten != least.keys():
        raise next(each.problem for each in opinions if each.problem is not None)
    asked = [each for each in opinions if each.judge is not None and each.problem is None]
    by_place = sum(each.by_place for each in asked)
    return found(
        own in winners and (ties == "pass" or len(winners) == 1),
        "; ".join(_told(own, opinions, winners, least)),
        score=1.0 / len(winners) if own in winners else 0.0,
        extracted=_named(winners) or None,
        values={"agreement": 1.0 - by_place / len(asked)} if asked else None,
    )


def _shares(opinions: Sequence[_Opinion], *, unread: float) -> dict[str, float]:
    """What each column comes to, where an opinion that was not read counts so much."""
    points: dict[str, list[float]] = defaultdict(list)
    for each in opinions:
        for column in each.pair.columns:
            known = each.of(column)
            points[column].append(unread if known is None else known)
    return {column: math.fsum(each) / len(each) for column, each in points.items()}


def _told(
    own: str, opinions: Sequence[_Opinion], winners: Set[str], shares: Mapping[str, float]
) -> Iterator[str]:
    """Who is best and by how much, what the order of the answers did, and why the judge says so."""
    judge = next((f"{each.judge} judges " for each in opinions if each.judge is not None), "")
    best = f"{_named(winners)} best" if winners else "another column better"
    others = ", ".join(f"{name} {share:.4g}" for name, share in shares.items() if name != own)
    told = f"{judge}{'a tie of ' + _named(winners) if len(winners) > 1 else best}"
    yield f"{told}: {own} {shares[own]:.4g}, {others}"
    asked = [each for each in opinions if each.judge is not None]
    unread = sum(each.problem is not None for each in asked)
    by_place = sum(each.by_place for each in asked)
    if unread:
        yield f"{unread} of {count(len(asked), 'comparison')} unread, counted 0"
    if by_place:
        yield f"in {by_place} of {count(len(asked), 'comparison')} the order of the answers decides"
    yield _shown(_decisive(own, opinions, winners))


def _decisive(own: str, opinions: Sequence[_Opinion], winners: Set[str]) -> _Opinion:
    """The comparison that tells most of a column: won or lost as the whole is, with a winner."""
    points = 1.0 if own in winners else 0.0
    others = winners - {own}
    return min(
        (each for each in opinions if own in each.pair.columns and each.points is not None),
        key=lambda each: (
            each.of(own) != points,
            others.isdisjoint(each.pair.columns),
            each.judge is None,
        ),
    )


def _shown(opinion: _Opinion) -> str:
    """Two answers, and the reason where the first stands as A."""
    letters = ("", "") if opinion.judge is None else (" (A)", " (B)")
    answers = (
        "nothing" if answer is None else quote(text, limit=_QUOTED)
        for answer, text in zip(opinion.pair.answers, opinion.pair.texts, strict=True)
    )
    said = ", ".join(
        f"{name}{letter} says {answer}"
        for name, letter, answer in zip(opinion.pair.columns, letters, answers, strict=True)
    )
    return f"{said}: {quote(opinion.reason, limit=_REASON)}" if opinion.reason else said


def _named(columns: Iterable[str]) -> str:
    return ", ".join(sorted(columns))


def _inspect(options: SelectBest) -> Iterator[Mistake]:
    yield from empty(options.value, "the criteria")
    yield from PAIRWISE.mistakes(options.prompt)


CHECKS = (
    judged_by_model(
        "select-best",
        select_best,
        SelectBest,
        inspect=_inspect,
        scope="columns",
        gaps=True,
        column="versus",
    ),
)
