"""`evals trust`: allow a key for a host."""

from __future__ import annotations

import os

import click

from evals.cli.terminal import say


@click.command()
@click.argument("host")
@click.option("--key", "variable", metavar="NAME", required=True, help="The key's variable.")
def command(host: str, variable: str) -> None:
    """Allow the key in a variable to be sent to a host.

    A project's file says which variable holds a key and which host gets it, and whoever can
    change that file could send a key anywhere. So a pair that is not built in has to be allowed
    outside the project: this writes it to your own configuration. The key itself is not read.

    \b
    Example:
      evals trust api.example.com --key EXAMPLE_API_KEY
    """
    from evals.endpoints.trust import trust

    path = trust(host, variable, env=os.environ)
    say(f"{variable} may be sent to {host}: written to {path}")
