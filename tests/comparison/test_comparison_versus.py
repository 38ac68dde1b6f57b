"""Gates that compare: with another column, by what the data show and what the mode asks."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from comparison_builders import measured_case, names, singles, suite, trial, trials, verdict
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.comparison.gates import judge_gates
from evals.comparison.paired import Pairs, chance_of_drop, detectable_drop
from evals.model import Against, Case, Finding, Gate, TrialResult
from evals.stats import mcnemar, norm_cdf, paired_interval


def gate(mode: Any = "regression", margin: float = 0.0, **fields: Any) -> Gate:
    """`new` against `old`."""
    known: dict[str, Any] = {"metric": "accuracy", "column": "new"}
    return Gate(
        text="accuracy versus old",
        op=">=",
        limit=-margin,
        against=Against(column="old", margin=margin, mode=mode),
        **{**known, **fields},
    )


def changed(both: int, losses: int, gains: int, neither: int) -> list[TrialResult]:
    """One trial a case and side: passed by both, lost by `new`, gained by it, failed by both."""
    kinds = [(1, 1)] * both + [(1, 0)] * losses + [(0, 1)] * gains + [(0, 0)] * neither
    old = trials({f"case-{n}": [a] for n, (a, _) in enumerate(kinds)}, column="old")
    return old + trials({f"case-{n}": [b] for n, (_, b) in enumerate(kinds)}, column="new")


def found_all(
    one: Gate,
    rows: list[TrialResult],
    *,
    cases: list[str] | list[Case] | None = None,
    columns: tuple[str, ...] = ("old", "new"),
) -> tuple[Finding, ...]:
    ids = list(dict.fromkeys(row.case for row in rows))
    return judge_gates(suite(cases or ids, columns, gates=[one]), rows, selected=True)


def found(one: Gate, rows: list[TrialResult], **options: Any) -> Finding:
    (finding,) = found_all(one, rows, **options)
    return finding


def said(finding: Finding) -> str:
    """The reason, with ordinary spaces."""
    return finding.reason.replace("\u202f", " ").replace("\u00a0", " ")


WORSE = changed(60, 20, 2, 18)
INCONCLUSIVE = changed(60, 10, 6, 24)
BETTER = changed(60, 2, 20, 18)
EQUAL = changed(70, 1, 1, 228)


@pytest.mark.parametrize(
    ("rows", "mode", "margin", "finding", "outcome"),
    [
        (WORSE, "regression", 0.0, "worse", "fail"),
        (WORSE, "regression", 0.05, "worse", "fail"),
        (WORSE, "regression", 0.2, "inconclusive", "undecided"),
        (WORSE, "regression", 0.3, "not_worse", "pass"),
        (WORSE, "non-inferiority", 0.05, "worse", "fail"),
        (WORSE, "non-inferiority", 0.2, "inconclusive", "fail"),
        (WORSE, "non-inferiority", 0.3, "not_worse", "pass"),
        (WORSE, "measured", 0.1, "inconclusive", "fail"),
        (WORSE, "measured", 0.18, "inconclusive", "pass"),
        (INCONCLUSIVE, "regression", 0.0, "inconclusive", "undecided"),
        (INCONCLUSIVE, "measured", 0.0, "inconclusive", "fail"),
        (INCONCLUSIVE, "measured", 0.05, "inconclusive", "pass"),
        (BETTER, "regression", 0.0, "not_worse", "pass"),
        (EQUAL, "regression", 0.0, "inconclusive", "undecided"),
        (EQUAL, "non-inferiority", 0.05, "not_worse", "pass"),
    ],
)
def test_the_mode_makes_an_outcome_of_what_the_data_show(
    rows: list[TrialResult], mode: str, margin: float, finding: str, outcome: str
) -> None:
    judged = found(gate(mode, margin), rows)
    assert (judged.found, judged.outcome) == (finding, outcome)
    assert judged.against == "old"


def test_the_numbers_are_those_of_the_paired_interval_and_the_exact_test() -> None:
    judged = found(gate(), WORSE)
    a, b = [[1]] * 80 + [[0]] * 20, [[1]] * 60 + [[0]] * 20 + [[1]] * 2 + [[0]] * 18
    interval = paired_interval(a=a, b=b)
    assert (judged.low, judged.high) == (interval.low, interval.high)
    assert judged.value == pytest.approx(-0.18)
    assert judged.p == pytest.approx(mcnemar(losses=20, gains=2).p_two_sided)
    assert (judged.n_cases, judged.n_trials) == (100, 100)


def test_a_regression_is_said_in_one_line() -> None:
    assert said(found(gate(), WORSE)) == (
        "new: −18.0 points [−27.3, −9.9] against old, 100 cases; a drop is shown, p < 0.001"
    )


def test_an_undecided_gate_tells_what_it_could_have_seen_and_what_would_decide() -> None:
    assert said(found(gate(), INCONCLUSIVE)) == (
        "new: −4.0 points [−12.5, +4.2] against old, 100 cases; "
        "undecided: a drop is neither shown nor ruled out, p = 0.45; "
        "could have seen a drop of about 16 points, n = 100; about 420 cases would decide"
    )


def test_a_drop_that_is_ruled_out_is_said_so() -> None:
    text = said(found(gate("non-inferiority", 0.05), EQUAL))
    assert "; a drop of 5 points or more is ruled out" in text
    assert "could have seen" not in text


def test_a_measured_drop_comes_with_how_often_chance_makes_one() -> None:
    text = said(found(gate("measured"), INCONCLUSIVE))
    # 16 changed cases: fewer gains than losses in (1 − P(8 of 16)) / 2 of all sign choices
    assert "a drop was measured; with nothing changed a drop is measured in 40.2 % of runs" in text


@pytest.mark.parametrize("mode", ["regression", "measured", "non-inferiority"])
def test_the_same_recorded_answers_pass_in_every_mode(mode: str) -> None:
    old = singles(5, 5, column="old", take="shared")
    new = singles(5, 5, column="new", take="shared")
    judged = found(gate(mode, 0.1), old + new)
    assert (judged.found, judged.outcome, judged.p, judged.low) == ("same", "same", None, None)
    assert said(judged) == "new: ±0.0 points against old, 10 cases; same answers"


def test_a_recording_made_anew_is_another_answer() -> None:
    old = singles(5, 5, column="old", take="shared")
    new = singles(5, 5, column="new", take="shared", latency=1.5)
    assert found(gate(), old + new).found == "inconclusive"


def test_the_columns_of_one_gate_are_adjusted_for_each_other() -> None:
    rows = changed(60, 10, 1, 29)
    once = found(gate(), rows)
    more = rows + [trial(r.case, r.passed, column="third") for r in rows if r.column == "old"]
    columns = ("old", "new", "third")
    new, third = found_all(gate(column="all"), more, columns=columns)
    assert (new.column, third.column) == ("new", "third")
    assert once.p is not None
    assert new.p == pytest.approx(2 * once.p)  # Holm
    assert (once.outcome, new.outcome) == ("fail", "fail")
    rows = changed(60, 9, 1, 30)  # p = 0.021
    assert found(gate(), rows).outcome == "fail"
    more = rows + [trial(r.case, r.passed, column="third") for r in rows if r.column == "old"]
    assert found_all(gate(column="all"), more, columns=columns)[0].outcome == "fail"
    rows = changed(60, 8, 1, 31)  # p = 0.039
    assert found(gate(), rows).outcome == "fail"
    more = rows + [trial(r.case, r.passed, column="third") for r in rows if r.column == "old"]
    assert found_all(gate(column="all"), more, columns=columns)[0].outcome == "undecided"


def test_columns_of_the_same_answers_weaken_no_other() -> None:
    rows = changed(60, 8, 1, 31)
    same = [trial(r.case, r.passed, column="third", asked=r.asked) for r in rows[:100]]
    judged = found_all(gate(column="all"), rows + same, columns=("old", "new", "third"))
    assert [each.outcome for each in judged] == ["fail", "same"]


def test_errors_that_could_turn_the_gate_fail_it() -> None:
    rows = changed(60, 2, 2, 36)
    lost = [
        trial(row.case, "error", column="new") if row.column == "new" and n < 110 else row
        for n, row in enumerate(rows)
    ]
    judged = found(gate(), lost)
    assert (judged.outcome, judged.n_errors, judged.n_cases) == ("fail", 10, 90)
    assert "undecided by errors: −10.0 … ±0.0 points with 10 errors either way" in said(judged)


def test_errors_that_turn_nothing_are_told() -> None:
    rows = [*WORSE[:-1], trial("case-99", "error", column="new")]
    judged = found(gate(), rows)
    assert (judged.outcome, judged.found) == ("fail", "worse")
    assert "with 1 error either way; a drop is shown" in said(judged)


def test_cases_that_one_side_lacks_are_set_aside_and_counted() -> None:
    judged = found(gate(), INCONCLUSIVE[:-20])
    assert (judged.n_cases, judged.n_set_aside) == (80, 20)
    assert "20 cases set aside (20 on one side only): only 80 of 100 are shared" in said(judged)


def test_no_shared_case_is_an_error() -> None:
    rows = singles(2, 0, column="old") + trials({"other": [1]}, column="new")
    judged = found(gate(), rows)
    assert (judged.outcome, judged.found) == ("error", "no_data")
    assert said(judged).startswith("new: no case is shared with old; 3 cases set aside")


def test_cases_without_an_answer_on_a_side_are_an_error() -> None:
    rows = singles(2, 0, column="old") + trials(
        {"case-0": ["error"], "case-1": ["error"]}, column="new"
    )
    judged = found(gate(), rows)
    assert (judged.outcome, said(judged)) == (
        "error",
        "new: no case was judged both here and in old",
    )


@pytest.mark.parametrize(
    ("mode", "outcome"),
    [("regression", "not_evaluated"), ("non-inferiority", "fail"), ("measured", "fail")],
)
def test_one_case_of_many_samples_has_no_interval(mode: str, outcome: str) -> None:
    rows = trials({"one": [1, 1, 1]}, column="old") + trials({"one": [0, 0, 1]}, column="new")
    judged = found(gate(mode, 0.1), rows)
    assert (judged.found, judged.outcome) == ("no_data", outcome)
    if mode == "regression":
        assert "no interval can be made of 1 case, 3 trials" in said(judged)


def test_a_part_of_the_suite_is_compared_where_the_gate_asks_for_it() -> None:
    rows = [
        trial(row.case, row.passed, column=row.column, tags=("hard",) if n % 100 < 80 else ())
        for n, row in enumerate(WORSE)
    ]
    assert found(gate(tag="hard"), rows).n_cases == 80
    assert found(gate(cases=("case-1", "case-2")), rows).n_cases == 2


def test_scores_of_a_named_metric_are_compared_as_means() -> None:
    cases = [measured_case(name, "polite") for name in names(12)]
    rows = [
        trial(case.id, 1, column=column, checks=(verdict("polite", score + n / 100),))
        for column, score in (("old", 0.8), ("new", 0.5))
        for n, case in enumerate(cases)
    ]
    judged = found(gate(metric="polite"), rows, cases=cases)
    assert (judged.found, judged.outcome) == ("worse", "fail")
    assert judged.value == pytest.approx(-0.3)
    rate = found(gate(metric="polite.rate"), rows, cases=cases)
    assert (rate.value, rate.found) == (0.0, "inconclusive")


def test_a_partial_selection_is_not_evaluated() -> None:
    rows = singles(1, 1, column="old") + singles(1, 1, column="new")
    one = suite(names(2), ("old", "new"), gates=[gate()])
    (judged,) = judge_gates(one, rows, selected=False)
    assert (judged.outcome, judged.found) == ("not_evaluated", None)


def test_skipped_trials_are_not_evaluated() -> None:
    rows = trials({"a": [1]}, column="old") + trials({"a": ["skipped"]}, column="new")
    assert found(gate(), rows).outcome == "not_evaluated"


def test_fewer_changed_cases_than_a_test_needs_do_not_make_a_gate_sharp() -> None:
    """Nothing changed in 100 cases: no drop below about 8 points would have been found."""
    assert "could have seen a drop of about 8 points, n = 100" in said(
        found(gate(), changed(50, 0, 0, 50))
    )
    assert "too few cases to see any drop, n = 5" in said(found(gate(), changed(3, 0, 0, 2)))


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=8),
    st.sampled_from([0.0, 0.05, 0.1, 0.5]),
)
def test_the_chance_of_a_measured_drop_is_that_of_all_exchanges(
    passes: list[tuple[int, int]], margin: float
) -> None:
    a = [[1.0] * x + [0.0] * (2 - x) for x, _ in passes]
    b = [[1.0] * y + [0.0] * (2 - y) for _, y in passes]
    changes = [(y - x) / 2 for x, y in passes]
    exchanged = [
        sum(s * d for s, d in zip(signs, changes, strict=True)) / len(passes)
        for signs in product((1, -1), repeat=len(passes))
    ]
    expected = sum(value < -margin - 1e-9 for value in exchanged) / len(exchanged)
    assert chance_of_drop(Pairs(a, b, None), margin) == pytest.approx(expected)


def test_the_chance_of_a_measured_drop_in_scores_is_approximate() -> None:
    a, b = [[0.5]] * 4, [[0.6], [0.4], [0.6], [0.4]]
    assert chance_of_drop(Pairs(a, b, None), 0.05) == pytest.approx(norm_cdf(-1.0))


def test_a_detectable_drop_grows_with_what_the_cases_differ_by() -> None:
    def seen(losses: int) -> float | None:
        rows = ([[1.0]] * 100, [[0.0]] * losses + [[1.0]] * (100 - losses))
        return detectable_drop(Pairs(*rows, None), alpha=0.05)

    drops = [seen(n) for n in (0, 10, 20, 50)]
    assert drops == sorted(drops, key=lambda drop: drop or 0.0)
    assert drops[0] == pytest.approx(0.0841, abs=1e-4)  # Connor: 7.85 of 100, and a case
    assert detectable_drop(Pairs([[1.0]], [[1.0]], None), alpha=0.05) is None
