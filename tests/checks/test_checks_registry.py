"""The table of check types: built-in ones, own ones, and what importing it costs."""

import dataclasses
import subprocess
import sys

import msgspec
import pytest

from evals.checks import registry
from evals.checks.judge import Context, mistakes, prepare
from evals.checks.options import template_fields
from evals.checks.written import read_assertion
from evals.errors import ConfigError
from evals.model import Completion, Verdict


class CloseTo(msgspec.Struct, frozen=True):
    value: float
    within: float = 0.5


@pytest.fixture
def own():
    """Registers checks for one test."""
    before = set(registry.names())
    yield registry.check
    for name in set(registry.names()) - before:
        registry.forget(name)


def test_every_name_has_a_type_with_a_summary_and_described_options():
    for name in registry.names():
        kind = registry.find(name)
        if kind.own:
            continue
        assert kind.name == name
        assert kind.summary
        if kind.options is None:
            continue
        schema = msgspec.json.schema(kind.options)
        options = schema["$defs"][kind.options.__name__]["properties"]
        for option, described in options.items():
            assert described.get("description"), f"{name}: {option}"


CATALOGUE = """
    equals contains icontains contains-any contains-all icontains-any icontains-all starts-with
    ends-with regex word-count char-count line-count sentence-count is-empty is-refusal no-pii
    number-of number between complete ttft tokens-per-second model-is
    is-json contains-json json-path choice choice-logprob
    perplexity finish-reason latency tokens cost tool-calls levenshtein
    tool-call-f1 no-tool-call is-valid-tool-call logprob perplexity-score
    token-probability entropy exact-match jaro-winkler token-f1
    json-equals is-csv is-python markdown similar consistent deterministic
    majority same-as max-score select-best
    is-yaml is-xml contains-xml is-html contains-html is-sql contains-sql language
    bleu chrf ter gleu meteor rouge confidence expression
    llm-rubric closed-qa g-eval factuality pairwise
    answer-relevance context-faithfulness context-recall context-relevance
"""


def test_the_catalogue_is_complete():
    built_in = {name for name in registry.names() if not registry.find(name).own}
    assert built_in == set(CATALOGUE.split())


@pytest.mark.parametrize(
    ("name", "templates"),
    [
        ("equals", {"value"}),
        ("number", {"value"}),
        ("regex", {"value", "flags", "group"}),
        ("json-path", {"path", "assert"}),
        ("choice", {"value", "options", "all_of"}),
        ("tokens", set()),
        ("tool-calls", {"value", "ignore"}),
    ],
)
def test_texts_and_lists_of_texts_are_templates(name, templates):
    assert registry.find(name).templates == templates


def test_an_unknown_name_is_not_found():
    assert registry.find("eqals") is None
    assert registry.find("not-equals") is None


@pytest.mark.parametrize(
    ("returned", "passed", "score", "reason"),
    [
        (True, True, 1.0, "returned True"),
        ((False, "too far"), False, 0.0, "too far"),
        (0.75, True, 0.75, "score 0.75, threshold 0.7"),
        ((0.5, "far"), False, 0.5, "far; score 0.5, threshold 0.7"),
        (Verdict(type="", passed=True, score=0.3, reason="so"), True, 0.3, "so"),
        (Verdict(type="", passed=False, score=None, reason="so"), False, 0.0, "so"),
    ],
)
def test_an_own_check_returns_what_it_likes(own, judged, returned, passed, score, reason):
    @own("odd-one")
    def odd_one(completion: Completion, options: CloseTo):
        assert options.value == 5.0
        return returned

    verdict = judged("x", {"type": "odd-one", "value": 5, "threshold": 0.7})
    assert (verdict.passed, verdict.score, verdict.reason) == (passed, score, reason)
    assert verdict.type == "odd-one"


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (None, "returned NoneType, not a Verdict"),
        ("yes", "returned str"),
        (1.5, "not in 0 … 1"),
        (float("nan"), "not in 0 … 1"),
        ((True, 5), "(bool or score, reason)"),
        (Verdict(type="", passed=True, score=2.0, reason=""), "not in 0 … 1"),
    ],
)
@pytest.mark.parametrize("negation", ["", "not-"])
def test_what_is_no_verdict_is_an_error(own, judged, returned, message, negation):
    @own("odd-one")
    def odd_one(completion: Completion, options: None):
        return returned

    verdict = judged("x", {"type": f"{negation}odd-one", "threshold": 0.5})
    assert verdict.passed is None
    assert message in verdict.reason


def test_an_exception_is_an_error_of_that_check_and_its_traceback_is_kept(own, judged):
    @own("boom")
    def boom(completion: Completion, options: None) -> bool:
        raise KeyError("price")

    verdict = judged("x", {"any": [{"type": "boom"}, "x"]})
    assert verdict.passed
    assert verdict.checks[0].passed is None
    assert verdict.checks[0].reason == "KeyError: 'price'"
    assert 'raise KeyError("price")' in verdict.checks[0].traceback


