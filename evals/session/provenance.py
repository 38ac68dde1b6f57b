"""Where a run comes from: versions and the state of the repository."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from evals.session.git import git

_TIMEOUT_S = 10.0  # of each command, at the end of every run


def versions() -> dict[str, str]:
    """The versions that can change a result."""
    found = {"python": platform.python_version()}
    for name in ("pytest-model-evals", "pytest", "httpx", "jinja2"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def git_state(root: Path) -> tuple[str | None, bool | None]:
    """The commit that is checked out, and whether files differ from it; None without git."""
    commit = git(root, ("rev-parse", "HEAD"), timeout=_TIMEOUT_S)
    if commit is None:
        return None, None
    changes = git(root, ("status", "--porcelain", "--untracked-files=no"), timeout=_TIMEOUT_S)
    return commit.decode().strip(), None if changes is None else bool(changes)
