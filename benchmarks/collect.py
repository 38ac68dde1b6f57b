"""Collecting 100,000 cases from a CSV, beside pytest with as many trivial items.

python -m benchmarks.collect            # 100,000 cases, best of three
python -m benchmarks.collect --quick    # 10,000 cases, best of two: whether it runs at all

Both sides are whole processes that take turns: seconds on the clock and of the processor, and the
most memory that one had at once.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks import project
from benchmarks.__main__ import PYTEST, WITHOUT

TIME, MEMORY = 1.5, 1.3
COLLECT = ("--collect-only",)
NAME = "what-is-{n}-17-sums-50[default]"  # as long as the cases' names, which are the data's


class Used(NamedTuple):
    """What a process took."""

    seconds: float
    cpu_seconds: float
    megabytes: float


def suite(folder: Path, cases: int) -> Path:
    """A project with one suite, whose cases are the rows of a CSV."""
    folder.mkdir(parents=True)
    (folder / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    (folder / "bench.eval.yaml").write_text(
        'prompts: ["{{ question }} Answer with the number only."]\n'
        "parameters: {temperature: 0, max_tokens: 16}\n"
        "tests:\n"
        "  - {file: sums.csv, assert: [{type: number, value: '{{ expected }}'}]}\n"
    )
    with (folder / "sums.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["question", "topic", "expected"])
        for n in range(cases):
            writer.writerow([f"What is {n} + 17?", f"sums {n % 50}", n + 17])
    return folder


def used(arguments: Sequence[str], folder: Path) -> Used:
    """Run a process to its end; its children count, too (there are none)."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    assert process.stderr is not None
    said = process.stderr.read().decode()
    process.stderr.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{arguments}: exit {process.returncode}\n{said[-3000:]}")
    scale = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
    return Used(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * scale / 1e6)


def measure(folder: Path, cases: int, rounds: int) -> dict[str, list[Used]]:
    """Both sides in turn."""
    items = project.floor(folder / "floor", cases, name=NAME)
    sides = {
        "pytest": ((*PYTEST, *COLLECT, *WITHOUT, "items.floor"), items),
        "evals": ((*PYTEST, *COLLECT, "bench.eval.yaml"), suite(folder / "suite", cases)),
    }
    found: dict[str, list[Used]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, (arguments, where) in sides.items():
            found[name].append(used(arguments, where))
    return found


def row(name: str, ours: float, floor: float, target: float, unit: str) -> str:
    mark = "ok  " if ours / floor <= target else "OVER"
    return (
        f"{mark} {name:<24} {ours / floor:5.2f} x   target {target:.1f} x   "
        f"measured {ours:7.2f} {unit}   floor {floor:7.2f} {unit}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="Collection of a large data file.")
    parser.add_argument("--quick", action="store_true", help="10,000 cases, best of two")
    options = parser.parse_args()
    cases, rounds = (10_000, 2) if options.quick else (100_000, 3)
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), cases, rounds)
    best = {name: Used(*map(min, zip(*each, strict=True))) for name, each in found.items()}
    floor, ours = best["pytest"], best["evals"]
    rows = [
        row("time", ours.seconds, floor.seconds, TIME, "s"),
        row("time of the processor", ours.cpu_seconds, floor.cpu_seconds, TIME, "s"),
        row("memory", ours.megabytes, floor.megabytes, MEMORY, "MB"),
    ]
    print(f"collecting {cases:,} cases from a CSV / pytest items, best of {rounds}, in turn")
    print("\n".join(rows))
    return 0 if options.quick else sum(text.startswith("OVER") for text in rows)


if __name__ == "__main__":
    sys.exit(main())