def test_a_score_needs_a_threshold(own, judged, refused):
    @own("graded")
    def graded(completion: Completion, options: None) -> float:
        return 0.25

    assert "needs `threshold` to decide" in refused({"type": "graded"})[""]
    assert "cannot fail" in refused({"type": "graded", "threshold": 0})["threshold"]
    assert "cannot be reached" in refused({"type": "graded", "threshold": 2})["threshold"]
    assert judged("x", {"type": "graded", "threshold": 0.25}).passed
    shown = judged("x", {"type": "graded", "weight": 0})
    assert (shown.score, shown.reason) == (0.25, "score 0.25, no threshold")


def test_a_check_that_returns_a_bool_takes_no_threshold(own, refused):
    @own("plain")
    def plain(completion: Completion, options: None) -> bool:
        return True

    assert "no graded score" in refused({"type": "plain", "threshold": 0.5})["threshold"]
    assert 'unknown option "valu"' in refused({"type": "plain", "valu": 1})["valu"]


def test_options_may_be_a_dataclass(own, judged, refused):
    @dataclasses.dataclass
    class Around:
        value: float
        words: tuple[str, ...] = ()

    def around(completion, options) -> bool:
        return float(completion.text) == options.value

    around.__annotations__["options"] = Around
    own("around")(around)
    assert judged("5", {"type": "around", "value": 5}).passed
    assert 'did you mean "value"' in refused({"type": "around", "valeu": 5})["valeu"]
    assert template_fields(Around) == {"value", "words"}


def test_an_unknown_option_of_an_own_struct_is_refused(own, refused):
    """Though the struct itself would take it."""

    @own("close-to")
    def close_to(completion: Completion, options: CloseTo) -> bool:
        return True

    found = refused({"type": "close-to", "value": 5, "witin": 1})
    assert found == {"witin": 'unknown option "witin"; did you mean "within"?'}


def test_an_own_check_may_ask_for_the_context(own, answered):
    @own("asks")
    def asks(completion: Completion, options: None, *, context: Context) -> bool:
        return completion.text == context.vars["a"] and context.expected == 5

    context = Context(vars={"a": "x"}, expected=5, has_expected=True)
    prepared = prepare(read_assertion({"type": "asks"}))
    assert prepared.judge(answered("x"), context).passed
    assert prepared.judge(answered("y"), context).passed is False


def test_two_checks_of_one_name_are_refused_with_both_places(own):
    def first(completion: Completion, options: None) -> bool:
        return True

    def second(completion: Completion, options: None) -> bool:
        return True

    own("twice")(first)
    own("twice")(first)  # a module that is imported twice
    with pytest.raises(ConfigError) as caught:
        own("twice")(second)
    for function in (first, second):
        assert f"{__file__}:{function.__code__.co_firstlineno}" in caught.value.message


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("equals", "is built in"),
        ("any", "is built in"),
        ("not-close", "`not-` inverts any check"),
        ("Close To", "cannot be named"),
    ],
)
def test_a_name_that_cannot_be_used_is_refused(own, name, message):
    with pytest.raises(ConfigError, match=message):

        @own(name)
        def check(completion: Completion, options: None) -> bool:
            return True


def test_an_asynchronous_check_is_refused(own):
    with pytest.raises(ConfigError, match="one that has to ask yields its requests"):

        @own("asking")
        async def asking(completion: Completion, options: None):
            return True


def test_options_without_annotation_are_refused_at_first_use(own):
    @own("bare")
    def bare(completion, options) -> bool:
        return True

    with pytest.raises(ConfigError, match="annotate its second parameter"):
        mistakes(read_assertion({"type": "bare"}))


def test_the_decorator_imports_nothing_heavy():
    code = (
        "import sys, evals.checks.registry as r\n"
        "r.check('x-y')(lambda completion, options: True)\n"
        "heavy = 'msgspec re2 jsonschema_rs rapidfuzz jsonpath yaml jinja2 httpx asyncio rich'\n"
        "print([name for name in heavy.split() if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_family_imports_its_library_only_when_it_is_used():
    code = (
        "import sys\n"
        "from evals.checks.judge import prepare\n"
        "from evals.checks.written import read_assertion\n"
        "prepare(read_assertion({'type': 'equals', 'value': 'x'}))\n"
        "prepare(read_assertion({'type': 'is-json'}))\n"
        "prepare(read_assertion({'type': 'levenshtein', 'value': 'x', 'threshold': 0.5}))\n"
        "heavy = 're2 jsonschema_rs rapidfuzz jsonpath'\n"
        "print([name for name in heavy.split() if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
