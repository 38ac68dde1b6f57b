"""Two runs side by side."""

from __future__ import annotations

import msgspec
import pytest
from comparison_builders import manifest, names, singles, suite, trial, trials

from evals.comparison.compare import compare_columns, compare_runs
from evals.comparison.words import SAME_ANSWERS
from evals.errors import RunError
from evals.model import Case, Column, Comparison, Finding, Suite, TrialResult


def compared(
    new: list[TrialResult],
    old: list[TrialResult],
    *,
    suites: tuple[Suite, Suite] | None = None,
) -> Comparison:
    new_suite, old_suite = suites or (suite(names(40)), suite(names(40)))
    return compare_runs((manifest(new_suite, id="new"), new), (manifest(old_suite, id="old"), old))


def fresh(rows: list[TrialResult]) -> list[TrialResult]:
    """The same trials as other answers."""
    return [msgspec.structs.replace(row, asked=(("fresh " + row.case, 0),)) for row in rows]


def test_the_baselines_side_comes_first_and_the_candidates_has_the_difference() -> None:
    found = compared(fresh(singles(10, 10)), singles(16, 4))
    assert (found.kind, [run.id for run in found.runs]) == ("runs", ["old", "new"])
    old, new = found.suites[0].sides
    assert (old.id, new.id) == ("plain @ old", "plain @ new")
    assert (old.run, new.run) == ("old", "new")
    assert found.suites[0].reference == "plain @ old"
    assert old.difference is None
    assert new.difference is not None
    assert (new.difference.side, new.difference.reference) == ("plain @ new", "plain @ old")
    assert new.difference.value == pytest.approx(-0.3)
    assert new.difference.losses == tuple(f"case-{n}" for n in range(10, 16))


def test_a_case_that_changed_is_set_aside_and_still_shown() -> None:
    old = [trial("case-0", 1), trial("case-1", 1)]
    new = fresh([trial("case-0", 0, case_hash="other vars"), trial("case-1", 1)])
    (found,) = compared(new, old).suites
    difference = found.sides[1].difference
    assert difference is not None
    assert (difference.n_cases, difference.losses) == (1, ())
    assert found.set_aside == ("case-0",)
    assert [row.id for row in found.cases] == ["case-0", "case-1"]
    assert found.sides[1].accuracy.value == 0.5, "each side alone keeps it"


def test_cases_of_one_run_only_are_shown_and_not_paired() -> None:
    suites = (suite(["shared", "added"]), suite(["shared", "removed"]))
    old = trials({"shared": [1], "removed": [0]})
    new = fresh(trials({"shared": [1], "added": [0]}))
    (found,) = compared(new, old, suites=suites).suites
    assert [(row.id, list(row.trials)) for row in found.cases] == [
        ("shared", ["plain @ old", "plain @ new"]),
        ("added", ["plain @ new"]),
        ("removed", ["plain @ old"]),
    ]
    difference = found.sides[1].difference
    assert difference is not None
    assert difference.n_cases == 1


def test_columns_are_the_same_by_prompt_and_setting_whatever_their_id() -> None:
    old_suite = suite(names(2))
    added = Column(id="chat-plain", prompt="chat", setting="plain", endpoint="local")
    renamed = Column(id="prompt-1-plain", prompt="prompt-1", setting="plain", endpoint="local")
    new_suite = msgspec.structs.replace(old_suite, columns=(added, renamed))
    new = fresh(trials({"case-0": [1], "case-1": [1]}, column="prompt-1-plain"))
    (found,) = compared(new, singles(1, 1), suites=(new_suite, old_suite)).suites
    assert [side.id for side in found.sides] == ["plain @ old", "prompt-1-plain @ new"]
    assert found.sides[1].difference is not None
    assert found.sides[1].difference.gains == ("case-1",)


