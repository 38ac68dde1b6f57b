"""From a request to an error that a person can act on; what is tried again, what is stopped."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from evals.answer import read
from evals.endpoints.client import Router
from evals.errors import EndpointError
from evals.model import Exchange, Request
from evals.write import Secrets
from tests.support.desk import Desk, request
from tests.support.evolink_rules import MODEL


class TestErrors:
    """Each names the endpoint and host, says what the service said, and what to do."""

    @pytest.mark.parametrize(
        ("status", "attempts", "remedy"),
        [
            (400, 1, "drop"),
            (404, 1, MODEL),
            (408, 5, "Run again later"),
            (409, 5, "Run again later"),
            (413, 1, "too large"),
            (418, 1, "base_url"),
            (422, 1, "drop"),
            (429, 5, "lower `concurrency`"),
            (500, 5, "Run again later"),
            (502, 5, "Run again later"),
            (503, 5, "Run again later"),
            (504, 5, "Run again later"),
            (529, 5, "Run again later"),
        ],
    )
    def test_statuses(self, desk: Desk, status: int, attempts: int, remedy: str) -> None:
        error = desk.refused(f"[[status {status}]]")
        assert error.message.startswith(f"endpoint evolink (127.0.0.1): {status}")
        assert f"scripted {status}" in error.message
        assert remedy in (error.remedy or "")
        assert (error.kind, error.status, error.fatal) == ("status", status, False)
        assert error.attempts == attempts == len(desk.server.requests)

    def test_the_suggestion_of_a_429_is_passed_on(self, desk: Desk) -> None:
        assert "(suggested: use another model)" in desk.refused("[[status 429]]").message

    def test_what_the_service_refuses_is_said_in_its_words(self, desk: Desk) -> None:
        error = desk.refused("Hi", top_logprobs=3)
        assert "Invalid value for 'top_logprobs': needs 'logprobs' to be true" in error.message
        assert error.attempts == 1

    @pytest.mark.parametrize(
        ("key", "status", "remedy"),
        [
            ("sk-oai-123", 401, "EVOLINK_API_KEY: nothing more is sent. Check it, then run again."),
            ("sk-evo-broke", 402, "Top it up, then run again."),
            ("sk-evo-forbidden", 403, "what the key may use, then run again."),
        ],
    )
    def test_a_bad_account_is_fatal(self, desk: Desk, key: str, status: int, remedy: str) -> None:
        desk.env["EVOLINK_API_KEY"] = key
        error = desk.refused("Hi")
        assert (error.status, error.fatal, error.attempts) == (status, True, 1)
        assert remedy in (error.remedy or "")
        assert key not in str(error)

    def test_quota_is_fatal_though_it_is_a_429(self, desk: Desk) -> None:
        error = desk.refused("[[quota]]")
        assert (error.status, error.fatal, error.attempts) == (429, True, 1)
        assert "quota" in (error.remedy or "")

    def test_no_key(self, desk: Desk) -> None:
        desk.env.clear()
        error = desk.refused("Hi")
        assert error.kind == "refused"
        assert "EVOLINK_API_KEY is not set" in error.message
        assert desk.server.requests == []

    def test_a_key_is_not_sent_to_a_host_that_it_does_not_belong_to(self, desk: Desk) -> None:
        desk.settings["base_url"] = "https://evil.example/v1"
        error = desk.refused("Hi")
        assert error.kind == "refused"
        assert "evals trust evil.example --key EVOLINK_API_KEY" in (error.remedy or "")

    def test_a_redirect_is_not_followed(self, desk: Desk) -> None:
        error = desk.refused(f"[[redirect {desk.server.base_url}/chat/completions]]")
        assert (error.status, error.attempts) == (307, 1)
        assert "redirected to 127.0.0.1" in error.message
        assert len(desk.server.requests) == 1

    @pytest.mark.parametrize(
        ("script", "words", "attempts"),
        [
            ("[[html]]", "an HTML page came with status 200: Welcome", 2),
            ("[[empty]]", "an empty answer came with status 200", 2),
            ("[[not-json]]", "the answer is not JSON: upstream says: {oops", 2),
            ("[[list]]", "a list where an object was expected", 1),
            ("[[no-choices]]", "the answer has no choices", 1),
            ("[[error-200 529]]", "the service reports an error: upstream failed", 2),
            ("[[error-200 400]]", "the service reports an error: upstream failed", 1),
        ],
    )
    def test_what_is_no_answer_though_its_status_is_200(
        self, desk: Desk, script: str, words: str, attempts: int
    ) -> None:
        error = desk.refused(script)
        assert (error.kind, error.attempts) == ("malformed", attempts)
        assert words in error.message
        assert error.remedy

    def test_a_missing_finish_reason_is_an_incomplete_answer(self, desk: Desk) -> None:
        error = desk.refused("[[no-finish]]")
        assert (error.kind, error.attempts) == ("incomplete", 2)

    @pytest.mark.parametrize("script", ["[[cut]]", "[[close]]", "[[reset]]", "[[bad-chunk]]"])
    def test_a_connection_that_breaks_after_sending_is_tried_once_more(
        self, desk: Desk, script: str
    ) -> None:
        error = desk.refused(script)
        assert (error.kind, error.attempts) == ("broken", 2)
        assert "may have been billed" in (error.remedy or "")
        assert len(desk.server.requests) == 2

    def test_a_connection_that_the_server_had_closed_costs_one_retry(self, desk: Desk) -> None:
        exchange = desk.exchange("[[close 1]] 2 + 2")
        assert read(exchange).text == "4"
        assert exchange.recorded.attempts == 2

    def test_an_answer_that_is_too_large_once_decompressed(self, desk: Desk) -> None:
        error = desk.refused("[[bomb]]")
        assert (error.kind, error.attempts) == ("malformed", 1)
        assert "more than 64 MB" in error.message

    def test_no_answer_in_time(self, desk: Desk) -> None:
        error = desk.refused("[[silent]]", timeout=0.1)
        assert (error.kind, error.attempts) == ("timeout", 2)
        assert "no complete answer within timeout = 0.1 s" in error.message

    def test_no_beginning_of_an_answer_in_time(self, desk: Desk) -> None:
        desk.settings["first_byte_timeout"] = 0.1
        error = desk.refused("[[silent]]")
        assert error.kind == "timeout"
        assert "first_byte_timeout = 0.1 s" in error.message

    def test_an_endpoint_that_is_not_connected(self, desk: Desk) -> None:
        other = Request(endpoint="openai", body={})
        with pytest.raises(EndpointError, match="openai is not one of this run's: evolink"):
            desk.run(lambda router: router.complete(other))

    def test_a_service_that_echoes_the_key_does_not_get_it_into_a_message(self, desk: Desk) -> None:
        desk.env["EVOLINK_API_KEY"] = "sk-oai-0123456789"
        desk.settings["base_url"] = desk.server.base_url + "/sk-oai-0123456789"
        error = desk.refused("Hi")
        assert "[secret:EVOLINK_API_KEY]" in error.message
        assert "sk-oai-0123456789" not in error.message

    def test_the_runs_other_secrets_do_not_get_into_a_message_either(self, desk: Desk) -> None:
        secrets = Secrets({"OTHER": "other-secret-value"})
        made = request("Hi", **{"other-secret-value": 1})
        with pytest.raises(EndpointError) as caught:
            desk.run(lambda router: router.complete(made), secrets=secrets)
        assert "Unknown parameter: '[secret:OTHER]'" in caught.value.message


class TestRetries:
    def test_a_service_that_recovers_is_waited_for(self, desk: Desk) -> None:
        exchange = desk.exchange("[[status 503 x2]] 2 + 2")
        assert read(exchange).text == "4"
        assert exchange.recorded.attempts == 3
        assert desk.told == ["sent", "retried", "sent", "retried", "sent", "answered"]

    def test_a_stated_wait_is_kept_and_is_not_the_models_latency(self, desk: Desk) -> None:
        started = time.perf_counter()
        exchange = desk.exchange("[[status 429 x1 ms=300]] 2 + 2")
        assert time.perf_counter() - started >= 0.3
        assert exchange.timing.latency_s < 0.3
        assert exchange.timing.queued_s < 0.3

    def test_a_stated_wait_pauses_the_whole_endpoint(self, desk: Desk) -> None:
        async def script(router: Router) -> float:
            first = asyncio.create_task(router.complete(request("[[status 429 x1 ms=400]]")))
            await asyncio.sleep(0.2)
            started = time.perf_counter()
            await router.complete(request("2 + 2"))
            waited = time.perf_counter() - started
            await first
            return waited

        assert desk.run(script) > 0.1

    def test_a_stated_wait_that_is_too_long_ends_it_and_is_said(self, desk: Desk) -> None:
        error = desk.refused("[[status 429 retry-after=3600]]")
        assert error.attempts == 1
        assert "asks to wait 3600 s" in (error.remedy or "")


class TestStopping:
    def test_after_a_fatal_answer_nothing_more_is_sent(self, desk: Desk) -> None:
        desk.settings["concurrency"] = 1

        async def script(router: Router) -> list[Any]:
            asks = [router.complete(request(f"[[quota]] {number}")) for number in range(20)]
            return await asyncio.gather(*asks, return_exceptions=True)

        first, *others = desk.run(script)
        assert first.fatal
        assert {error.kind for error in others} == {"stopped"}
        assert {error.attempts for error in others} == {0}
        assert "run again: mode record asks only what is missing" in (others[0].remedy or "")
        assert "429" in others[0].message
        assert len(desk.server.requests) == 1

    def test_those_in_flight_are_still_answered(self, desk: Desk) -> None:
        async def script(router: Router) -> list[Any]:
            slow = asyncio.create_task(router.complete(request("[[slow 0.3]] 2 + 2")))
            await asyncio.sleep(0.1)
            refused = router.complete(request("[[quota]]"))
            return await asyncio.gather(slow, refused, return_exceptions=True)

        answered, refused = desk.run(script)
        assert isinstance(answered, Exchange)
        assert refused.fatal

    def test_a_stop_ends_waiting_for_a_retry(self, desk: Desk) -> None:
        async def script(router: Router) -> Any:
            ask = asyncio.create_task(router.complete(request("[[status 503 retry-after=60]]")))
            await asyncio.sleep(0.3)
            router.stop("interrupted")
            return await asyncio.gather(ask, return_exceptions=True)

        started = time.perf_counter()
        (error,) = desk.run(script)
        assert (error.kind, error.message) == ("stopped", "not sent: interrupted")
        assert time.perf_counter() - started < 10


@pytest.mark.parametrize(
    ("base_url", "words"),
    [
        ("http://127.0.0.1:9/v1", "the connection was refused"),
        ("https://no-such-host.invalid/v1", "the host name cannot be resolved"),
    ],
)
def test_what_was_not_sent_is_tried_five_times(desk: Desk, base_url: str, words: str) -> None:
    host = base_url.split("//")[1].split("/")[0].split(":")[0]
    desk.settings["base_url"] = base_url
    desk.env |= {"EVALS_TRUST": f"{host}=EVOLINK_API_KEY", "HTTPS_PROXY": "http://proxy:1"}
    error = desk.refused("Hi")
    assert (error.kind, error.attempts) == ("connect", 5)
    assert words in error.message
    assert host in error.message
    assert "Nothing was sent" in (error.remedy or "")
    assert ("HTTPS_PROXY is set" in (error.remedy or "")) is (host != "127.0.0.1")


def test_a_server_without_tls_gets_no_key(desk: Desk) -> None:
    desk.settings["base_url"] = desk.server.base_url.replace("http:", "https:")
    error = desk.refused("Hi")
    assert error.kind == "connect"
    assert "no secure connection" in error.message
    assert desk.server.requests == []
