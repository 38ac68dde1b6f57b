"""Bodies, read: lenient where services differ, strict where a lie would follow."""

from __future__ import annotations

from typing import Any

import pytest

from evals.answer import Price, PriceStep, candidate, price, read
from evals.errors import EndpointError
from evals.model import Completion, Exchange, Recorded, Request, Response, Timing

EVOLINK_USAGE = {
    "prompt_tokens": 13,
    "completion_tokens": 1891,
    "total_tokens": 1904,
    "prompt_tokens_details": {
        "cached_tokens": 0,
        "text_tokens": 13,
        "audio_tokens": 0,
        "image_tokens": 0,
    },
    "completion_tokens_details": {"text_tokens": 0, "audio_tokens": 0, "reasoning_tokens": 1480},
    "input_tokens": 0,
    "output_tokens": 0,
    "input_tokens_details": None,
}


def exchange(body: Any, *, status: int = 200, headers: Any = None, **asked: Any) -> Exchange:
    return Exchange(
        request=Request(endpoint="evolink", body={"model": "m", **asked}),
        response=Response(status=status, body=body, headers=headers or {}),
        timing=Timing(latency_s=0.5),
        recorded=Recorded(at="", by="", base_url="https://direct.evolink.ai/v1", attempts=2),
    )


def one(message: Any, *, finish_reason: Any = "stop", **choice: Any) -> dict[str, Any]:
    first = {"index": 0, "message": message, "finish_reason": finish_reason, **choice}
    return {"model": "m", "choices": [first]}


def said(message: Any, **choice: Any) -> Completion:
    return read(exchange(one(message, **choice)))


def refusal(body: Any, **asked: Any) -> EndpointError:
    with pytest.raises(EndpointError) as caught:
        read(exchange(body, **asked))
    return caught.value


def test_a_plain_answer_is_read_with_its_provenance() -> None:
    completion = said({"role": "assistant", "content": "5"})
    assert (completion.text, completion.finish_reason, completion.model) == ("5", "stop", "m")
    assert (completion.host, completion.attempts) == ("direct.evolink.ai", 2)
    assert completion.timing.latency_s == 0.5
    assert completion.notes == ()


class TestUsage:
    def test_tokens_come_from_prompt_and_completion_never_from_input_tokens(self) -> None:
        usage = read(exchange({**one({"content": "Hi"}), "usage": EVOLINK_USAGE})).usage
        assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (
            13,
            1891,
            1904,
        )
        assert (usage.reasoning_tokens, usage.visible_tokens, usage.cached_tokens) == (
            1480,
            411,
            0,
        )

    def test_absent_usage_is_unknown_not_zero(self) -> None:
        assert said({"content": "Hi"}).usage.completion_tokens is None

    @pytest.mark.parametrize("total", [0, 99])
    def test_a_total_that_disagrees_with_the_sum_is_noted_and_not_used(self, total: int) -> None:
        usage = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": total}
        completion = read(exchange({**one({"content": "Hi"}), "usage": usage}))
        assert completion.usage.total_tokens == 7
        assert completion.notes == (
            f"total_tokens is {total}; prompt and completion are 7 together",
        )

    @pytest.mark.parametrize("odd", ["13", -1, 1.5, True, [1]])
    def test_what_is_no_count_is_unknown_and_noted(self, odd: Any) -> None:
        completion = read(exchange({**one({"content": "Hi"}), "usage": {"prompt_tokens": odd}}))
        assert completion.usage.prompt_tokens is None
        assert "usage.prompt_tokens" in completion.notes[0]

    def test_a_whole_number_written_as_a_float_is_a_count(self) -> None:
        completion = read(exchange({**one({"content": "Hi"}), "usage": {"prompt_tokens": 3.0}}))
        assert completion.usage.prompt_tokens == 3

    def test_reasoning_counted_beside_completion_is_added_to_it(self) -> None:
        usage = {
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "total_tokens": 115,
            "completion_tokens_details": {"reasoning_tokens": 100},
        }
        completion = read(exchange({**one({"content": "Hi"}), "usage": usage}))
        assert completion.usage.completion_tokens == 105
        assert completion.usage.visible_tokens == 5
        assert len(completion.notes) == 1


