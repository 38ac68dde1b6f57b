"""`evals plan`: what is recorded, what is not, and what asking would take; asks nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evals.cli.exits import Exit
from evals.cli.suites import NONE_HERE, Opened, configuration, named_suites
from evals.cli.terminal import say, table

if TYPE_CHECKING:
    from evals.session.plan import ColumnPlan, Plan, Spend

_HEAD = ("COLUMN", "REQUESTS", "RECORDED", "CHANGED", "NEW", "TO RECORD", "ALL LIVE")

_AS_PYTEST = "As the option of pytest."


@click.command()
@click.argument("paths", metavar="[SUITE]…", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--evals-repeat", "repeat", metavar="N", type=click.IntRange(min=1), help="As pytest."
)
@click.option("--evals-set", "set_", metavar="NAME=VALUE,…", multiple=True, help="As pytest.")
@click.option("--evals-endpoint", "endpoint", metavar="NAME", help="As pytest.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.option(
    "--no-extensions",
    is_flag=True,
    help="Import none of the project's modules: for suites of people you do not trust.",
)
def command(
    paths: tuple[Path, ...],
    form: str,
    no_extensions: bool,
    **asked: Any,
) -> int:
    """Show what is recorded, and what asking for the rest takes.

    SUITE is a file or a folder; without one, every suite under the current folder is planned.
    Nothing is asked. Tokens and dollars are estimates by the usage of earlier recordings: of the
    same case, else of its column, else of its suite; where there is none, by the length of the
    prompt and max_tokens, which is then a bound.

    \b
    Examples:
      evals plan
      evals plan suites/arithmetic.eval.yaml --evals-repeat 20
      evals plan --format json | jq .record.cost_usd
    """
    suites = list(named_suites(paths))
    if not suites:
        say(NONE_HERE, error=True)
        return Exit.NOTHING
    plan, broken = _plan(suites, no_extensions=no_extensions, **asked)
    if form == "json":
        say(_json(plan))
    elif plan.suites:
        for line in _lines(plan):
            say(line)
    return Exit.USAGE if broken else Exit.WELL


def _plan(
    suites: list[Path],
    *,
    no_extensions: bool,
    repeat: int | None,
    set_: tuple[str, ...],
    endpoint: str | None,
) -> tuple[Plan, bool]:
    """The plan of the suites that can be opened, and whether some cannot."""
    from datetime import UTC, datetime

    from evals.session.plan import Plan, plan_suite
    from evals.session.settings import parse_set

    config = configuration(no_extensions=no_extensions, endpoint=endpoint)
    opened = Opened(suites, config).open(repeat=repeat, set_=parse_set(set_))
    now = datetime.now(UTC)
    plans = tuple(plan_suite(suite, config, now=now) for suite in opened.suites)
    return Plan(suites=plans), bool(opened.broken)


def _json(plan: Plan) -> str:
    from evals.write import json_text

    totals = {
        "requests": plan.requests,
        "more": plan.more,
        "recorded": plan.recorded,
        "changed": plan.changed,
        "new": plan.new,
        "record": plan.record,
        "live": plan.live,
    }
    content = {"format": plan.format, **totals, "suites": plan.suites}
    return json_text(content)


def _lines(plan: Plan) -> Iterator[str]:
    rows = []
    for suite in plan.suites:
        rows.append((suite.path, *[""] * (len(_HEAD) - 1)))
        rows += [_row(column) for column in suite.columns]
    yield from table(rows, head=_HEAD, right=set(range(1, len(_HEAD))))
    yield ""
    yield _summary(plan)
    changes: Counter[str] = Counter()
    for suite in plan.suites:
        changes.update(suite.changes)
    yield from (f"  {count:,} × {change}" for change, count in changes.most_common())
    yield from _remarks(plan)


def _row(column: ColumnPlan) -> tuple[str, ...]:
    counts = (column.requests, column.recorded, column.changed, column.new)
    return (
        f"  {column.column}",
        *(f"{count:,}" for count in counts),
        _told(column.record),
        _told(column.live),
    )


def _told(spend: Spend) -> str:
    """`9,120 tokens, $0.03`, or a dash."""
    from evals.comparison import words

    if not spend.requests:
        return "–"
    cost = words.money(spend.cost_usd)
    if spend.unpriced:
        some = f"{cost} and {spend.unpriced:,} requests unpriced"
        cost = some if spend.cost_usd else "unpriced"
    return f"{spend.tokens:,} tokens, {cost}"


def _summary(plan: Plan) -> str:
    """What the mode `record` would ask, in a sentence."""
    from evals.comparison.words import plural

    all_ = plural(plan.requests, "request")
    if plan.recorded == plan.requests:
        return f"All of {all_} are recorded: a live run would take {_about(plan.live)}."
    told = [f"{plan.changed:,} of {all_} changed", f"{plan.new:,} are new"]
    outdated = sum(column.outdated for column in plan.columns)
    if outdated:
        told.append(f"{outdated:,} are too old")
    taking = f"recording them takes {_about(plan.record)}" if plan.record.requests else ""
    return f"{', '.join(told)}{': ' if taking else ''}{taking}; all live, {_about(plan.live)}."


def _about(spend: Spend) -> str:
    return f"about {_told(spend)}"


def _remarks(plan: Plan) -> Iterator[str]:
    """What the figures do not tell."""
    from evals.comparison.words import plural

    bounds = plan.live.basis.get("bound", 0)
    if bounds:
        yield (
            f"{plural(bounds, 'request')} without any earlier usage: at most, by the length of the "
            "prompt and max_tokens."
        )
    if plan.more:
        most = plan.requests + plan.more
        yield f"Adaptive samples: {plan.requests:,} … {most:,} requests, as the answers decide."
    open_ended = sum(suite.open_ended for suite in plan.suites)
    if open_ended:
        yield (
            f"More may follow from answers that are missing (turns, judges) of {open_ended:,} "
            "cases and columns: it is not counted."
        )
    damaged = sum(column.damaged for column in plan.columns)
    if damaged:
        yield f"{plural(damaged, 'recording')} damaged: evals cassettes verify names them."
    unused = sum(suite.unused for suite in plan.suites)
    if unused:
        yield f"{plural(unused, 'recording')} unused: evals cassettes prune shows them."
    for suite in plan.suites:
        if suite.live_only:
            yield f"{suite.path} is live_only: only --evals-mode live asks it."
