"""What may be asked, and how: the configuration, with the origin of every value.

Order: command line, environment (`EVALS_…`), file, built-in.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from math import inf
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from evals import own
from evals.answer import Price
from evals.endpoints import builtin
from evals.endpoints.mistakes import NO_TIME, TIMES, mistakes, worded
from evals.endpoints.toml import Source, find_root, read_source
from evals.endpoints.trust import is_loopback
from evals.errors import ConfigError, Problem
from evals.model import Frozen, JsonObject
from evals.model.duration import seconds

__all__ = ["Config", "EndpointConfig", "Price", "find_root", "load_config", "seconds", "shown"]

_SLOTS = 4
_NAME = re.compile(r"[^\W_][\w.=-]{0,99}")


class EndpointConfig(Frozen, frozen=True, kw_only=True):
    """One endpoint: where it is, how to authenticate, what it takes. Times in seconds."""

    name: str
    base_url: str | None = None  # None: served by us, from `model_file`
    fallback_url: str | None = None  # asked where base_url cannot be reached or is unavailable
    api_key_env: str | None = None
    auth: str = "bearer"  # or "header:NAME"
    headers_env: dict[str, str] = {}  # header → environment variable
    query: dict[str, str] = {}
    model: str | None = None
    model_file: str | None = None  # a GGUF file; relative to the root directory
    context: int = 2048  # tokens of one request and its answer, where we serve the model
    concurrency: int | None = None  # None: as many as the service takes
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    connect_timeout: float = 10.0
    first_byte_timeout: float = 120.0
    timeout: float = 600.0  # one attempt, whole
    idle_timeout: float = 60.0  # between the events of a stream
    probe_interval: float = 2.0  # between requests to a service that fails again and again
    give_up_after: float = 60.0  # without any answer of such a service
    parameters: JsonObject = {}  # defaults of every request
    rename: dict[str, str] = {}
    drop: tuple[str, ...] = ()
    extra_parameters: Literal["refuse", "allow"] = "refuse"
    extra_body: Literal["merge", "key"] = "merge"
    validate: Literal["ranges", "types"] = "ranges"
    same_effort: tuple[tuple[str, str], ...] = ()  # levels that the model takes as one
    function: str | None = None  # of the project, which answers in place of a service; no key

    @property
    def host(self) -> str:
        """The host that answers; a server of our own is on loopback."""
        if self.function is not None:
            return f"function {self.function}"
        return urlsplit(self.base_url).hostname or "" if self.base_url else "127.0.0.1"

    @property
    def slots(self) -> int:
        """Requests at a time, where we serve the model."""
        return self.concurrency or _SLOTS

    @property
    def loopback(self) -> bool:
        return is_loopback(self.host)


class Config(Frozen, frozen=True, kw_only=True):
    """The configuration of a session; `sources` names the origin of every value."""

    root: Path
    endpoint: str  # the default endpoint's name
    endpoints: dict[str, EndpointConfig]
    prices: dict[str, Price]
    extensions: tuple[str, ...] = ()
    data: tuple[Path, ...] = ()  # further folders that suites may read
    cassettes: Path | None = None  # None: beside the suites
    secrets_env: tuple[str, ...] = ()  # further variables whose values are never written
    sources: dict[str, str] = {}  # "endpoints.local.model" → "pyproject.toml"


class _Root(msgspec.Struct):
    """The keys of `[tool.evals]`."""

    endpoint: str = builtin.DEFAULT_ENDPOINT
    extensions: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    cassettes: str | None = None
    secrets_env: tuple[str, ...] = ()
    endpoints: dict[str, dict[str, Any]] = {}
    prices: dict[str, dict[str, Any]] = {}


_ROOT = {field.name: field.type for field in msgspec.structs.fields(_Root)}
_ENDPOINT = {field.name: field.type for field in msgspec.structs.fields(EndpointConfig)}
del _ENDPOINT["name"], _ENDPOINT["function"]
_FUNCTION = {"concurrency": 8, "extra_parameters": "allow"}  # what it is by default
_SERVED = {"base_url", "fallback_url", "api_key_env", "model_file"}  # no function has them
_PRICE = {field.name: field.type for field in msgspec.structs.fields(Price)}


def load_config(
    root: Path,
    *,
    env: Mapping[str, str],
    endpoint: str | None = None,
    concurrency: int | None = None,
    extend: Callable[[tuple[str, ...], str], None] | None = None,
) -> Config:
    """The configuration of the project in `root`.

    `endpoint` and `concurrency` are the command line's. `extend` imports the extensions (their
    names, and who says so), which may register endpoints; without it, what they may register is
    taken for granted. Raises `ConfigError` with every mistake of the file, each with its place.
    """
    source = read_source(root)
    reader = _Reader(source)
    table = reader.table((), source.table, _ROOT)
    if extend is not None:
        extend(table.get("extensions", ()), source.name)
    elif table.get("extensions"):
        reader.promised = {*table.get("endpoints", {}), table.get("endpoint", "")} - {""}
    chosen = _Chosen(endpoint=endpoint, concurrency=concurrency, env=env)
    tables = table.get("endpoints", {})
    known = (*builtin.ENDPOINTS, *own.endpoints.names(), *reader.promised, *tables)
    endpoints = {
        name: reader.endpoint(name, tables.get(name, {}), chosen) for name in dict.fromkeys(known)
    }
    prices = reader.prices(table.get("prices", {}))
    default = reader.default(table, endpoints, chosen)
    for key in ("data", "cassettes"):
        reader.inside(root, key, table.get(key) or ())
    if reader.problems:
        raise ConfigError("\n".join(str(problem) for problem in reader.problems))
    cassettes = table.get("cassettes")
    for key in ("extensions", "data", "cassettes", "secrets_env"):
        reader.sources[key] = source.name if key in table else "built-in"
    return Config(
        root=root,
        endpoint=default,
        endpoints={name: found for name, found in endpoints.items() if found is not None},
        prices=prices,
        extensions=table.get("extensions", ()),
        data=tuple(root / folder for folder in table.get("data", ())),
        cassettes=None if cassettes is None else root / cassettes,
        secrets_env=table.get("secrets_env", ()),
        sources=dict(sorted(reader.sources.items())),
    )


def shown(endpoint: EndpointConfig) -> JsonObject:
    """What a run keeps of an endpoint: every value that is set. Keys are named, never held."""
    values: JsonObject = msgspec.to_builtins(endpoint)
    return values


class _Chosen(Frozen, frozen=True, kw_only=True):
    """What is said outside the file."""

    endpoint: str | None
    concurrency: int | None
    env: Mapping[str, str]


class _Reader:
    """Converts the file's tables; collects mistakes and the origin of each value."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Problem] = []
        self.sources: dict[str, str] = {}
        self.promised: set[str] = set()  # endpoints that extensions may register

    def wrong(self, path: tuple[str, ...], message: str, *details: str) -> None:
        place = self.source.place(*path)
        self.problems.append(Problem(place, f"{self._name(path)}: {message}", details))

    def inside(self, root: Path, key: str, folders: str | Iterable[str]) -> None:
        """Suites of a project read and write nothing outside it."""
        for folder in (folders,) if isinstance(folders, str) else folders:
            if not (root / folder).resolve().is_relative_to(root.resolve()):
                self.wrong((key,), f"{folder!r} lies outside the project's folder")

    def _name(self, path: tuple[str, ...]) -> str:
        parts = (
            part if _NAME.fullmatch(part) and "." not in part else f'"{part}"'
            for part in (*self.source.prefix, *path)
        )
        return ".".join(parts)

    def table(
        self, path: tuple[str, ...], written: JsonObject, types: Mapping[str, Any]
    ) -> JsonObject:
        """The known keys of one table, converted; every mistake is noted."""
        values: JsonObject = {}
        for key, value in written.items():
            if key not in types:
                details = _advice(key, types, self.source)
                self.wrong((*path, key), "unknown key", *details)
                continue
            if key in TIMES:
                value = seconds(value) if seconds(value) is not None else value
            try:
                values[key] = msgspec.convert(value, types[key])
            except msgspec.ValidationError as error:
                said = NO_TIME if key in TIMES else worded(error, types[key])
                self.wrong((*path, key), said)
        return values

    def endpoint(self, name: str, written: JsonObject, chosen: _Chosen) -> EndpointConfig | None:
        """One endpoint over its built-in values; None where it cannot be made."""
        path = ("endpoints", name)
        if not _NAME.fullmatch(name):
            self.wrong(path, "not a name: letters, digits, '.', '_', '=', '-' (at most 100)")
            return None
        before = len(self.problems)
        values = {
            key: msgspec.convert(value, _ENDPOINT[key])
            for key, value in builtin.ENDPOINTS.get(name, {}).items()
        }
        keys = self.table(path, written, _ENDPOINT)
        values |= self._function(name, keys)
        if "base_url" in keys:
            values.pop("fallback_url", None)  # it belongs to the built-in address
        outside, origins = _outside(name, keys, chosen)
        for key in _ENDPOINT:
            origin = self.source.name if key in keys else "built-in"
            self.sources[f"endpoints.{name}.{key}"] = origins.get(key, origin)
        found = EndpointConfig(name=name, **{**values, **keys, **outside})
        for key, message in mistakes(found):
            self.wrong((*path, key), message)
        return found if len(self.problems) == before else None

    def _function(self, name: str, keys: JsonObject) -> JsonObject:
        """What an endpoint is by default that a function of the project answers for."""
        found = own.endpoints.find(name)
        if found is None:
            if name in builtin.ENDPOINTS or name not in self.promised or keys.keys() & _SERVED:
                return {}
            return {**_FUNCTION, "function": "(not imported)", "model": name}
        if name in builtin.ENDPOINTS:
            raise ConfigError(
                f'{found.place}: an endpoint cannot be named "{name}", which is built in',
                remedy="give the function another name",
            )
        for key in sorted(keys.keys() & _SERVED):
            self.wrong(("endpoints", name, key), f"the function {found.label} answers for {name}")
        self.sources[f"endpoints.{name}.function"] = "extension"
        return {**_FUNCTION, "function": found.label, "model": name}

    def prices(self, written: Mapping[str, JsonObject]) -> dict[str, Price]:
        """Prices by model; a model's price is replaced whole."""
        prices: dict[str, Price] = {}
        for model in dict.fromkeys((*builtin.PRICES, *written)):
            origin = self.source.name if model in written else "built-in"
            self.sources[f"prices.{model}"] = origin
            values = self.table(("prices", model), written.get(model, {}), _PRICE)
            if model not in written:
                prices[model] = msgspec.convert(builtin.PRICES[model], Price)
            elif missing := [key for key in ("prompt", "completion") if key not in values]:
                self.wrong(
                    ("prices", model),
                    f"{' and '.join(missing)} missing",
                    "Prices are USD per million tokens.",
                )
            elif any(not 0 <= price < inf for price in _dollars(values)):
                self.wrong(("prices", model), "a price must be at least 0, and finite")
            else:
                prices[model] = Price(**values)
        return prices

    def default(self, table: JsonObject, known: Mapping[str, object], chosen: _Chosen) -> str:
        """The default endpoint's name."""
        sayings = (
            (chosen.endpoint, "--evals-endpoint"),
            (chosen.env.get("EVALS_ENDPOINT"), "EVALS_ENDPOINT"),
            (table.get("endpoint"), self.source.name),
        )
        said = (saying for saying in sayings if saying[0])
        value, origin = next(said, (builtin.DEFAULT_ENDPOINT, "built-in"))
        self.sources["endpoint"] = origin
        if value not in known:
            message = f"unknown endpoint {value!r}"
            details = (*_nearest(str(value), known), f"Known are: {', '.join(known)}.")
            if origin == self.source.name:
                self.wrong(("endpoint",), message, *details)
            else:
                raise ConfigError(f"{origin}: {message}", remedy=" ".join(details))
        return str(value)


