"""What is sent: endpoints are known, parameters typed, in range, and agree with each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from evals.endpoints.config import Config, EndpointConfig
from evals.model import Column, JsonObject, Judge
from evals.suite.contents import Contents, names_file
from evals.suite.expand import SET, Setting
from evals.suite.files import Files
from evals.suite.nearest import advice, nearest
from evals.suite.parameters import FILED, conflicts, is_listed, mistakes
from evals.suite.problems import Problems
from evals.suite.written import WrittenSuite

REGISTER = (
    "an endpoint of your own is Python with @evals.endpoint, in a module named under `extensions`"
)

Path = tuple[str | int, ...]


class Requests:
    """Checks the parameters of one suite, column by column; says each mistake once."""

    def __init__(self, written: WrittenSuite, problems: Problems, files: Files, config: Config):
        self._written = written
        self._problems = problems
        self._contents = Contents(problems, files)
        self._config = config
        self._configurations: set[str] = set()  # endpoints whose own parameters were looked at

    def endpoints(self, settings: Sequence[Setting]) -> dict[str, EndpointConfig]:
        """The endpoint of each setting; the default one where it names one that is not known."""
        written = self._known(self._written.endpoint, ("endpoint",))
        default = written or self._config.endpoints[self._config.endpoint]
        found = {}
        for setting in settings:
            own = self._known(setting.endpoint, (*setting.path, "endpoint"))
            found[setting.id] = own or default
        return found

    def _known(self, name: str | None, path: Path) -> EndpointConfig | None:
        if name is None:
            return None
        if name not in self._config.endpoints:
            details = advice(name, self._config.endpoints, "endpoints of the configuration")
            if nearest(name, self._config.endpoints) is None:
                details = (*details, REGISTER)
            self._problems.error(path, f"unknown endpoint {name!r}", details)
            return None
        return self._config.endpoints[name]

    def judge(self) -> Judge | None:
        """The suite's judge, with the suite's endpoint and model where it names none."""
        written = self._written.judge
        if written is msgspec.UNSET:
            return None
        raw = self._problems.document.value["judge"]
        own = {key: value for key, value in raw.items() if key not in ("endpoint", "model")}
        path: Path = ("judge",)
        named = written.endpoint or self._written.endpoint
        endpoint = self._known(written.endpoint, (*path, "endpoint")) or (
            self._config.endpoints.get(named or "", self._config.endpoints[self._config.endpoint])
        )
        model = written.model
        if model is None and written.endpoint in (None, self._written.endpoint):
            model = self._written.model
        parameters = self.filled(own, path)
        setting = Setting(
            id="judge",
            path=path,
            parameters=parameters,
            origins={key: (*path, key) for key in own},
            endpoint=endpoint.name,
        )
        self.check((setting,), {}, {"judge": endpoint})
        return Judge(endpoint=endpoint.name, model=model, parameters=parameters)

    def filled(self, parameters: JsonObject, path: Path) -> JsonObject:
        """The parameters with the content of the files that they name."""
        made = parameters
        for name in FILED:
            value = parameters.get(name)
            if names_file(value):
                content = self._contents.read(value["file"], (*path, name, "file"))
                made = {**made, name: None if content is msgspec.UNSET else content}
        return made

    def check(
        self,
        settings: Sequence[Setting],
        shared: JsonObject,
        endpoints: Mapping[str, EndpointConfig],
    ) -> None:
        """Report what is wrong in `parameters`, in settings, and in both together."""
        for setting in settings:
            endpoint = endpoints[setting.id]
            self._configured(setting, endpoint)
            self._each(shared, ("parameters",), endpoint)
            for sample in setting.samples or ({},):
                self._check_set(setting, {**setting.parameters, **sample}, shared, endpoint)

    def _configured(self, setting: Setting, endpoint: EndpointConfig) -> None:
        """Report what is wrong in the parameters that the configuration gives to an endpoint."""
        if endpoint.name in self._configurations:
            return
        self._configurations.add(endpoint.name)
        path: Path = (*setting.path, "endpoint") if setting.endpoint else ("endpoint",)
        table = f"it stands in [tool.evals.endpoints.{endpoint.name}], under parameters"
        for _, message, details in mistakes(endpoint.parameters, endpoint):
            self._error(
                path, f"parameters of endpoint {endpoint.name}: {message}", (table, *details)
            )

    def _check_set(
        self, setting: Setting, parameters: JsonObject, shared: JsonObject, endpoint: EndpointConfig
    ) -> None:
        for name, value in parameters.items():
            self._each({name: value}, self._origin(setting, name)[:-1], endpoint)
        for inner, message, details in conflicts({**endpoint.parameters, **shared, **parameters}):
            where = self._where(setting, str(inner[0]), shared)
            self._error(where, message, details)

    def _where(self, setting: Setting, name: str, shared: JsonObject) -> Path:
        """Where a parameter of a setting is written."""
        if name in setting.parameters or name in setting.origins:
            return self._origin(setting, name)
        return ("parameters", name) if name in shared else setting.path

    def _origin(self, setting: Setting, name: str) -> Path:
        return tuple(setting.origins.get(name, (*setting.path, name)))

    def _each(self, parameters: Mapping[str, Any], path: Path, endpoint: EndpointConfig) -> None:
        for inner, message, details in mistakes(parameters, endpoint):
            self._error((*path, *inner), message, details, key=not is_listed(str(inner[0])))

    def _error(
        self, where: Path, message: str, details: Iterable[str] = (), *, key: bool = False
    ) -> None:
        if where[0] == SET:  # no line of the file has it
            where, message = (), f"{SET}: {message}"
        self._problems.error(where, message, details, key=key)

    def check_own(
        self,
        own: JsonObject,
        path: Path,
        inherited: Sequence[tuple[JsonObject, EndpointConfig]],
    ) -> None:
        """Report what is wrong in a test's parameters, over each of those that it inherits."""
        for parameters, endpoint in inherited:
            self._each(own, path, endpoint)
            for inner, message, details in conflicts({**parameters, **own}):
                if inner[0] in own:
                    self._problems.error((*path, *inner), message, details)

    def warnings(self, columns: Sequence[Column], settings: Sequence[Setting]) -> None:
        """Warn of settings that are allowed and probably not meant."""
        named = {setting.id: setting for setting in settings}
        for column in columns:
            given = column.parameters
            if given.get("temperature") is not None and given.get("top_p") not in (None, 1):
                setting = named[column.setting]
                own = [name for name in ("top_p", "temperature") if name in setting.parameters]
                where = self._where(setting, (*own, "top_p")[0], column.parameters)
                message = "temperature and top_p are both set"
                self._problems.warn(where, message, ("vendors advise to change one of them",))
        for one, other in _twins(columns, self._config.endpoints):
            path = named[other.setting].path
            if one.parameters == other.parameters:
                message = f"settings {one.setting!r} and {other.setting!r} send the same"
                self._problems.warn(path, message, ("their columns cannot differ but by chance",))
            else:
                efforts = (one.parameters, other.parameters)
                words = " and ".join(str(each.get("reasoning_effort")) for each in efforts)
                message = f"reasoning_effort {words} are one level to {one.endpoint}"
                self._problems.warn(path, message, (f"{one.id} and {other.id} ask the same",))


def _twins(
    columns: Sequence[Column], endpoints: Mapping[str, EndpointConfig]
) -> Iterator[tuple[Column, Column]]:
    """Columns of one prompt that a service cannot tell apart; each with the first such."""
    first: dict[bytes, Column] = {}
    for column in columns:
        parameters = {key: value for key, value in column.parameters.items() if value is not None}
        effort = parameters.get("reasoning_effort")
        for level, same in endpoints[column.endpoint].same_effort:
            if effort in (level, same):
                parameters["reasoning_effort"] = level
        asked = [column.prompt, column.endpoint, column.model, parameters]
        key = msgspec.json.encode(asked, order="sorted")
        if key in first:
            yield first[key], column
        else:
            first[key] = column
