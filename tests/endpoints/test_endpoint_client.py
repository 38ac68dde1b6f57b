"""From a request to a complete answer: what is sent, read, measured and told."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from evals.answer import read
from evals.endpoints.client import Router, connect
from evals.endpoints.config import load_config
from evals.errors import EndpointError
from evals.model import Exchange
from tests.support.desk import KEY, Desk, request
from tests.support.evolink_rules import MODEL


class TestAnswers:
    def test_the_pages_example_shape(self, desk: Desk) -> None:
        exchange = desk.exchange("What is 2 + 3?", temperature=0, seed=7)
        completion = read(exchange)
        assert completion.text == "5"
        assert (completion.model, completion.host) == (MODEL, "127.0.0.1")
        assert completion.usage.reasoning_tokens == 1480
        assert completion.usage.visible_tokens == 1
        assert completion.notes == ()
        assert exchange.recorded.attempts == 1
        assert exchange.recorded.for_ == "case[column]"
        assert exchange.recorded.base_url == desk.server.base_url

    def test_the_body_is_sent_as_it_is_with_the_key_in_its_header(self, desk: Desk) -> None:
        desk.ask("Hi «ünïcödé»", temperature=0.0, stop=["\n"])
        assert desk.server.requests == [request("Hi «ünïcödé»", temperature=0, stop=["\n"]).body]
        assert desk.server.headers[0]["authorization"] == f"Bearer {KEY}"
        assert "cookie" not in desk.server.headers[0]

    def test_only_listed_headers_are_kept(self, desk: Desk) -> None:
        headers = desk.exchange("Hi").response.headers
        assert headers == {"content-type": "application/json", "x-request-id": "req-1"}

    def test_candidates(self, desk: Desk) -> None:
        completion = desk.ask("[[say a|b|c]]", n=3)
        assert [choice.text for choice in completion.choices] == ["a", "b", "c"]

    def test_tool_calls(self, desk: Desk) -> None:
        tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
        completion = desk.ask('[[call f {"a": 1}]]', tools=[tool], tool_choice="auto")
        assert completion.tool_calls[0].arguments == '{"a": 1}'
        assert (completion.text, completion.finish_reason) == ("", "tool_calls")

    def test_a_schema(self, desk: Desk) -> None:
        schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
        form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
        assert desk.ask("Extract", response_format=form).text == '{"a": 1}'

    def test_everything_spent_on_reasoning(self, desk: Desk) -> None:
        completion = desk.ask("[[null]]")
        assert (completion.text, completion.finish_reason) == ("", "length")

    def test_logprobs(self, desk: Desk) -> None:
        completion = desk.ask("[[say a b]]", logprobs=True, top_logprobs=2)
        assert [token.token for token in completion.logprobs or ()] == ["a", " b"]
        assert [len(token.top) for token in completion.logprobs or ()] == [2, 2]

    def test_logprobs_that_are_asked_for_and_absent(self, desk: Desk) -> None:
        assert desk.ask("[[no-logprobs]]", logprobs=True).logprobs is None

    def test_infinite_logprobs_are_kept_as_none(self, desk: Desk) -> None:
        completion = desk.ask("[[nan]]", logprobs=True)
        assert completion.logprobs is not None
        assert completion.logprobs[0].logprob is None
        assert completion.notes == ("a logprob is not a finite number",)

    def test_lone_surrogates_stay(self, desk: Desk) -> None:
        assert desk.ask("[[surrogate]]").text == "half a smile \ud83d"

    def test_a_compressed_answer(self, desk: Desk) -> None:
        assert desk.ask("[[gzip]] 2 + 2").text == "4"

    @pytest.mark.parametrize("kind", ["text/plain", "application/octet-stream"])
    def test_json_under_a_wrong_content_type_is_accepted_and_noted(
        self, desk: Desk, kind: str
    ) -> None:
        completion = desk.ask(f"[[type {kind}]] 2 + 2")
        assert completion.text == "4"
        assert completion.notes == (f"JSON under the content type {kind}",)

    def test_an_answer_a_byte_at_a_time(self, desk: Desk) -> None:
        exchange = desk.exchange("[[drip]] [[no-usage]] 2 + 2")
        assert read(exchange).text == "4"
        assert exchange.timing.latency_s > 0.3


class TestStreams:
    @pytest.mark.parametrize("how", ["", "[[crlf]]", "[[comments]]"])
    def test_a_stream_says_what_the_whole_answer_says(self, desk: Desk, how: str) -> None:
        options = {"n": 2, "logprobs": True, "top_logprobs": 1}
        include = {"include_usage": True}
        prompt = f"{how}[[say one two three|four five]]"
        streamed = desk.ask(prompt, stream=True, stream_options=include, **options)
        whole = desk.ask(prompt, **options)
        assert streamed.choices == whole.choices
        assert streamed.usage == whole.usage
        assert streamed.notes == ()

    def test_it_measures_the_first_content(self, desk: Desk) -> None:
        exchange = desk.exchange("Hi", stream=True)
        stream = exchange.response.stream
        assert stream is not None
        assert exchange.timing.ttft_s == stream[1][0]
        assert stream[0][0] <= stream[1][0] <= exchange.timing.latency_s
        assert stream[-1][1] == "[DONE]"

    def test_tool_calls_in_fragments(self, desk: Desk) -> None:
        tool = {"type": "function", "function": {"name": "f"}}
        prompt = '[[call f {"city": "Paris", "days": 3}]]'
        completion = desk.ask(prompt, tools=[tool], stream=True)
        assert completion.tool_calls[0].arguments == '{"city": "Paris", "days": 3}'

    def test_without_done_it_is_accepted_and_noted(self, desk: Desk) -> None:
        completion = desk.ask("[[no-done]] 2 + 2", stream=True)
        assert completion.text == "4"
        assert completion.notes == ("the stream ended without [DONE]",)

    def test_a_whole_answer_instead_is_accepted_without_ttft(self, desk: Desk) -> None:
        exchange = desk.exchange("[[whole]] 2 + 2", stream=True)
        assert exchange.timing.ttft_s is None
        assert read(exchange).notes == ("a stream was asked for; the answer came whole",)

    def test_cut_off_it_is_no_answer_and_is_tried_once_more(self, desk: Desk) -> None:
        error = desk.refused("[[cut]] [[say one two three four]]", stream=True)
        assert error.kind in ("broken", "incomplete")
        assert error.attempts == 2
        assert len(desk.server.requests) == 2

    def test_an_error_in_the_middle_is_no_answer(self, desk: Desk) -> None:
        error = desk.refused("[[error-event]] [[say one two]]", stream=True)
        assert error.kind == "malformed"
        assert "overloaded" in error.message

    def test_silence_between_events_is_a_timeout(self, desk: Desk) -> None:
        desk.settings["idle_timeout"] = 0.0005
        error = desk.refused("[[say one two three]]", stream=True)
        assert error.kind == "timeout"
        assert "silent for idle_timeout = 0.0005 s" in error.message


class TestConcurrency:
    def test_no_more_than_allowed_are_in_flight(self, desk: Desk) -> None:
        desk.settings["concurrency"] = 3
        desk.server.most_in_flight = 0

        async def script(router: Router) -> list[Exchange]:
            asks = [router.complete(request(f"[[slow 0.05]] {each}")) for each in range(9)]
            return await asyncio.gather(*asks)

        exchanges = desk.run(script)
        assert desk.server.most_in_flight == 3
        assert {exchange.timing.in_flight for exchange in exchanges} <= {1, 2, 3}
        assert max(exchange.timing.queued_s for exchange in exchanges) > 0.09
        assert max(exchange.timing.latency_s for exchange in exchanges) < 0.1 + 0.3

    def test_connections_are_kept(self, desk: Desk) -> None:
        before = desk.server.connections

        async def script(router: Router) -> list[Exchange]:
            return [await router.complete(request(f"{number} + 1")) for number in range(5)]

        first, *others = desk.run(script)
        assert desk.server.connections - before == 1
        assert first.timing.connect_s > 0
        assert [each.timing.connect_s for each in others] == [0, 0, 0, 0]

    def test_a_cancelled_request_leaves_room_for_others(self, desk: Desk) -> None:
        desk.settings["concurrency"] = 1

        async def script(router: Router) -> Exchange:
            ask = asyncio.create_task(router.complete(request("[[silent]]")))
            await asyncio.sleep(0.1)
            ask.cancel()
            await asyncio.gather(ask, return_exceptions=True)
            return await router.complete(request("2 + 2"))

        assert read(desk.run(script)).text == "4"


class TestEvents:
    def test_an_answer_is_told_with_its_tokens_and_cost(self, desk: Desk) -> None:
        desk.ask("What is 2 + 3?")
        sent, answered = desk.events
        assert (sent.kind, sent.endpoint, sent.asker) == ("sent", "evolink", "case[column]")
        assert answered.usage is not None
        assert answered.usage.completion_tokens == 1481
        assert answered.cost_usd == pytest.approx((5 * 2 + 1481 * 12) / 1e6)

    def test_a_failure_is_told_with_its_reason(self, desk: Desk) -> None:
        desk.refused("[[status 400]]")
        assert desk.told == ["sent", "failed"]
        assert "scripted 400" in (desk.events[-1].error or "")


class TestCeilings:
    def test_the_environments_number_of_requests_is_not_exceeded(self, desk: Desk) -> None:
        desk.env["EVALS_MAX_REQUESTS"] = "2"

        async def script(router: Router) -> list[Any]:
            asks = [router.complete(request(f"{number} + 1")) for number in range(5)]
            return await asyncio.gather(*asks, return_exceptions=True)

        outcomes = desk.run(script)
        refused = [each for each in outcomes if isinstance(each, EndpointError)]
        assert len(desk.server.requests) == 2
        assert {error.kind for error in refused} == {"budget"}
        assert "EVALS_MAX_REQUESTS = 2 would be exceeded" in refused[0].message

    def test_the_environments_cost_is_not_exceeded(self, desk: Desk) -> None:
        desk.env["EVALS_MAX_COST"] = "0.001"
        error = desk.refused("Hi")
        assert error.kind == "budget"
        assert "EVALS_MAX_COST" in error.message
        assert desk.server.requests == []


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [("bearer", "authorization", f"Bearer {KEY}"), ("header:api-key", "api-key", KEY)],
)
def test_a_key_stands_in_the_header_that_the_service_wants(
    desk: Desk, auth: str, header: str, value: str
) -> None:
    desk.settings |= {"auth": auth}
    desk.run(lambda router: asyncio.gather(router.complete(request("Hi")), return_exceptions=True))
    if auth == "bearer":
        assert desk.server.headers[0][header] == value
    else:
        assert desk.server.headers == []  # the stand-in takes Bearer keys only: 401
        assert desk.events[-1].kind == "failed"


def test_headers_of_the_environment_and_query(desk: Desk) -> None:
    desk.env |= {"ORG": "org-1"}
    config = desk.root / "evals.toml"
    config.write_text(
        f'[endpoints.evolink]\nbase_url = "{desk.server.base_url}"\n'
        'query = {version = "1"}\nheaders_env = {X-Org = "ORG"}\n'
    )
    loaded = load_config(desk.root, env=desk.env)

    async def main() -> Exchange:
        async with connect(loaded, ["evolink"], env=desk.env) as router:
            return await router.complete(request("2 + 2"))

    assert read(asyncio.run(main())).text == "4"
    assert desk.server.headers[0]["x-org"] == "org-1"
