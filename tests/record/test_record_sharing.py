"""What many trials have in common is held once, and is what it was."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from evals.model import TrialResult, Verdict
from evals.record.sharing import shared


def trial(**changes):
    values = {
        "suite": "s", "case": "c", "prompt": "p", "setting": "d", "column": "d",
        "sample": 0, "outcome": "pass", "passed": 1, "score": 1.0, "case_hash": "h",
    }  # fmt: skip
    return TrialResult(**{**values, **changes})


def written(trials):
    """Read back from JSON, as from a journal: nothing is shared."""
    return [msgspec.json.decode(msgspec.json.encode(each), type=TrialResult) for each in trials]


verdicts = st.builds(
    Verdict,
    type=st.sampled_from(["contains", "équals"]),
    passed=st.sampled_from([True, False, None]),
    score=st.sampled_from([0.0, 1.0, 0.5, None]),
    reason=st.text(max_size=3),
    values=st.sampled_from([None, {"p": 0.5}, {"p": 1.0}]),
)
trials = st.builds(
    trial,
    case=st.sampled_from("ab"),
    case_hash=st.sampled_from("xy"),
    sample=st.integers(0, 3),
    checks=st.lists(verdicts, max_size=2).map(tuple),
    asked=st.sampled_from([(), (("k", 0),), (("k", 1),)]),
    vars=st.sampled_from([{}, {"a": 1}, {"a": [1, 2]}]),
    expected=st.sampled_from([None, "5", 5]),
    tags=st.sampled_from([(), ("t",)]),
)


@given(st.lists(trials, max_size=12))
def test_every_trial_is_what_it_was(given_trials):
    before = written(given_trials)
    after = list(shared(written(given_trials)))
    assert [msgspec.json.encode(each) for each in after] == [
        msgspec.json.encode(each) for each in before
    ]


def test_equal_parts_become_one_object():
    verdict = Verdict(type="contains", passed=True, score=1.0, reason="found")
    first, second = shared(
        written(trial(sample=n, checks=(verdict,), vars={"a": [1]}) for n in range(2))
    )
    assert first.checks is second.checks
    assert first.vars is second.vars
    assert first.case is second.case
