"""What `evals audit endpoint` found is told by every rendering of the runs that it concerns."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from evals.cli.group import group

SEEDED = """
endpoint: standin
prompts: ["[[say 5]] What is {{ a }} + 3?"]
parameters: {temperature: 1, seed: 7}
tests:
  - {id: right, vars: {a: 2}, assert: [{type: equals, value: "5"}]}
"""


@pytest.fixture
def audited(project):
    result = CliRunner().invoke(group, ["audit", "endpoint", "standin"])
    assert result.exit_code == 0, result.output
    assert "Kept in reports/endpoints.json" in result.output
    return project.path / "reports" / "endpoints.json"


def told():
    """The run as Markdown, and as JSON."""
    invoke = CliRunner().invoke
    markdown = invoke(group, ["report", "latest", "--format", "markdown"]).output
    shown = invoke(group, ["show", "latest"]).output
    return markdown, " ".join(shown.split())


def change(file, **fields):
    kept = json.loads(file.read_text(encoding="utf-8"))
    kept["audits"][0] |= fields
    file.write_text(json.dumps(kept), encoding="utf-8")


def test_whether_the_seed_is_honoured_stands_in_page_markdown_terminal_and_manifest(
    project, audited
):
    change(audited, parameters=[{"parameter": "seed", "found": "ignored", "words": "they differ"}])
    project.suite(SEEDED)
    project.run("--evals-mode", "record")
    markdown, shown = told()
    says = "standin ignores the seed, so that samples are not what a seed repeats: they differ"
    page = (project.path / "reports/runs/latest/report.html").read_text(encoding="utf-8")
    assert says in page
    assert says in markdown.replace("\\", "")
    assert says in shown
    (audit,) = project.manifest()["audits"]
    assert (audit["endpoint"], audit["parameters"][0]["found"]) == ("standin", "ignored")


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"model": "another", "answered": "another"}, "of another model, another"),
        ({"base_url": "https://old.example.com/v1"}, "at another address, https://old"),
        ({"at": "2020-01-01T00:00:00Z"}, "days before this run"),
    ],
)
def test_what_was_found_of_something_else_or_long_ago_is_said_to_be(project, audited, fields, why):
    change(audited, **fields)
    project.suite(SEEDED)
    project.run("--evals-mode", "record")
    markdown, _ = told()
    told_plainly = markdown.replace("\\", "").replace("&#58;", ":")
    assert "Whether standin honours seed was found out on 20" in told_plainly
    assert why in told_plainly
    assert "evals audit endpoint standin finds out anew" in told_plainly


def test_nothing_is_said_where_no_seed_is_sent_or_nothing_was_asked(project):
    project.suite(SEEDED)
    project.run("--evals-mode", "record")
    assert "honour" not in told()[0]
    CliRunner().invoke(group, ["audit", "endpoint", "standin"])
    project.suite(SEEDED.replace(", seed: 7", ""))
    project.run("--evals-mode", "record")
    assert "the seed" not in told()[0]
