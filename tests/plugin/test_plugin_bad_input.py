"""Bad input: a message with place, cause and remedy; an error, never a pass or a fail."""

from __future__ import annotations

import pytest

GOOD = """
endpoint: standin
prompts: ["[[say 5]] {{ a }}"]
tests: [{id: one, vars: {a: 1}, assert: ["5"]}]
"""

BAD = {
    "unknown key": (
        "promts: [x]\ntests: [{id: a, assert: [x]}]",
        ["*bad.eval.yaml:1:1: error: *promts*", "*prompts*"],
    ),
    "wrong type": (
        "repeat: many\nprompts: [x]\ntests: [{id: a, assert: [x]}]",
        ["*bad.eval.yaml:1:9: error: *repeat*many*"],
    ),
    "out of range": (
        "prompts: [x]\nparameters: {temperature: 3}\ntests: [{id: a, assert: [x]}]",
        ["*bad.eval.yaml:2:27: error: temperature is 3; allowed is 0 … 2"],
    ),
    "unknown endpoint": (
        "endpoint: standin2\nprompts: [x]\ntests: [{id: a, assert: [x]}]",
        ["*bad.eval.yaml:1:11: error: *standin2*", "*standin*"],
    ),
    "missing variable": (
        'prompts: ["{{ nmae }}"]\ntests: [{id: a, vars: {name: x}, assert: [x]}]',
        ["*bad.eval.yaml:*: error: *nmae*name*"],
    ),
    "missing file": (
        "prompts: [x]\ntests: [{file: none.csv, assert: [x]}]",
        ["*bad.eval.yaml:2:*: error: *none.csv*"],
    ),
    "unknown check": (
        "prompts: [x]\ntests: [{id: a, assert: [{type: equalz, value: x}]}]",
        ["*bad.eval.yaml:2:*: error: *equalz*equals*"],
    ),
    "nothing expected": (
        "prompts: [x]\ntests: [{id: a}]",
        ["*bad.eval.yaml:2:*: error: *"],
    ),
    "no tests": ("prompts: [x]", ["*bad.eval.yaml:*: error: *tests*"]),
    "no YAML": ("prompts: [x\ntests: ]", ["*bad.eval.yaml:2:*: error: *"]),
    "logprobs not asked for": (
        "prompts: [x]\ntests: [{id: a, assert: [{type: perplexity, max: 2}]}]",
        ["*bad.eval.yaml:2:*: error: *logprobs*"],
    ),
}


@pytest.mark.parametrize(("text", "lines"), BAD.values(), ids=BAD)
def test_a_bad_suite_is_named_with_its_place_and_the_others_still_run(project, text, lines):
    project.suite(GOOD, name="good")
    project.suite(f"{text}\n", name="bad")
    result = project.record()
    result.stdout.fnmatch_lines(lines)
    outcomes = result.parseoutcomes()
    assert (outcomes["passed"], outcomes["errors"]) == (1, 1)
    assert result.ret == 4


def test_all_mistakes_of_a_file_are_told_at_once(project):
    project.suite(
        """\
        promts: [x]
        repeat: many
        parameters: {temperature: 3, seeed: 1}
        tests:
          - {id: a, assrt: [x]}
          - {id: a, assert: [{type: equalz}]}
        """,
        name="bad",
    )
    said = project.run().stdout.str()
    for line, word in (
        (1, "promts"),
        (2, "repeat"),
        (3, "temperature"),
        (3, "seeed"),
        (5, "assrt"),
    ):
        assert any(
            f"bad.eval.yaml:{line}:" in text and word in text for text in said.splitlines()
        ), word


def test_a_bad_python_module_keeps_pytests_own_rule(project):
    project.suite(GOOD, name="good")
    project.suite("promts: [x]\n", name="bad")
    project.pytester.makepyfile("import no_such_module")
    result = project.record()
    assert "passed" not in result.parseoutcomes()
    assert project.asked == 0, "nothing is paid for a session that pytest refuses"


def test_two_suites_of_one_id_are_refused(project):
    project.suite(GOOD, name="one")
    project.suite(f"suite: one\n{GOOD}", name="two")
    result = project.record()
    result.stdout.fnmatch_lines(["*two.eval.yaml: error: one.eval.yaml has the id 'one' too.*"])
    assert result.ret == 4


