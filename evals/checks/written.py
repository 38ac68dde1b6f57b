"""An assertion as written in YAML → a `Check` or `Group`, with every mistake and its path."""

from __future__ import annotations

from typing import Any

from evals.checks.options import OptionsError, prefixed, show, unknown
from evals.checks.registry import GROUPS, Mistake, Path, names
from evals.model import Assertion, Check, Group

_COMMON = ("type", "weight", "metric", "name", "transform", "on")
_BESIDE_GROUP = ("weight", "metric", "name")
_GROUP_KEYS = {**{kind: kind for kind in GROUPS}, "not-any": "any", "not-all": "all"}
_TEXT_KEYS = ("metric", "name")


def read_assertion(written: Any) -> Assertion:
    """The assertion; raises `OptionsError` with every mistake of its form.

    A bare text is `contains`. Options are taken as they are: `judge.mistakes` examines them.
    """
    if isinstance(written, Check | Group):
        return written
    if isinstance(written, str):
        return Check(type="contains", options={"value": written})
    if not isinstance(written, dict):
        raise _refused(f"an assertion is a mapping or a text, found {show(written)}")
    group = next((key for key in _GROUP_KEYS if key in written), None)
    if group is not None:
        return _read_group(group, written)
    if "type" not in written:
        raise _refused(_without_type(written))
    return _read_check(written)


def read_assertions(written: Any) -> tuple[Assertion, ...]:
    """A list of assertions; raises `OptionsError` with the mistakes of all."""
    if not isinstance(written, list | tuple):
        raise _refused(f"expected a list of assertions, found {show(written)}")
    read: list[Assertion] = []
    mistakes: list[Mistake] = []
    for index, item in enumerate(written):
        try:
            read.append(read_assertion(item))
        except OptionsError as error:
            mistakes += prefixed((index,), error.mistakes)
    if mistakes:
        raise OptionsError(mistakes)
    return tuple(read)


def _refused(message: str, path: Path = ()) -> OptionsError:
    return OptionsError([(path, message)])


def _without_type(written: dict[Any, Any]) -> str:
    keys = [str(key) for key in written]
    if "at_least" in keys:
        return "`at_least` is spelled `at-least`"
    if "use" in keys:
        return "a named set cannot be used here: write its assertions"
    if len(keys) == 1 and keys[0].removeprefix("not-") in names():
        value = show(next(iter(written.values())))
        return f"an assertion has a `type`: write {{type: {keys[0]}, value: {value}}}"
    if not keys:
        return "the assertion is empty: give it a `type`"
    return f"an assertion has a `type`; {unknown('key', keys[0], ('type', *_GROUP_KEYS))}"


def _read_check(written: dict[Any, Any]) -> Check:
    kind = written["type"]
    if not isinstance(kind, str):
        raise _refused(f"expected the name of a check, found {show(kind)}", ("type",))
    bare = kind.removeprefix("not-")
    if bare in GROUPS:
        raise _refused(f"a group is a key, not a type: write `{kind}: […]`", ("type",))
    mistakes = _common_mistakes(written)
    if mistakes:
        raise OptionsError(mistakes)
    transform = written.get("transform", ())
    steps = tuple(transform) if isinstance(transform, list | tuple) else (transform,)
    return Check(
        type=bare,
        negate=bare != kind,
        options={key: value for key, value in written.items() if key not in _COMMON},
        weight=float(written.get("weight", 1.0)),
        metric=written.get("metric"),
        name=written.get("name"),
        transform=steps,
        on=written.get("on", "answer"),
    )


def _common_mistakes(written: dict[Any, Any]) -> list[Mistake]:
    mistakes: list[Mistake] = []
    weight = written.get("weight", 1.0)
    if isinstance(weight, bool) or not isinstance(weight, int | float):
        mistakes.append((("weight",), f"expected a number, found {show(weight)}"))
    mistakes += [
        ((key,), f"expected text, found {show(written[key])}")
        for key in _TEXT_KEYS
        if not isinstance(written.get(key), str | None)
    ]
    if written.get("on", "answer") not in ("answer", "reasoning"):
        mistakes.append((("on",), f"expected answer or reasoning, found {show(written['on'])}"))
    return mistakes


def _read_group(key: str, written: dict[Any, Any]) -> Group:
    kind, n = _GROUP_KEYS[key], 0
    path: Path = (key,)
    mistakes = _common_mistakes({k: v for k, v in written.items() if k != "on"})
    mistakes += [
        ((str(other),), f"`{other}` cannot stand beside `{key}`")
        for other in written
        if other != key and other not in _BESIDE_GROUP
    ]
    body = written[key]
    if kind == "at-least":
        try:
            n = _at_least(body)
        except OptionsError as error:
            raise OptionsError([*mistakes, *prefixed(path, error.mistakes)]) from error
        body, path = body["of"], (key, "of")
    try:
        members = read_assertions(body)
    except OptionsError as error:
        raise OptionsError([*mistakes, *prefixed(path, error.mistakes)]) from error
    if mistakes:
        raise OptionsError(mistakes)
    return Group(
        kind=kind,  # type: ignore[arg-type]  # a key of GROUPS
        of=members,
        n=n,
        negate=key.startswith("not-"),
        weight=float(written.get("weight", 1.0)),
        metric=written.get("metric"),
        name=written.get("name"),
    )


def _at_least(body: Any) -> int:
    if not isinstance(body, dict) or set(body) != {"n", "of"}:
        raise _refused(f"write at-least: {{n: 2, of: […]}}, found {show(body)}")
    n = body["n"]
    if isinstance(n, bool) or not isinstance(n, int):
        raise _refused(f"expected a whole number, found {show(n)}", ("n",))
    return n
