"""Journals and recordings cut off or flipped anywhere, grouped syncing, and two writers at once."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.cassettes import Cassettes
from evals.cassettes.recording import Recording
from evals.cassettes.store import decode, encode
from evals.errors import DamagedFile, DiskError
from evals.model import Exchange, Recorded, Request, Response, Timing
from evals.record import Journal
from evals.record.answers import Answers
from evals.record.grouped import Grouped
from evals.write import Secrets, publish, remove_leftovers

NAMES = [("s", f"{n:032x}", n) for n in range(2)]


def exchange(take=0, text="5"):
    body = {"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}
    return Exchange(
        request=Request(endpoint="local", body={"model": "m", "n": take}, take=take, asker="a[b]"),
        response=Response(status=200, body=body),
        timing=Timing(latency_s=0.1),
        recorded=Recorded(at="2026-11-23T10:00:00Z", by="test", base_url="http://x"),
    )


def journal_of(path, texts):
    answers = Answers(path, secrets=Secrets())
    for (suite, key, take), text in zip(NAMES, texts, strict=False):
        answers.add(suite, key, exchange(take, text))
    answers.close()
    return path.read_bytes()


def found(path, folder):
    """What a run that goes on finds in an earlier journal."""
    answers = Answers(folder / "answers-1.jsonl", secrets=Secrets(), earlier=[path])
    read = [
        answers.read(suite, key, exchange(take).request) if answers.has(suite, key, take) else None
        for suite, key, take in NAMES
    ]
    return [each and each.response.body["choices"][0]["message"]["content"] for each in read]


def test_a_journal_cut_at_any_byte_gives_the_answers_before_the_cut(tmp_path):
    path = tmp_path / "answers-0.jsonl"
    data = journal_of(path, "ab")
    ends = [n for n, byte in enumerate(data) if byte == ord("\n")]
    for cut in range(len(data) + 1):
        path.write_bytes(data[:cut])
        whole = sum(end <= cut for end in ends)
        assert found(path, tmp_path) == [*"ab"[:whole], *[None] * (2 - whole)], cut


@given(texts=st.lists(st.text(), min_size=1, max_size=2), share=st.floats(0, 1))
def test_any_prefix_of_any_journal_gives_a_prefix_of_its_answers(tmp_path_factory, texts, share):
    folder = tmp_path_factory.mktemp("prefix")
    path = folder / "answers-0.jsonl"
    data = journal_of(path, texts)
    path.write_bytes(data[: int(share * len(data))])
    read = [each for each in found(path, folder) if each is not None]
    assert read == texts[: len(read)]


def test_a_recording_cut_or_flipped_at_any_byte_is_damaged_and_never_another_answer(tmp_path):
    store = Cassettes(tmp_path)
    data = encode(exchange(), secrets=Secrets())
    path = store.path(exchange().request)
    for place in range(len(data)):
        for spoilt in (data[:place], data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :]):
            path.write_bytes(spoilt)
            with pytest.raises(DamagedFile) as caught:
                store.read(exchange().request)
            assert str(path) in caught.value.message
    path.write_bytes(data)
    assert store.read(exchange().request).response.body == exchange().response.body


def test_an_answer_is_never_read_from_a_place_where_another_stands(tmp_path):
    path = tmp_path / "answers-0.jsonl"
    data = journal_of(path, "ab")
    answers = Answers(tmp_path / "answers-1.jsonl", secrets=Secrets(), earlier=[path])
    first, second = data.splitlines(keepends=True)
    path.write_bytes(second + first)
    with pytest.raises(DamagedFile, match="is not what was written"):
        answers.read(*NAMES[0][:2], exchange(0).request)


def test_what_comes_together_is_synced_together_and_256_at_once():
    rounds = []

    async def main():
        grouped = Grouped(lambda items: rounds.append(len(items)))
        await asyncio.gather(*(grouped.done(n) for n in range(300)))

    asyncio.run(main())
    assert rounds[0] in (256, 300)
    assert sum(rounds) == 300
    assert len(rounds) <= 2


def test_who_waits_for_a_sync_that_fails_hears_of_it():
    def work(items):
        raise DiskError("cannot")

    async def main():
        grouped = Grouped(work)
        return await asyncio.gather(*map(grouped.done, range(3)), return_exceptions=True)

    assert [type(each) for each in asyncio.run(main())] == [DiskError] * 3


def test_who_no_longer_waits_for_a_sync_keeps_no_other_from_it():
    synced = []

    async def main():
        grouped = Grouped(synced.extend)
        waiting = [asyncio.create_task(grouped.done(n)) for n in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        return await asyncio.gather(*waiting, return_exceptions=True)

    ends = asyncio.run(main())
    assert [type(each) for each in ends] == [asyncio.CancelledError, type(None), type(None)]
    assert synced == [0, 1, 2]


def test_lines_are_synced_in_groups_and_again_at_the_end(tmp_path, monkeypatch):
    calls = []
    name = "fdatasync" if hasattr(os, "fdatasync") else "fsync"
    real = getattr(os, name)
    monkeypatch.setattr(os, name, lambda file: (calls.append(file), real(file)))
    answers = Answers(tmp_path / "answers-0.jsonl", secrets=Secrets())

    async def add(number):
        answers.add("s", f"{number:032x}", exchange(number))
        await answers.durable()

    async def main():
        await asyncio.gather(*map(add, range(100)))

    asyncio.run(main())
    assert len(calls) == 1
    answers.add("s", "f" * 32, exchange())
    answers.close()
    assert len(calls) == 2


def test_an_answer_is_given_out_once_it_and_its_name_are_on_the_disk(tmp_path, monkeypatch):
    synced = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (synced.append(os.fstat(file)), real(file)))

    class Says:
        async def complete(self, request, /):
            return exchange(request.take)

    store = Cassettes(tmp_path)
    asked = exchange().request
    asyncio.run(Recording(Says(), store, refresh=False).complete(asked))
    inodes = {each.st_ino for each in synced}
    assert store.path(asked).stat().st_ino in inodes
    assert os.name == "nt" or tmp_path.stat().st_ino in inodes


def test_a_line_that_could_not_be_written_leaves_no_part_of_it(tmp_path, monkeypatch):
    journal = Journal(tmp_path / "j")
    journal.append(exchange().timing)
    real, whole = os.write, (tmp_path / "j").read_bytes()

    def full(file, data):
        if len(data) < 8:
            raise OSError(28, "No space left on device")
        return real(file, bytes(data)[: len(data) // 2])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(DiskError, match="No space left on device") as caught:
        journal.append(exchange().timing)
    monkeypatch.undo()
    assert caught.value.remedy == "Make room on that file system."
    assert (tmp_path / "j").read_bytes() == whole
    journal.append(exchange().timing)
    journal.close()
    assert (tmp_path / "j").read_bytes() == whole * 2


def test_what_killed_writers_left_is_removed_and_what_lives_is_not(tmp_path):
    old, new = tmp_path / ".a.json.1.tmp", tmp_path / ".b.json.2.tmp"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    remove_leftovers(tmp_path, older_than_s=600)
    assert [path.name for path in tmp_path.iterdir()] == [new.name]


RECORDER = """
import sys
from pathlib import Path
import msgspec
from evals.cassettes.store import Cassettes, decode
store = Cassettes(Path(sys.argv[1]))
whole = decode("", Path(sys.argv[2]).read_bytes(), None)
for take in range(60):
    asked = msgspec.structs.replace(whole.request, take=take)
    store.write(msgspec.structs.replace(whole, request=asked), replace=sys.argv[3] == "replace")