def test_a_suite_without_recordings_is_one_message_with_the_command(project):
    project.suite(GOOD.replace("tests: [", "tests: [{id: two, vars: {a: 2}, assert: ['5']}, "))
    result = project.run()
    result.stdout.fnmatch_lines(
        [
            "sums.eval.yaml has no recordings in cassettes/sums.",
            "*Record it: pytest sums.eval.yaml --evals-mode record",
            "*asks standin up to 2 times*",
        ]
    )
    outcomes = result.parseoutcomes()
    assert (outcomes["errors"], outcomes["skipped"]) == (1, 1)
    assert result.ret == 6
    assert project.asked == 0


def test_a_changed_prompt_is_a_miss_that_says_what_changed(project):
    project.suite(GOOD)
    project.record()
    project.suite(GOOD.replace("[[say 5]] {{ a }}", "[[say 5]] Say {{ a }}"))
    result = project.run()
    result.stdout.fnmatch_lines(
        [
            "*Nothing is recorded for one[[]default] (take 0): prompt edited.*",
            '*messages[[]0].content: "[[][[]say 5]] 1" → "[[][[]say 5]] Say 1"',
            '*Record it: pytest "sums.eval.yaml::one[[]default]" --evals-mode record',
        ]
    )
    assert result.parseoutcomes() == {"errors": 1}
    assert result.ret == 6


def test_of_many_misses_three_are_explained_and_the_rest_counted(project):
    cases = ", ".join(f"{{id: c{n}, vars: {{a: {n}}}, assert: ['5']}}" for n in range(6))
    text = f"endpoint: standin\nprompts: ['[[say 5]] {{{{ a }}}}']\ntests: [{cases}]\n"
    project.suite(text)
    project.record()
    project.suite(text.replace("prompts:", "parameters: {temperature: 0.5}\nprompts:"))
    said = project.run().stdout.str()
    assert said.count("The nearest recording is") == 3
    assert "not recorded: 6 × parameter changed" in said


def test_a_damaged_recording_is_an_error_that_names_it_and_is_not_overwritten(project):
    project.suite(GOOD)
    project.record()
    (path,) = project.recordings
    path.write_bytes(path.read_bytes().replace(b"5", b"6"))
    damaged = path.read_bytes()
    for mode in ("replay", "record"):
        result = project.run("--evals-mode", mode)
        place = f"cassettes/sums/{path.name}"
        result.stdout.fnmatch_lines([f"{place}: the recording is damaged*", "*version control*"])
        assert result.ret == 6
    assert path.read_bytes() == damaged


def test_without_a_key_nothing_is_asked_and_the_variable_is_named(project, monkeypatch):
    monkeypatch.delenv("EVOLINK_API_KEY")
    project.suite(GOOD.replace("tests: [", "tests: [{id: two, vars: {a: 2}, assert: ['5']}, "))
    result = project.record()
    result.stdout.fnmatch_lines(["*EVOLINK_API_KEY*"])
    assert project.asked == 0
    assert result.ret == 6
    assert project.recordings == []
    assert result.parseoutcomes() == {"errors": 1, "skipped": 1}


def test_a_refused_connection_is_an_error_with_the_address(project):
    project.suite(GOOD)
    config = project.path / "pyproject.toml"
    config.write_text(config.read_text().replace(project.server.base_url, "http://127.0.0.1:9/v1"))
    (project.path / "pyproject.toml").write_text(config.read_text() + "connect_timeout = 1\n")
    result = project.record()
    result.stdout.fnmatch_lines(["*127.0.0.1*"])
    assert result.parseoutcomes() == {"errors": 1}
    assert result.ret == 6


@pytest.mark.parametrize(
    ("magic", "said"),
    [
        ("status 400", "*400*"),
        ("status 404", "*404*"),
        ("cut", "*"),
        ("html", "*an HTML page came with status 200*"),
        ("empty", "*"),
        ("not-json", "*JSON*"),
        ("no-choices", "*choices*"),
        ("no-finish", "*finish_reason*"),
    ],
)
def test_a_bad_answer_is_an_error_and_is_not_recorded(project, magic, said):
    project.suite(GOOD.replace("say 5", magic))
    result = project.record()
    result.stdout.fnmatch_lines([said])
    assert result.parseoutcomes() == {"errors": 1}
    assert result.ret == 6
    assert project.recordings == []
    (trial,) = project.trials()
    assert (trial["outcome"], trial["passed"], trial["score"]) == ("error", None, None)


