"""Whether a recording is what was written, and what its name says."""

from __future__ import annotations

from pathlib import Path

from evals import answer
from evals.cassettes.key import key
from evals.cassettes.store import decode
from evals.errors import DamagedFile, EvalsError
from evals.model import Exchange
from evals.reading import read_file

_REDACTED = "[secret:"  # in a body: its key was made of what stood there before


def fault(path: Path) -> str | None:
    """What is wrong with a recording, or None."""
    try:
        return fault_of(path, read_file(path, follow=False))
    except OSError as problem:
        return f"it cannot be read: {problem.strerror}"


def fault_of(path: Path, data: bytes) -> str | None:
    """What is wrong with the content of a recording, or None."""
    try:
        exchange = decode(path, data, None)
    except DamagedFile as problem:
        return problem.message.partition("is damaged: ")[2].rstrip(".")
    return _misnamed(path, exchange) or _incomplete(exchange)


def _misnamed(path: Path, exchange: Exchange) -> str | None:
    name, _, take = path.stem.partition(".")
    if str(exchange.request.take) != take:
        return f"its name says take {take}, its content take {exchange.request.take}"
    try:
        found = key(exchange.request)
    except EvalsError as problem:
        return problem.message
    if found == name or _REDACTED in str(exchange.request.body):
        return None
    return f"its request has the key {found}: the request was edited, or the file renamed"


def _incomplete(exchange: Exchange) -> str | None:
    try:
        answer.read(exchange)
    except EvalsError as problem:
        return f"its answer is not complete: {problem.message}"
    return None
