"""The tree of a template: what may stand in it, and the counters that are put into it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from jinja2 import Environment, TemplateSyntaxError, nodes

from evals.suite.nearest import hint

_FILTER_WORDS: Final = (
    "abs batch capitalize center count d default dictsort first float format groupby indent "
    "int items join last length list lower map max min reject rejectattr replace reverse "
    "round select selectattr slice sort string striptags sum title tojson trim truncate "
    "unique upper urlencode wordcount wordwrap re_escape"
)
_TEST_WORDS: Final = (
    "boolean defined divisibleby eq equalto == even false float ge >= greaterthan gt > in "
    "integer iterable le <= lessthan lower lt < mapping ne != none number odd sequence "
    "string true undefined upper"
)
FILTERS: Final = tuple(_FILTER_WORDS.split())
TESTS: Final = tuple(_TEST_WORDS.split())
_NODES: Final = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.For, nodes.If, nodes.Assign),
    *(nodes.With, nodes.Name, nodes.Const, nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair),
    *(nodes.Keyword, nodes.Getitem, nodes.Getattr, nodes.Slice, nodes.Filter, nodes.Test),
    *(nodes.Compare, nodes.Operand, nodes.CondExpr, nodes.Concat, nodes.BinExpr, nodes.UnaryExpr),
)
ASKING: Final = ("defined", "undefined", "default", "d")
# Filters of our own; no template can write these names.
COUNTED: Final = "·counted"
MEASURED: Final = "·measured"
JOINED: Final = "·joined"


def parsed(environment: Environment, text: str) -> nodes.Template:
    """The tree of a template; raises TemplateSyntaxError where it holds what is not allowed."""
    tree = environment.parse(text)
    for node in tree.find_all(nodes.Node):
        _check(node)
    return tree


def _check(node: nodes.Node) -> None:
    if isinstance(node, nodes.Call):
        _check_call(node)
    elif isinstance(node, nodes.Filter | nodes.Test):
        _check_name(node)
    elif not isinstance(node, _NODES):
        _refuse(node, f"{{% {type(node).__name__.lower()} %}} is not available in a suite")
    elif isinstance(node, nodes.For) and node.recursive:
        _refuse(node, "recursive loops are not available in a suite")
    elif isinstance(node, nodes.Name) and node.name == "self":
        _refuse(node, "self is a word of Jinja2; name the var otherwise")


def _refuse(node: nodes.Node, message: str) -> None:
    raise TemplateSyntaxError(message, node.lineno)


def _check_call(node: nodes.Call) -> None:
    simple = node.dyn_args is None and node.dyn_kwargs is None and not node.kwargs
    if isinstance(node.node, nodes.Name) and node.node.name == "range" and simple:
        return
    name = str(getattr(node.node, "attr", getattr(node.node, "name", "this")))
    write = f": write | {name}" if name in FILTERS else hint(name, FILTERS)
    _refuse(node, f"{name}(…) is a call; templates have filters, no methods{write}")


def _check_name(node: nodes.Filter | nodes.Test) -> None:
    kind, known = ("filter", FILTERS) if isinstance(node, nodes.Filter) else ("test", TESTS)
    if node.name not in known:
        words = [name for name in known if name[0].isalpha()]
        near = hint(node.name, words) or f"; {kind}s: {', '.join(sorted(words))}"
        _refuse(node, f"unknown {kind} {node.name!r}{near}")
    if node.node is None:
        _refuse(node, "{% filter %} is not available in a suite")


def expression(tree: nodes.Template) -> nodes.Expr | None:
    """The expression that is the whole template, if it is one."""
    only = tree.body[0] if len(tree.body) == 1 else None
    if not isinstance(only, nodes.Output) or len(only.nodes) != 1:
        return None
    return None if isinstance(only.nodes[0], nodes.TemplateData) else only.nodes[0]


def asked(tree: nodes.Template) -> Iterator[str]:
    """Names that a template only asks about: `is defined`, `| default`."""
    for node in tree.find_all((nodes.Test, nodes.Filter)):
        assert isinstance(node, nodes.Test | nodes.Filter)
        if node.name in ASKING and isinstance(node.node, nodes.Name):
            yield node.node.name


def filtered(node: nodes.Node, name: str, *args: nodes.Node) -> nodes.Filter:
    return nodes.Filter(node, name, list(args), [], None, None, lineno=node.lineno)


def rewrite(node: nodes.Node) -> None:
    """Put a counter into every loop, comparison, slice and container below a node.

    `~` becomes a filter, since the sandbox does not intercept it.
    """
    for field, value in node.iter_fields():
        if isinstance(value, nodes.Node):
            setattr(node, field, _rewritten(value))
        elif isinstance(value, list):
            value[:] = [_rewritten(x) if isinstance(x, nodes.Node) else x for x in value]
    if isinstance(node, nodes.For):
        node.iter = filtered(node.iter, COUNTED)
    elif isinstance(node, nodes.Compare | nodes.Operand):
        node.expr = (
            node.expr if isinstance(node.expr, nodes.Const) else filtered(node.expr, MEASURED)
        )
    elif isinstance(node, nodes.Test) and node.args:
        node.args = [filtered(item, MEASURED) for item in node.args]


def _rewritten(node: nodes.Node) -> nodes.Node:
    rewrite(node)
    if isinstance(node, nodes.Concat):
        return filtered(node.nodes[0], JOINED, *node.nodes[1:])
    made = isinstance(node, nodes.List | nodes.Dict) or (
        isinstance(node, nodes.Tuple) and node.ctx == "load"
    )
    sliced = isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Slice)
    return filtered(node, MEASURED) if made or sliced else node
