"""What became of a suite's demands between two versions of its file: pure, on plain values.

Only what is written in the file itself is compared, so that an old version needs nothing beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from evals.model import Frozen
from evals.model.duration import UNITS, seconds

Kind = Literal["loosened", "tightened", "changed"]
_TEXT = re.compile(r"(.+?)\s*(>=|<=|==|!=|>|<)\s*(.+)")
_NUMBER = re.compile(r"([-+]?[0-9]*\.?[0-9]+(?:e[-+]?[0-9]+)?)\s*(%|[a-z]*)")
_ABSENT = object()
_LONGEST = 60


class Change(Frozen, frozen=True, kw_only=True):
    """One demand that changed: `what` says where, `before` and `after` how it reads."""

    kind: Kind
    what: str
    before: str | None
    after: str | None


def compare_demands(before: object, after: object) -> tuple[Change, ...]:
    """What changed from one version of a suite to the next, loosened demands first."""
    old, new = _mapping(before), _mapping(after)
    found = [
        *_gates(_list(old.get("gates")), _list(new.get("gates"))),
        *_misses("misses", old, new),
        *_limits(_mapping(old.get("limits")), _mapping(new.get("limits"))),
        *_test("defaults", _mapping(old.get("defaults")), _mapping(new.get("defaults"))),
        *_sets(_mapping(old.get("checks")), _mapping(new.get("checks"))),
        *_transforms(_mapping(old.get("transforms")), _mapping(new.get("transforms"))),
        *_tests(_list(old.get("tests")), _list(new.get("tests"))),
    ]
    return tuple(sorted(found, key=lambda change: change.kind != "loosened"))


# ------------------------------------------------------------------------------- gates


def _gates(old: Sequence[Any], new: Sequence[Any]) -> Iterator[Change]:
    """A gate is the same where it judges the same by the same sign; else it came or went."""
    before = dict(part for gate in old for part in _bounds(gate))
    after = dict(part for gate in new for part in _bounds(gate))
    for name in dict.fromkeys((*before, *after)):
        was, now = before.get(name), after.get(name)
        if was is None or now is None:
            kind: Kind = "loosened" if now is None else "tightened"
            yield _change(kind, "gate", was and was[1], now and now[1])
        elif was != now:
            yield _change(_direction(name[1], was[0], now[0]), "gate", was[1], now[1])


def _bounds(gate: Any) -> Iterator[tuple[tuple[Any, ...], tuple[float | None, str]]]:
    """Each bound of a gate: what it is of, with its sign; its limit, and how it reads."""
    if isinstance(gate, str):
        found = _TEXT.fullmatch(gate.strip())
        parts = (found[1], found[2], found[3]) if found else (gate, "", "")
        yield (parts[0], parts[1], "{}"), (_number(parts[2]), gate)
        return
    written = dict(_mapping(gate))
    metric, text = str(written.pop("metric", "")), _short(gate) or ""
    limits = {sign: written.pop(key, None) for key, sign in (("min", ">="), ("max", "<="))}
    if "versus" in written or "baseline" in written:
        margin = written.pop("margin", 0)
        yield (metric, "margin", str(written)), (_number(str(margin)), text)
    for sign, limit in limits.items():
        if limit is not None:
            yield (metric, sign, str(written)), (_number(str(limit)), text)


def _direction(sign: str, was: float | None, now: float | None) -> Kind:
    if was is None or now is None or was == now or sign in ("==", "!=", ""):
        return "changed"
    lower_is_looser = sign in (">=", ">")
    return "loosened" if (now < was) == lower_is_looser else "tightened"


def _number(text: str) -> float | None:
    found = _NUMBER.fullmatch(text.strip())
    if found is None or found[2] not in ("", "%", *UNITS):
        return None
    value = float(found[1])
    return value / 100 if found[2] == "%" else value * UNITS.get(found[2], 1.0)


# ------------------------------------------------------------------------------- tests and checks


def _tests(old: Sequence[Any], new: Sequence[Any]) -> Iterator[Change]:
    before, after = _named(old), _named(new)
    for name in dict.fromkeys((*before, *after)):
        if name not in after:
            yield _change("loosened", name, "a test", None)
        elif name in before:
            yield from _test(name, before[name], after[name])


def _named(tests: Sequence[Any]) -> dict[str, Mapping[str, Any]]:
    """Tests by id, by data file, or by their place where they have neither."""
    found: dict[str, Mapping[str, Any]] = {}
    for place, test in enumerate(tests):
        written = _mapping(test)
        name = str(written.get("id") or written.get("file") or f"tests[{place}]")
        found[name if name not in found else f"{name} (tests[{place}])"] = written
    return found


def _test(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    yield from _misses(f"{name}: misses", old, new)
    for key, default in (("min_pass_rate", 1), ("threshold", 1)):
        yield from _lower(f"{name}: {key}", old.get(key, default), new.get(key, default))
    if old.get("skip") != new.get("skip"):
        kind: Kind = "loosened" if new.get("skip") else "tightened"
        yield _change(kind, f"{name}: skip", old.get("skip"), new.get("skip"))
    if old.get("expected", _ABSENT) != new.get("expected", _ABSENT):
        yield _change("changed", f"{name}: expected", old.get("expected"), new.get("expected"))
    yield from _checks(f"{name}: assert", _list(old.get("assert")), _list(new.get("assert")))


def _sets(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for name in dict.fromkeys((*old, *new)):
        yield from _checks(f"checks.{name}", _list(old.get(name)), _list(new.get(name)))


def _transforms(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """What checks look at; where one comes or goes, the checks that use it change."""
    for name in old.keys() & new.keys():
        if old[name] != new[name]:
            yield _change("changed", f"transforms.{name}", old[name], new[name])


def _checks(name: str, old: Sequence[Any], new: Sequence[Any]) -> Iterator[Change]:
    """Checks that came, went, or – one for one of the same type – say something else."""
    gone = [check for check in old if check not in new]
    come = [check for check in new if check not in old]
    for check in gone:
        twin = next((other for other in come if _type(other) == _type(check)), None)
        if twin is None:
            yield _change("loosened", name, check, None)
        else:
            come.remove(twin)
            yield _change(_edited(check, twin), name, check, twin)
    for check in come:
        yield _change("tightened", name, None, check)


def _edited(old: Any, new: Any) -> Kind:
    before, after = _mapping(old), _mapping(new)
    if before.get("weight", 1) != 0 and after.get("weight", 1) == 0:
        return "loosened"
    was, now = before.get("threshold"), after.get("threshold")
    if isinstance(was, int | float) and isinstance(now, int | float) and was != now:
        return "loosened" if now < was else "tightened"
    return "changed"


def _type(check: Any) -> str:
    written = _mapping(check)
    return str(written.get("type") or next(iter(written), "contains"))


# ------------------------------------------------------------------------------- the rest


def _misses(what: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    was, now = old.get("misses"), new.get("misses")
    if (was == "allowed") != (now == "allowed"):
        yield _change("loosened" if now == "allowed" else "tightened", what, was, now)


def _limits(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    was, now = old.get("errors", 0), new.get("errors", 0)
    if was != now:
        kind = _direction("<=", _number(str(was)), _number(str(now)))
        yield _change(kind, "limits.errors", was, now)
    was, now = old.get("max_age"), new.get("max_age")
    if was != now:
        unlimited = float("inf")
        ages = [unlimited if age is None else seconds(age) for age in (was, now)]
        yield _change(_direction("<=", *ages), "limits.max_age", was, now)


def _lower(what: str, was: object, now: object) -> Iterator[Change]:
    if was != now and isinstance(was, int | float) and isinstance(now, int | float):
        yield _change("loosened" if now < was else "tightened", what, was, now)


def _change(kind: Kind, what: str, before: object, after: object) -> Change:
    return Change(kind=kind, what=what, before=_short(before), after=_short(after))


def _short(value: object) -> str | None:
    if value is None:
        return None
    import json

    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else ()
