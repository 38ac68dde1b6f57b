"""A draft → a suite that loads: what the loader refuses is taken out and noted."""

from __future__ import annotations

import json
import tempfile
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from evals.endpoints.config import load_config
from evals.errors import EvalsError, Place, Problem, SuiteError
from evals.importing.findings import Draft, Imported, Note
from evals.importing.keys import LEFT_OUT, without_keys
from evals.importing.source import Source
from evals.importing.writing import yaml_text
from evals.model import JsonObject
from evals.suite.ids import slug
from evals.suite.open import open_suite
from evals.suite.yaml import read_yaml

_ROUNDS: Final = 30

Path_ = tuple[str | int, ...]


def settled(draft: Draft, source: Source) -> Imported:
    """The suite as the loader takes it; raises `EvalsError` where nothing is left."""
    name = slug(source.path.name.split(".")[0]).replace("=", "-").replace(".", "-") or "imported"
    toml = without_keys(_toml(draft.endpoints))
    suite = without_keys(draft.suite)
    _open_ended(suite, source)
    _check_left(suite, source)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "evals.toml").write_text(toml, encoding="utf-8")
        target = root / f"{name}.eval.yaml"
        for _ in range(_ROUNDS):
            text = yaml_text(suite)
            problems = _problems(text, target)
            if not problems:
                break
            if not _pruned(suite, text, problems, source):
                raise _refused(source, problems[0].message)
            _check_left(suite, source)
        else:
            raise _refused(source, problems[0].message)
    findings = source.findings
    head = without_keys(_head(source, toml))
    if LEFT_OUT in text:
        findings.note(Place(source.path.name), "keys", f"left out unseen: {LEFT_OUT}")
    return Imported(
        name=f"{name}.eval.yaml",
        text=head + text,
        endpoints=toml,
        notes=_notes(source),
        carried=findings.carried(),
    )


def _notes(source: Source) -> tuple[Note, ...]:
    """In the order of the file, and without keys."""
    return tuple(
        Note(note.place, without_keys(note.what), without_keys(note.why))
        for note in sorted(source.findings.notes, key=lambda n: (n.place.path, n.place.line))
    )


def _check_left(suite: JsonObject, source: Source) -> None:
    """Raise where nothing would be asked, or nothing of what was meant."""
    findings = source.findings
    if not suite["tests"]:
        raise _refused(source, "no test is left")
    if findings.found["prompts"] and not suite.get("prompts"):
        raise _refused(source, "no prompt is left")


def _refused(source: Source, why: str) -> EvalsError:
    notes = "\n".join(str(note) for note in _notes(source))
    return EvalsError(f"{source.path.name} makes no suite: {why}.", remedy=notes or None)


def _problems(text: str, target: Path) -> tuple[Problem, ...]:
    target.write_text(text, encoding="utf-8")
    config = load_config(target.parent, env={})
    try:
        open_suite(target, config=config)
    except SuiteError as problem:
        return problem.problems
    return ()


def _pruned(suite: JsonObject, text: str, problems: tuple[Problem, ...], source: Source) -> bool:
    """Take the part out in which each problem lies; whether anything was taken out."""
    document = read_yaml(text.encode(), "suite")
    parts = sorted((document.mark(path), path) for path in _parts(suite))
    marks = [mark for mark, _ in parts]
    chosen: dict[Path_, Problem] = {}
    for problem in problems:
        at = bisect_right(marks, (problem.place.line, problem.place.column)) - 1
        if at >= 0:
            chosen.setdefault(parts[at][1], problem)
    for path in sorted(chosen, key=_order, reverse=True):
        _take_out(suite, path, chosen[path], source)
    _tidy(suite)
    _open_ended(suite, source)
    return bool(chosen)


def _open_ended(suite: JsonObject, source: Source) -> None:
    """Tests that nothing judges say so: their answers are recorded."""
    stack = [(suite["tests"], bool(suite.get("defaults", {}).get("assert")))]
    while stack:
        tests, judged = stack.pop()
        for test in tests:
            own = bool(test.get("assert"))
            if "tests" in test:
                stack.append((test["tests"], judged or own))
            elif not own and not (judged and test.get("inherit", True)) and "expected" not in test:
                test["assert"] = []
                test.pop("threshold", None)


def _order(path: Path_) -> tuple[tuple[str, int], ...]:
    return tuple(("", part) if isinstance(part, int) else (part, 0) for part in path)


def _parts(suite: JsonObject) -> Iterator[Path_]:
    """What can be taken out without harm to the rest."""
    for key in ("prompts", "settings"):
        yield from ((key, index) for index in range(len(suite.get(key, ()))))
    for index, setting in enumerate(suite.get("settings", ())):
        yield from (("settings", index, key) for key in setting if key not in ("id", "endpoint"))
    yield from (("parameters", key) for key in suite.get("parameters", ()))
    yield from ((key,) for key in ("description", "metadata", "repeat", "limits") if key in suite)
    if "defaults" in suite:
        yield from _within(suite["defaults"], ("defaults",))
    yield from _tests(suite["tests"], ("tests",))


def _tests(tests: list[JsonObject], above: Path_) -> Iterator[Path_]:
    for index, test in enumerate(tests):
        path = (*above, index)
        yield path
        yield from _within(test, path)
        yield from _tests(test.get("tests", []), (*path, "tests"))


def _within(test: JsonObject, path: Path_) -> Iterator[Path_]:
    yield from ((*path, "assert", index) for index in range(len(test.get("assert", ()))))
    yield from ((*path, key) for key in ("threshold", "metadata", "description") if key in test)
    if path == ("defaults",):
        yield from ((*path, "vars", name) for name in test.get("vars", ()))


def _take_out(suite: JsonObject, path: Path_, problem: Problem, source: Source) -> None:
    holder: Any = suite
    for part in path[:-1]:
        holder = holder[part]
    part = holder[path[-1]]
    origin = source.findings.origin(part)
    place, kind = origin or (Place(source.path.name), "")
    what = " ".join(str(p) for p in path if isinstance(p, str))
    if kind == "assertions" and isinstance(part, dict):
        what = f"assertion {part.get('type', 'set')}"
    why = " ".join((problem.message, *problem.details[:1]))
    if kind:
        source.findings.lose(kind, place, what, why)
    else:
        source.findings.note(place, what, why)
    del holder[path[-1]]


def _tidy(suite: JsonObject) -> None:
    for key in ("prompts", "settings", "parameters", "defaults"):
        if key in suite and not suite[key]:
            del suite[key]
    stack = [suite["tests"]]
    while stack:
        tests = stack.pop()
        tests[:] = [t for t in tests if "tests" not in t or t["tests"]]
        stack += [t["tests"] for t in tests if "tests" in t]


def _head(source: Source, toml: str) -> str:
    lines = [f"# From {_plain(source.path.name)}."]
    variables = source.findings.variables
    lines += [f"# It read {_plain(name)} from the environment." for name in variables]
    if toml:
        lines.append("# Its endpoints have to stand in evals.toml, or under [tool.evals]:")
        lines += [f"#   {line}" if line else "#" for line in toml.rstrip().split("\n")]
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)


def _toml(endpoints: Mapping[str, Any]) -> str:
    lines: list[str] = []
    for name, values in endpoints.items():
        lines += [f"[endpoints.{name}]"]
        lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
        lines.append("")
    return "\n".join(lines)
