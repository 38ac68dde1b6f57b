"""How editors find the schema of suites: what is written for VS Code, what is told to others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from evals.cli.terminal import say
from evals.errors import ConfigError

SCHEMA: Final = ".vscode/eval.schema.json"
SETTINGS: Final = ".vscode/settings.json"
PATTERNS: Final = ["*.eval.yaml", "*.eval.yml"]
_KEY: Final = "yaml.schemas"


def install(root: Path, schema: str) -> None:
    """Write the schema and the association into the project's `.vscode`; says first what."""
    from evals.write import publish

    path = root / SETTINGS
    settings, indent = _settings(path)
    associated = {**settings.get(_KEY, {}), SCHEMA: PATTERNS}
    say(f"{SCHEMA}: the schema of suites")
    if settings.get(_KEY, {}).get(SCHEMA) == PATTERNS:
        say(f"{SETTINGS}: names it already")
    else:
        say(f"{SETTINGS}: what is there, and")
        say(_shown(associated))
        text = json.dumps({**settings, _KEY: associated}, indent=indent, ensure_ascii=False)
        publish(path, f"{text}\n".encode(), replace=True)
    publish(root / SCHEMA, schema.encode(), replace=True)
    say("written; VS Code needs the extension redhat.vscode-yaml.")
    say()
    say("Neovim, Helix and others with yaml-language-server take the same `yaml.schemas`,")
    say("or a first line in the suite (the path is relative to it):")
    say(f"# yaml-language-server: $schema=../{SCHEMA}")
    say("JetBrains: Settings | Languages & Frameworks | Schemas and DTDs | JSON Schema Mappings:")
    say(f"the file {SCHEMA}, version 2020-12, for the patterns {' and '.join(PATTERNS)}.")


def _settings(path: Path) -> tuple[dict[str, Any], int | str]:
    """What is in VS Code's settings, and how they are indented."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}, 2
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{SETTINGS} cannot be read: {error}") from error
    try:
        settings = json.loads(text if text.strip() else "{}")
    except ValueError as error:
        raise _refused(f"is not plain JSON: {error}") from error
    if not isinstance(settings, dict) or not isinstance(settings.get(_KEY, {}), dict):
        raise _refused(f"has no mapping where one is needed: the file, and {_KEY}")
    lines = (line for line in text.splitlines() if line[:1] in (" ", "\t") and line.strip())
    first = next(lines, "  ")
    return settings, first[: len(first) - len(first.lstrip())]


def _refused(why: str) -> ConfigError:
    """Comments and mistakes would be lost: the file is left to its owner."""
    return ConfigError(
        f"{SETTINGS} {why}. Nothing was written.",
        remedy=f"Write the schema by `evals schema -o {SCHEMA}`, and add to {SETTINGS}:\n"
        + _shown({SCHEMA: PATTERNS}),
    )


def _shown(associated: dict[str, Any]) -> str:
    return json.dumps({_KEY: associated}, indent=2, ensure_ascii=False)[2:-2]
