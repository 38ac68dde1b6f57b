"""Findings in words: headings by rules from the numbers, never saying more than p allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evals.comparison import words
from evals.comparison.words import FEW_CASES, SAME_ANSWERS
from evals.model import Difference, Side, SuiteComparison
from evals.report.texts import listing

Names = Mapping[str, str]


def settings(suite: SuiteComparison, names: Names) -> str:
    """Which side is best, and whether that is more than chance."""
    if len(suite.sides) == 1:
        return alone(suite.sides[0], names)
    compared = [side for side in suite.sides if side.difference is not None]
    better = sorted((s for s in compared if _direction(s) == "Better"), key=_value, reverse=True)
    worse = sorted((s for s in compared if _direction(s) == "Worse"), key=_value)
    if not better and not worse:
        return _nothing_told(compared, names)
    said = [_beats(side, names, "beats") for side in better]
    said += [_beats(side, names, "trails") for side in worse]
    rest = len(compared) - len(better) - len(worse)
    if rest:
        told = "the other" if rest == 1 else f"the other {_number(rest)}"
        said.append(f"{told} cannot be told from it" if len(compared) > rest else "")
    return "; ".join(said)


def alone(side: Side, names: Names) -> str:
    if side.accuracy.value is None:
        return f"{names[side.id]}: nothing was judged"
    share, bracket, bounds = words.accuracy(side.accuracy).partition(" [")
    n_cases, n_trials = side.accuracy.n_cases, side.accuracy.n_trials
    if " of " in share:  # counts, where cases are few
        noun = "cases" if n_cases == n_trials else "samples"
        return f"{names[side.id]} passes {share} {noun}{bracket}{bounds}"
    of = words.plural(n_cases, "case")
    return f"{names[side.id]} passes {share}{bracket}{bounds} of {of}"


def _beats(side: Side, names: Names, verb: str) -> str:
    difference = _difference(side)
    gap = words.points(abs(difference.value or 0.0)).lstrip("+")
    return f"{names[side.id]} {verb} {names[difference.reference]} by {gap}"


def _nothing_told(compared: Sequence[Side], names: Names) -> str:
    differences = [_difference(side) for side in compared]
    reference = names[differences[0].reference]
    several = len({difference.reference for difference in differences}) > 1
    if all(difference.test == SAME_ANSWERS for difference in differences):
        return "The same recorded answers in every column"
    if all(difference.n_cases < FEW_CASES for difference in differences):
        n = max(difference.n_cases for difference in differences)
        return f"Too few cases to tell the columns apart: {words.plural(n, 'case')}"
    if several:
        return "No column differs from its reference by more than chance would explain"
    if len(compared) == 1:
        return f"{names[compared[0].id]} cannot be told from {reference}"
    none = "Neither" if len(compared) == 2 else "None"
    return f"{none} of the other {_number(len(compared))} can be told from {reference}"


def settings_lead(suite: SuiteComparison, names: Names) -> str:
    """What the best costs and how long it takes, against its reference."""
    best = best_side(suite)
    if best is None or best.difference is None:
        return ""
    reference = next(side for side in suite.sides if side.id == best.difference.reference)
    told = []
    if best.cost_usd and reference.cost_usd:
        times = words.ratio(best.cost_usd / reference.cost_usd)
        told.append(f"{names[best.id]} costs {times} as much as {names[reference.id]}")
    if best.latency.median and reference.latency.median:
        times = words.ratio(best.latency.median / reference.latency.median)
        whose = "its median answer" if told else f"The median answer of {names[best.id]}"
        told.append(f"{whose} takes {times} as long")
    said = listing(told)
    return f"{said}." if said else ""


def cheapest(suite: SuiteComparison, names: Names) -> str:
    """The cheapest column that is not worse, and how sure both is; one sentence."""
    found = suite.cheapest
    if found is None:
        return ""
    margin = f"{words.plain(found.margin * 100)} points"
    reference = names[found.reference]
    side = next(side for side in suite.sides if side.id == found.side)
    ratio = side.ratios.get(found.by)
    of = "cheaper" if found.by == "cost_usd" else "faster"
    if ratio is None or side.difference is None:
        which = "The other column is" if found.considered == 1 else "No other column is"
        both = f"{of} than {reference} and not worse (a drop of {margin} ruled out)"
        return f"{which} {'not ' if found.considered == 1 else ''}shown to be {both}."
    costs = "costs" if found.by == "cost_usd" else "takes"
    much = "much" if found.by == "cost_usd" else "long"
    best = "Cheapest" if found.by == "cost_usd" else "Fastest"
    cases = words.plural(side.difference.n_cases, "case")
    times = words.times(ratio.value, ratio.low, ratio.high)
    return (
        f"{best} column that is not worse: {names[side.id]} {costs} {times} as {much} as "
        f"{reference}, and a drop of {margin} or more is ruled out ({cases})."
    )


def best_side(suite: SuiteComparison) -> Side | None:
    """The side with the highest measured accuracy, where one stands alone at the top."""
    known = [side for side in suite.sides if side.accuracy.value is not None]
    top = sorted(known, key=lambda side: side.accuracy.value or 0.0, reverse=True)
    if len(top) < 2 or top[0].accuracy.value == top[1].accuracy.value:
        return None
    return top[0]


def trade_off(front: Sequence[str], dominated: Sequence[str], against: str) -> str:
    if not dominated:
        return f"All on the Pareto front of accuracy and {against}: {listing(front)}"
    if len(front) == 1:
        return f"{front[0]} alone is on the Pareto front of accuracy and {against}"
    return f"On the Pareto front of accuracy and {against}: {listing(front)}"


def cases(n: int, everywhere: int, nowhere: int, side: Side | None, *, judged: bool) -> str:
    """How many cases pass in every column and in none; for one column by samples."""
    if not n:
        return "No case was run"
    if not judged:
        return f"{words.plural(n, 'case')}, none judged"
    if side is None:
        tail = f"; {words.count(nowhere)} in none" if nowhere else ""
        return f"{words.count(everywhere)} of {words.plural(n, 'case')} pass in every column{tail}"
    if side.cases_some:
        return (
            f"{words.count(side.cases_all)} of {words.plural(n, 'case')} passed every sample, "
            f"{words.count(side.cases_some)} some, {words.count(side.cases_none)} none"
        )
    return f"{words.count(side.cases_all)} of {words.plural(n, 'case')} pass"


def _direction(side: Side) -> str:
    return words.direction(_difference(side))


def _value(side: Side) -> float:
    return _difference(side).value or 0.0


def _difference(side: Side) -> Difference:
    assert side.difference is not None
    return side.difference


def _number(n: int) -> str:
    return {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}.get(n, str(n))
