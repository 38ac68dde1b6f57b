"""A check by a condition over what is known of the answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from evals.checks.asking import Context
from evals.checks.options import Options, Share, show
from evals.checks.registry import CheckType, Mistake
from evals.checks.sentences import lines
from evals.checks.verdict import found, nfc, quote, reaches
from evals.errors import CheckError
from evals.expression import Expression, ExpressionError, parse
from evals.model import Completion, Verdict

NAMES = ("text", "words", "lines", "finish_reason", "usage", "vars", "metrics")


class Condition(Options, frozen=True, kw_only=True):
    """Options of `expression`."""

    value: Annotated[
        str,
        Meta(
            description="A condition or, with `threshold`, a number in 0 … 1: "
            "`len(words) < 50 and 'sum' in metrics`."
        ),
    ]
    threshold: Annotated[Share | None, Meta(description="The least number that passes.")] = None


def expression(completion: Completion, options: Condition, *, context: Context) -> Verdict:
    """The condition is true of the answer, in a small language that is never run as Python.

    It is judged after all other checks of the test. `text` is the answer, `words` what stands
    between its spaces, `lines` its lines; `finish_reason` is the service's word, `usage` the tokens
    it counted, such as `usage.completion_tokens`; `vars` are those of the test, and `metrics` the
    scores of its other checks that have a `metric`. What has no value, such as a division by zero
    or a metric whose check is in error, is an error.
    """
    condition = _parsed(options.value)
    known = _known(completion, context)
    try:
        value = condition.evaluate(known)
    except ExpressionError as error:
        told = f"{quote(options.value)}: {error.message}{_where(condition, known)}"
        raise CheckError(told) from error
    told = f"{quote(options.value)} is {show(value)}{_where(condition, known)}"
    if isinstance(value, bool):
        if options.threshold is not None:
            raise CheckError(f"{told}: a threshold needs a number")
        return found(value, told)
    if isinstance(value, int | float) and options.threshold is not None:
        if not 0 <= value <= 1:
            raise CheckError(f"{told}: a score is in 0 … 1")
        passed = reaches(value, options.threshold)
        return found(passed, f"{told}, threshold {options.threshold:g}", score=float(value))
    raise CheckError(f"{told}: neither true nor false")


def _known(completion: Completion, context: Context) -> Mapping[str, Any]:
    text = nfc(completion.text)
    return {
        "text": text,
        "words": text.split(),
        "lines": lines(text),
        "finish_reason": completion.finish_reason,
        "usage": msgspec.structs.asdict(completion.usage),
        "vars": context.vars,
        "metrics": context.metrics,
    }


def _where(condition: Expression, known: Mapping[str, Any]) -> str:
    """What is known under the names in use: lists by their length, the text by its beginning."""
    told = []
    for path in condition.paths:
        try:
            value = parse(path).evaluate(known)
        except ExpressionError:
            value = None
        if path in ("words", "lines"):
            told.append(f"{len(value):,} {path}")
        elif value is None:
            told.append(f"no {path}")
        else:
            shown = quote(value, limit=60) if isinstance(value, str) else show(value)
            told.append(f"{path} {shown}")
    return f"; {', '.join(told)}"


def _parsed(text: str) -> Expression:
    return parse(text, names=NAMES)


def _inspect(options: Condition) -> Iterator[Mistake]:
    try:
        parsed = _parsed(options.value)
    except ExpressionError as error:
        yield ("value",), error.message
        return
    if not parsed.paths:
        yield ("value",), "it names nothing of the answer, so it is always the same"


CHECKS = (
    CheckType(
        name="expression",
        function=expression,
        options=Condition,
        inspect=_inspect,
        wants_context=True,
        last=True,
    ),
)
