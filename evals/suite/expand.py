"""Settings and prompts → columns; columns and cases → pairs. Nothing else is expanded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from evals.model import Case, Column, JsonObject, Prompt, Suite
from evals.suite.ids import ID_RULE, TWICE, is_id
from evals.suite.matrix import Combination, combinations, read_matrix
from evals.suite.problems import Problems
from evals.suite.written import WrittenSuite

DEFAULT: Final = "default"
SET: Final = "--evals-set"  # where its parameters stand: in no line of the file

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
    samples: tuple[JsonObject, ...] = ()


def pairs(suite: Suite) -> Iterator[tuple[Case, Column]]:
    """Each case with each of its columns, in the order of the file."""
    for case in suite.cases:
        for column in suite.columns:
            if asks(case, column):
                yield case, column


def asks(case: Case, column: Column) -> bool:
    return (case.prompts is None or column.prompt in case.prompts) and (
        case.settings is None or column.setting in case.settings
    )


def read_settings(
    written: WrittenSuite, problems: Problems, *, set_: Mapping[str, tuple[Any, ...]]
) -> tuple[Setting, ...]:
    """The settings of a suite: those written, times the matrix, times `--evals-set`."""
    settings = _written_settings(written, problems)
    if written.matrix is not msgspec.UNSET:
        made = read_matrix(written.matrix, problems)
        if made:  # else it was refused, and the settings are looked at without it
            settings = _product(settings, made, ("matrix",))
    if set_:
        if written.settings is not msgspec.UNSET or written.matrix is not msgspec.UNSET:
            problems.error(
                ("settings",) if written.settings is not msgspec.UNSET else ("matrix",),
                "--evals-set makes settings of its own, and this suite has some",
                ("use it with a suite without settings and matrix",),
                key=True,
            )
        else:
            settings = _product(settings, combinations(set_), (SET,))
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


def _product(settings: Sequence[Setting], made: Sequence[Combination], path: Path) -> list[Setting]:
    """Each setting with each combination of parameters."""
    return [
        setting._replace(
            id=_joined(setting.id, one.name),
            parameters={**setting.parameters, **one.values},
            origins={
                **setting.origins,
                **{key: (*path, key) for sample in (one.values, *one.samples) for key in sample},
            },
            samples=one.samples,
        )
        for setting in settings
        for one in made
    ]


def _joined(setting: str, name: str) -> str:
    if not name:
        return setting
    return name if setting == DEFAULT else f"{setting}_{name}"


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
                samples=setting.samples,
                description=setting.description,
            )
    return tuple(made.values())


def _column_id(prompt: Prompt, setting: Setting, n_prompts: int, n_settings: int) -> str:
    if n_prompts == 1:
        return setting.id
    return prompt.id if n_settings == 1 else f"{prompt.id}-{setting.id}"
