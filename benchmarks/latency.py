"""What our client says of latency and rate, beside a plain aiohttp client in the same run.

python -m benchmarks.latency            # best of five
python -m benchmarks.latency --quick    # best of two

Each measurement is a process of its own; clients take turns. The stand-in answers after a time that
is known.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from evals.runner import WINDOW
from tests.support.rationed import InterruptedServer, RationedServer

ROOT = Path(__file__).resolve().parent.parent
LATENCY_S = 0.2
MODEL = "gemini-3.1-pro-preview-customtools"
KEY = "sk-evo-benchmark-key"
_MANY = 10_000  # requests, of which the last wait a tenth of a second for the disk
Sample = tuple[float, float | None]  # latency and time to the first token, in seconds
Measured = tuple[list[Sample], float]  # and seconds in all


def body(number: int, *, stream: bool) -> dict[str, Any]:
    message = {"role": "user", "content": f"Number {number}: say anything."}
    whole: dict[str, Any] = {"model": MODEL, "messages": [message], "max_tokens": 16}
    return {**whole, "stream": True} if stream else whole


async def journaled(address: str, requests: int, in_flight: int, *, stream: bool) -> Measured:
    """The client, with every answer on disk before it is given out."""
    return await ours(address, requests, in_flight, stream=stream, journal=True)


async def ours(
    address: str, requests: int, in_flight: int, *, stream: bool, journal: bool = False
) -> Measured:
    """The client; 0 in flight: as many as it finds out."""
    from evals.endpoints.client import connect
    from evals.endpoints.config import load_config
    from evals.model import Endpoint, Request
    from evals.record.answers import Answers
    from evals.session.gathering import Journaling
    from evals.write import Secrets

    with tempfile.TemporaryDirectory() as folder:
        text = f'[endpoints.evolink]\nbase_url = "{address}"\n'
        if in_flight:
            text += f"concurrency = {in_flight}\n"
        Path(folder, "evals.toml").write_text(text)
        env = {"EVOLINK_API_KEY": KEY}
        config = load_config(Path(folder), env=env)
        answers = Answers(Path(folder, "answers-0.jsonl"), secrets=Secrets(env))
        async with connect(config, ["evolink"], env=env) as router:
            client: Endpoint = router
            if journal:
                client = Journaling(router, answers, "benchmark", mode="live")

            async def ask(number: int) -> Sample:
                asked = Request(endpoint="evolink", body=body(number, stream=stream))
                timing = (await client.complete(asked)).timing
                return timing.latency_s, timing.ttft_s

            measured = await many(ask, requests)
        answers.close()
        return measured


async def plain(address: str, requests: int, in_flight: int, *, stream: bool) -> Measured:
    import aiohttp

    slots = asyncio.Semaphore(in_flight)
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:

        async def ask(number: int) -> Sample:
            data = json.dumps(body(number, stream=stream)).encode()
            async with slots:
                begun = time.perf_counter()
                first = None
                async with session.post(f"{address}/chat/completions", data=data) as answer:
                    if not stream:
                        json.loads(await answer.read())
                        return time.perf_counter() - begun, None
                    async for piece in answer.content.iter_any():
                        if first is None and b'"content":"' in piece.replace(b'"content":""', b""):
                            first = time.perf_counter() - begun
                return time.perf_counter() - begun, first

        return await many(ask, requests)


async def many(ask: Callable[[int], Awaitable[Sample]], requests: int) -> Measured:
    """Every sample, and seconds in all; as many are under way at once as in a run."""
    numbers = iter(range(requests))

    async def drive() -> list[Sample]:
        return [await ask(number) for number in numbers]

    begun = time.perf_counter()
    samples = await asyncio.gather(*(drive() for _ in range(min(WINDOW, requests))))
    return list(itertools.chain.from_iterable(samples)), time.perf_counter() - begun


CLIENTS = {"ours": ours, "journaled": journaled, "plain": plain}


def run(client: str, address: str, requests: int, in_flight: int, *, stream: bool) -> Any:
    """One measurement in a process of its own: samples and seconds in all."""
    arguments = [client, address, str(requests), str(in_flight), "stream" if stream else "whole"]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.latency", "--one", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def one(client: str, address: str, requests: str, in_flight: str, how: str) -> None:
    ask = CLIENTS[client]
    print(
        json.dumps(asyncio.run(ask(address, int(requests), int(in_flight), stream=how == "stream")))
    )


def p99(values: Sequence[float]) -> float:
    return sorted(values)[int(0.99 * (len(values) - 1))]


def added(values: Sequence[float]) -> tuple[float, float]:
    """Milliseconds above the known latency: median and p99."""
    return 1000 * (median(values) - LATENCY_S), 1000 * (p99(values) - LATENCY_S)


def row(name: str, ours_ms: float, plain_ms: float, margin: float, absolute: float) -> str:
    met = ours_ms <= absolute or ours_ms - plain_ms <= margin
    return (
        f"{'ok  ' if met else 'OVER'} {name:<44} ours {ours_ms:+7.2f} ms   plain {plain_ms:+7.2f} "
        f"ms   target < {absolute:g} ms, or plain + {margin:g} ms"
    )


def measure(address: str, rounds: int) -> list[str]:
    """Rows for 16 and 64 in flight, whole answers and streams."""
    rows = []
    for stream in (False, True):
        for in_flight, margin in ((16, 2.0), (64, 5.0)):
            best: dict[str, tuple[float, float]] = {}
            for _ in range(rounds):
                for client in ("ours", "plain"):
                    requests = in_flight * (6 if in_flight == 64 else 12)
                    samples, _ = run(client, address, requests, in_flight, stream=stream)
                    samples = samples[in_flight:]  # the first ones open the connections
                    figures = added([sample[int(stream)] for sample in samples])
                    before = best.get(client, figures)
                    best[client] = (min(before[0], figures[0]), min(before[1], figures[1]))
            what = f"{'ttft' if stream else 'latency'}, {in_flight} in flight"
            mine, theirs = best["ours"], best["plain"]
            rows.append(row(f"{what}, median", mine[0], theirs[0], margin, 1.0))
            rows.append(row(f"{what}, p99", mine[1], theirs[1], 15.0, 5.0))
    return rows


def throughput(address: str, rounds: int) -> list[str]:
    """Requests a second, 64 in flight, against a server that answers at once."""
    best = dict.fromkeys(CLIENTS, 0.0)
    for number in range(rounds):
        for client in sorted(CLIENTS, reverse=number % 2 == 1):
            _, seconds = run(client, address, _MANY, 64, stream=False)
            best[client] = max(best[client], _MANY / seconds)
    return [
        rate("rate, 0 ms, 64 in flight", best["ours"], best["plain"]),
        rate("rate, 0 ms, 64 in flight, journaled", best["journaled"], best["plain"]),
    ]


def rate(name: str, ours: float, plain: float) -> str:
    ratio = ours / plain
    return (
        f"{'ok  ' if ratio >= 0.4 else 'OVER'} {name:<44} {ratio:.2f} x   ours {ours:.0f}/s   "
        f"plain {plain:.0f}/s   target >= 0.4 x"
    )


def limited(requests: int, latency_s: float) -> str:
    """A service that takes 50 requests a second, of which nothing is configured."""
    with RationedServer(50, latency=latency_s) as service:
        samples, seconds = run("ours", service.base_url, requests, 0, stream=False)
    used, refused = requests / 50 / seconds, service.refused / service.requests_seen
    met = used >= 0.9 and refused < 0.05 and len(samples) == requests
    name = f"50 requests a second allowed, {1000 * latency_s:.0f} ms"
    return (
        f"{'ok  ' if met else 'OVER'} {name:<44} {used:.2f} used   {refused:.3f} refused   "
        f"{requests - len(samples)} lost   target >= 0.9, < 0.05, 0"
    )


def interrupted(seconds: float) -> str:
    """A service that answers 503 for a while in the middle of 2,000 requests."""
    with InterruptedServer(seconds, latency=0.05) as service:
        samples, took = run("ours", service.base_url, 2000, 16, stream=False)
    ratio = service.requests_seen / 2000
    met = ratio <= 1.15 and len(samples) == 2000 and took > seconds
    return (
        f"{'ok  ' if met else 'OVER'} {f'503 for {seconds:g} s in 2,000 requests':<44} {ratio:.3f} "
        f"requests a case   {2000 - len(samples)} lost   {took:.1f} s   target <= 1.15, 0"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="Latency that is said, against what it is.")
    parser.add_argument("--quick", action="store_true", help="best of two")
    parser.add_argument("--one", nargs=5, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        one(*options.one)
        return 0
    from benchmarks.__main__ import server

    rounds = 2 if options.quick else 5
    with server(LATENCY_S) as address:
        rows = measure(address, rounds)
    with server(0) as address:
        rows += throughput(address, rounds)
    rows += [limited(500 if options.quick else 2000, latency_s) for latency_s in (0.0, 0.05, 0.2)]
    rows.append(interrupted(5.0 if options.quick else 30.0))
    print("\n".join(rows))
    return 0 if options.quick else sum(row.startswith("OVER") for row in rows)


if __name__ == "__main__":
    sys.exit(main())
