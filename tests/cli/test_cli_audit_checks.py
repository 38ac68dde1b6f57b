"""`evals audit checks`: recorded answers made wrong, and who still passes them."""

import json

import pytest

from evals.model import ToolCall
from evals.session.mutation import MUTATIONS, mutated
from evals.testing import answer
from tests.cli import cli_projects

SUITE = """\
endpoint: local
prompts: ["Say {{ says }}"]
tests:
  - {id: strict, vars: {says: "It is 42."}, assert: [{type: equals, value: "It is 42."}]}
  - id: loose
    vars: {says: "It is 7."}
    assert: [{type: word-count, max: 9}, {type: latency, max: 9s}]
  - id: both
    vars: {says: "There are 3 of them"}
    assert:
      - {type: not-contains, value: banana}
      - {type: regex, value: "[0-9]"}
  - {id: fails, vars: {says: "no"}, assert: [{type: contains, value: "yes"}]}
  - {id: unjudged, vars: {says: "what"}, assert: []}
  - {id: timed, vars: {says: "so"}, assert: [{type: latency, max: 9s}, {type: complete}]}
"""


@pytest.fixture
def suite(project):
    path = project / "suites" / "said.eval.yaml"
    path.parent.mkdir()
    path.write_text(SUITE, encoding="utf-8")
    cli_projects.record(path, lambda body: body["messages"][-1]["content"].removeprefix("Say "))
    return path


def test_assertions_that_accept_wrong_answers_are_told(suite, call):
    called = call("audit", "checks", "--format", "json")
    assert (called.code, called.err) == (0, "")
    (told,) = json.loads(called.out)["suites"]
    assert told["answers"] == 3
    assert told["untried"] == {
        "the answer fails as it is": 1,
        "nothing that decides looks at the text or the calls": 1,
    }
    rows = {row["check"]: row for row in told["assertions"]}
    assert list(rows) == ["equals", "word-count", "not-contains", "regex"]
    assert set(rows["equals"]["accepted"].values()) == {0}
    assert rows["equals"]["tried"] == dict.fromkeys(MUTATIONS, 1)
    accepted = rows["word-count"]["accepted"]
    assert accepted == {
        "emptied": 1,
        "halved": 1,
        "number": 1,
        "other case": 1,
        "refusal": 1,
        "judge": 0,
    }
    assert rows["regex"]["accepted"]["refusal"] == 0
    assert rows["not-contains"]["accepted"]["emptied"] == 1
    survivors = {(one["name"], one["change"]) for one in told["survivors"]}
    assert ("suites/said.eval.yaml::loose[default]", "refusal") in survivors
    assert ("suites/said.eval.yaml::both[default]", "number") in survivors
    assert not any("strict" in name for name, _ in survivors)
    assert told["tests"]["accepted"]["emptied"] == 1


def test_the_table_names_each_assertion_by_its_place(suite, call):
    called = call("audit", "checks", suite)
    lines = called.out.splitlines()
    assert lines[0] == "suites/said.eval.yaml: 3 answers changed"
    assert lines[1] == "  left out: 1: the answer fails as it is"
    assert lines[2] == "  left out: 1: nothing that decides looks at the text or the calls"
    assert " ".join(lines[3].split()).startswith("STILL PASSES EMPTIED HALVED NUMBER OTHER CASE")
    assert lines[4].endswith("suites/said.eval.yaml:4:54")
    assert "tests that still pass" in lines
    assert any("refusal" in line and "loose[default] sample 0" in line for line in lines)


def test_what_is_not_recorded_is_left_out(project, call):
    cli_projects.write_sums(project)
    for file in (project / "suites/cassettes/sums").glob("*.json"):
        file.unlink()
    called = call("audit", "checks")
    assert called.code == 0
    assert (
        "suites/sums.eval.yaml: 0 answers changed\n  left out: 8: nothing is recorded" in called.out
    )


def test_without_suites_there_is_nothing_to_try(project, call):
    assert call("audit", "checks").code == 5


def test_a_suite_with_mistakes_is_told_and_the_others_are_tried(suite, call):
    (suite.parent / "bad.eval.yaml").write_text("tests: []\n")
    called = call("audit", "checks")
    assert called.code == 4
    assert "bad.eval.yaml" in called.err
    assert "said.eval.yaml: 3 answers changed" in called.out


def texts(completion, other=None):
    return {name: made.text for name, made in mutated(completion, other).items()}


def test_answers_are_made_wrong_in_six_ways():
    made = texts(answer("It is 09 or 99."), answer("Paris"))
    assert list(made) == list(MUTATIONS)
    assert made["emptied"] == ""
    assert made["halved"] == "It is 0"
    assert made["number"] == "It is 10 or 100."
    assert made["other case"] == "Paris"
    assert made["refusal"].startswith("I'm sorry")
    assert '"pass": true' in made["judge"]


def test_what_a_change_leaves_as_it_is_is_not_tried():
    assert "number" not in texts(answer("Paris"))
    assert list(texts(answer(""), answer(" "))) == ["refusal", "judge"]


def test_calls_are_made_wrong_too():
    calls = (ToolCall(name="get", arguments='{"id": 7}'), ToolCall(name="put", arguments="{}"))
    made = mutated(answer("", tool_calls=calls), None)
    assert made["emptied"].tool_calls == made["refusal"].tool_calls == ()
    assert made["halved"].tool_calls == calls[:1]
    assert made["number"].tool_calls[0].arguments == '{"id": 8}'
