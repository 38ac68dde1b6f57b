"""The list of runs after a run."""

from __future__ import annotations


def test_each_run_is_listed_with_its_page(sums) -> None:
    sums.run()
    reports = sums.path / "reports"
    listed = (reports / "index.html").read_text(encoding="utf-8")
    run = (reports / "runs" / "latest").resolve().name
    assert f'href="runs/{run}/report.html"' in listed


def test_a_list_that_cannot_be_written_fails_no_run(sums) -> None:
    (sums.path / "reports" / "index.html").mkdir()
    result = sums.run("-k", "right")
    result.stdout.fnmatch_lines(["The list of runs was not written: *", "page: *report.html"])
    assert result.ret == 0
