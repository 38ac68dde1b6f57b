"""`evals audit endpoint`: what an endpoint honours, at a price that is said beforehand."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from tests.support.evolink_server import EvolinkServer, Step

KEY = "sk-evo-0123456789abcdef"


class Deaf(EvolinkServer):
    """Takes every parameter and heeds none; refuses a JSON Schema."""

    def reply(self, method: str, path: str, headers: dict[str, str], content: bytes) -> list[Step]:
        body = json.loads(content)
        if "response_format" in body:
            body["response_format"] = {"type": "xml"}
        for name in ("logprobs", "top_logprobs", "n", "tools", "tool_choice", "stream_options"):
            body.pop(name, None)
        return super().reply(method, path, headers, msgspec.json.encode(body))


def configure(project: Path, server: EvolinkServer, more: str = "") -> None:
    text = f'[endpoints.evolink]\nbase_url = "{server.base_url}"\n{more}'
    (project / "pyproject.toml").unlink()
    (project / "evals.toml").write_text(text)


def rows(out: str) -> dict[str, str]:
    """The table's lines by parameter."""
    lines = out.partition("PARAMETER")[2].splitlines()[1:]
    return {line.split()[0]: line for line in lines if line.strip()}


def test_an_endpoint_that_honours_what_it_is_asked(
    call, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVOLINK_API_KEY", KEY)
    with EvolinkServer() as server:
        configure(project, server)
        called = call("audit", "endpoint", "evolink", "--max-tokens", "2000")
    assert called.code == 0
    assert "9 requests to evolink (127.0.0.1), at most 2,000 tokens an answer, at most $0.24" in (
        called.err
    )
    assert "key         accepted" in called.out
    found = rows(called.out)
    assert [found[name].split()[1] for name in ("max_tokens", "logprobs", "n", "tools")] == (
        ["honoured"] * 4
    )
    assert "honoured" in found["response_format"]
    assert "usage" in found["stream_options"]
    assert "unclear   the answer is the same, whatever the seed" in found["seed"]
    assert "9 answers, 1" in called.out
    assert "$0.1" in called.out
    assert len(server.requests) == 9
    assert KEY not in called.out + called.err


def test_one_that_ignores_and_refuses(call, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVOLINK_API_KEY", KEY)
    with Deaf() as server:
        configure(project, server, 'drop = ["seed"]\n')
        called = call("audit", "endpoint", "evolink")
    found = rows(called.out)
    assert "ignored   asked for, none came" in found["logprobs"]
    assert "ignored   2 asked for, 1 came" in found["n"]
    assert "ignored   a call was required, none came" in found["tools"]
    assert "but no usage" in found["stream_options"]
    assert "1491 tokens came, 512 were allowed" in found["max_tokens"]
    assert "not sent  drop has seed" in found["seed"]
    assert found["response_format"].split()[1] == "refused"
    assert "must be one of text, json_object, json_schema" in found["response_format"]


@pytest.mark.parametrize(
    ("key", "words"), [("", "EVOLINK_API_KEY is not set"), ("sk-wrong-0123456789", "401")]
)
def test_without_a_key_that_is_accepted_it_ends_at_once(
    call, project: Path, monkeypatch: pytest.MonkeyPatch, key: str, words: str
) -> None:
    monkeypatch.setenv("EVOLINK_API_KEY", key)
    with EvolinkServer() as server:
        configure(project, server)
        called = call("audit", "endpoint", "evolink")
    assert called.code == 6
    assert words in called.err
    assert "PARAMETER" not in called.out
    assert "Traceback" not in called.err


def test_an_endpoint_that_is_unknown(call, project: Path) -> None:
    called = call("audit", "endpoint", "evolnik")
    assert called.code == 4
    assert 'Did you mean "evolink"?' in called.err


@pytest.mark.local
def test_the_real_local_model(call, project: Path) -> None:
    pytest.importorskip("xllamacpp")
    called = call("audit", "endpoint", "local", "--max-tokens", "32")
    assert called.code == 0
    found = rows(called.out)
    assert found["max_tokens"].split()[1] == "honoured"
    assert found["logprobs"].split()[1] == "honoured"
    assert found["seed"].split()[1] == "honoured"
    assert "9 answers" in called.out
