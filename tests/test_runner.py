"""Scripts run to their ends on what is there, and ask for what is not."""

from __future__ import annotations

import asyncio

import pytest

from evals.answer import read
from evals.errors import EndpointError
from evals.model import Request
from evals.runner import advance, gather, replay
from evals.testing import ScriptedEndpoint


def request(text, take=0):
    body = {"messages": [{"role": "user", "content": text}]}
    return Request(endpoint="x", body=body, take=take)


def name(asked):
    return asked.body["messages"][0]["content"]


class Memory:
    """A desk that keeps answers in memory, and fails what says so."""

    def __init__(self, **known):
        self.known = dict(known)
        self.asked = []
        self._endpoint = ScriptedEndpoint(lambda asked: f"<{name(asked)}>")

    def settled(self, asked):
        return name(asked) in self.known

    def lookup(self, asked):
        if self.known[name(asked)] is None:
            raise EndpointError("no answer", kind="status", status=500)
        return read(self._endpoint.answer(asked))

    async def settle(self, requests):
        for asked in requests:
            self.asked.append(name(asked))
            await asyncio.sleep(0)
            self.known[name(asked)] = None if "fail" in name(asked) else "answered"


def chain(*steps):
    """A script that asks one step after another, each quoting the answer before it."""
    said = []
    before = ""
    for step in steps:
        (answer,) = yield (request(step + before),)
        before = answer.text
        said.append(before)
    return said


def test_a_script_is_replayed_step_by_step():
    desk = Memory(**{"a": "", "b<a>": ""})
    assert replay(chain("a", "b"), desk.lookup) == ["<a>", "<b<a>>"]


def test_a_script_advances_to_the_step_that_lacks_an_answer():
    desk = Memory(a="")
    waiting = advance(chain("a", "b"), desk)
    assert waiting is not None
    assert [name(each) for each in waiting.requests] == ["b<a>"]
    assert desk.asked == []


def test_a_script_that_has_all_its_answers_waits_for_nothing():
    assert advance(chain("a"), Memory(a="")) is None


def test_gathering_takes_scripts_to_their_ends():
    desk = Memory(a="")
    scripts = [advance(chain(first, "b"), desk) for first in ("a", "c")]
    asyncio.run(gather([script for script in scripts if script]))
    assert sorted(desk.asked) == ["b<a>", "b<c>", "c"]


def test_a_failed_request_raises_inside_the_script_that_reads_it():
    seen = []

    def script():
        try:
            yield from chain("fail")
        except EndpointError as problem:
            seen.append(problem.message)
        yield from chain("after")

    waiting = advance(script(), Memory())
    asyncio.run(gather([waiting]))
    assert seen == ["no answer"]
    assert waiting.desk.asked == ["fail", "after"]


def test_an_answer_that_nobody_reads_is_not_looked_up():
    def script():
        yield (request("fail"),)
        return "done"

    assert replay(script(), Memory(fail=None).lookup) == "done"


def test_what_is_no_error_of_an_endpoint_ends_the_gathering():
    def broken():
        yield (request("a"),)
        raise ZeroDivisionError

    waiting = advance(broken(), Memory())
    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(gather([waiting]))
    assert caught.group_contains(ZeroDivisionError)
