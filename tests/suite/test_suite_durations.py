"""One way to write durations, wherever a suite has one."""

from __future__ import annotations

from typing import Any

import pytest

from evals.endpoints.config import load_config
from evals.model.duration import seconds

SUITE = """\
tests: [{{vars: {{prompt: x}}, assert: [{{type: latency, max: {0}}}]}}]
gates: ["latency.p95 <= {0}", {{metric: ttft.mean, max: {0}}}]
limits: {{timeout: {0}}}
"""


@pytest.mark.parametrize(
    ("written", "expected"),
    [("300ms", 0.3), ("2s", 2.0), ("1.5 m", 90.0), ("5min", 300.0), ("1h", 3600.0), (7, 7.0)],
)
def test_checks_gates_limits_and_endpoints_take_the_same(
    bench: Any, written: str | int, expected: float
) -> None:
    config = f"[endpoints.evolink]\ntimeout = {written!r}\n"
    suite = bench.load(SUITE.format(written), config=config).suite
    assert seconds(suite.cases[0].checks[0].options["max"]) == pytest.approx(expected)
    assert [gate.limit for gate in suite.gates] == pytest.approx([expected, expected])
    assert suite.limits.timeout == pytest.approx(expected)
    timeout = load_config(bench.root, env={}).endpoints["evolink"].timeout
    assert timeout == pytest.approx(expected)


def test_each_place_refuses_what_is_none_and_tells_the_units(bench: Any) -> None:
    found = bench.mistakes(SUITE.format("2 sec"))
    assert [problem.partition(": error: ")[0] for problem in found] == [
        "s.eval.yaml:1:59",
        "s.eval.yaml:2:9",
        "s.eval.yaml:2:58",
        "s.eval.yaml:3:19",
    ]
    assert "is not a duration such as 300ms, 2s or 5m" in found[0]
    assert all("300ms" in problem for problem in found)
