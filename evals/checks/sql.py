"""Checks of SQL in the answer: it is parsed by sqlglot, never run."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from msgspec import Meta

from evals.checks.extras import missing
from evals.checks.options import Options, unknown
from evals.checks.registry import CheckType, Mistake
from evals.checks.transform import fences
from evals.checks.verdict import count, found, quote
from evals.model import Completion, Verdict

if TYPE_CHECKING:
    from sqlglot.expressions import Expression

_LONGEST = 100_000  # characters
_DEEPEST = 50  # brackets within brackets
_SHOWN = 10
_BRACKET = re.compile(r"[()\[\]]")


class Sql(Options, frozen=True, kw_only=True):
    """Options of `is-sql` and `contains-sql`."""

    dialect: Annotated[
        str | None,
        Meta(
            description="sqlglot's name of the dialect, such as `postgres`, `mysql`, `sqlite`, "
            "`bigquery`; default: what most have in common."
        ),
    ] = None
    tables: Annotated[
        tuple[str, ...],
        Meta(
            description="The tables that may be named: `users`, or `sales.users` with its schema; "
            "default: any. Capitals do not matter."
        ),
    ] = ()
    columns: Annotated[
        tuple[str, ...],
        Meta(
            description="The columns that may be named: `name` of any table, `users.name` of one; "
            "default: any. `*` reads all, so it fails."
        ),
    ] = ()


def is_sql(completion: Completion, options: Sql) -> Verdict:
    """The answer is SQL: one or more statements that parse, on the tables and columns allowed.

    It is parsed, never run. Statements are queries, changes of data, and the creation, change and
    removal of tables; a word or a sentence is none.
    """
    return _judged(completion.text, options)


def contains_sql(completion: Completion, options: Sql) -> Verdict:
    """The answer is SQL as for `is-sql`, or one of its code fences holds such SQL."""
    whole = _judged(completion.text, options)
    if whole.passed:
        return whole
    nearest: Verdict | None = None
    for content in fences(completion.text):
        verdict = _judged(content, options)
        if verdict.passed:
            return verdict
        nearest = nearest or verdict
    return nearest or whole


def _judged(text: str, options: Sql) -> Verdict:
    statements = _statements(text, options.dialect)
    if isinstance(statements, str):
        return found(False, f"no SQL: {statements}; found {quote(text)}")
    wrong = [*_forbidden_tables(statements, options), *_forbidden_columns(statements, options)]
    if wrong:
        shown = ", ".join(wrong[:_SHOWN])
        told = f"not allowed: {shown}" + (" and more" if len(wrong) > _SHOWN else "")
        return found(False, f"{told}; found {quote(text)}", extracted=text.strip())
    kinds = ", ".join(statement.key.upper() for statement in statements[:_SHOWN])
    told = f"{count(len(statements), 'statement')} ({kinds})"
    return found(True, f"{told}: {quote(text.strip())}", extracted=text.strip())


def _statements(text: str, dialect: str | None) -> list[Expression] | str:
    """The statements, or why there are none."""
    import sqlglot

    if len(text) > _LONGEST:
        return f"it is longer than {_LONGEST:,} characters"
    if _depth(text) > _DEEPEST:
        return f"brackets are nested more than {_DEEPEST} deep"
    try:
        with _quiet():
            parsed: list[Any] = [
                one for one in sqlglot.parse(text, read=dialect) if one is not None
            ]
    except sqlglot.ParseError as error:
        first: dict[str, Any] = (error.errors or [{}])[0]
        told = str(first.get("description") or str(error).partition("\n")[0]).rstrip(".")
        return f"{told} in line {first['line']}" if first.get("line") else told
    except (sqlglot.errors.SqlglotError, RecursionError, ValueError) as error:
        return str(error).partition("\n")[0] or "it is nested too deep"
    if not parsed:
        return "it is empty"
    for statement in parsed:
        if not _is_statement(statement, text):
            return f"{quote(statement.sql()[:_LONGEST], limit=60)} is no statement"
    return parsed


def _is_statement(statement: Any, text: str) -> bool:
    """Whether it is one of SQL's, and not a sentence that begins with its first word."""
    from sqlglot import exp

    if isinstance(statement, exp.Select):
        return bool(statement.expressions)
    if isinstance(statement, exp.Insert):
        return statement.expression is not None or bool(statement.args.get("default"))
    if isinstance(statement, exp.Delete):
        return bool(statement.args.get("where")) or "from" in text.casefold()
    others = (exp.Query, exp.Update, exp.Merge, exp.Create, exp.Drop, exp.Alter, exp.TruncateTable)
    return isinstance(statement, others)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """sqlglot logs what it does not understand; here that is a verdict."""
    logger = logging.getLogger("sqlglot")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def _depth(text: str) -> int:
    deepest = depth = 0
    for bracket in _BRACKET.findall(text):
        depth += 1 if bracket in "([" else -1
        deepest = max(deepest, depth)
    return deepest


