"""Secrets are replaced in whatever form they stand, and nothing else is."""

from __future__ import annotations

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from evals.redaction import SHORTEST, Secrets
from tests.support.canary import ENCODINGS, KEY

secrets = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=["Cs", "Cc"]),
    min_size=8,
    max_size=40,
)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_key_is_replaced_in_every_form(encoding):
    form = ENCODINGS[encoding](KEY)
    said = Secrets({"EVOLINK_API_KEY": KEY}).redact(f"before {form} after")
    assert said.startswith("before ")
    assert said.endswith(" after")
    assert "[secret:EVOLINK_API_KEY]" in said
    assert form not in said
    assert len(said) < len("before [secret:EVOLINK_API_KEY] after") + 16  # ends of base64


@given(
    secret=secrets,
    before=st.text(max_size=20),
    after=st.text(max_size=20),
    encoding=st.sampled_from(list(ENCODINGS)),
)
def test_any_secret_in_any_text_and_encoding_is_replaced(secret, before, after, encoding):
    assume(secret not in "[secret:NAME]")
    form = ENCODINGS[encoding](secret)
    said = Secrets({"NAME": secret}).redact(before + form + after)
    assert form not in said
    assert secret not in said
    assert "[secret:NAME]" in said


@given(secret=secrets, before=st.text(max_size=9), after=st.text(max_size=9), data=st.data())
def test_a_secret_in_pieces_is_replaced_wherever_it_is_split(secret, before, after, data):
    assume(secret not in "[secret:NAME]")
    text = before + data.draw(st.sampled_from(list(ENCODINGS.values())))(secret) + after
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)))))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    stream = [
        {"choices": [{"index": 1, "delta": {"content": "other"}}, _choice(piece)]}
        for piece in pieces
    ]
    clean = Secrets({"NAME": secret}).redact_value(stream)
    said = "".join(chunk["choices"][1]["delta"]["content"] for chunk in clean)
    assert text not in said
    assert secret not in said
    assert "[secret:NAME]" in said
    assert {chunk["choices"][0]["delta"]["content"] for chunk in clean} == {"other"}


def _choice(piece: str) -> dict[str, object]:
    return {"index": 0, "delta": {"content": piece}}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_a_value_without_secrets_stays_as_it_is(value):
    before = json.dumps(value)
    assert json.dumps(Secrets({"NAME": KEY}).redact_value(value)) == before


@given(st.text(max_size=12), st.text(max_size=12), secrets)
def test_a_json_text_stays_json(before, after, secret):
    written = json.dumps({"text": f"{before}\n{secret[1:]}{after}{secret}", "x": before})
    for end in (secret, "n" + secret[1:], "u000a" + secret[1:], "000a" + secret[1:]):
        said = json.loads(Secrets({"NAME": end}).redact_json(written))
        assert end not in said["text"]
        assert set(said) == {"text", "x"}


def test_tokens_that_spell_a_secret_are_replaced_with_their_bytes():
    pieces = ["so: ", KEY[:4], KEY[4:11], KEY[11:], "."]
    tokens = [
        {"token": piece, "logprob": -0.1, "bytes": list(piece.encode()), "top_logprobs": []}
        for piece in pieces
    ]
    body = {"choices": [{"index": 0, "logprobs": {"content": tokens}}]}
    clean = Secrets({"NAME": KEY}).redact_value(body)["choices"][0]["logprobs"]["content"]
    assert [token["token"] for token in clean] == ["so: ", "[secret:NAME]", "", "", "."]
    assert bytes(n for token in clean for n in token["bytes"]) == b"so: [secret:NAME]."


def test_bytes_that_spell_a_secret_are_taken_out():
    body = {"tokens": [{"bytes": list(KEY[:9].encode())}, {"bytes": list(KEY[9:].encode())}]}
    assert Secrets({"NAME": KEY}).redact_value(body) == {"tokens": [{"bytes": []}, {"bytes": []}]}


def test_of_two_secrets_the_longer_one_is_named():
    both = Secrets({"SHORT": KEY[:10], "LONG": KEY})
    assert both.redact(f"{KEY} {KEY[:10]}") == "[secret:LONG] [secret:SHORT]"


def test_without_secrets_a_text_stays_as_it_is():
    assert Secrets().redact("a text") == "a text"
    assert Secrets({"EMPTY": ""}).redact("a text") == "a text"


def test_what_is_too_short_for_a_secret_stays():
    short = "x" * (SHORTEST - 1)
    assert Secrets({"NAME": short}).redact(short) == short


def test_a_large_text_of_escapes_is_read_once():
    text = "\\u0073%73&#115;" * 100_000
    assert Secrets({"NAME": KEY}).redact(text) == text


@pytest.mark.parametrize("secret", [KEY, "/" + KEY, '"' + KEY])
@pytest.mark.parametrize("text", ["\\" * 300_000, ("sk-" + "\\" * 9_999) * 30, "s\\" * 100_000])
def test_a_text_of_backslashes_takes_no_time_by_the_square_of_its_length(secret, text):
    """By the square these are minutes."""
    secrets = Secrets({"KEY": secret})
    assert secrets.redact(text) == text
    assert secrets.redact(f"{text} {secret}") == f"{text} [secret:KEY]"
