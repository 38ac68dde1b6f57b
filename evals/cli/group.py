"""The command `evals` itself: a command's module is imported when the command is asked for."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

import click

import evals
from evals.cli.terminal import say, wants_color

COMMANDS = (
    "init",
    "import",
    "validate",
    "plan",
    "run",
    "show",
    "compare",
    "report",
    "rescore",
    "baseline",
    "cassettes",
    "schema",
    "config",
    "trust",
    "audit",
    "local",
)

_EPILOG = """\b
Examples:
  evals init                            a first suite that runs at once
  evals plan                            what is recorded, what asking would take
  evals run                             judge what is recorded: asks nobody
  evals run --evals-mode record         ask what is not recorded yet
  evals show                            the newest run
  evals report latest -o page.html      its page

\b
Exit codes: 0 all well, 1 a check or gate failed, 2 interrupted, 3 internal error,
4 bad usage or bad suite, 5 nothing to run, 6 more errors than a suite allows, no
baseline, or a file that cannot be written.

\b
Completion of commands, options and runs, for one session:
  bash   eval "$(_EVALS_COMPLETE=bash_source evals)"
  zsh    eval "$(_EVALS_COMPLETE=zsh_source evals)"
  fish   _EVALS_COMPLETE=fish_source evals | source
"""


class LazyGroup(click.Group):
    """Commands by name; each module `evals.cli.<name>` has one, called `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"evals.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            from difflib import get_close_matches

            close = get_close_matches(name, COMMANDS, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise click.UsageError(f"There is no command {name!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            code = super().invoke(ctx)
            for run in ctx.meta.get("evals.runs", ()):
                for problem in run.damaged:
                    say(f"damaged, and left out: {problem}", error=True)
            return code
        except BrokenPipeError:  # whoever read has seen enough (`evals show | head`)
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0


@click.group(cls=LazyGroup, epilog=_EPILOG)
@click.version_option(evals.__version__, message="evals %(version)s")
@click.option("--no-color", is_flag=True, help="Print without colours, as NO_COLOR=1 does.")
@click.pass_context
def group(ctx: click.Context, no_color: bool) -> None:
    """Evaluate language models: suites in YAML, recorded answers, honest comparisons."""
    ctx.color = False if no_color else wants_color(os.environ)
