"""What an expression is over given names. Strict: no truth of a text, no text as a number."""

from __future__ import annotations

import difflib
import math
import operator
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

import msgspec

from evals.expression.syntax import (
    Binary,
    Call,
    Comparison,
    Constant,
    ExpressionError,
    Item,
    Items,
    Name,
    Node,
    Unary,
    tree,
)

_LARGEST_BITS = 1024  # of a whole number: beyond a float's range
_LONGEST = 1_000_000  # characters or items of a joined text or list


class NoValue(ExpressionError):
    """There is no value for these inputs: a division by zero, no data, a number too large."""


class Expression(msgspec.Struct, frozen=True):
    """An expression that was understood; `paths` are the names it uses, in order, dotted."""

    text: str
    root: Node
    paths: tuple[str, ...]

    def evaluate(self, values: Mapping[str, Any]) -> Any:
        """Its value; raises `NoValue` where there is none, else `ExpressionError`.

        `latency.p95` is `values["latency.p95"]` if there is one, else `values["latency"]["p95"]`.
        """
        return _value(self.root, values)

    def names(self) -> tuple[str, ...]:
        """The first part of every path, each once."""
        return tuple(dict.fromkeys(path.partition(".")[0] for path in self.paths))


def parse(
    text: str,
    *,
    names: Collection[str] | None = None,
    functions: Collection[str] | None = None,
) -> Expression:
    """The expression; raises `ExpressionError` with the column of the first mistake.

    With `names`, each name is one of them: by its whole dotted path or by its first part.
    `functions` are those of `FUNCTIONS` that are allowed; default: all.
    """
    root = tree(text)
    paths: dict[str, None] = {}
    allowed = FUNCTIONS.keys() if functions is None else functions
    for node in _nodes(root):
        if isinstance(node, Call):
            if node.function not in allowed:
                raise _unknown("function", node.function, allowed, node.column)
            _count_arguments(node)
        elif isinstance(node, Name):
            path = ".".join(node.path)
            if names is not None and path not in names and node.path[0] not in names:
                raise _unknown("name", path, names, node.column)
            paths[path] = None
    return Expression(text, root, tuple(paths))


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for part in node.__struct_fields__:
        yield from _nodes_in(getattr(node, part))


def _nodes_in(value: Any) -> Iterator[Node]:
    if isinstance(value, Node):
        yield from _nodes(value)
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes_in(item)


def _unknown(what: str, name: str, known: Collection[str], column: int) -> ExpressionError:
    near = difflib.get_close_matches(name, sorted(known), n=1)
    told = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(sorted(known)) or 'none'}"
    return ExpressionError(f"unknown {what} `{name}`; {told}", column)


def _count_arguments(call: Call) -> None:
    least, most = _ARGUMENTS[call.function]
    if not least <= len(call.arguments) <= most:
        takes = "one value" if most == 1 else "a list or several values"
        raise ExpressionError(f"`{call.function}` takes {takes}", call.column)


def _value(node: Node, values: Mapping[str, Any]) -> Any:
    match node:
        case Constant(value=value):
            return value
        case Name():
            return _named(node, values)
        case Items(of=of):
            return [_value(item, values) for item in of]
        case Item():
            return _item(node, values)
        case Call(column=column, function=function, arguments=arguments):
            given = [_value(argument, values) for argument in arguments]
            return _bounded(FUNCTIONS[function](column, given), column)
        case Unary():
            return _unary(node, values)
        case Binary():
            return _binary(node, values)
        case Comparison():
            return _compared(node, values)


def _named(node: Name, values: Mapping[str, Any]) -> Any:
    whole = ".".join(node.path)
    if whole in values:
        return values[whole]
    found: Any = values
    for step in node.path:
        if not isinstance(found, Mapping) or step not in found:
            raise NoValue(f"`{whole}` has no value", node.column)
        found = found[step]
    return found


def _item(node: Item, values: Mapping[str, Any]) -> Any:
    of, at = _value(node.of, values), _value(node.at, values)
    if isinstance(of, Mapping) and isinstance(at, str):
        if at in of:
            return of[at]
        raise NoValue(f"there is no {at!r}", node.column)
    if isinstance(of, list | tuple | str) and isinstance(at, int) and not isinstance(at, bool):
        if -len(of) <= at < len(of):
            return of[at]
        raise NoValue(f"there is no item {at}: it has {len(of)}", node.column)
    raise ExpressionError(f"no item {_kind(at)} of {_kind(of)}", node.column)


def _unary(node: Unary, values: Mapping[str, Any]) -> Any:
    operand = _value(node.operand, values)
    if node.operator == "not":
        return not _truth(operand, node.column)
    number = _numeric(operand, node.column)
    return -number if node.operator == "-" else number


def _binary(node: Binary, values: Mapping[str, Any]) -> Any:
    left = _value(node.left, values)
    if node.operator in ("and", "or"):
        if _truth(left, node.column) is (node.operator == "or"):
            return left
        return _truth(_value(node.right, values), node.column)
    right = _value(node.right, values)
    if node.operator == "+" and _same_kind(left, right, (str, list)):
        if len(left) + len(right) > _LONGEST:
            raise NoValue("the text or list is too long", node.column)
        return left + right
    return _arithmetic(node, _numeric(left, node.column), _numeric(right, node.column))


_ARITHMETIC: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}


