"""Server-sent events: what a stream says does not depend on where it is cut."""

from __future__ import annotations

import itertools
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.endpoints.sse import Decoder, ServerEvent


def decoded(*pieces: bytes) -> list[ServerEvent]:
    decoder = Decoder()
    return [event for piece in pieces for event in decoder.feed(piece)]


def data(*pieces: bytes) -> list[bytes]:
    return [event.data for event in decoded(*pieces)]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_every_line_end_ends_a_line(end: bytes) -> None:
    assert data(b"data: a" + end + b"data: b" + end + end) == [b"a\nb"]


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data:a\n\n", [b"a"]),
        (b"data: a\n\n", [b"a"]),
        (b"data:  a\n\n", [b" a"]),
        (b"data\n\n", [b""]),
        (b": ping\n\ndata: a\n: ping\n\n", [b"a"]),
        (b"id: 1\nretry: 5\nunknown: x\ndata: a\n\n", [b"a"]),
        (b"\n\n\ndata: a\n\n\n\n", [b"a"]),
        (b"\xef\xbb\xbfdata: a\n\n", [b"a"]),
        (b"data: a\xe2\x80\xa8b\n\n", ["a\u2028b".encode()]),
        (b"data: a\n\ndata: lost\n", [b"a"]),
        (b"data: a\n\ndata: lost", [b"a"]),
    ],
    ids=[
        "no-space", "space", "two-spaces", "no-colon", "comments", "other-fields",
        "blank-lines", "bom", "line-separator", "unfinished-event", "unfinished-line",
    ],
)  # fmt: skip
def test_events(stream: bytes, events: list[bytes]) -> None:
    assert data(stream) == events


def test_the_type_belongs_to_its_event_only() -> None:
    assert decoded(b"event: error\ndata: a\n\ndata: b\n\n") == [("error", b"a"), ("", b"b")]


def test_an_event_without_data_is_none_and_its_type_is_forgotten() -> None:
    assert decoded(b"event: error\n\ndata: a\n\n") == [("", b"a")]


def test_a_line_feed_after_a_cut_carriage_return_ends_no_second_line() -> None:
    assert data(b"data: a\r", b"\ndata: b\r", b"\n\r", b"\n") == [b"a\nb"]


texts = st.text(st.characters(exclude_characters="\r\n", exclude_categories=("Cs",)), max_size=8)
ends = st.sampled_from(["\n", "\r\n", "\r"])


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    lines: list[str] = []
    for text in draw(st.lists(texts, max_size=8)):
        field = draw(st.sampled_from(["data: ", "data:", ": ", "event: ", "id: ", ""]))
        lines.append(field + text + draw(ends))
        if draw(st.booleans()):
            lines.append(draw(ends))
    bom = draw(st.sampled_from(["", "\ufeff"]))
    return (bom + "".join(lines)).encode()


@given(stream=streams(), cuts=st.lists(st.integers(0, 200), max_size=12))
def test_a_stream_cut_anywhere_has_the_same_events(stream: bytes, cuts: list[int]) -> None:
    places = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    pieces = [stream[a:b] for a, b in itertools.pairwise(places)]
    assert decoded(*pieces) == decoded(stream)


@given(stream=streams())
def test_a_stream_byte_by_byte_has_the_same_events(stream: bytes) -> None:
    assert decoded(*(bytes([byte]) for byte in stream)) == decoded(stream)


@given(st.lists(st.dictionaries(st.text(), st.text()), max_size=5))
def test_json_comes_out_as_it_went_in(values: list[dict[str, str]]) -> None:
    stream = b"".join(b"data: " + json.dumps(value).encode() + b"\n\n" for value in values)
    assert [json.loads(each) for each in data(stream)] == values


def test_a_line_of_megabytes_in_small_pieces_takes_time_in_proportion() -> None:
    piece = b"x" * 1000
    started = time.perf_counter()
    (event,) = data(b"data: ", *[piece] * 10_000, b"\n\n")
    assert len(event) == 10_000_000
    assert time.perf_counter() - started < 2
