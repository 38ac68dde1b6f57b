"""Distributions: inverse functions are inverse, tails are precise, sums are 1."""

import math
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from evals.stats import beta_inc, binom_cdf, binom_pmf, binom_tail, norm_cdf, norm_ppf, t_cdf, t_ppf
from evals.stats.binomial import fair_tail
from evals.stats.special import log_beta_inc, t_tail

SHARES = st.floats(1e-9, 1 - 1e-9)
FREEDOM = st.floats(1, 1e5)


@given(SHARES)
def test_normal_quantile_inverts_the_distribution(p):
    assert norm_cdf(norm_ppf(p)) == pytest.approx(p, rel=1e-9)


@given(SHARES, FREEDOM)
def test_t_quantile_inverts_the_distribution(p, df):
    assert t_cdf(t_ppf(p, df), df) == pytest.approx(p, rel=1e-8)


@given(SHARES, FREEDOM)
def test_t_is_symmetric(p, df):
    assert t_ppf(1 - p, df) == pytest.approx(-t_ppf(p, df), rel=1e-6, abs=1e-9)


@given(st.floats(0.001, 0.4), st.floats(1, 1000))
def test_t_reaches_further_than_the_normal_and_less_with_more_freedom(tail, df):
    assert t_ppf(1 - tail, df) > t_ppf(1 - tail, df + 1) > norm_ppf(1 - tail)


def test_t_tail_keeps_its_digits_far_out():
    """1 − cdf would be 0 here: with one degree of freedom the tail is arctan(1/t)/π."""
    assert t_tail(1e9, 1) == pytest.approx(math.atan(1e-9) / math.pi, rel=1e-9)


@pytest.mark.parametrize(("p", "df"), [(0.0, 5), (1.0, 5), (0.5, 0), (float("nan"), 5)])
def test_undefined_t_quantile_is_refused(p, df):
    with pytest.raises(ValueError, match="t quantile needs"):
        t_ppf(p, df)


@given(st.floats(0.1, 500), st.floats(0.1, 500), st.integers(0, 1024))
def test_beta_is_symmetric_and_a_share(a, b, part):
    x = part / 1024  # 1 − x is exact
    value = beta_inc(a, b, x)
    assert 0.0 <= value <= 1.0 + 1e-12
    assert value + beta_inc(b, a, 1 - x) == pytest.approx(1.0, abs=1e-9)


def test_beta_ends_and_logarithm():
    assert beta_inc(2, 3, 0.0) == 0.0
    assert beta_inc(2, 3, 1.0) == 1.0
    # I_x(a, 1) = x^a, here 2^-5000: no double holds it, its logarithm does
    assert log_beta_inc(5000, 1, 0.5) == pytest.approx(-5000 * math.log(2), rel=1e-12)


@pytest.mark.parametrize(("a", "b", "x"), [(0, 1, 0.5), (1, -1, 0.5), (1, 1, 1.5), (1, 1, -0.1)])
def test_undefined_beta_is_refused(a, b, x):
    with pytest.raises(ValueError, match="needs a, b > 0"):
        beta_inc(a, b, x)


@given(st.integers(1, 60), st.integers(0, 60), st.integers(1, 99))
def test_binomial_agrees_with_exact_fractions(n, k, percent):
    assume(k <= n)
    p = Fraction(percent, 100)
    exact = [math.comb(n, j) * p**j * (1 - p) ** (n - j) for j in range(n + 1)]
    assert binom_pmf(k, n, float(p)) == pytest.approx(float(exact[k]), rel=1e-11)
    assert binom_cdf(k, n, float(p)) == pytest.approx(float(sum(exact[: k + 1])), rel=1e-11)
    assert binom_tail(k, n, float(p)) == pytest.approx(float(sum(exact[k:])), rel=1e-11)


@given(st.integers(1, 100_000), st.floats(0.001, 0.999), st.floats(0, 1))
def test_binomial_tails_complement_each_other(n, p, share):
    k = int(share * n)
    assert binom_cdf(k, n, p) + binom_tail(k + 1, n, p) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize(("k", "cdf", "tail"), [(-1, 0.0, 1.0), (0, 1.0, 1.0), (5, 1.0, 0.0)])
def test_binomial_that_never_succeeds(k, cdf, tail):
    assert binom_cdf(k, 5, 0.0) == cdf
    assert binom_tail(k, 5, 0.0) == tail
    assert binom_tail(5 - k, 5, 1.0) == cdf


def test_fair_tail_is_exact_and_agrees_beyond_its_limit():
    assert fair_tail(6, 6) == 2**-6
    assert fair_tail(0, 6) == 1.0
    assert fair_tail(1100, 2000) == pytest.approx(binom_tail(1100, 2000, 0.5), rel=1e-10)
    assert fair_tail(1101, 2001) == pytest.approx(
        sum(math.comb(2001, j) for j in range(1101, 2002)) / 2**2001, rel=1e-10
    )