class TestText:
    @pytest.mark.parametrize("message", [{"content": None}, {}, {"content": ""}, {"content": []}])
    def test_no_content_is_an_empty_answer(self, message: Any) -> None:
        assert said(message, finish_reason="length").text == ""

    def test_parts_are_joined_and_others_noted(self) -> None:
        parts = [
            {"type": "text", "text": "one "},
            "two",
            {"type": "image_url", "image_url": {}},
            {"type": "output_text", "text": " three"},
        ]
        completion = said({"content": parts})
        assert completion.text == "one two three"
        assert completion.notes == ("content has a part that is not text: image_url",)

    def test_control_characters_and_lone_surrogates_stay_in_the_data(self) -> None:
        text = "\x00\x1b[31m\u2028\u202e \ud83d"
        assert said({"content": text}).text == text

    def test_a_refusal_is_kept(self) -> None:
        completion = said({"content": None, "refusal": "I cannot"})
        assert (completion.text, completion.choice.refusal) == ("", "I cannot")

    @pytest.mark.parametrize("content", [5, {"a": 1}, True])
    def test_content_of_another_type_is_refused(self, content: Any) -> None:
        assert refusal(one({"content": content})).kind == "malformed"


class TestReasoning:
    @pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
    def test_fields_are_kept_apart(self, field: str) -> None:
        completion = said({"content": "5", field: "2 and 3"})
        assert (completion.text, completion.reasoning) == ("5", "2 and 3")

    def test_the_same_reasoning_in_both_fields_is_one(self) -> None:
        completion = said({"content": "5", "reasoning": "hm", "reasoning_content": "hm"})
        assert completion.reasoning == "hm"

    @pytest.mark.parametrize(
        ("content", "text", "reasoning"),
        [
            ("<think>two and three</think>\n\n5", "5", "two and three"),
            ("\n<think>\ntwo\n</think>5 ", "5 ", "two"),
            ("<think></think>5", "5", None),
            ("<think>it never ends", "", "it never ends"),
            ("5 <think>late</think>", "5 <think>late</think>", None),
        ],
    )
    def test_leading_tags_are_cut_off(self, content: str, text: str, reasoning: str | None) -> None:
        completion = said({"content": content})
        assert (completion.text, completion.reasoning) == (text, reasoning)

    def test_thinking_parts_are_reasoning(self) -> None:
        parts = [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "5"}]
        completion = said({"content": parts})
        assert (completion.text, completion.reasoning) == ("5", "hm")


