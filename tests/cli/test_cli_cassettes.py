"""`evals cassettes`: recordings listed, shown, verified and pruned."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from evals.cassettes import Cassettes
from evals.cli.recording import complete
from tests.cli import cli_projects


def folder(project: Path, suite: str = "sums") -> Path:
    return project / "suites" / "cassettes" / suite


def edit(project: Path, old: str, new: str, *, suite: str = "sums") -> None:
    path = project / "suites" / f"{suite}.eval.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def of_case(project: Path, asker: str) -> Path:
    """The one recording of a cell."""
    (path,) = (
        path
        for path, exchange in Cassettes(folder(project)).all()
        if exchange.recorded.for_ == asker
    )
    return path


# ------------------------------------------------------------------------------- list


def test_a_list_counts_what_is_recorded(call, recorded) -> None:
    called = call("cassettes", "list")
    assert called.code == 0, called.err
    head, row = called.out.splitlines()
    assert head.split()[:3] == ["SUITE", "RECORDINGS", "SIZE"]
    cells = row.split()
    assert cells[:2] == ["suites/sums.eval.yaml", "8"]
    assert cells[4:6] == ["2026-11-23", "2026-11-23"]
    assert cells[6:] == ["0", "0", "0", "0", "small-model"]


def test_a_list_counts_what_is_missing_outdated_unused_and_damaged(call, recorded) -> None:
    edit(recorded, "{a: 20, b: 22}", "{a: 21, b: 21}")
    edit(recorded, "misses: allowed", "misses: allowed\nlimits: {max_age: 1s}")
    of_case(recorded, "small[greedy]").write_text("{}")
    (listed,) = json.loads(call("cassettes", "list", "--format", "json").out)["suites"]
    counts = [listed[key] for key in ("recordings", "missing", "outdated", "unused", "damaged")]
    assert counts == [8, 2, 5, 2, 1]
    assert listed["models"] == {"small-model": 7}


def test_a_folder_of_no_suite_is_listed(call, recorded) -> None:
    folder(recorded).rename(folder(recorded, "gone"))
    called = call("cassettes", "list")
    assert "suites/cassettes/gone (of no suite)" in called.out
    one = call("cassettes", "list", "suites/sums.eval.yaml")
    assert "gone" in one.out, "the only suite beside it was looked at"


# ------------------------------------------------------------------------------- show


def test_a_recording_is_shown_by_the_beginning_of_its_key(call, recorded) -> None:
    path = of_case(recorded, "large[warm]")
    called = call("cassettes", "show", path.name[:10])
    assert called.code == 0, called.err
    lines = called.out.splitlines()
    assert lines[0] == f"suites/cassettes/sums/{path.name}"
    assert "  for       large[warm], take 0" in lines
    assert "  recorded  2026-11-23T10:00:00Z by a test" in lines
    assert "    temperature: 0.8" in lines
    assert lines[lines.index("    user:") + 1] == "      20 + 22 ="
    assert lines[lines.index("    choice (stop):") + 1] == "      42"
    assert any("9 tokens prompt, 2 tokens completion" in line for line in lines)


def test_a_case_is_shown_with_all_its_samples(call, recorded) -> None:
    edit(recorded, "misses: allowed", "misses: allowed\nrepeat: 3")
    cli_projects.record(recorded / "suites" / "sums.eval.yaml", cli_projects.add)
    node = "suites/sums.eval.yaml::small[greedy]"
    called = call("cassettes", "show", node)
    assert [line for line in called.out.splitlines() if "for  " in line] == [
        f"  for       small[greedy], take {take}" for take in range(3)
    ]
    assert call("cassettes", "show", node, "--take", "2").out.count("request\n") == 1


def test_what_cannot_be_shown_is_said(call, recorded) -> None:
    called = call("cassettes", "show", "suites/sums.eval.yaml::smal[greedy]")
    assert (called.code, 'Did you mean "small[greedy]"?' in called.err) == (4, True)
    called = call("cassettes", "show", "zzzz")
    assert (called.code, "is no key, no file and no node id" in called.err) == (4, True)
    called = call("cassettes", "show", "0000000000")
    assert (called.code, "Nothing is recorded for 0000000000" in called.err) == (4, True)
    edit(recorded, "}} =", "}} equals")
    called = call("cassettes", "show", "suites/sums.eval.yaml::small[greedy]")
    assert (called.code, "Nothing is recorded for" in called.err) == (4, True)


def test_a_damaged_recording_is_not_shown(call, recorded) -> None:
    path = of_case(recorded, "small[greedy]")
    path.write_bytes(path.read_bytes().replace(b'"3"', b'"4"'))
    called = call("cassettes", "show", path)
    assert called.code == 6
    assert f"suites/cassettes/sums/{path.name}: the recording is damaged" in called.err


def test_control_characters_of_an_answer_are_made_visible(call, recorded) -> None:
    cli_projects.record(recorded / "suites" / "sums.eval.yaml", lambda body: "\x1b[2Jgone")
    called = call("cassettes", "show", "suites/sums.eval.yaml::small[greedy]")
    assert "\x1b" not in called.out
    assert "[ESC][2Jgone" in called.out


def test_keys_are_completed(recorded) -> None:
    path = of_case(recorded, "small[greedy]")
    assert path.stem in [item.value for item in complete(None, None, path.name[:3])]


# ------------------------------------------------------------------------------- verify


def test_good_recordings_are_verified(call, recorded) -> None:
    called = call("cassettes", "verify")
    assert (called.code, called.out) == (0, "8 recordings: none damaged\n")
    assert call("cassettes", "verify", "suites/sums.eval.yaml").out == called.out


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda data: data[:-30], "its content does not match its checksum"),
        (lambda data: data.replace(b'"3"', b'"4"'), "its content does not match its checksum"),
        (lambda data: b"", "its content does not match its checksum"),
    ],
    ids=["cut", "edited", "empty"],
)
def test_damage_is_named_with_its_file_and_the_remedy(call, recorded, damage, said) -> None:
    path = of_case(recorded, "small[greedy]")
    path.write_bytes(damage(path.read_bytes()))
    called = call("cassettes", "verify")
    assert called.code == 6
    assert f"suites/cassettes/sums/{path.name}: {said}" in called.out
    assert "--evals-mode refresh" in called.out
    assert "8 recordings: 1 damaged" in called.out


def test_a_recording_under_another_key_or_take_is_damage(call, recorded) -> None:
    path = of_case(recorded, "small[greedy]")
    path.rename(path.with_name("0" * 32 + ".0.json"))
    assert f"its request has the key {path.name[:32]}" in call("cassettes", "verify").out
    path.with_name("0" * 32 + ".0.json").rename(path.with_name(path.name[:32] + ".7.json"))
    called = call("cassettes", "verify")
    assert (called.code, "its name says take 7, its content take 0" in called.out) == (6, True)


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such files")
@pytest.mark.parametrize(
    ("make", "said"),
    [
        (os.mkfifo if sys.platform != "win32" else None, "it is no regular file"),
        (lambda path: path.symlink_to("/dev/zero"), "it is a link"),
    ],
    ids=["pipe", "link"],
)
def test_what_is_no_file_is_not_read(call, recorded, make, said) -> None:
    path = of_case(recorded, "small[greedy]")
    path.unlink()
    make(path)
    called = call("cassettes", "verify")
    assert called.code == 6
    assert f"{path.name}: it cannot be read: {said}" in called.out


def test_an_orphaned_folder_is_verified_too(call, recorded) -> None:
    folder(recorded).rename(folder(recorded, "gone"))
    assert call("cassettes", "verify").out == "8 recordings: none damaged\n"


# ------------------------------------------------------------------------------- prune


def test_what_nothing_asks_for_is_shown_and_removed_only_when_wanted(call, recorded) -> None:
    edit(recorded, "{a: 20, b: 22}", "{a: 21, b: 21}")
    stale = {of_case(recorded, f"large[{column}]").name for column in ("greedy", "warm")}
    called = call("cassettes", "prune")
    assert called.code == 0
    assert all(name in called.out for name in stale)
    assert "2 recordings unused. Remove them: --write" in called.out
    assert len(list(folder(recorded).iterdir())) == 8
    called = call("cassettes", "prune", "--write")
    assert "2 recordings removed." in called.out
    left = {path.name for path in folder(recorded).iterdir()}
    assert len(left) == 6
    assert not left & stale
    assert call("cassettes", "prune").out == "Nothing is unused.\n"


def test_a_suite_with_mistakes_keeps_its_recordings_and_those_beside(call, recorded) -> None:
    cli_projects.write_sums(recorded, name="more")
    folder(recorded).rename(folder(recorded, "gone"))
    edit(recorded, "misses:", "mises:", suite="more")
    called = call("cassettes", "prune", "--write")
    assert called.code == 4
    assert "more.eval.yaml:" in called.err
    assert len(list(folder(recorded, "more").iterdir())) == 8
    assert len(list(folder(recorded, "gone").iterdir())) == 8, "it may be of the broken suite"


def test_a_folder_of_no_suite_is_removed_with_its_recordings(call, recorded) -> None:
    cli_projects.write_sums(recorded, name="more")
    folder(recorded).rename(folder(recorded, "gone"))
    call("cassettes", "prune", "suites/more.eval.yaml", "--write")
    assert folder(recorded, "gone").exists(), "the suite beside was not looked at"
    called = call("cassettes", "prune", "--write")
    assert "8 recordings removed." in called.out
    assert not folder(recorded, "gone").exists()
    assert len(list(folder(recorded, "more").iterdir())) == 8


def test_only_recordings_are_removed(call, recorded) -> None:
    folder(recorded).rename(folder(recorded, "gone"))
    notes = folder(recorded, "gone") / "notes.json"
    notes.write_text("{}")
    call("cassettes", "prune", "--write")
    assert [path.name for path in notes.parent.iterdir()] == ["notes.json"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_folder_that_is_a_link_is_left_alone(call, recorded, tmp_path) -> None:
    elsewhere = tmp_path / "elsewhere"
    folder(recorded).rename(elsewhere)
    os.symlink(elsewhere, folder(recorded), target_is_directory=True)
    edit(recorded, "{a: 20, b: 22}", "{a: 21, b: 21}")
    called = call("cassettes", "prune", "--write")
    assert "suites/cassettes/sums is reached by a link that leads out" in called.err
    assert len(list(elsewhere.iterdir())) == 8


def test_recordings_elsewhere_are_pruned_only_with_every_suite_in_view(call, recorded) -> None:
    with (recorded / "pyproject.toml").open("a") as file:
        file.write('cassettes = "kept"\n')
    folder(recorded).parent.rename(recorded / "kept")
    (recorded / "kept" / "sums").rename(recorded / "kept" / "gone")
    (recorded / "other").mkdir()
    (recorded / "other" / "gone.eval.yaml").write_text(cli_projects.SUMS)
    call("cassettes", "prune", "suites", "--write")
    assert len(list((recorded / "kept" / "gone").iterdir())) == 8
    called = call("cassettes", "list")
    assert "other/gone.eval.yaml" in called.out
    assert "of no suite" not in called.out
