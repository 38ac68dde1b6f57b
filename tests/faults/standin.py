"""The strict stand-in as a process of its own: who forks must have no threads."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def standin() -> Iterator[str]:
    """Its address, while the context lasts."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.evolink_server"],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
