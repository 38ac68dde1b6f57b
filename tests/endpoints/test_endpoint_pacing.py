"""What may go when: circuit, pace, buckets, allowance; without any network."""

from __future__ import annotations

import asyncio
import math
import random
from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush

import pytest

from evals.endpoints.allowance import FREE, Allowance
from evals.endpoints.bucket import Bucket
from evals.endpoints.circuit import OPENS_AFTER, Circuit
from evals.endpoints.pace import START, Pace


class TestCircuit:
    def opened(self) -> Circuit:
        circuit = Circuit(probe_interval=2, give_up_after=60)
        opened = [circuit.failed(0.0, probe=False) for _ in range(OPENS_AFTER)]
        assert opened == [False] * (OPENS_AFTER - 1) + [True]
        return circuit

    def test_failures_with_an_answer_between_them_leave_it_closed(self) -> None:
        circuit = Circuit(probe_interval=2, give_up_after=60)
        for _ in range(5):
            for _ in range(OPENS_AFTER - 1):
                circuit.failed(0.0, probe=False)
            circuit.answered()
        assert not circuit.is_open

    def test_open_it_lets_one_through_every_interval(self) -> None:
        circuit = self.opened()
        assert circuit.wait(0.5) == 1.5
        assert circuit.wait(2.0) == 0.0
        assert circuit.sent()
        assert circuit.wait(2.1) == math.inf
        circuit.failed(3.0, probe=True)
        assert circuit.wait(3.5) == 1.5

    def test_any_answer_closes_it(self) -> None:
        circuit = self.opened()
        assert circuit.answered()
        assert circuit.wait(0.0) == 0.0

    def test_it_ends(self) -> None:
        assert self.opened().ends_at == 60.0
        assert Circuit(probe_interval=2, give_up_after=60).ends_at == math.inf

    def test_a_cancelled_probe_is_followed_by_another(self) -> None:
        circuit = self.opened()
        circuit.sent()
        circuit.dropped(2.5, probe=True)
        assert circuit.wait(2.5) == 0.0


class TestInFlight:
    def test_it_doubles_each_round_trip_while_nothing_pushes_back(self) -> None:
        pace = Pace(start=START, ceiling=100)
        for expected in (16, 32, 64, 100, 100):
            for _ in range(int(pace.allowed)):
                pace.answered(in_flight=int(pace.allowed))
            assert pace.allowed == expected

    def test_it_does_not_grow_while_fewer_are_in_flight(self) -> None:
        pace = Pace(start=START, ceiling=100)
        for _ in range(50):
            pace.answered(in_flight=3)
        assert pace.allowed == START

    def test_a_push_back_cuts_it_to_0_7_once_a_round_trip(self) -> None:
        pace = Pace(start=100, ceiling=100)
        for number in range(100):
            pace.sent(number / 1000)
        for number in range(50):
            pace.pushed_back(1.0, sent_at=number / 1000, in_flight=100)
        assert pace.allowed == pytest.approx(70)

    def test_then_it_grows_by_one_a_round_trip(self) -> None:
        pace = Pace(start=100, ceiling=100)
        pace.sent(0.0)
        pace.pushed_back(1.0, sent_at=0.0, in_flight=100)
        for _ in range(70):
            pace.answered(in_flight=int(pace.allowed))
        assert pace.allowed == pytest.approx(71, abs=0.1)

    def test_it_never_falls_below_one(self) -> None:
        pace = Pace(start=1, ceiling=1)
        for number in range(9):
            pace.sent(number)
            pace.pushed_back(number + 0.5, sent_at=number, in_flight=1)
        assert pace.allowed == 1
        assert pace.wait(100.0, in_flight=0) == 0.0

    def test_a_suite_that_asks_for_more_starts_there(self) -> None:
        pace = Pace(start=START, ceiling=256)
        pace.start_at(64)
        assert pace.allowed == 64
        pace.start_at(2)
        assert pace.allowed == 64

    def test_the_rate_is_forgotten_after_a_while(self) -> None:
        pace = Pace(start=8, ceiling=8)
        for number in range(5):
            pace.sent(number / 100)
        assert pace.rate(0.05) == math.inf
        pace.pushed_back(0.1, sent_at=0.04, in_flight=1)
        assert pace.rate(0.2) < 5
        assert pace.rate(40.0) == math.inf


def token_bucket(rate: float, size: float) -> Callable[[float], bool]:
    level, at = size, 0.0

    def accepts(now: float) -> bool:
        nonlocal level, at
        level, at = min(size, level + (now - at) * rate), now
        if level < 1:
            return False
        level -= 1
        return True

    return accepts


