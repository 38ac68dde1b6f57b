"""The cheapest column that is not worse: shown to be both, or it is not named."""

from __future__ import annotations

from typing import Any

import pytest
from comparison_builders import manifest, names, suite, trial

from evals.comparison.compare import compare_columns
from evals.model import Against, Cheapest, Gate, SuiteComparison

N = 200


def compared(columns: dict[str, tuple[float, float | None]], **fields: Any) -> SuiteComparison:
    """Columns with the share of cases that they pass and what a trial costs."""
    trials = [
        trial(
            case,
            int((i * 7) % N < share * N),
            column=column,
            cost_usd=None if cost is None else cost * (1 + i % 3 / 10),
            latency=(cost or 1) * (1 + i % 5 / 10),
        )
        for column, (share, cost) in columns.items()
        for i, case in enumerate(names(N))
    ]
    one = suite(names(N), tuple(columns), **fields)
    return compare_columns(manifest(one), trials).suites[0]


def cheapest(columns: dict[str, tuple[float, float | None]], **fields: Any) -> Cheapest:
    found = compared(columns, **fields).cheapest
    assert found is not None
    return found


def test_the_cheapest_of_those_that_are_not_worse_is_named() -> None:
    found = cheapest({"big": (0.9, 2.0), "small": (0.9, 0.5), "tiny": (0.6, 0.1)})
    assert (found.side, found.by, found.margin) == ("small", "cost_usd", 0.05)
    assert found.not_worse == ("small",)
    assert found.considered == 2


def test_the_reference_stays_where_all_others_are_worse_or_dearer() -> None:
    assert cheapest({"big": (0.9, 2.0), "bad": (0.5, 0.1), "dear": (0.9, 3.0)}).side == "big"


def test_without_prices_latency_stands_in() -> None:
    trials = compared({"slow": (0.9, None), "quick": (0.9, None)})
    assert trials.cheapest is not None
    assert trials.cheapest.by == "latency"


@pytest.mark.parametrize(("margin", "side"), [(0.01, "big"), (0.3, "small")])
def test_the_margin_is_that_of_a_gate_where_one_names_it(margin: float, side: str) -> None:
    gate = Gate(
        text="accuracy versus big",
        metric="accuracy",
        op=">=",
        limit=-margin,
        column="small",
        against=Against(column="big", margin=margin),
    )
    found = cheapest({"big": (0.9, 2.0), "small": (0.85, 0.5)}, gates=[gate])
    assert (found.margin, found.side) == (margin, side)


def test_the_more_columns_the_more_has_to_be_shown() -> None:
    """What one column alone rules out, one picked from thirty does not."""
    alone = compared({"big": (0.9, 2.0), "small": (0.885, 0.5)})
    many = compared(
        {"big": (0.9, 2.0), "small": (0.885, 0.5)} | {f"x{i}": (0.5, 3.0) for i in range(30)}
    )
    lows = [each.sides[1].difference for each in (alone, many)]
    assert lows[0] is not None
    assert lows[1] is not None
    assert lows[0].low == lows[1].low == lows[0].low_of_all
    assert lows[1].low_of_all is not None
    assert lows[1].low is not None
    assert lows[1].low_of_all < lows[1].low


def test_one_column_or_few_cases_name_none() -> None:
    assert compared({"only": (0.9, 1.0)}).cheapest is None
    few = [trial(c, column=k, cost_usd=1.0) for c in names(9) for k in ("a", "b")]
    one = suite(names(9), ("a", "b"))
    assert compare_columns(manifest(one), few).suites[0].cheapest is None


def test_ratios_stand_beside_each_column_but_the_reference() -> None:
    first, second = compared({"big": (0.9, 2.0), "small": (0.9, 0.5)}).sides
    assert first.ratios == {}
    cost = second.ratios["cost_usd"]
    assert (cost.value, cost.n_cases) == (pytest.approx(0.25), N)
    assert "tokens.total" not in second.ratios, "the service told none"
