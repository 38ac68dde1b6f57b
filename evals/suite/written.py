"""A suite as it is written: what msgspec reads, and what the editor's JSON Schema is made from.

Assertions and parameters are plain values here: they are understood where their check types and
their endpoint are known (`assertions.py`, `parameters.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

# Every dialect of patterns that validators have reads it; what is no ASCII is left to the loader.
ID_PATTERN = r"^[^\s!-/:-@\[-`{-~][^\s!-,/:-<>-@\[-^`{-~]{0,99}$"

Assertions: TypeAlias = Annotated[
    tuple[Any, ...], Meta(extra_json_schema={"items": {"$ref": "#/$defs/Assertion"}})
]
Parameters: TypeAlias = Annotated[
    dict[str, Any], Meta(extra_json_schema={"$ref": "#/$defs/Parameters"})
]
Id: TypeAlias = Annotated[str, Meta(extra_json_schema={"pattern": ID_PATTERN})]
Texts: TypeAlias = str | tuple[str, ...]
Share: TypeAlias = Annotated[float, Meta(gt=0, le=1)]
Duration: TypeAlias = Annotated[
    float | str, Meta(description='Seconds, or a text such as "10s", "300ms", "5m".')
]
Choice: TypeAlias = Literal["forbidden", "allowed"]
Misses: TypeAlias = Annotated[
    Choice, Meta(description="Whether single failing cases fail the run, or only the gates.")
]
Vars: TypeAlias = Annotated[
    dict[str, Any],
    Meta(
        description="What templates see. {file: PATH} as a whole value reads the file's text; "
        "matrix: {x: [1, 2]} makes a test of each value."
    ),
]
Metadata: TypeAlias = Annotated[dict[str, Any], Meta(description="Shown in reports.")]
Role: TypeAlias = Literal["system", "developer", "user", "assistant", "tool"]


class Written(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mapping of the suite file: only the keys below."""


class WrittenMessage(Written, frozen=True, kw_only=True):
    """One message of a chat; `content` is a template, or a list of parts with templates."""

    role: Role
    content: str | tuple[dict[str, Any], ...] | None = None
    name: str | None = None
    tool_calls: tuple[dict[str, Any], ...] | None = None
    tool_call_id: str | None = None


class WrittenPrompt(Written, frozen=True, kw_only=True):
    """A prompt: exactly one of `template`, `messages`, `file` and `name`."""

    id: Id | None = None
    description: str | None = None
    template: Annotated[str | None, Meta(description="The text of one user message.")] = None
    messages: tuple[WrittenMessage, ...] | None = None
    file: Annotated[
        str | None,
        Meta(description="Text (.txt, .md, .j2) or messages (.yaml, .json), beside the suite."),
    ] = None
    name: Annotated[
        str | None, Meta(description="A function of the project, registered by @evals.prompt.")
    ] = None
    render: Annotated[bool, Meta(description="false: sent as written.")] = True


