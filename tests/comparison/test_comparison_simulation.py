"""The fast form of `python -m benchmarks.gates`: few runs, generous bounds, a fixed seed."""

from __future__ import annotations

import pytest

from benchmarks.gates import DESIGNS, Design, Line, out_of_bounds, simulated, table

USUAL = DESIGNS[1]


@pytest.fixture(scope="module")
def line() -> Line:
    return simulated(USUAL, 120)


def test_the_gate_fails_rarely_with_nothing_changed(line: Line) -> None:
    assert line.false_alarms <= 0.05


def test_the_stated_drop_is_found_in_four_of_five_runs(line: Line) -> None:
    assert min(line.found_broken, line.found_less) > 0.75
    assert 0.1 < line.stated < 0.3


def test_intervals_cover_what_they_say(line: Line) -> None:
    assert min(line.covers_accuracy, line.covers_difference) > 0.89


def test_what_is_not_as_promised_is_said(line: Line) -> None:
    assert out_of_bounds([line], 120) == []
    alarming = line._replace(false_alarms=0.2, found_less=0.5)
    assert len(out_of_bounds([alarming], 120)) == 2


def test_the_table_is_markdown(line: Line) -> None:
    heads, _, row = table([line])
    assert heads.count("|") == row.count("|")
    assert "100 × 1, 80 %" in row
    assert Design(200, 1, (4.0, 1.0), clusters=20).label == "200 × 1 in 20 clusters, 80 %"
