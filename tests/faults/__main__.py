"""The long forms of the tests against faults; the tests beside them are their short forms.

python -m tests.faults calls           # every call of the operating system fails in turn
python -m tests.faults kills           # 100 recordings are killed at random times
python -m tests.faults kills --mode live --times 30
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.faults import calls, kills
from tests.faults.standin import standin


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    every = commands.add_parser("calls", help="every call of the operating system fails in turn")
    every.add_argument("--only", choices=[each.name for each in calls.SCENARIOS])
    every.add_argument("--quick", action="store_true", help="one call of each sort")
    killing = commands.add_parser("kills", help="recordings are killed at random times")
    killing.add_argument("--times", type=int, default=100)
    killing.add_argument("--mode", choices=("record", "refresh", "live"), default="record")
    killing.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    os.environ["EVOLINK_API_KEY"] = "sk-evo-faults-0123456789"
    with tempfile.TemporaryDirectory() as folder:
        if options.command == "calls":
            return fail_every_call(Path(folder).resolve(), options.only, quick=options.quick)
        report = kills.Loop(Path(folder), mode=options.mode, seed=options.seed).run(options.times)
    print(report)
    return len(report.problems)


def fail_every_call(folder: Path, only: str | None, *, quick: bool) -> int:
    wrong = 0
    seen: set[tuple[str, str]] = set()
    with standin() as address:
        for scenario in calls.SCENARIOS:
            if only not in (None, scenario.name):
                continue
            begun = time.monotonic()
            loop = calls.Loop(scenario, folder, address)
            faults = loop.few(seen) if quick else loop.faults()
            ends: Counter[int] = Counter()
            for fault in faults:
                attempt = loop.attempt(fault)
                ends[attempt.status] += 1
                for problem in loop.problems(attempt, fault, again=not quick):
                    wrong += 1
                    print(f"{scenario.name}, {fault}, {attempt.failed[:1]}: {problem}", flush=True)
                loop.tidy()
            told = ", ".join(f"{n} × status {status}" for status, n in sorted(ends.items()))
            took = time.monotonic() - begun
            print(f"{scenario.name}: {len(faults)} faults: {told}; {took:.0f} s", flush=True)
    print(f"{wrong} problems")
    return wrong


if __name__ == "__main__":
    sys.exit(min(main(), 1))
