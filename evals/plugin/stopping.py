"""When a session ends before its time – a signal, a full disk – and when it goes on."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from evals.plugin.place import NOT_KEPT

if TYPE_CHECKING:
    from evals.model import Manifest
    from evals.plugin.front import Front
    from evals.session import Evaluation, Options

_RESUME = "--evals-resume"
_FAILED = "--evals-failed"
_EXIT_BAD_SUITE = 4
_EXIT_TOO_MANY_ERRORS = 6


class Stopping:
    """Why a session ends before its time."""

    def __init__(self) -> None:
        self.unwritten: str | None = None  # the file that could not be written, and why
        self.begun = False  # there is a run to go on with

    @contextmanager
    def writing(self, *, raising: type[Exception] | None = None) -> Iterator[None]:
        """End the session where a file cannot be written: nothing after it would be kept.

        With `raising` that is raised instead, where a session is not ours to end.
        """
        from evals.errors import DiskError

        try:
            yield
        except DiskError as problem:
            if raising is not None:
                raise raising(str(problem)) from problem
            self.unwritten = str(problem)
            # Without a code of ours, with which pytest before 9.2 shows no summary.
            pytest.exit("a file could not be written")

    def said(self, front: Front) -> Iterator[str]:
        """What happened, and the command line that goes on."""
        if front.place.folder is not None:
            yield NOT_KEPT
        if self.unwritten:
            yield from self.unwritten.splitlines()
            if front.mode == "replay" and not front.config.getoption("--evals-no-report"):
                yield "With --evals-no-report nothing need be written."
        elif front.interrupted and front.mode != "replay":
            yield "Interrupted: what was answered is kept."
        stopped = self.unwritten or front.interrupted
        if stopped and front.mode != "replay" and front.run_id and self.begun:
            failed = front.config.getoption(_FAILED)
            yield f"Go on: {resuming(front.words, front.run_id, failed=failed)}"


@dataclass(frozen=True)
class Resumed:
    """A run that goes on."""

    manifest: Manifest
    folder: Path

    @classmethod
    def of(cls, config: pytest.Config) -> Resumed | None:
        """The run that `--evals-resume` names, or None without it."""
        name = config.getoption(_RESUME)
        if not name:
            return None
        from evals.errors import EvalsError
        from evals.record import find
        from evals.session.resuming import refuse_mode

        try:
            run = find(name, runs=config.rootpath / "reports" / "runs")
            refuse_mode(run.manifest, config.getoption("--evals-mode"))
        except EvalsError as problem:
            raise pytest.UsageError(str(problem)) from problem
        return cls(run.manifest, run.folder)

    def options(self, options: Options) -> Options:
        """What a session asks for, in the folder of this run; raises `DiskError`."""
        from evals.record.files import next_number

        place = self.folder if self.folder != options.folder.resolve() else None
        number = str(next_number(self.folder))
        return replace(options, worker=number, resumes=True, place=place)

    def refuse_changes(self, evaluation: Evaluation) -> None:
        from evals.errors import ConfigError
        from evals.session.resuming import refuse_changes

        suites = (source.suite for source in evaluation.sources.values())
        try:
            refuse_changes(self.manifest, suites, secrets=evaluation.secrets)
        except ConfigError as problem:
            raise pytest.UsageError(str(problem)) from problem


def exit_status(front: Front, status: int | pytest.ExitCode) -> int | pytest.ExitCode:
    """The session's status: 2, 3, 4, 6, 1, in this order."""
    decided = [pytest.ExitCode.INTERNAL_ERROR]
    if not front.stopping.unwritten:  # which interrupts, and is no interrupt
        decided.append(pytest.ExitCode.INTERRUPTED)
    if front.interrupted or (status in decided and not front.bad_suites):
        return status
    if front.bad_suites:
        return _EXIT_BAD_SUITE
    if front.stopping.unwritten:
        return _EXIT_TOO_MANY_ERRORS
    done = front.finished
    if done is not None and (done.too_many_errors or done.nothing_to_compare):
        return _EXIT_TOO_MANY_ERRORS
    return status


@contextmanager
def termination_interrupts() -> Iterator[None]:
    """Let SIGTERM interrupt as Ctrl-C does, so that what was judged is reported."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def resuming(words: Sequence[str], run_id: str, *, failed: str | None = None) -> str:
    """The command line that goes on with a run which `words` began or went on with.

    `failed` is the run whose failed cases it runs, by its own name: `latest` is another now.
    """
    given = {_RESUME: run_id} | ({_FAILED: failed} if failed else {})
    line = [*_without(words, given), *(word for pair in given.items() for word in pair)]
    return subprocess.list2cmdline(line) if os.name == "nt" else shlex.join(line)


def _without(words: Sequence[str], options: Collection[str]) -> Iterator[str]:
    """The words of a command line but for these options and their values."""
    others = iter(words)
    for word in others:
        if word in options:
            next(others, None)
        elif word.partition("=")[0] not in options:
            yield word
