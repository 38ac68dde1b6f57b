"""Settings that are written on pytest's command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from evals.errors import ConfigError
from evals.session.settings import parse_set


def settings_of(texts: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    """What `--evals-set` says; raises `pytest.UsageError` where it says nothing."""
    try:
        return parse_set(texts)
    except ConfigError as problem:
        raise pytest.UsageError(str(problem)) from None
