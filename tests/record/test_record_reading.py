"""Our own JSON is read back whole, with whatever a model put into it."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.record.journal import Journal, Lines
from evals.record.reading import read_json


class Line(msgspec.Struct, frozen=True):
    text: str
    names: tuple[str, ...] = ()


class Head(msgspec.Struct, frozen=True):
    text: msgspec.Raw


any_text = st.text(st.characters(exclude_categories=()), max_size=20)


@given(st.lists(any_text, min_size=1, max_size=4))
def test_every_text_is_read_back_as_it_was(tmp_path_factory, texts) -> None:
    journal = Journal(tmp_path_factory.mktemp("journal") / "a.jsonl")
    for text in texts:
        journal.append(Line(text, (text,)))
    journal.close()
    lines = Lines([journal.path], Line)
    # As JSON has it: two halves that stand together are a character.
    whole = [
        text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass") for text in texts
    ]
    assert [(line.text, line.names[0]) for line in lines] == [(text, text) for text in whole]
    assert lines.damaged == []


def test_parts_that_stay_unread_may_hold_half_a_character() -> None:
    found = read_json(b'{"text": "half \\ud83c of it"}', msgspec.json.Decoder(Head))
    assert bytes(found.text) == b'"half \\ud83c of it"'


@pytest.mark.parametrize(
    "data",
    [b'{"text": "\\ud83c"', b'{"text": 5, "names": ["\\ud83c"]}', b'["\\ud83c"]', b"{}", b""],
)
def test_what_is_no_line_of_ours_is_refused(data) -> None:
    with pytest.raises(msgspec.DecodeError):
        read_json(data, msgspec.json.Decoder(Line))
