"""What is asked and expected: a suite as understood, and the trials it makes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

from evals.errors import Place
from evals.model.frozen import Frozen, JsonObject

Misses: TypeAlias = Literal["forbidden", "allowed"]


class Prompt(Frozen, frozen=True, kw_only=True):
    """Messages with templates in their texts; a text prompt is one user message."""

    id: str
    messages: tuple[JsonObject, ...]
    function: str | None = None  # registered under this name: it makes the messages
    render: bool = True  # False: sent as written
    examples: tuple[Any, ...] = ()  # few-shot, where its templates name them
    description: str | None = None
    implied: bool = False  # the one that a suite without prompts has; conversations do without it
    place: Place | None = None


class Column(Frozen, frozen=True, kw_only=True):
    """What is compared: one prompt with one setting."""

    id: str
    prompt: str
    setting: str
    endpoint: str
    model: str | None = None  # None: the endpoint's default
    parameters: JsonObject = {}  # merged: `parameters`, then the setting; as they are sent
    samples: tuple[JsonObject, ...] = ()  # of collapsed axes: parameters of one sample each
    description: str | None = None


class Check(Frozen, frozen=True, kw_only=True, tag="check", tag_field="node"):
    """One assertion as understood: a registered type and its options, templates unrendered."""

    type: str  # without `not-`
    options: JsonObject = {}  # value, threshold and the type's own options
    negate: bool = False
    weight: float = 1.0
    metric: str | None = None
    name: str | None = None
    transform: tuple[Any, ...] = ()  # step names, or one-key mappings such as {"regex": pattern}
    on: Literal["answer", "reasoning"] = "answer"
    vars: JsonObject = {}  # of a named set, visible inside it only
    turn: int | None = None  # of a conversation, from 0; None: the last
    place: Place | None = None

    @property
    def label(self) -> str:
        """The type as it was written."""
        return f"not-{self.type}" if self.negate else self.type


class Group(Frozen, frozen=True, kw_only=True, tag="group", tag_field="node"):
    """Assertions that decide together, in three-valued logic."""

    kind: Literal["all", "any", "at-least"]
    of: tuple[Check | Group, ...]
    n: int = 0  # of at-least
    negate: bool = False
    weight: float = 1.0
    metric: str | None = None
    name: str | None = None
    turn: int | None = None
    place: Place | None = None

    @property
    def label(self) -> str:
        return f"not-{self.kind}" if self.negate else self.kind


Assertion: TypeAlias = Check | Group


class Repeat(Frozen, frozen=True, kw_only=True):
    """How many samples of every case × column; with a seed in force, sample i sends seed + i.

    Adaptive where `least` is not None: at least so many, `samples` at most, until decided.
    """

    samples: int = 1
    vary_seed: bool = True
    least: int | None = None


class ToolResult(Frozen, frozen=True, kw_only=True):
    """What a tool that the model called gives back."""

    name: str
    result: Any  # a text, or a value that is sent as JSON


class Turn(Frozen, frozen=True, kw_only=True):
    """What is said to the model before its next reply: a user's text, or results of tools."""

    user: str | None = None
    tool: tuple[ToolResult, ...] = ()


class Case(Frozen, frozen=True, kw_only=True):
    """One test. `checks` holds those of its turns, then the defaults' assertions, then its own."""

    id: str
    vars: JsonObject = {}
    expected: Any = None
    has_expected: bool = False
    checks: tuple[Check | Group, ...] = ()
    turns: tuple[Turn, ...] = ()  # of a conversation
    threshold: float | None = None
    min_pass_rate: float = 1.0
    misses: Misses = "forbidden"
    parameters: JsonObject = {}
    prompts: tuple[str, ...] | None = None
    settings: tuple[str, ...] | None = None
    repeat: Repeat = Repeat()
    tags: tuple[str, ...] = ()
    cluster: str | None = None
    description: str | None = None
    label: str | None = None  # the id as the data had it, where it had to be replaced
    metadata: JsonObject = {}
    skip: str | None = None
    place: Place | None = None

    @property
    def judged(self) -> bool:
        """Whether any check can decide (weight > 0); otherwise answers are only recorded."""
        return any(check.weight > 0 for check in self.checks)


class Against(Frozen, frozen=True, kw_only=True):
    """What a gate compares with – another column or a baseline – and which change it is about."""

    column: str | None = None
    baseline: str | None = None  # a path relative to the folder of the suite, with "/"
    margin: float = 0.0  # 0.05 is 5 points, or 5 % of times, tokens and cost
    mode: Literal["regression", "non-inferiority", "measured"] = "regression"
    across_hosts: bool = False  # times are compared wherever they were recorded

    @property
    def name(self) -> str:
        """As sentences have it."""
        return self.column if self.column is not None else f"the baseline {self.baseline}"


class Gate(Frozen, frozen=True, kw_only=True):
    """A condition on the suite: `metric op limit`, of one column, over a part of the cases.

    With `against` it is about the difference to something else – or the ratio, for times, tokens
    and cost – and `limit` is what the margin leaves: −margin, or 1 + margin.
    """

    text: str  # as written; what reports and node ids show
    metric: str  # accuracy, errors, error_rate, latency.p95, cost_usd, a named metric …
    op: Literal[">=", ">", "<=", "<", "==", "!="]
    limit: float  # shares in 0 … 1, times in seconds, money in USD
    confidence: float | None = None  # the interval's bound must hold, not the measured value
    column: str | None = None  # None: the reference; "all": each
    tag: str | None = None
    cases: tuple[str, ...] | None = None
    against: Against | None = None
    place: Place | None = None


class Derived(Frozen, frozen=True, kw_only=True):
    """A metric that is reckoned from others by an expression, or aggregates `of` over trials."""

    name: str
    expression: str | None = None
    of: str | None = None  # a recorded field, or a metric that an assertion names
    by: str | None = None  # mean, sum, rate, p95 …
    better: Literal["higher", "lower"] | None = None  # None: not said, and not to be told from `of`
    place: Place | None = None

    @property
    def aggregates(self) -> str | None:
        """`latency.p95`: what it is in the words of gates; None of an expression."""
        return None if self.expression is not None else f"{self.of}.{self.by}"


class Limits(Frozen, frozen=True, kw_only=True):
    """What a suite may take; `errors` is a count (int) or a share (float)."""

    timeout: float | None = None  # seconds, one attempt
    concurrency: int | None = None
    max_requests: int | None = None
    max_tokens_total: int | None = None
    max_cost_usd: float | None = None
    errors: int | float = 0
    max_age: float | None = None  # seconds, of a recording


class Judge(Frozen, frozen=True, kw_only=True):
    """Who answers for the checks that a model grades."""

    endpoint: str
    model: str | None = None  # None: the endpoint's default
    parameters: JsonObject = {}


class Suite(Frozen, frozen=True, kw_only=True):
    """One YAML file, validated, with its files and defaults applied."""

    id: str
    path: str  # relative to the root directory, with "/"
    sha256: str
    prompts: tuple[Prompt, ...]
    columns: tuple[Column, ...]
    reference: str
    cases: Sequence[Case]
    metrics: tuple[Derived, ...] = ()
    gates: tuple[Gate, ...] = ()
    limits: Limits = Limits()
    judge: Judge | None = None
    description: str | None = None
    tags: tuple[str, ...] = ()
    metadata: JsonObject = {}
    live_only: bool = False


class Trial(Frozen, frozen=True, kw_only=True):
    """Case × column × sample: the unit that is asked and judged.

    With `n` candidates a request, sample = n × request + candidate.
    """

    suite: str
    case: Case
    column: Column
    sample: int
    candidate: int = 0
