"""Recordings: one whole file an answer, checked when read, found by what was asked."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.cassettes import Cassettes, Misses, key
from evals.errors import DamagedFile, EvalsError
from evals.model import Exchange, Recorded, Request, Response, Timing
from evals.write import Secrets

BODY = {
    "model": "m",
    "messages": [{"role": "user", "content": "Häuser? 🏠"}],
    "temperature": 0,
}


def request(**changes):
    body = {**BODY, **changes.pop("body", {})}
    return Request(endpoint="local", body=body, asker="small-sum[greedy]", **changes)


def exchange(asked=None, text="5", **response):
    token = {"token": "5", "logprob": -0.1, "bytes": [53]}
    odd = {"token": "\ufffd", "logprob": -9.0, "bytes": [226], "top_logprobs": [token]}
    body = {
        "id": "x",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text},
                "logprobs": {"content": [token, odd]},
                "finish_reason": "stop",
            }
        ],
    }
    return Exchange(
        request=asked or request(),
        response=Response(**{"status": 200, "body": body, **response}),
        timing=Timing(latency_s=0.412, ttft_s=0.087, in_flight=4),
        recorded=Recorded(
            at="2026-11-23T10:00:00Z", by="test", base_url="http://x", for_="small-sum[greedy]"
        ),
    )


def test_what_was_written_is_read_back(tmp_path):
    store = Cassettes(tmp_path)
    store.write(exchange(), replace=False)
    found = store.read(request())
    assert found.source == "recorded"
    assert found.response.body["choices"][0]["message"]["content"] == "5"
    assert found.timing == exchange().timing
    assert found.recorded == exchange().recorded


def test_a_stream_keeps_its_chunks_and_their_times(tmp_path):
    store = Cassettes(tmp_path)
    store.write(exchange(body=None, stream=((0.08, {"choices": []}),)), replace=False)
    assert store.read(request()).response.stream == ((0.08, {"choices": []}),)


def test_half_a_character_is_read_back_as_it_was(tmp_path):
    store = Cassettes(tmp_path)
    store.write(exchange(text="half \ud83c of it, \U0001f3e0 whole"), replace=False)
    body = store.read(request()).response.body
    assert body["choices"][0]["message"]["content"] == "half \ud83c of it, \U0001f3e0 whole"


def test_nothing_recorded_is_none(tmp_path):
    assert Cassettes(tmp_path / "none").read(request()) is None


def test_a_recording_is_never_overwritten_without_replace(tmp_path):
    store = Cassettes(tmp_path)
    store.write(exchange(text="first"), replace=False)
    store.write(exchange(text="second"), replace=False)
    body = store.read(request()).response.body
    assert body["choices"][0]["message"]["content"] == "first"
    store.write(exchange(text="third"), replace=True)
    body = store.read(request()).response.body
    assert body["choices"][0]["message"]["content"] == "third"


def test_a_cassette_is_readable_json_with_a_token_a_line(tmp_path):
    path = Cassettes(tmp_path).write(exchange(), replace=False)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [*json.loads(path.read_bytes())] == [
        "format", "request", "response", "timing", "recorded", "checksum",
    ]  # fmt: skip
    assert sum('"token":"5","logprob":-0.1}' in line for line in lines) == 2
    assert any("Häuser? 🏠" in line for line in lines)


def test_bytes_of_a_token_stay_only_where_they_say_more_than_the_token(tmp_path):
    path = Cassettes(tmp_path).write(exchange(), replace=False)
    tokens = json.loads(path.read_bytes())["response"]["body"]["choices"][0]["logprobs"]["content"]
    assert "bytes" not in tokens[0]
    assert tokens[1]["bytes"] == [226]
    assert "bytes" not in tokens[1]["top_logprobs"][0]


@pytest.mark.parametrize("cut", [0, 1, 100, -40, -1])
def test_a_cut_recording_is_damaged_and_not_missing(tmp_path, cut):
    store = Cassettes(tmp_path)
    path = store.write(exchange(), replace=False)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(DamagedFile, match="damaged") as problem:
        store.read(request())
    assert str(path) in str(problem.value)
    assert "version control" in problem.value.remedy


def test_an_edited_recording_is_damaged(tmp_path):
    store = Cassettes(tmp_path)
    path = store.write(exchange(text="wrong"), replace=False)
    path.write_bytes(path.read_bytes().replace(b"wrong", b"right"))
    with pytest.raises(DamagedFile, match="checksum"):
        store.read(request())


@pytest.mark.parametrize(
    "asked", [request(body={"temperature": 1}), request(take=1), request(path="/embeddings")]
)
def test_a_recording_under_the_name_of_another_request_is_no_answer_to_it(tmp_path, asked):
    store = Cassettes(tmp_path)
    store.write(exchange(), replace=False).rename(store.path(asked))
    with pytest.raises(DamagedFile, match="another request"):
        store.read(asked)


def test_numbers_that_are_one_in_the_key_and_the_way_of_delivery_are_no_other_request(tmp_path):
    store = Cassettes(tmp_path)
    store.write(exchange(), replace=False)
    asked = request(body={"temperature": 0.0, "messages": tuple(BODY["messages"]), "stream": True})
    assert store.read(asked) is not None


def test_a_request_whose_secret_was_taken_out_is_found_again(tmp_path):
    asked = request(body={"user": "sk-evo-very-secret"})
    store = Cassettes(tmp_path, secrets=Secrets({"KEY": "sk-evo-very-secret"}))
    path = store.write(exchange(asked), replace=False)
    assert b"very-secret" not in path.read_bytes()
    assert store.read(asked) is not None


def test_a_secret_in_an_answer_is_not_recorded(tmp_path):
    store = Cassettes(tmp_path, secrets=Secrets({"KEY": "sk-evo-very-secret"}))
    path = store.write(exchange(text="your key is sk-evo-very-secret"), replace=False)
    assert b"very-secret" not in path.read_bytes()
    content = store.read(request()).response.body["choices"][0]["message"]["content"]
    assert content == "your key is [secret:KEY]"


@given(st.permutations(list(BODY)))
def test_the_key_does_not_depend_on_the_order_of_a_body(names):
    shuffled = Request(endpoint="local", body={name: BODY[name] for name in names})
    assert key(shuffled) == key(Request(endpoint="local", body=BODY))


@pytest.mark.parametrize(
    "change",
    [
        {"body": {"temperature": 0.2}},
        {"body": {"seed": 1}},
        {"body": {"messages": [{"role": "user", "content": "Häuser?"}]}},
        {"path": "/embeddings"},
    ],
)
def test_the_key_changes_with_whatever_is_asked(change):
    assert key(request(**change)) != key(request())


def test_numbers_of_equal_value_have_one_key():
    assert key(request(body={"temperature": 0.0})) == key(request(body={"temperature": 0}))
    assert key(request(body={"temperature": "0"})) != key(request(body={"temperature": 0}))


def test_streaming_and_takes_do_not_change_the_key():
    streamed = request(body={"stream": True, "stream_options": {"include_usage": True}}, take=3)
    assert key(streamed) == key(request())


def test_what_no_canonical_json_can_hold_is_refused_with_its_asker():
    with pytest.raises(EvalsError, match=r"small-sum\[greedy\] cannot be recorded"):
        key(request(body={"seed": 2**60}))


# ------------------------------------------------------------------------------- misses explained


def recorded(tmp_path, *requests):
    store = Cassettes(tmp_path)
    for asked in requests:
        store.write(exchange(asked), replace=False)
    return Misses(store)


def test_a_miss_names_the_changed_parameter(tmp_path):
    misses = recorded(tmp_path, request())
    said = misses.explain(request(body={"temperature": 0.2}), remedy="do this")
    assert said.change == "parameter changed"
    assert "temperature: 0 → 0.2" in str(said)
    assert said.remedy == "do this"


def test_a_miss_names_the_edited_prompt(tmp_path):
    misses = recorded(tmp_path, request())
    edited = request(body={"messages": [{"role": "user", "content": "Häuser!"}]})
    said = misses.explain(edited, remedy="")
    assert said.change == "prompt edited"
    assert 'messages[0].content: "Häuser? 🏠" → "Häuser!"' in str(said)


def test_a_miss_says_that_one_take_more_is_needed(tmp_path):
    said = recorded(tmp_path, request()).explain(request(take=1), remedy="")
    assert said.change == "one take more is needed"


def test_a_miss_says_that_the_model_was_renamed(tmp_path):
    said = recorded(tmp_path, request()).explain(request(body={"model": "n"}), remedy="")
    assert said.change == "model renamed"


def test_a_miss_without_recordings_says_so(tmp_path):
    misses = recorded(tmp_path)
    assert misses.nothing_recorded
    assert misses.explain(request(), remedy="").change == "nothing recorded"


def test_the_nearest_recording_is_found_among_several(tmp_path):
    far = request(body={"messages": [{"role": "user", "content": "Other"}], "seed": 1})
    near = request(body={"seed": 2})
    said = recorded(tmp_path, far, near).explain(request(body={"seed": 3}), remedy="")
    assert "seed: 2 → 3" in str(said)
