"""Gates as reports of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import pytest

if TYPE_CHECKING:
    from evals.model import Finding


def gate_reports(
    findings: Sequence[Finding], paths: Mapping[str, str], *, strict: bool
) -> Iterator[pytest.TestReport]:
    """A report for each finding; `paths` gives the file of a suite."""
    from evals.session.outcome import gate_names

    for finding, name in gate_names(findings):
        yield _report(finding, name, paths[finding.suite], strict=strict)


def _report(finding: Finding, name: str, path: str, *, strict: bool) -> pytest.TestReport:
    unseen = finding.outcome == "not_evaluated"
    failed = finding.outcome in ("fail", "error") or (unseen and strict)
    longrepr: Any = None
    outcome: Literal["passed", "failed", "skipped"] = "passed"
    if failed:
        outcome, longrepr = "failed", finding.reason
    elif unseen:
        outcome, longrepr = "skipped", (path, 0, f"Skipped: not evaluated: {finding.reason}")
    report = pytest.TestReport(
        nodeid=f"{path}::{name}",
        # Unlike the id's end: where they are equal pytest writes `::` for the first dot.
        location=(path, None, name.replace(":", "", 1)),
        keywords={},
        outcome=outcome,
        longrepr=longrepr,
        when="call",
        user_properties=[("evals_gate", finding.outcome), ("evals_measured", finding.reason)],
    )
    if finding.outcome == "undecided":
        report.evals_shown = "undecided"  # type: ignore[attr-defined] # read by teststatus
    return report


def closing(report: pytest.TestReport) -> pytest.TestReport:
    """The end of what a report told: here JUnit XML takes its properties."""
    return pytest.TestReport(
        nodeid=report.nodeid,
        location=report.location,
        keywords={},
        outcome="passed",
        longrepr=None,
        when="teardown",
        user_properties=report.user_properties,
    )