class TestToolCalls:
    def test_calls_keep_the_text_of_their_arguments(self) -> None:
        call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{not"}}
        completion = said({"content": None, "tool_calls": [call]}, finish_reason="tool_calls")
        (found,) = completion.tool_calls
        assert (found.name, found.arguments, found.id) == ("f", "{not", "c1")

    def test_arguments_as_an_object_become_text_and_are_noted(self) -> None:
        call = {"function": {"name": "f", "arguments": {"a": 1}}}
        completion = said({"tool_calls": [call]})
        assert completion.tool_calls[0].arguments == '{"a": 1}'
        assert completion.notes

    def test_the_older_function_call_is_a_call(self) -> None:
        completion = said({"function_call": {"name": "f", "arguments": "{}"}})
        assert completion.tool_calls[0].name == "f"

    @pytest.mark.parametrize("calls", [None, []])
    def test_none_are_none(self, calls: Any) -> None:
        assert said({"content": "5", "tool_calls": calls}).tool_calls == ()

    @pytest.mark.parametrize("calls", ["f", [{"function": {}}], [None], [{"id": "c"}]])
    def test_calls_without_a_name_are_refused(self, calls: Any) -> None:
        assert refusal(one({"tool_calls": calls})).kind == "malformed"


class TestLogprobs:
    def test_tokens_with_alternatives_likeliest_first(self) -> None:
        entry = {
            "token": "A",
            "logprob": -0.5,
            "bytes": [65],
            "top_logprobs": [
                {"token": "B", "logprob": -2.0},
                {"token": "A", "logprob": -0.5},
                {"token": "C", "logprob": None},
            ],
        }
        (token,) = said({"content": "A"}, logprobs={"content": [entry]}).logprobs or ()
        assert (token.token, token.logprob) == ("A", -0.5)
        assert token.top == (("A", -0.5), ("B", -2.0), ("C", None))
        assert token.bytes is None  # they are the token's own text

    def test_bytes_that_split_a_character_are_kept(self) -> None:
        entry = {"token": "\ufffd", "logprob": -1, "bytes": [240, 159]}
        (token,) = said({"content": "?"}, logprobs={"content": [entry]}).logprobs or ()
        assert token.bytes == (240, 159)

    @pytest.mark.parametrize("odd", [None, float("nan"), float("-inf"), "x", True, 10**400])
    def test_what_is_no_finite_number_is_none_and_noted_once(self, odd: Any) -> None:
        entry = {"token": "A", "logprob": odd, "top_logprobs": [{"token": "A", "logprob": odd}]}
        completion = said({"content": "A"}, logprobs={"content": [entry, entry]})
        assert [token.logprob for token in completion.logprobs or ()] == [None, None]
        assert completion.notes == ("a logprob is not a finite number",)

    @pytest.mark.parametrize("logprobs", [None, {}, {"content": None}, {"content": []}, "no"])
    def test_absent_logprobs_are_none(self, logprobs: Any) -> None:
        assert said({"content": "A"}, logprobs=logprobs).logprobs is None

    def test_the_older_shape_is_read(self) -> None:
        older = {
            "tokens": ["A", "B"],
            "token_logprobs": [None, -1.0],
            "top_logprobs": [None, {"B": -1.0, "C": -0.5}],
        }
        first, second = said({"content": "AB"}, logprobs=older).logprobs or ()
        assert (first.logprob, second.logprob) == (None, -1.0)
        assert second.top == (("C", -0.5), ("B", -1.0))


class TestRefusals:
    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ({}, "no choices"),
            ({"choices": []}, "an empty list"),
            ({"choices": "x"}, "a string"),
            ([1], "a list"),
            (None, "null"),
            ({"choices": [5]}, "choice 0 is a number"),
            ({"choices": [{"finish_reason": "stop"}]}, "no message"),
            (one({"content": ""}, index="a"), "index 'a'"),
            (one({"content": ""}, finish_reason=3), "finish_reason that is a number"),
            ({"error": {"message": "overloaded"}}, "overloaded"),
            (one({"content": ""}, error={"message": "upstream"}), "upstream"),
        ],
    )
    def test_no_completion_is_malformed_and_says_what_it_is(self, body: Any, words: str) -> None:
        error = refusal(body)
        assert error.kind == "malformed"
        assert words in error.message

    @pytest.mark.parametrize("finish_reason", [None, ""])
    def test_a_choice_without_finish_reason_is_incomplete(self, finish_reason: Any) -> None:
        error = refusal(one({"content": "half an"}, finish_reason=finish_reason))
        assert (error.kind, error.retryable) == ("incomplete", True)

    def test_an_index_twice_is_refused(self) -> None:
        choice = one({"content": "a"})["choices"][0]
        assert "two choices with the index 0" in refusal({"choices": [choice, choice]}).message

    @pytest.mark.parametrize(("code", "retryable"), [(400, False), (529, True), ("x", True)])
    def test_an_error_object_is_worth_a_retry_unless_it_is_the_requests_fault(
        self, code: Any, retryable: bool
    ) -> None:
        error = refusal({"error": {"message": "no", "code": code}})
        assert error.retryable is retryable

    def test_an_error_status_is_no_answer(self) -> None:
        with pytest.raises(EndpointError) as caught:
            read(exchange(one({"content": "5"}), status=500))
        assert (caught.value.kind, caught.value.status) == ("status", 500)


class TestNotes:
    def test_another_model_than_asked_is_reported(self) -> None:
        completion = read(exchange({**one({"content": "5"}), "model": "m-2025"}))
        assert completion.model == "m-2025"
        assert completion.notes == ("answered by m-2025; asked for was m",)

    def test_an_answer_without_a_model_is_noted(self) -> None:
        body = one({"content": "5"})
        del body["model"]
        completion = read(exchange(body))
        assert (completion.model, completion.notes) == ("m", ("the answer names no model",))

    def test_a_whole_answer_to_a_stream_is_accepted(self) -> None:
        completion = read(exchange(one({"content": "5"}), stream=True))
        assert completion.text == "5"
        assert completion.notes == ("a stream was asked for; the answer came whole",)

    @pytest.mark.parametrize("kind", ["text/plain", ""])
    def test_json_under_another_content_type_is_noted(self, kind: str) -> None:
        completion = read(exchange(one({"content": "5"}), headers={"content-type": kind}))
        assert "JSON under the content type" in completion.notes[0]

    @pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/x+json"])
    def test_json_under_its_own_content_type_is_not(self, kind: str) -> None:
        completion = read(exchange(one({"content": "5"}), headers={"content-type": kind}))
        assert completion.notes == ()


