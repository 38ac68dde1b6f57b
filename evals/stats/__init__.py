"""The statistics of every figure: numbers in, estimates with their intervals out.

Nothing but the standard library is used. Two sides are called a (baseline) and b (candidate), and a
difference is b − a, so that below 0 is worse where higher is better. None means "not defined".
A function's module is imported when the function is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evals.stats.agreement import cohen_kappa
    from evals.stats.binomial import binom_cdf, binom_pmf, binom_tail
    from evals.stats.bootstrap import (
        bootstrap_interval,
        pooled_quantile_interval,
        ratio_of_medians,
        ratio_of_medians_exact_bootstrap,
        ratio_of_quantiles,
    )
    from evals.stats.contrasts import contrast
    from evals.stats.findings import gate
    from evals.stats.jackknife import jackknife_interval
    from evals.stats.latency import (
        geometric_mean_ratio,
        hodges_lehmann_paired,
        hodges_lehmann_shift,
    )
    from evals.stats.logprobs import (
        bits_per_byte,
        multiple_choice,
        sequence_logprob,
        topk_entropy,
    )
    from evals.stats.means import accuracy_interval, clustered_mean
    from evals.stats.multiplicity import benjamini_hochberg, holm
    from evals.stats.paired import paired_interval, paired_t, tango_interval
    from evals.stats.power import (
        case_variance,
        mcnemar_pairs,
        mde_paired,
        plan_samples,
        required_cases,
    )
    from evals.stats.proportions import (
        binomial_threshold_test,
        clopper_pearson_interval,
        newcombe_independent_diff,
        wilson_interval,
    )
    from evals.stats.quantiles import enough_values, quantile, quantile_interval
    from evals.stats.randomization import mcnemar, net_differences, sign_flip, sign_flip_exact
    from evals.stats.reliability import auroc, brier, calibration
    from evals.stats.samples import (
        case_flakiness,
        majority_at_k,
        minority_bound,
        pass_at_k,
        pass_hat_k,
        plurality_at_k,
        variance_components,
    )
    from evals.stats.sequential import betting_evalue, evalue_discordant, rate_evalue
    from evals.stats.special import beta_inc, norm_cdf, norm_ppf, t_cdf, t_ppf
    from evals.stats.totals import mean_total, ratio_of_totals

_HOMES = {
    "agreement": "cohen_kappa",
    "binomial": "binom_cdf binom_pmf binom_tail",
    "bootstrap": "bootstrap_interval pooled_quantile_interval ratio_of_medians "
    "ratio_of_medians_exact_bootstrap ratio_of_quantiles",
    "contrasts": "contrast",
    "reliability": "auroc brier calibration",
    "findings": "gate",
    "jackknife": "jackknife_interval",
    "latency": "geometric_mean_ratio hodges_lehmann_paired hodges_lehmann_shift",
    "logprobs": "bits_per_byte multiple_choice sequence_logprob topk_entropy",
    "means": "accuracy_interval clustered_mean",
    "multiplicity": "benjamini_hochberg holm",
    "paired": "paired_interval paired_t tango_interval",
    "power": "case_variance mcnemar_pairs mde_paired plan_samples required_cases",
    "proportions": "binomial_threshold_test clopper_pearson_interval newcombe_independent_diff "
    "wilson_interval",
    "quantiles": "enough_values quantile quantile_interval",
    "samples": "case_flakiness majority_at_k minority_bound pass_at_k pass_hat_k plurality_at_k "
    "variance_components",
    "sequential": "betting_evalue evalue_discordant rate_evalue",
    "randomization": "mcnemar net_differences sign_flip sign_flip_exact",
    "special": "beta_inc norm_cdf norm_ppf t_cdf t_ppf",
    "totals": "mean_total ratio_of_totals",
}
_MODULE_OF = {name: module for module, names in _HOMES.items() for name in names.split()}

__all__ = [
    "accuracy_interval",
    "auroc",
    "benjamini_hochberg",
    "beta_inc",
    "betting_evalue",
    "binom_cdf",
    "binom_pmf",
    "binom_tail",
    "binomial_threshold_test",
    "bits_per_byte",
    "bootstrap_interval",
    "brier",
    "calibration",
    "case_flakiness",
    "case_variance",
    "clopper_pearson_interval",
    "clustered_mean",
    "cohen_kappa",
    "contrast",
    "enough_values",
    "evalue_discordant",
    "gate",
    "geometric_mean_ratio",
    "hodges_lehmann_paired",
    "hodges_lehmann_shift",
    "holm",
    "jackknife_interval",
    "majority_at_k",
    "mcnemar",
    "mcnemar_pairs",
    "mde_paired",
    "mean_total",
    "minority_bound",
    "multiple_choice",
    "net_differences",
    "newcombe_independent_diff",
    "norm_cdf",
    "norm_ppf",
    "paired_interval",
    "paired_t",
    "pass_at_k",
    "pass_hat_k",
    "plan_samples",
    "plurality_at_k",
    "pooled_quantile_interval",
    "quantile",
    "quantile_interval",
    "rate_evalue",
    "ratio_of_medians",
    "ratio_of_medians_exact_bootstrap",
    "ratio_of_quantiles",
    "ratio_of_totals",
    "required_cases",
    "sequence_logprob",
    "sign_flip",
    "sign_flip_exact",
    "t_cdf",
    "t_ppf",
    "tango_interval",
    "topk_entropy",
    "variance_components",
    "wilson_interval",
]


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    function = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = function
    return function
