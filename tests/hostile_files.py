"""Files from strangers that try to run code, read elsewhere, hang or fill the memory.

    python -m tests.hostile_files [--quick] [NAME…]

writes each into a folder of its own, gives it to a command in a process of its own, and prints
the exit code, the seconds of processor time and the megabytes at the peak. It ends with 1 where
one takes a second more than a harmless file, or 200 MB, or breaks the command. With `--quick` only
those that are quick to write are taken, and the time is not looked at.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from evals.model import Request

SECONDS = 1.0  # beyond a harmless file
MEGABYTES = 200.0  # in all
PATIENCE_S = 30
SECRET = "the content of a file that is none of the suite's business"

Write = Callable[[Path], object]
Data = bytes | Callable[[], bytes]


class Hostile(NamedTuple):
    """A file, the command that gets it, and what the command may answer."""

    name: str
    write: Write
    command: tuple[str, ...]
    codes: tuple[int, ...]


def suite(tests: str = "", **parts: str) -> bytes:
    """A suite with one harmless test, and parts of it replaced."""
    keys = {
        "endpoint": "local",
        "prompts": '["{{ a }}"]',
        "tests": tests or "[{id: one, vars: {a: x}, expected: x}]",
        **parts,
    }
    return "".join(f"{key}: {value}\n" for key, value in keys.items()).encode()


def at(name: str, data: Data) -> Write:
    def write(folder: Path) -> object:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.write_bytes(data if isinstance(data, bytes) else data())

    return write


def all_of(*writes: Write) -> Write:
    return lambda folder: [write(folder) for write in writes]


def link(name: str, target: str) -> Write:
    def write(folder: Path) -> object:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        return (folder / name).symlink_to(target)

    return write


def fifo(name: str) -> Write:
    def write(folder: Path) -> object:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        return os.mkfifo(folder / name)

    return write


# ---------------------------------------------------------------------------- suites

VALIDATE = ("validate", "--no-extensions", "x.eval.yaml")


def bad(name: str, data: Data, *more: Write) -> Hostile:
    return Hostile(name, all_of(at("x.eval.yaml", data), *more), VALIDATE, (4,))


def fine(name: str, data: Data, *more: Write) -> Hostile:
    return Hostile(name, all_of(at("x.eval.yaml", data), *more), VALIDATE, (0,))


def prompt(template: str, **parts: str) -> bytes:
    return suite(**{"prompts": json.dumps([template]), **parts})


def check(**check: object) -> bytes:
    test = {"id": "one", "vars": {"a": "x"}, "assert": [check]}
    return suite(tests=json.dumps([test]))


def reads(path: str) -> bytes:
    return suite(tests=f"[{{id: one, vars: {{a: {{file: {json.dumps(path)}}}}}, expected: x}}]")


def rows(path: str, **more: object) -> bytes:
    test = {"file": path, "assert": [{"type": "contains", "value": "x"}], **more}
    return suite(tests=json.dumps([test]))


def _aliases() -> bytes:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    return "\n".join(lines).encode()


SUITES = (
    fine("harmless", suite()),
    bad("alias bomb", _aliases),
    bad("alias of itself", b"a: &a [*a]\n"),
    bad("nested lists", lambda: b"a: " + b"[" * 10_000),
    bad("nested mappings", lambda: b"{a: " * 100_000),
    bad("nested blocks", lambda: b"".join(b" " * n + b"a:\n" for n in range(4_000))),
    bad("nested dashes", lambda: b"- " * 1_000_000),
    bad("scalar of 100 MB", lambda: suite(description="x" * 100_000_000)),
    bad("many small lists", lambda: b"a: [" + b"[]," * 3_000_000 + b"]"),
    bad("many numbers", lambda: b"a: [" + b"1," * 4_900_000 + b"]"),
    bad("many keys", lambda: b"".join(b"k%d: 1\n" % n for n in range(900_000))),
    bad("many twice", lambda: b"k: 1\n" * 1_900_000),
    bad("many anchors", lambda: b"".join(b"- &a%d x\n" % n for n in range(800_000))),
    bad("many tags", lambda: b"- !!python/name:os.system x\n" * 350_000),
    bad("many bad numbers", lambda: b"- .inf\n" * 1_400_000),
    bad("many documents", lambda: b"---\n" * 2_000_000),
    bad("many comments", lambda: b"#\n" * 4_900_000),
    bad("long number", lambda: b"a: " + b"9" * 9_000_000),
    bad("long number with dots", lambda: b"a: " + b"1" * 5_000_000 + b"." + b"1" * 4_000_000),
    bad("open quote", lambda: b'a: "' + b"\\\\" * 4_000_000),
    bad("a Python object", b"a: !!python/object/apply:os.system ['touch owned']\n"),
    bad("two keys", b"endpoint: local\nendpoint: local\n"),
    bad("a tab", b"a:\n\t- b\n"),
    bad("Latin-1", "description: é\n".encode("latin-1")),
    bad("NUL", b"a: \0\n"),
    bad("not text", lambda: os.urandom(100_000)),
    fine("BOM and CRLF", b"\xef\xbb\xbf" + suite().replace(b"\n", b"\r\n")),
    bad(
        "matrix of billions",
        suite(
            matrix=json.dumps(
                {
                    p: [*range(99)]
                    for p in ("seed", "top_logprobs", "max_tokens", "n", "presence_penalty")
                }
            )
        ),
    ),
    fine("repeat a billion times", suite(repeat="1000000000")),
    bad(
        "vars' matrix of billions",
        suite(
            tests=json.dumps(
                [{"vars": {"matrix": {f"v{n}": [*range(99)] for n in range(6)}}, "expected": "x"}]
            )
        ),
    ),
    bad("ids for a shell", suite(tests='[{id: "$(touch owned)", vars: {a: x}, expected: x}]')),
    bad("ids with dots", suite(tests='[{id: "../../x", vars: {a: x}, expected: x}]')),
    bad("ids with a line", suite(tests='[{id: "a\\n::error::b", vars: {a: x}, expected: x}]')),
    bad("a device as id", suite(suite="con")),
    # templates
    bad(
        "loops",
        prompt("{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}"),
    ),
    bad(
        "growth",
        prompt("{% set x = 'aaaaaaaaaa' %}" + "{% set x = x ~ x ~ x ~ x ~ x %}" * 20 + "{{ x }}"),
    ),
    bad("product", prompt("{{ 'x' * 1000000000 }}")),
    fine("power", prompt("{{ 9 ** 9 ** 9 }}")),
    bad("format", prompt("{{ '%1000000000d' % 1 }}")),
    bad("centre", prompt("{{ 'x' | center(1000000000) }}")),
    bad("replace", prompt("{{ ('x' * 100000) | replace('', 'y' * 10000) }}")),
    bad(
        "list of lists",
        prompt("{% set x = [1, 1, 1, 1] %}" + "{% set x = [x, x, x, x] %}" * 30 + "{{ x }}"),
    ),
    bad("sort", prompt("{{ range(9999) | list | sort | join('x' * 9999) }}")),
    bad("attributes", prompt("{{ ''.__class__.__mro__[1].__subclasses__() }}")),
    bad("attributes by filter", prompt("{{ '' | attr('__class__') }}")),
    bad("attributes by map", prompt("{{ [a] | map(attribute='__class__') | list }}")),
    bad("globals", prompt("{{ cycler.__init__.__globals__.os.system('touch owned') }}")),
    bad("format's attributes", prompt("{{ '{0.__class__}'.format(a) }}")),
    bad("include", prompt("{% include '/etc/passwd' %}")),
    bad("deep expression", lambda: prompt("{{ " + "(" * 50_000 + "1" + ")" * 50_000 + " }}")),
    bad("long expression", lambda: prompt("{{ " + "1+" * 200_000 + "1 }}")),
    bad("deep ifs", lambda: prompt("{% if a %}" * 5_000 + "{% endif %}" * 5_000)),
    fine("many outputs", lambda: prompt("{{ a }}" * 400_000)),
    # patterns and schemas
    fine("slow pattern", check(type="regex", value="(a+)+$")),
    bad("large pattern", check(type="regex", value="((a{1000}){1000}){1000}")),
    bad("large pattern, small steps", check(type="regex", value="(((x{9}){9}){9}){999}")),
    bad("long pattern", lambda: check(type="regex", value="(a|b)*c" * 300_000)),
    bad("remote schema", check(type="is-json", value={"$ref": "http://127.0.0.1:9/x.json"})),
    bad("schema of a file", check(type="is-json", value={"$ref": "file:///etc/passwd"})),
    fine("schema of itself", check(type="is-json", value={"$ref": "#"})),
    bad("large schema", lambda: check(type="is-json", value={"enum": [*range(900_000)]})),
    bad("slow schema pattern", check(type="is-json", value={"pattern": "((a{999}){999}){999}"})),
    bad("deep condition", lambda: check(type="expression", value="(" * 100_000)),
    bad("long condition", lambda: check(type="expression", value="not " * 200_000 + "1")),
    bad("condition of powers", check(type="expression", value="9 ** 9 ** 9 > 1")),
    bad("deep groups", lambda: suite(tests="[{id: a, assert: [" + "{any: [" * 60)),
    bad("gate beyond numbers", suite(gates='["accuracy >= 1e999999"]')),
    bad("endless metric", lambda: suite(metrics=json.dumps({"f": "1+" * 300_000 + "1"}))),
    # files
    bad("another folder", reads("../secret.txt"), at("../secret.txt", SECRET.encode())),
    bad("an absolute path", reads("/etc/passwd")),
    bad("a drive", reads("C:/x")),
    bad(
        "a link out",
        reads("link.txt"),
        at("../secret.txt", SECRET.encode()),
        link("link.txt", "../secret.txt"),
    ),
    bad(
        "a folder's link out",
        reads("link/secret.txt"),
        at("../secret.txt", SECRET.encode()),
        link("link", ".."),
    ),
    bad("a link to itself", reads("link.txt"), link("link.txt", "link.txt")),
    bad("a hidden file", reads(".env"), at(".env", SECRET.encode())),
    bad("git's configuration", reads(".git/config"), at(".git/config", SECRET.encode())),
    bad("a device", reads("zero"), link("zero", "/dev/zero")),
    bad("a pipe", reads("pipe"), fifo("pipe")),
    bad("a folder", reads("sub"), at("sub/x", b"")),
    bad("a large file", reads("x.txt"), at("x.txt", lambda: b"x" * 50_000_000)),
    Hostile("the suite is a pipe", fifo("x.eval.yaml"), VALIDATE, (4,)),
    Hostile("the suite is a device", link("x.eval.yaml", "/dev/zero"), VALIDATE, (4,)),
    # data
    bad("CSV, ragged", rows("x.csv"), at("x.csv", b"a,b\n1\n")),
    bad("CSV, open quote", rows("x.csv"), at("x.csv", lambda: b'a\n"' + b"x\n" * 20_000_000)),
    bad("CSV, a long line", rows("x.csv"), at("x.csv", lambda: b"a\n" + b"x" * 90_000_000)),
    bad("CSV, many columns", rows("x.csv"), at("x.csv", lambda: b"a," * 2_000_000)),
    bad(
        "CSV, equal columns",
        rows("x.csv"),
        at("x.csv", lambda: b",".join(b"c%d" % n for n in range(200_000)) + b",c1\n1\n"),
    ),
    fine("CSV, formulas", rows("x.csv"), at("x.csv", b"a\n=cmd|' /C calc'!A0\n")),
    bad("JSON Lines, nested", rows("x.jsonl"), at("x.jsonl", lambda: b"[" * 1_000_000)),
    fine(
        "JSON Lines, nested whole",
        rows("x.jsonl"),
        at("x.jsonl", lambda: b'{"a": ' + b"[" * 900 + b"]" * 900 + b"}"),
    ),
    bad(
        "JSON Lines, a long line",
        rows("x.jsonl"),
        at("x.jsonl", lambda: b'{"a": [' + b"[]," * 20_000_000),
    ),
    bad(
        "JSON Lines, a long number",
        rows("x.jsonl"),
        at("x.jsonl", lambda: b'{"a": ' + b"9" * 5_000_000 + b"}"),
    ),
    bad(
        "JSON, many small lists",
        suite(parameters="{extra_body: {file: x.json}}"),
        at("x.json", lambda: b"[" + b"[]," * 3_000_000 + b"[]]"),
    ),
    bad("YAML data, nested", rows("x.yaml"), at("x.yaml", lambda: b"[" * 100_000)),
    bad(
        "prompt file, nested",
        suite(prompts="[{file: p.json}]"),
        at("p.json", lambda: b"[" * 1_000_000),
    ),
    # configuration
    Hostile(
        "deep configuration",
        all_of(at("x.eval.yaml", suite()), at("evals.toml", lambda: b"a = " + b"[" * 100_000)),
        VALIDATE,
        (4,),
    ),
    Hostile(
        "large configuration",
        all_of(
            at("x.eval.yaml", suite()),
            at("evals.toml", lambda: b"a = [" + b"[]," * 3_000_000 + b"]"),
        ),
        VALIDATE,
        (4,),
    ),
    Hostile(
        "configuration is a pipe",
        all_of(at("x.eval.yaml", suite()), fifo("evals.toml")),
        VALIDATE,
        (0, 4),
    ),
    Hostile(
        "data outside",
        all_of(
            at("x.eval.yaml", reads("../secret.txt")),
            at("../secret.txt", SECRET.encode()),
            at("evals.toml", b'data = [".."]'),
        ),
        VALIDATE,
        (4,),
    ),
)


# ---------------------------------------------------------------------------- recordings, runs

RUN = ("run", "-p", "no:cacheprovider", "x.eval.yaml")


def _recording(**parts: str) -> bytes:
    """A recording of the harmless suite's answer, with parts of its JSON replaced."""
    body = {"model": '"m"', "choices": CHOICES, **parts}
    response = parts.get("response") or (
        '{"status": 200, "headers": {}, "body": {'
        + ", ".join(f'"{key}": {value}' for key, value in body.items() if key != "response")
        + "}}"
    )
    text = (
        '{\n  "format": 1,\n  "request": {"endpoint": "local", "path": "/chat/completions", '
        f'"take": 0, "body": {json.dumps(_request().body)}}},\n  "response": {response},\n'
        '  "timing": {"latency_s": 0.1, "in_flight": 1},\n'
        '  "recorded": {"at": "2026-11-23T10:00:00Z", "by": "x", '
        '"base_url": "http://127.0.0.1/v1", "attempts": 1, "for": "one[default]"},\n'
    ).encode()
    digest = hashlib.sha256(text).hexdigest()
    return text + f'  "checksum": "sha256:{digest}"\n}}\n'.encode()


