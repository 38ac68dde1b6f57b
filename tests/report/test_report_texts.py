"""Texts of strangers and places in drawings."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.report import plots
from evals.report.texts import Anchors, command, one_line, shown


def test_long_texts_are_cut_with_their_length() -> None:
    text = shown("x" * 1_000_000)
    assert len(text.text) == 2_000
    assert text.note == "The first 2,000 of 1,000,000 characters."


@given(st.text(), st.integers(1, 200))
def test_one_line_is_one_short_line_without_controls(text: str, longest: int) -> None:
    line = one_line(text, longest)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", line)
    assert line == line.strip() or "[" in line


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("small-sum", 'pytest "s.yaml::small-sum[greedy]"'),
        ("$(rm -rf ~)", "pytest 's.yaml::$(rm -rf ~)[greedy]'"),
        ("it's `x`", "pytest 's.yaml::it'\"'\"'s `x`[greedy]'"),
    ],
)
def test_the_command_is_quoted_for_a_shell(case: str, expected: str) -> None:
    assert command("s.yaml", case, "greedy") == expected


@given(st.lists(st.text(), max_size=20))
def test_anchors_are_unique_and_plain(names: list[str]) -> None:
    anchors = Anchors()
    made = [anchors("case", name) for name in names]
    assert len(set(made)) == len(made)
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+", anchor) for anchor in made)


shares = st.floats(0, 1)


@given(st.lists(shares, min_size=1, max_size=10))
def test_an_axis_of_shares_holds_its_data_between_round_ends(values: list[float]) -> None:
    axis = plots.share_axis(values, left=6, right=162)
    assert 0 <= axis.low <= min(values)
    assert max(values) <= axis.high <= 1.0
    assert 2 <= len(axis.ticks) <= 8


@given(st.floats(1e-3, 1e4), st.floats(1, 50))
def test_a_logarithmic_axis_has_ticks_to_read_a_value_from(low: float, spread: float) -> None:
    axis = plots.log_axis([low, low * spread], left=44, right=540, label=plots.time_label)
    assert 2 <= len(axis.ticks) <= 8
    assert len({tick.label for tick in axis.ticks}) == len(axis.ticks)


@given(st.lists(st.floats(1e-3, 1e4), min_size=1, max_size=200))
def test_a_density_stays_inside_its_box(values: list[float]) -> None:
    axis = plots.log_axis(values, left=6, right=170, label=plots.time_label)
    path = plots.density(sorted(values), axis, height=26)
    heights = [float(y) for y in re.findall(r"L[\d.]+ ([\d.]+)", path)]
    assert heights
    assert min(heights) == 0
    assert max(heights) <= 26


@given(st.lists(st.floats(1e-3, 1e4), min_size=1, max_size=300))
def test_arrivals_never_fall_and_end_complete(values: list[float]) -> None:
    axis = plots.log_axis(values, left=44, right=540, label=plots.time_label)
    path = plots.arrivals(sorted(values), axis, top=16, bottom=270)
    ys = [float(y) for y in re.findall(r"V([\d.]+)", path)]
    assert ys == sorted(ys, reverse=True)
    assert ys[-1] == 16
