"""Chunks, read: a stream says what the whole answer would have said."""

from __future__ import annotations

from typing import Any

import pytest

from evals.answer import first_content, read
from evals.errors import EndpointError
from evals.model import Completion, Exchange, Recorded, Request, Response, Timing


def chunk(delta: Any = None, *, index: Any = 0, finish_reason: Any = None, **choice: Any) -> Any:
    first = {"index": index, "delta": delta or {}, "finish_reason": finish_reason, **choice}
    return {"model": "m", "object": "chat.completion.chunk", "choices": [first]}


def exchange(*chunks: Any, done: bool = True, **asked: Any) -> Exchange:
    events = [*chunks, "[DONE]"] if done else chunks
    stream = tuple((0.1 * number, event) for number, event in enumerate(events, start=1))
    return Exchange(
        request=Request(endpoint="e", body={"model": "m", "stream": True, **asked}),
        response=Response(status=200, stream=stream),
        timing=Timing(latency_s=1.0),
        recorded=Recorded(at="", by="", base_url="http://127.0.0.1/v1"),
    )


def streamed(*chunks: Any, done: bool = True, **asked: Any) -> Completion:
    return read(exchange(*chunks, done=done, **asked))


STOP = chunk(finish_reason="stop")


def test_fragments_make_the_text() -> None:
    completion = streamed(
        chunk({"role": "assistant", "content": ""}),
        chunk({"content": "4"}),
        chunk({"content": "2"}),
        STOP,
    )
    assert (completion.text, completion.finish_reason) == ("42", "stop")
    assert completion.notes == ()


def test_reasoning_and_refusal_are_put_together_apart_from_the_text() -> None:
    completion = streamed(
        chunk({"reasoning_content": "2 and "}),
        chunk({"reasoning_content": "3", "content": None}),
        chunk({"content": "5"}),
        chunk({"refusal": "no"}),
        STOP,
    )
    assert (completion.text, completion.reasoning) == ("5", "2 and 3")
    assert completion.choice.refusal == "no"


def test_a_think_tag_cut_over_chunks_is_reasoning() -> None:
    texts = ["<th", "ink>so", "</thi", "nk>", "5"]
    completion = streamed(*(chunk({"content": text}) for text in texts), STOP)
    assert (completion.text, completion.reasoning) == ("5", "so")


def test_halves_of_a_surrogate_pair_join() -> None:
    completion = streamed(chunk({"content": "\ud83d"}), chunk({"content": "\ude00"}), STOP)
    assert completion.text == "😀"


def test_a_half_without_its_other_half_stays() -> None:
    assert streamed(chunk({"content": "a\ud83d"}), STOP).text == "a\ud83d"


def test_a_duplicate_chunk_is_appended_as_it_came() -> None:
    assert streamed(chunk({"content": "a"}), chunk({"content": "a"}), STOP).text == "aa"


def test_interleaved_choices_are_told_apart() -> None:
    completion = streamed(
        chunk({"content": "b"}, index=1),
        chunk({"content": "a"}),
        chunk({"content": "B"}, index=1, finish_reason="stop"),
        chunk({"content": "A"}, finish_reason="length"),
        n=2,
    )
    assert [(each.text, each.finish_reason) for each in completion.choices] == [
        ("aA", "length"),
        ("bB", "stop"),
    ]
    assert completion.notes == ()


def test_usage_comes_in_a_last_chunk_without_choices() -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}
    completion = streamed(chunk({"content": "5"}), STOP, {"choices": [], "usage": usage})
    assert completion.usage.total_tokens == 4


def test_of_usage_that_grows_the_last_counts() -> None:
    early = {**chunk({"content": "5"}), "usage": {"completion_tokens": 1}}
    late = {**STOP, "usage": {"completion_tokens": 2}}
    assert streamed(early, {**chunk(), "usage": None}, late).usage.completion_tokens == 2


def test_logprobs_are_joined() -> None:
    def scored(text: str) -> Any:
        return chunk({"content": text}, logprobs={"content": [{"token": text, "logprob": -1}]})

    completion = streamed(scored("a"), scored("b"), {**STOP, "logprobs": None})
    assert [token.token for token in completion.logprobs or ()] == ["a", "b"]


