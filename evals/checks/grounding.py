"""Question, context and answer of a system that looks things up, as a model judges them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import fmean
from typing import Annotated, Any

from msgspec import Meta

from evals.checks.asking import Context, Wishes
from evals.checks.embedding import cosine
from evals.checks.grading import (
    Form,
    Opinion,
    Sampled,
    counted,
    opinion,
    polled,
    question_of,
    reply_schema,
    truth,
    unread,
)
from evals.checks.options import Share
from evals.checks.registry import Mistake
from evals.checks.rubric import judged_by_model
from evals.checks.sentences import sentences
from evals.checks.verdict import count, found, nfc, quote, reaches
from evals.errors import CheckError
from evals.model import Completion, Frozen, JsonObject, Request, Verdict

Texts = Annotated[
    str | tuple[str, ...] | None, Meta(description="What was found; a list is its parts.")
]
_Asked = Annotated[str | None, Meta(description="What was asked.")]
_TEXT = {"type": "string"}
_STATEMENT = reply_schema(statement=_TEXT, supported={"type": "boolean"})
_STATEMENTS = reply_schema(statements={"type": "array", "items": _STATEMENT})
_TOLD_STATEMENTS = (
    'Reply with JSON alone: {"statements": [{"statement": "…", "supported": true or false}, …]}'
)


class Inputs(Frozen, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is judged beside the answer; left out, the vars of these names."""

    question: _Asked = None
    context: Texts = None


