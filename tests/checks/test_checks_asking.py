"""Check functions as scripts, side by side."""

from __future__ import annotations

import pytest

import evals
from evals.checks.asking import together
from evals.checks.registry import forget
from evals.model import Request
from evals.testing import ScriptedEndpoint, check


@pytest.fixture
def own():
    names = []

    def register(name):
        names.append(name)
        return evals.check(name)

    yield register
    for name in names:
        forget(name)


def echo(request):
    return request.body["messages"][0]["content"].upper()


def ask(context, text):
    return context.chat([{"role": "user", "content": text}])


def test_a_check_yields_one_request_and_is_sent_its_completion(own):
    @own("asks-one")
    def asks_one(completion, options: None, *, context):
        reply = yield ask(context, completion.text)
        return reply.text == "HEY", reply.text

    verdict = check({"type": "asks-one"}, "hey", endpoint=ScriptedEndpoint(echo))
    assert (verdict.passed, verdict.reason) == (True, "HEY")
    assert check({"type": "not-asks-one"}, "hey", endpoint=ScriptedEndpoint(echo)).passed is False


def test_a_check_yields_several_and_is_sent_them_in_order(own):
    @own("asks-two")
    def asks_two(completion, options: None, *, context):
        one, two = yield (ask(context, "a"), ask(context, "b"))
        return True, one.text + two.text

    assert check({"type": "asks-two"}, "", endpoint=ScriptedEndpoint(echo)).reason == "AB"


def test_a_check_may_catch_the_error_of_its_request(own):
    @own("catches")
    def catches(completion, options: None, *, context):
        try:
            yield ask(context, "a")
        except evals.EndpointError:
            return True, "nobody was there"

    silent = ScriptedEndpoint(lambda request: None)
    assert check({"type": "catches"}, "", endpoint=silent).reason == "nobody was there"


def test_an_uncaught_error_is_an_error_of_the_check_also_under_not(own):
    @own("asks")
    def asks(completion, options: None, *, context):
        yield ask(context, "a")
        return True

    silent = ScriptedEndpoint(lambda request: None)
    for name in ("asks", "not-asks"):
        verdict = check({"type": name}, "", endpoint=silent)
        assert verdict.passed is None
        assert "the script has no answer" in verdict.reason


def test_without_a_judge_the_check_is_an_error(own):
    @own("asks")
    def asks(completion, options: None, *, context):
        yield ask(context, "a")
        return True

    assert "there is no judge" in check({"type": "asks"}, "").reason


def test_what_is_no_request_is_an_error_of_the_check(own):
    @own("odd")
    def odd(completion, options: None):
        yield "question"

    verdict = check({"type": "odd"}, "", endpoint=ScriptedEndpoint(echo))
    assert verdict.passed is None
    assert "yielded str, not a Request" in verdict.reason


def test_a_bug_in_a_check_loses_no_other_verdict(own):
    @own("broken")
    def broken(completion, options: None, *, context):
        yield ask(context, "a")
        raise ZeroDivisionError

    group = {"any": [{"type": "broken"}, "x"]}
    verdict = check(group, "x", endpoint=ScriptedEndpoint(echo))
    assert verdict.passed is True
    assert [member.type for member in verdict.checks] == ["contains"]
    assert "broken not asked" in verdict.reason
    undecided = check(group, "y", endpoint=ScriptedEndpoint(echo))
    assert undecided.passed is None
    assert "ZeroDivisionError" in undecided.reason


@pytest.mark.parametrize(
    ("group", "asked"),
    [
        ({"any": [{"type": "yes"}, "x"]}, []),
        ({"any": [{"type": "yes"}, "y"]}, ["yes"]),
        ({"any": [{"type": "yes"}, {"type": "no"}]}, ["yes"]),
        ({"any": [{"type": "no"}, {"type": "yes"}]}, ["no", "yes"]),
        ({"all": [{"type": "no"}, {"type": "yes"}]}, ["no"]),
        ({"not-all": [{"type": "yes"}, "y"]}, []),
        ({"all": [{"type": "yes", "weight": 0}, "y"]}, ["yes"]),
        ({"at-least": {"n": 2, "of": [{"type": "yes"}, "x", "x"]}}, []),
        ({"all": [{"any": [{"type": "no"}, "x"]}, {"type": "yes"}]}, ["yes"]),
        ({"all": [{"any": [{"type": "no"}, "x"]}, "y", {"type": "yes"}]}, []),
    ],
)
def test_a_group_asks_no_further_than_it_needs(own, group, asked):
    for name in ("yes", "no"):

        @own(name)
        def says(completion, options: None, *, context, name=name):
            reply = yield ask(context, name)
            return reply.text == "YES"

    endpoint = ScriptedEndpoint(echo)
    verdict = check(group, "x", endpoint=endpoint)
    assert [r.body["messages"][0]["content"] for r in endpoint.requests] == asked
    assert verdict.passed is not None


def test_scripts_side_by_side_ask_in_the_same_step():
    def script(*steps):
        total = 0
        for step in steps:
            answers = yield tuple(Request(endpoint="x", body={"n": n}) for n in step)
            total += sum(answers)
        return total

    running = together([script((1,), (2, 3)), script(), script((4, 5))])
    first = next(running)
    assert [request.body["n"] for request in first] == [1, 4, 5]
    second = running.send([10, 40, 50])
    assert [request.body["n"] for request in second] == [2, 3]
    with pytest.raises(StopIteration) as end:
        running.send([20, 30])
    assert end.value.value == [60, 0, 90]


def test_cosines_of_odd_vectors_are_errors():
    def vectors(*two):
        texts = iter(two)
        return ScriptedEndpoint(lambda request: [next(texts)])

    similar = {"type": "similar", "value": "b", "threshold": 0.5}
    assert check(similar, "a", endpoint=vectors([3, 4], [6, 8])).score == pytest.approx(1.0)
    opposite = check(similar, "a", endpoint=vectors([1, 0], [-1, 0]))
    assert (opposite.passed, opposite.score, opposite.values) == (False, 0.0, {"cosine": -1.0})
    assert "all zeros" in check(similar, "a", endpoint=vectors([0, 0], [1, 1])).reason
    assert "cannot be compared" in check(similar, "a", endpoint=vectors([1], [1, 1])).reason
    for huge in (1e200, 1e-200, 1e308, 5e-324):
        same = check(similar, "a", endpoint=vectors([huge, huge], [huge, huge]))
        assert (same.passed, same.score) == (True, pytest.approx(1.0))
    assert check(similar, "a", endpoint=vectors([10**400, 1], [1, 1])).passed is None


def test_of_several_references_the_nearest_counts_and_is_named():
    vectors = {"a": [1, 0], "far": [0, 1], "near": [1, 0.1]}
    endpoint = ScriptedEndpoint(lambda request: [vectors[request.body["input"][0]]])
    similar = {"type": "similar", "value": ["far", "near"], "threshold": 0.9}
    verdict = check(similar, "a", endpoint=endpoint)
    assert verdict.passed is True
    assert 'to "near"' in verdict.reason
