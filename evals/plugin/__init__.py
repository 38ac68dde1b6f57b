"""The pytest front end: suites are collected, gathered before the first item, judged as items.

Imports nothing heavy at the top: a session without suites must not pay for them.
"""

from __future__ import annotations

from argparse import ArgumentTypeError
from math import inf, nan
from pathlib import Path

import pytest

from evals.plugin.front import SUFFIXES, Front
from evals.plugin.imports import import_plainly
from evals.plugin.items import SuiteFile
from evals.plugin.model import evals_model

__all__ = ["evals_model"]

MODES = ("replay", "record", "refresh", "live")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("evals", "model evaluation (pytest-model-evals)")
    add = group.addoption
    add(
        "--evals-mode",
        choices=MODES,
        help="replay recorded answers (default, never asks), record what is missing, "
        "refresh recordings, or ask live without recording",
    )
    add(
        "--evals-resume",
        metavar="RUN",
        help="go on with an interrupted run (its id, or latest), and ask only what it lacks",
    )
    add(
        "--evals-failed",
        metavar="RUN",
        help="only the cases that failed, were missed or errored in a run (its id, or latest)",
    )
    add("--evals-endpoint", metavar="NAME", help="default endpoint of suites that name none")
    add(
        "--evals-set",
        metavar="NAME=VALUE,…",
        action="append",
        default=[],
        help="compare values of a parameter: --evals-set temperature=0,0.7",
    )
    add("--evals-repeat", metavar="N", type=_count, help="samples of every case and column")
    add("--evals-concurrency", metavar="N", type=_count, help="requests in flight at most")
    add("--evals-max-cost", metavar="USD", type=_amount, help="spend no more than this")
    add("--evals-report", metavar="PATH", help="write the page there")
    add(
        "--evals-no-report",
        action="store_true",
        help="write no page; in a read-only project keep no run",
    )
    add(
        "--evals-baseline",
        metavar="PATH",
        help="what gates with `baseline: true` compare with: a file, or a folder with SUITE.json",
    )
    add("--evals-strict", action="store_true", help="fail on gates that were not evaluated")
    add("--evals-fail-unused", action="store_true", help="fail on recordings nothing asks for")


def _count(text: str) -> int:
    if not text.strip().isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is no whole number from 1")
    return int(text)


def _amount(text: str) -> float:
    try:
        amount = float(text)
    except ValueError:
        amount = nan
    if not 0 <= amount < inf:  # nothing is more than nan: it would be no limit at all
        raise ArgumentTypeError(f"{text!r} is no amount of US dollars")
    return amount


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "evals(endpoint, model): a case of an evaluation suite (*.eval.yaml); on a test with the "
        "fixture evals_model: whom it asks",
    )
    config.add_cleanup(import_plainly("evals"))
    front = Front(config)
    if config.option.evals_set:
        from evals.plugin.settings import settings_of

        front.set_ = settings_of(config.option.evals_set)
    if config.option.evals_baseline:
        from evals.plugin.settings import baseline_at

        front.baseline = baseline_at(config.option.evals_baseline, config.rootpath)
    config.pluginmanager.register(front, "evals-session")
    if config.option.evals_failed:
        from evals.plugin.failed import Failed

        config.pluginmanager.register(Failed.of(config), "evals-failed")
    if front.mode != "replay" and getattr(config.option, "numprocesses", None):
        # Asking happens in one process, many at a time; several would exceed every limit.
        config.option.dist, config.option.tx, config.option.numprocesses = "no", [], None
        front.notes.append(f"--evals-mode {front.mode} asks in one process: -n is ignored.")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> SuiteFile | None:
    if file_path.name.endswith(SUFFIXES):
        return SuiteFile.from_parent(parent, path=file_path)
    return None
