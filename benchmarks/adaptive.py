"""How many samples adaptive cases take, and whether they end as all `max` samples would have.

    python -m benchmarks.adaptive [--cases 2000] [--min 3] [--max 20] [--limit 0.8]

Cases of a known pass rate are simulated with a fixed seed.
"""

from __future__ import annotations

import argparse
from random import Random

from evals.model import Repeat
from evals.suite.adaptive import wanted

RATES = (0.0, 0.2, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0)


def taken(outcomes: list[bool], repeat: Repeat, limit: float) -> int:
    """How many of a case's `max` outcomes are asked for."""
    n = 0
    while more := wanted(repeat, limit, sum(outcomes[:n]), n - sum(outcomes[:n])):
        n += more
    return n


def line(random: Random, rate: float, *, cases: int, repeat: Repeat, limit: float) -> str:
    samples = alike = 0
    share = 0.0
    for _ in range(cases):
        outcomes = [random.random() < rate for _ in range(repeat.samples)]
        n = taken(outcomes, repeat, limit)
        samples += n
        share += sum(outcomes[:n]) / n
        all_ = sum(outcomes) / repeat.samples >= limit
        alike += (sum(outcomes[:n]) / n >= limit) == all_
    means = f"{samples / cases:.1f} | {share / cases:.1%} | {alike / cases:.2%}"
    return f"| {rate:.0%} | {means} |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--min", type=int, default=3)
    parser.add_argument("--max", type=int, default=20)
    parser.add_argument("--limit", type=float, default=0.8)
    asked = parser.parse_args()
    repeat = Repeat(least=asked.min, samples=asked.max)
    random = Random(1)
    print("| true pass rate | samples taken | share measured | ends as all samples would |")
    print("| --- | --- | --- | --- |")
    for rate in RATES:
        print(line(random, rate, cases=asked.cases, repeat=repeat, limit=asked.limit))


if __name__ == "__main__":
    main()
