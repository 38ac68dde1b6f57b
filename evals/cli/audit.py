"""`evals audit`: whether what a project relies on does what it says."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import click

from evals.cli.audit_checks import checks
from evals.cli.audit_drift import drift
from evals.cli.audit_gates import gates
from evals.cli.audit_judge import judge
from evals.cli.evidence import evidence
from evals.cli.project import root
from evals.cli.terminal import say, table

if TYPE_CHECKING:
    from evals.endpoints.config import Config, EndpointConfig
    from evals.endpoints.probe import Row
    from evals.model import Completion

_STYLES = {"ignored": "yellow", "refused": "yellow", "unclear": "yellow"}


@click.group()
def command() -> None:
    """Find out whether what a project relies on does what it says.

    \b
    Examples:
      evals audit checks
      evals audit endpoint evolink
      evals audit evidence --since origin/main
      evals audit gates
      evals audit judge --labels labels.csv
      evals audit drift --sample 20 --max-cost 0.10
    """


command.add_command(evidence)
command.add_command(gates)
command.add_command(drift)
command.add_command(checks)
command.add_command(judge)


@command.command()
@click.argument("name", required=False)
@click.option(
    "--max-tokens",
    type=click.IntRange(min=1),
    default=512,
    show_default=True,
    help="Tokens of one answer at most. Models that reason need more.",
)
def endpoint(name: str | None, max_tokens: int) -> None:
    """Ask an endpoint what it honours: a few requests, which cost what they cost.

    Shows whether it can be reached, whether the key is accepted, and which of max_tokens, seed,
    logprobs, n, response_format (a JSON Schema), streaming with usage and tools it honours,
    ignores or refuses. NAME is an endpoint of the configuration; without it, the default one.

    \b
    Examples:
      evals audit endpoint
      evals audit endpoint evolink --max-tokens 2048
    """
    from evals.session.extensions import configuration

    config = configuration(root(), env=os.environ)
    chosen = _chosen(config, name or config.endpoint)
    _say_beforehand(config, chosen, max_tokens)
    first, rows = asyncio.run(_ask(config, chosen, max_tokens))
    say()
    cells = [(row.parameter, row.found, row.words) for row in rows]
    head, *lines = table(cells, head=("PARAMETER", "FOUND", "HOW"))
    say(head)
    for row, line in zip(rows, lines, strict=True):
        say(line, style=_STYLES.get(row.found))
    say()
    say(_total(rows))
    _keep(config, chosen, first.model, rows)


def _chosen(config: Config, name: str) -> EndpointConfig:
    if name in config.endpoints:
        return config.endpoints[name]
    from difflib import get_close_matches

    close = get_close_matches(name, list(config.endpoints), n=1)
    hint = f' Did you mean "{close[0]}"?' if close else ""
    raise click.UsageError(
        f"There is no endpoint {name!r}.{hint} Known are: {', '.join(config.endpoints)}."
    )


def _say_beforehand(config: Config, chosen: EndpointConfig, max_tokens: int) -> None:
    from evals.endpoints.probe import REQUESTS, highest_cost

    cost = highest_cost(config.prices, model=chosen.model or "", max_tokens=max_tokens)
    bound = "" if cost is None else f", at most ${cost:.2f}"
    if cost is None and not chosen.loopback:
        bound = ", of unknown price"
    say(
        f"{REQUESTS} requests to {chosen.name} ({chosen.host}), at most {max_tokens:,} tokens an "
        f"answer{bound}",
        error=True,
    )


async def _ask(
    config: Config, chosen: EndpointConfig, max_tokens: int
) -> tuple[Completion, tuple[Row, ...]]:
    from evals.endpoints.client import connect
    from evals.endpoints.probe import first_answer, probe
    from evals.endpoints.secrets import secrets_of

    secrets = secrets_of(config, os.environ)
    async with connect(config, [chosen.name], env=os.environ, secrets=secrets) as router:
        first = await first_answer(router, chosen, max_tokens=max_tokens)
        say(f"reachable   {first.host}, answered after {first.timing.latency_s:.2f} s")
        key = "accepted" if chosen.api_key_env else "none is sent"
        say(f"key         {key}")
        say(f"model       {first.model}")
        for note in first.notes:
            say(f"note        {note}")
        prices = config.prices
        return first, await probe(router, chosen, first, max_tokens=max_tokens, prices=prices)


def _keep(config: Config, chosen: EndpointConfig, answered: str, rows: tuple[Row, ...]) -> None:
    """Keep what was found for the reports of runs that ask this endpoint."""
    from datetime import UTC, datetime

    from evals.endpoints.secrets import secrets_of
    from evals.errors import DiskError
    from evals.model import EndpointAudit, ParameterAudit
    from evals.record.audits import keep_audit

    audit = EndpointAudit(
        endpoint=chosen.name,
        base_url=chosen.base_url,
        model=chosen.model,
        answered=answered,
        at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        parameters=tuple(
            ParameterAudit(parameter=row.parameter, found=row.found, words=row.words)
            for row in rows
        ),
    )
    try:
        keep_audit(root() / "reports", audit, secrets=secrets_of(config, os.environ))
    except DiskError as problem:
        say(f"Not kept for reports: {problem}", error=True)
        return
    say("Kept in reports/endpoints.json: reports of runs that ask it say so.")


def _total(rows: tuple[Row, ...]) -> str:
    requests = sum(row.requests for row in rows)
    tokens = [row.tokens for row in rows if row.tokens is not None]
    costs = [row.cost_usd for row in rows if row.cost_usd is not None]
    told = f"{requests} answers"
    if tokens:
        told += f", {sum(tokens):,} tokens"
    return told + (f", ${sum(costs):.4f}" if costs else ", unpriced")
