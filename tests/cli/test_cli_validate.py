"""`evals validate`: every mistake with its place, and nothing else happens."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli import cli_projects


def test_good_suites_are_listed_with_their_sizes(call, recorded) -> None:
    called = call("validate")
    assert called.code == 0
    assert "ok  suites/sums.eval.yaml: 4 cases, 2 columns, 8 trials, 1 gate" in called.out
    assert called.out.endswith("1 suite: no mistakes\n")


def test_every_mistake_of_every_suite_is_told_at_once_with_its_place(call, recorded) -> None:
    bad = cli_projects.SUMS.replace("misses: allowed", "mises: allowed").replace("0.8", "80")
    (recorded / "suites" / "bad.eval.yaml").write_text(bad)
    called = call("validate")
    assert called.code == 4
    assert "suites/bad.eval.yaml:7:1: error: unknown key 'mises'" in called.out
    assert "suites/bad.eval.yaml:6:" in called.out
    assert "ok  suites/sums.eval.yaml" in called.out


def test_what_only_a_rendered_row_shows_is_found(call, project) -> None:
    suite = project / "rows.eval.yaml"
    suite.write_text(
        'prompts: ["{{ text }}"]\n'
        "defaults: {assert: [{type: regex, value: '{{ pattern }}'}]}\n"
        "tests: [{file: rows.csv}]\n"
    )
    (project / "rows.csv").write_text("id,text,pattern\ngood,a,b+\nbad,a,(b\n")
    called = call("validate")
    assert called.code == 4
    assert "'bad'" in called.out
    assert "'good'" not in called.out


def test_two_suites_with_one_id_are_refused(call, recorded) -> None:
    (recorded / "more").mkdir()
    (recorded / "more" / "sums.eval.yaml").write_text(cli_projects.SUMS)
    called = call("validate")
    assert called.code == 4
    assert "more/sums.eval.yaml has the id 'sums' too" in called.out


def test_a_warning_is_a_mistake_under_strict_only(call, project) -> None:
    (project / "unused.eval.yaml").write_text(
        "prompts: [Hello]\n"
        "tests: [{id: one, vars: {unused: 1}, assert: [{type: contains, value: x}]}]\n"
    )
    called = call("validate")
    assert (called.code, "warning: " in called.out) == (0, True)
    assert called.out.endswith("1 suite: 0 errors, 1 warning\n")
    assert call("validate", "--strict").code == 4


def test_a_key_that_is_not_set_is_a_note(call, project, monkeypatch) -> None:
    (project / "one.eval.yaml").write_text(
        "endpoint: openai\nmodel: m\ntests: [{id: a, vars: {prompt: Hi}, assert: [x]}]\n"
    )
    called = call("validate")
    assert called.code == 0
    assert "note: endpoint openai: OPENAI_API_KEY is not set" in called.out
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789abcdef")
    assert "note:" not in call("validate").out


def test_a_key_for_a_host_that_is_not_trusted_is_a_note(call, project) -> None:
    (project / "pyproject.toml").write_text(
        "[tool.evals.endpoints.shop]\n"
        'base_url = "https://api.example.com/v1"\n'
        'api_key_env = "OPENAI_API_KEY"\n'
    )
    (project / "one.eval.yaml").write_text(
        "endpoint: shop\nmodel: m\ntests: [{id: a, vars: {prompt: Hi}, assert: [x]}]\n"
    )
    called = call("validate")
    assert "evals trust api.example.com --key OPENAI_API_KEY" in called.out


def test_extensions_are_imported_unless_that_is_refused(call, project) -> None:
    (project / "pyproject.toml").write_text('[tool.evals]\nextensions = ["my_extension"]\n')
    (project / "my_extension.py").write_text("open('imported', 'w').close()\n")
    (project / "one.eval.yaml").write_text(
        "endpoint: local\ntests: [{id: a, vars: {prompt: Hi}, assert: [x]}]\n"
    )
    assert call("validate", "--no-extensions").code == 0
    assert not (project / "imported").exists()
    assert call("validate").code == 0
    assert (project / "imported").exists()


def test_a_folder_without_suites_is_nothing_to_run(call, project) -> None:
    called = call("validate")
    assert called.code == 5
    assert "evals init" in called.err


@pytest.mark.parametrize("name", ["missing.eval.yaml", "notes.txt"])
def test_what_is_no_suite_is_bad_usage(name, call, project) -> None:
    (project / "notes.txt").write_text("x")
    called = call("validate", name)
    assert called.code == 4
    assert name in called.err


def test_hidden_and_installed_folders_are_left_out(call, project) -> None:
    for folder in (".hidden", "node_modules", "env"):
        (project / folder).mkdir()
        (project / folder / "bad.eval.yaml").write_text("nonsense: 1\n")
    (project / "env" / "pyvenv.cfg").write_text("")
    assert call("validate").code == 5
    assert call("validate", "env").code == 4


def test_a_mistake_in_the_configuration_is_told_without_a_traceback(call, recorded) -> None:
    (recorded / "pyproject.toml").write_text("[tool.evals]\nendpoitn = 'local'\n")
    called = call("validate")
    assert called.code == 4
    assert called.err.startswith("error: pyproject.toml:2:1: ")
    assert 'Did you mean "endpoint"?' in called.err


def test_control_characters_of_a_suite_do_not_reach_the_terminal(call, project: Path) -> None:
    (project / "evil.eval.yaml").write_text('"\\e[2J": 1\ntests: []\n')
    called = call("validate")
    assert called.code == 4
    assert "\x1b" not in called.out
    assert "ESC" in called.out or "\\x1b" in called.out


BAD = "tests: [{vars: {prompt: x}, expectd: '%, y'}]\n"


def test_a_mistake_is_shown_with_its_line_and_where_to_read_more(call, project) -> None:
    (project / "bad.eval.yaml").write_text(BAD)
    assert call("validate").out.startswith(
        "bad.eval.yaml:1:29: error: unknown key 'expectd'\n"
        "  1 | tests: [{vars: {prompt: x}, expectd: '%, y'}]\n"
        "    |                             ^^^^^^^\n"
        '    did you mean "expected"?\n'
        "    see docs/reference/suites.md#tests\n"
    )


def test_colour_is_for_where_and_what_and_only_where_it_is_wanted(
    call, project, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "bad.eval.yaml").write_text(BAD)
    assert "\x1b" not in call("validate").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    head, line, carets, hint = call("validate").out.splitlines()[:4]
    assert [text.startswith("\x1b[31m") for text in (head, line, carets, hint)] == [
        True,
        False,
        True,
        False,
    ]


def test_editors_and_scripts_get_one_document(call, project) -> None:
    (project / "bad.eval.yaml").write_text(BAD)
    called = call("validate", "--format", "json")
    assert called.code == 4
    told = json.loads(called.out)
    assert (told["format"], told["suites"]) == (1, 1)
    assert told["problems"][0] == {
        "path": "bad.eval.yaml",
        "line": 1,
        "column": 29,
        "severity": "error",
        "message": "unknown key 'expectd'",
        "details": ['did you mean "expected"?'],
        "excerpt": [
            "  1 | tests: [{vars: {prompt: x}, expectd: '%, y'}]",
            "    |                             ^^^^^^^",
        ],
        "section": "suites.md#tests",
    }


def test_good_suites_make_a_document_without_problems(call, recorded) -> None:
    called = call("validate", "--format", "json")
    assert (called.code, json.loads(called.out)["problems"]) == (0, [])


def test_a_pull_request_is_annotated(call, project) -> None:
    (project / "a,b.eval.yaml").write_text("suite: a\n" + BAD)
    assert call("validate", "--format", "github").out.splitlines()[0] == (
        "::error file=a%2Cb.eval.yaml,line=2,col=29::"
        "unknown key 'expectd'%0Adid you mean \"expected\"?"
    )
