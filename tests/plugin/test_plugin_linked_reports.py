"""`reports/` as a link to elsewhere: nothing is written through it, and nothing read."""

from __future__ import annotations

import os
import shutil
import sys

import pytest

from evals.cli import main

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")


def link(project, name, target):
    """Make `name` in the project a link to a folder, which is made; the folder."""
    target.mkdir(parents=True)
    path = project.path / name
    if path.is_symlink():
        path.unlink()
    shutil.rmtree(path, ignore_errors=True)
    path.parent.mkdir(exist_ok=True)
    os.symlink(target, path, target_is_directory=True)
    return target


@pytest.mark.parametrize("name", ["reports", "reports/runs"])
@pytest.mark.parametrize("inside", [True, False], ids=["inside", "outside"])
def test_a_run_is_refused_before_anything_is_written_or_asked(sums, tmp_path_factory, name, inside):
    folder = sums.path if inside else tmp_path_factory.mktemp("else")
    target = link(sums, name, folder / "there")
    shutil.rmtree(sums.path / "cassettes")
    done = sums.run("--evals-mode", "record")
    assert done.ret == 6
    said = done.stdout.str()
    assert f"{name} is a link" in said
    assert "Remove it" in said
    assert list(target.iterdir()) == []
    assert sums.asked == 0


def test_a_link_to_nowhere_is_told_as_one(sums, tmp_path):
    target = link(sums, "reports", tmp_path / "gone")
    target.rmdir()
    done = sums.run()
    assert done.ret == 6
    done.stdout.fnmatch_lines(["*reports is a link*"])
    assert not target.exists()


def test_pytest_is_told_of_an_interrupt_so_that_any_release_shows_why(sums, tmp_path):
    """With a code of a plugin's own, releases before 9.2 show none, and so no cause."""
    (sums.path / "conftest.py").write_text(
        "def pytest_sessionfinish(exitstatus):\n    print('pytest ends with', int(exitstatus))\n"
    )
    link(sums, "reports", tmp_path / "there")
    done = sums.run()
    assert done.ret == 6
    done.stdout.fnmatch_lines(["pytest ends with 2", "*reports is a link*"])


def test_workers_do_not_write_through_it_either(sums, tmp_path_factory):
    target = link(sums, "reports", tmp_path_factory.mktemp("else") / "there")
    done = sums.pytester.runpytest_subprocess("-n", "1")
    assert done.ret == 6
    assert "reports is a link" in done.stdout.str()
    assert list(target.iterdir()) == []


def test_replay_without_a_page_does_without_it(sums, tmp_path_factory):
    target = link(sums, "reports", tmp_path_factory.mktemp("else") / "there")
    done = sums.run("--evals-no-report")
    done.assert_outcomes(passed=1, failed=1)
    assert "this run is not kept" in done.stdout.str()
    assert list(target.iterdir()) == []


def test_latest_is_replaced_and_what_it_led_to_stays(sums, tmp_path_factory):
    target = link(sums, "reports/runs/latest", tmp_path_factory.mktemp("else") / "there")
    sums.run()
    assert list(target.iterdir()) == []
    newest = (sums.path / "reports/runs/latest").resolve()
    assert newest.parent == (sums.path / "reports/runs").resolve()


def test_the_list_of_runs_is_replaced_where_it_is_a_link(sums, tmp_path_factory):
    other = tmp_path_factory.mktemp("else") / "mine.html"
    other.write_text("mine")
    (sums.path / "reports/index.html").unlink(missing_ok=True)
    (sums.path / "reports/index.html").symlink_to(other)
    sums.run()
    assert other.read_text() == "mine"
    assert "sums" in (sums.path / "reports/index.html").read_text()


def test_what_a_link_leads_to_is_not_listed_with_the_runs(sums, tmp_path_factory):
    sums.run()
    summary = next((sums.path / "reports/runs").glob("2*/summary.json"))
    real = summary.parent
    moved = tmp_path_factory.mktemp("else") / "summary.json"
    summary.rename(moved)
    summary.symlink_to(moved)
    sums.run()
    assert real.name not in (sums.path / "reports/index.html").read_text()


@pytest.mark.parametrize("command", ["show", "report"])
def test_commands_refuse_runs_behind_it(sums, tmp_path_factory, monkeypatch, capsys, command):
    sums.run()
    moved = tmp_path_factory.mktemp("else") / "reports"
    (sums.path / "reports").rename(moved)
    (sums.path / "reports").symlink_to(moved)
    (moved / "index.html").unlink()
    monkeypatch.chdir(sums.path)
    assert main([command, "latest"]) == 4
    assert "reports is a link" in capsys.readouterr().err
    assert not (moved / "index.html").exists()
    assert main(["show", "--list"]) == 0
    assert "20" not in capsys.readouterr().out


def test_an_audit_of_an_endpoint_is_not_kept_behind_it(sums, tmp_path_factory, monkeypatch, capsys):
    target = link(sums, "reports", tmp_path_factory.mktemp("else") / "there")
    monkeypatch.chdir(sums.path)
    assert main(["audit", "endpoint", "standin"]) == 0
    shown = capsys.readouterr()
    assert "reachable" in shown.out
    assert "Kept" not in shown.out
    assert "Not kept for reports: reports is a link" in shown.err
    assert list(target.iterdir()) == []


def test_a_page_replaces_a_link_in_the_folder_of_a_run_and_does_not_follow_it(
    sums, tmp_path, monkeypatch
):
    sums.run()
    monkeypatch.chdir(sums.path)
    precious = tmp_path / "precious.txt"
    precious.write_text("mine")
    page = (sums.path / "reports/runs/latest").resolve() / "report.html"
    page.unlink()
    page.symlink_to(precious)
    assert main(["report", "latest"]) == 0
    assert precious.read_text() == "mine"
    assert page.read_text().startswith("<!doctype html>")
    assert not page.is_symlink()
