"""Runs made up for the report's tests: suites, answers and verdicts by simple rules."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any

from evals.comparison.compare import compare_columns
from evals.comparison.gates import judge_gates
from evals.model import (
    Answer,
    Case,
    Check,
    Column,
    Comparison,
    Gate,
    JsonObject,
    Limits,
    Manifest,
    Prompt,
    Repeat,
    Suite,
    SuiteRecord,
    TrialError,
    TrialResult,
    TrialTiming,
    Usage,
    Verdict,
)
from evals.report.view import View, build

MODEL = "smollm2-135m-instruct"
RUN = "20261123T101500Z-k3f9"


def column(id: str, *, prompt: str = "plain", **parameters: Any) -> Column:
    return Column(
        id=id, prompt=prompt, setting=id, endpoint="local", model=MODEL, parameters=parameters
    )


def case(id: str, *, misses: str = "forbidden", **rest: Any) -> Case:
    rest.setdefault("vars", {"question": f"What is {id}?"})
    rest.setdefault("expected", "5")
    checks = (Check(type="contains", options={"value": "5"}),)
    return Case(id=id, has_expected=True, checks=checks, misses=misses, **rest)  # type: ignore[arg-type] # any field


def suite(
    id: str,
    *,
    cases: Sequence[Case],
    columns: Sequence[Column],
    gates: Sequence[Gate] = (),
    limits: Limits | None = None,
    description: str | None = None,
) -> Suite:
    return Suite(
        id=id,
        path=f"suites/{id}.eval.yaml",
        sha256="5d0e71c9a2f4" * 5,
        prompts=(Prompt(id="plain", messages=({"role": "user", "content": "{{ question }}"},)),),
        columns=tuple(columns),
        reference=columns[0].id,
        cases=tuple(cases),
        gates=tuple(gates),
        limits=limits or Limits(),
        description=description,
    )


def trial(
    suite: Suite,
    case: Case,
    column: Column,
    sample: int = 0,
    *,
    passed: bool | None = True,
    text: str = "5",
    latency_s: float | None = 0.4,
    reason: str = "",
    error: str | None = None,
    missed: bool = False,
    **rest: Any,
) -> TrialResult:
    """One trial; `error` makes it one without an answer, `passed=None` one without a verdict."""
    answer = Answer(
        text=text,
        reasoning=rest.pop("reasoning", None),
        finish_reason=rest.pop("finish_reason", "stop"),
        tool_calls=rest.pop("tool_calls", ()),
        model=rest.pop("model", MODEL),
        usage=rest.pop(
            "usage",
            Usage(prompt_tokens=21, completion_tokens=2, reasoning_tokens=0, total_tokens=23),
        ),
    )
    verdict = Verdict(
        type="contains",
        passed=passed,
        score=None if passed is None else float(passed),
        reason=reason or ("found 5" if passed else "5 is not in the answer"),
    )
    outcome = "error" if error else "fail" if passed is False else "pass"
    return TrialResult(
        suite=suite.id,
        case=case.id,
        prompt=column.prompt,
        setting=column.setting,
        column=column.id,
        sample=sample,
        outcome=rest.pop("outcome", outcome),
        passed=None if error or passed is None else int(passed),
        score=None if error or passed is None else float(passed),
        missed=missed,
        checks=rest.pop("checks", () if error or passed is None else (verdict,)),
        asked=(
            (sha256(f"{case.id} {column.id}".encode("utf-8", "replace")).hexdigest()[:32], sample),
        ),
        source="recorded",
        completion=None if error else answer,
        timing=None if error or latency_s is None else TrialTiming(latency_s=latency_s),
        error=TrialError(kind="status", message=error, status=503) if error else None,
        vars=case.vars,
        expected=case.expected,
        tags=case.tags,
        case_hash=f"hash of {case.id}",
        **rest,
    )


def manifest(
    suites: Sequence[Suite], trials: Sequence[TrialResult], *, selected: bool = True, **rest: Any
) -> Manifest:
    findings = tuple(
        finding
        for one in suites
        for finding in judge_gates(one, [t for t in trials if t.suite == one.id], selected=selected)
    )
    rest.setdefault("findings", findings)
    rest.setdefault("id", RUN)
    rest.setdefault("complete", True)
    rest.setdefault("mode", "replay")
    return Manifest(
        format=1,
        started="2026-11-23T10:15:00Z",
        ended="2026-11-23T10:15:04Z",
        versions={"pytest-model-evals": "0.1.0", "python": "3.13.1"},
        git_commit="4f1c2ab91be07d",
        git_dirty=False,
        command="pytest suites",
        suites=tuple(
            SuiteRecord(
                suite=one,
                selected=selected,
                cassettes=f"suites/cassettes/{one.id}",
                endpoints={"local": {"base_url": "http://127.0.0.1:8080/v1", "model": MODEL}},
            )
            for one in suites
        ),
        **rest,
    )


def compare(suites: Sequence[Suite], trials: Sequence[TrialResult], **rest: Any) -> Comparison:
    return compare_columns(manifest(suites, trials, **rest), trials)


def simple(
    answers: Callable[[Suite], list[TrialResult]],
    *,
    n_cases: int = 3,
    columns: Sequence[Column] | None = None,
    gates: Sequence[Gate] = (),
    **rest: Any,
) -> Comparison:
    """A comparison of one suite whose trials `answers` gives."""
    cases = rest.pop("cases", None) or [case(f"case-{i}") for i in range(n_cases)]
    made = suite(
        "arithmetic",
        cases=cases,
        columns=columns or [column("greedy", temperature=0)],
        gates=gates,
        limits=rest.pop("limits", None),
    )
    return compare([made], answers(made), **rest)


def all_pass(suite: Suite) -> list[TrialResult]:
    return [trial(suite, case, column) for case in suite.cases for column in suite.columns]


def request(trial: TrialResult) -> JsonObject:
    """The body that a trial sent."""
    content = str(trial.vars.get("question", ""))
    return {
        "messages": [
            {"role": "system", "content": "Answer with the number only."},
            {"role": "user", "content": content},
        ]
    }


# ------------------------------------------------------------------------- what many tests take

HALF = Gate(text="accuracy >= 0.5", metric="accuracy", op=">=", limit=0.5)


def failing(*bad: int) -> Callable[[Suite], list[TrialResult]]:
    """Answers of which the cases at these places fail."""

    def answers(suite: Suite) -> list[TrialResult]:
        return [
            trial(suite, case, column, passed=i not in bad, text="six" if i in bad else "5")
            for i, case in enumerate(suite.cases)
            for column in suite.columns
        ]

    return answers


def refused(suite: Suite) -> list[TrialResult]:
    """No answer to any case."""
    message = "Connection refused by http://127.0.0.1:8080.\nStart it with: evals local"
    return [trial(suite, case, suite.columns[0], error=message) for case in suite.cases]


def view_of(comparison: Comparison) -> View:
    return build(comparison, requests=request)


def shares(**answers: float) -> Comparison:
    """Columns of 40 cases that pass these shares of them."""

    def trials(suite: Suite) -> list[TrialResult]:
        return [
            trial(suite, case, column, passed=i < answers[column.id] * len(suite.cases))
            for i, case in enumerate(suite.cases)
            for column in suite.columns
        ]

    columns = [column(id, temperature=i) for i, id in enumerate(answers)]
    return simple(trials, n_cases=40, columns=columns)


# ------------------------------------------------------------------------- a large, lifelike run

_WORDS = (
    *("kettle", "refund", "invoice", "parcel", "login", "server"),
    *("seat", "order", "code", "receipt", "voucher", "ticket"),
)
_TAGS = ("billing", "shipping", "non-english", "ambiguous", "long")


def showcase(seed: int = 7) -> Comparison:
    """Three suites with differences, disagreeing samples, errors, tags and undecided gates."""
    rng = random.Random(seed)
    triage = suite(
        "support-triage",
        description="Which queue a customer's message belongs to, as JSON.",
        cases=[
            case(
                f"{rng.choice(_WORDS)}-{rng.choice(_WORDS)}-{i}",
                misses="allowed",
                vars={
                    "question": f"My {rng.choice(_WORDS)} is wrong, and the {_WORDS[i % 12]} too."
                },
                expected=rng.choice(("billing", "shipping", "technical")),
                tags=(_TAGS[i % 5],) if i % 4 else (_TAGS[i % 5], "ambiguous"),
                repeat=Repeat(samples=3),
            )
            for i in range(60)
        ],
        columns=[
            column("greedy", temperature=0, max_tokens=64),
            column("warm", temperature=0.8, max_tokens=64),
            column("examples", prompt="few-shot", temperature=0, max_tokens=64),
            column("reasoning-high", temperature=0, max_tokens=64, reasoning_effort="high"),
        ],
        gates=[
            Gate(text="accuracy >= 0.75", metric="accuracy", op=">=", limit=0.75),
            Gate(
                text="accuracy >= 0.6, column: all",
                metric="accuracy",
                op=">=",
                limit=0.6,
                column="all",
            ),
            Gate(text="latency.p95 <= 1.2s", metric="latency.p95", op="<=", limit=1.2),
            Gate(text="errors <= 3", metric="errors", op="<=", limit=3),
        ],
        limits=Limits(errors=10),
    )
    facts = suite(
        "capitals",
        cases=[case(f"capital-of-{i}", expected=f"City {i}", misses="allowed") for i in range(40)],
        columns=[column("greedy", temperature=0)],
        gates=[Gate(text="accuracy >= 50 %", metric="accuracy", op=">=", limit=0.5)],
    )
    few = suite(
        "sentiment",
        cases=[case(f"review-{i}", tags=("reviews",), misses="allowed") for i in range(7)],
        columns=[
            column("by-text", temperature=0),
            column("by-logprob", temperature=0, logprobs=True),
        ],
        gates=[Gate(text="accuracy >= 0.5", metric="accuracy", op=">=", limit=0.5)],
    )
    trials = [
        *_triage(triage, rng),
        *(
            trial(
                facts,
                c,
                facts.columns[0],
                passed=rng.random() < 0.55,
                text="It is Paris.",
                latency_s=rng.lognormvariate(-1, 0.3),
                missed=True,
            )
            for c in facts.cases
        ),
        *(
            trial(few, c, o, passed=i % 3 > 0 or o.id == "by-logprob", latency_s=0.2 + i / 50)
            for i, c in enumerate(few.cases)
            for o in few.columns
        ),
    ]
    return compare([triage, facts, few], trials)


_SKILL = {"greedy": 0.78, "warm": 0.72, "examples": 0.86, "reasoning-high": 0.97}
_PACE = {"greedy": -0.9, "warm": -0.9, "examples": -0.5, "reasoning-high": 1.2}


def _triage(suite: Suite, rng: random.Random) -> list[TrialResult]:
    trials = []
    for c in suite.cases:
        hard = rng.random() ** 2 * (1.4 if "ambiguous" in c.tags else 0.7)
        for o in suite.columns:
            steady = rng.random()
            for sample in range(3):
                draw = rng.random() if o.id == "warm" else steady * 0.7 + rng.random() * 0.3
                passed = draw < _SKILL[o.id] * (1.1 - hard)
                trials.append(_triaged(suite, (c, o, sample), rng, passed=passed))
    return trials


def _triaged(
    suite: Suite, place: tuple[Case, Column, int], rng: random.Random, *, passed: bool
) -> TrialResult:
    c, o, sample = place
    high = o.id == "reasoning-high"
    prompt = 310 if o.id == "examples" else 90
    thought = int(rng.lognormvariate(6.3, 0.5)) if high else 0
    found = c.expected if passed else rng.choice(("feedback", "account"))
    queue = Verdict(
        type="json-path",
        name="json-path $.queue",
        passed=passed,
        score=float(passed),
        reason=f'expected "{c.expected}", found "{found}"',
        extracted=found,
    )
    return trial(
        suite,
        c,
        o,
        sample,
        passed=passed,
        text=f'{{"queue": "{found}", "urgency": "{rng.choice(("low", "high"))}"}}',
        latency_s=rng.lognormvariate(_PACE[o.id], 0.35),
        error="503 Service Unavailable, 5 attempts" if rng.random() < 0.006 else None,
        missed=not passed,
        checks=(Verdict(type="is-json", passed=True, score=1.0, reason="valid"), queue),
        usage=Usage(
            prompt_tokens=prompt,
            completion_tokens=18 + thought,
            reasoning_tokens=thought,
            total_tokens=prompt + 18 + thought,
        ),
        cost_usd=prompt * 4e-6 + thought * 2e-6,
        reasoning="The customer asks for money back." if high else None,
    )
