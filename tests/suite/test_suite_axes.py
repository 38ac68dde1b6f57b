"""Columns of a matrix that differ in more than its axes."""

from __future__ import annotations

from typing import Any

import pytest

TESTS = "\ntests: [{vars: {prompt: x}, expected: y}]\n"


@pytest.mark.parametrize(
    ("included", "beside"),
    [
        ("{temperature: 0.5, seed: 1}", None),
        ("{temperature: 0.5, seed: 1, top_p: 0.5}", "top_p"),
        ("{temperature: 0.5}", "seed"),
    ],
)
def test_a_warning_names_what_differs_beside_the_axes(
    bench: Any, included: str, beside: str | None
) -> None:
    text = f"matrix: {{temperature: [0, 1], seed: [1], include: [{included}]}}{TESTS}"
    found = [w for w in bench.warnings(text) if "in more than the axes" in w]
    assert len(found) == (beside is not None)
    assert beside is None or f"axes: {beside}" in found[0]


@pytest.mark.parametrize(("key", "meant"), [("exlude", "exclude"), ("includes", "include")])
def test_a_misspelt_rule_is_no_axis_on_an_endpoint_that_takes_any_parameter(
    bench: Any, key: str, meant: str
) -> None:
    text = f"endpoint: local\nmatrix: {{temperature: [0, 1], {key}: [{{temperature: 1}}]}}{TESTS}"
    found = "\n".join(bench.mistakes(text))
    assert f"unknown key '{key}'" in found
    assert f'did you mean "{meant}"?' in found


def test_a_parameter_of_another_service_that_is_only_alike_is_an_axis(bench: Any) -> None:
    text = f"endpoint: local\nmatrix: {{include_usage: [true, false]}}{TESTS}"
    assert [column.id for column in bench.load(text).suite.columns] == [
        "include_usage-true",
        "include_usage-false",
    ]
