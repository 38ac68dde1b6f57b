"""Asking from a test in Python: one request at a time, recorded beside the test's module."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals import answer
from evals.cassettes import Cassettes, Misses, key
from evals.endpoints.body import build_body
from evals.endpoints.config import Config, EndpointConfig
from evals.endpoints.ledger import Ledger
from evals.errors import ConfigError, DamagedFile, EvalsError, MissingRecording
from evals.model import Completion, Exchange, JsonObject, Mode, Request
from evals.suite.nearest import advice
from evals.suite.parameters import conflicts, mistakes
from evals.write import Secrets

if TYPE_CHECKING:
    from evals.session.line import Line


class Model:
    """What the fixture `evals_model` gives to one test: a model that answers, or its recordings."""

    def __init__(self, direct: Direct, *, endpoint: EndpointConfig, model: str | None) -> None:
        self._direct = direct
        self._endpoint = endpoint
        self._model = model
        self._takes: Counter[str] = Counter()

    def ask(self, prompt: str | Sequence[JsonObject], /, **parameters: Any) -> Completion:
        """The answer to a text of a user, or to messages, with parameters as a suite has them.

        The same request made again is the next take: another answer. Raises `MissingRecording`
        where replay has none, `EndpointError` where there is none to be had.
        """
        __tracebackhide__ = True
        messages = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
        _refuse(parameters, self._endpoint)
        body = build_body(
            self._endpoint, model=self._model, messages=messages, parameters=parameters
        )
        request = Request(endpoint=self._endpoint.name, body=body, asker=self._direct.asker)
        take = self._takes[key(request)]
        self._takes[key(request)] += 1
        request = Request(endpoint=request.endpoint, body=body, asker=self._direct.asker, take=take)
        try:
            return self._direct.complete(request)
        except EvalsError as problem:  # told at the line that asked; the code of a function is kept
            cause = problem.__cause__ if problem.traceback else None
            raise problem.with_traceback(None) from cause


class Direct:
    """One test's requests: answered as the mode says, by recordings or by whoever is asked."""

    def __init__(self, asked: Asked, *, module: Path, asker: str, again: str) -> None:
        """`asker` names the test in its recordings, `again` is its id on a command line."""
        self.asker = asker
        self._asked = asked
        self._again = again
        self._cassettes = Cassettes(
            folder(module, asked.config), secrets=asked.secrets, root=asked.config.root
        )

    def model(self, *, endpoint: str | None = None, model: str | None = None) -> Model:
        """A model to ask; raises `ConfigError` where the endpoint is not known."""
        known = self._asked.config.endpoints
        name = endpoint or self._asked.config.endpoint
        if name not in known:
            raise ConfigError(
                f"unknown endpoint {name!r}",
                remedy="\n".join(advice(name, known, "endpoints of the configuration")),
            )
        return Model(self, endpoint=known[name], model=model)

    def complete(self, request: Request) -> Completion:
        """The answer, read and priced; raises `EvalsError`."""
        exchange = self._asked.exchange(request, self._cassettes)
        if exchange is None:
            raise self._missing(request)
        return answer.price(answer.read(exchange), self._asked.config.prices)

    def _missing(self, request: Request) -> EvalsError:
        remedy = f'Record it: pytest "{self._again}" --evals-mode record'
        misses = Misses(self._cassettes)
        if misses.nothing_recorded:
            return MissingRecording(
                f"Nothing is recorded in {self._cassettes.folder}.",
                change="nothing recorded",
                remedy=remedy,
            )
        return misses.explain(request, remedy=remedy)


class Asked:
    """What all tests of a session share: the mode, and the line to whoever is asked."""

    def __init__(
        self,
        mode: Mode,
        *,
        config: Config,
        secrets: Secrets,
        env: Mapping[str, str],
        max_cost_usd: float | None,
        ledger: Ledger,
    ) -> None:
        self.config = config
        self.secrets = secrets
        self._mode = mode
        self._env = env
        self._max_cost_usd = max_cost_usd
        self._ledger = ledger
        self._line: Line | None = None
        self._renewed: dict[tuple[Path, str, int], Exchange] = {}  # asked in this session

    def exchange(self, request: Request, cassettes: Cassettes) -> Exchange | None:
        """The answer as the mode wants it; None where nothing is recorded and nobody is asked."""
        if self._mode in ("replay", "record"):
            recorded = _read(request, cassettes)
            if recorded is not None or self._mode == "replay":
                return recorded
        name = (cassettes.folder, key(request), request.take)
        if name not in self._renewed:
            self._renewed[name] = self._ask(request, cassettes)
        return self._renewed[name]

    def _ask(self, request: Request, cassettes: Cassettes) -> Exchange:
        if self._mode != "live":
            cassettes.prepare()  # before anything is paid for
        if self._line is None:
            self._line = self._connect()
        exchange = self._line.complete(request)
        if self._mode == "live":
            return exchange
        cassettes.write(exchange, replace=self._mode == "refresh", durable=True)
        return _read(request, cassettes) or exchange  # what is judged is what was written

    def _connect(self) -> Line:
        from evals.session.line import Line

        return Line(
            self.config,
            env=self._env,
            secrets=self.secrets,
            max_cost_usd=self._max_cost_usd,
            ledger=self._ledger,
        )

    def close(self) -> None:
        if self._line is not None:
            self._line.close()


def folder(module: Path, config: Config) -> Path:
    """Where the recordings of a test module are: no suite's id has a dot."""
    return (config.cassettes or module.parent / "cassettes") / module.name


def is_of_module(recordings: Path) -> bool:
    """Whether a folder of recordings is that of a test module."""
    return recordings.suffix == ".py"


def _read(request: Request, cassettes: Cassettes) -> Exchange | None:
    try:
        return cassettes.read(request)
    except DamagedFile as problem:
        remedy = "Restore it from version control, or ask anew with --evals-mode refresh."
        raise DamagedFile(problem.message, remedy=remedy) from problem


def _refuse(parameters: JsonObject, endpoint: EndpointConfig) -> None:
    """Raises `ConfigError` with every parameter that is not one, or not allowed."""
    found = [*mistakes(parameters, endpoint), *conflicts({**endpoint.parameters, **parameters})]
    if found:
        lines = (f"{'.'.join(map(str, path))}: {message}" for path, message, _ in found)
        remedy = "; ".join(detail for *_, details in found for detail in details)
        raise ConfigError("\n".join(lines), remedy=remedy or None)
