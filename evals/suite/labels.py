"""What gates can ask of a `choice` with a metric.

`label.macro_f1`, `label.kappa`, and of an option `label.f1.A`, `label.precision.A`,
`label.recall.A`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from evals.model import Check
from evals.suite.nearest import advice

_FIGURES = ("macro_f1", "kappa")
_OF_AN_OPTION = ("f1", "precision", "recall")
_CALIBRATION = ("brier", "ece", "auroc")
_NEEDED = "it takes one choice a test, with one right `value` and its `options` written out"


class Label(NamedTuple):
    """A metric of `choice` checks: all their options, and why it has no figures, if so."""

    options: tuple[str, ...] = ()
    unfit: str = ""


def labels_in(tests: Iterable[Iterable[Check]]) -> dict[str, Label]:
    """The labels by metric; `tests` are the checks of each test."""
    found: dict[str, Label] = {}
    for checks in tests:
        here: set[str] = set()
        for check in checks:
            if check.type != "choice" or check.metric is None:
                continue
            label = found.get(check.metric, Label())
            unfit = _unfit(check)
            if check.metric in here:
                unfit = unfit or f"{_named(check)} is the second of its test"
            here.add(check.metric)
            options = check.options.get("options")
            keys = options if isinstance(options, dict | list | tuple) else ()
            found[check.metric] = Label(
                tuple(dict.fromkeys((*label.options, *keys))), label.unfit or unfit
            )
    return found


def confidences_in(tests: Iterable[Iterable[Check]]) -> frozenset[str]:
    """The metrics of `confidence` checks: `sure` also gives `sure.brier`, `.ece`, `.auroc`."""
    return frozenset(
        check.metric
        for checks in tests
        for check in checks
        if check.type == "confidence" and check.metric is not None
    )


def is_calibration(name: str) -> bool:
    """Whether `name` is a figure of a `confidence`."""
    return name in _CALIBRATION


def _unfit(check: Check) -> str:
    """Why a check's answers are not right or wrong for one option."""
    if check.negate:
        return f"{_named(check)} is inverted"
    if not isinstance(check.options.get("options"), dict | list | tuple):
        return f"{_named(check)} has a template as options"
    if not isinstance(check.options.get("value"), str):
        return f"{_named(check)} has several right options"
    return ""


def _named(check: Check) -> str:
    return f"the {check.label} at {check.place}" if check.place else f"a {check.label}"


def is_figure(name: str) -> bool:
    """Whether `name` is written like a figure of a label: `kappa`, `recall.A`."""
    return name in _FIGURES or name.partition(".")[0] in _OF_AN_OPTION


def wrong_figure(metric: str, figure: str, label: Label | None) -> tuple[str, ...] | None:
    """Why a gate cannot ask for this figure – a message and its details – or None."""
    written = f"{metric}.{figure}"
    if label is None:
        message = f"{written} needs a check of type choice with metric: {metric}"
        return message, f"{metric} is the mean of its scores, {metric}.rate the share of its passes"
    if not is_figure(figure):
        of_options = (f"{of}.{option}" for of in _OF_AN_OPTION for option in label.options)
        known = ("rate", *_FIGURES, *of_options)
        return f"unknown metric {written!r}", *advice(figure, known, f"known after {metric}")
    if label.unfit:
        return f"{written} cannot be measured: {label.unfit}", _NEEDED
    if figure in _FIGURES:
        return None
    of, _, option = figure.partition(".")
    if not option:
        options = ", ".join(label.options)
        return f"{written} names no option", f"write {metric}.{of}.OPTION; options: {options}"
    if option not in label.options:
        return f"{metric} has no option {option!r}", *advice(option, label.options, "options")
    return None
