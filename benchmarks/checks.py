"""How long verdicts take, beside the bare operation each of them rests on.

python -m benchmarks.checks            # 100,000 verdicts of four types, best of five
python -m benchmarks.checks --quick    # 2,000, best of two: whether it runs at all

A verdict is the operation, the score, and the reason with its quoted evidence; the floor is the
operation alone on the same texts: `==`, `in`, RE2's search, and `json.loads`. Held to 3 is the
sum over the four types, as a suite mixes them: comparing two texts takes less than calling any
Python function does, so that no verdict comes near three times that.
"""

from __future__ import annotations

import argparse
import json
import operator
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import re2

from evals.checks.judge import prepare
from evals.checks.written import read_assertion
from evals.testing import answer

TARGET = 3.0
PATTERN = r"is ([A-Z][a-z]+)"
TEXT = "The capital of France is Paris, as everybody knows who has been there once."
JSON = '{"city": "Paris", "country": "France", "people": 2102650, "tags": ["capital", "river"]}'


@dataclass(frozen=True)
class Kind:
    """A type of check, an answer that it passes, and the bare operation."""

    assertion: dict[str, Any]
    text: str
    bare: Callable[[str], object]

    @property
    def name(self) -> str:
        return str(self.assertion["type"])


KINDS = (
    Kind({"type": "equals", "value": TEXT}, TEXT, partial(operator.eq, TEXT)),
    Kind({"type": "contains", "value": "Paris"}, TEXT, lambda text: "Paris" in text),
    Kind({"type": "regex", "value": PATTERN}, TEXT, re2.compile(PATTERN).search),
    Kind({"type": "is-json"}, JSON, json.loads),
)


@dataclass(frozen=True)
class Row:
    """Seconds of processor time for as many verdicts and bare operations."""

    name: str
    n: int
    verdicts_s: float
    bare_s: float

    @property
    def ratio(self) -> float:
        return self.verdicts_s / self.bare_s

    def __str__(self) -> str:
        each = (
            f"{self.verdicts_s / self.n * 1e6:6.2f} µs   bare {self.bare_s / self.n * 1e6:6.2f} µs"
        )
        return f"{self.name:<12} {self.n:>8,}   {each}   {self.ratio:6.1f} x"


def measure(n: int, rounds: int) -> tuple[Row, ...]:
    """`n` verdicts of each type, the best of several rounds, verdicts and operations in turn."""
    rows = []
    for kind in KINDS:
        prepared = prepare(read_assertion(kind.assertion))
        texts = [kind.text] * n
        completions = [answer(text) for text in texts]
        if not prepared.judge(completions[0]).passed:
            raise AssertionError(f"{kind.name} fails its own answer")
        times = [
            (_seconds(prepared.judge, completions), _seconds(kind.bare, texts))
            for _ in range(rounds)
        ]
        rows.append(Row(kind.name, n, min(t for t, _ in times), min(t for _, t in times)))
    return tuple(rows)


def total(rows: Sequence[Row]) -> Row:
    return Row(
        "together",
        sum(row.n for row in rows),
        sum(row.verdicts_s for row in rows),
        sum(row.bare_s for row in rows),
    )


def _seconds(function: Callable[[Any], object], items: Sequence[object]) -> float:
    begun = time.process_time()
    for item in items:
        function(item)
    return time.process_time() - begun


def main() -> int:
    parser = argparse.ArgumentParser(description="Verdicts beside their bare operations.")
    parser.add_argument("--quick", action="store_true", help="few verdicts, few rounds")
    options = parser.parse_args()
    rows = measure(*((500, 2) if options.quick else (25_000, 5)))
    whole = total(rows)
    for row in (*rows, whole):
        print(row)
    over = whole.ratio > TARGET
    print(f"{'OVER' if over else 'ok'}: together {whole.ratio:.2f} x, target {TARGET:.1f} x")
    return 0 if options.quick else int(over)


if __name__ == "__main__":
    raise SystemExit(main())
