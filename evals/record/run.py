"""A run on disk: `run.json`, its trials, and the pointer to the newest."""

from __future__ import annotations

import contextlib
import os
import re
import secrets as randomness
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import msgspec

from evals.errors import DiskError, RunError
from evals.model import Manifest, TrialResult
from evals.reading import read_file
from evals.record.files import files, last_lines
from evals.record.journal import Lines
from evals.record.reading import read_json
from evals.record.sharing import shared
from evals.write import Secrets, publish

FORMAT = 1
_ID = re.compile(rb"[0-9A-Za-z-]+")
_LONGEST = 100  # bytes of an id, with the end of its line


def new_id(now: datetime) -> str:
    """UTC time and four random characters: `20261123T101500Z-k3f9`."""
    letters = "abcdefghijkmnpqrstuvwxyz23456789"
    tail = "".join(randomness.choice(letters) for _ in range(4))
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{tail}"


class Run:
    """A recorded run, read lazily; needs neither its suites nor its cassettes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.damaged: list[str] = []  # what the last reading of the trials did not find

    @cached_property
    def manifest(self) -> Manifest:
        path = self.folder / "run.json"
        try:
            data = read_file(path, follow=False)
        except OSError as problem:
            raise RunError(
                f"{path} cannot be read: {problem.strerror}.",
                remedy="evals show --list lists the runs there are.",
            ) from problem
        try:
            manifest = read_json(data, msgspec.json.Decoder(Manifest))
        except msgspec.DecodeError as problem:
            raise RunError(f"{path} is damaged: {problem}.") from problem
        if manifest.format != FORMAT:
            raise RunError(
                f"{path} has format {manifest.format}; this version reads format {FORMAT}.",
                remedy="Update pytest-model-evals.",
            )
        return manifest

    def trials(self) -> Iterator[TrialResult]:
        """One result a trial, in the order in which they were written; raises `RunError`.

        At the end `damaged` names lines that had to be left out, and trials that are gone.
        """
        number = 0
        for trial in self.written():
            number += 1
            yield trial
        counted = sum(self.manifest.counts.values())
        if number < counted:
            self.damaged.append(f"{self.folder}: {number:,} of its {counted:,} trials are there")

    def written(self) -> Iterator[TrialResult]:
        """The same of a run that is not counted yet."""
        lines = Lines(files(self.folder, "trials"), TrialResult)
        self.damaged = lines.damaged
        return shared(last_lines(lines, self.folder))


def write_manifest(
    folder: Path, manifest: Manifest, *, secrets: Secrets, durable: bool = False
) -> None:
    """Publish `run.json` in one step; raises `DiskError`."""
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=1).decode()
    data = secrets.redact_json(text).encode() + b"\n"
    publish(folder / "run.json", data, replace=True, durable=durable)


def point_latest(runs: Path, run_id: str) -> None:
    """Make `latest` name a run: a relative link, or a text file where links are refused."""
    latest = runs / "latest"
    temporary = runs / f".latest-{randomness.token_hex(4)}"
    try:
        os.symlink(run_id, temporary, target_is_directory=True)
        os.replace(temporary, latest)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()
        publish(latest, run_id.encode() + b"\n", replace=True)


def linked(runs: Path) -> str:
    """Why the folder of a project's runs is not used: it is reached by a link; else empty."""
    root = runs.parent.parent
    for folder in (runs.parent, runs):
        if folder.resolve() != root.resolve() / folder.relative_to(root):
            name = folder.relative_to(root).as_posix()
            return f"{name} is a link, and runs are kept in real folders of the project only."
    return ""


def refuse_link(runs: Path) -> None:
    """Raise `DiskError` where runs would be written through a link."""
    if problem := linked(runs):
        raise DiskError(problem, remedy="Remove it: the folder is made anew.")


def _is_inside(folder: Path, runs: Path) -> bool:
    """Whether a run lies where runs lie; `latest` may be anybody's link."""
    return folder.resolve().is_relative_to(runs.resolve())


def _named_by(latest: Path) -> str:
    """The id in a text file; what holds anything else names no run."""
    try:
        found = _ID.fullmatch(read_file(latest, limit=_LONGEST, follow=False).strip())
    except OSError:
        return "latest"
    return found[0].decode() if found else "latest"


def find(run: str, *, runs: Path) -> Run:
    """The run of that name: an id, `latest`, or the path of its folder."""
    folder, refused = runs / run, linked(runs)
    if run == "latest" and folder.is_file() and not refused:
        folder = runs / _named_by(folder)
    for candidate in (folder, Path(run)):
        if candidate is folder and (refused or not _is_inside(candidate, runs)):
            continue
        if (candidate / "run.json").is_file():
            return Run(candidate.resolve())
    if refused:
        raise RunError(refused, remedy="Remove it, or name the folder of a run.")
    known = sorted(path.parent.name for path in runs.glob("2*Z-*/run.json"))
    raise RunError(
        f"There is no run {run!r} in {runs}.",
        remedy=f"Newest runs: {', '.join(known[-5:])}." if known else "No run was recorded yet.",
    )
