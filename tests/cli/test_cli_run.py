"""`evals run`: pytest on suites, in a process of its own as from a shell."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from tests.cli import cli_projects
from tests.support.evolink_server import EvolinkServer


def test_recorded_suites_are_judged_and_their_results_are_a_table(command, recorded) -> None:
    called = command("run")
    assert called.code == 0, called.out + called.err
    lines = called.out.splitlines()
    head = next(line for line in lines if line.startswith("suite "))
    row = lines[lines.index(head) + 1]
    assert head.split() == ["suite", "passed", "missed", "gates", "held"]
    assert row.split() == ["suites/sums.eval.yaml", "6", "2", "1"]
    assert "accuracy" in called.out


def test_the_run_is_kept_and_its_page_is_named(command, recorded) -> None:
    called = command("run")
    page = next(line for line in called.out.splitlines() if line.startswith("page: "))
    assert (recorded / page.removeprefix("page: ")).is_file()
    assert (recorded / "reports" / "runs" / "latest" / "run.json").is_file()


@pytest.mark.parametrize(("columns", "widest"), [("30", 60), ("72", 72), ("300", 120)])
def test_the_summary_is_as_wide_as_the_terminal_within_bounds(
    columns, widest, command, recorded
) -> None:
    summary = _summary(command("run", "-v", COLUMNS=columns).out)
    assert max(map(len, summary)) <= widest
    assert (columns == "300") is any(len(line) > 72 for line in summary)


def test_a_terminal_without_the_signs_gets_a_summary_of_plain_ones(command, recorded) -> None:
    plain = command("run", "-v", PYTHONUTF8="0", PYTHONIOENCODING="ascii").out
    assert "+ Passed: 1 gate" in _summary(plain)
    assert "\\u" not in plain
    assert "✓ Passed: 1 gate" in _summary(command("run", "-v").out)


def _summary(printed: str) -> list[str]:
    lines = printed.splitlines()
    first = next(i for i, line in enumerate(lines) if " model evaluation " in line)
    last = next(i for i, line in enumerate(lines) if line.startswith("page: "))
    return lines[first + 1 : last]


def test_a_failure_is_one_line_with_its_reason_and_exit_1(command, project) -> None:
    cli_projects.write_sums(
        project,
        text=cli_projects.SUMS.replace("misses: allowed\n", ""),
    )
    called = command("run")
    assert called.code == 1
    failed = [line for line in called.out.splitlines() if line.startswith("FAIL ")]
    assert len(failed) == 2
    assert "suites/sums.eval.yaml::wrong[greedy]  equals: " in failed[0]
    assert "= FAILURES =" not in called.out


@pytest.mark.parametrize("option", ["-v", "--tb=short"])
def test_pytests_own_output_comes_back_when_it_is_asked_for(option, command, project) -> None:
    text = cli_projects.SUMS.replace("misses: allowed\n", "")
    cli_projects.write_sums(project, text=text)
    called = command("run", option)
    assert called.code == 1
    assert "= FAILURES =" in called.out


def test_arguments_are_passed_on_to_pytest(command, recorded) -> None:
    called = command("run", "-k", "small and greedy", "--junitxml", "results.xml")
    assert called.code == 0, called.out
    cases = ElementTree.parse(recorded / "results.xml").findall(".//testcase")
    assert [case.get("name") for case in cases][:1] == ["small[greedy]"]
    assert sum("gate" not in str(case.get("name")) for case in cases) == 1


def test_without_a_path_only_suites_are_run(command, recorded) -> None:
    (recorded / "suites" / "test_other.py").write_text("def test_other(): assert False\n")
    assert command("run").code == 0
    called = command("run", "suites/test_other.py")
    assert called.code == 1
    assert "def test_other(): assert False" in called.out


def test_without_a_folder_suites_those_below_the_current_folder_are_run(command, recorded) -> None:
    (recorded / "suites").rename(recorded / "elsewhere")
    called = command("run")
    assert called.code == 0, called.out
    assert "elsewhere/sums.eval.yaml" in called.out


def test_from_a_folder_below_the_run_is_kept_in_the_root_directory(
    command, recorded: Path, monkeypatch
) -> None:
    monkeypatch.chdir(recorded / "suites")
    assert command("run").code == 0
    assert (recorded / "reports" / "runs" / "latest").exists()
    assert command("show").code == 0


def test_no_suite_is_exit_5_with_what_to_do(command, project) -> None:
    called = command("run")
    assert called.code == 5
    assert "`evals init` writes a first one" in called.err


def test_a_bad_suite_is_exit_4_with_its_place_and_the_others_run(command, recorded) -> None:
    (recorded / "suites" / "bad.eval.yaml").write_text("testss: []\n")
    called = command("run")
    assert called.code == 4
    assert "suites/bad.eval.yaml:1:1: error: unknown key 'testss'" in called.out
    assert "suites/sums.eval.yaml" in called.out
    assert "INTERNALERROR" not in called.out


def test_what_is_not_recorded_is_exit_6_and_says_how_to_record_it(command, recorded) -> None:
    (recorded / "suites" / "sums.eval.yaml").write_text(
        cli_projects.SUMS.replace("20, b: 22", "20, b: 23")
    )
    called = command("run")
    assert called.code == 6
    assert "suites/sums.eval.yaml::large[greedy]" in called.out
    assert "prompt edited" in called.out


def test_a_wrong_option_is_exit_4(command, recorded) -> None:
    assert command("run", "--evals-mode", "sometimes").code == 4


def test_workers_of_pytest_xdist_judge_the_same(command, recorded) -> None:
    called = command("run", "-n", "2")
    assert called.code == 0, called.out + called.err
    row = next(line for line in called.out.splitlines() if line.startswith("suites/sums"))
    assert row.split() == ["suites/sums.eval.yaml", "6", "2", "1"]


def test_colours_are_pytests_unless_they_are_switched_off(command, recorded) -> None:
    assert "\x1b[" in command("run", FORCE_COLOR="1").out
    assert "\x1b[" not in command("--no-color", "run", FORCE_COLOR="1").out


def test_what_is_recorded_once_is_replayed_without_the_service(command, project: Path) -> None:
    suite = project / "suites" / "hello.eval.yaml"
    suite.parent.mkdir()
    suite.write_text(
        'endpoint: evolink\nprompts: ["Greet {{ name }} [[say Hello {{ name }}]]"]\n'
        "tests:\n"
        "  - {id: ada, vars: {name: Ada}, assert: [Hello Ada]}\n"
        "  - {id: bob, vars: {name: Bob}, assert: [Hello Bob]}\n"
    )
    with EvolinkServer() as server:
        (project / "pyproject.toml").write_text(
            f'[tool.evals.endpoints.evolink]\nbase_url = "{server.base_url}"\n'
        )
        key = "sk-evo-0123456789"
        recording = command("run", "--evals-mode", "record", EVOLINK_API_KEY=key)
        assert recording.code == 0, recording.out + recording.err
        assert len(server.requests) == 2
    replaying = command("run")
    assert replaying.code == 0, replaying.out
    assert len(list((suite.parent / "cassettes" / "hello").glob("*.json"))) == 2
    assert key not in "".join(path.read_text() for path in project.rglob("*.json"))
    assert command("show").code == 0
    assert command("report", "-o", "page.html").code == 0
    assert "Hello Bob" in (project / "page.html").read_text(encoding="utf-8")
