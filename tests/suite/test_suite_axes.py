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
