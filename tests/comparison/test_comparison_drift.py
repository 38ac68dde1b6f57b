"""Recorded answers against new ones: what differs beyond chance is the endpoint."""

from __future__ import annotations

import random
from typing import Any

from comparison_builders import answer, names, trial

from evals.comparison.drift import Drift, Twice, drift_of
from evals.model import TrialResult, Usage


def said(case: str, passed: int, text: str, model: str = "m", **rest: Any) -> TrialResult:
    from msgspec.structs import replace

    usage = Usage(prompt_tokens=1, completion_tokens=len(text.split()))
    return trial(case, passed, completion=replace(answer(usage), text=text, model=model), **rest)


def drift(shift: float, *, longer: int = 0, logprob: float = 0.0, n: int = 60) -> Drift:
    """Answers of a model that samples: `shift` less often right, `longer` words longer."""
    draw = random.Random(9)

    def one(case: str, rate: float, more: int) -> TrialResult:
        words = " ".join(["word"] * (draw.randrange(5, 15) + more))
        return said(case, int(draw.random() < rate), words)

    asked = [
        Twice(
            case,
            one(case, 0.8, 0),
            one(case, 0.8 - shift, longer),
            -1 + draw.gauss(0, 0.2),
            -1 + draw.gauss(logprob, 0.2),
        )
        for case in names(n)
    ]
    return drift_of(asked, seed=1)


def test_answers_that_differ_by_chance_show_no_change() -> None:
    found = drift(0.0)
    assert not found.changed
    assert [row.what for row in found.rows] == [
        "pass rate", "characters", "tokens", "logprob of a token",
    ]  # fmt: skip
    assert found.sees is not None
    assert 0.1 < found.sees < 0.5


def test_fewer_passes_are_a_change() -> None:
    assert drift(0.5).changed


def test_longer_answers_are_a_change() -> None:
    found = drift(0.0, longer=10)
    assert found.changed
    (row,) = (row for row in found.rows if row.what == "tokens")
    assert row.p_adjusted is not None
    assert row.p_adjusted < 0.001
    assert row.n_cases == 60


def test_other_log_probabilities_are_a_change() -> None:
    assert drift(0.0, logprob=-0.5).changed


def test_no_change_is_claimed_in_at_most_one_of_twenty_audits() -> None:
    draw = random.Random(2)
    alarms = 0
    for _ in range(60):
        asked = [
            Twice(
                case,
                said(case, int(draw.random() < 0.7), "a " * draw.randrange(1, 9)),
                said(case, int(draw.random() < 0.7), "a " * draw.randrange(1, 9)),
            )
            for case in names(20)
        ]
        alarms += drift_of(asked, seed=1).changed
    assert alarms <= 6


def test_errors_are_counted_and_compared_with_nothing() -> None:
    asked = [
        Twice("a", said("a", 1, "x"), trial("a", "error")),
        Twice("b", *[said("b", 1, "x")] * 2),
    ]
    found = drift_of(asked, seed=1)
    assert (found.n_errors, found.n_compared, found.n_same_texts) == (1, 1, 1)


def test_another_name_of_the_model_is_a_change() -> None:
    found = drift_of([Twice("a", said("a", 1, "x"), said("a", 1, "x", model="n"))], seed=1)
    assert found.changed
    assert (found.models_then, found.models_now) == (("m",), ("n",))