def _arithmetic(node: Binary, left: int | float, right: int | float) -> int | float:
    try:
        if node.operator == "**":
            found = _power(left, right)
        else:
            found = _ARITHMETIC[node.operator](left, right)
    except ZeroDivisionError:
        raise NoValue("a division by zero", node.column) from None
    except OverflowError:
        raise NoValue("the number is too large", node.column) from None
    return _bounded(found, node.column)  # type: ignore[no-any-return]  # a number


def _power(base: int | float, exponent: int | float) -> Any:
    if isinstance(base, int) and isinstance(exponent, int) and exponent >= 0:
        if base.bit_length() * exponent > _LARGEST_BITS and base not in (-1, 0, 1):
            raise OverflowError
        return base**exponent if exponent < 2 * _LARGEST_BITS else base ** (exponent % 2 + 2)
    return float(base) ** float(exponent)


def _bounded(value: Any, column: int) -> Any:
    """The value; numbers that are complex, not finite or beyond a float are none."""
    if isinstance(value, complex) or (isinstance(value, float) and not math.isfinite(value)):
        raise NoValue("no real number", column)
    if isinstance(value, int) and value.bit_length() > _LARGEST_BITS:
        raise NoValue("the number is too large", column)
    return value


def _compared(node: Comparison, values: Mapping[str, Any]) -> bool:
    left = _value(node.first, values)
    for sign, column, part in node.rest:
        right = _value(part, values)
        if not _holds(sign, left, right, column):
            return False
        left = right
    return True


_ORDERS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _holds(sign: str, left: Any, right: Any, column: int) -> bool:
    if sign in ("in", "not in"):
        return _contains(right, left, column) is (sign == "in")
    if sign in ("==", "!="):
        if left is not None and right is not None and _kind(left) != _kind(right):
            raise ExpressionError(f"compares {_kind(left)} with {_kind(right)}", column)
        return _equal(left, right) is (sign == "==")
    if _same_kind(left, right, (str,)):
        return _ORDERS[sign](left, right)
    return _ORDERS[sign](_numeric(left, column), _numeric(right, column))


def _equal(left: Any, right: Any) -> bool:
    """Deep equality; 1 is 1.0, and neither is true."""
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(_equal, left, right))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(_equal(left[key], right[key]) for key in left)
    return bool(_kind(left) == _kind(right) and left == right)


def _contains(whole: Any, part: Any, column: int) -> bool:
    if isinstance(whole, list | tuple):
        return any(_equal(item, part) for item in whole)
    if isinstance(whole, str | Mapping) and isinstance(part, str):
        return part in whole
    raise ExpressionError(f"{_kind(part)} cannot be in {_kind(whole)}", column)


def _same_kind(left: Any, right: Any, kinds: tuple[type, ...]) -> bool:
    return any(isinstance(left, kind) and isinstance(right, kind) for kind in kinds)


def _truth(value: Any, column: int) -> bool:
    if isinstance(value, bool):
        return value
    if value is None:
        raise NoValue("there is no value to decide by", column)
    raise ExpressionError(f"expected true or false, found {_kind(value)}", column)


def _numeric(value: Any, column: int) -> int | float:
    if value is None:
        raise NoValue("there is no value to reckon with", column)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ExpressionError(f"expected a number, found {_kind(value)}", column)
    if isinstance(value, float) and not math.isfinite(value):
        raise NoValue("no real number", column)
    return value


_KINDS: Final = (
    (bool, "true or false"),
    ((int, float), "a number"),
    (str, "a text"),
    ((list, tuple), "a list"),
    (Mapping, "a mapping"),
)


def _kind(value: Any) -> str:
    found = (told for kind, told in _KINDS if isinstance(value, kind))
    return next(found, "no value")


def _several(column: int, given: list[Any]) -> list[Any]:
    if len(given) == 1:
        if not isinstance(given[0], list | tuple):
            raise ExpressionError(f"expected a list, found {_kind(given[0])}", column)
        return list(given[0])
    return given


def _len(column: int, given: list[Any]) -> int:
    if not isinstance(given[0], str | list | tuple | Mapping):
        raise ExpressionError(f"{_kind(given[0])} has no length", column)
    return len(given[0])


def _lower(column: int, given: list[Any]) -> str:
    if not isinstance(given[0], str):
        raise ExpressionError(f"expected a text, found {_kind(given[0])}", column)
    return given[0].lower()


def _extreme(pick: Callable[..., Any]) -> Callable[[int, list[Any]], Any]:
    def function(column: int, given: list[Any]) -> Any:
        numbers = [_numeric(value, column) for value in _several(column, given)]
        if not numbers:
            raise NoValue("the list is empty", column)
        return pick(numbers)

    return function


def _sum(column: int, given: list[Any]) -> int | float:
    numbers = [_numeric(value, column) for value in _several(column, given)]
    if all(isinstance(number, int) for number in numbers):
        return sum(numbers)
    try:
        return math.fsum(numbers)
    except OverflowError:
        raise NoValue("the number is too large", column) from None


def _every(pick: Callable[..., bool]) -> Callable[[int, list[Any]], bool]:
    def function(column: int, given: list[Any]) -> bool:
        return pick([_truth(value, column) for value in _several(column, given)])

    return function


FUNCTIONS: Final[Mapping[str, Callable[[int, list[Any]], Any]]] = {
    "len": _len,
    "min": _extreme(min),
    "max": _extreme(max),
    "sum": _sum,
    "any": _every(any),
    "all": _every(all),
    "lower": _lower,
}
_ARGUMENTS: Final = {name: (1, 1 if name in ("len", "lower") else 1000) for name in FUNCTIONS}