"""


@pytest.mark.parametrize("way", ["keep", "replace"])
def test_two_processes_that_record_the_same_leave_whole_answers_of_one_of_them(tmp_path, way):
    folder, texts = tmp_path / "cassettes", ("x" * 2000, "y" * 2000)
    for text in texts:
        (tmp_path / text[0]).write_bytes(encode(exchange(0, text), secrets=Secrets()))
    processes = [
        subprocess.Popen([sys.executable, "-c", RECORDER, folder, tmp_path / text[0], way])
        for text in texts
    ]
    assert [process.wait(timeout=120) for process in processes] == [0, 0]
    paths = sorted(folder.iterdir())
    assert len(paths) == 60
    for path in paths:
        body = decode(path, path.read_bytes(), None).response.body
        assert body["choices"][0]["message"]["content"] in texts


def test_a_reader_sees_the_old_or_the_new_file_and_nothing_else(tmp_path):
    path = tmp_path / "x"
    publish(path, b"0" * 100_000, replace=True)
    ended = threading.Event()

    def write():
        for number in range(100):
            publish(path, bytes([48 + number % 10]) * 100_000, replace=True)
        ended.set()

    thread = threading.Thread(target=write)
    thread.start()
    while not ended.is_set():
        data = path.read_bytes()
        assert len(data) == 100_000
        assert len(set(data)) == 1
    thread.join()
