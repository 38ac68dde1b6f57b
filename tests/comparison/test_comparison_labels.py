"""A `choice` with a metric as a classifier."""

from __future__ import annotations

import pytest
from comparison_builders import found, manifest, metrics, suite, trial, verdict

from evals.comparison.compare import compare_columns
from evals.model import Case, Check, Group, TrialResult

OPTIONS = {"A": "apples", "B": "beans", "C": "carrots"}


def a_case(id: str, value: object = "{{ expected }}", *, in_group: bool = False) -> Case:
    check = Check(type="choice", metric="label", options={"value": value, "options": OPTIONS})
    return Case(id=id, checks=(Group(kind="any", of=(check,)),) if in_group else (check,))


def a_trial(case: str, right: str, found: str | None, **fields: object) -> TrialResult:
    key = {text: key for key, text in OPTIONS.items()}.get(right, right)
    choice = verdict("label", float(key == found), extracted=found, type="choice")
    return trial(case, int(key == found), expected=right, checks=(choice,), **fields)


# The right option and the one that was answered: F1 of A is 4/5, of B 2/4, of C 1.
PAIRS = [("A", "A"), ("A", "A"), ("A", "B"), ("B", "B"), ("B", None), ("C", "C")]


def six() -> tuple[list[Case], list[TrialResult]]:
    cases = [a_case(f"case-{n}") for n in range(6)]
    return cases, [a_trial(f"case-{n}", *pair) for n, pair in enumerate(PAIRS)]


def test_a_choice_with_a_metric_gives_f1_and_kappa_by_hand() -> None:
    values = {name: estimate.value for name, estimate in metrics(*six()).items()}
    assert values == pytest.approx(
        {
            "label": 4 / 6,
            "label.f1.A": 0.8,
            "label.f1.B": 0.5,
            "label.f1.C": 1.0,
            "label.macro_f1": (0.8 + 0.5 + 1) / 3,
            # 4 of 6 agree; chance agrees on (3·2 + 2·2 + 1·1)/36.
            "label.kappa": (4 / 6 - 11 / 36) / (1 - 11 / 36),
        }
    )


def test_they_are_gated_by_name() -> None:
    assert found("label.macro_f1 >= 0.76", *six()).outcome == "pass"
    finding = found("label.kappa >= 0.6", *six())
    assert (finding.outcome, finding.value) == ("fail", pytest.approx(0.52))
    assert finding.reason == "0.520, 6 cases; limit 0.6"


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("label.precision.A", 2 / 2),
        ("label.recall.A", 2 / 3),
        ("label.precision.B", 1 / 2),
        ("label.recall.B", 1 / 2),
    ],
)
def test_precision_and_recall_of_an_option_are_gated_by_name(metric: str, value: float) -> None:
    finding = found(f"{metric} >= 0.9", *six())
    assert finding.value == pytest.approx(value)
    assert (finding.outcome, finding.n_cases) == ("pass" if value >= 0.9 else "fail", 6)


def test_an_error_may_have_been_a_wrong_claim_of_the_option() -> None:
    cases, rows = six()
    cases.append(a_case("case-6"))
    rows.append(trial("case-6", "error", expected="B"))
    finding = found("label.precision.A >= 0.9", cases, rows)
    # Two of two answers A are right; the error may be a third that is not.
    assert (finding.value, finding.outcome) == (1.0, "fail")
    assert "undecided by errors: 0.667 … 1.000 with 1 error either way" in finding.reason


def test_what_is_not_defined_is_no_data_and_never_0() -> None:
    cases, rows = [a_case("case-0")], [a_trial("case-0", "A", "A")]
    assert set(metrics(cases, rows)) == {"label", "label.f1.A", "label.macro_f1"}
    for text in ("label.f1.B >= 0.5", "label.kappa >= 0.5"):
        finding = found(text, cases, rows)
        assert (finding.outcome, finding.value) == ("error", None)


def test_an_errored_trial_counts_as_the_right_answer_or_as_none() -> None:
    cases, rows = six()
    cases.append(a_case("case-6"))
    rows.append(trial("case-6", "error", expected="B"))
    assert found("label.f1.B >= 0.3", cases, rows).outcome == "pass"
    finding = found("label.f1.B >= 0.5", cases, rows)
    # Two right B, one missed: 2/4; one more missed: 2/5; one more found: 4/6.
    assert (finding.value, finding.outcome, finding.n_errors) == (0.5, "fail", 1)
    assert "undecided by errors: 0.400 … 0.667 with 1 error either way" in finding.reason


def test_the_right_option_may_be_written_as_its_text_in_a_var_or_in_a_group() -> None:
    cases = [a_case("text"), a_case("var", "{{ wanted }}"), a_case("plain", "C", in_group=True)]
    rows = [
        a_trial("text", "beans", "A"),
        a_trial("var", "B", "A", vars={"wanted": "B"}),
        a_trial("plain", "C", "C"),
    ]
    values = {name: estimate.value for name, estimate in metrics(cases, rows).items()}
    assert (values["label.f1.A"], values["label.f1.B"], values["label.f1.C"]) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize("value", [["A", "B"], "{{ a }}{{ b }}", None])
def test_without_one_right_option_in_each_case_there_is_no_such_figure(value: object) -> None:
    assert set(metrics([a_case("case-0", value)], [a_trial("case-0", "A", "A")])) == {"label"}


def test_the_confusion_of_a_choice_by_hand() -> None:
    cases, rows = six()
    cases.append(a_case("lost"))
    rows.append(trial("lost", "error", expected="A"))
    (side,) = compare_columns(manifest(suite(cases)), rows).suites[0].sides
    (of,) = side.confusions
    assert of.pairs == (
        ("A", "A", 2), ("A", "B", 1), ("B", "B", 1), ("B", None, 1), ("C", "C", 1),
    )  # fmt: skip
    assert (of.n_trials, of.n_cases, of.n_missing, of.n_errors) == (6, 6, 1, 1)
    told = {one.option: (one.precision, one.recall, one.f1) for one in of.classes}
    assert told == {"A": (1.0, 2 / 3, 0.8), "B": (0.5, 0.5, 0.5), "C": (1.0, 1.0, 1.0)}
    f1 = {name: side.metrics[f"label.f1.{name}"].value for name in told}
    assert f1 == {name: figures[2] for name, figures in told.items()}


def test_precision_of_what_was_never_answered_is_not_defined() -> None:
    run = manifest(suite([a_case("one")]))
    (side,) = compare_columns(run, [a_trial("one", "A", "B")]).suites[0].sides
    told = {one.option: (one.precision, one.recall) for one in side.confusions[0].classes}
    assert told == {"A": (None, 0.0), "B": (0.0, None), "C": (None, None)}
