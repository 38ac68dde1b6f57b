"""A key that the service repeats, in every place and form, is found in nothing that is left."""

from __future__ import annotations

import json

import pytest

from evals.cli import main
from tests.plugin.conftest import Project
from tests.support.canary import KEY, PLACES, EchoingServer, leaks

SUITE = """
endpoint: standin
prompts: ["{{ place }}"]
repeat: 1
parameters: {logprobs: true, top_logprobs: 2}
limits: {errors: 100}
defaults:
  assert: [{type: equals, value: never}, {type: regex, value: 'never', transform: lower}]
tests:
"""
LOUD = ("-vv", "-l", "-rA", "--tb=long", "--log-level=DEBUG", "--full-trace", "--debug")


@pytest.fixture
def echoing(pytester, monkeypatch):
    monkeypatch.setenv("EVOLINK_API_KEY", KEY)
    monkeypatch.delenv("CI", raising=False)
    with EchoingServer() as server:
        project = Project(pytester, server)
        config = project.path / "pyproject.toml"
        config.write_text(config.read_text() + "probe_interval = 0.01\n")
        lines = [f"  - {{id: {place}, vars: {{place: {place}}}}}" for place in PLACES]
        project.suite(SUITE + "\n".join(lines) + "\n", "echo")
        yield project


def run(project, *arguments):
    result = project.run(*LOUD, *arguments, "--junitxml", f"{arguments[-1]}.xml")
    return str(result.stdout) + str(result.stderr)


def test_the_key_is_found_nowhere_after_recording_replay_and_live(echoing, capfd, monkeypatch):
    said = run(echoing, "--evals-mode", "record")
    assert {headers["authorization"] for headers in echoing.server.headers} == {f"Bearer {KEY}"}
    assert "[secret:EVOLINK_API_KEY]" in said
    said += run(echoing, "--evals-mode", "replay")
    outcomes = {trial["case"]: trial["outcome"] for trial in echoing.trials()}
    assert {place for place in PLACES if outcomes[place] == "fail"} > {"content", "tokens", "call"}
    said += run(echoing, "--evals-mode", "live")
    monkeypatch.chdir(echoing.path)
    capfd.readouterr()
    runs = [path.parent.name for path in echoing.path.glob("reports/runs/2*/run.json")][:2]
    for command in (
        ("show",),
        ("show", "--format", "json"),
        ("report", "latest", "-o", "page.html"),
        ("compare", *runs, "--format", "markdown"),
        ("baseline", "set"),
        ("config",),
        ("validate",),
    ):
        assert main([*command]) in (0, 1), command
    out, err = capfd.readouterr()
    assert out
    assert leaks(echoing.path, said, out, err) == []


def test_a_key_that_stands_in_a_suite_is_not_repeated(project, monkeypatch, capfd):
    project.suite(f"endpoint: standin\nprompts: [hello]\n{KEY}: 1\ntests: []\n")
    monkeypatch.setenv("EVOLINK_API_KEY", KEY)
    monkeypatch.chdir(project.path)
    result = project.run("-vv", "--junitxml", "junit.xml")
    main(["validate"])
    out, err = capfd.readouterr()
    assert "[secret:EVOLINK_API_KEY]" in str(result.stdout)
    assert "[secret:EVOLINK_API_KEY]" in out
    assert KEY not in str(result.stdout) + out + err + (project.path / "junit.xml").read_text()


@pytest.mark.parametrize("tail", ["\n", "é", " x", "\t"])
def test_a_key_that_cannot_be_sent_is_refused_without_being_shown(project, monkeypatch, tail):
    monkeypatch.setenv("EVOLINK_API_KEY", KEY + tail)
    project.suite("endpoint: standin\nprompts: [hello]\ntests: [{id: a, expected: x}]\n")
    result = project.run("-vv", "--evals-mode", "record", "--junitxml", "junit.xml")
    result.stdout.fnmatch_lines(["*the key in EVOLINK_API_KEY contains*"])
    assert leaks(project.path, str(result.stdout)) == []


def test_further_variables_are_kept_secret_where_the_configuration_names_them(project, monkeypatch):
    config = project.path / "pyproject.toml"
    config.write_text(config.read_text() + '\n[tool.evals]\nsecrets_env = ["SHOP_PIN"]\n')
    monkeypatch.setenv("SHOP_PIN", "a pin of the shop")
    project.suite(
        "endpoint: standin\nprompts: ['[[say a pin of the shop]]']\n"
        "tests: [{id: a, assert: [{type: contains, value: of the shop}]}]\n"
    )
    result = project.record()
    assert result.ret == 1
    [recording] = project.recordings
    answer = json.loads(recording.read_text())["response"]["body"]
    assert answer["choices"][0]["message"]["content"] == "[secret:SHOP_PIN]"
