"""Whether a recording is what was written, and what its name says."""

from __future__ import annotations

from pathlib import Path

from evals import answer
from evals.cassettes.key import key
from evals.cassettes.store import decode, has_key
from evals.errors import DamagedFile, EvalsError
from evals.model import Exchange
from evals.reading import read_file


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
    return misnamed(path, exchange) or _incomplete(exchange)


def misnamed(path: Path, exchange: Exchange) -> str | None:
    """Why a recording is not what its name says, or None."""
    name, _, take = path.stem.partition(".")
    if str(exchange.request.take) != take:
        return f"its name says take {take}, its content take {exchange.request.take}"
    if has_key(exchange.request, name):
        return None
    try:
        found = key(exchange.request)
    except EvalsError as problem:
        return problem.message
    return f"its request has the key {found}: the request was edited, or the file renamed"


def _incomplete(exchange: Exchange) -> str | None:
    try:
        answer.read(exchange)
    except EvalsError as problem:
        return f"its answer is not complete: {problem.message}"
    return None
