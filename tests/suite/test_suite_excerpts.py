"""The line of a mistake with carets below it, and the section of the reference about it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.endpoints.config import load_config
from evals.errors import SuiteError
from evals.suite.excerpts import WIDTH, cells, cut_out
from evals.suite.open import open_suite
from evals.suite.sections import BY_KEY, CHECKS, DATA, FILES, SUITE, TEMPLATES, YAML

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"


@pytest.mark.parametrize(
    ("line", "column", "shown", "carets"),
    [
        ("repeat: {samples: 0}", 19, "repeat: {samples: 0}", "                  ^"),
        ("defaults: {vrs: 1}", 12, "defaults: {vrs: 1}", "           ^^^"),
        ("a: '日本 x'", 4, "a: '日本 x'", "   ^^^^^^^^"),
        ("日本: {vrs: 1}", 6, "日本: {vrs: 1}", "       ^^^"),
        ("a:\tb", 4, "a:    b", "      ^"),
        ("a: \x1b[2J x", 4, "a: [ESC][2J x", "   ^^^^^"),
        ("ends", 5, "ends", "    ^"),
    ],
)
def test_carets_stand_under_the_word(line: str, column: int, shown: str, carets: str) -> None:
    assert cut_out(line, column) == (shown, carets)


def test_a_long_line_is_cut_around_the_carets() -> None:
    line = f"{'a' * 300} wrong {'b' * 300}"
    shown, carets = cut_out(line, 302)
    assert shown.startswith("…a")
    assert shown.endswith("b…")
    assert len(shown) <= WIDTH
    assert shown[carets.index("^") : len(carets)] == "wrong"


@given(st.text(max_size=400), st.integers(min_value=1, max_value=500))
def test_no_line_is_too_wide_or_unseen(line: str, column: int) -> None:
    shown, carets = cut_out(line, column)
    assert cells(shown) <= WIDTH
    assert re.fullmatch(" *\\^+", carets)
    assert len(carets) <= WIDTH + 1
    assert "\n" not in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("text", "section"),
    [
        ("gates: [accuracy >= x]\n", "suites.md#gates"),
        ("gates: [{metric: accuracy, versus: other}]\n", "suites.md#gates-that-compare"),
        ("repeat: 0\n", "suites.md#samples"),
        ("parameters: {temperature: 7}\n", "suites.md#parameters"),
        ("settings: [{id: a, temperature: 7}]\n", "suites.md#parameters"),
        ("endpoint: nowhere\n", "configuration.md#endpoints"),
        ("defaults: {assert: [{type: regex, value: '('}]}\n", "checks.md#regex"),
        ("defaults: {assert: [{type: regxe, value: x}]}\n", CHECKS),
        ("defaults: {assert: [{use: none}]}\n", "checks.md#named-sets"),
        ("prompts: ['{{ q }}']\n", TEMPLATES),
        ("unknown: 1\n", SUITE),
        ("a: [\n", YAML),
        ("tags: a\ntags: b\n", YAML),
    ],
)
def test_each_kind_of_mistake_leads_to_its_section(tmp_path: Path, text: str, section: str) -> None:
    assert _told(tmp_path, f"{text}tests: [{{vars: {{prompt: x}}, expected: y}}]\n") == {section}


def test_what_is_wrong_in_a_row_shows_the_row(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("prompt,expected\na,b\nc\n")
    with pytest.raises(SuiteError) as refused:
        _open(tmp_path, "tests: [{file: rows.csv}]\n")
    assert [(p.excerpt, p.section) for p in refused.value.problems] == [
        (("  3 | c", "    | ^"), DATA)
    ]


def test_the_message_of_the_error_has_it_all(tmp_path: Path) -> None:
    with pytest.raises(SuiteError) as refused:
        _open(tmp_path, "tests: []\nrepeat: 0\n")
    assert str(refused.value).endswith(
        "s.eval.yaml:2:9: error: repeat is 0; allowed is 1 or more\n"
        "  2 | repeat: 0\n"
        "    |         ^\n"
        "    see docs/reference/suites.md#samples"
    )


@pytest.mark.parametrize(
    "section", sorted({*BY_KEY.values(), YAML, CHECKS, SUITE, TEMPLATES, DATA, FILES})
)
def test_the_reference_has_every_section(section: str) -> None:
    page, _, anchor = section.partition("#")
    headings = re.findall(r"^#+ (.*)$", (REFERENCE / page).read_text("utf-8"), re.MULTILINE)
    assert anchor in {_anchor(heading) for heading in headings}


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _told(root: Path, text: str) -> set[str]:
    with pytest.raises(SuiteError) as refused:
        _open(root, text)
    return {problem.section for problem in refused.value.problems}


def _open(root: Path, text: str) -> Any:
    path = root / "s.eval.yaml"
    path.write_text(text)
    return open_suite(path, config=load_config(root, env={}))