def _outside(name: str, keys: JsonObject, chosen: _Chosen) -> tuple[JsonObject, dict[str, str]]:
    """What the command line and the environment say of an endpoint, and where each was said."""
    values: JsonObject = {}
    origins: dict[str, str] = {}
    if chosen.concurrency is not None:
        values["concurrency"], origins["concurrency"] = chosen.concurrency, "--evals-concurrency"
    elif text := chosen.env.get("EVALS_CONCURRENCY"):
        values["concurrency"], origins["concurrency"] = _count(text), "EVALS_CONCURRENCY"
    file, origin = keys.get("model_file"), ""
    if name == "local" and (text := chosen.env.get("EVALS_LOCAL_MODEL")):
        file, origin = text, "EVALS_LOCAL_MODEL"
        values["model_file"], origins["model_file"] = file, origin
    if file and ("model" not in keys or origin):
        # What answers is named by its file, since the name is part of what is recorded.
        values["model"] = re.sub(r"\.(Q\w+|[bB]?[fF]\d+)$", "", Path(file).stem)
        origins["model"] = f"name of model_file ({origin})" if origin else "name of model_file"
    return values, origins


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise ConfigError(f"EVALS_CONCURRENCY: {text!r} is not a whole number")
    return int(text)


def _dollars(values: JsonObject) -> Iterable[float]:
    """Every price of a table, those above a number of prompt tokens too."""
    for table in (values, *(msgspec.structs.asdict(step) for step in values.get("above", ()))):
        yield from (table[key] for key in ("prompt", "completion", "cached") if table.get(key))


def _advice(key: str, known: Iterable[str], source: Source) -> tuple[str, ...]:
    if key == "tool" and not source.prefix:
        return (f"In {source.name} the keys stand alone, without [tool.evals].",)
    return _nearest(key, known)


def _nearest(word: str, known: Iterable[str]) -> tuple[str, ...]:
    close = difflib.get_close_matches(word, list(known), n=1)
    return (f'Did you mean "{close[0]}"?',) if close else ()
