"""Which values of the environment must never be written anywhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from evals.endpoints.builtin import KEY_HOSTS
from evals.endpoints.config import Config, load_config
from evals.errors import ConfigError
from evals.write import Secrets

_TELLING = re.compile(r".*(KEY|TOKEN|SECRET|PASSWORD)")
_SHORTEST = 16  # in CI: below, a value is more likely a setting than a secret


def secrets_of(config: Config | None, env: Mapping[str, str]) -> Secrets:
    """The keys of every endpoint; in CI also whatever looks like a secret by its name.

    Without a configuration that can be read, at least the keys of the built-in endpoints.
    """
    names = set(KEY_HOSTS)
    if config is not None:
        names |= set(config.secrets_env)
        for endpoint in config.endpoints.values():
            names |= {endpoint.api_key_env or "", *endpoint.headers_env.values()}
    if env.get("CI"):
        names |= {
            name
            for name, value in env.items()
            if _TELLING.fullmatch(name) and len(value) >= _SHORTEST
        }
    return Secrets({name: env[name] for name in sorted(names) if env.get(name)})


def secrets_of_project(root: Path, env: Mapping[str, str]) -> Secrets:
    """The same of the project in `root`, whose configuration may be one that cannot be read."""
    try:
        config = load_config(root, env=env)
    except ConfigError:
        config = None
    return secrets_of(config, env)
