"""Where a run comes from: versions and the state of the repository."""

from __future__ import annotations

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

DISTRIBUTION = "pytest-model-evals"


def versions() -> dict[str, str]:
    """The versions that can change a result."""
    found = {"python": platform.python_version()}
    for name in (DISTRIBUTION, "pytest", "httpx", "jinja2"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def recorder() -> str:
    """`pytest-model-evals 0.1.0`."""
    return f"{DISTRIBUTION} {versions().get(DISTRIBUTION, 'from source')}"


def git_state(root: Path) -> tuple[str | None, bool | None]:
    """The commit that is checked out, and whether files differ from it; None without git."""
    commit = _git(root, "rev-parse", "HEAD")
    if commit is None:
        return None, None
    changes = _git(root, "status", "--porcelain", "--untracked-files=no")
    return commit.strip(), bool(changes)


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ("git", "-C", str(root), *arguments),
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout if done.returncode == 0 else None
