"""Going on with a run that was interrupted: the same folder, the same mode, the same suites."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from evals.errors import ConfigError
from evals.model import Manifest, Mode, Suite
from evals.write import Secrets


def refuse_mode(manifest: Manifest, asked_for: Mode | None) -> None:
    """Raise `ConfigError` where another mode is asked for than that of the run."""
    if asked_for is not None and asked_for != manifest.mode:
        raise ConfigError(
            f"The run {manifest.id} is one of --evals-mode {manifest.mode}: it cannot go on with "
            f"--evals-mode {asked_for}.",
            remedy="Leave --evals-mode out.",
        )


def refuse_changes(manifest: Manifest, suites: Iterable[Suite], *, secrets: Secrets) -> None:
    """Raise `ConfigError` where a suite is not what it was when the run began.

    Else some of its trials would be judged by one suite and some by another.
    """
    before = {record.suite.id: record.suite for record in manifest.suites}
    for suite in suites:
        earlier = before.get(suite.id)
        if earlier is not None and _text(earlier, secrets) != _text(suite, secrets):
            raise ConfigError(
                f"{suite.path} is not what it was when the run {manifest.id} began.",
                remedy="Take the change back (options such as --evals-repeat count), or start a "
                "new run.",
            )


def _text(suite: Suite, secrets: Secrets) -> str:
    """A suite as the manifest has it, without its places: a comment changes no verdict."""
    plain = _unplaced(msgspec.structs.replace(suite, sha256="", cases=tuple(suite.cases)))
    return secrets.redact(msgspec.json.encode(plain, order="sorted").decode())


def _unplaced(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        fields = (name for name in value.__struct_fields__ if name != "place")
        return {name: _unplaced(getattr(value, name)) for name in fields}
    if isinstance(value, tuple):
        return [_unplaced(item) for item in value]
    return value
