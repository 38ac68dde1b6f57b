"""The command `evals`: thin front ends of the engine that pytest drives too.

Exit codes are pytest's where they mean the same: 0 all well, 1 a check or gate failed,
2 interrupted, 3 internal error, 4 bad usage or bad suite, 5 nothing to run, 6 too many errors.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code. `arguments` are the process's where they are None."""
    import os
    import sys

    import click

    from evals.cli.exits import Exit, internal_error, refuse
    from evals.cli.group import group
    from evals.errors import EvalsError

    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed (`>&-`): nobody wants to read it
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 # to the end
    try:
        code = group.main(args=arguments, prog_name="evals", standalone_mode=False)
    except click.UsageError as problem:
        problem.show()
        return Exit.USAGE
    except click.Abort:
        return Exit.INTERRUPTED
    except EvalsError as problem:
        return refuse(problem)
    except Exception as problem:  # noqa: BLE001 # whatever it is: its traceback, and code 3
        return internal_error(problem)
    return int(code or 0)