class Reference(Frozen, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is judged; left out, the vars of these names, or the test's `expected`."""

    reference: Annotated[str | None, Meta(description="The right answer.")] = None
    context: Texts = None


class Grounded(Sampled, frozen=True, kw_only=True):
    """Options of `context-faithfulness` and `context-relevance`."""

    value: Annotated[
        Inputs, Meta(description="`{question, context}`; left out, the vars of these names.")
    ] = Inputs()
    threshold: Annotated[Share | None, Meta(description="The least share that passes.")] = None


class Recalled(Sampled, frozen=True, kw_only=True):
    """Options of `context-recall`."""

    value: Annotated[
        Reference,
        Meta(
            description="`{reference, context}`; left out, the vars of these names; the reference "
            "also the test's `expected`."
        ),
    ] = Reference()
    threshold: Annotated[Share | None, Meta(description="The least share that passes.")] = None


class AnswerRelevance(Sampled, frozen=True, kw_only=True):
    """Options of `answer-relevance`."""

    question: Annotated[
        str | None,
        Meta(
            description="What was asked; default: the var `question`, else the last user message."
        ),
    ] = None
    questions: Annotated[
        Annotated[int, Meta(ge=1, le=20)], Meta(description="How many questions are guessed.")
    ] = 3
    threshold: Annotated[Share | None, Meta(description="The least score that passes.")] = None
    endpoint: Annotated[
        str | None,
        Meta(description="Whose embeddings: an endpoint's name; default: the suite's."),
    ] = None
    model: Annotated[
        str | None, Meta(description="Which embedding model; default: the endpoint's model.")
    ] = None


def _numbers(most: int | None = None) -> JsonObject:
    """A reply that lists parts by their numbers, of which there are so many."""
    bounds = {} if most is None else {"minimum": 1, "maximum": most}
    return reply_schema(relevant={"type": "array", "items": {"type": "integer", **bounds}})


FAITHFULNESS = Form(
    name="context-faithfulness",
    data=("question", "context", "answer"),
    needed=("answer", "context"),
    told=_TOLD_STATEMENTS,
    key="statements",
    schema=_STATEMENTS,
)
RECALL = Form(
    name="context-recall",
    data=("context", "reference"),
    needed=("context", "reference"),
    told=_TOLD_STATEMENTS,
    key="statements",
    schema=_STATEMENTS,
)
RELEVANCE = Form(
    name="context-relevance",
    data=("question", "context"),
    needed=("question", "context"),
    told='Reply with JSON alone: {"relevant": [numbers]}',
    key="relevant",
    schema=_numbers(),
)
GUESSES = Form(
    name="answer-relevance",
    data=("answer",),
    words=("count",),
    needed=("answer", "count"),
    told='Reply with JSON alone: {"questions": ["…", …], "noncommittal": true or false}',
    key="questions",
    schema=reply_schema(
        questions={"type": "array", "items": _TEXT}, noncommittal={"type": "boolean"}
    ),
)


def context_faithfulness(
    completion: Completion, options: Grounded, *, context: Context
) -> Wishes[Verdict]:
    """What the answer states follows from the context, as a judge finds statement by statement.

    The score is the share of statements that are supported. An answer without any fails.
    """
    values = {
        "question": question_of(options.value.question, completion, context),
        "context": _joined(options.value.context),
        "answer": nfc(completion.text),
    }
    return _supported(FAITHFULNESS, values, options, context)


def context_recall(
    completion: Completion, options: Recalled, *, context: Context
) -> Wishes[Verdict]:
    """The context holds what the right answer needs, as a judge finds statement by statement.

    It judges what was found, not the answer. The score is the share of the reference's statements
    that the context supports.
    """
    values = {
        "context": _joined(options.value.context),
        "reference": nfc(options.value.reference or ""),
    }
    return _supported(RECALL, values, options, context)


def _supported(
    form: Form, values: dict[str, str], options: Grounded | Recalled, context: Context
) -> Wishes[Verdict]:
    def ask(sample: int) -> Request:
        return form.request(context, options.prompt, values, sample=sample)

    def read(reply: Completion) -> Opinion:
        stated = list(_statements(reply, form.read(reply)["statements"]))
        missed = [statement for statement, supported in stated if not supported]
        score = (len(stated) - len(missed)) / len(stated) if stated else 0.0
        told = f"{len(stated) - len(missed)} of {count(len(stated), 'statement')} supported"
        if missed:
            told += f", not {quote(missed[0])}"
        return _share(reply, score, told, options.threshold)

    return polled(ask, options.samples, read)


def _statements(reply: Completion, said: Any) -> Iterator[tuple[str, bool]]:
    if not isinstance(said, list):
        raise unread(reply, f"`statements` is no list in {quote(reply.text)}")
    for each in said:
        if not isinstance(each, dict) or not {"statement", "supported"} <= each.keys():
            raise unread(reply, f"{each!r} is no statement with `supported`")
        yield str(each["statement"]), truth(reply, each["supported"])


def _share(reply: Completion, score: float, told: str, threshold: float | None) -> Opinion:
    limit = "" if threshold is None else f", threshold {threshold:g}"
    passed = reaches(score, threshold)
    return opinion(reply, passed, score, told=f"{told}, score {score:.3g}{limit}")


def context_relevance(
    completion: Completion, options: Grounded, *, context: Context
) -> Wishes[Verdict]:
    """The context is about the question, as a judge finds part by part.

    It judges what was found, not the answer. Parts are the items of a list, or the sentences of a
    text; the score is the share of those that help.
    """
    parts = _parts(options.value.context)
    if not parts:
        return found(False, "the context is empty", score=0.0)
    values = {
        "question": _known(question_of(options.value.question, completion, context)),
        "context": "\n".join(f"{n}. {part}" for n, part in enumerate(parts, 1)),
    }

    form = replace(RELEVANCE, schema=_numbers(len(parts)))

    def ask(sample: int) -> Request:
        return form.request(context, options.prompt, values, sample=sample)

    def read(reply: Completion) -> Opinion:
        said = form.read(reply)["relevant"]
        numbers = set(said) if isinstance(said, list) and _are_parts(said, len(parts)) else None
        if numbers is None:
            raise unread(reply, f"{said!r} are no numbers from 1 to {len(parts)}")
        told = f"{len(numbers)} of {count(len(parts), 'part')} relevant"
        idle = next((part for n, part in enumerate(parts, 1) if n not in numbers), None)
        if idle is not None:
            told += f", not {quote(idle)}"
        return _share(reply, len(numbers) / len(parts), told, options.threshold)

    return (yield from polled(ask, options.samples, read))


def _are_parts(said: Sequence[Any], n: int) -> bool:
    return all(type(each) is int and 1 <= each <= n for each in said)


def answer_relevance(
    completion: Completion, options: AnswerRelevance, *, context: Context
) -> Wishes[Verdict]:
    """The answer is to the question: those that a judge guesses from it are near the one asked.

    The score is the mean cosine of the embeddings of the guesses and the question, and 0 for an
    answer that the judge calls noncommittal.
    """
    text = nfc(completion.text)
    if not text.strip():
        return found(False, "the answer has no text", score=0.0)
    question = _known(question_of(options.question, completion, context))
    values = {"answer": text, "count": str(options.questions)}
    replies: Sequence[Completion] = yield tuple(
        GUESSES.request(context, options.prompt, values, sample=sample)
        for sample in range(options.samples)
    )
    guessed = [_guessed(reply, text, options.questions) for reply in replies]
    wanted = [guess for each in guessed if isinstance(each, tuple) for guess in each]
    vectors: Sequence[Completion] = yield tuple(
        context.embeddings([each], endpoint=options.endpoint, model=options.model)
        for each in ((question, *wanted) if wanted else ())
    )
    own, *others = (each.vectors[0] for each in vectors) if vectors else ((),)
    cosines = iter([cosine(own, other) for other in others])
    return counted(
        [
            _nearness(reply, question, tuple(zip(each, cosines, strict=False)), options.threshold)
            if isinstance(each, tuple)
            else each
            for reply, each in zip(replies, guessed, strict=True)
        ]
    )


def _guessed(reply: Completion, answer: str, most: int) -> tuple[str, ...] | Opinion | CheckError:
    """The questions of a reply, at most so many; or that it says nothing, or cannot be read."""
    try:
        said = GUESSES.read(reply)
        guesses = said["questions"]
        if not _are_texts(guesses):
            raise unread(reply, f"`questions` is no list of texts in {quote(reply.text)}")
        if truth(reply, said.get("noncommittal", False)):
            told = f"the answer noncommittal: {quote(answer)}"
            return opinion(reply, False, 0.0, told=told, label="noncommittal")
        if not guesses:
            raise unread(reply, f"no question in {quote(reply.text)}")
    except CheckError as error:
        return error
    return tuple(guesses[:most])


def _are_texts(said: Any) -> bool:
    return isinstance(said, list) and all(isinstance(each, str) and each.strip() for each in said)


def _nearness(
    reply: Completion,
    question: str,
    guesses: Sequence[tuple[str, float]],
    threshold: float | None,
) -> Opinion:
    """How near guessed questions are to the one that was asked."""
    mean = fmean(near for _, near in guesses)
    score = min(1.0, max(0.0, mean))
    guess, nearest = max(guesses, key=lambda pair: pair[1])
    limit = "" if threshold is None else f", threshold {threshold:g}"
    told = (
        f"mean cosine {score:.3f} of {count(len(guesses), 'question')} to {quote(question)}{limit}"
        f"; {reply.model} guesses {quote(guess)} ({nearest:.3f})"
    )
    passed = reaches(score, threshold)
    return Opinion(passed, score, told, values={"cosine": mean})


def _known(question: str) -> str:
    if not question.strip():
        raise CheckError("the question is not known: give it as the var `question`")
    return question


def _joined(texts: str | tuple[str, ...] | None) -> str:
    return nfc(texts) if isinstance(texts, str) else "\n\n".join(map(nfc, texts or ()))


def _parts(texts: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return sentences(nfc(texts)) if isinstance(texts, str) else tuple(map(nfc, texts or ()))


def _inspect_faithfulness(options: Grounded) -> Iterator[Mistake]:
    yield from FAITHFULNESS.mistakes(options.prompt)


def _inspect_recall(options: Recalled) -> Iterator[Mistake]:
    yield from RECALL.mistakes(options.prompt)


def _inspect_relevance(options: Grounded) -> Iterator[Mistake]:
    yield from RELEVANCE.mistakes(options.prompt)


def _inspect_answer(options: AnswerRelevance) -> Iterator[Mistake]:
    yield from GUESSES.mistakes(options.prompt)


CHECKS = (
    judged_by_model(
        "answer-relevance",
        answer_relevance,
        AnswerRelevance,
        inspect=_inspect_answer,
        decided_by=("threshold",),
    ),
    judged_by_model(
        "context-faithfulness",
        context_faithfulness,
        Grounded,
        inspect=_inspect_faithfulness,
        inputs=("context",),
        decided_by=("threshold",),
    ),
    judged_by_model(
        "context-recall",
        context_recall,
        Recalled,
        inspect=_inspect_recall,
        inputs=("context", "reference"),
        decided_by=("threshold",),
    ),
    judged_by_model(
        "context-relevance",
        context_relevance,
        Grounded,
        inspect=_inspect_relevance,
        inputs=("context",),
        decided_by=("threshold",),
    ),
)
