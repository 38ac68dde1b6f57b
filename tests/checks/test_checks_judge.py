"""Rules for all checks: `not-`, groups, weights, thresholds, errors, and a test's outcome."""

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.checks.groups import at_least
from evals.checks.judge import OptionsError, conclude, mistakes, prepare, unmet
from evals.checks.written import read_assertion, read_assertions
from evals.model import Case, Check, Group, Verdict

PASS, FAIL = "x", "absent"
ERROR = {"type": "cost", "max": 1}  # nothing is priced here
TRUTH = {PASS: True, FAIL: False, "error": None}


def written(member):
    return ERROR if member == "error" else member


def test_not_inverts_and_gives_one_minus_the_score(judged):
    passed = judged("a b", {"type": "not-contains-all", "value": ["a", "z", "y", "b"]})
    assert (passed.type, passed.passed, passed.score) == ("not-contains-all", True, 0.5)
    failed = judged("a", {"type": "not-contains", "value": "a"})
    assert (failed.passed, failed.score) == (False, 0.0)


def test_an_error_stays_an_error_under_not(judged):
    verdict = judged("x", {"type": "not-cost", "max": 1})
    assert (verdict.passed, verdict.score) == (None, None)


def test_common_keys_are_kept_in_the_verdict(judged):
    keys = {"weight": 2.5, "metric": "polite", "name": "says please"}
    verdict = judged("x", {"type": "contains", "value": "x", **keys})
    assert (verdict.weight, verdict.metric, verdict.name) == (2.5, "polite", "says please")
    group = judged("x", {"any": ["x"], **keys})
    assert (group.weight, group.metric, group.name) == (2.5, "polite", "says please")


def worth(kind, n, truths):
    """What a group is by every answer that its erring members could have given."""
    unknown = [i for i, truth in enumerate(truths) if truth is None]
    outcomes = set()
    for filling in itertools.product([True, False], repeat=len(unknown)):
        full = list(truths)
        for index, truth in zip(unknown, filling, strict=True):
            full[index] = truth
        outcomes.add({"all": all(full), "any": any(full), "at-least": sum(full) >= n}[kind])
    return outcomes.pop() if len(outcomes) == 1 else None


@given(
    kind=st.sampled_from(["all", "any", "not-all", "not-any", "at-least"]),
    members=st.lists(st.sampled_from([PASS, FAIL, "error"]), min_size=1, max_size=5),
    data=st.data(),
)
def test_an_error_matters_only_if_it_decides(judged, kind, members, data):
    n = data.draw(st.integers(1, len(members)))
    body = [written(member) for member in members]
    verdict = judged("x", {kind: {"n": n, "of": body} if kind == "at-least" else body})
    bare = kind.removeprefix("not-")
    expected = worth(bare, n, [TRUTH[member] for member in members])
    if kind != bare and expected is not None:
        expected = not expected
    assert verdict.passed is expected, verdict.reason
    assert (verdict.score is None) == (expected is None)
    assert verdict.type == kind
    assert len(verdict.checks) == len(members)


@given(st.lists(st.sampled_from([True, False, None]), max_size=6), st.integers(0, 7))
def test_at_least_is_decided_as_soon_as_it_can_be(truths, n):
    assert at_least(n, truths) is worth("at-least", n, truths)


@pytest.mark.parametrize(
    ("group", "score"),
    [
        ({"all": ["x", "x", "y", "z"]}, 0.5),
        ({"all": [{"type": "contains", "value": "x", "weight": 3}, "y"]}, 0.75),
        ({"any": ["y", {"type": "contains-all", "value": ["x", "y"]}]}, 0.5),
        ({"any": ["y", "x"]}, 1.0),
        ({"at-least": {"n": 2, "of": ["x", "y", "z"]}}, 0.5),
        ({"at-least": {"n": 1, "of": ["x", "x", "z"]}}, 1.0),
        ({"not-all": ["x", "y"]}, 0.5),
        ({"not-any": ["y", "z"]}, 1.0),
    ],
)
def test_a_group_scores_mean_maximum_or_share(judged, group, score):
    assert judged("x", group).score == pytest.approx(score)


def test_groups_nest_and_keep_their_members_verdicts(judged):
    verdict = judged("x", {"all": [{"any": ["y", "x"]}, {"not-any": ["z"]}]})
    assert verdict.passed
    assert [member.type for member in verdict.checks] == ["any", "not-any"]
    assert [member.passed for member in verdict.checks[0].checks] == [False, True]


def test_a_member_of_weight_0_is_shown_and_does_not_decide(judged):
    verdict = judged("x", {"all": ["x", {"type": "contains", "value": "y", "weight": 0}]})
    assert verdict.passed
    assert verdict.checks[1].passed is False


def test_nothing_to_judge_fails_a_negated_group_too(judged):
    blind = {"type": "equals", "value": "a", "transform": {"regex": "[0-9]"}}
    assert judged("x", {"any": [blind]}).passed is False
    negated = judged("x", {"not-any": [blind]})
    assert (negated.passed, negated.score) == (False, 0.0)
    assert judged("x", {"not-any": [{"not-all": [blind]}]}).passed is False


