"""What is legal and surely not meant is told once, with its place; what may be meant is not."""

from __future__ import annotations

from typing import Any

import pytest


def suite(*checks: str) -> str:
    listed = "".join(f"\n      - {check}" for check in checks)
    return f"tests:\n  - vars: {{prompt: x}}\n    assert:{listed}\n"


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ("{type: regex, value: '(?s).*'}", "regex always passes: its pattern matches every text"),
        ("{type: not-regex, value: .*}", "not-regex can never pass: its pattern matches every"),
        ("{type: equals, value: YES, transform: lower}", "equals can never pass: lower leaves"),
        ("{type: ends-with, value: yes, transform: [strip, upper]}", "upper leaves only capital"),
        ("{type: contains-any, value: [A, B], transform: lower}", "contains-any can never pass"),
        ("{type: contains-all, value: [a, B], transform: lower}", "contains-all can never pass"),
        ("{type: equals, value: 'yes ', transform: strip}", "equals can never pass: strip takes"),
        ("{any: [{type: contains, value: A, transform: lower}, b]}", "contains can never pass"),
    ],
)
def test_a_check_with_one_outcome_is_told(bench: Any, check: str, said: str) -> None:
    (warning,) = bench.warnings(suite(check))
    assert warning.startswith("s.eval.yaml:4:")
    assert said in warning


@pytest.mark.parametrize(
    "check",
    [
        "{type: regex, value: .*, full: true}",  # no line break
        "{type: regex, value: '^.*$'}",  # one line
        "{type: icontains, value: YES, transform: lower}",
        "{type: equals, value: YES, transform: lower, ignore: [case]}",
        "{type: equals, value: ' yes', transform: strip, ignore: [whitespace]}",
        "{type: contains-any, value: [a, B], transform: lower}",
        "{type: contains, value: ' a', transform: strip}",
        "{type: contains, value: '{{ prompt }} A', transform: lower}",
    ],
)
def test_a_check_that_can_go_either_way_is_not(bench: Any, check: str) -> None:
    assert bench.warnings(suite(check)) == []


def test_a_shared_check_is_told_once(bench: Any) -> None:
    check = "{type: contains, value: A, transform: lower}"
    tests = "tests: [{vars: {prompt: x}}, {vars: {prompt: y}}]"
    assert len(bench.warnings(f"defaults: {{assert: [{check}]}}\n{tests}")) == 1


def test_top_p_of_one_is_no_second_knob(bench: Any) -> None:
    tests = "tests: [{vars: {prompt: x}, expected: y}]\n"
    assert bench.warnings(f"parameters: {{temperature: 0.5, top_p: 1}}\n{tests}") == []
    assert len(bench.warnings(f"parameters: {{temperature: 0.5, top_p: 0.9}}\n{tests}")) == 1


def test_tests_that_differ_in_what_is_told_only_are_duplicates(bench: Any) -> None:
    text = """tests:
  - {id: a, vars: {prompt: x}, expected: y}
  - {id: b, vars: {prompt: x}, expected: z}
  - {id: c, tags: t, expected: y, vars: {prompt: x}}
"""
    (warning,) = bench.warnings(text)
    assert warning.startswith(
        "s.eval.yaml:4:5: warning: the test in line 2 asks and judges the same"
    )


def test_groups_may_repeat_each_others_tests(bench: Any) -> None:
    inside = "tests: [{vars: {prompt: x}, expected: y}]"
    groups = (
        f"tests: [{{parameters: {{seed: 1}}, {inside}}}, {{parameters: {{seed: 2}}, {inside}}}]"
    )
    assert not any("asks and judges" in each for each in bench.warnings(groups))


def test_expected_that_only_weightless_checks_stand_beside_is_told(bench: Any) -> None:
    tests = "tests: [{vars: {prompt: x}, expected: y}]\n"
    without = f"defaults: {{assert: [{{type: is-empty, weight: 0}}]}}\n{tests}"
    (warning,) = bench.warnings(without)
    assert "nothing compares the answer with `expected`" in warning
    check = "{type: contains, value: '{{ expected }}', weight: 0}"
    assert bench.warnings(f"defaults: {{assert: [{check}]}}\n{tests}") == []