class WrittenSetting(Written, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """A setting: its own keys; every other key is a parameter, merged over `parameters`."""

    id: Id
    description: str | None = None
    endpoint: str | None = None
    model: str | None = None


class WrittenJudge(Written, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """Who answers for checks that a model grades; every other key is a parameter."""

    endpoint: str | None = None
    model: str | None = None


class WrittenRepeat(Written, frozen=True, kw_only=True):
    """How many samples, or `min` and `max`; with a seed in force, sample i sends seed + i."""

    samples: Annotated[int, Meta(ge=1)] | None = None
    min: Annotated[int, Meta(ge=1, description="Adaptive: at least so many.")] | None = None
    max: Annotated[int, Meta(ge=1, description="Adaptive: at most so many.")] | None = None
    until: (
        Annotated[Literal["decided"], Meta(description="Adaptive: until the pass rate is decided.")]
        | None
    ) = None
    vary_seed: Annotated[bool, Meta(description="false: every sample sends the same seed.")] = True


Repeat: TypeAlias = Annotated[int, Meta(ge=1)] | WrittenRepeat


class WrittenDefaults(Written, frozen=True, kw_only=True, rename={"assert_": "assert"}):
    """What every test takes: lists are joined, mappings merged, the rest is replaced."""

    description: str | None = None
    vars: Vars = {}
    expected: Annotated[
        Any, Meta(description="Seen by templates as `expected`; alone, judged by `equals`.")
    ] = UNSET
    assert_: Assertions | UnsetType = UNSET
    threshold: Annotated[
        Share | None, Meta(description="The weighted mean score that passes the test.")
    ] = None
    min_pass_rate: Annotated[
        Share | None, Meta(description="Share of samples that must pass; default 1.")
    ] = None
    misses: Misses | None = None
    parameters: Parameters = {}
    prompts: Annotated[Texts | None, Meta(description="Only these prompts.")] = None
    settings: Annotated[Texts | None, Meta(description="Only these settings.")] = None
    repeat: Repeat | None = None
    tags: Texts = ()
    cluster: Annotated[
        str | int | None, Meta(description="Cases of one cluster are not independent.")
    ] = None
    metadata: Metadata = {}
    skip: Annotated[str | None, Meta(description="The reason why it is not run.")] = None


class WrittenTurn(Written, frozen=True, kw_only=True, rename={"assert_": "assert"}):
    """A turn of a conversation: a user's text, or the results of the tools that were called."""

    user: Annotated[str | None, Meta(description="What the user says: a template.")] = None
    tool: Annotated[
        dict[str, Any] | tuple[dict[str, Any], ...] | None,
        Meta(
            description="Tool → result: a text, or a value sent as JSON. A list of them where a "
            "tool is called several times."
        ),
    ] = None
    assert_: Annotated[Assertions, Meta(description="What the reply to it has to be.")] = ()


class WrittenSample(Written, frozen=True, kw_only=True):
    """Rows drawn by chance: the same rows for the same seed, everywhere."""

    n: Annotated[int, Meta(ge=1, description="How many rows; all, where there are fewer.")]
    seed: Annotated[int, Meta(description="Another seed draws other rows.")] = 0


class WrittenExamples(Written, frozen=True, kw_only=True):
    """Few-shot examples: rows of a data file."""

    file: Annotated[str, Meta(description="A data file beside the suite or below.")]
    n: Annotated[
        Annotated[int, Meta(ge=1)] | None, Meta(description="How many rows; default: all.")
    ] = None
    seed: Annotated[int, Meta(description="Another seed draws other rows.")] = 0


class WrittenDataset(Written, frozen=True, kw_only=True):
    """A data set that Hugging Face's library loads."""

    path: Annotated[
        str, Meta(description="org/name on the hub, or ./folder beside the suite or below.")
    ]
    split: Annotated[str, Meta(description='Such as test, or "test[:100]".')]
    name: Annotated[str | None, Meta(description="The configuration, where there are some.")] = None
    revision: Annotated[
        str | None, Meta(description="A commit of the hub: without it, data may change.")
    ] = None


class WrittenTest(WrittenDefaults, frozen=True, kw_only=True, rename={"assert_": "assert"}):
    """A test; with `file` a test for each row of data, with `tests` a group of tests.

    Then the other keys are defaults for those tests.
    """

    id: Id | None = None
    turns: Annotated[
        tuple[WrittenTurn, ...],
        Meta(description="A conversation: what is said turn by turn; the model's replies between."),
    ] = ()
    inherit: Annotated[
        bool, Meta(description="false: take nothing from the assertions of `defaults`.")
    ] = True
    tests: Annotated[
        tuple[WrittenTest, ...] | UnsetType,
        Meta(description="A group: the other keys are defaults for these tests."),
    ] = UNSET
    file: Annotated[
        str | None,
        Meta(description="A data file beside the suite, or a pattern such as data/*.csv."),
    ] = None
    dataset: WrittenDataset | None = None
    delimiter: Annotated[
        str | None, Meta(description="What separates the columns of a CSV; default a comma.")
    ] = None
    map: Annotated[
        dict[str, str], Meta(description="Name in the suite → column: {id: ticket_no}.")
    ] = {}
    types: Annotated[
        dict[str, Literal["int", "float", "bool", "json"]],
        Meta(description="How the texts of a column are read; an empty one is null."),
    ] = {}
    where: Annotated[
        str | None, Meta(description="A condition over columns: only rows where it holds.")
    ] = None
    sample: Annotated[WrittenSample | None, Meta(description="Only n rows, drawn by a seed.")] = (
        None
    )
    limit: Annotated[
        Annotated[int, Meta(ge=1)] | None, Meta(description="Only the first rows that are left.")
    ] = None


class WrittenMetric(Written, frozen=True, kw_only=True):
    """A metric that aggregates something over the trials of a column, or an expression."""

    of: Annotated[
        str | None,
        Meta(description="latency, tokens.completion, cost_usd … or a metric of assertions."),
    ] = None
    by: Annotated[
        Literal["mean", "median", "p50", "p90", "p95", "p99", "min", "max", "sum", "std", "rate"]
        | None,
        Meta(description="How; rate: the share of passes of a metric of assertions."),
    ] = None
    expression: Annotated[
        str | None, Meta(description="Instead of `of` and `by`: cost_usd / accuracy.")
    ] = None
    better: Annotated[
        Literal["higher", "lower"] | None,
        Meta(description="Which way is better; gates with versus or baseline need it."),
    ] = None


class WrittenGate(Written, frozen=True, kw_only=True):
    """A gate: a metric with `min`, `max` or both, or compared by `versus` or `baseline`."""

    metric: str
    min: float | str | None = None
    max: float | str | None = None
    versus: Annotated[
        str | None, Meta(description="The column that the judged one is compared with.")
    ] = None
    baseline: Annotated[
        bool | str | None,
        Meta(description="true: baselines/<suite>.json; or the path of another baseline."),
    ] = None
    margin: Annotated[
        float | str | None,
        Meta(
            description='The change for the worse that does not matter: 0.05 or "5%" (points of '
            "accuracy, per cent of times, tokens and cost); default 0."
        ),
    ] = None
    mode: Annotated[
        Literal["regression", "non-inferiority", "measured"] | None,
        Meta(
            description="Fails on a drop that is shown (regression, the default), not ruled out "
            "(non-inferiority), or measured, be it chance or not."
        ),
    ] = None
    across_hosts: Annotated[
        bool | None,
        Meta(description="Compare times wherever, and however many at once, they were recorded."),
    ] = None
    confidence: Annotated[
        Annotated[float, Meta(gt=0, lt=1)] | None,
        Meta(description="The interval's bound must hold, not just the measured value."),
    ] = None
    column: Annotated[
        str | None, Meta(description="A column, or `all`; default: the reference column.")
    ] = None
    tag: str | None = None
    cases: Texts | None = None


class WrittenLimits(Written, frozen=True, kw_only=True):
    """What the suite may take."""

    timeout: Duration | None = None
    concurrency: Annotated[int, Meta(ge=1)] | None = None
    max_requests: Annotated[int, Meta(ge=1)] | None = None
    max_tokens_total: Annotated[int, Meta(ge=1)] | None = None
    max_cost_usd: Annotated[float, Meta(ge=0)] | None = None
    errors: Annotated[
        Annotated[int, Meta(ge=0)] | Annotated[float, Meta(ge=0)] | str,
        Meta(description='How many trials may end in an error: a count, or a share as "1%".'),
    ] = 0
    max_age: Annotated[
        Duration | None, Meta(description='How old a recording may be, as "90d".')
    ] = None


class WrittenSuite(Written, frozen=True, kw_only=True):
    """A suite: what to ask, of whom, and what to expect."""

    suite: Annotated[
        str | None,
        Meta(
            description="Id; default: the file's name without .eval.yaml.",
            extra_json_schema={"pattern": "^[a-z0-9][a-z0-9_-]*$"},
        ),
    ] = None
    description: str | None = None
    tags: Texts = ()
    metadata: Metadata = {}
    endpoint: Annotated[
        str | None, Meta(description="A name from the configuration; default: its default.")
    ] = None
    model: Annotated[str | None, Meta(description="Default: the endpoint's model.")] = None
    prompts: (
        Annotated[
            tuple[str | WrittenPrompt, ...],
            Meta(description="What is asked; a text is a user message. Default: {{ prompt }}."),
        ]
        | UnsetType
    ) = UNSET
    parameters: Parameters = {}
    settings: tuple[WrittenSetting, ...] | UnsetType = UNSET
    matrix: (
        Annotated[
            dict[str, tuple[Any, ...]],
            Meta(description="Parameter → values: their product, as settings, less `exclude`."),
        ]
        | UnsetType
    ) = UNSET
    reference: Annotated[
        str | None, Meta(description="The column others are compared with; default: the first.")
    ] = None
    repeat: Repeat | None = None
    misses: Misses | None = None
    defaults: WrittenDefaults = WrittenDefaults()
    checks: Annotated[
        dict[str, Assertions], Meta(description="Named sets of assertions: {use: NAME}.")
    ] = {}
    examples: Annotated[
        tuple[Any, ...] | WrittenExamples,
        Meta(description="Few-shot examples, seen by prompts as `examples`."),
    ] = ()
    transforms: Annotated[
        dict[str, Any],
        Meta(
            description="Named steps that checks share: transform: NAME.",
            extra_json_schema={
                "propertyNames": {"pattern": "^[a-z][a-z0-9_-]*$"},
                "additionalProperties": {"type": ["string", "object", "array"]},
            },
        ),
    ] = {}
    tests: tuple[WrittenTest, ...] = ()
    metrics: Annotated[
        dict[str, str | WrittenMetric],
        Meta(
            description="Name → an expression over metrics, such as "
            "2 * precision * recall / (precision + recall); or {of, by}."
        ),
    ] = {}
    judge: (
        Annotated[WrittenJudge, Meta(description="Who answers for checks that a model grades.")]
        | UnsetType
    ) = UNSET
    gates: Annotated[
        tuple[str | WrittenGate, ...], Meta(description='Conditions: "accuracy >= 0.9".')
    ] = ()
    limits: WrittenLimits = WrittenLimits()
    live_only: Annotated[bool, Meta(description="Replay skips the suite and says so.")] = False


def each_test(
    tests: tuple[WrittenTest, ...], path: tuple[str | int, ...] = ("tests",)
) -> Iterator[tuple[tuple[str | int, ...], WrittenTest]]:
    """Every test as written, with its path: groups, and the tests inside them."""
    for index, test in enumerate(tests):
        here = (*path, index)
        yield here, test
        if test.tests is not UNSET:
            yield from each_test(test.tests, (*here, "tests"))
