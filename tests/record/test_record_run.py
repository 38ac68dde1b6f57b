"""Runs on disk: what was written is read, whatever happened in between."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.errors import RunError
from evals.model import Manifest, TrialResult
from evals.record import Journal, Lines, Run, find, new_id, point_latest, write_manifest
from evals.record.journal import read_at
from evals.write import Secrets


def trial(sample=0, **changes):
    values = {
        "suite": "s", "case": "c", "prompt": "p", "setting": "d", "column": "d",
        "sample": sample, "outcome": "pass", "passed": 1, "score": 1.0,
    }  # fmt: skip
    return TrialResult(**{**values, **changes})


def manifest(run_id="20261123T101500Z-abcd", **changes):
    values = {
        "format": 1, "id": run_id, "mode": "replay", "started": "2026-11-23T10:15:00Z",
        "ended": None, "complete": False,
    }  # fmt: skip
    return Manifest(**{**values, **changes})


def test_lines_are_on_disk_before_the_journal_is_closed(tmp_path):
    journal = Journal(tmp_path / "trials-0.jsonl")
    journal.append(trial())
    assert list(Lines([tmp_path / "trials-0.jsonl"], TrialResult)) == [trial()]
    journal.close()


def test_a_journal_that_wrote_nothing_makes_no_file(tmp_path):
    Journal(tmp_path / "trials-0.jsonl").close()
    assert not list(tmp_path.iterdir())


def test_a_line_is_read_at_its_place(tmp_path):
    journal = Journal(tmp_path / "j")
    spots = [journal.append(trial(sample)) for sample in range(3)]
    assert b'"sample":1' in read_at(spots[1])
    journal.close()


@given(cut=st.integers(0, 2000))
def test_any_prefix_of_a_journal_is_read(tmp_path_factory, cut):
    path = tmp_path_factory.mktemp("prefix") / "trials-0.jsonl"
    journal = Journal(path)
    lines = [trial(sample) for sample in range(3)]
    for line in lines:
        journal.append(line)
    journal.close()
    data = path.read_bytes()
    path.write_bytes(data[:cut])
    read = Lines([path], TrialResult)
    found = list(read)
    assert found == lines[: len(found)]
    assert len(found) >= data[:cut].count(b"\n")
    assert read.damaged == []


def test_a_damaged_line_in_the_middle_is_named_and_skipped(tmp_path):
    path = tmp_path / "trials-0.jsonl"
    journal = Journal(path)
    for sample in range(3):
        journal.append(trial(sample))
    journal.close()
    first, _, third = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + b'{"suite": oops}\n' + third)
    lines = Lines([path], TrialResult)
    assert [line.sample for line in lines] == [0, 2]
    assert len(lines.damaged) == 1
    assert lines.damaged[0].startswith(f"{path}:2:")


def test_lone_surrogates_of_an_answer_survive(tmp_path):
    path = tmp_path / "trials-0.jsonl"
    journal = Journal(path)
    journal.append(trial(vars={"text": "\ud83d"}))
    journal.close()
    assert b"\\ud83d" in path.read_bytes()


def test_a_secret_is_never_journaled(tmp_path):
    journal = Journal(tmp_path / "j", secrets=Secrets({"KEY": "sk-evo-very-secret"}))
    journal.append(trial(vars={"text": "sk-evo-very-secret"}))
    journal.close()
    assert b"very-secret" not in (tmp_path / "j").read_bytes()
    assert b"[secret:KEY]" in (tmp_path / "j").read_bytes()


def test_ids_sort_by_time():
    earlier = new_id(datetime(2026, 11, 23, 10, 15, tzinfo=UTC))
    later = new_id(datetime(2026, 11, 23, 10, 16, tzinfo=UTC))
    assert earlier.startswith("20261123T101500Z-")
    assert len(earlier) == len("20261123T101500Z-k3f9")
    assert earlier < later


def test_a_run_is_found_by_id_by_latest_and_by_path(tmp_path):
    runs = tmp_path / "runs"
    for run_id in ("20261123T101500Z-aaaa", "20261123T101600Z-bbbb"):
        write_manifest(runs / run_id, manifest(run_id), secrets=Secrets())
        point_latest(runs, run_id)
    assert find("latest", runs=runs).manifest.id == "20261123T101600Z-bbbb"
    assert find("20261123T101500Z-aaaa", runs=runs).manifest.id == "20261123T101500Z-aaaa"
    by_path = find(str(runs / "20261123T101500Z-aaaa"), runs=tmp_path)
    assert by_path.manifest.id == "20261123T101500Z-aaaa"


def test_latest_may_be_a_text_file(tmp_path):
    write_manifest(tmp_path / "20261123T101500Z-aaaa", manifest(), secrets=Secrets())
    (tmp_path / "latest").write_text("20261123T101500Z-aaaa\n")
    assert find("latest", runs=tmp_path).manifest.mode == "replay"


@pytest.mark.parametrize("said", [b"\xff\xfe", b"a\0b", b"../../etc", b"x" * 1_000, b""])
def test_a_latest_that_holds_no_id_names_no_run(tmp_path, said):
    (tmp_path / "latest").write_bytes(said)
    with pytest.raises(RunError, match="There is no run 'latest'"):
        find("latest", runs=tmp_path)


def test_a_folder_without_a_run_is_not_offered(tmp_path):
    (tmp_path / "20261123T101500Z-aaaa").mkdir()
    with pytest.raises(RunError) as caught:
        find("latest", runs=tmp_path)
    assert caught.value.remedy == "No run was recorded yet."


def test_a_missing_run_names_those_there_are(tmp_path):
    write_manifest(tmp_path / "20261123T101500Z-aaaa", manifest(), secrets=Secrets())
    with pytest.raises(RunError, match="20261123T101500Z-aaaa"):
        find("20261123T999999Z-zzzz", runs=tmp_path)


def test_a_run_without_a_manifest_names_the_command_that_lists_runs(tmp_path):
    with pytest.raises(RunError) as caught:
        Run(tmp_path).manifest  # noqa: B018 # read lazily
    assert "evals show --list" in (caught.value.remedy or "")


def test_a_manifest_of_another_format_is_refused(tmp_path):
    write_manifest(tmp_path, manifest(format=2), secrets=Secrets())
    with pytest.raises(RunError, match="format 2"):
        Run(tmp_path).manifest  # noqa: B018 # read lazily


def test_a_damaged_manifest_is_named(tmp_path):
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(RunError, match="damaged"):
        Run(tmp_path).manifest  # noqa: B018 # read lazily
