"""Baselines: small, stable, read strictly, and compared case by case."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from comparison_builders import names, suite, trial, trials
from msgspec.structs import replace

from evals.comparison.baseline import (
    Baseline,
    baseline_of,
    baseline_path,
    baseline_text,
    baselines_for,
    read_baseline,
)
from evals.comparison.gates import judge_gates
from evals.errors import DamagedFile, RunError
from evals.model import Against, Case, Check, Finding, Gate, Suite, TrialResult, Usage

PATH = "baselines/sums.json"


def gate(margin: float = 0.0, **fields: Any) -> Gate:
    known: dict[str, Any] = {"mode": "regression"}
    mode = fields.pop("mode", known["mode"])
    return Gate(
        text="accuracy versus baseline",
        metric="accuracy",
        op=">=",
        limit=-margin,
        against=Against(baseline=PATH, margin=margin, mode=mode),
        **fields,
    )


def rows(passes: int, fails: int, **fields: Any) -> list[TrialResult]:
    outcomes = [1] * passes + [0] * fails
    return trials({f"case-{n}": [o] for n, o in enumerate(outcomes)}, **fields)


def judged(
    now: list[TrialResult], then: list[TrialResult], one: Gate | None = None, n: int = 40
) -> Finding:
    suite_now = suite(names(n), gates=[one or gate()])
    baseline = baseline_of(suite_now, then, run="before")
    (finding,) = judge_gates(suite_now, now, selected=True, baselines={PATH: baseline})
    return finding


def said(finding: Finding) -> str:
    return finding.reason.replace("\u202f", " ").replace("\u00a0", " ")


def written(baseline: Baseline, tmp_path: Path) -> Path:
    path = tmp_path / "b.json"
    path.write_text(baseline_text(baseline))
    return path


@pytest.fixture
def baseline() -> Baseline:
    usage = Usage(prompt_tokens=9, completion_tokens=2, total_tokens=11)
    found = [
        *trials({"b": [1, "error"], "a": [0, 1]}, usage=usage),
        trial("c", None),
        trial("d", "skipped"),
        trial("e", "unjudged"),
    ]
    return baseline_of(suite("bacde"), reversed(found), run="20261123T101500Z-k3f9")


def test_a_baseline_is_one_line_a_case_in_the_order_of_ids(baseline: Baseline) -> None:
    lines = baseline_text(baseline).splitlines()
    assert lines[:5] == [
        "{",
        ' "format": 1,',
        ' "suite": "sums",',
        ' "run": "20261123T101500Z-k3f9",',
        ' "columns": {"plain":{"prompt":"prompt-1","setting":"plain"}},',
    ]
    assert [json.loads(line.strip().rstrip(","))["id"] for line in lines[6:8]] == ["a", "b"]
    assert len(lines) == 10


def test_a_baseline_keeps_passes_latency_tokens_and_recordings(baseline: Baseline) -> None:
    cell = baseline.cases[1].columns["plain"]
    assert (baseline.cases[1].id, baseline.cases[1].hash) == ("b", "hash of b")
    assert (cell.passed, cell.latency_s) == ((1, None), (1.0, None))
    assert (cell.prompt_tokens, cell.completion_tokens) == ((9, None), (2, None))
    assert [len(answer) for answer in cell.answers] == [12, 0]
    assert cell.asked == ((("sums/b/plain/0", 0),), (("sums/b/plain/1", 0),))


def test_what_is_written_is_read_back(baseline: Baseline, tmp_path: Path) -> None:
    assert read_baseline(written(baseline, tmp_path), root=tmp_path, suite="sums") == baseline


def test_the_order_of_trials_and_of_cases_changes_no_byte() -> None:
    found = trials({"a": [1, 0], "b": [0, 1]})
    one = baseline_text(baseline_of(suite("ab"), found, run="r"))
    assert one == baseline_text(baseline_of(suite("ba"), reversed(found), run="r"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("{", ""), "is damaged"),
        (('"passed":[1', '"passed":[7'), "is damaged: `passed` is 1, 0 or null"),
        (('"passed":[1', '"passed":["x"'), "is damaged"),
        (('"format": 1', '"format": 2'), "has format 2; this version reads format 1"),
        (('"suite": "sums"', '"suite": "other"'), "is the baseline of the suite other"),
    ],
)
def test_a_damaged_baseline_is_never_taken_as_missing(
    baseline: Baseline, tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    path = tmp_path / "b.json"
    path.write_text(baseline_text(baseline).replace(*change, 1))
    with pytest.raises(DamagedFile, match=message):
        read_baseline(path, root=path.parent, suite="sums")


def test_bytes_that_are_no_text_are_damage(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    path.write_bytes(b'{"format": 1, "suite": "\xff"}')
    with pytest.raises(DamagedFile, match="is damaged"):
        read_baseline(path, root=path.parent)


def test_a_missing_baseline_and_one_that_is_a_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="does not exist"):
        read_baseline(tmp_path / "none.json", root=tmp_path)
    with pytest.raises(DamagedFile, match="cannot be read"):
        read_baseline(tmp_path, root=tmp_path)


def test_the_baseline_of_a_suite_lies_beside_it(tmp_path: Path) -> None:
    assert baseline_path(suite("a"), tmp_path) == tmp_path / "suites" / "baselines" / "sums.json"


def test_baselines_that_cannot_be_had_come_with_the_command_that_writes_them(
    baseline: Baseline, tmp_path: Path
) -> None:
    other = gate()
    other = replace(other, against=Against(baseline="old ones/1.json"))
    here = suite("ab", gates=[gate(), other])
    assert baselines_for(here, tmp_path) == {
        PATH: "the baseline suites/baselines/sums.json does not exist; "
        "`evals baseline set` writes it from the newest run",
        "old ones/1.json": "the baseline suites/old ones/1.json does not exist; "
        '`evals baseline set --suite sums -o "suites/old ones/1.json"` '
        "writes it from the newest run",
    }
    path = baseline_path(here, tmp_path)
    path.parent.mkdir(parents=True)
    path.write_text(baseline_text(baseline))
    assert baselines_for(here, tmp_path)[PATH] == baseline


def test_a_run_that_is_its_own_baseline_gives_the_same_answers() -> None:
    finding = judged(rows(30, 10), rows(30, 10))
    assert (finding.outcome, finding.found, finding.n_set_aside) == ("same", "same", 0)
    assert said(finding) == (
        "±0.0 points against the baseline baselines/sums.json, 40 cases; same answers"
    )


@pytest.mark.parametrize(
    ("mode", "outcome"),
    [("regression", "fail"), ("non-inferiority", "fail"), ("measured", "fail")],
)
def test_a_drop_since_the_baseline_fails(mode: str, outcome: str) -> None:
    finding = judged(rows(10, 30, latency=2.0), rows(35, 5), gate(0.1, mode=mode))
    assert (finding.outcome, finding.found) == (outcome, "worse")
    assert finding.value == pytest.approx(-25 / 40)
    assert finding.against == "the baseline baselines/sums.json"


def test_changed_cases_are_set_aside_and_counted() -> None:
    now = [
        replace(row, case_hash="changed") if n < 10 else row
        for n, row in enumerate(rows(20, 20, latency=2.0))
    ]
    finding = judged(now, rows(20, 10))
    assert (finding.n_cases, finding.n_set_aside) == (20, 20)
    told = "20 cases set aside (10 changed, 10 on one side only): only 20 of 40 are shared"
    assert told in said(finding)


def test_a_baseline_without_a_shared_case_is_an_error() -> None:
    now = [replace(row, case_hash="changed") for row in rows(20, 20)]
    finding = judged(now, rows(20, 20))
    assert (finding.outcome, finding.found) == ("error", "no_data")
    assert said(finding) == (
        "no case is shared with the baseline baselines/sums.json; "
        "40 cases set aside (40 changed); `evals baseline set` writes it from the newest run"
    )


def test_a_missing_baseline_is_an_error_that_says_what_to_do() -> None:
    here = suite(names(2), gates=[gate()])
    why = "it does not exist; do this"
    (finding,) = judge_gates(here, rows(1, 1), selected=True, baselines={PATH: why})
    assert (finding.outcome, finding.found, finding.reason) == ("error", "no_data", why)


def test_a_column_that_the_baseline_lacks_is_not_evaluated() -> None:
    then = baseline_of(suite(names(2)), rows(1, 1), run="before")
    here = suite(names(2), ("plain", "warm"), gates=[gate(column="all")])
    now = rows(1, 1) + rows(1, 1, column="warm")
    plain, warm = judge_gates(here, now, selected=True, baselines={PATH: then})
    assert (plain.outcome, warm.outcome) == ("same", "not_evaluated")
    assert "the baseline has no column warm" in warm.reason


def test_columns_are_the_same_by_prompt_and_setting() -> None:
    then = baseline_of(suite(names(2)), rows(1, 1), run="before")
    here = suite(names(2), gates=[gate()])
    renamed = replace(here.columns[0], id="prompt-1-plain")
    here = replace(here, columns=(renamed,), reference="prompt-1-plain")
    now = [replace(row, column="prompt-1-plain") for row in rows(1, 1)]
    (finding,) = judge_gates(here, now, selected=True, baselines={PATH: then})
    assert finding.outcome == "same"


def test_only_the_part_that_the_gate_judges_is_compared() -> None:
    finding = judged(rows(30, 10), rows(30, 10), gate(cases=("case-1", "case-2")))
    assert (finding.n_cases, finding.n_set_aside) == (2, 0)


def test_cases_that_other_checks_judge_now_are_counted() -> None:
    def checked(value: str) -> Suite:
        cases = [
            Case(id=name, checks=(Check(type="equals", options={"value": value if n else "x"}),))
            for n, name in enumerate(names(4))
        ]
        return suite(cases, gates=[gate()])

    then = baseline_of(checked("old"), rows(2, 2), run="before")
    (finding,) = judge_gates(checked("new"), rows(1, 3), selected=True, baselines={PATH: then})
    assert finding.outcome == "same"
    assert "same answers, judged differently in 1 of 4 cases; " in said(finding)
    assert "judged by other checks: 3 of 4 cases" in said(finding)


def test_another_answer_under_the_same_key_is_not_the_same() -> None:
    now = rows(30, 10)
    answer = now[0].completion
    assert answer is not None
    now[0] = replace(now[0], completion=replace(answer, text="else"))
    assert judged(now, rows(30, 10)).found == "inconclusive"