CHOICES = '[{"index": 0, "finish_reason": "stop", "message": {"content": "x"}}]'


@cache
def _request() -> Request:
    """What the harmless suite asks."""
    from evals.endpoints.config import load_config
    from evals.suite.open import open_suite

    with tempfile.TemporaryDirectory() as folder:
        at("x.eval.yaml", suite())(Path(folder))
        config = load_config(Path(folder), env={})
        opened = open_suite(Path(folder) / "x.eval.yaml", config=config)
        return next(iter(opened.cells)).request(0)


def _place() -> str:
    """Where its answer is recorded."""
    from evals.cassettes import key

    return f"cassettes/x/{key(_request())}.0.json"


def recorded(name: str, write: Callable[[str], Write], *, code: int = 6) -> Hostile:
    def whole(folder: Path) -> object:
        return all_of(at("x.eval.yaml", suite()), write(_place()))(folder)

    return Hostile(f"recording, {name}", whole, RUN, (code,))


def answer(name: str, data: Data, *, code: int = 6) -> Hostile:
    return recorded(name, lambda place: at(place, data), code=code)


def _content(value: str) -> bytes:
    return _recording(choices=CHOICES.replace('"x"', value))


RECORDINGS = (
    answer("harmless", _recording, code=0),
    answer("empty", b""),
    answer("no JSON", b"x" * 1_000),
    answer("nested", lambda: _recording(x="[" * 1_000_000 + "]" * 1_000_000)),
    answer("nested a little", lambda: _recording(x="[" * 5_000 + "]" * 5_000)),
    answer("nested objects", lambda: _recording(x='{"a":' * 100_000 + "1" + "}" * 100_000)),
    answer("a long number", lambda: _recording(x="9" * 5_000_000)),
    answer("a number beyond all", lambda: _recording(x="1e999999999")),
    answer("many small lists", lambda: _recording(x="[" + "[]," * 10_000_000 + "[]]")),
    answer(
        "many choices",
        lambda: _recording(
            choices="["
            + ",".join(CHOICES[1:-1].replace("0", str(n), 1) for n in range(100_000))
            + "]"
        ),
        code=0,
    ),
    answer("wrong types", lambda: _recording(choices='{"a": 1}')),
    answer("text as a number", lambda: _content("5")),
    answer("a large text", lambda: _content('"' + "x" * 10_000_000 + '"'), code=1),
    answer("many parts", lambda: _content("[" + ",".join(['"x"'] * 300_000) + "]"), code=1),
    answer("many thoughts", lambda: _content('"' + "<think>" * 700_000 + '"'), code=1),
    answer(
        "many chunks",
        lambda: _recording(
            response='{"status": 200, "headers": {}, "stream": ['
            + ",".join(['[0.1, {"choices": [{"index": 0, "delta": {"content": "x"}}]}]'] * 60_000)
            + "]}"
        ),
    ),
    answer(
        "chunks with many indices",
        lambda: _recording(
            response='{"status": 200, "headers": {}, "stream": ['
            + ",".join(
                f'[0.1, {{"choices": [{{"index": {n}, "delta": {{"content": "x"}}}}]}}]'
                for n in range(50_000)
            )
            + "]}"
        ),
    ),
    answer(
        "many tokens",
        lambda: _recording(
            choices=CHOICES[:-2]
            + ', "logprobs": {"content": ['
            + ",".join(['{"token": "x", "logprob": -1}'] * 100_000)
            + "]}}]"
        ),
        code=0,
    ),
    recorded("a device", lambda place: link(place, "/dev/zero")),
    recorded("a pipe", fifo),
    recorded(
        "a link out",
        lambda place: all_of(
            at("../secret.json", _recording()), link(place, str(Path("../../../secret.json")))
        ),
    ),
    recorded(
        "the folder is a link out",
        lambda place: all_of(
            at("../elsewhere/x/" + place.rpartition("/")[2], _recording()),
            link("cassettes", "../elsewhere"),
        ),
        code=4,
    ),
)


