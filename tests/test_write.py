"""What is written is whole, holds no secret, and moves no cursor."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.write import publish, visible


def test_publish_makes_the_folder_and_the_file(tmp_path):
    assert publish(tmp_path / "a" / "b.txt", b"one", replace=False)
    assert (tmp_path / "a" / "b.txt").read_bytes() == b"one"


def test_publish_without_replace_keeps_what_is_there(tmp_path):
    publish(tmp_path / "x", b"old", replace=False)
    assert not publish(tmp_path / "x", b"new", replace=False)
    assert (tmp_path / "x").read_bytes() == b"old"


def test_publish_with_replace_replaces(tmp_path):
    publish(tmp_path / "x", b"old", replace=True)
    assert publish(tmp_path / "x", b"new", replace=True)
    assert (tmp_path / "x").read_bytes() == b"new"


def test_publish_leaves_no_temporary_file(tmp_path):
    publish(tmp_path / "x", b"1", replace=False)
    publish(tmp_path / "x", b"2", replace=False)
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_of_many_writers_exactly_one_wins_with_a_whole_file(tmp_path):
    target = tmp_path / "x"
    won: list[bytes] = []

    def write(content: bytes) -> None:
        if publish(target, content, replace=False):
            won.append(content)

    threads = [threading.Thread(target=write, args=(bytes([i]) * 10_000,)) for i in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert target.read_bytes() == won[0]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\n\ttext", "plain\n\ttext"),
        ("\x1b[31mred", "[ESC][31mred"),
        ("a\u202eb", "a[U+202E]b"),
        ("a\r\nb\rc", "a\nb[CR]c"),
        ("\x00\x9b", "[NUL][CSI]"),
        ("\ud800", "[U+D800]"),
        ("line\u2028separator", "line[U+2028]separator"),
    ],
)
def test_control_and_bidirectional_characters_are_shown_as_labels(text, shown):
    assert visible(text) == shown


@given(st.text())
def test_visible_text_can_always_be_encoded_and_moves_no_cursor(text):
    safe = visible(text)
    safe.encode()
    assert not any(ord(c) < 32 and c not in "\n\t" for c in safe)
    assert visible(safe) == safe
