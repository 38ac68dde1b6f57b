"""Gates as written → conditions: what they measure, in which range, of which column and cases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal, TypeAlias, cast

from evals.expression import parse
from evals.model import Derived, Gate
from evals.model.duration import UNITS
from evals.model.metric import FIELDS, IN_SECONDS
from evals.suite.labels import is_calibration, is_figure, wrong_figure
from evals.suite.nearest import advice
from evals.suite.problems import Problems
from evals.suite.subjects import Mistake, Subjects, check_part, texts, with_parts
from evals.suite.versus import read_comparison, refuse_comparing
from evals.suite.written import WrittenGate

Kind: TypeAlias = Literal["share", "score", "figure", "agreement", "seconds", "number", "derived"]
Op: TypeAlias = Literal[">=", ">", "<=", "<", "==", "!="]
Path: TypeAlias = tuple[str | int, ...]

STATISTICS: Final = ("mean", "median", "p50", "p90", "p95", "p99", "min", "max", "sum", "std")
_EXACT: Final = ("min", "max", "sum", "std")  # facts of the run, without an interval
_WHOLE: Final[Mapping[str, Kind]] = {
    "accuracy": "share",
    "error_rate": "share",
    "errors": "number",
    "cost_usd": "number",
}
_SPREAD: Final[Mapping[str, Kind]] = {
    "latency": "seconds",
    "ttft": "seconds",
    "tpot": "seconds",
    "tokens_per_s": "number",
}
_TOKENS: Final = ("prompt", "completion", "visible", "reasoning", "total")
RESERVED: Final = frozenset((*_WHOLE, *_SPREAD, "tokens", "turn"))

_OPS: Final = (">=", ">", "<=", "<", "==", "!=")
_OTHER_OPS: Final = {"=": "==", "=>": ">=", "=<": "<=", "<>": "!="}
_SIGN: Final = re.compile(r"[<>=!]+")
_LIMIT: Final = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(%|[^\W\d]+)?")
_FORMS: Final[Mapping[Kind, str]] = {
    "share": "write a share such as 0.9 or 90%",
    "score": "write a score such as 0.9 or 90%",
    "figure": "write a number such as 0.9",
    "agreement": "write a number such as 0.6",
    "seconds": f"write seconds, or a text such as 300ms or 2s; units: {', '.join(UNITS)}",
    "number": "write a number such as 100",
    "derived": "write a number such as 0.8",
}
_RANGES: Final[Mapping[Kind, tuple[float, float]]] = {
    "share": (0, 1),
    "score": (0, 1),
    "figure": (0, 1),
    "agreement": (-1, 1),
    "seconds": (0, float("inf")),
    "number": (0, float("inf")),
    "derived": (-float("inf"), float("inf")),
}


def read_gates(
    written: tuple[str | WrittenGate, ...], problems: Problems, subjects: Subjects
) -> tuple[Gate, ...]:
    """The gates of a suite; those with a mistake are left out."""
    found: dict[str, Gate] = {}
    conditions: dict[Gate, str] = {}
    for index, gate in enumerate(written):
        path: Path = ("gates", index)
        try:
            made = list(_read(gate, subjects))
        except Mistake as wrong:
            where = path if wrong.key is None else (*path, wrong.key)
            problems.error(where, wrong.message, wrong.details)
            continue
        for text, each in made:
            first = conditions.setdefault(_condition(each), text)
            if text in found:
                problems.error(path, f"the gate {text!r} stands twice")
            elif first != text:
                message = f"the gate {text!r} is the same as {first!r}"
                problems.error(path, message, ("remove one of them",))
            found[text] = _placed(each, problems, path)
    return tuple(found.values())


def _condition(gate: Gate) -> Gate:
    """A gate without how it is written: 0.5 is 50%, and 2s is 2000ms."""
    from msgspec.structs import replace

    return replace(gate, text="", limit=round(gate.limit, 12))


def _placed(gate: Gate, problems: Problems, path: Path) -> Gate:
    from msgspec.structs import replace

    return replace(gate, place=problems.place(path))


def judges_answers(gate: Gate, derived: Iterable[Derived] = ()) -> bool:
    """Whether a gate looks at what was answered, not only at what that took."""
    return is_judgement(gate.metric, {metric.name: metric for metric in derived})


def is_judgement(metric: str, derived: Mapping[str, Derived]) -> bool:
    """Whether a metric is, or is reckoned from, accuracy or what assertions name."""
    if metric in derived:
        return any(is_judgement(each, derived) for each in sources(derived[metric]))
    head = metric.partition(".")[0]
    return head == "accuracy" or head not in (*RESERVED, *FIELDS) or metric == "score"


def sources(metric: Derived) -> tuple[str, ...]:
    """What a metric of the suite is made from."""
    return (metric.of or "",) if metric.expression is None else parse(metric.expression).paths


def _read(written: str | WrittenGate, subjects: Subjects) -> Iterator[tuple[str, Gate]]:
    if isinstance(written, str):
        gate = _read_text(written, subjects)
        yield gate.text, gate
        return
    if written.versus is not None or written.baseline is not None:
        if written.metric.partition(".")[0] not in RESERVED:
            kind_of(written.metric, subjects, key="metric")  # names that are not known
        gate = read_comparison(written, subjects)
        yield gate.text, gate
        return
    kind = kind_of(written.metric, subjects, key="metric")
    refuse_comparing(written)
    bounds = [(">=", written.min, "min"), ("<=", written.max, "max")]
    given = [(op, limit, key) for op, limit, key in bounds if limit is not None]
    if not given:
        raise Mistake("a gate needs min, max or both, or versus or baseline")
    check_part(written, subjects)
    if written.confidence is not None and _is_exact(written.metric, kind):
        raise Mistake(
            f"{written.metric} has no interval, so it takes no confidence", key="confidence"
        )
    limits = [_limit(str(limit), kind, written.metric, key=key) for _, limit, key in given]
    if len(limits) == 2 and limits[0] > limits[1]:
        raise Mistake("min is more than max: the gate cannot be met", key="min")
    for (op, _, key), limit in zip(given, limits, strict=True):
        _check_range(written.metric, cast(Op, op), limit, kind, key=key)
        gate = _made(written, cast(Op, op), limit, str(getattr(written, key)))
        yield gate.text, gate


def _read_text(text: str, subjects: Subjects) -> Gate:
    found = _SIGN.search(text)
    metric = text[: found.start()].strip() if found else ""
    written = text[found.end() :].strip() if found else ""
    if found is None or not metric or not written:
        raise Mistake(
            f"{text!r} is no gate",
            "a gate is `metric operator value`, such as accuracy >= 0.9 or latency.p95 <= 2s",
        )
    sign = found[0]
    if sign in _OTHER_OPS:
        raise Mistake(f"unknown operator {sign!r}", f"write {metric} {_OTHER_OPS[sign]} {written}")
    if sign not in _OPS:
        raise Mistake(f"unknown operator {sign!r}", f"operators: {', '.join(_OPS)}")
    op = cast(Op, sign)
    kind = kind_of(metric, subjects)
    limit = _limit(written, kind, metric)
    _check_range(metric, op, limit, kind)
    return Gate(text=" ".join(text.split()), metric=metric, op=op, limit=limit)


def _made(written: WrittenGate, op: Op, limit: float, value: str) -> Gate:
    """A gate from its parts, with a text that tells them all."""
    cases = texts(written.cases)
    parts = {
        "confidence": written.confidence,
        "column": written.column,
        "tag": written.tag,
        "cases": None if cases is None else " ".join(cases),
    }
    return Gate(
        text=with_parts(f"{written.metric} {op} {value}", parts),
        metric=written.metric,
        op=op,
        limit=limit,
        confidence=written.confidence,
        column=written.column,
        tag=written.tag,
        cases=cases,
    )


def kind_of(metric: str, subjects: Subjects, *, key: str | None = None) -> Kind:
    """In what a metric is measured; raises `Mistake` where the suite has none of this name."""
    head, _, rest = metric.partition(".")
    if metric in subjects.derived:
        return _kind_of_derived(subjects.reckoned.get(metric))
    if head in subjects.derived:
        raise Mistake(f"{head} is one figure, without statistics: write {head} alone", key=key)
    if metric in _WHOLE:
        return _WHOLE[metric]
    if head in _WHOLE:
        raise Mistake(f"{head} has no statistics: write {head} alone", key=key)
    if head in _SPREAD:
        _check_statistic(head, rest, key)
        return _SPREAD[head]
    if head == "turn":
        name, _, statistic = rest.partition(".")
        if name != "latency":
            raise Mistake(f"{metric} is no metric of turns", "write turn.latency.p95", key=key)
        _check_statistic("turn.latency", statistic, key)
        return "seconds"
    if head == "tokens":
        kind, _, statistic = rest.partition(".")
        if kind not in _TOKENS:
            example = f"write tokens.KIND.STATISTIC; kinds: {', '.join(_TOKENS)}"
            raise Mistake(f"{metric} names no kind of tokens", example, key=key)
        _check_statistic(f"tokens.{kind}", statistic, key)
        return "number"
    if head not in subjects.metrics:
        known = (*sorted(RESERVED), *subjects.metrics, *subjects.derived)
        needed = (
            f"a check of type choice with metric: {head}" if is_figure(rest) else "an assertion"
        )
        raise Mistake(
            f"unknown metric {metric!r}",
            *advice(head, known, "metrics here"),
            f"any other is the `metric` of {needed}",
            key=key,
        )
    if rest in ("", "rate"):
        return "share" if rest else "score"
    _check_figure(head, rest, subjects, key)
    return "agreement" if rest == "kappa" else "figure"


def _kind_of_derived(metric: Derived | None) -> Kind:
    return "seconds" if metric is not None and metric.of in IN_SECONDS else "derived"


def _check_figure(metric: str, figure: str, subjects: Subjects, key: str | None) -> None:
    """Refuse what is no figure of a `choice` or `confidence` with this metric."""
    if is_calibration(figure) and (metric in subjects.confidences or not subjects.complete):
        return
    if is_calibration(figure):
        raise Mistake(
            f"{metric}.{figure} needs a check of type confidence with metric: {metric}",
            f"{metric} is the mean of its scores, {metric}.rate the share of its passes",
            key=key,
        )
    label = subjects.labels.get(metric)
    if is_figure(figure) and not subjects.complete:
        return  # the check, or the option, may be in what was left out
    if label is None and not is_figure(figure):
        raise Mistake(
            f"unknown metric {f'{metric}.{figure}'!r}",
            f"{metric} is the mean of its scores, {metric}.rate the share of its passes",
            key=key,
        )
    wrong = wrong_figure(metric, figure, label)
    if wrong is not None:
        raise Mistake(*wrong, key=key)


def _check_statistic(head: str, statistic: str, key: str | None) -> None:
    if statistic not in STATISTICS:
        what = f"no statistic {statistic!r}" if statistic else "no statistic"
        raise Mistake(
            f"{head} has {what}" if statistic else f"{head} names no statistic",
            f"write {head}.p95, or one of {', '.join(STATISTICS)}",
            key=key,
        )


def _is_exact(metric: str, kind: Kind) -> bool:
    if kind in ("figure", "agreement") or metric in ("errors", "cost_usd"):
        return True
    return metric.rpartition(".")[2] in _EXACT


def _limit(text: str, kind: Kind, metric: str, *, key: str | None = None) -> float:
    found = _LIMIT.fullmatch(text.strip())
    if found is None:
        raise Mistake(f"{text!r} is no number", _FORMS[kind], key=key)
    value, unit = float(found[1]), found[2]
    if unit is None:
        return value
    if unit == "%" and kind in ("share", "score", "derived"):
        return value / 100
    if kind == "seconds" and unit in UNITS:
        return value * UNITS[unit]
    if kind == "seconds" and unit != "%":
        raise Mistake(f"unknown unit {unit!r}", _FORMS[kind], key=key)
    is_what = "no share, so it takes no %" if unit == "%" else f"no time, so it takes no {unit!r}"
    raise Mistake(f"{metric} is {is_what}", _FORMS[kind], key=key)


def _check_range(metric: str, op: Op, limit: float, kind: Kind, *, key: str | None = None) -> None:
    """Refuse what no measured value can fail, or meet."""
    low, high = _RANGES[kind]
    if metric == "errors" and op in ("==", "!=") and limit % 1:
        how = "be met" if op == "==" else "fail"
        told = f"{metric} {op} {limit:g} cannot {how}"
        raise Mistake(told, "errors is a count: write a whole number", key=key)
    above, below = limit > high, limit < low
    never_fails = {
        ">=": limit <= low,
        ">": below,
        "<=": limit >= high,
        "<": above,
        "==": False,
        "!=": above or below,
    }
    never_met = {
        ">=": above,
        ">": limit >= high,
        "<=": below,
        "<": limit <= low,
        "==": above or below,
        "!=": False,
    }
    if not never_met[op] and not never_fails[op]:
        return
    details = [
        f"{metric} lies between {low:g} and 1" if high == 1 else f"{metric} is never below 0"
    ]
    if never_met[op] and high == 1 and 5 < limit <= 100:
        share = kind in ("share", "score")
        details.append(f"write {limit:g}%" if share else f"write {limit / 100:g}")
    how = "be met" if never_met[op] else "fail"
    raise Mistake(f"{metric} {op} {limit:g} cannot {how}", *details, key=key)