def sliding_window(limit: int) -> Callable[[float], bool]:
    taken: deque[float] = deque()

    def accepts(now: float) -> bool:
        while taken and taken[0] <= now - 1:
            taken.popleft()
        if len(taken) == limit:
            return False
        taken.append(now)
        return True

    return accepts


def fixed_window(limit: int) -> Callable[[float], bool]:
    taken: dict[int, int] = {}

    def accepts(now: float) -> bool:
        taken[int(now)] = taken.get(int(now), 0) + 1
        return taken[int(now)] <= limit

    return accepts


def play(accepts: Callable[[float], bool], *, requests: int, latency: float) -> tuple[float, int]:
    """Seconds that as many answers take, and how many requests were refused, in a made-up time."""
    pace, now, in_flight, order = Pace(start=START, ceiling=256), 0.0, 0, 0
    waiting, refused = requests, 0
    under_way: list[tuple[float, int, bool, float]] = []
    later: list[float] = []  # when those that were refused come again
    while waiting or under_way or later:
        while waiting and pace.wait(now, in_flight=in_flight) <= 0:
            taken = accepts(now)
            pace.sent(now)
            waiting, in_flight, order = waiting - 1, in_flight + 1, order + 1
            took = (latency if taken else 0.0) + 0.001
            heappush(under_way, (now + took, order, taken, now))
            now += 0.0005
        wait = pace.wait(now, in_flight=in_flight) if waiting else math.inf
        times = (now + max(wait, 0.0005), *later[:1], *(each[0] for each in under_way[:1]))
        now = max(now, min(times))
        while later and later[0] <= now:
            heappop(later)
            waiting += 1
        while under_way and under_way[0][0] <= now:
            _, _, taken, sent_at = heappop(under_way)
            if taken:
                pace.answered(in_flight=in_flight)
            else:
                pace.pushed_back(now, sent_at=sent_at, in_flight=in_flight)
                refused += 1
                heappush(later, now + random.Random(order).random() * 0.5)
            in_flight -= 1
    return now, refused


@pytest.mark.parametrize("latency", [0.0, 0.05, 0.2])
@pytest.mark.parametrize(
    "limit",
    [
        lambda: token_bucket(50, 10),
        lambda: token_bucket(50, 50),
        lambda: sliding_window(50),
        lambda: fixed_window(50),
    ],
    ids=["small bucket", "big bucket", "sliding window", "fixed window"],
)
def test_a_limit_of_50_a_second_is_found_and_used(
    limit: Callable[[], Callable[[float], bool]], latency: float
) -> None:
    """Nothing is configured: the pace learns it from the answers."""
    took, refused = play(limit(), requests=1500, latency=latency)
    assert 1500 / 50 / took > 0.88
    assert refused / (1500 + refused) < 0.05


class TestBucket:
    def test_amounts_go_evenly(self) -> None:
        bucket, now = Bucket(3000), 0.0
        for _ in range(505):
            now += bucket.wait(1, now)
            bucket.take(1)
        assert now == pytest.approx(10.0)

    def test_what_is_larger_than_the_bucket_is_paid_back(self) -> None:
        bucket = Bucket(6000)  # tokens: 100 a second, 10 at once
        assert bucket.wait(500, 0.0) == 0.0
        bucket.take(500)
        assert bucket.wait(10, 0.0) == pytest.approx(5.0)

    def test_what_was_not_used_is_given_back(self) -> None:
        bucket = Bucket(6000)
        bucket.wait(500, 0.0)
        bucket.take(500)
        bucket.settle(500, 100)
        assert bucket.wait(10, 0.0) == pytest.approx(1.0)


class TestAllowance:
    def test_ten_and_one_for_every_ten_requests(self) -> None:
        async def main() -> list[bool]:
            allowance = Allowance()
            for _ in range(30):
                allowance.announce()
                allowance.sent()
            return [await allowance.take() for _ in range(FREE + 5)]

        assert asyncio.run(main()) == [True] * (FREE + 3) + [False] * 2

    def test_who_finds_none_waits_for_requests_that_are_still_to_come(self) -> None:
        async def main() -> tuple[bool, bool, bool]:
            allowance = Allowance()
            for _ in range(15):
                allowance.announce()
            assert all([await allowance.take() for _ in range(FREE)])
            first, second = (asyncio.create_task(allowance.take()) for _ in range(2))
            await asyncio.sleep(0)
            for _ in range(10):
                allowance.sent()
            await asyncio.sleep(0)
            early = second.done()
            for _ in range(5):
                allowance.withdraw()
            return await first, early, await second

        assert asyncio.run(main()) == (True, False, False)
