"""Files of others are read whole, up to a limit, whatever size they tell."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from evals.reading import read_file


@pytest.mark.parametrize("size", [0, 1, 9, 10])
def test_a_file_up_to_the_limit_is_read_whole(tmp_path: Path, size: int) -> None:
    (tmp_path / "file").write_bytes(b"x" * size)
    assert read_file(tmp_path / "file", limit=10) == b"x" * size


@pytest.mark.parametrize("size", [11, 5_000])
def test_a_file_beyond_the_limit_is_refused(tmp_path: Path, size: int) -> None:
    (tmp_path / "file").write_bytes(b"x" * size)
    with pytest.raises(OSError, match="it is larger than 0 MB, the limit"):
        read_file(tmp_path / "file", limit=10)


@pytest.mark.skipif(sys.platform != "linux", reason="files that tell no size are Linux's")
def test_a_file_that_tells_no_size_is_read_whole() -> None:
    assert Path("/proc/self/cmdline").stat().st_size == 0
    assert read_file("/proc/self/cmdline").endswith(b"\0")


def test_what_is_read_leaves_no_descriptor_open(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 20)
    first = os.open(tmp_path / "file", os.O_RDONLY)
    os.close(first)
    read_file(tmp_path / "file")
    with pytest.raises(OSError, match="larger"):
        read_file(tmp_path / "file", limit=10)
    again = os.open(tmp_path / "file", os.O_RDONLY)
    os.close(again)
    assert again == first
