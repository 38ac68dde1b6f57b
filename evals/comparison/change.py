"""A change for the worse, as comparing gates speak of it: a drop in points, a rise in per cent."""

from __future__ import annotations

from collections.abc import Mapping

from evals.comparison import findings, words
from evals.model import Against, Finding, Found, Gate, GateOutcome
from evals.model.metric import has_ratio

__all__ = ["Change"]


class Change:
    """What of a metric is worse: less accuracy, more errors, times, tokens or cost."""

    def __init__(self, of: Gate | Finding) -> None:
        self.rises = of.op == "<="
        self.relative = has_ratio(of.metric)
        self.own_unit = isinstance(of, Finding) and of.derived
        self.is_time = isinstance(of, Finding) and findings.unit_of(of.of or "") == "seconds"

    @property
    def sign(self) -> int:
        """+1 where more is better."""
        return -1 if self.rises else 1

    @property
    def noun(self) -> str:
        return "a rise" if self.rises else "a drop"

    def amount(self, size: float) -> str:
        """`5 points`, `1 point`, `20 %`."""
        if self.relative:
            return words.share_limit(size)
        if self.own_unit:
            return words.seconds_limit(size) if self.is_time else words.plain(size)
        text = words.plain(size * 100)
        return f"{text} {'point' if text == '1' else 'points'}"

    def worse_by(self, value: float) -> float:
        """How much worse a difference, or a ratio, is; negative where it is better."""
        return self.sign * ((1.0 if self.relative else 0.0) - value)

    def beyond(self, margin: float) -> str:
        """`a drop of more than 5 points`."""
        return f"{self.noun} of more than {self.amount(margin)}" if margin else self.noun

    def found(
        self, low: float | None, high: float | None, p: float | None, margin: float, level: float
    ) -> Found:
        """What the interval of a difference, and its p, show of a change for the worse."""
        from evals.stats import gate

        if self.rises and low is not None and high is not None:
            low, high = -high, -low
        return gate(low=low, high=high, p_equal=p, margin=margin, confidence=level).finding

    def outcome(self, found: Found | None, value: float | None, against: Against) -> GateOutcome:
        """What the mode of the gate makes of the finding, or of the measured value."""
        if against.mode == "measured":
            failed = value is not None and self.worse_by(value) > against.margin + 1e-12
            return "fail" if failed else "pass"
        if against.mode == "non-inferiority":
            return "pass" if found == "not_worse" else "fail"
        regression: Mapping[Found | None, GateOutcome] = {
            "worse": "fail",
            "not_worse": "pass",
            "inconclusive": "undecided",
        }
        return regression.get(found, "not_evaluated")

    def said(self, finding: Finding, against: Against, outcome: GateOutcome) -> str:
        """What the comparison shows, in words."""
        if against.mode == "measured":
            return f"{self.beyond(against.margin)} was measured" if outcome == "fail" else ""
        if finding.found == "no_data":
            return f"no interval can be made of {findings.numbers(finding)}"
        p = "" if finding.p is None else f", {words.p_value(finding.p)}"
        if finding.found == "worse":
            return f"{self.beyond(against.margin)} is shown{p}"
        margin = f" of {self.amount(against.margin)} or more" if against.margin else ""
        if finding.found == "not_worse":
            return f"{self.noun}{margin} is ruled out"
        return f"undecided: {self.noun}{margin} is neither shown nor ruled out{p}"

    def detectable(self, finding: Finding, size: float | None) -> str:
        """The smallest change that would probably have been found."""
        n = f"n = {words.count(finding.n_cases)}"
        if size is not None and self.own_unit:
            shown = words.seconds(size) if self.is_time else words.significant(size)
            return f"could have seen {self.noun} of about {shown}, {n}"
        if size is None or (size >= 1 and not self.rises):
            return f"too few cases to see any {self.noun[2:]}, {n}"
        shown = f"{size * 100:.1f}" if size < 0.0195 else f"{size * 100:.0f}"
        unit = f"{words.NARROW}%" if self.relative else " points"
        return f"could have seen {self.noun} of about {shown}{unit}, {n}"

    def by_chance(self, share: float, margin: float) -> str:
        """How often a change that fails the gate is measured where nothing changed."""
        often = words.share(share)
        return f"with nothing changed {self.beyond(margin)} is measured in {often} of runs"
