"""A run as JUnit XML: a test case for each case in a column and for each gate, with properties."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET  # written, not parsed

from evals.model import Case, Finding, Manifest, SuiteRecord, TrialResult
from evals.session.evaluation import within
from evals.session.outcome import gate_names, item_outcome, properties_of
from evals.write import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["junit_text"]


def junit_text(manifest: Manifest, trials: Iterable[TrialResult]) -> str:
    """The document; its names and outcomes are those that pytest gives with --junitxml."""
    cells: dict[tuple[str, str, str], list[TrialResult]] = {}
    for trial in trials:
        cells.setdefault((trial.suite, trial.case, trial.column), []).append(trial)
    root = ET.Element("testsuites")
    for record in manifest.suites:
        root.append(_suite(record, manifest, cells))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(
    record: SuiteRecord,
    manifest: Manifest,
    cells: Mapping[tuple[str, str, str], list[TrialResult]],
) -> ET.Element:
    suite = record.suite
    known = {case.id: case for case in suite.cases}
    of_suite = {
        (case, column): sorted(samples, key=lambda t: t.sample)
        for (of, case, column), samples in cells.items()
        if of == suite.id and case in known
    }
    trials, errors, found = sum(map(len, of_suite.values())), 0, []
    for (case, column), samples in of_suite.items():
        errors += sum(trial.outcome == "error" for trial in samples)
        tolerated = within(suite.limits.errors, errors, trials)
        found.append(_case(suite.path, known[case], column, samples, tolerated=tolerated))
    found += [
        _gate(suite.path, name, finding)
        for finding, name in gate_names(manifest.findings)
        if finding.suite == suite.id
    ]
    counts = {
        kind: str(sum(each.find(tag) is not None for each in found))
        for kind, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))
    }
    element = ET.Element(
        "testsuite",
        {
            "name": _plain(suite.id),
            "tests": str(len(found)),
            **counts,
            "timestamp": _plain(manifest.started),
        },
    )
    element.extend(found)
    return element


def _case(
    path: str, case: Case, column: str, samples: list[TrialResult], *, tolerated: bool
) -> ET.Element:
    """`tolerated`: the errors so far are within what the suite allows."""
    outcome, why = item_outcome(case, samples)
    if all(trial.outcome == "skipped" for trial in samples):
        outcome, why = "not_run", case.skip or "skipped"
    seconds = sum(t.timing.latency_s for t in samples if t.timing is not None)
    element = _element(path, f"{case.id}[{column}]", properties_of(outcome, samples))
    element.set("time", f"{seconds:.3f}")
    if outcome != "error" or not tolerated:
        _said(element, outcome, why)
    return element


_TAGS = {"fail": "failure", "error": "error", "not_run": "skipped", "missed": "skipped"}


def _said(element: ET.Element, outcome: str, why: str) -> None:
    if outcome in _TAGS:
        message = f"missed: {why}" if outcome == "missed" else why
        said = ET.SubElement(element, _TAGS[outcome], {"message": _plain(message)})
        if outcome == "missed":
            said.set("type", "pytest.xfail")


def _gate(path: str, name: str, finding: Finding) -> ET.Element:
    of = [("evals_gate", finding.outcome), ("evals_measured", finding.reason)]
    element = _element(path, name, of)
    tag = {"fail": "fail", "error": "fail", "not_evaluated": "not_run"}.get(finding.outcome, "")
    _said(element, tag, finding.reason)
    return element


def _element(path: str, name: str, properties: Iterable[tuple[str, str]]) -> ET.Element:
    known = {"classname": path.replace("/", "."), "name": name, "file": path}
    known = {key: _plain(value) for key, value in known.items()}
    element = ET.Element("testcase", known)
    held = ET.SubElement(element, "properties")
    for key, value in properties:
        ET.SubElement(held, "property", {"name": key, "value": _plain(value)})
    return element


def _plain(text: str) -> str:
    """Without what XML cannot hold, and without commands to the CI system that shows it."""
    return printable(text)
