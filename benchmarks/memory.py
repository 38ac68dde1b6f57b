"""How much memory a large run takes: the peak of the process that replays it.

python -m benchmarks.memory                        # 1,000 cases, 100 samples each
python -m benchmarks.memory --cases 100 --samples 10
python -m benchmarks.memory --no-page              # judging alone
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import project
from evals.cassettes import Cassettes
from evals.model import Exchange, Recorded, Request, Response, Timing

TARGET_MB = 200
ANSWER = "The answer to the question of number {n}, in the words of sample {take}, is {n}."
MODEL = "gemini-3.1-pro-preview-customtools"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--no-page", action="store_true", help="write no page")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = project.suite(Path(name) / "p", options.cases, address="http://127.0.0.1:9/v1")
        recorded(folder, options.cases, options.samples)
        arguments = ["bench.eval.yaml", "--evals-repeat", str(options.samples)]
        seconds, megabytes = replay(folder, [*arguments, *["--evals-no-report"] * options.no_page])
    print(
        f"{options.cases:,} cases x {options.samples} samples: peak {megabytes:.0f} MB, "
        f"target {TARGET_MB} MB, {seconds:.1f} s"
    )
    return int(megabytes > TARGET_MB)


def recorded(folder: Path, cases: int, samples: int) -> None:
    """Recordings of every sample, each answer another."""
    store = Cassettes(folder / "cassettes" / "bench")
    for n in range(cases):
        content = f"Number {n}: say anything."
        body = {
            "model": MODEL,
            "messages": [{"role": "user", "content": content}],
            "temperature": 0,
            "max_tokens": 16,
        }
        for take in range(samples):
            store.write(exchange(body, n, take), replace=True)


def exchange(body: dict[str, object], n: int, take: int) -> Exchange:
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": ANSWER.format(n=n, take=take)},
        "finish_reason": "stop",
    }
    usage = {"prompt_tokens": 12, "completion_tokens": 21, "total_tokens": 33}
    return Exchange(
        request=Request(endpoint="standin", body=body, take=take),
        response=Response(
            status=200,
            headers={"content-type": "application/json"},
            body={"id": f"x{n}-{take}", "choices": [choice], "model": MODEL, "usage": usage},
        ),
        timing=Timing(latency_s=0.2 + take / 1000, in_flight=8),
        recorded=Recorded(
            at="2026-11-23T10:00:00Z", by="benchmarks", base_url="http://127.0.0.1:9/v1"
        ),
    )


def replay(folder: Path, arguments: list[str]) -> tuple[float, float]:
    """Seconds, and the peak of the resident memory in MB, of a replay."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "evals.plugin"]
    begun = time.perf_counter()
    done = subprocess.run(
        [*command, *arguments],
        cwd=folder,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stdout[-3000:] + done.stderr[-3000:])
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return time.perf_counter() - begun, peak / (1024 if sys.platform != "darwin" else 1024**2)


if __name__ == "__main__":
    sys.exit(main())
