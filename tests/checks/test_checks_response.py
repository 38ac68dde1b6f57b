"""Checks of the response: why it ended, how long it took, what it used and cost."""

import pytest

from evals.model import Timing, Usage

USED = Usage(prompt_tokens=13, completion_tokens=1891, reasoning_tokens=1480, total_tokens=1904)


@pytest.mark.parametrize(
    ("parts", "written", "passed"),
    [
        ({"finish_reason": "stop"}, {"type": "finish-reason", "value": "stop"}, True),
        ({"finish_reason": "length"}, {"type": "finish-reason", "value": "stop"}, False),
        ({"finish_reason": "length"}, {"type": "not-finish-reason", "value": "stop"}, True),
        ({"finish_reason": "odd"}, {"type": "finish-reason", "value": ["stop", "odd"]}, True),
        ({"timing": Timing(latency_s=1.5)}, {"type": "latency", "max": "2s"}, True),
        ({"timing": Timing(latency_s=1.5)}, {"type": "latency", "max": "1500ms"}, True),
        ({"timing": Timing(latency_s=1.5)}, {"type": "latency", "max": 1}, False),
        ({"timing": Timing(latency_s=59.0)}, {"type": "latency", "max": "1m"}, True),
        ({"timing": Timing(latency_s=61.0)}, {"type": "latency", "max": "1 min"}, False),
        ({"timing": Timing(latency_s=3599.0)}, {"type": "latency", "max": "1h"}, True),
        ({"timing": Timing(latency_s=1.5)}, {"type": "latency", "max": "1"}, False),
        ({"timing": Timing(latency_s=1.5)}, {"type": "not-latency", "max": "300ms"}, True),
        ({"usage": USED}, {"type": "tokens", "max": 1891}, True),
        ({"usage": USED}, {"type": "tokens", "max": 1890}, False),
        ({"usage": USED}, {"type": "tokens", "kind": "visible", "min": 411, "max": 411}, True),
        ({"usage": USED}, {"type": "tokens", "kind": "reasoning", "max": 1000}, False),
        ({"usage": USED}, {"type": "tokens", "kind": "prompt", "min": 14}, False),
        ({"usage": USED}, {"type": "tokens", "kind": "total", "max": 1904}, True),
        ({"timing": Timing(latency_s=2, ttft_s=0.3)}, {"type": "ttft", "max": "300ms"}, True),
        ({"timing": Timing(latency_s=2, ttft_s=0.31)}, {"type": "ttft", "max": "300ms"}, False),
        ({"timing": Timing(latency_s=2, ttft_s=0.31)}, {"type": "not-ttft", "max": 0.3}, True),
        ({"usage": USED}, {"type": "tokens-per-second", "min": 4727.5}, True),
        ({"usage": USED}, {"type": "tokens-per-second", "min": 4727.6}, False),
        ({"usage": USED}, {"type": "not-tokens-per-second", "min": 5000}, True),
        ({"cost_usd": 3 * 0.1}, {"type": "cost", "max": 0.3}, True),  # 0.30000000000000004
        ({"cost_usd": 0.3001}, {"type": "cost", "max": 0.3}, False),
        ({"model": "x-1"}, {"type": "model-is", "value": "x-1"}, True),
        ({"model": "x-1-2025"}, {"type": "model-is", "value": "x-1"}, False),
        ({"model": "x-1-2025"}, {"type": "model-is", "value": "x-1", "prefix": True}, True),
        ({"model": "y"}, {"type": "model-is", "value": ["x", "y"]}, True),
        ({"model": "ya"}, {"type": "model-is", "value": ["x", "y"], "prefix": True}, True),
        ({"model": "y"}, {"type": "not-model-is", "value": "y"}, False),
        ({"finish_reason": "stop"}, {"type": "complete"}, True),
        ({"finish_reason": "content_filter"}, {"type": "complete"}, True),
        ({"finish_reason": "\x00odd"}, {"type": "complete"}, True),
        ({"finish_reason": "length"}, {"type": "complete"}, False),
        ({"finish_reason": "length"}, {"type": "not-complete"}, True),
        ({"cost_usd": 0.01}, {"type": "cost", "max": 0.01}, True),
        ({"cost_usd": 0.0101}, {"type": "cost", "max": 0.01}, False),
    ],
)
def test_the_response_is_judged(judged, answered, parts, written, passed):
    verdict = judged(answered("x", **parts), written)
    assert verdict.passed is passed, verdict.reason
    assert verdict.score == float(passed)


@pytest.mark.parametrize(
    ("parts", "written", "evidence"),
    [
        ({}, {"type": "finish-reason", "value": ["a", "b"]}, '"stop", expected "a" or "b"'),
        ({}, {"type": "latency", "max": "300ms"}, "latency 400 ms, expected at most 300 ms"),
        ({"usage": USED}, {"type": "tokens", "max": 2}, "1,891 completion tokens, expected at m"),
        ({"timing": Timing(latency_s=9, ttft_s=1.25)}, {"type": "ttft", "max": 1},
         "first token after 1.25 s, expected at most 1 s"),
        ({"usage": USED}, {"type": "tokens-per-second", "min": 5000},
         "4728 tokens/s: 1,891 in 400 ms, expected at least 5000"),
        ({"model": "m" * 500}, {"type": "model-is", "value": ["x", "y"]},
         "m" * 60 + '"… answered, expected "x" or "y"'),
        ({"model": "z"}, {"type": "model-is", "value": "x", "prefix": True},
         '"z" answered, expected a name that begins with "x"'),
        ({"finish_reason": "length"}, {"type": "complete"}, 'off by length: finish reason "len'),
        ({"cost_usd": 0.25}, {"type": "cost", "max": 0.1}, "cost $0.25, expected at most $0.1"),
    ],
)  # fmt: skip
def test_the_reason_shows_measure_and_limit(judged, answered, parts, written, evidence):
    assert evidence in judged(answered("x", **parts), written).reason