def test_a_failing_group_says_which_members_failed(judged):
    verdict = judged("x", {"all": ["x", "y"]})
    assert verdict.reason == '1 of 2 passed; contains: "y" is not in "x"'
    undecided = judged("x", {"all": ["x", ERROR]})
    assert undecided.reason.startswith("1 of 2 passed, 1 in error; undecided without cost: ")


def test_a_failing_negated_group_says_which_members_passed(judged):
    verdict = judged("x", {"not-any": ["y", "x"]})
    assert verdict.reason == '1 of 2 passed; contains: found "x" in "x"'
    assert 'found "x"' in judged("x", {"not-all": ["x"]}).reason
    blind = {"type": "equals", "value": "a", "transform": {"regex": "[0-9]"}}
    assert "nothing to judge" in judged("x", {"not-any": [blind]}).reason


def verdict(passed, score=None, weight=1.0):
    score = score if passed is None or score is not None else float(passed)
    return Verdict(type="t", passed=passed, score=score, reason="", weight=weight)


@pytest.mark.parametrize(
    ("verdicts", "threshold", "outcome", "passed", "score"),
    [
        ([verdict(True), verdict(True)], None, "pass", 1, 1.0),
        ([verdict(True), verdict(False)], None, "fail", 0, 0.5),
        ([verdict(True), verdict(None)], None, "error", None, None),
        ([verdict(False), verdict(None)], None, "fail", 0, None),
        ([verdict(True, weight=3), verdict(False)], 0.75, "pass", 1, 0.75),
        ([verdict(True, weight=3), verdict(False)], 0.76, "fail", 0, 0.75),
        ([verdict(True), verdict(True), verdict(None)], 0.5, "error", None, None),
        ([verdict(True), verdict(False, weight=0)], None, "pass", 1, 1.0),
        ([verdict(True), verdict(None, weight=0)], 0.5, "pass", 1, 1.0),
        ([verdict(False, weight=0), verdict(None, weight=0)], None, "pass", None, None),
        ([], None, "pass", None, None),
        ([verdict(True, 0.1)] * 7 + [verdict(False)] * 3, 0.07, "pass", 1, 0.07),
    ],
)
def test_the_outcome_of_a_test(verdicts, threshold, outcome, passed, score):
    conclusion = conclude(Case(id="c", threshold=threshold), verdicts)
    assert (conclusion.outcome, conclusion.passed) == (outcome, passed)
    assert conclusion.score == (None if score is None else pytest.approx(score))


@pytest.mark.parametrize(
    ("kind", "options", "parameters", "missing"),
    [
        ("perplexity", {"max": 2}, {}, ["logprobs: true"]),
        ("perplexity", {"max": 2}, {"logprobs": True}, []),
        ("choice-logprob", {}, {"logprobs": True}, ["top_logprobs"]),
        ("choice-logprob", {}, {"logprobs": True, "top_logprobs": 0}, ["top_logprobs"]),
        ("choice-logprob", {}, {"logprobs": True, "top_logprobs": 5}, []),
        ("ttft", {}, {}, ["ttft needs `stream: true` among the parameters"]),
        ("ttft", {}, {"stream": False}, ["ttft needs `stream: true`"]),
        ("ttft", {}, {"stream": True}, []),
        ("choice-logprob", {}, {}, ["choice-logprob needs `logprobs: true` and `top_logprobs`"]),
        ("tool-calls", {"count": 0}, {"tools": []}, ["tools"]),
        ("tool-calls", {"count": 0}, {"tools": [{}]}, []),
        ("contains", {"value": "x"}, {}, []),
    ],
)
def test_what_a_request_does_not_ask_for_is_told(kind, options, parameters, missing):
    check = Check(type=kind, options=options)
    for assertion in (check, Group(kind="any", of=(check, check))):
        told = unmet(assertion, parameters)
        assert len(told) == len(missing)
        assert all(name in message for name, message in zip(missing, told, strict=True))


