"""`evals audit endpoint` asks a few cheap requests and says what the endpoint honours."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.evolink_server import EvolinkServer

PROGRAM = [sys.executable, "-c", "from evals.cli import main; raise SystemExit(main())"]
CONFIG = """
[tool.evals.endpoints.standin]
base_url = "{address}"
model = "gemini-3.1-pro-preview-customtools"
api_key_env = "EVOLINK_API_KEY"
"""


def audit(folder, monkeypatch, key="sk-evo-test-key-0123456789"):
    monkeypatch.setenv("EVOLINK_API_KEY", key)
    with EvolinkServer() as server:
        (folder / "pyproject.toml").write_text(CONFIG.format(address=server.base_url))
        done = subprocess.run(
            [*PROGRAM, "audit", "endpoint", "standin"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        return done, len(server.requests)


def test_what_the_endpoint_honours_is_told_and_how_many_requests_it_took(tmp_path, monkeypatch):
    done, asked = audit(tmp_path, monkeypatch)
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith(f"{asked} requests to standin (127.0.0.1)")
    for parameter in ("seed", "logprobs", "n", "response_format", "stream_options", "tools"):
        assert f"\n{parameter} " in done.stdout


@pytest.mark.parametrize("key", ["not-a-key"])
def test_a_key_that_is_not_accepted_is_said(tmp_path, monkeypatch, key):
    done, asked = audit(tmp_path, monkeypatch, key=key)
    assert "401" in done.stdout + done.stderr
    assert key not in done.stdout + done.stderr
    assert asked <= 1


def test_an_unknown_endpoint_is_bad_usage_and_names_the_known(tmp_path):
    done = subprocess.run(
        [*PROGRAM, "audit", "endpoint", "evolnk"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 4
    assert "evolink" in done.stderr