@pytest.mark.parametrize("negation", ["", "not-"])
@pytest.mark.parametrize(
    ("usage", "kind", "missing"),
    [
        (Usage(), "completion", "completion tokens"),
        (Usage(completion_tokens=5), "reasoning", "reasoning tokens"),
        (Usage(completion_tokens=5), "visible", "reasoning tokens"),
        (Usage(completion_tokens=5), "total", "prompt tokens"),
    ],
)
def test_tokens_that_were_not_told_are_an_error(judged, answered, negation, usage, kind, missing):
    written = {"type": f"{negation}tokens", "kind": kind, "max": 10}
    verdict = judged(answered("x", usage=usage), written)
    assert verdict.passed is None
    assert f"did not tell the {missing}" in verdict.reason


def test_a_total_that_disagrees_is_noted(judged, answered):
    usage = Usage(prompt_tokens=1, completion_tokens=2, total_tokens=0)
    verdict = judged(answered("x", usage=usage), {"type": "tokens", "kind": "total", "max": 3})
    assert verdict.passed
    assert "the service's own total is 0" in verdict.reason


@pytest.mark.parametrize("negation", ["", "not-"])
@pytest.mark.parametrize(
    ("parts", "written", "evidence"),
    [
        ({}, {"type": "ttft", "max": 1}, "the answer did not stream"),
        ({}, {"type": "tokens-per-second", "min": 1}, "did not tell the completion tokens"),
        ({"usage": USED, "timing": Timing(latency_s=0)}, {"type": "tokens-per-second", "min": 1},
         "that gives no speed"),
        ({"model": ""}, {"type": "model-is", "value": "x"}, "did not tell which model answered"),
    ],
)  # fmt: skip
def test_what_was_not_measured_is_an_error(judged, answered, negation, parts, written, evidence):
    verdict = judged(answered("x", **parts), written | {"type": negation + written["type"]})
    assert verdict.passed is None
    assert evidence in verdict.reason


@pytest.mark.parametrize("written", ["latency", "ttft", "tokens-per-second"])
def test_a_replayed_answer_is_judged_as_it_was_live(judged, answered, written):
    options = {"type": written, "min" if written == "tokens-per-second" else "max": 1}
    live, replayed = (
        answered("x", source=source, usage=USED, timing=Timing(latency_s=2, ttft_s=1))
        for source in ("live", "recorded")
    )
    assert judged(live, options) == judged(replayed, options)


def test_an_unpriced_answer_is_an_error(judged, answered):
    verdict = judged(answered("x", model="exotic"), {"type": "cost", "max": 1})
    assert verdict.passed is None
    assert '"exotic" has no price' in verdict.reason
    assert "[tool.evals.prices]" in verdict.reason


@pytest.mark.parametrize(
    ("written", "path", "message"),
    [
        ({"type": "finish-reason", "value": ""}, "value", "empty"),
        ({"type": "finish-reason", "value": "stop", "transform": "strip"}, "transform", "text"),
        ({"type": "latency"}, "max", "`max` is missing"),
        ({"type": "latency", "max": "2 sec"}, "max", "is not a duration such as 300ms, 2s or 5m"),
        ({"type": "latency", "max": -1}, "max", "found -1"),
        ({"type": "latency", "max": 0}, "max", "no answer takes no time"),
        ({"type": "ttft", "max": 0}, "max", "no answer takes no time"),
        ({"type": "tokens-per-second", "min": 0}, "min", "found 0"),
        ({"type": "tokens-per-second", "min": float("inf")}, "min", "infinitely fast"),
        ({"type": "tokens-per-second", "max": 5}, "max", 'unknown option "max"'),
        ({"type": "model-is", "value": ""}, "value", "empty"),
        ({"type": "model-is", "value": ["x", ""]}, "value", "one of the names is empty"),
        ({"type": "model-is", "value": []}, "value", "empty"),
        ({"type": "complete", "value": "stop"}, "value", 'unknown option "value"'),
        ({"type": "complete", "transform": "strip"}, "transform", "does not judge text"),
        ({"type": "tokens"}, "", "give `min` or `max`"),
        ({"type": "tokens", "min": 0}, "min", "cannot fail"),
        ({"type": "tokens", "max": 5, "kind": "visable"}, "kind", 'did you mean "visible"'),
        ({"type": "cost", "max": "cheap"}, "max", 'found "cheap"'),
        ({"type": "cost", "max": 1, "threshold": 1}, "threshold", "no graded score"),
    ],
)
def test_limits_that_cannot_work_are_refused(refused, written, path, message):
    assert message in refused(written)[path]


def test_a_time_just_over_the_limit_does_not_read_as_the_limit(judged, answered):
    late = answered("x", timing=Timing(latency_s=0.3002, ttft_s=2.001))
    told = judged(late, {"type": "latency", "max": "300ms"}).reason
    assert told == "latency 0.3002 s, expected at most 300 ms"
    assert "2.001 s" in judged(late, {"type": "ttft", "max": "2s"}).reason
