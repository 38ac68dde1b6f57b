"""What a git repository says of a folder: read by the command `git`, changing nothing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from evals.errors import EvalsError
from evals.model import Frozen

_TIMEOUT_S = 60
Status = Literal["new", "removed", "changed"]


class FileChange(Frozen, frozen=True, kw_only=True):
    """A file that differs; its path is relative to the folder, with "/"."""

    path: str
    status: Status


class Since:
    """A folder as it was at a commit: where its branch left `ref`."""

    def __init__(self, folder: Path, ref: str) -> None:
        self._folder = folder
        if self._lines("rev-parse", "--is-inside-work-tree") is None:
            raise EvalsError(
                f"{folder} is in no git repository, or git is not installed.",
                remedy="Evidence is compared with what was committed: git init, and commit.",
            )
        commit = self._lines(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"
        )
        if not commit:
            raise EvalsError(
                f"git knows no commit {ref!r}.",
                remedy="Name a branch, tag or commit that was fetched. In a shallow clone: "
                "git fetch origin, or fetch-depth: 0 of actions/checkout.",
            )
        base = self._lines("merge-base", commit[0], "HEAD")
        self.commit = (base or commit)[0]

    def changes(self) -> tuple[FileChange, ...]:
        """What differs now from then, files that are not committed yet included."""
        told = self._run(
            "diff",
            "--name-status",
            "-z",
            "--no-renames",
            "--no-ext-diff",
            "--relative",
            self.commit,
        )
        parts = iter((told or "").split("\0"))
        found = [
            FileChange(path=path, status=_STATUSES.get(status, "changed"))
            for status, path in zip(parts, parts, strict=False)
        ]
        fresh = self._run("ls-files", "--others", "--exclude-standard", "-z") or ""
        found += [FileChange(path=path, status="new") for path in fresh.split("\0") if path]
        return tuple(sorted(found, key=lambda change: change.path))

    def before(self, paths: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """The contents of files then; those that git cannot give are left out."""
        asked = [path for path in paths if "\n" not in path]
        if not asked:
            return
        done = git(
            self._folder,
            ("cat-file", "--batch"),
            given="".join(f"{self.commit}:./{path}\n" for path in asked).encode(
                "utf-8", "surrogateescape"
            ),
        )
        data, place = (done or b""), 0
        for path in asked:
            end = data.find(b"\n", place)
            head = data[place:end].split()
            place = end + 1
            if len(head) == 3 and head[1] == b"blob":
                size = int(head[2])
                yield path, data[place : place + size]
                place += size + 1

    def _lines(self, *arguments: str) -> list[str] | None:
        told = self._run(*arguments)
        return None if told is None else told.split()

    def _run(self, *arguments: str) -> str | None:
        done = git(self._folder, arguments)
        return None if done is None else done.decode("utf-8", "surrogateescape")


# A repository's own settings name commands that git runs; files in a checkout can look like one.
_ASIDE = (
    *("-c", "core.quotePath=false"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "safe.bareRepository=explicit"),
)


def git(
    folder: Path, arguments: Sequence[str], *, given: bytes = b"", timeout: float = _TIMEOUT_S
) -> bytes | None:
    """What a command of git prints; None where it fails, or git is not there."""
    try:
        done = subprocess.run(
            ("git", "-C", str(folder), *_ASIDE, *arguments),
            capture_output=True,
            input=given,
            timeout=timeout,
            check=False,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout if done.returncode == 0 else None


_STATUSES: dict[str, Status] = {"A": "new", "D": "removed"}
