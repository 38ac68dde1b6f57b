"""All runs at a glance: the list, the trends, and what may go wrong with either."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import report_data as data

from evals.model import Comparison
from evals.report.history import History, history_of, read_summaries, write_summary
from evals.report.html import render_index
from evals.report.view import build


def same(text: str) -> str:
    return text


def kept(runs: Path, comparison: Comparison, id: str, *, page: str = "report.html") -> None:
    """Leaves the summary of a run that came to this."""
    summary = build(comparison).summary
    assert summary is not None
    started = f"{id[:4]}-{id[4:6]}-{id[6:8]}T10:15:00Z"
    summary = msgspec.structs.replace(summary, id=id, started=started, page=page)
    (runs / id).mkdir(parents=True)
    write_summary(summary, runs / id, redact=same)


def listed(runs: Path) -> History:
    return history_of(*read_summaries(runs), base="runs")


def test_runs_are_listed_newest_first_with_their_pages(tmp_path: Path) -> None:
    kept(tmp_path, data.simple(data.all_pass), "20261122T101500Z-aaaa")
    kept(tmp_path, data.simple(data.failing(1)), "20261123T101500Z-bbbb")
    found = listed(tmp_path)
    assert [run.href for run in found.runs] == [
        "runs/20261123T101500Z-bbbb/report.html",
        "runs/20261122T101500Z-aaaa/report.html",
    ]
    assert [run.mark.icon for run in found.runs] == ["fail", "pass"]
    assert found.heading == "Failed: 1 of 3 cases"


def test_a_suite_is_drawn_over_its_runs_oldest_first(tmp_path: Path) -> None:
    for day, bad in ((21, (0, 1, 2)), (22, (0,)), (23, ())):
        kept(tmp_path, data.simple(data.failing(*bad), n_cases=20), f"202611{day}T101500Z-aaaa")
    (trend,) = listed(tmp_path).trends
    heights = [float(point.y.at) for point in trend.points]
    assert heights == sorted(heights, reverse=True)
    assert [point.failed for point in trend.points] == [True, True, False]
    assert (trend.first, trend.last) == ("21 Nov 2026", "23 Nov 2026")
    assert trend.rows[0][2] == trend.finding.removesuffix(" in the newest run")


def test_a_summary_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    kept(tmp_path, data.simple(data.all_pass), "20261122T101500Z-aaaa")
    (tmp_path / "20261123T101500Z-bbbb").mkdir()
    (tmp_path / "20261123T101500Z-bbbb" / "summary.json").write_text("{")
    assert len(listed(tmp_path).runs) == 1


def test_a_page_outside_its_run_is_not_linked(tmp_path: Path) -> None:
    for at, page in enumerate(("javascript:alert(1)", "../../x.html", "/etc/passwd", "")):
        kept(tmp_path, data.simple(data.all_pass), f"2026112{at}T101500Z-aaaa", page=page)
    assert {run.href for run in listed(tmp_path).runs} == {""}


def test_the_list_is_one_file_without_script_and_escapes_what_it_shows(tmp_path: Path) -> None:
    comparison = data.simple(data.all_pass, cases=[data.case("<img src=x>")])
    kept(tmp_path, comparison, "20261123T101500Z-bbbb")
    page = render_index(listed(tmp_path))
    assert "<script" not in page
    assert "<img" not in page
    assert re.findall('href="([^"#]*)"', page) == ["runs/20261123T101500Z-bbbb/report.html"] * 3


def test_without_a_run_there_is_a_list_that_says_so(tmp_path: Path) -> None:
    assert "No run yet" in render_index(listed(tmp_path))


def test_the_newest_page_is_a_link_and_the_heading_says_what_moved(tmp_path: Path) -> None:
    kept(tmp_path, data.simple(data.failing(0, 1), n_cases=20), "20261122T101500Z-aaaa")
    assert listed(tmp_path).moved == "Accuracy of each suite’s reference, run by run"
    kept(tmp_path, data.simple(data.failing(0), n_cases=20), "20261123T101500Z-bbbb")
    found = listed(tmp_path)
    assert found.href == "runs/20261123T101500Z-bbbb/report.html"
    assert found.moved == "Measured since the run before: arithmetic +5.0\xa0points (20 cases)"
    kept(tmp_path, data.simple(data.failing(1), n_cases=20), "20261124T101500Z-cccc")
    assert listed(tmp_path).moved == "Each suite’s accuracy is as in its run before"
