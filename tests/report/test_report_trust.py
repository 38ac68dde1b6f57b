"""Two runs side by side, and whether a comparison can be trusted."""

from __future__ import annotations

import report_data as data
from msgspec.structs import replace

from evals.comparison.compare import compare_runs
from evals.model import Manifest, Suite, TrialResult


def test_between_two_runs_what_broke_is_named_with_both_sides() -> None:
    cases = [data.case(f"case-{i}") for i in range(20)]
    made = data.suite("arithmetic", cases=cases, columns=[data.column("greedy", temperature=0)])

    def run(id: str, *bad: int) -> tuple[Manifest, list[TrialResult]]:
        trials = data.failing(*bad)(made)
        return data.manifest([made], trials, id=id), trials

    new, old = run("20261124T101500Z-zzzz", *range(8)), run("20261123T101500Z-k3f9", 0)
    view = data.view_of(compare_runs(new, old))
    assert view.broken.heading == "What broke"
    assert view.broken.sentence.startswith("7 cases broke, 0 fixed. Net −35.0")
    first = view.broken.cases[0]
    assert first.before is not None
    assert (first.id, first.before.icon, first.now.icon) == ("case-1", "pass", "fail")
    assert [row.name for row in view.chapters[0].settings.rows] == [
        "greedy @ k3f9",
        "greedy @ zzzz",
    ]
    assert view.trust.again.startswith("evals compare 20261124T101500Z-zzzz 20261123T101500Z-k3f9")


def test_another_model_than_asked_is_a_reservation() -> None:
    def answers(suite: Suite) -> list[TrialResult]:
        return [data.trial(suite, c, suite.columns[0], model="cheaper-1") for c in suite.cases]

    trust = data.view_of(data.simple(answers)).trust
    assert trust.heading == "With 1 reservation"
    assert trust.notes[0].text == f"Asked: {data.MODEL}. Answered: cheaper-1 (3)."


def test_differing_parameters_are_told_apart() -> None:
    table = data.view_of(data.shares(a=0.5, b=0.5)).trust.parameters[0]
    differing = {row.name: [c.differs for c in row.cells] for row in table.rows}
    assert differing["temperature"] == [False, True]
    assert differing["model"] == [False, False]


def test_a_parameter_that_cannot_be_seen_as_it_is_stands_in_quotes() -> None:
    columns = [data.column("a", stop="\n", suffix=""), data.column("b", stop=["\n"], suffix=" x")]
    comparison = data.simple(data.all_pass, columns=columns)
    table = data.view_of(comparison).trust.parameters[0]
    texts = {row.name: [cell.text for cell in row.cells] for row in table.rows}
    assert texts["stop"] == ['"\\n"', '["\\n"]']
    assert texts["suffix"] == ['""', '" x"']
    assert texts["prompt"] == ["plain", "plain"]


def test_several_suites_share_a_note_each_on_cases_and_on_what_can_be_seen() -> None:
    notes = [note.text for note in data.view_of(data.showcase()).trust.notes]
    same = [text for text in notes if "the same cases" in text]
    assert same == ["All columns answered the same cases: support-triage and sentiment."]
    seen = [text for text in notes if "4 of 5 runs" in text]
    assert len(seen) == 1
    assert "points in support-triage (60 cases)" in seen[0]


def test_what_the_suite_skips_is_told_and_is_no_failure() -> None:
    def answers(suite: Suite) -> list[TrialResult]:
        first, *others = data.all_pass(suite)
        return [replace(first, outcome="skipped", passed=None, completion=None), *others]

    view = data.view_of(data.simple(answers))
    assert view.verdict.icon == "pass"
    assert "1 trial skipped, as the suites say." in [note.text for note in view.trust.notes]
    texts = {one.id: one.panels[0].answers[0].text.text for one in view.articles}
    assert texts["case-0"] == "skipped"
