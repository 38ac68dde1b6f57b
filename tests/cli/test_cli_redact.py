"""`evals report --redact`: the page and the summary without the texts behind their figures."""

from __future__ import annotations

import base64
import gzip
import re
from pathlib import Path

import pytest

import evals
from tests.cli import cli_projects

QUESTION, RIGHT, ANSWER = "quokka-question", "wombat-right", "numbat-answer"
SUITE = f"""\
endpoint: local
prompts: ["Say: {{{{ text }}}}"]
misses: allowed
tests:
  - {{id: one, vars: {{text: {QUESTION}}}, expected: {RIGHT}}}
gates: [accuracy <= 0.5]
"""


@pytest.fixture
def run(project: Path) -> evals.Run:
    path = cli_projects.write_sums(project, name="words", text=SUITE)
    cli_projects.record(path, lambda body: ANSWER)
    return evals.run(path)


def texts(page: str) -> str:
    """All that a page says, its packed data included."""
    packed = re.search(r'\{"gzip":"([^"]+)"', page) or re.search(r'"gzip":\s*"([^"]+)"', page)
    assert packed, "the page has no data"
    return page + gzip.decompress(base64.b64decode(packed[1])).decode()


def test_whole_pages_have_the_texts(call, run, project) -> None:
    call("report", "-o", "whole.html")
    shown = texts((project / "whole.html").read_text("utf-8"))
    assert all(text in shown for text in (QUESTION, RIGHT, ANSWER))


@pytest.mark.parametrize(
    ("parts", "gone", "kept"),
    [
        ("vars,answers", (QUESTION, RIGHT, ANSWER), ()),
        ("answers", (ANSWER,), (QUESTION,)),
        ("vars", (QUESTION, RIGHT), (ANSWER,)),
    ],
)
def test_a_page_is_written_without_them(call, run, project, parts, gone, kept) -> None:
    assert call("report", "--redact", parts, "-o", "page.html").code == 0
    shown = texts((project / "page.html").read_text("utf-8"))
    assert [text for text in gone if text in shown] == []
    assert [text for text in kept if text not in shown] == []
    assert "0.0" in shown  # the accuracy, in per cent


def test_so_is_a_summary(call, run) -> None:
    shown = call("report", "--redact", "vars,answers", "--format", "markdown").out
    assert "accuracy" in shown
    assert [text for text in (QUESTION, RIGHT, ANSWER) if text in shown] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--redact", "ids"), "takes vars, answers or both, not ids"),
        (("--redact", "vars", "--format", "csv"), "for html and markdown; this is csv"),
    ],
)
def test_what_cannot_be_left_out_is_refused(call, run, arguments, said) -> None:
    called = call("report", *arguments)
    assert called.code == 4
    assert said in called.err
