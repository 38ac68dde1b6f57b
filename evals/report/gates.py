"""The table of gates: failed first, with a drawing in which right is better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evals.comparison import findings, words
from evals.model import Comparison, Finding, Frozen
from evals.report.marks import GATES, Mark
from evals.report.measured import parted
from evals.report.plots import Interval, px
from evals.report.texts import one_line

WIDTH, LIMIT_AT = 168, 92
_REACH = 70.0  # pixels that the largest distance from the limit takes
_FOLD_BEYOND = 12
_SHOWN_OF_PASSES = 8  # where all passed


class GateRow(Frozen, frozen=True, kw_only=True):
    mark: Mark
    gate: str
    of: str  # column and suite, where the gate's text does not name them
    href: str  # of the suite's section
    value: str
    interval: str
    numbers: str  # what the value rests on, with the errors
    plot: Interval | None
    certainty: str
    sure: str
    compared: bool = False  # with something else: `sure` tells what the numbers cannot


class Gates(Frozen, frozen=True, kw_only=True):
    """`folded` are passes that nobody need look at first; only where there are many gates."""

    rows: tuple[GateRow, ...]
    folded: tuple[GateRow, ...]
    folded_note: str


def gates_of(comparison: Comparison, anchors: Mapping[str, str]) -> Gates:
    """`anchors` are the places of the suites' sections."""
    several = len(comparison.suites) > 1
    ordered = sorted(comparison.findings, key=_order)
    rows = [(finding, _row(finding, anchors, several=several)) for finding in ordered]
    quiet = _quiet(ordered)
    shown = tuple(row for finding, row in rows if _order(finding) not in quiet)
    folded = tuple(row for finding, row in rows if _order(finding) in quiet)
    if not shown and folded:
        shown, folded = folded[:_SHOWN_OF_PASSES], folded[_SHOWN_OF_PASSES:]
    return Gates(rows=shown, folded=folded, folded_note=_folded(folded))


def _quiet(ordered: Sequence[Finding]) -> frozenset[int]:
    """What is folded of many: clear passes, and the other passes if many are left."""
    if len(ordered) <= _FOLD_BEYOND:
        return frozenset()
    left = sum(_order(finding) != _CLEAR_PASS for finding in ordered)
    return frozenset((_CLEAR_PASS,) if left <= _FOLD_BEYOND else (_CLEAR_PASS, _OTHER_PASS))


def _folded(folded: Sequence[GateRow]) -> str:
    """`15 more passed clearly`, `27 more passed, 12 of them could be chance`."""
    if not folded:
        return ""
    chance = sum(row.certainty == "Could be chance" for row in folded)
    same = sum(row.mark == GATES["same"] for row in folded)
    told = [f"{len(folded)} more passed"]
    if chance:
        told.append(f"{chance} of them could be chance")
    if same:
        told.append(f"{same} of them with the same answers")
    return ", ".join(told) if chance or same else f"{told[0]} clearly"


_CLEAR_PASS, _OTHER_PASS = 3, 2  # places in the order of gates


def _order(finding: Finding) -> int:
    if finding.outcome in ("fail", "error"):
        return 0
    if finding.outcome == "undecided":
        return 1
    if finding.outcome == "not_evaluated":
        return 4
    if finding.against is None and findings.certainty(finding) == "Could be chance":
        return _OTHER_PASS
    return _CLEAR_PASS


def _row(finding: Finding, anchors: Mapping[str, str], *, several: bool) -> GateRow:
    value, interval = parted(findings.measured(finding))
    compared = finding.against is not None
    has_limit = finding.outcome != "not_evaluated" and not compared
    certainty = findings.certainty(finding) if has_limit else ""
    of = [] if _names_column(finding) else [finding.column]
    if several:
        of.append(finding.suite)
    return GateRow(
        mark=GATES[finding.outcome],
        gate=one_line(finding.gate, 120),
        of=", ".join(one_line(name, 60) for name in of),
        href=anchors.get(finding.suite, ""),
        value=value,
        interval="exact" if certainty == "Exact" else interval,
        numbers=findings.counted(finding) if finding.value is not None else "",
        plot=_plot(finding) if finding.outcome != "not_evaluated" else None,
        certainty=certainty,
        sure=_sure(finding, certainty),
        compared=compared,
    )


def _names_column(finding: Finding) -> bool:
    """Whether the gate's own text ends in `(column warm)` or the like."""
    parts = finding.gate.partition(" (")[2].removesuffix(")").split(", ")
    return f"column {finding.column}" in parts


def _sure(finding: Finding, certainty: str) -> str:
    if finding.against is not None and finding.value is not None:
        # What was measured stands in the columns before: `−4.2 points against cold, 240 cases; …`
        shown = one_line(finding.reason.partition("; ")[2], 300)
        return f"Against {one_line(finding.against, 60)}, {findings.numbers(finding)}: {shown}."
    if "by errors" in finding.reason or finding.outcome not in ("pass", "fail"):
        # Its column stands in a column of its own, and ids keep their small letters.
        reason = one_line(finding.reason.removeprefix(f"{finding.column}: "), 300)
        return f"{reason[:1].upper()}{reason[1:]}."
    said = _SURE.get((certainty, finding.outcome))
    if said is None:
        # What was measured stands in the columns before: `0.766, 40 cases; limit 0.5; …`
        shown = one_line(finding.reason.partition("; ")[2], 300)
        return f"{shown[:1].upper()}{shown[1:]}."
    needed = findings.cases_to_settle(finding)
    if needed is not None:
        said += f" {words.cases_needed(needed)} would settle it."
    if finding.n_errors and finding.metric not in ("errors", "error_rate"):
        said += f" {words.plural(finding.n_errors, 'error')} left out."
    return said


_SURE = {
    ("Clear", "pass"): "the whole interval meets the limit.",
    ("Clear", "fail"): "the whole interval misses the limit.",
    ("Could be chance", "pass"): "the interval reaches past the limit.",
    ("Could be chance", "fail"): "the limit lies inside the interval.",
    ("Exact", "pass"): "a fact of this run, not an estimate.",
    ("Exact", "fail"): "a fact of this run, not an estimate.",
}


def _plot(finding: Finding) -> Interval | None:
    """The limit at one place; an equal distance is drawn equal whatever the direction."""
    if finding.value is None or finding.op in ("==", "!="):
        return None
    better = 1 if finding.op in (">=", ">") else -1
    known = [end for end in (finding.value, finding.low, finding.high) if end is not None]
    far = max(abs(end - finding.limit) for end in known)
    relative = finding.derived or findings.unit_of(finding.metric) not in ("share", "score")
    usual = abs(finding.limit) / 2 if relative else 0.1
    scale = better * _REACH / (max(far, usual) or 1.0)

    def place(value: float) -> str:
        return px(LIMIT_AT + (value - finding.limit) * scale)

    if finding.low is None or finding.high is None:
        return Interval(at=place(finding.value))
    low, high = (finding.low, finding.high) if better > 0 else (finding.high, finding.low)
    return Interval(at=place(finding.value), low=place(low), high=place(high))
