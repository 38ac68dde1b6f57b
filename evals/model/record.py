"""Verdicts and what a run keeps: one line a trial, one manifest a run."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from msgspec import UNSET, UnsetType

from evals.model.exchange import ToolCall, Usage
from evals.model.frozen import Frozen, JsonObject
from evals.model.suite import Suite, ToolResult

Outcome: TypeAlias = Literal["pass", "fail", "error", "skipped", "not_run"]
Mode: TypeAlias = Literal["replay", "record", "refresh", "live"]
GateOutcome: TypeAlias = Literal["pass", "fail", "undecided", "same", "not_evaluated", "error"]

Found: TypeAlias = Literal["worse", "not_worse", "inconclusive", "same", "no_data"]


class Verdict(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """Pass, fail or error (`passed` is None) of one check, with its evidence."""

    type: str  # as written, with `not-`
    passed: bool | None
    score: float | None  # 0 … 1
    reason: str
    extracted: str | None = None  # the part of the answer that was judged
    metric: str | None = None
    weight: float = 1.0
    name: str | None = None
    values: dict[str, float | None] | None = None  # figures that statistics read, e.g. p_right
    checks: tuple[Verdict, ...] | None = None  # of a group
    turn: int | None = None  # of a conversation, from 0; None: the last
    traceback: str | UnsetType = UNSET  # of a check that broke


class TrialError(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """Why a trial has no verdict."""

    kind: str
    message: str
    status: int | None = None
    retryable: bool = False
    traceback: str | UnsetType = UNSET  # of an exception that was none of ours


class Answer(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """The part of a completion that a trial's line carries; raw answers are in the cassette."""

    text: str
    reasoning: str | None
    finish_reason: str
    tool_calls: tuple[ToolCall, ...]
    model: str
    usage: Usage


class TrialTiming(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    latency_s: float
    ttft_s: float | None = None
    queued_s: float = 0.0
    attempts: int = 1
    in_flight: int = 0  # requests under way when it was sent, this one included; 0: not known
    host: str = ""  # that answered
    at: str = ""  # when, ISO 8601


class TurnResult(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """One turn of a conversation: what was said, and the reply where there is one."""

    user: str | None
    tool: tuple[ToolResult, ...]
    completion: Answer | None = None
    timing: TrialTiming | None = None
    cost_usd: float | None = None
    not_run: str | None = None  # why it was not asked, or has no reply


class TrialResult(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """One line of `trials-<n>.jsonl`: everything about a trial but the raw answer."""

    suite: str
    case: str
    prompt: str
    setting: str
    column: str
    sample: int
    outcome: Outcome
    passed: int | None  # 1, 0, or None where nothing was judged
    score: float | None
    missed: bool = False  # a failure that the suite allows
    checks: tuple[Verdict, ...] = ()
    asked: tuple[tuple[str, int], ...] = ()  # (cassette key, take)
    judges_asked: tuple[tuple[str, int], ...] = ()  # likewise, by checks
    source: Literal["live", "recorded"] | None = None
    completion: Answer | None = None  # of a conversation: the last reply, the usage of all
    turns: tuple[TurnResult, ...] = ()  # of a conversation
    timing: TrialTiming | None = None
    cost_usd: float | None = None
    judge_cost_usd: float | None = None
    error: TrialError | None = None
    vars: JsonObject = {}
    expected: Any = None
    tags: tuple[str, ...] = ()
    cluster: str | None = None
    case_hash: str = ""


class Finding(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """What a gate found, in one column."""

    suite: str
    gate: str  # the gate's text
    column: str
    outcome: GateOutcome
    metric: str
    op: str
    limit: float
    value: float | None  # measured
    low: float | None  # interval of the measured value, where one is defined
    high: float | None
    n_cases: int
    n_trials: int
    n_errors: int
    reason: str  # one line in plain words
    against: str | None = None  # compared with: value, low, high are differences, or ratios
    found: Found | None = None  # what the comparison shows
    p: float | None = None  # of no difference, adjusted for the other columns of the gate
    n_set_aside: int = 0  # cases that changed, or that one side alone has
    losses: tuple[str, ...] = ()  # cases whose majority of samples changed to fail
    gains: tuple[str, ...] = ()
    derived: bool = False  # a metric of the suite itself: a difference is in the metric's own unit
    of: str | None = None  # what such a metric aggregates, such as latency.p95: it has its unit


class ParameterAudit(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """What was found out about one parameter of an endpoint."""

    parameter: str
    found: str  # honoured, ignored, refused, unclear, not sent
    words: str


class EndpointAudit(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """What `evals audit endpoint` found: of which address and model, and when."""

    endpoint: str
    base_url: str | None
    model: str | None  # that was asked for
    answered: str  # the model that answered
    at: str  # ISO 8601, UTC
    parameters: tuple[ParameterAudit, ...]


class SuiteRecord(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """What a run keeps of a suite: enough to read the run without the file."""

    suite: Suite
    selected: bool  # every trial of the suite was selected
    cassettes: str | None = None  # folder of its recordings, relative to the root directory
    endpoints: dict[str, JsonObject] = {}  # configuration without keys


class Manifest(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """`run.json`."""

    format: int
    id: str
    mode: Mode
    started: str  # ISO 8601, UTC
    ended: str | None
    complete: bool
    versions: dict[str, str] = {}
    git_commit: str | None = None
    git_dirty: bool | None = None
    command: str = ""
    suites: tuple[SuiteRecord, ...] = ()
    prices: dict[str, JsonObject] = {}
    findings: tuple[Finding, ...] = ()
    counts: dict[str, int] = {}
    answers_from: str | None = None
    audits: tuple[EndpointAudit, ...] = ()  # of its endpoints, as far as known when it ended
