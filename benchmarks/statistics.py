"""How long the statistics of a large run take, in seconds of the processor.

python -m benchmarks.statistics            # 10,000 cases × 8 columns × 5 samples: 5 s are allowed
python -m benchmarks.statistics --quick    # 500 cases: whether it runs at all
"""

from __future__ import annotations

import argparse
import gc
import random
import time
from collections.abc import Iterator

from evals.comparison.cells import Gathered
from evals.comparison.compare import compare_columns
from evals.comparison.gates import judge_gates
from evals.model import (
    Against,
    Answer,
    Case,
    Column,
    Gate,
    Manifest,
    Suite,
    SuiteRecord,
    TrialResult,
    TrialTiming,
    Usage,
)

COLUMNS, SAMPLES, ALLOWED_S = 8, 5, 5.0
GATES = ("accuracy", "latency", "latency.median", "tokens.completion")


def suite(cases: int) -> Suite:
    """Columns and cases, and four gates that compare all columns with the first."""
    names = [f"column-{i}" for i in range(COLUMNS)]
    return Suite(
        id="large",
        path="large.eval.yaml",
        sha256="0" * 64,
        prompts=(),
        columns=tuple(Column(id=n, prompt="p", setting=n, endpoint="local") for n in names),
        reference=names[0],
        cases=tuple(Case(id=f"case-{i}") for i in range(cases)),
        gates=tuple(
            Gate(
                text=f"{metric} versus {names[0]}",
                metric=metric,
                op=">=" if metric == "accuracy" else "<=",
                limit=0.0 if metric == "accuracy" else 1.0,
                column="all",
                against=Against(column=names[0]),
            )
            for metric in GATES
        ),
    )


def trials(of: Suite) -> Iterator[TrialResult]:
    """Cases of their own difficulty, samples that disagree, latencies and tokens."""
    draw = random.Random(1)
    for case in of.cases:
        rate, usual = draw.betavariate(4, 1), draw.lognormvariate(0, 0.5)
        for place, column in enumerate(of.columns):
            for sample in range(SAMPLES):
                passed = int(draw.random() < rate)
                took = usual * draw.lognormvariate(place / 50, 0.2)
                yield _trial(case, column, sample, (passed, took))


def _trial(case: Case, column: Column, sample: int, made: tuple[int, float]) -> TrialResult:
    passed, took = made
    return TrialResult(
        suite="large",
        case=case.id,
        prompt="p",
        setting=column.id,
        column=column.id,
        sample=sample,
        outcome="pass" if passed else "fail",
        passed=passed,
        score=float(passed),
        asked=((f"{case.id}{column.id}", sample),),
        source="recorded",
        completion=Answer(
            text="5",
            reasoning=None,
            finish_reason="stop",
            tool_calls=(),
            model="m",
            usage=Usage(prompt_tokens=20, completion_tokens=round(100 * took)),
        ),
        timing=TrialTiming(latency_s=took),
        cost_usd=took / 1000,
        case_hash=case.id,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="The time that statistics of a large run take.")
    parser.add_argument("--quick", action="store_true", help="500 cases")
    options = parser.parse_args()
    cases = 500 if options.quick else 10_000
    of = suite(cases)
    made = list(trials(of))
    manifest = Manifest(
        format=1,
        id="large",
        mode="replay",
        started="",
        ended=None,
        complete=True,
        suites=(SuiteRecord(suite=of, selected=True),),
    )
    gc.disable()  # as the plugin does while it judges
    start = time.process_time()
    known = Gathered(made)
    findings = judge_gates(of, known, selected=True)
    judged = time.process_time() - start
    start = time.process_time()
    compare_columns(manifest, known)
    compared = time.process_time() - start
    print(f"{cases:,} cases x {COLUMNS} columns x {SAMPLES} samples: {len(made):,} trials")
    print(f"{len(findings):2} findings of {len(of.gates)} gates    {judged:6.2f} s")
    print(f"comparison of all columns   {compared:6.2f} s")
    print(f"both, as at the end of a run{judged + compared:6.2f} s, of {ALLOWED_S:.1f} s")
    return int(not options.quick and judged + compared > ALLOWED_S)


if __name__ == "__main__":
    raise SystemExit(main())
