"""`evals local`: the local model for other programs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

import evals


def test_a_file_that_is_no_gguf_file_is_refused_with_a_remedy(call, project: Path) -> None:
    pytest.importorskip("xllamacpp")
    (project / "weights.gguf").write_bytes(b"something else")
    called = call("local", "weights.gguf")
    assert called.code == 6
    assert "is no GGUF file" in called.err
    assert "Traceback" not in called.err


@pytest.mark.local
def test_it_answers_under_the_address_and_key_it_prints_and_stops_when_told(project) -> None:
    script = "import sys; from evals.cli import main; sys.exit(main(['local']))"
    process = subprocess.Popen(
        (sys.executable, "-c", script),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(evals.__file__).parents[1])},
    )
    assert process.stdout is not None
    try:
        said = dict(process.stdout.readline().split() for _ in range(3))
        request = urllib.request.Request(
            f"{said['address']}/models", headers={"authorization": f"Bearer {said['key']}"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            models = json.load(answer)["data"]
        assert [model["id"] for model in models] == [said["model"]]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(request, timeout=10)
