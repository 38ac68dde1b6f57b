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
from evals.suite import written
from evals.suite.excerpts import WIDTH, cells, cut_out
from evals.suite.open import open_suite
from evals.suite.sections import (
    BY_KEY,
    CHECKS,
    DATA,
    FILES,
    SUITE,
    TEMPLATES,
    YAML,
    section_of,
)

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


TABLES: dict[str, tuple[type, tuple[str | int, ...]]] = {
    "suite": (written.WrittenSuite, ()),
    "prompt": (written.WrittenPrompt, ("prompts", 0)),
    "message": (written.WrittenMessage, ("prompts", 0, "messages", 0)),
    "setting": (written.WrittenSetting, ("settings", 0)),
    "judge": (written.WrittenJudge, ("judge",)),
    "repeat": (written.WrittenRepeat, ("repeat",)),
    "test": (written.WrittenTest, ("tests", 0)),
    "turn": (written.WrittenTurn, ("tests", 0, "turns", 0)),
    "dataset": (written.WrittenDataset, ("tests", 0, "dataset")),
    "sample": (written.WrittenSample, ("tests", 0, "sample")),
    "examples": (written.WrittenExamples, ("examples",)),
    "metric": (written.WrittenMetric, ("metrics", "limits")),
    "gate": (written.WrittenGate, ("gates", 0)),
    "limits": (written.WrittenLimits, ("limits",)),
}


def test_every_mapping_of_a_suite_has_its_table() -> None:
    structs = {
        struct
        for struct in vars(written).values()
        if isinstance(struct, type) and issubclass(struct, written.Written)
    }
    shared = {written.Written, written.WrittenDefaults}  # the keys of a test
    assert {struct for struct, _ in TABLES.values()} == structs - shared


@pytest.mark.parametrize("table", TABLES)
def test_every_key_leads_to_the_section_of_its_table_or_to_one_of_its_own(table: str) -> None:
    struct, path = TABLES[table]
    lines = (REFERENCE / "suites.md").read_text("utf-8").splitlines()
    before = lines[: lines.index(f"<!-- generated: {table} -->")]
    heading = next(line for line in reversed(before) if line.startswith("#"))
    home = f"suites.md#{_anchor(heading.lstrip('# '))}"
    for key in struct.__struct_encode_fields__:  # type: ignore[attr-defined] # of any struct
        above = next((part for part in reversed(path) if isinstance(part, str)), "")
        own = {BY_KEY.get(key), BY_KEY.get(f"{above}.{key}")}
        assert section_of((*path, key), {}) in {home, *own}, key


@pytest.mark.parametrize("key", written.WrittenSuite.__struct_encode_fields__)
def test_a_key_of_a_suite_that_has_a_section_leads_to_it(key: str) -> None:
    plain = {"suite", "description", "tags", "metadata", "model", "live_only"}
    assert (section_of((key,), {}) == SUITE) == (key in plain)


@pytest.mark.parametrize(
    ("path", "section"),
    [
        (("tests", 0, "vars", "limits"), "suites.md#tests"),
        (("metrics", "gates"), "suites.md#metrics-of-the-suite"),
        (("transforms", "matrix"), "checks.md#transforms"),
        (("settings", 0, "model"), "suites.md#settings"),
        (("prompts", 0, "messages", 0, "name"), "suites.md#messages"),
    ],
)
def test_names_of_the_user_lead_nowhere_else(path: tuple[str | int, ...], section: str) -> None:
    assert section_of(path, {}) == section


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


def test_an_endpoint_without_a_model_is_told_at_its_line(tmp_path: Path) -> None:
    (tmp_path / "evals.toml").write_text('[endpoints.house]\nbase_url = "http://127.0.0.1:1"\n')
    suite = tmp_path / "a.eval.yaml"
    suite.write_text("description: x\nendpoint: house\ntests: [{vars: {prompt: x}, expected: y}]\n")
    with pytest.raises(SuiteError) as refused:
        open_suite(suite, config=load_config(tmp_path, env={}))
    (problem,) = refused.value.problems
    assert problem.told.splitlines()[:3] == [
        "a.eval.yaml:2:11: error: endpoint house: no model is named",
        "  2 | endpoint: house",
        "    |           ^^^^^",
    ]
    assert "Write `model:` in the suite" in problem.told
