"""Whether an answer meets criteria in words, as a model judges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from msgspec import Meta

from evals.checks.asking import Context, Wishes
from evals.checks.grading import (
    Asked,
    Form,
    Opinion,
    opinion,
    polled,
    question_of,
    reply_schema,
    share,
    truth,
)
from evals.checks.options import Share
from evals.checks.registry import CheckType, Mistake
from evals.checks.verdict import nfc, reaches
from evals.model import Completion, Request, Verdict

Criteria = str | tuple[str, ...]


class LlmRubric(Asked, frozen=True, kw_only=True):
    """Options of `llm-rubric`."""

    value: Annotated[Criteria, Meta(description="The criteria; a list is all of these.")]
    threshold: Annotated[
        Share | None, Meta(description="The judge's score has to reach this too.")
    ] = None


class ClosedQa(Asked, frozen=True, kw_only=True):
    """Options of `closed-qa`."""

    value: Annotated[str, Meta(description="The criterion that the answer has to meet.")]


_TEXT = {"type": "string"}
_BOOLEAN = {"type": "boolean"}
RUBRIC = Form(
    name="llm-rubric",
    data=("question", "answer"),
    words=("criteria",),
    needed=("answer", "criteria"),
    told='Reply with JSON alone: {"reason": "…", "pass": true or false, "score": 0 to 1}',
    key="pass",
    schema=reply_schema(reason=_TEXT, **{"pass": _BOOLEAN}, score={"type": "number"}),
    plain={"pass": True, "fail": False},
)
CLOSED_QA = Form(
    name="closed-qa",
    data=("question", "answer"),
    words=("criterion",),
    needed=("answer", "criterion"),
    told='Reply with JSON alone: {"reason": "…", "meets": true or false}',
    key="meets",
    schema=reply_schema(reason=_TEXT, meets=_BOOLEAN),
    plain={"Y": True, "N": False, "yes": True, "no": False},
)


def criteria_of(value: Criteria) -> str:
    """Criteria as a judge reads them: a list becomes one with dashes."""
    if isinstance(value, str):
        return nfc(value)
    return "\n".join(f"- {nfc(each)}" for each in value)


def llm_rubric(completion: Completion, options: LlmRubric, *, context: Context) -> Wishes[Verdict]:
    """A judge finds that the answer meets the criteria.

    The judge says pass or fail with a reason, and a score. With `threshold` its score has to reach
    that, too.
    """
    values = {
        "question": question_of(options.question, completion, context),
        "answer": nfc(completion.text),
        "criteria": criteria_of(options.value),
    }

    def ask(sample: int) -> Request:
        return RUBRIC.request(context, options.prompt, values, sample=sample)

    def read(reply: Completion) -> Opinion:
        said = RUBRIC.read(reply)
        meets = truth(reply, said["pass"])
        score = share(reply, said["score"]) if "score" in said else float(meets)
        limit = options.threshold
        told = f"{'pass' if meets else 'fail'}, score {score:.3g}"
        if limit is not None:
            told += f", threshold {limit:g}"
        passed = meets and reaches(score, limit)
        return opinion(reply, passed, score, told=told, reason=said.get("reason"))

    return polled(ask, options.samples, read)


def closed_qa(completion: Completion, options: ClosedQa, *, context: Context) -> Wishes[Verdict]:
    """A judge finds that the answer meets one criterion, yes or no."""
    values = {
        "question": question_of(options.question, completion, context),
        "answer": nfc(completion.text),
        "criterion": nfc(options.value),
    }

    def ask(sample: int) -> Request:
        return CLOSED_QA.request(context, options.prompt, values, sample=sample)

    def read(reply: Completion) -> Opinion:
        said = CLOSED_QA.read(reply)
        meets = truth(reply, said["meets"])
        told = f"that the criterion is {'met' if meets else 'not met'}"
        return opinion(reply, meets, float(meets), told=told, reason=said.get("reason"))

    return polled(ask, options.samples, read)


def empty(value: Sequence[str], what: str) -> Iterator[Mistake]:
    """A mistake where there is nothing to judge by."""
    texts = (value,) if isinstance(value, str) else value
    if not texts or not all(text.strip() for text in texts):
        yield ("value",), f"{what} must not be empty: a judge would have nothing to judge by"


def _inspect_rubric(options: LlmRubric) -> Iterator[Mistake]:
    yield from empty(options.value, "the criteria")
    yield from RUBRIC.mistakes(options.prompt)


def _inspect_closed_qa(options: ClosedQa) -> Iterator[Mistake]:
    yield from empty(options.value, "the criterion")
    yield from CLOSED_QA.mistakes(options.prompt)


def judged_by_model(name: str, function: Any, options: Any, **more: Any) -> CheckType:
    """The entry of a check that asks the suite's judge."""
    return CheckType(
        name=name,
        function=function,
        options=options,
        needs=("judge",),
        texts=("prompt",),
        wants_context=True,
        asks=True,
        **more,
    )


CHECKS = (
    judged_by_model("llm-rubric", llm_rubric, LlmRubric, inspect=_inspect_rubric),
    judged_by_model("closed-qa", closed_qa, ClosedQa, inspect=_inspect_closed_qa),
)