def _forbidden_tables(statements: list[Expression], options: Sql) -> Iterator[str]:
    from sqlglot import exp

    if not options.tables:
        return
    allowed = {name.casefold() for name in options.tables}
    for statement in statements:
        named = {cte.alias.casefold() for cte in statement.find_all(exp.CTE)}
        for table in statement.find_all(exp.Table):
            if not table.db and table.name.casefold() in named:
                continue
            full = ".".join(filter(None, (table.catalog, table.db, table.name))).casefold()
            if full not in allowed and table.name.casefold() not in allowed:
                yield f"table {full or table.sql()}"


def _forbidden_columns(statements: list[Expression], options: Sql) -> Iterator[str]:
    if not options.columns:
        return
    allowed = {name.casefold() for name in options.columns}
    for statement in statements:
        for table, column in _columns(statement):
            if column == "*":
                yield "* of all columns"
            elif not ({column, f"{table}.{column}"} & allowed):
                yield f"column {table}.{column}" if table else f"column {column}"


def _columns(statement: Expression) -> Iterator[tuple[str, str]]:
    """Every column of a real table that is named: the table ("" where it is not told), its name.

    Columns of a subquery or `WITH` are made of those that it names itself.
    """
    from sqlglot import exp
    from sqlglot.optimizer.scope import traverse_scope

    known = {id(scope.expression): _folded(scope.sources) for scope in traverse_scope(statement)}
    outside = {
        table.alias_or_name: table
        for table in statement.find_all(exp.Table)
        if table.find_ancestor(exp.Select) is None
    }
    for column in statement.find_all(exp.Column):
        levels = [*_levels(column, known), _folded(outside)]
        table = _table(column, levels)
        if table is not None:
            yield table, column.name.casefold()
    for star in statement.find_all(exp.Star):
        if not isinstance(star.parent, exp.Count | exp.Column):
            yield "", "*"
    if isinstance(statement, exp.Insert) and isinstance(statement.this, exp.Schema):
        for name in statement.this.expressions:
            yield statement.this.this.name.casefold(), name.name.casefold()


Sources: TypeAlias = Mapping[str, Any]
"""What a query reads by name: tables, and the scopes of subqueries."""


def _folded(sources: Sources) -> Sources:
    return {name.casefold(): source for name, source in sources.items()}


def _levels(column: Expression, known: Mapping[int, Sources]) -> Iterator[Sources]:
    """The sources of the query that the column stands in, then of those around it."""
    from sqlglot import exp

    around = column.find_ancestor(exp.Select)
    while around is not None:
        yield known.get(id(around), {})
        around = around.find_ancestor(exp.Select)


def _table(column: Any, levels: list[Sources]) -> str | None:
    """The table of a column; "" where it could be of several, None where it is of none."""
    from sqlglot import exp

    qualifier = column.table.casefold()
    if qualifier:
        source = next((level[qualifier] for level in levels if qualifier in level), None)
        if source is None:
            return str(qualifier)
        return source.name.casefold() if isinstance(source, exp.Table) else None
    if _is_alias(column):
        return None
    here = next((level for level in levels if level), {})
    real = [source for source in here.values() if isinstance(source, exp.Table)]
    if here and not real:
        return None
    return real[0].name.casefold() if len(here) == 1 else ""


def _is_alias(column: Any) -> bool:
    """Whether it names a column of the result: after ORDER BY, GROUP BY, HAVING."""
    from sqlglot import exp

    clause = column.find_ancestor(exp.Order, exp.Group, exp.Having, exp.Select)
    if clause is None or isinstance(clause, exp.Select):
        return False
    query = clause.find_ancestor(exp.Select)
    aliases = (
        (one.alias for one in query.expressions if isinstance(one, exp.Alias)) if query else ()
    )
    return column.name.casefold() in {alias.casefold() for alias in aliases}


def _inspect(options: Sql) -> Iterator[Mistake]:
    if missing("sqlglot") is not None or options.dialect is None:
        return
    from sqlglot.dialects.dialect import Dialects

    known = [dialect.value for dialect in Dialects if dialect.value]
    if options.dialect not in known:
        yield ("dialect",), unknown("dialect", options.dialect, known)


CHECKS = (
    CheckType(name="is-sql", function=is_sql, options=Sql, inspect=_inspect, library="sqlglot"),
    CheckType(
        name="contains-sql",
        function=contains_sql,
        options=Sql,
        inspect=_inspect,
        library="sqlglot",
    ),
)
