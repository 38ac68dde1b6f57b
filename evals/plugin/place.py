"""Where a run is kept: among the project's runs, or nowhere where nothing can be written."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

NOT_KEPT = "reports/ cannot be written: this run is not kept."


class Place:
    """The folder of a run that is not kept, made when it is needed and removed at the end."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._folder: Path | None = None
        given = getattr(config, "workerinput", {}).get("evals_place")
        self.folder: Path | None = Path(given) if given else None

    def find(self) -> Path | None:
        """None where the project's runs can be written, or must be."""
        option = self._config.option
        kept = option.evals_mode not in (None, "replay") or option.evals_resume
        runs = self._config.rootpath / "reports" / "runs"
        if self.folder is not None or kept or not option.evals_no_report:
            return self.folder
        if _is_read_only(runs):
            self.folder = self._folder = Path(tempfile.mkdtemp(prefix="evals-"))
        return self.folder

    def remove(self) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def _is_read_only(runs: Path) -> bool:
    """Whether nothing may be written there, as through a link."""
    from evals.errors import DiskError
    from evals.record import linked
    from evals.write import READ_ONLY, publish

    if linked(runs):
        return True
    probe = runs / ".probe.tmp"
    try:
        publish(probe, b"", replace=True)
        probe.unlink(missing_ok=True)
    except DiskError as problem:
        return isinstance(problem.__cause__, OSError) and problem.__cause__.errno in READ_ONLY
    return False


def shown_path(path: Path, root: Path) -> str:
    """A path as a person would write it here."""
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