def test_p_is_adjusted_over_the_columns_of_a_suite() -> None:
    two = suite(names(30), ("a", "b"))
    old = singles(30, 0, column="a") + singles(30, 0, column="b")
    new = trials({f"case-{n}": [int(n >= 6)] for n in range(30)}, column="a")
    new += trials({f"case-{n}": [int(n >= 8)] for n in range(30)}, column="b")
    (found,) = compared(fresh(new), old, suites=(two, two)).suites
    assert [side.id for side in found.sides] == ["a @ old", "a @ new", "b @ old", "b @ new"]
    a, b = found.sides[1].difference, found.sides[3].difference
    assert a is not None
    assert b is not None
    assert (a.p_adjusted, b.p_adjusted) == pytest.approx((2 / 2**6, 2 * 2 / 2**8))


def test_a_replay_of_the_same_recordings_is_said_to_be_the_same_answers() -> None:
    (found,) = compared(singles(16, 4), singles(16, 4)).suites
    difference = found.sides[1].difference
    assert difference is not None
    assert (difference.test, difference.value, difference.p) == (SAME_ANSWERS, 0.0, None)


def test_the_same_key_with_another_answer_is_not_the_same_answer() -> None:
    old = singles(16, 4)
    new = [msgspec.structs.replace(row, timing=None) for row in old]
    (found,) = compared(new, old).suites
    assert found.sides[1].difference is not None
    assert found.sides[1].difference.test == "exact McNemar test"


def test_suites_that_only_one_run_has_are_left_out() -> None:
    one, two = suite(["x"], id="one"), suite(["x"], id="two")
    rows = [trial("x", 1, suite="two")]
    found = compare_runs((manifest(one, two, id="new"), rows), (manifest(two, id="old"), rows))
    assert [part.suite.id for part in found.suites] == ["two"]


def test_gates_of_suites_and_columns_that_are_not_compared_are_left_out() -> None:
    def held(of: str, column: str) -> Finding:
        return Finding(
            suite=of, gate="errors == 0", column=column, outcome="pass", metric="errors", op="==",
            limit=0, value=0, low=None, high=None, n_cases=1, n_trials=1, n_errors=0, reason="",
        )  # fmt: skip

    one, two = suite(["x"], ("a", "b"), id="one"), suite(["x"], ("a", "b"), id="two")
    new = msgspec.structs.replace(
        manifest(one, two, id="new"),
        findings=tuple(held(of, column) for of in ("one", "two") for column in ("a", "b")),
    )
    both = compare_runs((new, []), (manifest(one, id="old"), []))
    assert [(each.suite, each.column) for each in both.findings] == [("one", "a"), ("one", "b")]
    named = compare_runs((new, []), (manifest(one, id="old"), []), columns=("a", "b"))
    assert [(each.suite, each.column) for each in named.findings] == [("one", "b")]


def test_a_suite_without_a_shared_column_is_left_out() -> None:
    assert compared([], [], suites=(suite(["x"], ("a",)), suite(["x"], ("b",)))).suites == ()


def test_empty_intersection_gives_each_side_alone() -> None:
    suites = (suite(["new"]), suite(["old"]))
    (found,) = compared([trial("new", 0)], [trial("old", 1)], suites=suites).suites
    old, new = found.sides
    assert (old.accuracy.value, new.accuracy.value) == (1.0, 0.0)
    assert new.difference is not None
    assert (new.difference.n_cases, new.difference.p) == (0, None)


def test_a_run_is_not_compared_with_itself() -> None:
    run = (manifest(suite(["x"])), [trial("x", 1)])
    with pytest.raises(RunError, match=r"both runs are 2026.*\n.*compare its columns"):
        compare_runs(run, run)


def test_a_row_shows_the_candidates_case() -> None:
    old_suite = suite([Case(id="x", vars={"a": 1})])
    new_suite = suite([Case(id="x", vars={"a": 2}, expected="3", tags=("t",))])
    (found,) = compared([trial("x")], [trial("x")], suites=(new_suite, old_suite)).suites
    (row,) = found.cases
    assert (row.vars, row.expected, row.tags) == ({"a": 2}, "3", ("t",))


def test_findings_are_those_of_the_manifest() -> None:
    assert compare_columns(manifest(suite(["x"])), []).findings == ()
