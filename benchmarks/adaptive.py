"""How many samples adaptive cases take, and whether they end as all `max` samples would have.

    python -m benchmarks.adaptive [--cases 2000] [--min 3] [--max 20] [--limit 0.8]

Cases of a known pass rate are simulated with a fixed seed. With `--gates`: how often a gate against
a baseline shows a drop with nothing changed, where the baseline was sampled by the same rule or a
fixed number, of which all or only the first `min` samples are compared.
"""

from __future__ import annotations

import argparse
from random import Random

from evals.model import Repeat
from evals.stats import gate, net_differences, paired_interval, sign_flip
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


def alarms(random: Random, repeat: Repeat, limit: float, *, runs: int) -> str:
    """A row: false alarms of a baseline by the same rule, by fixed samples, by their first ones."""
    found = [0, 0, 0]
    for _ in range(runs):
        rates = [random.betavariate(4, 1.2) for _ in range(40)]
        fixed, now, before = ([_outcomes(random, q, repeat) for q in rates] for _ in range(3))
        a, b = ([each[: taken(each, repeat, limit)] for each in side] for side in (before, now))
        first = repeat.least or repeat.samples
        found[0] += is_alarm(a, b)
        found[1] += is_alarm(fixed, b)
        found[2] += is_alarm([x[:first] for x in fixed], [x[:first] for x in b])
    return " | ".join(["", f"{limit:g}", *(f"{n / runs:.1%}" for n in found), ""]).strip()


def _outcomes(random: Random, rate: float, repeat: Repeat) -> list[bool]:
    return [random.random() < rate for _ in range(repeat.samples)]


def is_alarm(a: list[list[bool]], b: list[list[bool]]) -> bool:
    interval = paired_interval(a=a, b=b)
    p = sign_flip(net_differences(a, b), seed=1).p_two_sided
    return gate(low=interval.low, high=interval.high, p_equal=p).finding == "worse"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--min", type=int, default=3)
    parser.add_argument("--max", type=int, default=20)
    parser.add_argument("--limit", type=float, default=0.8)
    parser.add_argument("--gates", action="store_true")
    parser.add_argument("--runs", type=int, default=200)
    asked = parser.parse_args()
    if asked.gates:
        for limit in (1.0, 0.8):
            print(alarms(Random(1), Repeat(least=3, samples=12), limit, runs=asked.runs))
        return
    repeat = Repeat(least=asked.min, samples=asked.max)
    random = Random(1)
    print("| true pass rate | samples taken | share measured | ends as all samples would |")
    print("| --- | --- | --- | --- |")
    for rate in RATES:
        print(line(random, rate, cases=asked.cases, repeat=repeat, limit=asked.limit))


if __name__ == "__main__":
    main()
