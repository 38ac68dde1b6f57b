"""`select-best` in a suite: a judge's requests over columns are gathered, recorded and replayed."""

from __future__ import annotations

import pytest

from evals import own

CRITIC = '''
import json

import evals


@evals.endpoint("critic")
def critic(request):
    """Prefers tea to water, and what stands first to what is no better."""
    text = request.body["messages"][-1]["content"]
    places = sorted((text.find(word), word) for word in ("Tea", "Coffee", "Water") if word in text)
    words = [word for _, word in places]
    better = "Tea" if {"Tea", "Water"} <= {*words} else words[0]
    return json.dumps({"reason": f"{better}, surely.", "better": "AB"[words.index(better)]})
'''

SUITE = """
endpoint: standin
prompts:
  - {id: plain, template: "[[say {{ plain }}]] What to drink?"}
  - {id: kind, template: "[[say {{ kind }}]] What to drink, please?"}
judge: {endpoint: critic}
defaults: {assert: [{type: select-best, value: It warms., metric: best, ties: fail}]}
tests:
  - {id: clear, vars: {plain: Water, kind: Tea}}
  - {id: equal, vars: {plain: Tea, kind: Tea}}
  - {id: biased, vars: {plain: Tea, kind: Coffee}}
"""


@pytest.fixture
def best(project):
    (project.path / "conftest.py").write_text(CRITIC, encoding="utf-8")
    project.suite(SUITE)
    yield project
    own.endpoints.forget("critic")


def verdicts(project):
    return {(t["case"], t["column"]): t["checks"][0] for t in project.trials()}


def test_columns_are_judged_recorded_once_and_replayed(best):
    best.record().assert_outcomes(passed=1, failed=5)
    assert len(best.recordings) == 4 + 4, (
        "two pairs in two orders; of equal answers nobody is asked"
    )
    found = verdicts(best)
    assert found["clear", "kind"]["passed"] is True
    assert found["clear", "plain"]["extracted"] == "kind"
    assert 'kind (A) says "Tea", plain (B) says "Water"' in found["clear", "plain"]["reason"]
    assert "a tie of kind, plain" in found["equal", "kind"]["reason"]
    assert "in 1 of 1 comparison the order" in found["biased", "kind"]["reason"]
    names = [tuple(map(tuple, t["judges_asked"])) for t in best.trials() if t["case"] == "clear"]
    assert len(names[0]) == 2
    assert names[0] == names[1]
    best.server.requests.clear()
    (best.path / "conftest.py").write_text(CRITIC.replace('"Tea" if', '"Water" if'))
    own.endpoints.forget("critic")
    best.run("-k", "clear", "--evals-no-report").assert_outcomes(passed=1, failed=1, deselected=4)
    assert best.asked == 0
    assert verdicts(best)["clear", "kind"] == found["clear", "kind"]


def test_a_changed_judge_is_a_miss_that_names_the_check(best):
    best.record()
    best.suite(SUITE.replace("It warms.", "It cools."))
    result = best.run("-k", "clear", "--evals-no-report")
    result.assert_outcomes(errors=2, deselected=4)
    result.stdout.fnmatch_lines(["*ERROR select-best:*"])


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("judge: {endpoint: critic}\n", "", "*select-best needs a judge*"),
        ("value: It warms.", "versus: knd", "*unknown column 'knd'; did you mean \"kind\"[?]"),
        ("tests:", "settings: [{id: a}]\ntests:", None),
        (
            '  - {id: kind, template: "[[say {{ kind }}]] What to drink, please?"}\n',
            "",
            "*only one*",
        ),
    ],
)
def test_what_cannot_be_judged_is_refused_before_anything_is_asked(best, old, new, told):
    best.suite(SUITE.replace(old, new))
    result = best.run("--collect-only", "-q")
    assert result.ret == (0 if told is None else 4)
    result.stdout.fnmatch_lines([told or "*clear*kind*"])
