"""`evals audit judge`: a judge's verdicts beside labels."""

import json
import os

import pytest

import evals
from evals.answer import read
from evals.cassettes import Cassettes
from evals.endpoints.config import load_config
from evals.runner import replay
from evals.suite.open import open_suite
from evals.suite.script import asking
from tests.cli import cli_projects

SUITE = """\
endpoint: local
prompts: ["Say {{ says }}"]
judge: {}
misses: allowed
gates: [accuracy >= 0.1]
defaults:
  assert:
    - {type: llm-rubric, value: Is kind., metric: kind}
tests:
"""


def reply(body):
    """It calls kind whatever has a `k`, and cannot say of what has a `?`."""
    text = body["messages"][-1]["content"]
    if body["messages"][0]["role"] != "system":
        return text.removeprefix("Say ")
    said = text.partition("answer-")[2].partition("\n")[2].partition("\n")[0]
    if "?" in said:
        return "Hard to say."
    return json.dumps({"reason": "So it is.", "pass": "k" in said, "score": 1})


def record(path):
    """Record what it says, to the model and as its judge."""
    opened = open_suite(path, config=load_config(path.parents[1], env=os.environ))
    cassettes = Cassettes(path.parent / "cassettes" / opened.suite.id)

    def lookup(request):
        cli_projects.keep(cassettes, request, reply(request.body))
        return read(cassettes.read(request))

    for cell in opened.cells:
        replay(asking(cell, 0), lookup)


@pytest.fixture
def judged(project, call):
    """A run of six answers: kind-1 … kind-3, rude-1, rude-2, odd?."""
    path = project / "suites" / "said.eval.yaml"
    path.parent.mkdir()
    texts = ["kind-1", "kind-2", "kind-3", "rude-1", "rude-2", "odd?"]
    tests = "".join(f"  - {{id: {text.strip('?')}, vars: {{says: {text}}}}}\n" for text in texts)
    path.write_text(SUITE + tests, encoding="utf-8")
    record(path)
    evals.run(path)

    def audit(rows, *arguments):
        (project / "labels.csv").write_text(rows, encoding="utf-8")
        return call("audit", "judge", "--labels", "labels.csv", *arguments)

    return audit


LABELS = """\
case,label,note
kind-1,pass,
kind-2,yes,
kind-3,fail,flattery
rude-1,FAIL,
rude-2,pass,charming
odd,fail,
,,
"""


def test_accuracy_and_kappa_are_told_with_their_intervals(judged):
    called = judged(LABELS, "--format", "json")
    assert called.code == 0, called.err
    told = json.loads(called.out)
    (row,) = told["checks"]
    assert row["check"] == "llm-rubric (kind)"
    assert (row["n"], row["passed"], row["labelled"], row["errors"]) == (5, 3, 3, 1)
    assert (row["wrongly_passed"], row["wrongly_failed"]) == (1, 1)
    assert row["accuracy"] == pytest.approx(0.6)
    assert row["low"] < 0.6 < row["high"]
    assert row["kappa"] == pytest.approx((0.6 - 0.52) / 0.48)
    assert row["kappa_low"] < row["kappa"] < row["kappa_high"]
    text = judged(LABELS).out
    assert "60.0 % [" in text
    assert "0.17 [" in text
    assert "llm-rubric (kind): chance could agree as well" in text


def test_labels_of_other_answers_checks_and_cases_are_left_out_and_counted(judged):
    rows = "case,label,text,check,sample\nkind-1,pass, kind-1 ,kind,0\nkind-2,fail,was else,,\n"
    rows += "kind-3,pass,,g-eval,\nnobody,pass,,,\nrude-1,fail,,llm-rubric,0\nrude-2,fail,,,7\n"
    told = json.loads(judged(rows, "--format", "json").out)
    assert (told["checks"][0]["n"], told["changed"], told["unmatched"]) == (2, 1, 3)
    text = judged(rows).out
    assert "as the answer is another one now: 1 label." in text
    assert "as the run has no such verdict: 3 labels." in text


def test_labels_of_one_kind_are_warned_of(judged):
    out = judged("case,label\nkind-1,pass\nkind-2,pass\n").out
    assert "kappa is not defined" in out
    assert "all labels are the same" in out


def test_no_verdict_that_was_labelled_is_exit_5(judged):
    called = judged("case,label\nnobody,pass\n")
    assert called.code == 5
    assert "No label meets a verdict of a judge in this run." in called.out
    assert "A check of your own that asks has to be named: --check NAME." in called.out
    assert judged(LABELS, "--check", "other").code == 5


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("case,label\nkind-1,perhaps\n", "labels.csv:2: 'perhaps' is no label"),
        ("case,verdict\nkind-1,pass\n", "labels.csv:2: a row has the columns case and label"),
        ("case,label\nkind-1,\n", "holds no label"),
        ("case,label,sample\nkind-1,pass,x\n", "labels.csv:2: the sample 'x' is no number"),
    ],
)
def test_labels_that_are_none_are_refused(judged, rows, message):
    called = judged(rows)
    assert called.code == 4
    assert message in called.err


def test_the_table_of_trials_with_a_column_added_is_a_file_of_labels(judged, call, project):
    assert call("report", "latest", "--format", "csv", "-o", "table.csv").code == 0
    head, *rows = (project / "table.csv").read_text(encoding="utf-8").splitlines()
    labelled = [f"{head},label", *(f"{row},{'pass' if 'kind-' in row else 'fail'}" for row in rows)]
    told = json.loads(judged("\n".join(labelled) + "\n", "--format", "json").out)
    assert (told["checks"][0]["accuracy"], told["checks"][0]["kappa"]) == (1.0, 1.0)
    assert (told["changed"], told["checks"][0]["errors"]) == (0, 1)
