"""Conversations: turns are said one after another, the model's replies fill the history.

A conversation is one trial. It ends early where the model's calls and a turn's results do not
meet, or where a request has no answer; what was not reached is not asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from evals.answer import candidate
from evals.cassettes import key
from evals.checks.judge import Prepared, PreparedGroup
from evals.errors import EvalsError
from evals.model import (
    Asks,
    Case,
    Completion,
    JsonObject,
    Request,
    ToolCall,
    TrialResult,
    Turn,
    TurnResult,
    Usage,
    Verdict,
)
from evals.suite.cell import Cell
from evals.suite.results import answer_of, judged, timing_of, unanswered
from evals.suite.template import render_texts, render_value, variables_of
from evals.suite.verdicts import Exam, asked_by, verdicts


class Talk(NamedTuple):
    """How far a conversation went: a request and a reply for each turn, and what ended it."""

    requests: tuple[Request, ...]
    replies: tuple[Completion, ...]
    unmet: str | None = None  # calls without results, or results without calls
    problem: EvalsError | None = None


def rendered(case: Case) -> tuple[Turn, ...]:
    """The turns of a case with its values in them; raises `TemplateError`."""
    variables = variables_of(case)
    return tuple(
        Turn(
            user=None if turn.user is None else render_texts(turn.user, variables),
            tool=tuple(
                msgspec.structs.replace(given, result=render_value(given.result, variables))
                for given in turn.tool
            ),
        )
        for turn in case.turns
    )


def opening(turns: Sequence[Turn]) -> tuple[JsonObject, ...]:
    """What the first request says after the prompt."""
    return ({"role": "user", "content": turns[0].user},) if turns else ()


def talking(cell: Cell, request: Request) -> Asks[Talk]:
    """Say the turns one after another; all have the take of the first, which is `request`."""
    requests: list[Request] = []
    replies: list[Completion] = []
    for turn in cell.turns:
        if replies:
            said = _said(turn, replies[-1])
            if isinstance(said, str):
                return Talk(tuple(requests), tuple(replies), unmet=said)
            history = [*request.body["messages"], _reply(replies[-1]), *said]
            body = {**request.body, "messages": history}
            request = msgspec.structs.replace(request, body=body)
        requests.append(request)
        try:
            (answer,) = yield (request,)
            replies.append(candidate(answer, 0))
        except EvalsError as problem:
            return Talk(tuple(requests), tuple(replies), problem=problem)
    return Talk(tuple(requests), tuple(replies))


def _said(turn: Turn, reply: Completion) -> list[JsonObject] | str:
    """The messages of a turn, or why they cannot be said after this reply."""
    left = list(turn.tool)
    messages: list[JsonObject] = []
    for call, identity in _identified(reply):
        given = next((given for given in left if given.name == call.name), None)
        if given is None:
            return f"{call.name} was called, and the turn has no result of it"
        left.remove(given)
        messages.append(
            {"role": "tool", "tool_call_id": identity, "content": _content(given.result)}
        )
    if left:
        return f"{left[0].name} was not called"
    if turn.user is not None:
        messages.append({"role": "user", "content": turn.user})
    return messages


def _identified(reply: Completion) -> Iterator[tuple[ToolCall, str]]:
    """The calls with their ids; those without one are numbered."""
    for number, call in enumerate(reply.tool_calls):
        yield call, call.id or f"call_{number}"


def _content(result: Any) -> str:
    return result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)


def _reply(reply: Completion) -> JsonObject:
    """A reply as the history has it: without its reasoning."""
    if not reply.tool_calls:
        return {"role": "assistant", "content": reply.text}
    calls = [
        {
            "id": identity,
            "type": "function",
            "function": {"name": call.name, "arguments": call.arguments},
        }
        for call, identity in _identified(reply)
    ]
    return {"role": "assistant", "content": reply.text or None, "tool_calls": calls}


def asking_turns(cell: Cell, request: Request) -> Asks[None]:
    """The asking part: the conversation, then what checks ask about its replies."""
    talk = yield from talking(cell, request)
    yield from asked_by(_exams(cell, talk))


def judging_turns(cell: Cell, sample: int, request: Request) -> Asks[TrialResult]:
    """A whole conversation; `request` is its first."""
    talk = yield from talking(cell, request)
    asked = tuple((key(request), request.take) for request in talk.requests)
    turns = tuple(_turns(cell, talk))
    if not talk.replies:
        assert talk.problem is not None
        result = unanswered(cell, sample, talk.problem, asked=asked)
        return msgspec.structs.replace(result, turns=turns)
    found, spent = yield from verdicts(_exams(cell, talk))
    found = (*found, *_missed(cell, talk))
    result = judged(cell, sample, summed(talk.replies), found, asked=asked, spent=spent)
    if talk.problem is None:
        return msgspec.structs.replace(result, turns=turns)
    broken = unanswered(cell, sample, talk.problem)
    return msgspec.structs.replace(
        result,
        turns=turns,
        outcome=broken.outcome,
        passed=None,
        score=None,
        missed=False,
        error=broken.error,
    )


def _exams(cell: Cell, talk: Talk) -> tuple[Exam, ...]:
    """The checks of each turn that has its reply."""
    context = msgspec.structs.replace(cell.context, conversation=talk.replies)
    return tuple(
        Exam(_checks(cell, turn), reply, context) for turn, reply in enumerate(talk.replies)
    )


def _checks(cell: Cell, turn: int) -> tuple[Prepared, ...]:
    """The checks of a turn; the test's own are of the last."""
    last = len(cell.turns) - 1
    return tuple(
        check
        for check in cell.checks
        if (number := _turn_of(check)) == turn or (number is None and turn == last)
    )


