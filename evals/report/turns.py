"""Conversations as people read them: who said what."""

from __future__ import annotations

import json
from collections.abc import Iterator

from evals.model import TrialResult, TurnResult


def said(turn: TurnResult) -> Iterator[tuple[str, str]]:
    """What a turn says to the model: a user's text, or results of tools."""
    if turn.user is not None:
        yield "user", turn.user
    for given in turn.tool:
        result = given.result
        text = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
        yield "tool", f"{given.name} → {text}"


def transcript(trial: TrialResult) -> str:
    """The replies of a conversation, and what was said between them."""
    lines = []
    for number, turn in enumerate(trial.turns):
        if number:
            lines += [f"{who}: {text}" for who, text in said(turn)]
        reply = turn.completion
        if reply is None:
            lines.append(f"(turn {number + 1} was not run: {turn.not_run})")
            continue
        calls = [f"called {call.name}({call.arguments})" for call in reply.tool_calls]
        lines += [f"assistant: {text}" for text in (*([reply.text] if reply.text else ()), *calls)]
    return "\n".join(lines)
