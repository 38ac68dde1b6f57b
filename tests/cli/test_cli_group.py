"""The command itself: help, usage errors, exit codes, colours, completion, start-up."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from evals.cli import group as group_module
from evals.cli.exits import refuse
from evals.cli.group import COMMANDS, group
from evals.errors import ConfigError, DamagedFile, EndpointError, RunError


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_help_text_with_an_example(name: str, call) -> None:
    called = call(name, "--help")
    assert called.code == 0
    assert f"evals {name}" in called.out.split("Example", 1)[1]


def test_help_lists_every_command_with_a_whole_sentence(call) -> None:
    lines = call("--help").out.splitlines()
    start = lines.index("Commands:") + 1
    listed = lines[start : start + len(COMMANDS)]
    assert [line.split()[0] for line in listed] == list(COMMANDS)
    assert [line for line in listed if not line.endswith(".") or line.endswith("...")] == []


def test_no_command_stands_for_what_is_not_built_yet() -> None:
    modules = {path.stem for path in Path(group_module.__file__).parent.glob("*.py")}
    assert set(COMMANDS) <= modules
    context = click.Context(group)
    assert group.get_command(context, "group") is None


@pytest.mark.parametrize(
    "arguments",
    [("shwo",), ("show", "--nothing"), ("trust",), ("report", "a", "b", "c"), ("--nothing",)],
)
def test_bad_usage_exits_with_4_and_says_why_on_stderr(arguments, call, project) -> None:
    called = call(*arguments)
    assert called.code == 4
    assert called.out == ""
    assert "Error: " in called.err


def test_an_unknown_command_is_answered_with_the_nearest_one(call) -> None:
    assert "Did you mean 'validate'?" in call("valdate").err


def test_the_version_is_the_packages(call) -> None:
    import evals

    assert call("--version").out == f"evals {evals.__version__}\n"


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (ConfigError("no such endpoint", remedy="name another"), 4),
        (RunError("no such run", remedy="name another"), 4),
        (DamagedFile("damaged", remedy="restore it"), 6),
        (EndpointError("no answer", kind="connect", remedy="start it"), 6),
    ],
)
def test_an_error_is_told_with_its_remedy_and_has_its_exit_code(problem, code, capsys) -> None:
    assert refuse(problem) == code
    assert capsys.readouterr().err == f"error: {problem.message}\n{problem.remedy}\n"


def test_an_internal_error_shows_its_traceback_without_keys(call, project, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-0123456789")
    with monkeypatch.context() as patch:
        patch.setattr("evals.cli.show.load", _break)
        called = call("show")
    assert called.code == 3
    assert "Traceback" in called.err
    assert "[secret:OPENAI_API_KEY]" in called.err
    assert "sk-canary" not in called.err


def _break(run: str) -> None:
    raise ValueError("the key sk-canary-0123456789 was in a message")


def test_an_interrupt_exits_with_2(call, project, monkeypatch) -> None:
    def interrupt(run: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("evals.cli.show.load", interrupt)
    assert call("show").code == 2


@pytest.mark.parametrize(
    "before",
    [
        "read, write = os.pipe()\nos.close(read)\nos.dup2(write, 1)",
        "sys.stdout = None",  # as Python has it where the shell said `>&-`
    ],
)
def test_a_reader_that_closes_the_pipe_is_no_error(command, recorded, before) -> None:
    script = f"import os, sys\n{before}\nfrom evals.cli import main\nsys.exit(main(['config']))\n"
    root = str(Path(group_module.__file__).parents[2])
    done = subprocess.run(
        (sys.executable, "-c", script),
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_colours_are_for_terminals_unless_they_are_forced(call, project, monkeypatch) -> None:
    (project / "bad.eval.yaml").write_text("testss: []\n")
    assert "\x1b[" not in call("validate").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[31m" in call("validate").out


@pytest.mark.parametrize(("option", "variable"), [(["--no-color"], ""), ([], "NO_COLOR")])
def test_colours_can_be_switched_off(option, variable, call, project, monkeypatch) -> None:
    (project / "bad.eval.yaml").write_text("testss: []\n")
    monkeypatch.setenv("FORCE_COLOR", "1")
    if variable:
        monkeypatch.setenv(variable, "1")
    assert "\x1b[" not in call(*option, "validate").out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_help_names_the_line_that_switches_completion_on(shell, command) -> None:
    script = command(_EVALS_COMPLETE=f"{shell}_source")
    assert script.code == 0
    assert "_EVALS_COMPLETE" in script.out
    assert f"_EVALS_COMPLETE={shell}_source evals" in command("--help").out


def test_completion_knows_commands_and_runs(command, project) -> None:
    folder = project / "reports" / "runs" / "20261123T101500Z-k3f9"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text("{}")
    assert "plain,show" in _completed(command, "evals sh")
    assert _completed(command, "evals show 2026") == ["plain,20261123T101500Z-k3f9"]
    assert _completed(command, "evals show lat") == ["plain,latest"]


def _completed(command, line: str) -> list[str]:
    count = str(len(line.split()) - 1)
    called = command(_EVALS_COMPLETE="bash_complete", COMP_WORDS=line, COMP_CWORD=count)
    return called.out.split()


_HEAVY = ("httpx", "aiohttp", "jinja2", "yaml", "msgspec", "jsonschema_rs", "re2", "rich", "pytest")


def test_help_imports_nothing_heavy(command) -> None:
    script = (
        "import sys\n"
        "from evals.cli import main\n"
        "main(['--help'])\n"
        f"print('heavy:', [name for name in {_HEAVY!r} if name in sys.modules])\n"
    )
    root = str(Path(group_module.__file__).parents[2])
    done = subprocess.run(
        (sys.executable, "-c", script),
        env={**os.environ, "PYTHONPATH": root, "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    assert "heavy: []" in done.stdout