def _run(**changes: object) -> str:
    manifest = {
        "format": 1,
        "id": "20261123T101500Z-abcd",
        "mode": "replay",
        "ended": None,
        "started": "2026-11-23T10:15:00Z",
        "complete": True,
        **changes,
    }
    return json.dumps(manifest)


TRIAL: dict[str, object] = {
    "suite": "s",
    "case": "c",
    "prompt": "p",
    "setting": "d",
    "column": "d",
    "sample": 0,
    "outcome": "pass",
    "passed": 1,
    "score": 1.0,
}


def run_of(name: str, *writes: Write, codes: tuple[int, ...] = (0,)) -> Iterator[Hostile]:
    for command in (("show", "run"), ("report", "run", "-o", "page.html")):
        write = all_of(at("run/run.json", _run().encode()), *writes)
        yield Hostile(f"run, {name}: {command[0]}", write, command, codes)


def lines(line: str, times: int = 1) -> Write:
    return at("run/trials-0.jsonl", lambda: (line + "\n").encode() * times)


def _without(name: str) -> Write:
    return lambda folder: (folder / name).unlink()


RUNS = (
    *run_of("harmless", lines(json.dumps(TRIAL))),
    *run_of("no JSON", at("run/run.json", b"{"), codes=(4, 6)),
    *run_of("nested", at("run/run.json", lambda: b"[" * 1_000_000), codes=(4, 6)),
    *run_of(
        "nested value",
        at(
            "run/run.json",
            lambda: _run(versions=0).replace("0}", "[" * 100_000 + "]" * 100_000 + "}").encode(),
        ),
        codes=(4, 6),
    ),
    *run_of(
        "many small lists",
        at(
            "run/run.json",
            lambda: (
                _run(prices={"a": {"b": [0]}})
                .replace("[0]", "[" + "[]," * 10_000_000 + "[]]")
                .encode()
            ),
        ),
        codes=(4, 6),
    ),
    *run_of("a device", _without("run/run.json"), link("run/run.json", "/dev/zero"), codes=(4, 6)),
    *run_of("a pipe", _without("run/run.json"), fifo("run/run.json"), codes=(4, 6)),
    *run_of("trials are a device", link("run/trials-0.jsonl", "/dev/zero"), codes=(4,)),
    *run_of("trials are a pipe", fifo("run/trials-0.jsonl"), codes=(4,)),
    *run_of(
        "trials are a link out",
        at("../secret.txt", SECRET.encode()),
        link("run/trials-0.jsonl", "../../secret.txt"),
        codes=(4,),
    ),
    *run_of(
        "a trial is nested",
        lines(json.dumps(TRIAL)[:-1] + ', "vars": {"a": ' + "[" * 100_000 + "]" * 100_000 + "}}"),
    ),
    *run_of(
        "a trial is nested a little",
        lines(json.dumps(TRIAL)[:-1] + ', "vars": {"a": ' + "[" * 900 + "]" * 900 + "}}"),
    ),
    *run_of("a trial of wrong types", lines(json.dumps({**TRIAL, "sample": "x"}))),
    *run_of(
        "a trial of many parts",
        lines(json.dumps(TRIAL)[:-1] + ', "vars": {"a": [' + "[]," * 10_000_000 + "[]]}}"),
    ),
    *run_of("a long line", at("run/trials-0.jsonl", lambda: b"x" * 300_000_000)),
    *run_of(
        "numbers beyond all", lines(json.dumps({**TRIAL, "score": 1e308, "cost_usd": 1e308}), 3)
    ),
    *run_of(
        "names that are paths",
        lines(
            json.dumps(
                {**TRIAL, "suite": "../../x", "case": "/etc/passwd", "asked": [["../../x", 0]]}
            )
        ),
    ),
    *run_of(
        "answers are a pipe",
        lines(json.dumps({**TRIAL, "asked": [["a" * 32, 0]]})),
        fifo("run/answers-0.jsonl"),
        codes=(4,),
    ),
)

