"""`evals run`: pytest on the suites."""

from __future__ import annotations

from pathlib import Path

import click
from click.shell_completion import CompletionItem

from evals.cli.exits import Exit
from evals.cli.project import find_suites, root, shown
from evals.cli.terminal import say


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(incomplete, type="file")]


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("args", nargs=-1, type=click.UNPROCESSED, shell_complete=_complete)
@click.pass_context
def command(ctx: click.Context, args: tuple[str, ...]) -> int:
    """Run suites through pytest, with tables instead of dots.

    ARGS are pytest's, and so are the exit codes; -v gives pytest's own output back. Without a
    path, the suites in the folder `suites` are run, or those below the current folder where
    there is none. By default recorded answers are judged and nothing is asked.

    \b
    Examples:
      evals run
      evals run --evals-mode record
      evals run --evals-resume latest
      evals run suites/arithmetic.eval.yaml -k small --evals-repeat 5
      evals run -n 4 --junitxml results.xml
    """
    from evals.plugin.main import NoSuites, run

    folder = Path("suites") if Path("suites").is_dir() else Path()
    options = [f"--rootdir={root()}"]
    if ctx.color is not None:
        options.append(f"--color={'yes' if ctx.color else 'no'}")
    try:
        return run(
            (*options, *args),
            suites=[shown(path) for path in find_suites(folder)],
            words=("evals", "run", *args),
        )
    except NoSuites:
        say(
            f"There is no suite (*.eval.yaml) in {folder.resolve()}. "
            "`evals init` writes a first one.",
            error=True,
        )
        return Exit.NOTHING
