"""Settings and prompts → columns; columns and cases → pairs. Nothing else is expanded."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from evals.model import Case, Column, JsonObject, Prompt, Suite
from evals.suite.ids import ID_RULE, TWICE, is_id, slug
from evals.suite.nearest import advice
from evals.suite.problems import Problems
from evals.suite.written import WrittenSuite

DEFAULT: Final = "default"
MAX_TRIALS: Final = 100_000
_NOT_YET: Final = ("include", "collapse")  # words of a matrix that are no parameters

Path = tuple[str | int, ...]


class Setting(NamedTuple):
    """One setting before it meets the prompts; `origins` tells where each parameter stands."""

    id: str
    path: Path
    parameters: JsonObject = {}
    origins: Mapping[str, Path] = {}
    endpoint: str | None = None
    model: str | None = None
    description: str | None = None


def pairs(suite: Suite) -> Iterator[tuple[Case, Column]]:
    """Each case with each of its columns, in the order of the file."""
    for case in suite.cases:
        for column in suite.columns:
            if _asks(case, column):
                yield case, column


def _asks(case: Case, column: Column) -> bool:
    return (case.prompts is None or column.prompt in case.prompts) and (
        case.settings is None or column.setting in case.settings
    )


def read_settings(
    written: WrittenSuite, problems: Problems, *, set_: Mapping[str, tuple[Any, ...]]
) -> tuple[Setting, ...]:
    """The settings of a suite: those written, times the matrix, times `--evals-set`."""
    settings = _written_settings(written, problems)
    if written.matrix is not msgspec.UNSET:
        combinations = list(_matrix(written.matrix, problems))
        if combinations:  # else it was refused, and the settings are looked at without it
            settings = _product(settings, combinations, ("matrix",))
    if set_:
        if written.settings is not msgspec.UNSET or written.matrix is not msgspec.UNSET:
            problems.error(
                ("settings",) if written.settings is not msgspec.UNSET else ("matrix",),
                "--evals-set makes settings of its own, and this suite has some",
                ("use it with a suite without settings and matrix",),
                key=True,
            )
        else:
            settings = _product(settings, _combinations(set_), ())
    return tuple(settings)


def _written_settings(written: WrittenSuite, problems: Problems) -> list[Setting]:
    if written.settings is msgspec.UNSET:
        return [Setting(DEFAULT, ("parameters",))]
    if not written.settings and "settings" not in problems.incomplete:
        problems.error(("settings",), "no settings", ("leave the key out for a default one",))
    found: list[Setting] = []
    seen: set[str] = set()
    for index, setting in enumerate(written.settings):
        path: Path = ("settings", index)
        if not is_id(setting.id):
            problems.error((*path, "id"), f"{setting.id!r} is no id", (ID_RULE,))
            continue
        if setting.id.casefold() in seen:
            message = f"two settings have the id {setting.id!r}"
            problems.error((*path, "id"), message, (TWICE,))
            continue
        seen.add(setting.id.casefold())
        raw = problems.document.value["settings"][index]
        own = ("id", "description", "endpoint", "model")
        parameters = {key: value for key, value in raw.items() if key not in own}
        found.append(
            Setting(
                id=setting.id,
                path=path,
                parameters=parameters,
                origins={key: (*path, key) for key in parameters},
                endpoint=setting.endpoint,
                model=setting.model,
                description=setting.description,
            )
        )
    return found


def _matrix(written: Mapping[str, Any], problems: Problems) -> Iterator[JsonObject]:
    axes = {name: values for name, values in written.items() if name != "exclude"}
    for name, values in list(axes.items()):
        if name in _NOT_YET:
            details = ("a matrix has parameters, and exclude",)
            problems.error(("matrix", name), f"unknown key {name!r}", details, key=True)
            del axes[name]
        elif not values:
            problems.error(("matrix", name), f"{name} has no values", ("add some, or remove it",))
            del axes[name]
        elif len({msgspec.json.encode(value) for value in values}) < len(values):
            problems.error(("matrix", name), f"{name} has the same value twice")
            del axes[name]
    if not axes:
        if written.keys() <= {"exclude"} and "matrix" not in problems.incomplete:
            details = ("write temperature: [0, 1]",)
            problems.error(("matrix",), "a matrix needs a parameter", details, key=True)
        return
    if math.prod(len(values) for values in axes.values()) > MAX_TRIALS:
        problems.error(("matrix",), f"more than {MAX_TRIALS:,} settings, the limit of a matrix")
        return
    excluded = list(_excluded(written.get("exclude", ()), axes, problems))
    left = [made for made in _combinations(axes) if not _matches(made, excluded)]
    if not left:
        problems.error(("matrix", "exclude"), "every combination is left out")
    yield from left


def _excluded(
    written: Sequence[Any], axes: Mapping[str, Any], problems: Problems
) -> Iterator[JsonObject]:
    for index, rule in enumerate(written):
        path: Path = ("matrix", "exclude", index)
        if not isinstance(rule, dict) or not rule:
            details = ("write {temperature: 1, seed: 2} for what is left out",)
            problems.error(path, "a rule is a mapping of parameters to values", details)
            continue
        unknown = [name for name in rule if name not in axes]
        for name in unknown:
            known = advice(name, axes, "the matrix has")
            problems.error((*path, name), f"the matrix has no {name!r}", known, key=True)
        if not unknown:
            if not any(_matches(made, [rule]) for made in _combinations(axes)):
                problems.error(path, "no combination agrees with this rule")
            yield rule


def _matches(made: JsonObject, rules: Sequence[JsonObject]) -> bool:
    return any(all(_same(made[key], value) for key, value in rule.items()) for rule in rules)


def _same(one: Any, other: Any) -> bool:
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _combinations(axes: Mapping[str, Sequence[Any]]) -> list[JsonObject]:
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]


def _product(
    settings: Sequence[Setting], combinations: Sequence[JsonObject], path: Path
) -> list[Setting]:
    """Each setting with each combination of parameters."""
    positions = _positions(combinations)
    made = []
    for setting in settings:
        for combination in combinations:
            name = "_".join(_part(key, value, positions) for key, value in combination.items())
            origins = {key: (*path, key) for key in combination}
            made.append(
                setting._replace(
                    id=name if setting.id == DEFAULT else f"{setting.id}_{name}",
                    parameters={**setting.parameters, **combination},
                    origins={**setting.origins, **origins},
                )
            )
    return made


def _positions(combinations: Sequence[JsonObject]) -> dict[bytes, int]:
    """The place of each mapping or list among the values of its parameter, from 1."""
    found: dict[bytes, int] = {}
    count: dict[str, int] = {}
    for combination in combinations:
        for key, value in combination.items():
            name = msgspec.json.encode([key, value])
            if isinstance(value, dict | list) and name not in found:
                found[name] = count[key] = count.get(key, 0) + 1
    return found


def _part(key: str, value: Any, positions: Mapping[bytes, int]) -> str:
    if isinstance(value, dict | list):
        return f"{key}-{positions[msgspec.json.encode([key, value])]}"
    if isinstance(value, str):
        return f"{key}-{value if is_id(value) else slug(value)}"
    return f"{key}-{msgspec.json.encode(value).decode()}"


def make_columns(
    prompts: Sequence[Prompt],
    settings: Sequence[Setting],
    *,
    shared: JsonObject,
    problems: Problems,
) -> tuple[Column, ...]:
    """Prompts × settings, whose endpoints are known; `shared` are the suite's parameters."""
    made: dict[str, Column] = {}
    for prompt in prompts:
        for setting in settings:
            name = _column_id(prompt, setting, len(prompts), len(settings))
            if name in made:
                other = made[name]
                problems.error(
                    setting.path,
                    f"two columns have the id {name!r}: prompt {other.prompt!r} with setting "
                    f"{other.setting!r}, and prompt {prompt.id!r} with setting {setting.id!r}",
                    ("rename one of the prompts or settings",),
                )
                continue
            made[name] = Column(
                id=name,
                prompt=prompt.id,
                setting=setting.id,
                endpoint=setting.endpoint or "",
                model=setting.model,
                parameters={**shared, **setting.parameters},
                description=setting.description,
            )
    return tuple(made.values())


def _column_id(prompt: Prompt, setting: Setting, n_prompts: int, n_settings: int) -> str:
    if n_prompts == 1:
        return setting.id
    return prompt.id if n_settings == 1 else f"{prompt.id}-{setting.id}"