class TestToolCalls:
    def test_fragments_of_arguments_are_put_together_by_index(self) -> None:
        def call(index: int, **function: str) -> Any:
            return {"index": index, "function": function}

        completion = streamed(
            chunk({"tool_calls": [{**call(0, name="f", arguments=""), "id": "c0"}]}),
            chunk({"tool_calls": [{**call(1, name="g", arguments=""), "id": "c1"}]}),
            chunk({"tool_calls": [call(0, arguments='{"a":'), call(1, arguments="{}")]}),
            chunk({"tool_calls": [call(0, arguments=" 1}")]}),
            chunk(finish_reason="tool_calls"),
        )
        assert [(each.id, each.name, each.arguments) for each in completion.tool_calls] == [
            ("c0", "f", '{"a": 1}'),
            ("c1", "g", "{}"),
        ]
        assert completion.text == ""

    def test_whole_calls_that_all_have_the_index_0_are_several(self) -> None:
        calls = [
            {"index": 0, "id": f"c{name}", "function": {"name": name, "arguments": "{}"}}
            for name in "fg"
        ]
        completion = streamed(*(chunk({"tool_calls": [call]}) for call in calls), STOP)
        assert [call.name for call in completion.tool_calls] == ["f", "g"]

    def test_an_id_repeated_in_every_fragment_is_one_call(self) -> None:
        parts = [
            {"index": 0, "id": "c", "function": {"name": "f", "arguments": "{"}},
            {"index": 0, "id": "c", "function": {"arguments": "}"}},
        ]
        completion = streamed(*(chunk({"tool_calls": [part]}) for part in parts), STOP)
        assert [call.arguments for call in completion.tool_calls] == ["{}"]

    def test_fragments_without_an_index_belong_to_their_id_or_the_call_before(self) -> None:
        parts = [
            {"id": "c", "function": {"name": "f", "arguments": ""}},
            {"function": {"arguments": "{"}},
            {"id": "d", "function": {"name": "g", "arguments": "[]"}},
            {"id": "c", "function": {"arguments": "}"}},
        ]
        completion = streamed(*(chunk({"tool_calls": [part]}) for part in parts), STOP)
        assert [(call.name, call.arguments) for call in completion.tool_calls] == [
            ("f", "{}"),
            ("g", "[]"),
        ]


class TestEnds:
    def test_a_stream_without_done_is_accepted_and_noted(self) -> None:
        completion = streamed(chunk({"content": "5"}), STOP, done=False)
        assert completion.text == "5"
        assert completion.notes == ("the stream ended without [DONE]",)

    @pytest.mark.parametrize("done", [True, False])
    def test_a_choice_without_its_finish_reason_is_incomplete(self, done: bool) -> None:
        with pytest.raises(EndpointError) as caught:
            streamed(chunk({"content": "half an ans"}), done=done)
        assert caught.value.kind == "incomplete"

    def test_one_choice_of_two_that_ends_is_not_enough(self) -> None:
        with pytest.raises(EndpointError, match="choice 1 has no finish_reason"):
            streamed(chunk({"content": "b"}, index=1), chunk({}, finish_reason="stop"), n=2)

    def test_an_error_in_the_middle_is_an_error_whatever_came_before(self) -> None:
        with pytest.raises(EndpointError, match="overloaded"):
            streamed(chunk({"content": "5"}), {"error": {"message": "overloaded"}}, STOP)

    def test_a_stream_of_nothing_has_no_choices(self) -> None:
        with pytest.raises(EndpointError, match="no choices"):
            streamed()

    def test_an_event_that_is_no_object_is_refused(self) -> None:
        with pytest.raises(EndpointError, match="not an object"):
            streamed([1], STOP)


class TestFirstContent:
    @pytest.mark.parametrize(
        "delta",
        [
            {"content": "a"},
            {"reasoning": "a"},
            {"reasoning_content": "a"},
            {"tool_calls": [{"index": 0}]},
        ],
    )
    def test_is_the_time_of_the_first_chunk_that_says_something(self, delta: Any) -> None:
        empty = chunk({"role": "assistant", "content": ""})
        stream = exchange(empty, chunk({"content": None}), chunk(delta), STOP).response.stream
        assert stream is not None
        assert first_content(stream) == pytest.approx(0.3)

    def test_is_unknown_where_nothing_is_said(self) -> None:
        stream = exchange(STOP).response.stream
        assert stream is not None
        assert first_content(stream) is None
