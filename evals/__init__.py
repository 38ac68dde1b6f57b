"""Evaluate language models from pytest: YAML suites, recorded answers, honest comparisons.

Everything here is imported when it is first used: `import evals` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evals import stats
    from evals.api import Run, compare, load_run, load_suite, plan, run
    from evals.checks.asking import Context
    from evals.checks.registry import check
    from evals.errors import (
        CheckError,
        ConfigError,
        DamagedFile,
        EndpointError,
        EvalsError,
        MissingRecording,
        OutdatedRecording,
        RunError,
        SuiteError,
    )
    from evals.model import Completion, Estimate, Request, Suite, Verdict
    from evals.own import endpoint, prompt

__version__ = "0.1.0"

_HOMES = {
    "stats": "",
    "Run": "api",
    "compare": "api",
    "load_run": "api",
    "load_suite": "api",
    "plan": "api",
    "run": "api",
    "check": "checks.registry",
    "endpoint": "own",
    "prompt": "own",
    "Context": "checks.asking",
    "CheckError": "errors",
    "ConfigError": "errors",
    "DamagedFile": "errors",
    "EndpointError": "errors",
    "EvalsError": "errors",
    "MissingRecording": "errors",
    "OutdatedRecording": "errors",
    "RunError": "errors",
    "SuiteError": "errors",
    "Completion": "model",
    "Estimate": "model",
    "Request": "model",
    "Suite": "model",
    "Verdict": "model",
}

__all__ = [
    "CheckError",
    "Completion",
    "ConfigError",
    "Context",
    "DamagedFile",
    "EndpointError",
    "Estimate",
    "EvalsError",
    "MissingRecording",
    "OutdatedRecording",
    "Request",
    "Run",
    "RunError",
    "Suite",
    "SuiteError",
    "Verdict",
    "check",
    "compare",
    "endpoint",
    "load_run",
    "load_suite",
    "plan",
    "prompt",
    "run",
    "stats",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'evals' has no attribute {name!r}")
    from importlib import import_module

    home = _HOMES[name]
    if not home:
        return import_module(f"evals.{name}")
    return getattr(import_module(f"evals.{home}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
