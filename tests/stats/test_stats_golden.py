"""Every figure agrees with reference values from scipy, statsmodels, scikit-learn and numpy.

`golden.json` holds, for each function, inputs, the values of the reference tool and the tolerance;
and whole tables of two sides, computed with all of them together. "-inf" is minus infinity, null is
"not defined". A float may differ by max(abs, rel·|expected|); all else is equal.
"""

import json
import math
from itertools import chain
from pathlib import Path
from statistics import fmean, median

import msgspec
import pytest

from evals import stats

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text(encoding="utf-8"))
CASES = [
    pytest.param(name, entry["tolerance"], case["in"], case["out"], id=f"{name}-{number}")
    for name, entry in GOLDEN["functions"].items()
    for number, case in enumerate(entry["cases"])
]
TABLES = [
    pytest.param(table, policy, id=f"{table['in']['name']}-{policy}")
    for table in GOLDEN["tables"]
    for policy in table["in"]["errors_as"]
]


@pytest.mark.parametrize(("name", "tolerance", "given", "expected"), CASES)
def test_figure_agrees_with_the_reference(name, tolerance, given, expected):
    """The function takes the reference's inputs as keywords and gives its fields, and no others."""
    result = getattr(stats, name)(**{key: _number(value) for key, value in given.items()})
    assert_close(_plain(result), expected, tolerance, name)


def test_golden_values_cover_what_is_public():
    """A function without reference values is one of the few that have tests of their own."""
    own_tests = {
        "binom_pmf",
        "binom_tail",
        "bits_per_byte",
        "case_variance",
        "cohen_kappa",
        "contrast",
        "enough_values",
        "jackknife_interval",
        "minority_bound",
        "net_differences",
        "norm_cdf",
        "plan_samples",
        "pooled_quantile_interval",
        "rate_evalue",
        "ratio_of_medians",
        "ratio_of_quantiles",
        "sign_flip",
    }
    assert set(stats.__all__) - set(GOLDEN["functions"]) == own_tests
    assert set(GOLDEN["functions"]) <= set(stats.__all__)


@pytest.mark.parametrize(("table", "errors_as"), TABLES)
def test_table_of_two_sides_agrees_with_the_reference(table, errors_as):
    """The functions fit together: from raw outcomes to sides, comparison and gates."""
    given, expected = table["in"], table["out"][errors_as]
    sides = {name: Side(given, name, errors_as) for name in ("a", "b")}
    for name, side in sides.items():
        assert_close(side.summary(), expected[name], table["tolerance"], name)
    comparison = compare(given, sides["a"], sides["b"])
    assert_close(comparison, expected["comparison"], table["tolerance"], "comparison")


class Side:
    """One side of a table: answered trials by case. A cell is 1, 0, "error" or null (not run)."""

    def __init__(self, given, name, errors_as):
        self.cells = given["cells"][name]
        self.clusters, self.confidence = given["clusters"], given["confidence"]
        self.outcomes, self.latency, self.tokens = {}, {}, {}
        for case, row in enumerate(self.cells):
            kept = [0 if v == "error" else v for v in row if v is not None]
            if errors_as == "missing":
                kept = [v for v in row if v not in (None, "error")]
            if kept:
                self.outcomes[case] = kept
            answered = [k for k, v in enumerate(row) if v not in (None, "error")]
            if answered:
                self.latency[case] = [given["latency_ms"][name][case][k] for k in answered]
                self.tokens[case] = [given["tokens_out"][name][case][k] for k in answered]

    def keys(self, cases):
        return None if self.clusters is None else [self.clusters[case] for case in cases]

    def summary(self):
        outcomes, all_cells = list(self.outcomes.values()), list(chain(*self.cells))
        flakiness = [stats.case_flakiness(trials) for trials in outcomes]
        known = [case.disagreement for case in flakiness if case.disagreement is not None]
        accuracy = stats.accuracy_interval(
            outcomes, clusters=self.keys(self.outcomes), confidence=self.confidence
        )
        return {
            "accuracy": _plain(accuracy),
            "passes": sum(map(sum, outcomes)),
            "trial_weighted_accuracy": sum(map(sum, outcomes)) / sum(map(len, outcomes)),
            "n_errors": all_cells.count("error"),
            "n_not_run": all_cells.count(None),
            "n_cases_left_out": len(self.cells) - len(outcomes),
            "pass_at_k": self.over_k(stats.pass_at_k),
            "pass_hat_k": self.over_k(stats.pass_hat_k),
            "majority_at_k": self.over_k(stats.majority_at_k),
            "n_flaky": sum(bool(case.flaky) for case in flakiness),
            "mean_disagreement": fmean(known) if known else None,
            "variance": _plain(stats.variance_components(outcomes)),
            **self.times(),
            "tokens_out": self.amounts(),
        }

    def over_k(self, metric):
        fewest = min(map(len, self.outcomes.values()))
        return {
            str(k): fmean(metric(n=len(x), c=sum(x), k=k) for x in self.outcomes.values())
            for k in range(1, fewest + 1)
        }

    def times(self):
        trials = list(chain(*self.latency.values()))
        medians = [median(row) for row in self.latency.values()]
        around = stats.quantile_interval(medians, 0.5, confidence=self.confidence)
        shares = (0.5, 0.9, 0.95, 0.99)
        return {
            "latency_trials": {f"p{q * 100:.0f}": stats.quantile(trials, q) for q in shares},
            "latency_n_trials": len(trials),
            "latency_case_median_p50": {
                "value": stats.quantile(medians, 0.5),
                "low": around.low,
                "high": around.high,
            },
        }

    def amounts(self):
        total = stats.mean_total(list(chain(*self.tokens.values())), confidence=self.confidence)
        clustered = stats.clustered_mean(
            [fmean(row) for row in self.tokens.values()],
            clusters=self.keys(self.tokens),
            confidence=self.confidence,
        )
        return {**_plain(total), "mean_clustered": _plain(clustered)}


