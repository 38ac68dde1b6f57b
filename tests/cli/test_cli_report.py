"""`evals report` and `evals compare`: pages of runs on disk, and two runs side by side."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import evals
from evals.model import JsonObject
from tests.cli import cli_projects


@pytest.fixture
def run(recorded: Path) -> evals.Run:
    return evals.run("suites/sums.eval.yaml")


@pytest.fixture
def worse(run: evals.Run, recorded: Path) -> evals.Run:
    """A later run, in which the model has forgotten large numbers."""

    def forget(body: JsonObject) -> str:
        return "no idea" if "20" in body["messages"][-1]["content"] else cli_projects.add(body)

    cli_projects.record(recorded / "suites" / "sums.eval.yaml", forget)
    return evals.run("suites/sums.eval.yaml")


def test_a_page_is_written_where_it_is_wanted(command, run, recorded) -> None:
    called = command("report", "latest", "-o", "pages/page.html")
    assert called.code == 0, called.err
    assert called.out == "page: pages/page.html\n"
    page = (recorded / "pages" / "page.html").read_text(encoding="utf-8")
    assert page.lstrip().lower().startswith("<!doctype html>")
    assert "accuracy &gt;= 0.5" in page


def test_without_a_place_the_page_stands_beside_its_run(call, run, recorded) -> None:
    called = call("report")
    assert called.out.startswith("page: reports/runs/")
    assert (recorded / "reports" / "runs" / run.id / "report.html").is_file()


def test_the_page_shows_the_prompts_as_long_as_the_recordings_are_there(
    call, run, recorded
) -> None:
    call("report", "-o", "page.html")
    assert "20 + 22 =" in (recorded / "page.html").read_text(encoding="utf-8")
    shutil.rmtree(recorded / "suites")
    assert call("report", "-o", "without.html").code == 0
    assert "20 + 22 =" not in (recorded / "without.html").read_text(encoding="utf-8")


def test_recordings_outside_the_project_are_not_read(call, run, recorded, tmp_path) -> None:
    shutil.move(recorded / "suites" / "cassettes", tmp_path / "elsewhere")
    manifest = recorded / "reports" / "runs" / run.id / "run.json"
    text = manifest.read_text().replace("suites/cassettes/sums", "../elsewhere/sums")
    assert "../elsewhere/sums" in text
    manifest.write_text(text)
    assert call("report", "-o", "page.html").code == 0
    assert "20 + 22 =" not in (recorded / "page.html").read_text(encoding="utf-8")


def test_two_runs_stand_side_by_side_on_one_page(call, run, worse, recorded) -> None:
    called = call("report", run.id, worse.id, "-o", "compared.html")
    assert called.code == 0
    page = (recorded / "compared.html").read_text(encoding="utf-8")
    assert run.id in page
    assert worse.id in page


def test_the_suffix_or_the_format_says_what_is_written(call, run, recorded) -> None:
    called = call("report", "-o", "page.docx")
    assert called.code == 4
    assert "name it with .html, .md, .csv" in called.err
    assert not (recorded / "page.docx").exists()
    assert call("report", "-o", "page.docx", "--format", "html").code == 0


def test_a_comparison_says_what_changed_since(call, run, worse) -> None:
    called = call("compare", run.id)
    assert called.code == 0
    assert called.out.startswith(f"from {run.id} to {worse.id}\n")
    assert "large  1/1 → 0/1" in called.out


def test_a_comparison_writes_its_page_too(call, run, worse, recorded) -> None:
    called = call("compare", run.id, "latest", "-o", "compared.html")
    assert called.out.endswith("page: compared.html\n")
    assert (recorded / "compared.html").is_file()


def test_a_run_is_not_compared_with_itself(call, run) -> None:
    called = call("compare", run.id, "latest")
    assert called.code == 4
    assert "nothing to compare" in called.err


def test_a_run_that_is_not_worse_beyond_chance_does_not_fail(call, run, worse) -> None:
    called = call("compare", run.id, "--fail-on", "regression")
    assert called.code == 0
    assert "undecided: greedy: −25.0" in called.out
    assert "too few cases to see any drop, n = 4" in called.out


def test_a_regression_fails_where_it_is_asked_for(call, project) -> None:
    tests = "".join(
        f'  - {{id: c{n}, vars: {{a: {n}, b: 1}}, expected: "{n + 1}"}}\n' for n in range(20)
    )
    head, _, rest = cli_projects.SUMS.partition("tests:\n")
    text = f"{head}tests:\n{tests}gates:{rest.partition('gates:')[2]}"
    path = cli_projects.write_sums(project, text=text)
    before = evals.run("suites/sums.eval.yaml")
    same = evals.run("suites/sums.eval.yaml")
    called = call("compare", before.id, same.id, "--fail-on", "regression")
    assert (called.code, "same: greedy: ±0.0" in called.out) == (0, True)
    cli_projects.record(path, lambda body: "no idea" if body["temperature"] else "1")
    assert call("compare", before.id, evals.run(path).id).code == 0
    called = call("compare", before.id, "--fail-on", "regression")
    assert called.code == 1
    assert "fail: warm: −100.0" in called.out


def test_runs_that_share_no_case_cannot_be_judged(call, run, recorded) -> None:
    path = recorded / "suites" / "sums.eval.yaml"
    text = cli_projects.SUMS.replace("id: ", "id: n")
    cli_projects.write_sums(
        recorded, text=text.replace("ngreedy", "greedy").replace("nwarm", "warm")
    )
    evals.run(path)
    called = call("compare", run.id, "--fail-on", "regression")
    assert called.code == 6
    assert f"error: greedy: no case is shared with {run.id}" in called.out
    cli_projects.write_sums(recorded, text=text)
    evals.run(path)
    called = call("compare", run.id, "--fail-on", "regression")
    assert (called.code, called.err) == (6, "The runs share no column.\n")


def test_a_comparison_is_markdown_on_stdout_and_nothing_else(call, run, worse) -> None:
    called = call("compare", run.id, "--format", "markdown", "--fail-on", "regression")
    assert called.code == 0
    assert called.out.startswith("## Model evaluation\n\n")
    assert "**1 case lost**: `large`" in called.out
    assert "```text\nno idea\n```" in called.out
    assert called.out.endswith("\n")
    assert "undecided: greedy" in called.err


def test_a_page_beside_its_run_is_listed_with_the_others(call, run, recorded) -> None:
    call("report")
    listed = (recorded / "reports" / "index.html").read_text(encoding="utf-8")
    assert f'href="runs/{run.id}/report.html"' in listed


def test_open_hands_the_page_to_the_browser(call, run, recorded, monkeypatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("click.launch", lambda url: opened.append(url) or 0)
    call("report", "--open")
    assert opened == [(recorded / "reports" / "runs" / run.id / "report.html").as_uri()]