class TestCandidates:
    BODY = {
        "model": "m",
        "choices": [
            {"index": 1, "message": {"content": "b"}, "finish_reason": "stop"},
            {"index": 0, "message": {"content": "a"}, "finish_reason": "stop"},
        ],
        "usage": {"prompt_tokens": 1_000_000, "completion_tokens": 1_000_000},
    }

    def test_choices_are_ordered_by_index(self) -> None:
        completion = read(exchange(self.BODY, n=2))
        assert [choice.text for choice in completion.choices] == ["a", "b"]
        assert completion.notes == ("the choices came out of order",)

    def test_usage_and_cost_are_the_first_candidates(self) -> None:
        prices = {"m": Price(prompt=1.0, completion=2.0)}
        completion = price(read(exchange(self.BODY, n=2)), prices)
        first, second = candidate(completion, 0), candidate(completion, 1)
        assert (first.text, first.usage.prompt_tokens, first.cost_usd) == ("a", 1_000_000, 3.0)
        assert (second.text, second.usage.prompt_tokens, second.cost_usd) == ("b", None, 0.0)

    def test_fewer_than_asked_for_are_noted_and_the_missing_one_is_an_error(self) -> None:
        completion = read(exchange(self.BODY, n=3))
        assert "3 candidates were asked for; 2 came" in completion.notes
        with pytest.raises(EndpointError, match="candidate 3 is missing: the service sent 2"):
            candidate(completion, 2)


class TestPrice:
    PRICE = Price(
        prompt=2.0,
        completion=12.0,
        above=(PriceStep(prompt_tokens=200_000, prompt=4.0, completion=18.0),),
    )

    @pytest.mark.parametrize(
        ("prompt", "completion", "usd"),
        [(0, 0, 0.0), (13, 1891, 0.022718), (200_000, 0, 0.4), (200_001, 1_000_000, 18.800004)],
    )
    def test_cost_by_tokens_and_step(self, prompt: int, completion: int, usd: float) -> None:
        assert self.PRICE.cost(prompt, completion) == pytest.approx(usd)

    @pytest.mark.parametrize(
        ("prompt", "cached", "usd"),
        [
            (1_000, 0, 0.002),
            (1_000, 1_000, 0.0002),
            (1_000, 400, 0.00128),
            (1_000, 5_000, 0.0002),
            (300_000, 300_000, 1.2),  # the step names no price of its own for cached tokens
        ],
    )
    def test_cached_tokens_cost_their_own_price(self, prompt: int, cached: int, usd: float) -> None:
        priced = Price(prompt=2.0, completion=12.0, cached=0.2, above=self.PRICE.above)
        assert priced.cost(prompt, 0, cached) == pytest.approx(usd)
        assert self.PRICE.cost(prompt, 0, cached) == self.PRICE.cost(prompt, 0)

    def test_cached_tokens_are_read_from_the_usage(self) -> None:
        usage = {"prompt_tokens": 1_000, "completion_tokens": 0, "total_tokens": 1_000}
        usage |= {"prompt_tokens_details": {"cached_tokens": 400}}
        priced = Price(prompt=2.0, completion=12.0, cached=0.2)
        completion = price(
            read(exchange({**one({"content": "Hi"}), "usage": usage})), {"m": priced}
        )
        assert completion.cost_usd == pytest.approx(0.00128)

    def test_an_unpriced_model_has_no_cost(self) -> None:
        body = {**one({"content": "Hi"}), "usage": EVOLINK_USAGE}
        assert price(read(exchange(body)), {"other": self.PRICE}).cost_usd is None

    def test_unknown_usage_has_no_cost(self) -> None:
        assert price(said({"content": "Hi"}), {"m": self.PRICE}).cost_usd is None

    def test_the_price_is_that_of_the_model_that_answered(self) -> None:
        body = {**one({"content": "Hi"}), "usage": EVOLINK_USAGE, "model": "dear"}
        cheap = Price(prompt=0.0, completion=0.0)
        completion = price(read(exchange(body)), {"m": cheap, "dear": self.PRICE})
        assert completion.cost_usd == pytest.approx(0.022718)
