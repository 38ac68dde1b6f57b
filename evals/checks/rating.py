"""A rating by steps (G-Eval): the score tokens' probabilities count, not just the score."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import Annotated

from msgspec import Meta

from evals.checks.asking import Context, Wishes
from evals.checks.grading import (
    Asked,
    Form,
    Opinion,
    counted,
    opinion,
    question_of,
    reply_schema,
    unread,
)
from evals.checks.options import Share
from evals.checks.registry import Mistake
from evals.checks.rubric import Criteria, criteria_of, empty, judged_by_model
from evals.checks.tokens import after_thinking, alternatives
from evals.checks.transform import strip_thinking
from evals.checks.verdict import nfc, quote, reaches
from evals.errors import CheckError
from evals.model import Completion, Verdict

_RATINGS = ("1", "2", "3", "4", "5")
_RATING = re.compile(r"(?<![\d.,/-])[1-5](?![\d]|[.,]\d)")
_OUT_OF = re.compile(r"\s*(?:/|out of)\s*5\b")
_AROUND = " \t\r\n\u2581\u0120\u010a*_`\"'().:"


class GEval(Asked, frozen=True, kw_only=True):
    """Options of `g-eval`."""

    value: Annotated[Criteria, Meta(description="The criteria; a list is all of these.")]
    steps: Annotated[
        tuple[str, ...],
        Meta(description="The steps of the rating; without, the judge writes them, once a suite."),
    ] = ()
    threshold: Annotated[Share | None, Meta(description="The least score that passes.")] = None


STEPS = Form(
    name="g-eval-steps",
    data=(),
    words=("criteria",),
    needed=("criteria",),
    told='Reply with JSON alone: {"steps": ["…", "…"]}',
    key="steps",
    schema=reply_schema(steps={"type": "array", "items": {"type": "string"}}),
)
RATING = Form(
    name="g-eval",
    data=("question", "answer"),
    words=("criteria", "steps"),
    needed=("answer", "criteria", "steps"),
    told='Reply with JSON alone: {"rating": 1 to 5}',
    schema=reply_schema(rating={"type": "integer", "enum": [1, 2, 3, 4, 5]}),
)


def g_eval(completion: Completion, options: GEval, *, context: Context) -> Wishes[Verdict]:
    """A judge rates the answer by criteria, in steps: 1 … 5 becomes a score of 0 … 1.

    Where the endpoint gives log-probabilities, the rating is the mean of the ratings by their
    probabilities at the rating's token, so that it is no whole number.
    """
    criteria = criteria_of(options.value)
    steps: Sequence[str] = options.steps
    if not steps:
        reply: Completion = yield STEPS.request(context, None, {"criteria": criteria})
        steps = _steps(reply)
    values = {
        "question": question_of(options.question, completion, context),
        "answer": nfc(completion.text),
        "criteria": criteria,
        "steps": "\n".join(f"{n}. {nfc(step)}" for n, step in enumerate(steps, 1)),
    }
    parameters = {"logprobs": True, "top_logprobs": 20}
    if context.judge is not None and "logprobs" in context.judge.parameters:
        parameters = {}
    replies: Sequence[Completion] = yield tuple(
        RATING.request(context, options.prompt, values, sample=sample, parameters=parameters)
        for sample in range(options.samples)
    )
    opinions: list[Opinion | CheckError] = []
    for each in replies:
        try:
            opinions.append(_rated(each, options.threshold))
        except CheckError as error:
            opinions.append(error)
    return counted(opinions)


def _steps(reply: Completion) -> list[str]:
    said = STEPS.read(reply)["steps"]
    steps = said if isinstance(said, list) else []
    written = [step for step in steps if isinstance(step, str) and step.strip()]
    if not written:
        raise unread(reply, f"no steps in {quote(reply.text)}")
    return written


def _rated(reply: Completion, threshold: float | None) -> Opinion:
    said = _said(reply)
    rating, mass = _weighted(reply, said) or (float(said), None)
    score = (rating - 1) / 4
    limit = "" if threshold is None else f", threshold {threshold:g}"
    how = (
        "by its word, without log-probabilities"
        if mass is None
        else f"by the {mass:.3g} of the probability that ratings have"
    )
    return opinion(
        reply,
        reaches(score, threshold),
        score,
        told=f"{rating:.3g} of 5 ({how}), score {score:.3g}{limit}",
        values={"rating": rating} if mass is None else {"rating": rating, "mass": mass},
    )


def _weighted(reply: Completion, rating: str) -> tuple[float, float] | None:
    """The mean rating at the token that says `rating`, and the probability of all ratings there."""
    for token in after_thinking(reply.choice.logprobs or ()):
        if token.token.strip(_AROUND) != rating:
            continue
        parts = [
            (int(text.strip(_AROUND)), probability)
            for text, probability in alternatives(token)
            if text.strip(_AROUND) in _RATINGS
        ]
        mass = math.fsum(probability for _, probability in parts)
        if not mass:
            return None
        return math.fsum(each * p for each, p in parts) / mass, min(1.0, mass)
    return None


def _said(reply: Completion) -> str:
    """The only rating in the text of a reply."""
    text = _OUT_OF.sub("", strip_thinking(reply.text))
    ratings = set(_RATING.findall(text))
    if len(ratings) != 1:
        what = "several ratings" if ratings else "no rating from 1 to 5"
        raise unread(reply, f"{what} in {quote(reply.text)}")
    return str(ratings.pop())


def _inspect(options: GEval) -> Iterator[Mistake]:
    yield from empty(options.value, "the criteria")
    yield from RATING.mistakes(options.prompt)


CHECKS = (judged_by_model("g-eval", g_eval, GEval, inspect=_inspect, decided_by=("threshold",)),)