@pytest.mark.parametrize(("status", "word"), [(401, "key"), (402, "credit"), (403, "allow")])
def test_a_fatal_status_stops_the_run_and_keeps_what_was_answered(project, status, word):
    cases = ", ".join(f"{{id: c{n}, vars: {{a: {n}}}, assert: ['5']}}" for n in range(5))
    project.suite(
        "endpoint: standin\nlimits: {concurrency: 1}\n"
        "prompts: ['{% if a == 2 %}[[status " + str(status) + "]]{% else %}[[say 5]]{% endif %} "
        "{{ a }}']\ntests: [" + cases + "]\n"
    )
    result = project.record()
    assert f"{status}" in result.stdout.str()
    assert word in result.stdout.str()
    outcomes = result.parseoutcomes()
    assert (outcomes["passed"], outcomes["errors"], outcomes["skipped"]) == (2, 1, 2)
    assert len(project.recordings) == 2
    assert project.asked == 3
    assert result.ret == 6


def test_a_429_is_retried(project):
    project.suite(GOOD.replace("say 5", "status 429 x1 retry-after=0]] [[say 5"))
    result = project.record()
    result.assert_outcomes(passed=1)
    assert project.asked == 2


def test_errors_within_the_allowance_are_shown_and_do_not_fail_the_run(project):
    project.suite(
        """
        endpoint: standin
        limits: {errors: 1}
        prompts: ["[[{{ magic }}]] {{ a }}"]
        tests:
          - {id: one, vars: {a: 1, magic: say 5}, assert: ["5"]}
          - {id: two, vars: {a: 2, magic: html}, assert: ["5"]}
        """
    )
    result = project.record()
    assert result.parseoutcomes() == {"passed": 1, "errored": 1}
    assert result.ret == 0


def test_a_budget_leaves_the_rest_not_run(project):
    cases = ", ".join(f"{{id: c{n}, vars: {{a: {n}}}, assert: ['5']}}" for n in range(5))
    project.suite(
        "endpoint: standin\nlimits: {max_requests: 2}\n"
        f"prompts: ['[[say 5]] {{{{ a }}}}']\ntests: [{cases}]\n"
    )
    result = project.record("-rs")
    result.stdout.fnmatch_lines(["*max_requests = 2*"])
    assert project.asked == 2
    assert result.parseoutcomes() == {"passed": 2, "skipped": 3}
    assert result.ret == 6


def test_an_exception_in_an_own_check_costs_that_case_and_nothing_else(project):
    (project.path / "conftest.py").write_text(
        "import evals\n"
        "@evals.check('explodes')\n"
        "def explodes(completion: evals.Completion, options: None) -> bool:\n"
        "    raise RuntimeError('no such luck')\n"
    )
    project.suite(
        """
        endpoint: standin
        prompts: ["[[say 5]] {{ a }}"]
        tests:
          - {id: one, vars: {a: 1}, assert: [{type: explodes}]}
          - {id: two, vars: {a: 2}, assert: ["5"]}
        """
    )
    result = project.record()
    result.stdout.fnmatch_lines(["*RuntimeError*no such luck*"])
    assert result.parseoutcomes() == {"passed": 1, "errors": 1}
    assert result.ret == 6


def test_a_key_that_a_server_echoes_is_written_nowhere(project):
    project.suite(GOOD.replace("say 5", "echo-key"))
    project.record()
    written = [path for path in project.path.rglob("*") if path.is_file()]
    assert len(written) > 5
    assert not [path for path in written if b"sk-evo-test-key" in path.read_bytes()]


def test_what_a_model_says_cannot_move_the_cursor(project):
    project.suite(GOOD.replace("say 5", "say \\u001b[2Jgone"))
    said = project.record().stdout.str()
    assert "\x1b[2J" not in said
    assert "[ESC][2Jgone" in said


def test_a_setting_without_values_is_a_usage_error(project):
    project.suite("prompts: [hello]\ntests: [{id: a, assert: [hello]}]\n")
    result = project.run("--evals-set", "temperature")
    assert result.ret == 4
    result.stderr.fnmatch_lines(
        ["ERROR: --evals-set 'temperature' names no values.", "Write --evals-set temperature=0,0.7"]
    )
    assert "Traceback" not in result.stderr.str() + result.stdout.str()


@pytest.mark.parametrize(
    "option",
    [
        *(("--evals-repeat", value) for value in ("0", "-1", "1.5", "x")),
        *(("--evals-max-cost", value) for value in ("nan", "inf", "-1", "x")),
        ("--evals-concurrency", "0"),
    ],
)
def test_a_number_that_bounds_nothing_is_a_usage_error(project, option):
    """Else nothing is asked and all is well, or there is no limit to what is spent."""
    project.suite("prompts: [hello]\ntests: [{id: a, assert: [hello]}]\n")
    name, value = option
    result = project.run(f"{name}={value}", "--evals-mode", "live")
    assert result.ret == 4
    result.stderr.fnmatch_lines([f"*{name}*{value!r} is no *"])
    assert project.asked == 0
