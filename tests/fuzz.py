"""Anything at all, given to every reader of what others wrote, for a while.

    python -m tests.fuzz [--seconds 600] [READER…]

A reader takes its input or refuses it by an error of its own; any other exception ends the search,
with the shortest input that raises it. In the tests each gets a few hundred inputs.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from hypothesis import HealthCheck, Verbosity, given, seed, settings
from hypothesis import strategies as st

from evals.cassettes.store import decode as read_recording
from evals.endpoints.sse import Decoder
from evals.endpoints.toml import read_source
from evals.endpoints.wire import decode as read_answer
from evals.errors import EvalsError
from evals.expression.syntax import tree
from evals.model import Manifest, TrialResult
from evals.record import Lines
from evals.record.reading import read_json as read_own_json
from evals.suite.datasets import read_json, read_records
from evals.suite.template import compile_template
from evals.suite.yaml import read_yaml
from evals.write import json_text, printable, visible

PIECES = (
    *"[]{}()<>,:;.|&*!%@`'\"\\/#-+=~^$?\n\r\t \0\ufeff\u2028\u202e\ud83d0519eEnNaAxXé𝄞",
    *("- ", ": ", "? ", "---\n", "...\n", "&a ", "*a", "!!str ", "!!python/name:os.system "),
    *("<<: ",),
    *("{{ ", " }}", "{% for a in a %}", "{% endfor %}", "{% if a %}", "{% endif %}", "{% set a = "),
    *(" %}", "{# ", " #}", "| join", "| format(a)", "a.b", "a[0]", "range(9999)", "__class__"),
    *("data: ", "event: error\n", "\n\n", "[DONE]", "null", "true", "NaN", "1e999", "-0", "0x1"),
    *('{"a": ', '"choices": [', '"index": 0', '"format": 1', '\\ud83d', "\\u0000", "not ", " and "),
    *('  "checksum": "sha256:', '"\n}\n', "[tool.evals]\n", "a = ", "x,y\n", '"x\ny"', "=cmd|x"),
)  # fmt: skip
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=40).map("".join)
inputs = texts.map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=200)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _in_a_file(name: str, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    def reading(data: bytes) -> object:
        with TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(data)
            return read(path)

    return reading


def _stream(data: bytes) -> None:
    whole = Decoder().feed(data)
    apart = Decoder()
    assert [event for byte in data for event in apart.feed(bytes([byte]))] == list(whole)


def _shown(data: bytes) -> None:
    text = _text(data)
    assert printable(printable(text)) == printable(text)
    assert visible(printable(text)) == printable(text)
    plain = json_text({"text": text})
    assert visible(plain) == plain
    assert msgspec.json.decode(json_text({"text": visible(text)})) == {"text": visible(text)}


def _template(data: bytes) -> None:
    template = compile_template(_text(data))
    template.text({"a": ["x", {"b": 1}], "x": "y"})


READERS: dict[str, Callable[[bytes], object]] = {
    "yaml": lambda data: read_yaml(data, "x"),
    "json": lambda data: read_json(data, "x"),
    "csv": _in_a_file("x.csv", lambda path: list(read_records(path, "x"))),
    "jsonl": _in_a_file("x.jsonl", lambda path: list(read_records(path, "x"))),
    "json-list": _in_a_file("x.json", lambda path: list(read_records(path, "x"))),
    "yaml-list": _in_a_file("x.yaml", lambda path: list(read_records(path, "x"))),
    "configuration": _in_a_file("evals.toml", lambda path: read_source(path.parent)),
    "template": _template,
    "expression": lambda data: tree(_text(data)),
    "recording": lambda data: read_recording("x", data, None),
    "manifest": lambda data: read_own_json(data, msgspec.json.Decoder(Manifest)),
    "trials": _in_a_file("t.jsonl", lambda path: list(Lines([path], TrialResult))),
    "answer": read_answer,
    "stream": _stream,
    "shown": _shown,
}
OWN: dict[str, tuple[type[Exception], ...]] = {
    "answer": (ValueError,),  # from which the client makes an error of its own
    "manifest": (msgspec.DecodeError,),
}


def search(reader: str, *, examples: int, number: int = 0) -> None:
    """Give a reader inputs; raises what it must not raise."""

    @seed(number)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    @given(inputs)
    def taken(data: bytes) -> None:
        try:
            READERS[reader](data)
        except (EvalsError, *OWN.get(reader, ())):
            pass
        except Exception as problem:
            problem.add_note(f"{reader} was given {data!r}")
            raise

    taken()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Give anything to every reader.")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("readers", nargs="*", metavar="READER", help=", ".join(READERS))
    options: Any = parser.parse_args(arguments)
    end = time.monotonic() + options.seconds
    names = options.readers or list(READERS)
    for number in itertools.count():
        for name in names:
            if time.monotonic() >= end:
                sys.stdout.write(f"nothing found in {number * 500:,} inputs a reader\n")
                return 0
            search(name, examples=500, number=number)
    raise AssertionError


if __name__ == "__main__":
    sys.exit(main())
