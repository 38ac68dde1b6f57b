"""Reports of suites, made harmless before pytest prints them or writes them as XML."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from evals.session import Evaluation


# What items tell of themselves is counted, not quoted.
_FIGURES = ("evals_outcome", "evals_passed", "evals_latency_s", "evals_tokens", "evals_cost_usd")


def made_harmless(report: pytest.TestReport, evaluation: Evaluation) -> pytest.TestReport:
    """The report, with every text in it made printable."""
    clean = evaluation.printable
    if isinstance(report.longrepr, str):
        report.longrepr = clean(report.longrepr)
    elif isinstance(report.longrepr, tuple):  # of a skip: path, line, reason
        path, line, reason = report.longrepr
        report.longrepr = (path, line, clean(reason))
    if hasattr(report, "wasxfail"):
        report.wasxfail = clean(report.wasxfail)
    report.sections = [(name, clean(text)) for name, text in report.sections]
    report.user_properties = [
        (name, clean(value) if isinstance(value, str) and name not in _FIGURES else value)
        for name, value in report.user_properties
    ]
    return report
