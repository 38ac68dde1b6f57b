"""What the page's script reads: conversations, requests and tokens, each as far as it goes."""

from __future__ import annotations

import msgspec
import pytest
import report_data as data

from evals.model import Comparison, JsonObject, Suite, Token, TrialResult, TurnResult
from evals.report.view import build


def conversation() -> Comparison:
    """One case of two turns."""

    def answers(suite: Suite) -> list[TrialResult]:
        last = data.trial(suite, suite.cases[0], suite.columns[0], text="Ada")
        first = data.trial(suite, suite.cases[0], suite.columns[0], text="Hello Ada")
        turns = (
            TurnResult(user="I am Ada", tool=(), completion=first.completion),
            TurnResult(user="Who am I?", tool=(), completion=last.completion),
        )
        return [msgspec.structs.replace(last, turns=turns)]

    columns = [data.column("greedy", logprobs=True)]
    return data.simple(answers, n_cases=1, columns=columns)


def test_a_conversation_is_told_up_to_its_last_reply() -> None:
    packed = build(conversation()).data
    (trial,) = packed.suites[0].cases[0].sides[0].trials
    assert [(who, packed.texts[place]) for who, place in trial.turns] == [
        ("assistant", "Hello Ada"),
        ("user", "Who am I?"),
    ]
    assert packed.texts[trial.text] == "Ada"


def test_tokens_are_read_where_they_were_asked_for_and_not_of_conversations() -> None:
    def tokens(trial: TrialResult) -> list[Token]:
        return [Token(token="a", logprob=-0.1)]

    def found(comparison: Comparison) -> list[bool]:
        packed = build(comparison, tokens=tokens).data.suites[0]
        return [
            trial.tokens is not None
            for case in packed.cases
            for side in case.sides
            if side is not None
            for trial in side.trials
        ]

    columns = [data.column("greedy"), data.column("likely", logprobs=True)]
    assert found(data.simple(data.all_pass, n_cases=1, columns=columns)) == [False, True]
    assert found(conversation()) == [False]


def test_a_request_can_be_sent_as_it_stands_whatever_is_in_it() -> None:
    def request(trial: TrialResult) -> JsonObject:
        return {"model": "m", "messages": [{"role": "user", "content": "\u202e\x1b back"}]}

    packed = build(data.simple(data.all_pass, n_cases=1), requests=request).data
    (trial,) = packed.suites[0].cases[0].sides[0].trials
    messages = packed.texts[trial.messages]
    assert messages.isascii()
    assert msgspec.json.decode(messages) == request(trial)["messages"]
    assert packed.texts[trial.parameters] == '{"model": "m"}'


def test_beyond_so_many_requests_the_rest_stay_in_their_recordings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("evals.report.data.MOST_REQUESTS", 2)
    packed = build(data.simple(data.all_pass, n_cases=3), requests=data.request).data
    trials = [case.sides[0].trials[0] for case in packed.suites[0].cases]
    assert [trial.messages >= 0 for trial in trials] == [True, True, False]
