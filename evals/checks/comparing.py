"""An answer beside another text, as a model judges: its facts, and which of the two is better."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

from evals.checks.asking import Context, Wishes
from evals.checks.grading import (
    Asked,
    Form,
    Opinion,
    counted,
    opinion,
    polled,
    question_of,
    reply_schema,
    unread,
)
from evals.checks.registry import Mistake
from evals.checks.rubric import empty, judged_by_model
from evals.checks.verdict import found, nfc, quote
from evals.errors import CheckError
from evals.model import Completion, Request, Verdict

Relation: TypeAlias = Literal["subset", "superset", "same", "contradiction", "immaterial"]

_RELATIONS: dict[str, Relation] = {
    "A": "subset",
    "B": "superset",
    "C": "same",
    "D": "contradiction",
    "E": "immaterial",
}
_TOLD: dict[Relation, str] = {
    "subset": "the answer says a part of the reference",
    "superset": "the answer says all of the reference and more",
    "same": "the answer says the same as the reference",
    "contradiction": "the answer contradicts the reference",
    "immaterial": "they differ in nothing that matters",
}
CRITERIA = "Which is more correct, answers the question better, and is clearer?"
_TEXT = {"type": "string"}


class Factuality(Asked, frozen=True, kw_only=True):
    """Options of `factuality`."""

    value: Annotated[str, Meta(description="The reference: what an expert would answer.")]
    accept: Annotated[
        tuple[Relation, ...],
        Meta(description="Which of the five findings pass."),
    ] = ("subset", "superset", "same", "immaterial")


class Pairwise(Asked, frozen=True, kw_only=True):
    """Options of `pairwise`."""

    value: Annotated[str, Meta(description="The other answer.")]
    criteria: Annotated[str, Meta(description="By what the judge prefers one.")] = CRITERIA
    ties: Annotated[
        Literal["fail", "pass"], Meta(description="What a tie is; its score is 0.5.")
    ] = "fail"


FACTUALITY = Form(
    name="factuality",
    data=("question", "reference", "answer"),
    needed=("answer", "reference"),
    told='Reply with JSON alone: {"reason": "…", "finding": "A", "B", "C", "D" or "E"}',
    key="finding",
    schema=reply_schema(reason=_TEXT, finding={"type": "string", "enum": [*_RELATIONS]}),
    plain={letter: letter for letter in _RELATIONS},
)
PAIRWISE = Form(
    name="pairwise",
    data=("question", "first", "second"),
    words=("criteria",),
    needed=("first", "second", "criteria"),
    told='Reply with JSON alone: {"reason": "…", "better": "A", "B" or "tie"}',
    key="better",
    schema=reply_schema(reason=_TEXT, better={"type": "string", "enum": ["A", "B", "tie"]}),
    plain={"A": "A", "B": "B", "tie": "tie"},
)


def factuality(completion: Completion, options: Factuality, *, context: Context) -> Wishes[Verdict]:
    """A judge finds that the answer's facts agree with a reference.

    It finds one of five: the answer says a part of the reference (`subset`), all of it and more
    (`superset`), the `same`, a `contradiction`, or what differs is `immaterial`.
    """
    values = {
        "question": question_of(options.question, completion, context),
        "reference": nfc(options.value),
        "answer": nfc(completion.text),
    }

    def ask(sample: int) -> Request:
        return FACTUALITY.request(context, options.prompt, values, sample=sample)

    def read(reply: Completion) -> Opinion:
        said = FACTUALITY.read(reply)
        letter = str(said["finding"]).strip(" ().:*").upper()
        if letter not in _RELATIONS:
            raise unread(reply, f"{said['finding']!r} is none of A to E")
        relation = _RELATIONS[letter]
        passed = relation in options.accept
        told = f"{relation}, {_TOLD[relation]}"
        return opinion(
            reply, passed, float(passed), told=told, reason=said.get("reason"), label=relation
        )

    return polled(ask, options.samples, read)


def pairwise(completion: Completion, options: Pairwise, *, context: Context) -> Wishes[Verdict]:
    """A judge prefers the answer to another one, in whichever order it sees them.

    It is asked twice, with either first. Where the two replies disagree, it is a tie: what they
    prefer is a place, not an answer.
    """
    own, other = nfc(completion.text), nfc(options.value)
    if own.strip() == other.strip():
        passed = options.ties == "pass"
        return found(passed, f"a tie: both answers are {quote(own)}", score=0.5, extracted="tie")
    shared = {
        "question": question_of(options.question, completion, context),
        "criteria": nfc(options.criteria),
    }
    orders = (
        {**shared, "first": own, "second": other},
        {**shared, "first": other, "second": own},
    )
    replies: Sequence[Completion] = yield in_both_orders(orders, options, context)
    opinions: list[Opinion | CheckError] = []
    for first, second in zip(replies[::2], replies[1::2], strict=True):
        try:
            opinions.append(_preferred(first, second, ties=options.ties))
        except CheckError as error:
            opinions.append(error)
    return counted(opinions)


def in_both_orders(
    orders: Sequence[dict[str, str]], options: Asked, context: Context
) -> tuple[Request, ...]:
    """The requests about two answers, whichever stands first, as often as `samples` says."""
    return tuple(
        PAIRWISE.request(context, options.prompt, values, sample=sample)
        for sample in range(options.samples)
        for values in orders
    )


def _preferred(first: Completion, second: Completion, *, ties: str) -> Opinion:
    """What a reply with the answer as A and one with it as B come to."""
    one, other = better(first, own="A"), better(second, own="B")
    winner = one if one == other else "tie"
    score = {"own": 1.0, "other": 0.0, "tie": 0.5}[winner]
    passed = winner == "own" or (winner == "tie" and ties == "pass")
    told = {"own": "this answer better", "other": "the other answer better", "tie": "a tie"}[winner]
    if one != other:
        told += f" ({_NAMES[one]} when this stands first, {_NAMES[other]} when it stands second)"
    else:
        told += " in both orders"
    label = {"own": "better", "other": "worse", "tie": "tie"}[winner]
    reason = PAIRWISE.read(first).get("reason")
    return opinion(first, passed, score, told=told, reason=reason, label=label)


_NAMES = {"own": "this answer", "other": "the other", "tie": "neither"}


def better(reply: Completion, *, own: Literal["A", "B"]) -> Literal["own", "other", "tie"]:
    """Whom a reply prefers; `own` is the letter that one of the two answers had."""
    said = PAIRWISE.read(reply)["better"]
    letter = str(said).strip(" ().:*").upper()
    if letter not in ("A", "B", "TIE"):
        raise unread(reply, f"{said!r} is none of A, B and tie")
    if letter == "TIE":
        return "tie"
    return "own" if letter == own else "other"


def _inspect_factuality(options: Factuality) -> Iterator[Mistake]:
    yield from empty(options.value, "the reference")
    if not options.accept:
        yield ("accept",), "no finding is accepted: it cannot pass"
    elif set(options.accept) == set(_TOLD):
        yield ("accept",), "every finding is accepted: it cannot fail"
    yield from FACTUALITY.mistakes(options.prompt)


def _inspect_pairwise(options: Pairwise) -> Iterator[Mistake]:
    yield from empty(options.value, "the other answer")
    yield from PAIRWISE.mistakes(options.prompt)


CHECKS = (
    judged_by_model("factuality", factuality, Factuality, inspect=_inspect_factuality),
    judged_by_model("pairwise", pairwise, Pairwise, inspect=_inspect_pairwise),
)
