"""Endpoints that are functions of the project: asked, recorded and judged as every other."""

from __future__ import annotations

import json
import time

import pytest

from evals import own

EXTENSION = """
import asyncio
import time

from evals.model import Choice, Completion, Timing, Token, ToolCall, Usage
import evals

calls = []


@evals.endpoint("shop-bot")
async def shop_bot(request):
    calls.append(request)
    with open("calls.txt", "a") as file:
        file.write(request.body["messages"][-1]["content"] + "\\n")
    text = request.body["messages"][-1]["content"]
    if text == "raise":
        raise LookupError("the shop is closed")
    if text == "own-timeout":
        raise TimeoutError("the shop did not open")
    if text == "number":
        return 5
    if text == "slow":
        await asyncio.sleep(30)
    if text == "whole":
        return Completion(
            choices=(
                Choice(
                    index=0,
                    text="5",
                    finish_reason="tool_calls",
                    reasoning="2 + 3",
                    tool_calls=(ToolCall(name="add", arguments='{"a": 2}', id="1"),),
                    logprobs=(Token(token="5", logprob=-0.1, top=(("5", -0.1), ("6", -3.0))),),
                ),
            ),
            model="shop-2",
            usage=Usage(prompt_tokens=7, completion_tokens=3, reasoning_tokens=2, total_tokens=10),
            timing=Timing(latency_s=99.0),
        )
    return f"You said {text}; {request.body['model']}"


@evals.endpoint("plain-bot")
def plain_bot(request):
    text = request.body["messages"][-1]["content"]
    if text == "slow":
        time.sleep(2)
    if text == "secret":
        return "sk-evo-test-key-0123456789"
    time.sleep(0.05)
    return text
"""

SUITE = """
endpoint: {endpoint}
limits: {{timeout: 0.5}}
tests:
  - {{id: case, vars: {{prompt: {prompt}}}, assert: [{check}]}}
"""


@pytest.fixture
def shop(project):
    """A project with two endpoints of its own."""
    (project.path / "shop.py").write_text(EXTENSION)
    config = project.path / "pyproject.toml"
    config.write_text('[tool.evals]\nextensions = ["shop"]\n' + config.read_text())
    yield project
    for name in own.endpoints.names():
        own.endpoints.forget(name)


def suite(shop, prompt, check='{type: contains, value: "You said"}', endpoint="shop-bot"):
    shop.suite(SUITE.format(prompt=prompt, check=check, endpoint=endpoint))


def calls(shop):
    file = shop.path / "calls.txt"
    return file.read_text().splitlines() if file.exists() else []


def test_it_answers_once_and_replay_never_calls_it(shop):
    suite(shop, "hello")
    shop.record().assert_outcomes(passed=1)
    shop.run("--evals-no-report").assert_outcomes(passed=1)
    assert calls(shop) == ["hello"]
    (trial,) = shop.trials()
    assert trial["completion"]["text"] == "You said hello; shop-bot"
    (recording,) = shop.recordings
    kept = json.loads(recording.read_text())
    assert kept["request"]["endpoint"] == "shop-bot"
    assert kept["recorded"]["base_url"] == "function:shop.shop_bot"


def test_a_replay_without_recordings_says_how_to_record_and_calls_nothing(shop):
    suite(shop, "hello")
    result = shop.run("--evals-no-report")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*Record it: pytest sums.eval.yaml --evals-mode record*"])
    assert calls(shop) == []


def test_samples_are_takes_of_their_own(shop):
    suite(shop, "hello")
    shop.record("--evals-repeat", "3").assert_outcomes(passed=1)
    assert len(calls(shop)) == 3
    assert [path.name.split(".")[1] for path in shop.recordings] == ["0", "1", "2"]


def test_a_completion_keeps_what_it_holds(shop):
    suite(shop, "whole", "{type: tokens, kind: reasoning, max: 2}")
    shop.record().assert_outcomes(passed=1)
    (trial,) = shop.trials()
    completion = trial["completion"]
    assert (completion["text"], completion["reasoning"]) == ("5", "2 + 3")
    assert (completion["model"], completion["finish_reason"]) == ("shop-2", "tool_calls")
    assert completion["tool_calls"] == [{"name": "add", "arguments": '{"a": 2}', "id": "1"}]
    assert completion["usage"]["total_tokens"] == 10
    (recording,) = shop.recordings
    (choice,) = json.loads(recording.read_text())["response"]["body"]["choices"]
    assert choice["logprobs"]["content"][0]["top_logprobs"][1]["token"] == "6"


