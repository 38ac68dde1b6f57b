"""What a model says moves no cursor, starts no command, breaks no file – and stays exact."""

from __future__ import annotations

import csv
import io
import json
import re
from xml.etree import ElementTree

import pytest

from evals.cli import main
from evals.write import printable
from tests.plugin.conftest import Project
from tests.support.evolink_server import EvolinkServer, Step
from tests.support.misbehaving import choice, ok

ANSWERS = {
    "ansi": "a\x1b[31mred\x1b]8;;http://x\x07link\x1b]52;c;aGk=\x07 \x9b2J",
    "bidi": "left \u202eright\u2066 \u2028 line \ufeff \u200b",
    "github": "::error file=x::no\n  ::set-output name=a::b\n##[group]x\n::add-mask::y",
    "azure": "##vso[task.setvariable variable=x]y\n##teamcity[testFailed name='x']",
    "gitlab": "section_start:1:x\r\x1b[0Kheader",
    "xml": "]]> <x/> &amp; \x00\x01\x0b\ufffe",
    "html": "</script><script>alert(1)</script><img src=x onerror=alert(1)>",
    "markdown": "````\n``` ![x](http://x/y.png) [a](javascript:b) | # | @someone <details>",
    "formula": "=cmd|' /C calc'!A0",
    "template": "{{ 7 * 7 }} {% raw %} ${x} %(y)s {0}",
    "surrogate": "half \ud83d",
}
SUITE = """
endpoint: standin
prompts: ["{{ which }}"]
defaults: {assert: [{type: equals, value: never}]}
tests:
"""


class Saying(EvolinkServer):
    def reply(self, method: str, path: str, headers: dict[str, str], content: bytes) -> list[Step]:
        which = json.loads(content)["messages"][-1]["content"]
        return [ok(choices=[choice(content=ANSWERS[which])])]


@pytest.fixture
def said(pytester, monkeypatch):
    """A recorded project in which every answer is hostile, and what pytest printed."""
    monkeypatch.setenv("EVOLINK_API_KEY", "sk-evo-test-key-0123456789")
    with Saying() as server:
        project = Project(pytester, server)
        tests = "".join(f"  - {{id: {name}, vars: {{which: {name}}}}}\n" for name in ANSWERS)
        project.suite(SUITE + tests, "say")
        project.record()
    result = project.run("-vv", "-rA", "--junitxml", "junit.xml", "--evals-report", "page.html")
    return project, str(result.stdout)


def is_harmless(text: str) -> None:
    assert not re.search(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text
    )
    assert not re.search(r"^\s*::\w", text, re.MULTILINE)
    assert not re.search(r"##(\[|vso\[|teamcity\[)", text)


def test_answers_are_exact_in_the_data_and_harmless_wherever_they_are_shown(
    said, monkeypatch, capfd
):
    project, printed = said
    lines = (project.path / "reports/runs/latest/trials-0.jsonl").read_bytes().split(b"\n")
    trials = [json.loads(line) for line in lines if line]
    assert {t["case"]: t["completion"]["text"] for t in trials} == ANSWERS
    is_harmless(printed)
    assert "[ESC][31mred" in printed
    assert "[::]set-output name=a::b" in printed
    junit = (project.path / "junit.xml").read_text(encoding="utf-8")
    assert len(ElementTree.fromstring(junit).findall(".//testcase")) == len(ANSWERS)
    is_harmless(junit)
    page = (project.path / "page.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    monkeypatch.chdir(project.path)
    capfd.readouterr()
    for command in (("show",), ("show", "--format", "json"), ("report", "--format", "markdown")):
        assert main([*command]) == 0
        out, _ = capfd.readouterr()
        is_harmless(out)
        if "json" in command:
            json.loads(out)
    for name in ("run.csv", "run.json", "run.xml", "run.md", "run.html"):
        assert main(["report", "-o", name]) == 0, name
    ElementTree.parse(project.path / "run.xml")
    for name in ("run.csv", "run.json", "run.xml", "run.md"):  # they go to a log as well
        is_harmless((project.path / name).read_text(encoding="utf-8"))
    table = (project.path / "run.csv").read_text(encoding="utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(table)) for cell in row]
    assert not [cell for cell in cells if cell[:1] in ("=", "@", "\t", "\r")]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error::x", "[::]error::x"),
        ("a\n \t\u00a0::warning::x", "a\n \t\u00a0[::]warning::x"),
        ("a.yaml::case[x]", "a.yaml::case[x]"),
        ("::", "::"),
        ("x ##[error]y", "x [##][error]y"),
        ("##vso[a]", "[##]vso[a]"),
        ("## a heading", "## a heading"),
        ("a\r::error::x", "a[CR]::error::x"),
    ],
)
def test_signs_of_workflow_commands_stand_in_brackets(text, shown):
    assert printable(text) == shown
    assert printable(shown) == shown
