"""What was measured of one side as strings: accuracy, difference, latency, tokens."""

from __future__ import annotations

from collections.abc import Mapping

from evals.comparison import words
from evals.comparison.words import MISSING
from evals.model import Difference, Estimate, Frozen, Side, Spread
from evals.report import plots
from evals.report.plots import Axis, Interval

TOKENS_WIDTH = 120
DENSITY_HEIGHT = 26.0
_ENOUGH_FOR_DENSITY = 8


class Accuracy(Frozen, frozen=True, kw_only=True):
    value: str
    interval: str
    numbers: str  # cases and trials
    if_errors: str  # the range that errors leave open
    plot: Interval | None


class Compared(Frozen, frozen=True, kw_only=True):
    """A side against its reference."""

    value: str
    interval: str
    plot: Interval | None
    reference: str
    direction: str  # Better or Worse, where p allows to say so
    words: str
    p: str
    cases: str  # that both sides have; empty where there are none
    gains: str
    losses: str


class LatencyPlot(Frozen, frozen=True, kw_only=True):
    """A distribution along the axis; single answers where there are too few for an outline."""

    outline: str
    dots: tuple[str, ...]
    median: str
    p95: str
    limit: str


class Latency(Frozen, frozen=True, kw_only=True):
    median: str
    interval: str
    p95: str
    note: str
    plot: LatencyPlot | None


class TokenBar(Frozen, frozen=True, kw_only=True):
    """Widths and places in pixels, one part after the other."""

    prompt: str
    visible: str
    reasoning_at: str
    reasoning: str


class TokenUse(Frozen, frozen=True, kw_only=True):
    total: str
    parts: str
    bar: TokenBar | None


class Ratios(Frozen, frozen=True, kw_only=True):
    """Over the reference, on n shared cases: `0.42× [0.40, 0.45], n = 240`; empty: not known."""

    latency: str
    ttft: str
    tokens: str
    cost: str


def ratios(side: Side) -> Ratios:
    def told(metric: str) -> str:
        of = side.ratios.get(metric)
        if of is None:
            return ""
        return f"{words.times(of.value, of.low, of.high)}, n = {words.count(of.n_cases)}"

    return Ratios(
        latency=told("latency"),
        ttft=told("ttft"),
        tokens=told("tokens.total"),
        cost=told("cost_usd"),
    )


def parted(text: str) -> tuple[str, str]:
    """A formatted value and its interval in brackets."""
    value, bracket, interval = text.partition(" [")
    return value, f"[{interval}" if bracket else ""


def accuracy(of: Estimate, axis: Axis) -> Accuracy:
    value, interval = parted(words.accuracy(of))
    return Accuracy(
        value=value,
        interval=interval,
        numbers=numbers(of),
        if_errors=_if_errors(of),
        plot=plots.interval(axis, of.value, of.low, of.high),
    )


def numbers(of: Estimate) -> str:
    """`20 cases`, or `20 cases, 60 trials` where samples were taken."""
    return words.numbers(of.n_cases, of.n_trials)


def _if_errors(of: Estimate) -> str:
    if not of.n_errors or of.if_errors_fail is None or of.if_errors_pass is None:
        return ""
    low, high = words.share(of.if_errors_fail), words.share(of.if_errors_pass)
    return f"{low} … {high} with {words.plural(of.n_errors, 'error')} either way"


def compared(of: Difference, axis: Axis, names: Mapping[str, str]) -> Compared:
    value, interval = parted(words.difference(of))
    tested = of.p is not None
    return Compared(
        value=value,
        interval=interval,
        plot=plots.interval(axis, of.value, of.low, of.high),
        reference=names[of.reference],
        direction=words.direction(of),
        words=words.chance(of),
        p=f"{words.adjusted_p(of)}, {words.plural(of.n_cases, 'case')}" if tested else "",
        cases=f"n = {words.count(of.n_cases)}" if of.n_cases else "",
        gains=f"+{len(of.gains)}" if of.n_cases else MISSING,
        losses=f"−{len(of.losses)}" if of.n_cases else MISSING,
    )


def latency(side: Side, axis: Axis, limit: float | None) -> Latency:
    spread = side.latency
    median, interval = parted(words.seconds(spread.median, spread.median_low, spread.median_high))
    return Latency(
        median=median,
        interval=interval,
        p95=words.seconds(spread.p95),
        note=_latency_note(side),
        plot=_latency_plot(spread, axis, limit) if spread.values else None,
    )


def _latency_note(side: Side) -> str:
    spread, first = side.latency, side.ttft
    said = [words.plural(spread.n, "answer")]
    if spread.n and spread.p95 is None:
        said.append("too few for p95")
    if first is not None and first.median is not None:
        said.append(f"first token {words.seconds(first.median)}")
    return ", ".join(said)


def _latency_plot(spread: Spread, axis: Axis, limit: float | None) -> LatencyPlot:
    enough = spread.n >= _ENOUGH_FOR_DENSITY
    return LatencyPlot(
        outline=plots.density(spread.values, axis, height=DENSITY_HEIGHT) if enough else "",
        dots=() if enough else tuple(plots.px(axis.place(value)) for value in spread.values),
        median=_place(axis, spread.median),
        p95=_place(axis, spread.p95),
        limit=_place(axis, limit),
    )


def _place(axis: Axis, value: float | None) -> str:
    return "" if value is None else plots.px(axis.place(value))


def all_tokens(side: Side) -> float | None:
    """Prompt and completion, mean of the answers that tell both."""
    told = side.tokens
    if told.prompt is None or told.completion is None:
        return None
    return told.prompt + told.completion


def tokens(side: Side, most: float) -> TokenUse:
    """`most` tokens fill the bar."""
    told, total = side.tokens, all_tokens(side)
    if total is None:
        return TokenUse(total=MISSING, parts="not told by the service", bar=None)
    if not told.reasoning or told.visible is None:
        parts = f"{words.tokens(told.prompt)} prompt, {words.tokens(told.completion)} completion"
    else:
        parts = (
            f"{words.tokens(told.prompt)} prompt, {words.tokens(told.visible)} visible, "
            f"{words.tokens(told.reasoning)} reasoning"
        )
    return TokenUse(total=words.tokens(total), parts=parts, bar=_bar(side, TOKENS_WIDTH / most))


def _bar(side: Side, scale: float) -> TokenBar:
    told = side.tokens
    prompt = (told.prompt or 0.0) * scale
    visible = (told.completion if told.visible is None else told.visible) or 0.0
    return TokenBar(
        prompt=plots.px(prompt),
        visible=plots.px(max(1.0, visible * scale)),
        reasoning_at=plots.px(prompt + visible * scale),
        reasoning=plots.px((told.reasoning or 0.0) * scale),
    )
