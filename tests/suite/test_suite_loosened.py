"""Two versions of a suite: which demands came, went, or were loosened."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from evals.suite.loosened import compare_demands


def kinds(before: str, after: str) -> list[tuple[str, str]]:
    changes = compare_demands(yaml.safe_load(before), yaml.safe_load(after))
    return [(change.kind, change.what) for change in changes]


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("accuracy >= 0.9", "accuracy >= 0.8", "loosened"),
        ("accuracy >= 0.8", "accuracy >= 90%", "tightened"),
        ("latency.p95 <= 2s", "latency.p95 <= 3000ms", "loosened"),
        ("latency.p95 <= 2s", "latency.p95 <= 1.5s", "tightened"),
        ("errors == 0", "errors == 3", "changed"),
        ("accuracy > soon", "accuracy > 0.5", "changed"),
    ],
)
def test_a_gate_is_loosened_by_its_sign(before, after, kind) -> None:
    (change,) = compare_demands({"gates": [before]}, {"gates": [after]})
    assert (change.kind, change.before, change.after) == (kind, before, after)


def test_the_same_limit_in_other_words_is_no_loosening() -> None:
    (change,) = compare_demands({"gates": ["accuracy >= 0.9"]}, {"gates": ["accuracy>=90%"]})
    assert change.kind == "changed"


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("{metric: accuracy, min: 0.9, tag: hard}", "{metric: accuracy, min: 0.7, tag: hard}", 1),
        ("{metric: accuracy, baseline: true}", "{metric: accuracy, baseline: true, margin: 5%}", 1),
        ("{metric: accuracy, max: 0.9}", "{metric: accuracy, max: 0.8}", 0),
    ],
)
def test_gates_as_mappings_are_compared_too(before, after, kind) -> None:
    found = kinds(f"gates: [{before}]", f"gates: [{after}]")
    assert found == [(("tightened", "loosened")[kind], "gate")]


def test_gates_that_went_are_loosened_and_those_that_came_are_not() -> None:
    found = kinds("gates: [accuracy >= 0.9]", "gates: [latency.p95 <= 2s]")
    assert found == [("loosened", "gate"), ("tightened", "gate")]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("a: 1", "misses: allowed", ("loosened", "misses")),
        ("limits: {errors: 1%}", "limits: {errors: 5%}", ("loosened", "limits.errors")),
        ("limits: {max_age: 90d}", "limits: {}", ("loosened", "limits.max_age")),
        ("limits: {max_age: 90d}", "limits: {max_age: 24h}", ("tightened", "limits.max_age")),
        (
            "defaults: {min_pass_rate: 0.9}",
            "defaults: {min_pass_rate: 0.5}",
            ("loosened", "defaults: min_pass_rate"),
        ),
        ("tests: [{id: a}]", "tests: [{id: a, skip: later}]", ("loosened", "a: skip")),
        ("tests: [{id: a}]", "tests: [{id: a, threshold: 0.5}]", ("loosened", "a: threshold")),
        ("tests: [{id: a, skip: x}]", "tests: [{id: a}]", ("tightened", "a: skip")),
        ("tests: [{id: a}, {id: b}]", "tests: [{id: b}]", ("loosened", "a")),
        ("tests: [{id: a, expected: x}]", "tests: [{id: a}]", ("changed", "a: expected")),
    ],
)
def test_what_else_demands(before, after, expected) -> None:
    assert kinds(before, after) == [expected]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("[yes]", "[]", "loosened"),
        ("[]", "[yes]", "tightened"),
        ("[yes]", "[no]", "changed"),
        ("[{type: rouge, threshold: 0.8}]", "[{type: rouge, threshold: 0.6}]", "loosened"),
        ("[{type: rouge, threshold: 0.6}]", "[{type: rouge, threshold: 0.8}]", "tightened"),
        ("[{type: equals, value: x}]", "[{type: equals, value: x, weight: 0}]", "loosened"),
        ("[{type: equals, value: x}]", "[{type: contains, value: x}]", "loosened"),
    ],
)
def test_checks_are_compared_one_by_one(before, after, expected) -> None:
    found = kinds(f"tests: [{{id: a, assert: {before}}}]", f"tests: [{{id: a, assert: {after}}}]")
    assert found[0] == (expected, "a: assert")
    named = kinds(f"checks: {{set: {before}}}", f"checks: {{set: {after}}}")
    assert named[0] == (expected, "checks.set")


def test_a_reordered_suite_demands_the_same() -> None:
    before = "gates: [accuracy >= 0.9, errors == 0]\ntests: [{id: a, assert: [x, y]}, {id: b}]"
    after = "tests: [{id: b}, {id: a, assert: [y, x]}]\ngates: [errors == 0, accuracy >= 0.9]"
    assert kinds(before, after) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["gates", "tests", "defaults", "assert", "limits", "errors", "id", "min"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON, JSON)
def test_no_document_whatsoever_breaks_it(before, after) -> None:
    assert compare_demands(before, before) == ()
    assert {change.kind for change in compare_demands(before, after)} <= {
        "loosened",
        "tightened",
        "changed",
    }
