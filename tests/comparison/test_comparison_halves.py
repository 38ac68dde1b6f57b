"""Gates against halves of the same samples: what flips there is chance."""

from __future__ import annotations

import random

from comparison_builders import names, suite, trial, trials

from evals.comparison.gates import judge_gates
from evals.comparison.halves import GateAudit, audit_gates
from evals.model import Against, Gate, TrialResult

LIMIT = Gate(text="accuracy >= 0.5", metric="accuracy", op=">=", limit=0.5)


def versus(mode: str) -> Gate:
    return Gate(
        text=f"accuracy versus old ({mode})",
        metric="accuracy",
        op=">=",
        limit=0.0,
        column="new",
        against=Against(column="old", mode=mode),  # type: ignore[arg-type] # one of its texts
    )


def audited(rows: list[TrialResult], *gates: Gate, n: int, splits: int = 50) -> list[GateAudit]:
    one = suite(names(n), ("old", "new"), gates=gates)
    found = judge_gates(one, rows, selected=True)
    return audit_gates(one, rows, found=found, splits=splits)


def fair(n: int, samples: int, rate: float = 0.5) -> list[TrialResult]:
    draw = random.Random(5)
    return [
        trial(case, int(draw.random() < rate), column=column, sample=i)
        for case in names(n)
        for column in ("old", "new")
        for i in range(samples)
    ]


def test_a_gate_whose_limit_is_what_is_measured_flips_in_about_half_of_the_splits() -> None:
    (line,) = audited(fair(40, 4), LIMIT, n=40)
    assert line.flips is not None
    assert 10 < line.flips < 40
    assert (line.n_cases, line.n_samples, line.compares) == (40, 4, False)


def test_a_significance_gate_hardly_ever_fails_where_nothing_changed() -> None:
    regression, measured = audited(fair(40, 4), versus("regression"), versus("measured"), n=40)
    assert regression.flips is not None
    assert measured.flips is not None
    assert regression.flips <= 5
    assert 10 < measured.flips < 40, "a drop is measured every second time"


def test_samples_that_agree_flip_nothing() -> None:
    rows = trials({case: [1, 1, 0, 0] for case in names(20)}, column="old")
    (line,) = audited([t for t in rows if t.sample < 2], LIMIT, n=20)
    assert line.flips == 0


def test_one_sample_a_case_has_nothing_to_split() -> None:
    (line,) = audited(fair(40, 1), LIMIT, n=40)
    assert line.flips is None


def test_a_line_tells_what_its_gate_could_see() -> None:
    limit, compares = audited(fair(40, 4), LIMIT, versus("regression"), n=40)
    assert limit.sees.endswith("points from its limit")
    assert compares.sees.startswith("a drop of about")


def test_the_same_run_gives_the_same_figures() -> None:
    rows = fair(20, 4)
    assert audited(rows, LIMIT, n=20) == audited(list(reversed(rows)), LIMIT, n=20)
