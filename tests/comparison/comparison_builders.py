"""Suites, trials and manifests in a line each, for the tests of comparisons and gates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evals.comparison.compare import compare_columns
from evals.comparison.gates import judge_gates
from evals.model import (
    Answer,
    Case,
    Check,
    Column,
    Estimate,
    Finding,
    Gate,
    Manifest,
    Outcome,
    Suite,
    SuiteRecord,
    TrialError,
    TrialResult,
    TrialTiming,
    Usage,
    Verdict,
)

Written = int | str | None
"""An outcome in short: 1, 0, "error", "unjudged", "skipped", None for not run."""


def suite(
    cases: Iterable[str | Case],
    columns: Sequence[str] = ("plain",),
    *,
    gates: Iterable[Gate] = (),
    reference: str | None = None,
    id: str = "sums",
) -> Suite:
    return Suite(
        id=id,
        path=f"suites/{id}.eval.yaml",
        sha256="0" * 64,
        prompts=(),
        columns=tuple(
            Column(id=name, prompt="prompt-1", setting=name, endpoint="local") for name in columns
        ),
        reference=reference or columns[0],
        cases=tuple(case if isinstance(case, Case) else Case(id=case) for case in cases),
        gates=tuple(gates),
    )


def manifest(*suites: Suite, id: str = "20261123T101500Z-k3f9") -> Manifest:
    return Manifest(
        format=1,
        id=id,
        mode="replay",
        started="2026-11-23T10:15:00Z",
        ended="2026-11-23T10:15:09Z",
        complete=True,
        suites=tuple(SuiteRecord(suite=one, selected=True) for one in suites),
    )


def gate(text: str, **fields: Any) -> Gate:
    """`accuracy >= 0.8` as a gate."""
    metric, op, limit = text.split()
    return Gate(text=text, metric=metric, op=op, limit=float(limit), **fields)  # type: ignore[arg-type] # any text


def metrics(cases: list[Case], rows: list[TrialResult]) -> dict[str, Estimate]:
    """The metrics of the only column."""
    return compare_columns(manifest(suite(cases)), rows).suites[0].sides[0].metrics


def found(text: str, cases: list[Case], rows: list[TrialResult]) -> Finding:
    """What a gate finds in the only column."""
    (finding,) = judge_gates(suite(cases, gates=[gate(text)]), rows, selected=True)
    return finding


def trial(
    case: str,
    written: Written = 1,
    *,
    column: str = "plain",
    sample: int = 0,
    suite: str = "sums",
    latency: float | None = 1.0,
    ttft: float | None = None,
    usage: Usage | None = None,
    take: str = "",
    **fields: Any,
) -> TrialResult:
    outcome = _OUTCOMES[written]
    has_answer = outcome in ("pass", "fail")
    timing = None if latency is None else TrialTiming(latency_s=latency, ttft_s=ttft)
    known: dict[str, Any] = {
        "prompt": "prompt-1",
        "setting": column,
        "passed": written if isinstance(written, int) else None,
        "score": float(written) if isinstance(written, int) else None,
        "asked": ((take or f"{suite}/{case}/{column}/{sample}", 0),),
        "source": "recorded",
        "completion": answer(usage) if has_answer else None,
        "timing": timing if has_answer else None,
        "error": TrialError(kind="timeout", message="") if outcome == "error" else None,
        "case_hash": f"hash of {case}",
    }
    return TrialResult(
        suite=suite,
        case=case,
        column=column,
        sample=sample,
        outcome=outcome,
        **{**known, **fields},
    )


_OUTCOMES: Mapping[Written, Outcome] = {
    1: "pass",
    0: "fail",
    "unjudged": "pass",
    "error": "error",
    "skipped": "skipped",
    None: "not_run",
}


def answer(usage: Usage | None = None) -> Answer:
    return Answer(
        text="5",
        reasoning=None,
        finish_reason="stop",
        tool_calls=(),
        model="m",
        usage=usage or Usage(),
    )


def trials(
    cells: Mapping[str, Sequence[Written]], *, column: str = "plain", **fields: Any
) -> list[TrialResult]:
    """The samples of each case in one column: `{"a": [1, 0], "b": ["error", 1]}`."""
    return [
        trial(case, written, column=column, sample=sample, **fields)
        for case, samples in cells.items()
        for sample, written in enumerate(samples)
    ]


def singles(passes: int, fails: int, *, column: str = "plain", **fields: Any) -> list[TrialResult]:
    """Cases `case-0` … with one sample each, the passing ones first."""
    outcomes = [1] * passes + [0] * fails
    return trials({f"case-{n}": [o] for n, o in enumerate(outcomes)}, column=column, **fields)


def names(n: int) -> list[str]:
    return [f"case-{i}" for i in range(n)]


def verdict(metric: str | None, score: float | None, **fields: Any) -> Verdict:
    passed = None if score is None else score >= 0.5
    known: dict[str, Any] = {"type": "regex", "passed": passed, "reason": ""}
    return Verdict(score=score, metric=metric, **{**known, **fields})


def measured_case(id: str, metric: str, **fields: Any) -> Case:
    """A case with a check for a named metric."""
    return Case(id=id, checks=(Check(type="regex", metric=metric, weight=0.0),), **fields)
