"""Measure everything and print the ratios.

python -m benchmarks            # 1,000 cases, best of five
python -m benchmarks --quick    # 300 cases, best of two: whether it runs at all
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import project
from benchmarks.measure import Command, Result, best

ROOT = Path(__file__).resolve().parent.parent
# Left are the plugins that an installation of this package brings: itself, and anyio by httpx.
QUIET = ("xdist", "hypothesispytest")
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider")
PYTEST += tuple(part for name in QUIET for part in ("-p", f"no:{name}"))
WITHOUT = ("-p", "no:evals")
LATENCY_S = 0.2
IN_FLIGHT = 64


@contextmanager
def server(latency_s: float) -> Iterator[str]:
    """The strict stand-in as a process of its own; gives its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.evolink_server", "--latency", str(latency_s)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


def main() -> int:
    parser = argparse.ArgumentParser(description="Ratios against floors measured in the same run.")
    parser.add_argument("--quick", action="store_true", help="few cases, few rounds")
    options = parser.parse_args()
    cases, rounds = (300, 2) if options.quick else (1000, 5)
    env = {**os.environ, "EVOLINK_API_KEY": "sk-evo-benchmark-key"}
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # modules are compiled once, not each time
    with tempfile.TemporaryDirectory() as folder, server(LATENCY_S) as slow, server(0) as fast:
        results = measure(Path(folder), cases, rounds, env, slow=slow, fast=fast)
    print(f"{cases:,} cases, best of {rounds}, interleaved")
    for result in results:
        print(result)
    over = [result for result in results if result.value > result.target]
    return 0 if options.quick else len(over)


def measure(
    folder: Path, cases: int, rounds: int, env: dict[str, str], *, slow: str, fast: str
) -> list[Result]:
    """All figures; each pair of commands runs in turn."""
    floor = Command((*PYTEST, *WITHOUT, "items.floor"), project.floor(folder / "floor", cases), env)
    replayed = project.suite(folder / "replay", cases, address=fast)
    asked = project.suite(folder / "live", cases, address=slow)
    live = ("--evals-mode", "live", "--evals-concurrency", str(IN_FLIGHT))
    Command((*PYTEST, "--evals-mode", "record", "."), replayed, env).seconds()
    times = best(
        {
            "floor": floor,
            "replay": Command((*PYTEST, "bench.eval.yaml"), replayed, env),
            "live": Command((*PYTEST, *live, "bench.eval.yaml"), asked, env),
            "aiohttp": Command(("-c", "import aiohttp"), folder, env),
            "python": Command(("-c", "pass"), folder, env),
            "help": Command(("-c", 'from evals.cli import main; main(["--help"])'), folder, env),
        },
        rounds=rounds,
    )
    plain = project.empty(folder / "plain")
    start = best(
        {
            "without": Command((*PYTEST, *WITHOUT, "test_one.py"), plain, env),
            "with": Command((*PYTEST, "test_one.py"), plain, env),
        },
        rounds=8 * rounds,
    )
    import_aiohttp = times["aiohttp"] - times["python"]
    ideal = cases * LATENCY_S / IN_FLIGHT
    return [
        Result(f"replay of {cases:,} cases / pytest items", times["replay"], times["floor"], 2.5),
        Result(
            f"live, {LATENCY_S * 1000:.0f} ms, {IN_FLIGHT} in flight",
            times["live"],
            ideal + times["floor"] + import_aiohttp,
            1.6,
        ),
        Result("session without suites", start["with"], start["without"], 10, difference=True),
        Result(
            "evals --help / python -c pass", times["help"], times["python"], 150, difference=True
        ),
    ]


if __name__ == "__main__":
    sys.exit(main())
