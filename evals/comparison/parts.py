"""What a metric of the suite itself is made from, and its value from that."""

from __future__ import annotations

from collections.abc import Mapping

from evals.expression import ExpressionError
from evals.expression.names import leaves as _leaves
from evals.expression.names import parsed
from evals.model import Derived
from evals.model.parts import part_of

__all__ = ["evaluated", "has_times", "leaves"]


def leaves(derived: Derived, known: Mapping[str, Derived]) -> tuple[str, ...]:
    """The metrics that it is made from in the end: those without an expression."""
    expressions = {name: each.expression for name, each in known.items() if each.expression}
    return _leaves(derived.name, expressions)


def evaluated(
    derived: Derived, values: Mapping[str, float | None], known: Mapping[str, Derived]
) -> tuple[float | None, str]:
    """Its value from those of its leaves, or why there is none."""
    if derived.expression is None:
        return values[derived.name], ""
    expression = parsed(derived.expression)
    reached = dict(values)
    for path in expression.paths:
        if path not in reached:
            reached[path], lacks = evaluated(known[path], values, known)
            if lacks:
                return None, f"{path}: {lacks}"
        if reached[path] is None:
            return None, f"{path} has no value"
    try:
        return float(expression.evaluate(reached)), ""
    except ExpressionError as error:
        return None, f"{derived.expression}: {error.message}"


def has_times(derived: Derived, known: Mapping[str, Derived]) -> bool:
    """Whether times are among what it is made from."""
    parts = (part_of(leaf, known) for leaf in leaves(derived, known))
    return any(part is not None and part.is_time for part in parts)