@pytest.mark.parametrize(
    ("assertion", "path", "message"),
    [
        ({"type": "eqals", "value": "x"}, "type", 'unknown check "eqals"; did you mean "equals"?'),
        ({"type": "contains", "value": "x", "weight": -1}, "weight", "0 or more, found -1"),
        ({"type": "contains", "value": "x", "weight": float("nan")}, "weight", "found nan"),
        ({"type": "contains", "value": "x", "weight": "2"}, "weight", 'found "2"'),
        ({"type": "contains", "value": "x", "metric": 5}, "metric", "expected text, found 5"),
        ({"type": "contains", "value": "x", "on": "thought"}, "on", "answer or reasoning"),
        ({"type": "contains", "value": "x", "vlaue": 1}, "vlaue", 'did you mean "value"'),
        ({"type": "any", "value": []}, "type", "a group is a key, not a type"),
        ({"equals": "5"}, "", '{type: equals, value: "5"}'),
        ({"at_least": {"n": 1, "of": []}}, "", "is spelled `at-least`"),
        ({"valeu": 1, "b": 2}, "", "an assertion has a `type`"),
        ({"use": "set"}, "", "a named set cannot be used here"),
        ({}, "", "the assertion is empty: give it a `type`"),
        (5, "", "a mapping or a text, found 5"),
        ("", "value", "cannot fail"),
        ({"any": "x"}, "any", "expected a list of assertions"),
        ({"any": []}, "any", "`any` is empty: it has no member that decides"),
        ({"any": [{"type": "contains", "value": "x", "weight": 0}]}, "any", "weight of each is 0"),
        ({"any": ["x"], "threshold": 0.5}, "threshold", "cannot stand beside `any`"),
        ({"any": ["x"], "weight": -1}, "weight", "0 or more"),
        ({"not-any": ["x", {"all": [{"type": "eqals"}]}]}, "not-any.1.all.0.type", "eqals"),
        ({"any": ["x", 5]}, "any.1", "found 5"),
        ({"at-least": {"n": 3, "of": ["x", "y"]}}, "at-least.n", "cannot be reached by 2"),
        ({"at-least": {"n": 0, "of": ["x"]}}, "at-least.n", "cannot fail"),
        ({"at-least": {"n": "2", "of": ["x"]}}, "at-least.n", "whole number"),
        ({"at-least": ["x"]}, "at-least", "write at-least: {n: 2, of: […]}"),
        ({"at-least": {"n": 1, "of": ["x", ""]}}, "at-least.of.1.value", "cannot fail"),
    ],
)
def test_an_assertion_that_cannot_work_is_refused(refused, assertion, path, message):
    assert message in refused(assertion)[path]


def test_an_option_that_is_misspelled_is_not_missing_too(refused):
    assert set(refused({"type": "contains", "vlaue": "x"})) == {"vlaue"}
    assert set(refused({"type": "contains", "xyz": "x"})) == {"xyz", "value"}


def test_every_mistake_is_told_at_once(refused):
    found = refused(
        {"type": "number", "value": "x", "which": "lst", "abs_tl": 1, "weight": -1,
         "transform": ["stirp"]}
    )  # fmt: skip
    assert set(found) == {"value", "which", "abs_tl", "weight", "transform.0"}


@pytest.mark.parametrize(
    "assertion",
    [
        {"type": "equals", "value": "{{ expected }}"},
        {"type": "number", "value": "{{ expected }}", "abs_tol": 0.1},
        {"type": "contains-all", "value": "{{ words }}"},
        {"type": "contains-all", "value": ["{{ word }}", "x"]},
        {"type": "regex", "value": "({{ pattern }"},
        {"type": "is-json", "value": {"const": "{% if a %}x{% endif %}"}},
        {"type": "json-path", "path": "$.{{ key }}", "assert": ["{{ expected }}"]},
        {"type": "choice", "options": "{{ options }}", "value": "{{ expected }}"},
    ],
)
def test_a_template_stands_for_any_value(assertion):
    assert mistakes(read_assertion(assertion)) == ()


def test_what_is_no_template_is_examined_beside_one():
    found = mistakes(read_assertion({"type": "number", "value": "{{ x }}", "digits": -1, "a": 1}))
    assert {path for path, _ in found} == {("digits",), ("a",)}


def test_a_rendered_text_with_braces_is_no_template(judged):
    assert judged("{{ x }}", {"type": "equals", "value": "{{ x }}"}).passed
    with pytest.raises(OptionsError, match="is not a number"):
        prepare(Check(type="number", options={"value": "{{ x }}"}))


def test_assertions_of_a_list_are_read_with_all_their_mistakes():
    with pytest.raises(OptionsError) as caught:
        read_assertions(["x", 5, {"type": 3}])
    assert [path for path, _ in caught.value.mistakes] == [(1,), (2, "type")]


def test_the_same_answer_has_the_same_verdict(answered):
    assertion = read_assertion({"any": [{"type": "regex", "value": "a+"}, "x"]})
    assert prepare(assertion).judge(answered("aa")) == prepare(assertion).judge(answered("aa"))


@pytest.mark.parametrize(
    ("make", "seconds"),
    [
        (lambda i: {"type": "equals", "value": f"answer {i}"}, 0.05),
        (lambda i: {"type": "regex", "value": "^(a|b)+[0-9]{2,5}$"}, 0.05),
        (lambda i: {"type": "is-json", "value": {"type": "object", "required": ["a"]}}, 0.1),
    ],
)
def test_a_thousand_assertions_are_prepared_and_judged_at_once(answered, make, seconds):
    """The best of three, since other processes share the machine."""
    completion = answered("answer 7")
    prepare(read_assertion(make(0))).judge(completion)

    def run(start):
        checks = [Check(type=(a := make(start + i))["type"], options={"value": a["value"]})
                  for i in range(1000)]  # fmt: skip
        begin = time.perf_counter()
        for check in checks:
            prepare(check).judge(completion)
        return time.perf_counter() - begin

    assert min(run(1000 * attempt) for attempt in range(3)) < seconds
