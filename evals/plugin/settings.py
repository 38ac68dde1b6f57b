"""What is written on pytest's command line, read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from evals.errors import ConfigError, EvalsError
from evals.session.given_baseline import GivenBaseline
from evals.session.settings import parse_set


def settings_of(texts: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    """What `--evals-set` says; raises `pytest.UsageError` where it says nothing."""
    try:
        return parse_set(texts)
    except ConfigError as problem:
        raise pytest.UsageError(str(problem)) from None


def baseline_at(name: str, root: Path) -> GivenBaseline:
    """What `--evals-baseline` names; raises `pytest.UsageError` where it is no baseline."""
    try:
        return GivenBaseline.at(name, root=root)
    except EvalsError as problem:
        raise pytest.UsageError(f"--evals-baseline: {problem}") from None