# ---------------------------------------------------------------------------- what else is read

RUNS_FOLDER = "reports/runs"
GATED = suite(gates="[{metric: accuracy, baseline: true, margin: 0.5}]")


def pointer(name: str, *writes: Write) -> Hostile:
    """A file in the place of the link to the newest run."""
    return Hostile(f"latest, {name}", all_of(*writes), ("show",), (4,))


def baseline(name: str, *writes: Write) -> Iterator[Hostile]:
    """A baseline that a gate of the suite compares with."""

    def whole(folder: Path) -> object:
        return all_of(at("x.eval.yaml", GATED), at(_place(), _recording()), *writes)(folder)

    for command in (RUN, ("baseline", "show")):
        yield Hostile(f"baseline, {name}: {command[0]}", whole, command, (6,))


BASELINE = "baselines/x.json"

OTHERS = (
    pointer("of other bytes", at(f"{RUNS_FOLDER}/latest", b"\xff\xfe\0")),
    pointer("with a zero", at(f"{RUNS_FOLDER}/latest", b"a\0b")),
    pointer("a path", at(f"{RUNS_FOLDER}/latest", b"../../../../etc")),
    pointer("a long line", at(f"{RUNS_FOLDER}/latest", lambda: b"x\n" * 100_000_000)),
    pointer("a pipe", fifo(f"{RUNS_FOLDER}/latest")),
    pointer("a device", link(f"{RUNS_FOLDER}/latest", "/dev/zero")),
    *baseline("no JSON", at(BASELINE, b"x" * 1_000)),
    *baseline("nested", at(BASELINE, lambda: b'{"format": 1, "x": ' + b"[" * 1_000_000)),
    *baseline(
        "nested, closed",
        at(BASELINE, lambda: b'{"format": 1, "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    ),
    *baseline(
        "many small lists",
        at(BASELINE, lambda: b'{"format": 1, "x": [' + b"[]," * 10_000_000 + b"[]]}"),
    ),
    *baseline("wrong types", at(BASELINE, b'{"format": 1, "suite": 5, "cases": {"a": []}}')),
    *baseline("large", at(BASELINE, lambda: b"x" * 300_000_000)),
    *baseline("a pipe", fifo(BASELINE)),
    *baseline("a device", link(BASELINE, "/dev/zero")),
    *baseline(
        "a link out", at("../secret.txt", SECRET.encode()), link(BASELINE, "../../secret.txt")
    ),
)

ALL = (*SUITES, *RECORDINGS, *RUNS, *OTHERS)

KEPT = ("recording, harmless", "recording, nested objects", "recording, a pipe")
SLOW = frozenset(
    each.name
    for each in ALL
    if (each.command == RUN and each.name not in KEPT)
    or any(word in each.name for word in ("many", "100 MB", "a long line", "open quote", "large"))
)
"""Written or taken slowly, though not too slowly."""

# ---------------------------------------------------------------------------- measuring


class Measured(NamedTuple):
    code: int | None  # None: killed for lack of patience
    seconds: float  # of processor time
    megabytes: float
    said: str
    touched: bool  # something ran, or told what it had no business to read


def measure(hostile: Hostile) -> Measured:
    """Give a file to its command, in a process of its own."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "project"
        folder.mkdir()
        at("evals.toml", b'endpoint = "local"\n')(folder)
        _in_child(lambda: hostile.write(folder) and 0, folder, Path(place) / "written")
        out = Path(place) / "said"
        code, used = _in_child(lambda: _command(hostile.command), folder, out)
        said = out.read_text("utf-8", "replace")
        owned = any(path.name == "owned" for path in Path(place).rglob("*"))
        return Measured(
            code=code,
            seconds=used.ru_utime + used.ru_stime,
            megabytes=used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10),
            said=said,
            touched=owned or SECRET in said or "root:x:" in said,
        )


def _command(arguments: Sequence[str]) -> int:
    from evals.cli import main

    return main(list(arguments))


def _in_child(action: Callable[[], object], folder: Path, out: Path) -> tuple[int | None, Any]:
    child = os.fork()
    if child == 0:
        code = 99
        try:
            file = os.open(out, os.O_WRONLY | os.O_CREAT)
            os.dup2(file, 1)
            os.dup2(file, 2)
            os.chdir(folder)
            for name in ("CI", "PYTEST_ADDOPTS"):
                os.environ.pop(name, None)
            code = int(action() or 0)  # type: ignore[call-overload] # of whatever an action returns
        except BaseException:  # noqa: BLE001 # of whatever sort: it is printed
            import traceback

            traceback.print_exc()
        finally:
            with contextlib.suppress(Exception):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)
    end = time.monotonic() + PATIENCE_S
    while True:
        done, status, used = os.wait4(child, os.WNOHANG)
        if done:
            killed = os.WIFSIGNALED(status)
            return (None if killed else os.WEXITSTATUS(status)), used
        if time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.005)


def faults(hostile: Hostile, found: Measured, *, innocent: float) -> list[str]:
    """What is wrong with how a command took a file."""
    wrong = []
    if found.code not in hostile.codes:
        wrong.append(f"exit code {found.code}, expected {hostile.codes}")
    if "Traceback" in found.said:
        wrong.append("a traceback")
    if found.seconds - innocent > SECONDS:
        wrong.append(f"{found.seconds:.1f} s")
    if found.megabytes > MEGABYTES:
        wrong.append(f"{found.megabytes:.0f} MB")
    if found.touched:
        wrong.append("ran or read what it must not")
    return wrong


def prepare() -> None:
    """Import what the commands import, once for all of them."""
    import evals.cli.report
    import evals.cli.run
    import evals.cli.show
    import evals.cli.validate
    import evals.report.html
    import evals.session
    import evals.suite.template  # noqa: F401 # so that it is there


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(names: Sequence[str]) -> int:
    quick = "--quick" in names
    names = [name for name in names if name != "--quick"]
    chosen = [each for each in ALL if not quick or each.name not in SLOW]
    prepare()
    bad = 0
    innocent: dict[str, float] = {}
    _say(f"{'file':<46}{'exit':>5}{'seconds':>9}{'MB':>6}")
    for hostile in chosen:
        if names and not any(name in hostile.name for name in ("harmless", *names)):
            continue
        found = measure(hostile)
        if "harmless" in hostile.name:
            innocent[hostile.command[0]] = found.seconds
        usual = 1e9 if quick else innocent.get(hostile.command[0], 0.0)
        wrong = faults(hostile, found, innocent=usual)
        bad += bool(wrong)
        _say(
            f"{hostile.name:<46}{found.code!s:>5}{found.seconds:>9.2f}{found.megabytes:>6.0f}"
            f"{'  ' + '; '.join(wrong) if wrong else ''}"
        )
        if wrong and names:
            _say(found.said[-1500:])
    _say(f"{bad} of {len(chosen)} do harm" if bad else "none does harm")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
