"""How a command ends: its exit code, and what stands on stderr."""

from __future__ import annotations

import traceback
from enum import IntEnum

from evals.cli.terminal import say
from evals.errors import (
    DamagedFile,
    DiskError,
    EndpointError,
    EvalsError,
    MissingRecording,
    SuiteError,
)


class Exit(IntEnum):
    """The codes that commands give themselves; `run` passes on pytest's."""

    WELL = 0
    FAILED = 1  # a condition that was asked for does not hold
    INTERRUPTED = 2
    INTERNAL = 3
    USAGE = 4  # of a command, or of the format of a suite
    NOTHING = 5  # to run
    ERRORS = 6  # of an endpoint, a recording or a disk


def refuse(problem: EvalsError) -> Exit:
    """Say what is wrong and what to do about it, without a traceback."""
    if isinstance(problem, SuiteError):
        say(problem.message, error=True)  # each line has its place and severity
    else:
        say("error: ", end="", style="red", error=True)
        say(problem.message, error=True)
    if problem.remedy:
        say(problem.remedy, error=True)
    lacking = (EndpointError, DamagedFile, DiskError, MissingRecording)
    return Exit.ERRORS if isinstance(problem, lacking) else Exit.USAGE


def internal_error(problem: Exception) -> Exit:
    """Show the traceback, without the secrets of the environment."""
    text = "".join(traceback.format_exception(problem))
    say(text, error=True)
    say("This is an error of evals, not of your suites: please report it.", error=True)
    return Exit.INTERNAL
