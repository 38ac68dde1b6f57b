"""Cohen's kappa, its standard error, and where there is none."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.stats import cohen_kappa


def table(yes, one, other, no):
    """Pairs: both say yes, only the first, only the second, neither."""
    pairs = [(True, True)] * yes + [(True, False)] * one
    return pairs + [(False, True)] * other + [(False, False)] * no


def variance(pairs):
    """Fleiss, Cohen & Everitt 1969, formula 13, in the table's cells."""
    n, values = len(pairs), sorted({value for pair in pairs for value in pair})
    cell = {(i, j): sum(pair == (i, j) for pair in pairs) / n for i in values for j in values}
    row = {i: sum(cell[i, j] for j in values) for i in values}
    column = {j: sum(cell[i, j] for i in values) for j in values}
    po, pe = sum(cell[i, i] for i in values), sum(row[i] * column[i] for i in values)
    same = sum(cell[i, i] * ((1 - pe) - (column[i] + row[i]) * (1 - po)) ** 2 for i in values)
    other = sum(cell[i, j] * (column[i] + row[j]) ** 2 for i in values for j in values if i != j)
    rest = (po * pe - 2 * pe + po) ** 2
    return (same + (1 - po) ** 2 * other - rest) / (n * (1 - pe) ** 4)


def test_the_textbook_example():
    found = cohen_kappa(table(20, 5, 10, 15))
    assert (found.observed, found.expected, found.n) == (0.7, 0.5, 50)
    assert found.kappa == pytest.approx(0.4)
    assert found.low < 0.4 < found.high


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=2, max_size=40))
def test_the_standard_error_is_that_of_fleiss_cohen_and_everitt(pairs):
    found = cohen_kappa(pairs)
    if found.se is None:
        return
    expected = variance(pairs) * len(pairs) / (len(pairs) - 1)
    assert found.se == pytest.approx(math.sqrt(expected), rel=1e-6, abs=1e-9)
    assert -1 <= found.low <= found.kappa <= found.high <= 1


def test_no_pairs_and_no_variation_have_no_kappa():
    assert cohen_kappa([]).kappa is None
    assert cohen_kappa(table(9, 0, 0, 0)).kappa is None
    assert cohen_kappa(table(9, 0, 1, 0)).kappa == 0


def test_perfect_agreement_has_no_interval_since_it_would_have_no_width():
    found = cohen_kappa(table(5, 0, 0, 5))
    assert (found.kappa, found.low, found.high) == (1.0, None, None)
    assert cohen_kappa(table(0, 5, 5, 0)).kappa == -1


def test_repeats_of_a_case_make_no_narrower_interval():
    pairs = table(20, 5, 10, 15)
    clusters = list(range(len(pairs)))
    once = cohen_kappa(pairs)
    thrice = cohen_kappa(pairs * 3, clusters=clusters * 3)
    assert thrice.kappa == pytest.approx(once.kappa)
    assert thrice.se == pytest.approx(once.se)
