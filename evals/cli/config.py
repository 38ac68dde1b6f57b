"""`evals config`: every value, and where it comes from."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import click

from evals.cli.project import root
from evals.cli.terminal import say, table

if TYPE_CHECKING:
    from evals.endpoints.config import Config, EndpointConfig

_ENVIRONMENT = (
    "EVALS_ENDPOINT",
    "EVALS_CONCURRENCY",
    "EVALS_LOCAL_MODEL",
    "EVALS_MAX_COST",
    "EVALS_MAX_REQUESTS",
    "EVALS_TRUST",
)


@click.command()
def command() -> None:
    """Show each value of the configuration and where it comes from.

    Of keys it shows whether they are set, never what they are. Values that are empty are left
    out.

    \b
    Example:
      EVALS_CONCURRENCY=4 evals config
    """
    from evals.session.extensions import configuration

    config = configuration(root(), env=os.environ)
    say(f"root directory: {config.root}")
    say()
    for line in table(
        [*_general(config), *_endpoints(config), *_prices(config), *_limits(os.environ)],
        head=("KEY", "FROM", "VALUE"),
    ):
        say(line)
    for line in _advice(config, os.environ):
        say(line, style="yellow")


def _row(config: Config, key: str, value: object) -> tuple[str, str, str]:
    return key, config.sources.get(key, "built-in"), _written(value)


def _written(value: object) -> str:
    import msgspec

    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _general(config: Config) -> Iterator[tuple[str, str, str]]:
    yield _row(config, "endpoint", config.endpoint)
    if config.extensions:
        yield _row(config, "extensions", config.extensions)
    if config.data:
        yield _row(config, "data", [path.as_posix() for path in config.data])
    if config.cassettes is not None:
        yield _row(config, "cassettes", config.cassettes.as_posix())
    if config.secrets_env:
        yield _row(config, "secrets_env", list(map(_masked, config.secrets_env)))


def _endpoints(config: Config) -> Iterator[tuple[str, str, str]]:
    for name, endpoint in config.endpoints.items():
        for key in endpoint.__struct_fields__:
            value = getattr(endpoint, key)
            if key == "api_key_env" and value:
                value = _masked(value)
            elif key == "headers_env":
                value = {header: _masked(variable) for header, variable in value.items()}
            if key != "name" and value not in (None, "", {}, ()):
                yield _row(config, f"endpoints.{name}.{key}", value)


def _masked(variable: str) -> str:
    return f"{variable} ({'set' if os.environ.get(variable) else 'not set'})"


def _prices(config: Config) -> Iterator[tuple[str, str, str]]:
    for model, price in config.prices.items():
        yield _row(config, f"prices.{model}", price)


def _limits(env: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for name in _ENVIRONMENT:
        if env.get(name):
            yield name, "environment", env[name]


def _advice(config: Config, env: Mapping[str, str]) -> Iterator[str]:
    for endpoint in config.endpoints.values():
        yield from untrusted(endpoint, env)


def untrusted(endpoint: EndpointConfig, env: Mapping[str, str]) -> Iterator[str]:
    """What has to be said before the keys of an endpoint can be sent to its host."""
    from evals.endpoints.trust import is_never_sent, is_trusted

    for variable in (endpoint.api_key_env, *endpoint.headers_env.values()):
        if variable and is_never_sent(variable):
            yield (
                f"endpoint {endpoint.name}: {variable} belongs to the CI system and is never sent; "
                "name the service's own key in a variable of its own"
            )
        elif variable and not is_trusted(endpoint.host, variable, env=env):
            yield (
                f"endpoint {endpoint.name}: {variable} is not sent to {endpoint.host} unless you "
                f"allow it: evals trust {endpoint.host} --key {variable}"
            )