def test_latency_is_measured_around_the_call(shop):
    suite(shop, "hello", '"hello"', endpoint="plain-bot")
    shop.record().assert_outcomes(passed=1)
    (trial,) = shop.trials()
    assert trial["timing"]["latency_s"] >= 0.05


def test_an_exception_is_an_error_of_its_trial_with_the_traceback(shop):
    suite(shop, "raise")
    result = shop.record()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "*endpoint shop-bot: LookupError: the shop is closed*",
            "*shop.py*in shop_bot*",
            '*raise LookupError("the shop is closed")*',
        ]
    )
    assert shop.recordings == []
    (trial,) = shop.trials()
    assert (trial["outcome"], trial["error"]["kind"]) == ("error", "broken")
    assert calls(shop) == ["raise"]  # whether it may be called again is for it to know


def test_a_timeout_of_its_own_is_not_taken_for_the_limit(shop):
    suite(shop, "own-timeout")
    shop.record().stdout.fnmatch_lines(
        ["*endpoint shop-bot: TimeoutError: the shop did not open*", "*shop.py*in shop_bot*"]
    )
    (trial,) = shop.trials()
    assert trial["error"]["kind"] == "broken"


def test_what_is_no_answer_is_named(shop):
    suite(shop, "number")
    shop.record().stdout.fnmatch_lines(
        ["*endpoint shop-bot: shop.shop_bot returned int, expected a str or an evals.Completion*"]
    )


@pytest.mark.parametrize("endpoint", ["shop-bot", "plain-bot"])
def test_what_takes_too_long_is_an_error(shop, endpoint):
    suite(shop, "slow", endpoint=endpoint)
    started = time.monotonic()
    shop.record().stdout.fnmatch_lines([f"*endpoint {endpoint}: no answer within timeout = 0.5 s*"])
    assert time.monotonic() - started < 20
    (trial,) = shop.trials()
    assert trial["error"]["kind"] == "timeout"


def test_secrets_in_its_answers_are_not_written(shop):
    suite(shop, "secret", "{type: contains, value: 'secret:'}", endpoint="plain-bot")
    shop.record().assert_outcomes(passed=1)
    (recording,) = shop.recordings
    assert "sk-evo-test-key" not in recording.read_text()
    assert "[secret:EVOLINK_API_KEY]" in recording.read_text()


def test_an_unknown_name_is_told_the_nearest_registered_one(shop):
    suite(shop, "hello", endpoint="shop-bott")
    result = shop.run()
    assert result.ret == 4
    result.stdout.fnmatch_lines(["*unknown endpoint 'shop-bott'*", '*did you mean "shop-bot"?*'])


def test_it_may_be_the_default_and_have_keys_in_the_configuration(shop):
    config = shop.path / "pyproject.toml"
    text = config.read_text().replace("[tool.evals]", '[tool.evals]\nendpoint = "shop-bot"', 1)
    config.write_text(text + '\n[tool.evals.endpoints.shop-bot]\nconcurrency = 1\nmodel = "v2"\n')
    shop.suite("tests: [{id: case, vars: {prompt: hi}, assert: ['You said hi; v2']}]")
    shop.record().assert_outcomes(passed=1)


def test_an_address_for_a_function_is_refused(shop):
    config = shop.path / "pyproject.toml"
    config.write_text(
        config.read_text() + '\n[tool.evals.endpoints.shop-bot]\nbase_url = "https://a.example"\n'
    )
    suite(shop, "hello")
    shop.run().stdout.fnmatch_lines(
        ["*endpoints.shop-bot.base_url: the function shop.shop_bot answers for shop-bot*"]
    )


def test_a_conversation_is_asked_turn_by_turn(shop):
    shop.suite(
        """
        endpoint: shop-bot
        tests:
          - id: talk
            turns:
              - {user: one, assert: [{type: contains, value: "You said one"}]}
              - {user: two, assert: [{type: contains, value: "You said two"}]}
        """
    )
    shop.record().assert_outcomes(passed=1)
    assert calls(shop) == ["one", "two"]
