"""`evals local`: the local endpoint, in the foreground."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from evals.cli.project import root
from evals.cli.terminal import say, table

if TYPE_CHECKING:
    from evals.endpoints.local import LocalServer

_LOOK_EVERY_S = 2.0


@click.command()
@click.argument(
    "model_file",
    metavar="[GGUF]",
    required=False,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
def command(model_file: Path | None) -> None:
    """Serve the local model until Ctrl-C, for other programs.

    Prints its address and a key that is made anew each time. GGUF is a file with weights;
    without one, those of the endpoint `local` are served: the SmolLM2 weights, unless the
    configuration names others. Suites do not need this: the endpoint `local` starts a server of
    its own.

    \b
    Examples:
      evals local
      evals local models/qwen.Q4_K_M.gguf
    """
    from evals.endpoints.config import load_config
    from evals.endpoints.local import LocalServer

    env = dict(os.environ)
    if model_file is not None:
        env["EVALS_LOCAL_MODEL"] = str(model_file.resolve())
    config = load_config(root(), env=env)
    endpoint = config.endpoints["local"]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    say("starting …", error=True)
    try:
        with LocalServer.start(
            model_file=endpoint.model_file,
            alias=endpoint.model or "",
            slots=endpoint.slots,
            context=endpoint.context,
            root=config.root,
        ) as server:
            _show(server, endpoint.model or "")
            _wait(server)
    except KeyboardInterrupt:
        say("stopped", error=True)


def _show(server: LocalServer, model: str) -> None:
    rows = (
        ("address", server.base_url),
        ("key", server.key.reveal()),
        ("model", model),
    )
    for line in table(rows):
        say(line)
    say("Ctrl-C stops it.", error=True)


def _wait(server: LocalServer) -> None:
    """Return never; raises `EndpointError` when the server has ended by itself."""
    from evals.errors import EndpointError

    parts = urlsplit(server.base_url)
    while True:
        time.sleep(_LOOK_EVERY_S)
        try:
            socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60).close()
        except OSError as problem:
            raise EndpointError(
                f"The local server does not answer any more: {problem}",
                kind="connect",
                remedy=f"Its log is {server.log}",
            ) from problem
