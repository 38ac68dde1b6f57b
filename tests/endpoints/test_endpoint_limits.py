"""The limits of one suite: what a budget has no room for is not sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evals.endpoints.config import Config, load_config
from evals.endpoints.limits import Limited, under_ceilings
from evals.errors import ConfigError, EndpointError
from evals.model import Exchange, Limits, Recorded, Request, Response, Timing

USAGE = {"prompt_tokens": 10, "completion_tokens": 10}


class Scripted:
    """An endpoint that answers everything, or raises what it is told."""

    def __init__(self, *, usage: Any = USAGE, delay: float = 0.0) -> None:
        self.usage = usage
        self.delay = delay
        self.asked: list[Request] = []
        self.timeouts: list[float | None] = []
        self.in_flight = self.most_in_flight = 0
        self.attempts = 1
        self.error: EndpointError | None = None

    async def complete(self, request: Request, /, *, timeout: float | None = None) -> Exchange:
        self.asked.append(request)
        self.timeouts.append(timeout)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        await asyncio.sleep(self.delay)
        self.in_flight -= 1
        if self.error is not None:
            raise self.error
        choice = {"index": 0, "message": {"content": "5"}, "finish_reason": "stop"}
        body = {"model": "m", "choices": [choice], "usage": self.usage}
        return Exchange(
            request=request,
            response=Response(status=200, body=body),
            timing=Timing(latency_s=0.1),
            recorded=Recorded(at="", by="", base_url="", attempts=self.attempts),
        )


@pytest.fixture
def config(tmp_path: Path) -> Config:
    text = '[endpoints.mine]\nbase_url = "https://example.com/v1"\n'
    (tmp_path / "evals.toml").write_text(text + "[prices.m]\nprompt = 1.0\ncompletion = 1.0\n")
    return load_config(tmp_path, env={})


def request(*, endpoint: str = "mine", model: str = "m", **asked: Any) -> Request:
    messages = [{"role": "user", "content": "Hi"}]
    body = {"model": model, "messages": messages, "max_tokens": 80, **asked}
    return Request(endpoint=endpoint, body=body)


def run(script: Callable[[], Any]) -> Any:
    async def main() -> Any:
        return await script()

    return asyncio.run(main())


def ask_all(
    scripted: Scripted, limits: Limits, config: Config, *, count: int = 5, **asked: Any
) -> list[Any]:
    async def script() -> list[Any]:
        limited = Limited(scripted, limits, config=config)
        asks = [limited.complete(request(**asked)) for _ in range(count)]
        return await asyncio.gather(*asks, return_exceptions=True)

    outcomes: list[Any] = run(script)
    return outcomes


def refusals(outcomes: list[Any]) -> list[EndpointError]:
    return [each for each in outcomes if isinstance(each, EndpointError)]


def test_without_limits_everything_is_asked_at_once(config: Config) -> None:
    endpoint = Scripted(delay=0.01)
    assert refusals(ask_all(endpoint, Limits(), config)) == []
    assert endpoint.most_in_flight == 5


def test_concurrency_is_a_ceiling(config: Config) -> None:
    endpoint = Scripted(delay=0.01)
    assert refusals(ask_all(endpoint, Limits(concurrency=2), config)) == []
    assert endpoint.most_in_flight == 2


def test_the_suites_timeout_is_passed_on(config: Config) -> None:
    endpoint = Scripted()
    ask_all(endpoint, Limits(timeout=7.0), config, count=1)
    assert endpoint.timeouts == [7.0]


def test_max_requests(config: Config) -> None:
    endpoint = Scripted()
    refused = refusals(ask_all(endpoint, Limits(max_requests=3), config))
    assert len(endpoint.asked) == 3
    assert [error.kind for error in refused] == ["budget", "budget"]
    assert refused[0].message == (
        "not sent: budget: max_requests = 3 would be exceeded (3 sent, 1 more)"
    )
    assert refused[0].attempts == 0


def test_retries_count_as_requests(config: Config) -> None:
    endpoint = Scripted()
    endpoint.attempts = 2
    refused = refusals(ask_all(endpoint, Limits(max_requests=4), config))
    assert len(endpoint.asked) <= 4
    assert refused


def test_what_is_really_used_makes_room_for_more_than_the_estimates(config: Config) -> None:
    # Each reserves about 95 tokens and uses 20: three at a time would not fit.
    endpoint = Scripted(delay=0.001)
    refused = refusals(ask_all(endpoint, Limits(max_tokens_total=200), config, count=5))
    assert refused == []
    assert endpoint.most_in_flight <= 2


def test_max_tokens_total(config: Config) -> None:
    endpoint = Scripted()
    refused = refusals(ask_all(endpoint, Limits(max_tokens_total=120), config, count=5))
    assert len(endpoint.asked) == 2
    assert "max_tokens_total = 120 would be exceeded (40 used" in refused[0].message
    assert refused[0].remedy == (
        "Raise max_tokens_total and run again: mode record asks only what is missing."
    )


def test_max_cost(config: Config) -> None:
    endpoint = Scripted()
    refused = refusals(ask_all(endpoint, Limits(max_cost_usd=0.00012), config, count=5))
    assert len(endpoint.asked) == 2
    assert {error.kind for error in refused} == {"budget"}


def test_candidates_are_reserved_for(config: Config) -> None:
    endpoint = Scripted()
    refused = refusals(ask_all(endpoint, Limits(max_tokens_total=200), config, count=1, n=3))
    assert len(refused) == 1


def test_an_answer_without_usage_is_taken_at_its_estimate(config: Config) -> None:
    endpoint = Scripted(usage=None)
    refused = refusals(ask_all(endpoint, Limits(max_tokens_total=200), config, count=5))
    assert len(endpoint.asked) == 2
    assert len(refused) == 3


@pytest.mark.parametrize(("kind", "asked"), [("status", 5), ("broken", 2), ("timeout", 2)])
def test_a_failure_is_paid_for_only_if_it_may_have_been_billed(
    config: Config, kind: Any, asked: int
) -> None:
    endpoint = Scripted()
    endpoint.error = EndpointError("x", kind=kind)
    ask_all(endpoint, Limits(max_tokens_total=200), config, count=5)
    assert len(endpoint.asked) == asked


def test_a_cost_limit_on_a_model_without_a_price_cannot_be_kept(config: Config) -> None:
    endpoint = Scripted()
    (error,) = refusals(ask_all(endpoint, Limits(max_cost_usd=9), config, count=1, model="x"))
    assert "cannot be kept, since the model has no price" in error.message
    assert endpoint.asked == []


def test_this_machine_costs_nothing(config: Config) -> None:
    endpoint = Scripted()
    limits = Limits(max_cost_usd=0.0)
    outcomes = ask_all(endpoint, limits, config, count=2, endpoint="local", model="x")
    assert refusals(outcomes) == []


def test_a_cancelled_request_gives_back_its_place(config: Config) -> None:
    endpoint = Scripted(delay=0.05)

    async def script() -> Exchange:
        limited = Limited(endpoint, Limits(max_requests=2, concurrency=1), config=config)
        first = asyncio.create_task(limited.complete(request()))
        await asyncio.sleep(0.01)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        return await limited.complete(request())

    assert isinstance(run(script), Exchange)


@pytest.mark.parametrize("text", ["much", "-1", "nan", "inf", "5 USD"])
def test_a_ceiling_that_is_no_amount_is_refused(config: Config, text: str) -> None:
    with pytest.raises(ConfigError, match="EVALS_MAX_COST"):
        under_ceilings(Scripted(), config=config, env={"EVALS_MAX_COST": text})