def _turn_of(check: Prepared) -> int | None:
    written = check.group if isinstance(check, PreparedGroup) else check.check
    return written.turn


def _missed(cell: Cell, talk: Talk) -> Iterator[Verdict]:
    """Failures of what was not reached, where the calls did not meet the script."""
    if talk.unmet is None:
        return
    reached = len(talk.replies)
    told = False
    for turn in range(reached, len(cell.turns)):
        reason = talk.unmet if turn == reached else f"not run: {talk.unmet}"
        for check in _checks(cell, turn):
            written = check.group if isinstance(check, PreparedGroup) else check.check
            told = told or check.weight > 0
            yield Verdict(
                type=check.label,
                passed=False,
                score=0.0,
                reason=reason,
                weight=check.weight,
                metric=written.metric,
                name=written.name,
                turn=turn,
            )
    if not told:
        yield Verdict(type="turns", passed=False, score=0.0, reason=talk.unmet, turn=reached)


def _turns(cell: Cell, talk: Talk) -> Iterator[TurnResult]:
    for index, turn in enumerate(cell.turns):
        if index < len(talk.replies):
            reply = talk.replies[index]
            yield TurnResult(
                user=turn.user,
                tool=turn.tool,
                completion=answer_of(reply),
                timing=timing_of(reply),
                cost_usd=reply.cost_usd,
            )
        else:
            why = talk.unmet or (talk.problem.message if talk.problem else None)
            yield TurnResult(user=turn.user, tool=turn.tool, not_run=why)


def summed(replies: Sequence[Completion]) -> Completion:
    """The last reply, with the tokens, the cost and the times of all."""
    costs = [reply.cost_usd for reply in replies]
    known = [cost for cost in costs if cost is not None]
    timing = msgspec.structs.replace(
        replies[-1].timing,
        latency_s=sum(reply.timing.latency_s for reply in replies),
        queued_s=sum(reply.timing.queued_s for reply in replies),
        ttft_s=replies[0].timing.ttft_s,
    )
    return msgspec.structs.replace(
        replies[-1],
        usage=Usage(**{name: _total(replies, name) for name in Usage.__struct_fields__}),
        timing=timing,
        cost_usd=sum(known) if len(known) == len(costs) else None,
        attempts=sum(reply.attempts for reply in replies),
        notes=tuple(dict.fromkeys(note for reply in replies for note in reply.notes)),
    )


def _total(replies: Sequence[Completion], name: str) -> int | None:
    """The sum of a count; None where one reply does not tell it."""
    counts = [getattr(reply.usage, name) for reply in replies]
    return None if None in counts else sum(counts)
