"""Keys, and the hosts they may be sent to.

A project's file says which variable holds a key and which address gets it; whoever can change
that file could send a key anywhere. So a pair of host and variable has to be built in, or on
this machine, or allowed by the user outside the project.
"""

from __future__ import annotations

import os
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import NoReturn

from evals.endpoints.builtin import KEY_HOSTS
from evals.errors import ConfigError, EndpointError
from evals.write import publish

_NEVER = re.compile(r"GITHUB_TOKEN|ACTIONS_.*", re.IGNORECASE)
_HOST = re.compile(r"[A-Za-z0-9._:-]+")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Key:
    """A secret that can be sent, and neither printed nor stored."""

    __slots__ = ("_secret", "variable")

    def __init__(self, variable: str, secret: str) -> None:
        self.variable = variable
        self._secret = secret

    def reveal(self) -> str:
        """The text of the key: for the header that carries it, and for its redaction."""
        return self._secret

    def __repr__(self) -> str:
        return f"<Key {self.variable}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is not pickled")


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine."""
    return host.lower() == "localhost" or (_is_ip(host) and ip_address(host).is_loopback)


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def read_key(variable: str, *, host: str, endpoint: str, env: Mapping[str, str]) -> Key:
    """The key in `variable`, for `host`; `EndpointError` (refused) where it may not be sent."""
    place = f"endpoint {endpoint} ({host})"
    if is_never_sent(variable):
        raise _refused(
            f"{place}: {variable} belongs to the CI system and is never sent",
            f"Put the service's own key into a variable of its own and name it as api_key_env "
            f"in [tool.evals.endpoints.{endpoint}].",
        )
    if not is_trusted(host, variable, env=env):
        raise _refused(
            f"{place}: the project's configuration sends {variable} to {host}, "
            "and nothing outside the project allows that",
            f"If you trust this host with this key: evals trust {host} --key {variable}\n"
            f'For one session: EVALS_TRUST="{host}={variable}"',
        )
    secret = env.get(variable, "")
    if not secret:
        raise _refused(
            f"{place}: no key: the environment variable {variable} is not set",
            f"Set {variable}, or replay what is recorded (--evals-mode replay asks nobody).",
        )
    if flaw := _flaw(secret):
        raise _refused(
            f"{place}: the key in {variable} {flaw}",
            f"Set {variable} anew, to the key alone; often the end of a line was copied with it.",
        )
    return Key(variable, secret)


def _refused(message: str, remedy: str) -> EndpointError:
    return EndpointError(message, kind="refused", remedy=remedy, attempts=0)


def _flaw(secret: str) -> str | None:
    """Why a key cannot be sent, without showing any of it."""
    if any(character in "\r\n" for character in secret):
        return "contains a line break"
    if any(character.isspace() for character in secret):
        return "contains a space"
    if not secret.isascii():
        return "contains characters outside ASCII"
    if not secret.isprintable():
        return "contains a control character"
    return None


def is_never_sent(variable: str) -> bool:
    """Whether a variable holds a key of the CI system, which nobody can allow."""
    return _NEVER.fullmatch(variable) is not None


def is_trusted(host: str, variable: str, *, env: Mapping[str, str]) -> bool:
    """Whether the key in `variable` may be sent to `host`."""
    if is_never_sent(variable):
        return False
    host = host.lower()
    if is_loopback(host) or host in KEY_HOSTS.get(variable, ()):
        return True
    return (host, variable) in {*_from_environment(env), *_from_file(env)}


def _from_environment(env: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for pair in re.split(r"[,;\s]+", env.get("EVALS_TRUST", "")):
        host, found, variable = pair.partition("=")
        if found:
            yield host.lower(), variable


def _from_file(env: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for host, variables in _read(user_file(env)).items():
        for variable in variables:
            yield host.lower(), variable


def user_file(env: Mapping[str, str]) -> Path | None:
    """The user's own configuration file; None where the user has no folder for it."""
    if folder := env.get("EVALS_CONFIG_HOME"):
        return Path(folder) / "config.toml"
    if sys.platform == "win32":
        folder = env.get("APPDATA")
    elif not (folder := env.get("XDG_CONFIG_HOME")) and (home := env.get("HOME")):
        folder = os.path.join(home, ".config")
    return Path(folder) / "evals" / "config.toml" if folder else None


def _read(path: Path | None) -> dict[str, list[str]]:
    if path is None:
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("trust", {})
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: error: the file cannot be read: {error}") from error
    pairs = table.items() if isinstance(table, dict) else ()
    if not isinstance(table, dict) or not all(
        isinstance(names, list) and all(isinstance(name, str) for name in names)
        for _, names in pairs
    ):
        raise ConfigError(f'{path}: error: [trust] holds lines such as "host" = ["VARIABLE"]')
    return table


def trust(host: str, variable: str, *, env: Mapping[str, str]) -> Path:
    """Allow the key in `variable` for `host` in the user's own file; returns the file."""
    if not _HOST.fullmatch(host) or (":" in host and not _is_ip(host)):
        raise ConfigError(f"{host!r} is not a host", remedy="Give the bare name: api.example.com")
    if not _VARIABLE.fullmatch(variable):
        raise ConfigError(f"{variable!r} is not the name of an environment variable")
    if is_never_sent(variable):
        raise ConfigError(f"{variable} belongs to the CI system and is never sent anywhere")
    path = user_file(env)
    if path is None:
        raise ConfigError(
            "there is no folder for your own configuration",
            remedy=f'Set EVALS_CONFIG_HOME, or EVALS_TRUST="{host}={variable}" for one session.',
        )
    pairs = _read(path)
    names = pairs.setdefault(host.lower(), [])
    if variable not in names:
        names.append(variable)
    lines = [f"{_quoted(each)} = [{_listed(pairs[each])}]" for each in pairs]
    path.parent.mkdir(parents=True, exist_ok=True)
    publish(path, "\n".join(["[trust]", *lines, ""]).encode(), replace=True)
    return path


def _listed(names: list[str]) -> str:
    return ", ".join(_quoted(name) for name in names)


def _quoted(text: str) -> str:
    return f'"{text}"'
