"""Two runs: what became of the cases, and what else is different."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import report_data as data
from msgspec.structs import replace

from evals.comparison.compare import compare_runs
from evals.model import Comparison, Manifest, Prompt, TrialResult
from evals.report.changes import Changes
from evals.report.html import render
from evals.report.view import build

OLD, NEW = "20261122T101500Z-aaaa", "20261123T101500Z-bbbb"
#        broke  fixed  flaky  pass   fail   error
BEFORE = ["++", "--", "+-+", "++", "--", "!!"]
AFTER = ["--", "++", "+-+", "++", "--", "++"]


def run(id: str, samples: list[str], *, prompt: str, model: str = data.MODEL, **rest: Any) -> Any:
    """A run of six cases; `+` passes, `-` fails, `!` errs."""
    temperature = rest.pop("temperature", 0)
    cases = [data.case(f"case-{i}") for i in range(len(samples))]
    suite = data.suite(
        "triage", cases=cases, columns=[data.column("greedy", temperature=temperature)]
    )
    message = {"role": "user", "content": prompt}
    suite = msgspec.structs.replace(
        suite,
        prompts=(Prompt(id="plain", messages=(message,)),),
        sha256=rest.pop("sha256", "ab" * 32),
    )
    trials = [
        data.trial(
            suite, case, suite.columns[0], sample, passed=mark == "+", model=model,
            error="503" if mark == "!" else None, text=f"{id} {mark}",
        )
        for case, marks in zip(cases, samples, strict=True)
        for sample, mark in enumerate(marks)
    ]  # fmt: skip
    return data.manifest([suite], trials, id=id, **rest), trials


def compared(old: tuple[Manifest, list[TrialResult]], new: Any) -> Comparison:
    return compare_runs(new, old)


def changes(comparison: Comparison) -> Changes:
    found = build(comparison).chapters[0].changes
    assert found is not None
    return found


@pytest.fixture(scope="module")
def both() -> Comparison:
    return compared(
        run(OLD, BEFORE, prompt="Which queue? Answer with one word."),
        run(
            NEW, AFTER, prompt="Which queue? Answer in JSON.", temperature=0.5, model="other",
            sha256="cd" * 32, mode="live",
        ),
    )  # fmt: skip


def test_every_case_is_counted_once(both: Comparison) -> None:
    found = changes(both)
    assert found.heading == "1 newly failing, 1 fixed, 1 flaky, 2 unchanged"
    (row,) = found.rows
    told = (row.broke, row.fixed, row.flaky, row.passing, row.failing, row.other)
    assert told == ("1", "1", "1", "1", "1", "1")


def test_prompts_differ_by_words(both: Comparison) -> None:
    (change,) = changes(both).prompts
    assert change.prompt == "plain"
    assert [(part.kind, part.text) for part in change.parts] == [
        ("same", "Which queue? Answer "),
        ("gone", "with one word"),
        ("new", "in JSON"),
        ("same", "."),
    ]


def test_parameters_stand_side_by_side(both: Comparison) -> None:
    (change,) = changes(both).parameters
    assert (change.name, change.columns, change.before, change.after) == (
        "temperature", "greedy", "0", "0.5",
    )  # fmt: skip


def test_what_else_differs_is_warned_about(both: Comparison) -> None:
    assert changes(both).warnings == (
        f"The model that answered changed: {data.MODEL} → other.",
        "The suite's file changed: abababababab → cdcdcdcdcdcd.",
        "The mode changed: replay → live.",
    )


def test_runs_that_are_alike_say_so() -> None:
    old = run(OLD, AFTER, prompt="Which?")
    found = changes(compared(old, run(NEW, AFTER, prompt="Which?")))
    assert found.heading == "No case changed sides; 1 flaky"
    assert found.warnings == ()
    assert found.unchanged == "Prompts and parameters are the same in both runs."


def test_columns_of_different_prompts_are_not_said_to_have_the_same() -> None:
    old, new = (run(id, AFTER, prompt="Which?") for id in (OLD, NEW))
    manifest, trials = new
    (record,) = manifest.suites
    prompts = (*record.suite.prompts, Prompt(id="worked", messages=({"role": "user"},)))
    columns = tuple(replace(column, prompt="worked") for column in record.suite.columns)
    suite = replace(record.suite, prompts=prompts, columns=columns)
    new = replace(manifest, suites=(replace(record, suite=suite),)), trials
    found = changes(compare_runs(new, old, columns=("greedy", "greedy")))
    assert [(row.name, row.before, row.after) for row in found.parameters] == [
        ("prompt", "plain", "worked")
    ]
    assert found.unchanged == ""


def test_columns_of_one_run_have_no_such_section() -> None:
    view = build(data.simple(data.all_pass))
    assert view.chapters[0].changes is None
    assert 'id="suite-arithmetic-changes"' not in render(view)


@pytest.mark.browser
def test_the_grid_is_filtered_by_what_became_of_a_case(
    browser: Any, both: Comparison, tmp_path: Any
) -> None:
    path = tmp_path / "report.html"
    path.write_text(render(build(both, requests=data.request)), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(5000)
    page.goto(path.as_uri())
    for chip, case in (("Newly failing", "case-0"), ("Fixed", "case-1")):
        page.locator(".tools").get_by_role("button", name=chip).click()
        assert page.locator(".grid .c1 a").all_inner_texts() == [case]
    page.goto(f"{path.as_uri()}#outcome=unchanged")
    page.locator(".count", has_text="4 of 6 shown").wait_for()
    page.close()
