"""Flaky cases, worst first, and what more samples would help: in the terminal and in Markdown."""

from __future__ import annotations

import random

import pytest
import report_data as data

from evals.comparison.compare import compare_columns
from evals.comparison.flaky import noise_of
from evals.comparison.readings import Reading
from evals.model import Comparison
from evals.report import markdown, terminal
from evals.report.view import build


def sampled(outcomes: list[list[int]]) -> Comparison:
    cases = [data.case(f"case-{i}") for i in range(len(outcomes))]
    suite = data.suite("sums", cases=cases, columns=[data.column("warm")])
    trials = [
        data.trial(suite, case, suite.columns[0], sample, passed=bool(passed))
        for case, samples in zip(cases, outcomes, strict=True)
        for sample, passed in enumerate(samples)
    ]
    return compare_columns(data.manifest([suite], trials), trials)


def shown(comparison: Comparison) -> str:
    view = build(comparison)
    text = " ".join(terminal.lines(view, width=200, color=False))
    return text.replace("\u202f", " ").replace("\u00a0", " ")


FLAKY = [[1, 1, 1, 1], [1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 0, 0], *[[1, 1, 1, 1]] * 8]


def test_flaky_cases_are_ranked_by_how_much_they_disagree() -> None:
    side = sampled(FLAKY).suites[0].sides[0]
    assert [(f.id, f.passes, f.samples) for f in side.flaky] == [("case-1", 2, 4), ("case-2", 3, 4)]
    assert side.flaky[0].disagreement == pytest.approx(2 / 3)
    text = shown(sampled(FLAKY))
    assert "warm: 2 of 12 cases disagree with themselves (case-1 2/4, case-2 3/4)." in text


def test_how_much_more_samples_would_help_is_said_in_both_renderings() -> None:
    comparison = sampled(FLAKY)
    assert "Twice the samples would narrow the interval of its accuracy by about" in shown(
        comparison
    )
    text = markdown.render(comparison, build(comparison))
    assert "Twice the samples would narrow" in text
    assert "`case-1` 2/4" in text


def test_samples_that_agree_are_said_to() -> None:
    assert "warm: the samples of each of 3 cases agree." in shown(sampled([[1, 1], [0, 0], [1, 1]]))


def test_one_sample_says_nothing_of_flakiness() -> None:
    comparison = sampled([[1], [0], [1]])
    assert build(comparison).chapters[0].samples == ()


def test_more_samples_help_as_much_as_the_formula_says() -> None:
    """Twice the samples of the same cases: the standard error falls to about what was foretold."""
    draw = random.Random(4)
    rates = [draw.betavariate(2, 2) for _ in range(400)]

    def readings(k: int) -> dict[str, Reading]:
        return {
            str(i): Reading([float(draw.random() < rate) for _ in range(k)], 0, None)
            for i, rate in enumerate(rates)
        }

    few, twice = noise_of(readings(3)), noise_of(readings(6))
    assert few is not None
    assert twice is not None
    assert few.se_doubled == pytest.approx(twice.se, rel=0.06)
    assert few.se_least < few.se_doubled < few.se
