"""Text → tree, with the column of every part. One grammar on every version of Python."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final, NoReturn, TypeAlias

import msgspec

from evals.errors import EvalsError

LONGEST: Final = 10_000  # characters
DEEPEST: Final = 64  # parts within parts; a chain of operators counts each


class ExpressionError(EvalsError):
    """What is wrong with an expression, and in which column (from 1) of its text."""

    def __init__(self, message: str, column: int) -> None:
        self.column = column
        super().__init__(f"{message} (column {column})")


class Constant(msgspec.Struct, frozen=True):
    column: int
    value: Any
    depth: int = 1


class Name(msgspec.Struct, frozen=True):
    """`usage.completion_tokens`: a name and the keys below it that stand after dots."""

    column: int
    path: tuple[str, ...]
    depth: int = 1


class Items(msgspec.Struct, frozen=True):
    """A list."""

    column: int
    of: tuple[Node, ...]
    depth: int


class Item(msgspec.Struct, frozen=True):
    """`of[at]`: of a list by place, of a mapping by key."""

    column: int
    of: Node
    at: Node
    depth: int


class Call(msgspec.Struct, frozen=True):
    column: int
    function: str
    arguments: tuple[Node, ...]
    depth: int


class Unary(msgspec.Struct, frozen=True):
    column: int
    operator: str
    operand: Node
    depth: int


class Binary(msgspec.Struct, frozen=True):
    column: int
    operator: str
    left: Node
    right: Node
    depth: int


class Comparison(msgspec.Struct, frozen=True):
    """`a < b <= c`: each pair has to hold."""

    column: int
    first: Node
    rest: tuple[tuple[str, int, Node], ...]  # operator, its column, right side
    depth: int


Node: TypeAlias = Constant | Name | Items | Item | Call | Unary | Binary | Comparison

_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?(?![\w.]))"
    r"|(?P<name>[^\W\d]\w*)"
    r"|(?P<string>'(?:[^'\\\n]|\\.)*+'|\"(?:[^\"\\\n]|\\.)*+\")"
    r"|(?P<sign>\*\*|//|==|!=|<=|>=|[-+*/%<>()\[\],.])"
)
_SPACE = re.compile(r"\s*")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"'}
_CONSTANTS: Final = {
    "true": True,
    "false": False,
    "null": None,
    "True": True,
    "False": False,
    "None": None,
}
_COMPARISONS: Final = ("==", "!=", "<", "<=", ">", ">=", "in", "not in")
_NOT, _COMPARED, _SIGNED, _POWER = 3, 4, 7, 8
_BINARY: Final = {
    "or": 1,
    "and": 2,
    "+": 5,
    "-": 5,
    "*": 6,
    "/": 6,
    "//": 6,
    "%": 6,
    "**": _POWER,
}
_LEVELS: Final = _BINARY | dict.fromkeys(_COMPARISONS, _COMPARED)
_WORDS: Final = frozenset({"or", "and", "not", "in"})


class Token(msgspec.Struct, frozen=True):
    kind: str  # number, name, string, sign; operators in letters are signs; end
    text: str
    column: int


def tree(text: str) -> Node:
    """The expression as a tree; raises `ExpressionError`."""
    if len(text) > LONGEST:
        raise ExpressionError(f"an expression has at most {LONGEST:,} characters", LONGEST + 1)
    parser = _Parser(list(_tokens(text)))
    node = parser.expression()
    if parser.next.kind != "end":
        parser.refuse("expected an operator or the end")
    return node


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    while True:
        at = _SPACE.match(text, at).end()  # type: ignore[union-attr]  # it matches always
        if at == len(text):
            yield Token("end", "", at + 1)
            return
        match = _TOKEN.match(text, at)
        if match is None:
            raise ExpressionError(_unreadable(text[at:]), at + 1)
        kind = str(match.lastgroup)
        if kind == "name" and match[0] in _WORDS:
            kind = "sign"
        yield Token(kind, match[0], at + 1)
        at = match.end()


def _unreadable(rest: str) -> str:
    if rest[0] in "'\"":
        return "this text is not closed on its line"
    if rest[0] == "=":
        return "`=` compares nothing; write `==`"
    if rest[0].isdigit():
        return f"{rest.split()[0][:20]} is no number"
    return f"{rest[0]!r} means nothing here"


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.inside = 0  # expressions that are open

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.tokens[self.at]
        self.at += 1
        return token

    def expect(self, sign: str) -> None:
        if self.next.text != sign or self.next.kind != "sign":
            self.refuse(f"expected `{sign}`")
        self.take()

    def refuse(self, expected: str) -> NoReturn:
        token = self.next
        found = f"found `{token.text}`" if token.kind != "end" else "the expression ends here"
        raise ExpressionError(f"{expected}, {found}", token.column)

    def expression(self, level: int = 0) -> Node:
        """Everything that binds more tightly than `level`."""
        self.inside += 1
        if self.inside > DEEPEST:
            raise ExpressionError(f"nested more than {DEEPEST} deep", self.next.column)
        left = self.operand()
        while (operator := self.operator()) is not None:
            binds = _LEVELS[operator]
            if binds <= level:
                break
            column = self.next.column
            self.at += 2 if operator == "not in" else 1
            if binds == _COMPARED:
                left = self.comparison(left, operator, column)
            else:
                # a power binds to the right, and less tightly than the sign of its exponent
                right = self.expression(_POWER - 1 if operator == "**" else binds)
                left = _built(Binary, column, (left, right), operator, left, right)
        self.inside -= 1
        return left

    def operator(self) -> str | None:
        token = self.next
        if token.kind != "sign":
            return None
        if token.text == "not":
            after = self.tokens[self.at + 1]
            return "not in" if after.text == "in" and after.kind == "sign" else None
        return token.text if token.text in _LEVELS else None

    def comparison(self, first: Node, operator: str, column: int) -> Node:
        rest = [(operator, column, self.expression(_COMPARED))]
        while (following := self.operator()) in _COMPARISONS and following is not None:
            at = self.next.column
            self.at += 2 if following == "not in" else 1
            rest.append((following, at, self.expression(_COMPARED)))
        parts = (first, *(node for _, _, node in rest))
        return _built(Comparison, column, parts, first, tuple(rest))

    def operand(self) -> Node:
        token = self.next
        if token.kind == "sign" and token.text in ("not", "-", "+"):
            self.take()
            inner = self.expression(_NOT if token.text == "not" else _SIGNED)
            return _built(Unary, token.column, (inner,), token.text, inner)
        node = self.atom()
        while self.next.kind == "sign" and self.next.text == "[":
            column = self.take().column
            at = self.expression()
            self.expect("]")
            node = _built(Item, column, (node, at), node, at)
        return node

    def atom(self) -> Node:
        token = self.next
        if token.kind == "number":
            return Constant(self.take().column, _number(token))
        if token.kind == "string":
            return Constant(self.take().column, _unescaped(token))
        if token.kind == "name":
            return self.named()
        if token.text == "(" and token.kind == "sign":
            self.take()
            node = self.expression()
            self.expect(")")
            return node
        if token.text == "[" and token.kind == "sign":
            self.take()
            items = self.listed("]")
            return _built(Items, token.column, items, items)
        return self.refuse("expected a value")

    def named(self) -> Node:
        token = self.take()
        if token.text in _CONSTANTS:
            return Constant(token.column, _CONSTANTS[token.text])
        if self.next.kind == "sign" and self.next.text == "(":
            self.take()
            arguments = self.listed(")")
            return _built(Call, token.column, arguments, token.text, arguments)
        path = [token.text]
        while self.next.kind == "sign" and self.next.text == ".":
            self.take()
            if self.next.kind != "name":
                self.refuse("expected a name after the dot")
            path.append(self.take().text)
        return Name(token.column, tuple(path))

    def listed(self, end: str) -> tuple[Node, ...]:
        items: list[Node] = []
        while self.next.text != end or self.next.kind != "sign":
            items.append(self.expression())
            if self.next.text != "," or self.next.kind != "sign":
                break
            self.take()
        self.expect(end)
        return tuple(items)


def _built(kind: Callable[..., Node], column: int, parts: tuple[Node, ...], *fields: Any) -> Node:
    depth = 1 + max((part.depth for part in parts), default=0)
    if depth > DEEPEST:
        raise ExpressionError(f"nested more than {DEEPEST} deep", column)
    return kind(column, *fields, depth)


def _number(token: Token) -> int | float:
    if token.text.isdecimal():
        if len(token.text) > 300:
            raise ExpressionError("a number has at most 300 digits", token.column)
        return int(token.text)
    value = float(token.text)
    if value in (float("inf"), float("-inf")):
        raise ExpressionError(f"{token.text} is too large", token.column)
    return value


def _unescaped(token: Token) -> str:
    def meant(match: re.Match[str]) -> str:
        escape = match[1]
        if len(escape) == 5:
            return chr(int(escape[1:], 16))
        if escape not in _ESCAPES:
            column = token.column + 1 + match.start()
            raise ExpressionError(f"`\\{escape}` is no escape; write `\\\\`", column)
        return _ESCAPES[escape]

    return _ESCAPE.sub(meant, token.text[1:-1])
