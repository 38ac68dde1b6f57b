"""Gates that compare: with another column, or with a baseline."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal

from evals.expression.names import leaves
from evals.model import Against, Derived, Gate
from evals.model.metric import COMPARED, TIMES, TOKENS, has_ratio
from evals.model.parts import PartOf, part_of
from evals.suite.nearest import advice
from evals.suite.subjects import Mistake, Subjects, check_part, texts, with_parts
from evals.suite.written import WrittenGate

_SHARE: Final = re.compile(r"((?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(%)?")


def refuse_comparing(written: WrittenGate) -> None:
    """Refuse, in a gate with limits, what only a comparison has."""
    for key in ("margin", "mode", "across_hosts"):
        if getattr(written, key) is not None:
            raise Mistake(f"{key} belongs to a gate with versus or baseline", key=key)


def read_comparison(written: WrittenGate, subjects: Subjects) -> Gate:
    """The gate of `versus` or `baseline`; raises `Mistake`."""
    for key in ("min", "max"):
        if getattr(written, key) is not None:
            raise Mistake(
                f"a gate with versus or baseline takes no {key}",
                "how large a drop may be is its margin",
                key=key,
            )
    if written.versus is not None and written.baseline is not None:
        raise Mistake("versus and baseline are two gates", key="baseline")
    check_part(written, subjects)
    _check_metric(written, subjects)
    against = Against(
        column=_column(written, subjects),
        baseline=_baseline(written, subjects),
        margin=_margin(written, subjects),
        mode=written.mode or "regression",
        across_hosts=_across_hosts(written, subjects),
    )
    if against.mode == "non-inferiority" and against.margin == 0:
        raise Mistake(
            "non-inferiority needs a margin above 0",
            "with 0 it would fail unless the column is shown to be better; "
            "write the change that would not matter, such as margin: 5%",
            key="mode" if written.margin is None else "margin",
        )
    cases = texts(written.cases)
    op, limit = _condition(written.metric, against.margin, subjects.reckoned.get(written.metric))
    return Gate(
        text=_text(written, cases),
        metric=written.metric,
        op=op,
        limit=limit,
        confidence=written.confidence,
        column=written.column,
        tag=written.tag,
        cases=cases,
        against=against,
    )


_QUANTITIES: Final = ("latency", "ttft", "tpot", "tokens_per_s", "tokens", "cost_usd")


def _check_metric(written: WrittenGate, subjects: Subjects) -> None:
    head, _, rest = written.metric.partition(".")
    if written.metric in subjects.derived:
        _check_derived(written.metric, subjects.reckoned)
        return
    if written.metric in ("accuracy", "error_rate") or has_ratio(written.metric):
        return
    if head in _QUANTITIES:
        forms = {
            "tokens": f"tokens.KIND, one of {', '.join(TOKENS)}, or tokens.KIND.STATISTIC",
            "tokens_per_s": "tokens_per_s (the typical case) or tokens_per_s.median",
            "cost_usd": "cost_usd",
        }
        usual = f"{head} (the typical case), or {head} with {', '.join(COMPARED)}"
        raise Mistake(
            f"{written.metric} is not compared", f"write {forms.get(head, usual)}", key="metric"
        )
    if head not in subjects.metrics or rest not in ("", "rate"):
        raise Mistake(
            f"{written.metric} is not compared",
            "compared are accuracy, error_rate, a named metric and its .rate; and as ratios "
            "latency, ttft, tpot, tokens_per_s, tokens.KIND and cost_usd",
            key="metric",
        )


def _check_derived(metric: str, known: Mapping[str, Derived]) -> None:
    """Refuse a metric of the suite of which two sides cannot be compared."""
    derived = known.get(metric)
    if derived is None:
        return  # it has a mistake of its own
    if derived.better is None:
        form = f'{metric}: {{expression: "{derived.expression}", better: lower}}, or higher'
        raise Mistake(f"{metric} does not say which way is better", f"write {form}", key="metric")
    for leaf, part in _parts(metric, known).items():
        if part is None:
            of = "" if leaf == metric else f": it is reckoned from {leaf}"
            raise Mistake(
                f"{metric} is not compared{of}",
                "compared are metrics reckoned from means, sums, shares and quantiles over cases",
                key="metric",
            )


def _parts(metric: str, known: Mapping[str, Derived]) -> dict[str, PartOf | None]:
    expressions = {name: each.expression for name, each in known.items() if each.expression}
    return {leaf: part_of(leaf, known) for leaf in leaves(metric, expressions)}


def _condition(
    metric: str, margin: float, derived: Derived | None
) -> tuple[Literal[">=", "<="], float]:
    """What the difference, or the ratio, has to be."""
    if derived is not None:
        return ("<=", margin) if derived.better == "lower" else (">=", -margin if margin else 0.0)
    if metric.startswith("tokens_per_s"):
        return ">=", 1 - margin
    if has_ratio(metric):
        return "<=", 1 + margin
    if metric == "error_rate":
        return "<=", margin
    return ">=", -margin if margin else 0.0


def _across_hosts(written: WrittenGate, subjects: Subjects) -> bool:
    derived = subjects.reckoned
    parts = _parts(written.metric, derived) if written.metric in derived else {}
    is_time = any(part is not None and part.is_time for part in parts.values())
    is_time = is_time or written.metric.partition(".")[0] in TIMES
    if written.across_hosts and not is_time:
        raise Mistake(f"across_hosts is for times, not for {written.metric}", key="across_hosts")
    return bool(written.across_hosts)


def _column(written: WrittenGate, subjects: Subjects) -> str | None:
    versus = written.versus
    if versus is None:
        return None
    if versus not in subjects.columns:
        raise Mistake(
            f"unknown column {versus!r}", *advice(versus, subjects.columns, "columns"), key="versus"
        )
    if written.column == "all":
        if len(subjects.columns) < 2:
            raise Mistake(f"there is no column to compare with {versus!r}", key="versus")
    elif versus == (written.column or subjects.reference):
        others = [name for name in subjects.columns if name != versus]
        raise Mistake(
            f"the gate compares the column {versus!r} with itself",
            f"say which column it judges: column: {others[0]}, or column: all"
            if others
            else "the suite has no other column",
            key="versus",
        )
    return versus


def _baseline(written: WrittenGate, subjects: Subjects) -> str | None:
    path = written.baseline
    if path is None:
        return None
    if path is True:
        return f"baselines/{subjects.suite}.json"
    if path is False:
        raise Mistake("baseline: false compares with nothing", "leave it out", key="baseline")
    parts = path.split("/")
    if "\\" in path or ":" in path or not all(parts) or any(p.startswith(".") for p in parts):
        raise Mistake(
            f"{path!r} is no path of a baseline",
            "a path is relative to the suite's file, beside it or below, with / between folders",
            key="baseline",
        )
    if not path.endswith(".json"):
        raise Mistake(f"{path!r}: the name of a baseline ends in .json", key="baseline")
    return path


def _margin(written: WrittenGate, subjects: Subjects) -> float:
    """A share in 0 … 1; of a metric of the suite anything in its own unit."""
    if written.margin is None:
        return 0.0
    found = _SHARE.fullmatch(str(written.margin).strip())
    if found is None:
        raise Mistake(
            f"{str(written.margin)!r} is no margin",
            "write the change that does not matter as a share from 0 to 1, or such as 5%",
            key="margin",
        )
    margin = float(found[1]) / (100 if found[2] else 1)
    if written.metric in subjects.derived:
        return margin
    falls = not has_ratio(written.metric) or written.metric.startswith("tokens_per_s")
    if margin >= 1 and falls:
        near = (f"write {margin:g}%",) if 1 < margin < 100 and not found[2] else ()
        raise Mistake("with a margin of 1 or more the gate cannot fail", *near, key="margin")
    return margin


def _text(written: WrittenGate, cases: tuple[str, ...] | None) -> str:
    versus = written.versus
    if versus is None:
        versus = "baseline" if written.baseline is True else str(written.baseline)
    parts = {
        "margin": written.margin,
        "mode": written.mode,
        "confidence": written.confidence,
        "across_hosts": "true" if written.across_hosts else None,
        "column": written.column,
        "tag": written.tag,
        "cases": None if cases is None else " ".join(cases),
    }
    return with_parts(f"{written.metric} versus {versus}", parts)