def compare(given, a, b):
    """All paired figures of a table."""
    shared = sorted(set(a.outcomes) & set(b.outcomes))
    keys, confidence = a.keys(shared), given["confidence"]
    before, after = [a.outcomes[case] for case in shared], [b.outcomes[case] for case in shared]
    rates = [fmean(trials) for trials in before], [fmean(trials) for trials in after]
    by_case = stats.net_differences(before, after)
    flip = stats.sign_flip_exact(stats.net_differences(before, after, clusters=keys))
    t = stats.paired_t(*rates, clusters=keys, confidence=confidence)
    interval = stats.paired_interval(before, after, clusters=keys, confidence=confidence)
    deviation = t.se * math.sqrt(len(shared))
    needed = stats.required_cases(
        delta=0.05, var_case=deviation**2, var_a=0.0, k_a=1, var_b=0.0, k_b=1
    )
    comparison = {
        "n_pairs": len(shared),
        "only_in_a": sorted(set(a.outcomes) - set(b.outcomes)),
        "only_in_b": sorted(set(b.outcomes) - set(a.outcomes)),
        "accuracy_a": fmean(rates[0]),
        "accuracy_b": fmean(rates[1]),
        "paired_t": _plain(t),
        "sign_flip": _plain(flip),
        "cases_better": sum(d > 0 for d in by_case),
        "cases_worse": sum(d < 0 for d in by_case),
        "cases_equal": sum(d == 0 for d in by_case),
        "interval": _plain(interval),
        "gate": gates(interval, flip.p_two_sided, confidence),
        "mde": stats.mde_paired(len(shared), deviation).normal,
        "cases_for_0.05_at_80pct": needed.n,
        **spent(a, b, shared, confidence),
    }
    if interval.method == "tango":
        changed = {"gains": comparison["cases_better"], "losses": comparison["cases_worse"]}
        tango = stats.tango_interval(**changed, n=len(shared), confidence=confidence)
        comparison["tango"] = _plain(tango)
        comparison["mcnemar"] = _plain(stats.mcnemar(**changed))
    raw = [
        flip.p_two_sided,
        comparison["latency"]["geometric_mean_ratio"]["p_two_sided"],
        comparison["tokens"]["paired_t"]["p_two_sided"],
    ]
    comparison["p_values"] = {
        "order": ["accuracy", "latency", "tokens"],
        "raw": raw,
        "holm": list(stats.holm(raw).adjusted),
        "benjamini_hochberg": list(stats.benjamini_hochberg(raw).adjusted),
    }
    return comparison


def gates(interval, p_equal, confidence):
    def found(margin):
        return stats.gate(
            low=interval.low,
            high=interval.high,
            p_equal=p_equal,
            margin=margin,
            confidence=confidence,
        )

    return {f"{margin:g}": _plain(found(margin)) for margin in (0.0, 0.02, 0.05, 0.1)}


def spent(a, b, shared, confidence):
    """Latency and tokens, over the shared cases that were answered on both sides."""
    cases = sorted(set(a.latency) & set(b.latency) & set(shared))
    times = [median(a.latency[c]) for c in cases], [median(b.latency[c]) for c in cases]
    tokens = [fmean(a.tokens[c]) for c in cases], [fmean(b.tokens[c]) for c in cases]
    shifts = [y - x for x, y in zip(*times, strict=True)]
    keys = a.keys(cases)
    ratio = stats.ratio_of_totals(tokens[1], tokens[0], clusters=keys, confidence=confidence)
    paired = stats.paired_t(*tokens, clusters=keys, confidence=confidence)
    return {
        "latency": {
            "n_pairs": len(cases),
            "geometric_mean_ratio": _plain(
                stats.geometric_mean_ratio(*times, confidence=confidence)
            ),
            "ratio_of_medians": median(times[1]) / median(times[0]),
            "hodges_lehmann_ms": _plain(stats.hodges_lehmann_paired(shifts, confidence=confidence)),
        },
        "tokens": {"paired_t": _plain(paired), "ratio_of_totals": _plain(ratio)},
    }


def assert_close(got, expected, tolerance, place):
    if isinstance(expected, dict):
        assert set(got) == set(expected), place
        for key, value in expected.items():
            assert_close(got[key], value, tolerance, f"{place}.{key}")
    elif isinstance(expected, list):
        assert len(got) == len(expected), place
        for number, value in enumerate(expected):
            assert_close(got[number], value, tolerance, f"{place}[{number}]")
    elif isinstance(expected, float):
        bound = max(tolerance["abs"], tolerance["rel"] * abs(expected))
        assert got is not None, place
        assert abs(got - expected) <= bound, (place, got, expected)
    else:
        assert got == _number(expected), (place, got, expected)
        assert isinstance(got, bool) == isinstance(expected, bool), place


def _plain(result):
    if isinstance(result, msgspec.Struct):
        return msgspec.to_builtins(result, str_keys=True)
    return {"value": result}


def _number(value):
    if isinstance(value, list):
        return [_number(part) for part in value]
    return -math.inf if value == "-inf" else value
