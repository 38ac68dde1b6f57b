"""One tree of errors. Every message says what is wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

__all__ = [
    "CheckError",
    "ConfigError",
    "DamagedFile",
    "DiskError",
    "EndpointError",
    "EvalsError",
    "MissingRecording",
    "OutdatedRecording",
    "Place",
    "Problem",
    "RunError",
    "SuiteError",
]

EndpointErrorKind = Literal[
    "connect",  # nothing was sent
    "timeout",
    "broken",  # the connection failed after the body was sent: the answer may have been billed
    "status",  # the service answered with an error status
    "malformed",  # the service answered 200 with something that is no completion
    "incomplete",  # a stream that ended early, a choice without a finish reason
    "budget",  # not sent: a budget would have been exceeded
    "stopped",  # not sent: the run was stopped (a fatal status, an interrupt)
    "refused",  # not sent: the configuration refuses it (no key, a key for another host)
]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a file; line and column count from 1."""

    path: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.path
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a file: `message` says what is wrong, `details` (lines) what to do.

    `excerpt` is the line of the file and one with carets below it; `section` is where the
    reference tells more, such as `suites.md#gates`. Both are there once the suite is looked at, and
    then the place is that of the part that is wrong: `within` leads to it from the place, as far
    as it is written there.
    """

    place: Place
    message: str
    details: tuple[str, ...] = ()
    severity: Literal["error", "warning"] = "error"
    excerpt: tuple[str, ...] = ()
    section: str = ""
    within: tuple[str | int, ...] = ()

    def __str__(self) -> str:
        return "\n".join((self.head, *(f"    {line}" for line in self.details)))

    @property
    def head(self) -> str:
        """The first line: where and what."""
        return f"{self.place}: {self.severity}: {self.message}"

    @property
    def told(self) -> str:
        """All of it: where and what, the line of the file, what to do, where to read more."""
        see = (f"    see docs/reference/{self.section}",) if self.section else ()
        details = (f"    {line}" for line in self.details)
        return "\n".join((self.head, *self.excerpt, *details, *see))


class EvalsError(Exception):
    """The root: what happened, and what to do about it."""

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        self.message = message
        self.remedy = remedy
        self.traceback: str | None = None  # of an exception that was none of ours
        super().__init__(message if remedy is None else f"{message}\n{remedy}")


def told(problem: BaseException) -> str:
    """The traceback of an exception, as Python prints it."""
    import traceback

    return "".join(traceback.format_exception(problem)).rstrip()


class SuiteError(EvalsError):
    """A suite that cannot be understood, with every mistake that was found in it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.told for problem in self.problems))


class ConfigError(EvalsError):
    """The configuration asks for something that does not exist or is not allowed."""


class RunError(EvalsError):
    """A run that cannot be found or read."""


class DamagedFile(EvalsError):
    """A file of ours whose content is not what was written; never taken as missing."""


class DiskError(EvalsError):
    """A file that could not be written. A run stops there: what it goes on to pay for would be
    lost."""


class MissingRecording(EvalsError):
    """Replay was asked for an answer that no cassette holds.

    `change` is the kind of change that explains it ("prompt edited", "nothing recorded", …).
    """

    def __init__(self, message: str, *, change: str, remedy: str | None = None) -> None:
        self.change = change
        super().__init__(message, remedy=remedy)


class OutdatedRecording(EvalsError):
    """A recording that is older than the suite allows (`limits.max_age`)."""


class EndpointError(EvalsError):
    """A request without an answer; the trial that asked is an error, never a failure."""

    def __init__(
        self,
        message: str,
        *,
        kind: EndpointErrorKind,
        status: int | None = None,
        retryable: bool = False,
        fatal: bool = False,
        attempts: int = 1,
        remedy: str | None = None,
    ) -> None:
        self.kind: EndpointErrorKind = kind
        self.status = status
        self.retryable = retryable
        self.fatal = fatal  # no further request of the run can succeed
        self.attempts = attempts
        super().__init__(message, remedy=remedy)


class CheckError(EvalsError):
    """A check that cannot be made on this answer: an error of the check, not a failure."""
