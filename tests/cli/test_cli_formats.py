"""`evals report --format` and `evals compare RUN:COLUMN`: tables, JUnit XML, summaries."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import evals
from evals.model import JsonObject
from evals.record.table import COLUMNS
from tests.cli import cli_projects

NAMES = [column.name for column in COLUMNS]


@pytest.fixture
def run(recorded: Path) -> evals.Run:
    return evals.run("suites/sums.eval.yaml")


@pytest.fixture
def many(project: Path) -> Path:
    """Twenty sums, three samples each; the warm column forgets each third sum."""
    tests = "\n".join(
        f'  - {{id: sum-{i}, vars: {{a: {i}, b: 1}}, expected: "{i + 1}"}}' for i in range(20)
    )
    head, _, rest = cli_projects.SUMS.partition("tests:")
    text = f"{head}repeat: 3\ntests:\n{tests}\n{rest[rest.index('gates:') :]}"
    path = cli_projects.write_sums(project, text=text)

    def forget(body: JsonObject) -> str:
        a = int(body["messages"][-1]["content"].split()[0])
        return "?" if body["temperature"] and a % 3 == 0 else cli_projects.add(body)

    cli_projects.record(path, forget)
    evals.run(path)
    return project


def test_csv_has_a_row_a_trial_and_goes_to_the_standard_output(call, run) -> None:
    shown = call("report", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(shown.out)))
    assert list(rows[0]) == NAMES
    assert len(rows) == 8
    assert {row["run"] for row in rows} == {run.id}
    wrong = next(row for row in rows if row["case"] == "wrong")
    assert (wrong["outcome"], wrong["passed"], wrong["missed"]) == ("fail", "0", "True")
    assert json.loads(wrong["vars"]) == {"a": 5, "b": 5}
    assert "expected" in json.loads(wrong["failed"])[0]["reason"]
    assert rows[0]["ttft_s"] == ""


def test_json_has_the_same_rows_with_types(call, run) -> None:
    rows = json.loads(call("report", "--format", "json").out)
    assert list(rows[0]) == NAMES
    assert rows[0]["passed"] == 1
    assert rows[0]["ttft_s"] is None
    assert rows[0]["prompt_tokens"] == 9


def test_parquet_and_pandas_have_the_same_columns(call, run, recorded) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    pytest.importorskip("pandas")
    shown = call("report", "-o", "trials.parquet")
    assert shown.out == "parquet: trials.parquet\n"
    table = parquet.read_table(recorded / "trials.parquet")
    frame = run.to_pandas()
    assert table.column_names == NAMES == list(frame.columns)
    assert table.num_rows == len(frame) == 8
    assert frame["passed"].sum() == sum(table.column("passed").to_pylist())
    assert str(frame["latency_s"].dtype) == "Float64"


@pytest.mark.parametrize("module", ["pandas", "pyarrow"])
def test_what_is_not_installed_is_named_with_its_extra(call, run, module, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    if module == "pandas":
        with pytest.raises(evals.EvalsError, match="not installed") as refused:
            run.to_pandas()
        assert refused.value.remedy == 'pip install "pytest-model-evals[pandas]"'
    else:
        shown = call("report", "--format", "parquet")
        assert shown.code == 4
        assert 'pip install "pytest-model-evals[parquet]"' in shown.err


def test_junit_has_the_cases_the_gates_and_their_figures(call, run) -> None:
    root = ET.fromstring(call("report", "--format", "junit").out)
    (suite,) = root
    names = [case.get("name") for case in suite]
    assert "small[greedy]" in names
    assert "gate: accuracy >= 0.5" in names
    missed = next(case for case in suite if case.get("name") == "wrong[warm]")
    told = {each.get("name"): each.get("value") for each in missed.iter("property")}
    assert told["evals_outcome"] == "missed"
    assert told["evals_passed"] == "0/1"
    assert told["evals_tokens"] == "2"
    assert missed.find("skipped").get("type") == "pytest.xfail"
    assert suite.get("failures") == "0"
    assert suite.get("skipped") == "2"


def test_junit_has_the_names_that_pytest_gives(call, many, monkeypatch) -> None:
    assert call("run", "--junitxml", "pytest.xml").code in (0, 1)
    assert call("report", "-o", "ours.xml").code == 0
    pytests, ours = (
        {(each.get("classname"), each.get("name")) for each in ET.parse(name).iter("testcase")}
        for name in ("pytest.xml", "ours.xml")
    )
    assert ours == pytests
    assert any(name.startswith("gate: ") for _, name in ours)


@pytest.mark.parametrize("allowed", [0, 1, 3])
def test_junit_has_the_outcomes_that_pytest_gives(call, project, allowed) -> None:
    limits = f"misses: allowed\nlimits: {{errors: {allowed}}}"
    cli_projects.write_sums(project, text=cli_projects.SUMS.replace("misses: allowed", limits))
    damaged = sorted((project / "suites" / "cassettes" / "sums").iterdir())[:2]
    for path in damaged:
        path.write_text("{}")
    call("run", "--junitxml", "pytest.xml")
    assert call("report", "-o", "ours.xml").code == 0
    pytests, ours = (
        {
            each.get("name"): {part.tag for part in each if part.tag != "properties"}
            for each in ET.parse(name).iter("testcase")
        }
        for name in ("pytest.xml", "ours.xml")
    )
    assert ours == pytests
    assert sum("error" in tags for tags in ours.values()) == {0: 2, 1: 1, 3: 0}[allowed]


def test_the_suffix_tells_the_format(call, run, recorded) -> None:
    for name, start in (
        ("s.md", "## Model evaluation"),
        ("t.csv", "run,suite"),
        ("j.xml", "<?xml"),
    ):
        assert call("report", "-o", name).code == 0
        assert (recorded / name).read_text(encoding="utf-8").startswith(start)


def test_two_columns_of_one_run_are_compared(call, many) -> None:
    shown = call("compare", "latest:greedy", "latest:warm")
    assert shown.code == 0
    assert "warm trails greedy by 35.0 points" in shown.out.replace("\u00a0", " ")
    judged = call("compare", "latest:greedy", "latest:warm", "--fail-on", "regression")
    assert judged.code == 1
    assert "fail: warm: −35.0 points" in judged.out.replace("\u00a0", " ")


def test_the_first_column_is_the_reference_whatever_the_suite_says(call, many) -> None:
    found = json.loads(call("compare", "latest:warm", "latest:greedy", "--format", "json").out)
    (suite,) = found["suites"]
    assert suite["reference"] == "warm"
    assert [side["id"] for side in suite["sides"]] == ["warm", "greedy"]
    difference = suite["sides"][1]["difference"]
    assert difference["value"] == pytest.approx(0.35)
    assert difference["n_cases"] == 20


def test_columns_of_two_runs_are_compared(call, many) -> None:
    first = evals.load_run("latest").id
    evals.run("suites/sums.eval.yaml")
    shown = call("compare", f"{first}:greedy", "latest:warm", "--format", "markdown")
    assert "−35.0 points" in shown.out.replace("\u00a0", " ").replace("\\", "")
    assert shown.code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("latest:greedy", "latest"), "Name a column on both sides"),
        (("latest:greedy", "latest:cold"), "has no column 'cold'"),
        (("nowhere:greedy", "latest:warm"), "There is no run"),
    ],
)
def test_what_cannot_be_compared_is_said(call, run, arguments, said) -> None:
    shown = call("compare", *arguments)
    assert shown.code == 4
    assert said in shown.err


def test_a_comparison_is_printed_as_a_page_or_written_beside(call, many) -> None:
    page = call("compare", "latest:greedy", "latest:warm", "--format", "html").out
    assert page.lstrip().lower().startswith("<!doctype html>")
    shown = call("compare", "latest:greedy", "latest:warm", "-o", "c.md")
    assert shown.out.rstrip().endswith("markdown: c.md")
    assert (many / "c.md").read_text(encoding="utf-8").startswith("## Model evaluation")
