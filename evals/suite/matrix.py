"""Products of values: the matrix of a suite's parameters, and that of a test's vars."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from evals.model import JsonObject
from evals.suite.ids import is_id, slug
from evals.suite.nearest import advice, nearest
from evals.suite.problems import Problems
from evals.suite.structure import kind_of

MAX_TRIALS: Final = 100_000
RULES: Final = ("include", "exclude", "collapse")  # words of a matrix that are no parameters

Path = tuple[str | int, ...]


class Combination(NamedTuple):
    """One value of each axis, and the name that tells it from the others."""

    name: str
    values: JsonObject
    samples: tuple[JsonObject, ...] = ()  # values of collapsed axes: a sample of each


NO_PRODUCT: Final[tuple[Combination, ...]] = (Combination("", {}),)


def read_matrix(written: Mapping[str, Any], problems: Problems) -> tuple[Combination, ...]:
    """The combinations of a suite's matrix: its product less `exclude`, and `include`.

    What is under `collapse` becomes samples of each. Empty where the matrix is wrong.
    """
    path: Path = ("matrix",)
    axes = _axes({k: v for k, v in written.items() if k not in RULES}, problems, path)
    included = list(_mappings(written.get("include", ()), (*path, "include"), problems))
    if not axes and not included:
        if written.keys() <= set(RULES) and "matrix" not in problems.incomplete:
            details = ("write temperature: [0, 1]",)
            problems.error(path, "a matrix needs a parameter", details, key=True)
        return ()
    if math.prod(len(values) for values in axes.values()) > MAX_TRIALS:
        problems.error(path, f"more than {MAX_TRIALS:,} settings, the limit of a matrix")
        return ()
    excluded = list(_excluded(written.get("exclude", ()), axes, problems))
    made = [one for one in _product(axes) if not _matches(one, excluded)] if axes else []
    if axes and not made and not included:
        problems.error((*path, "exclude"), "every combination is left out")
    for index, one in enumerate(included):
        if one in made:
            problems.error((*path, "include", index), "the matrix has this combination already")
        else:
            made.append(one)
        if axes and one.keys() != axes.keys():
            _warn_of_axes(one, axes, (*path, "include", index), problems)
    return tuple(_collapsed(made, _axes_to_collapse(written, made, problems)))


def _warn_of_axes(one: JsonObject, axes: JsonObject, path: Path, problems: Problems) -> None:
    """A column that differs in more than the axes leaves open what makes the difference."""
    beside = ", ".join(sorted(one.keys() ^ axes.keys()))
    message = f"its column differs from the others in more than the axes: {beside}"
    details = (f"axes of the matrix: {', '.join(axes)}; what differs beside them may be the cause",)
    problems.warn(path, message, details)


def combinations(axes: Mapping[str, Sequence[Any]]) -> tuple[Combination, ...]:
    """The product of values, in which nothing can be wrong any more."""
    return tuple(_collapsed(_product(axes), ()))


def read_product(written: Any, path: Path, problems: Problems) -> tuple[Combination, ...]:
    """The combinations of `{matrix: {x: [1, 2], y: [3, 4]}}` inside vars."""
    axes: dict[str, Any] = {}
    for name, values in written.items():
        if isinstance(values, list | tuple):
            axes[name] = values
        else:
            found = kind_of(values)
            details = ("a var of a matrix is a list of its values",)
            problems.error((*path, name), f"{name} must be a list, found {found}", details)
    axes = _axes(axes, problems, path)
    if math.prod(len(values) for values in axes.values()) > MAX_TRIALS:
        problems.error(path, f"more than {MAX_TRIALS:,} cases, the limit of a matrix")
        return NO_PRODUCT
    if not written:
        problems.error(path, "a matrix needs a var", ("write x: [1, 2]",), key=True)
    return combinations(axes) if axes else NO_PRODUCT


def _axes(written: Mapping[str, Any], problems: Problems, path: Path) -> dict[str, Sequence[Any]]:
    axes: dict[str, Sequence[Any]] = {}
    for name, values in written.items():
        rule = nearest(name, RULES) if path == ("matrix",) else None
        if rule and abs(len(rule) - len(name)) <= 2:  # no parameter is called nearly so
            details = (f'did you mean "{rule}"?',)
            problems.error((*path, name), f"unknown key {name!r}", details, key=True)
        elif not values:
            problems.error((*path, name), f"{name} has no values", ("add some, or remove it",))
        elif len({msgspec.json.encode(value) for value in values}) < len(values):
            problems.error((*path, name), f"{name} has the same value twice")
        else:
            axes[name] = values
    return axes


def _mappings(written: Sequence[Any], path: Path, problems: Problems) -> Iterator[JsonObject]:
    for index, rule in enumerate(written):
        if isinstance(rule, dict) and rule:
            yield rule
        else:
            details = ("write {temperature: 1, seed: 2}",)
            message = f"a rule of {path[-1]} is a mapping of parameters to values"
            problems.error((*path, index), message, details)


def _excluded(
    written: Sequence[Any], axes: Mapping[str, Any], problems: Problems
) -> Iterator[JsonObject]:
    for rule in _mappings(written, ("matrix", "exclude"), problems):
        path: Path = ("matrix", "exclude", next(i for i, one in enumerate(written) if one is rule))
        unknown = [name for name in rule if name not in axes]
        for name in unknown:
            known = advice(name, axes, "the matrix has")
            problems.error((*path, name), f"the matrix has no {name!r}", known, key=True)
        if not unknown:
            if not any(_matches(made, [rule]) for made in _product(axes)):
                problems.error(path, "no combination agrees with this rule")
            yield rule


def _axes_to_collapse(
    written: Mapping[str, Any], made: Sequence[JsonObject], problems: Problems
) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name for one in made for name in one))
    wanted: tuple[Any, ...] = written.get("collapse", ())
    for index, name in enumerate(wanted):
        if name == "n":
            details: tuple[str, ...] = ("n makes samples by itself",)
            problems.error(("matrix", "collapse", index), "n cannot be collapsed", details)
        elif name not in names:
            details = advice(str(name), names, "the matrix has")
            problems.error(("matrix", "collapse", index), f"the matrix has no {name!r}", details)
        elif name in wanted[:index]:
            problems.error(("matrix", "collapse", index), f"{name} is collapsed twice")
    return tuple(name for name in names if name in wanted)


def _collapsed(made: Sequence[JsonObject], axes: Collection[str]) -> Iterator[Combination]:
    """Combinations that differ in the collapsed axes only are one, with samples."""
    places = _places(made)
    samples: dict[bytes, list[JsonObject]] = {}
    kept: dict[bytes, JsonObject] = {}
    for one in made:
        values = {name: value for name, value in one.items() if name not in axes}
        key = msgspec.json.encode(values, order="sorted")
        kept.setdefault(key, values)
        if axes:
            own = {name: value for name, value in one.items() if name in axes}
            samples.setdefault(key, []).append(own)
    for key, values in kept.items():
        name = "_".join(_part(axis, value, places) for axis, value in values.items())
        yield Combination(name, values, tuple(samples.get(key, ())))


def _matches(made: JsonObject, rules: Sequence[JsonObject]) -> bool:
    return any(all(_same(made[key], value) for key, value in rule.items()) for rule in rules)


def _same(one: Any, other: Any) -> bool:
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _product(axes: Mapping[str, Sequence[Any]]) -> list[JsonObject]:
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]


def _places(made: Sequence[JsonObject]) -> dict[bytes, int]:
    """The place of each mapping or list among the values of its axis, from 1."""
    found: dict[bytes, int] = {}
    count: dict[str, int] = {}
    for one in made:
        for key, value in one.items():
            name = msgspec.json.encode([key, value])
            if isinstance(value, dict | list) and name not in found:
                found[name] = count[key] = count.get(key, 0) + 1
    return found


def _part(key: str, value: Any, places: Mapping[bytes, int]) -> str:
    if isinstance(value, dict | list):
        return f"{key}-{places[msgspec.json.encode([key, value])]}"
    if isinstance(value, str):
        return f"{key}-{value if is_id(value) else slug(value)}"
    return f"{key}-{msgspec.json.encode(value).decode()}"
