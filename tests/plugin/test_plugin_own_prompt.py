"""Prompts that are functions of the project: called for each case, sent and recorded as any."""

from __future__ import annotations

import pytest

from evals import own
from evals.cli import main

CONFTEST = '''
import evals


@evals.prompt("sum")
def ask_sum(a, b, *, tone="plain"):
    """Text."""
    a, b = int(a), int(b)
    return f"[[say {a + b}]] {tone}: what is {a} + {b}?"


@evals.prompt("chat")
def chat(**vars):
    said = ", ".join(f"{name}={value}" for name, value in vars.items())
    return [
        {"role": "system", "content": "You add."},
        {"role": "user", "content": ({"type": "text", "text": f"[[say 5]] {said} {{{{ a }}}}"},)},
    ]


@evals.prompt("shots")
def shots(a, expected, examples=()):
    return f"[[say {expected}]] {a} {len(examples)}"
'''

SUITE = """
endpoint: standin
prompts: [{prompts}]
tests:
  - {{id: one, vars: {{a: 2, b: 3}}, expected: "5"}}
"""


@pytest.fixture
def shop(project):
    """A project whose conftest.py registers prompts."""
    (project.path / "conftest.py").write_text(CONFTEST)
    yield project
    for name in own.prompts.names():
        own.prompts.forget(name)


def suite(shop, prompts, more=""):
    shop.suite(SUITE.format(prompts=prompts) + more)


def register(shop, code):
    (shop.path / "conftest.py").write_text(f"import evals\n\n{code}")


def refused(shop, *lines):
    result = shop.run("--evals-no-report")
    assert result.ret == 4
    result.stdout.fnmatch_lines(list(lines))
    assert shop.asked == 0


def test_a_text_is_one_user_message_and_replay_finds_what_was_sent(shop):
    suite(shop, "{id: added, name: sum}")
    shop.record().assert_outcomes(passed=1)
    shop.run("-v").stdout.fnmatch_lines(["*sums.eval.yaml::one*PASSED*"])
    (asked,) = shop.server.requests
    content = "[[say 5]] plain: what is 2 + 3?"
    assert asked["messages"] == [{"role": "user", "content": content}]
    (prompt,) = shop.manifest()["suites"][0]["suite"]["prompts"]
    assert (prompt["id"], prompt["function"], prompt["messages"]) == ("added", "sum", [])


def test_another_text_for_the_same_vars_is_a_miss_that_shows_the_change(shop):
    suite(shop, "{name: sum}")
    shop.record().assert_outcomes(passed=1)
    register(shop, '@evals.prompt("sum")\ndef ask_sum(a, b): return f"[[say 5]] add {a} and {b}"')
    result = shop.run("--evals-no-report")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*plain: what is 2 + 3?*add 2 and 3*"])


def test_messages_are_sent_as_they_are_returned_and_are_no_templates(shop):
    suite(shop, "{name: chat}")
    shop.record().assert_outcomes(passed=1)
    (asked,) = shop.server.requests
    text = {"type": "text", "text": "[[say 5]] a=2, b=3 {{ a }}"}  # all vars, not `expected`
    assert asked["messages"] == [
        {"role": "system", "content": "You add."},
        {"role": "user", "content": [text]},
    ]


def test_the_expected_answer_and_examples_are_given_where_a_parameter_names_them(shop):
    suite(shop, "{name: shots}", "examples: [{a: 1}, {a: 2}]\n")
    shop.record().assert_outcomes(passed=1)
    (asked,) = shop.server.requests
    assert asked["messages"][0]["content"] == "[[say 5]] 2 2"


def test_functions_are_columns_beside_templates(shop):
    suite(shop, '{id: function, name: sum}, {id: text, template: "[[say 5]] {{ a }} + {{ b }}"}')
    shop.record().assert_outcomes(passed=2)
    ids = [trial["column"] for trial in shop.trials()]
    assert ids == ["function", "text"]


def test_a_conversation_begins_with_its_messages(shop):
    register(shop, '@evals.prompt("system")\ndef f(): return [{"role": "system", "content": "Hi"}]')
    shop.suite(
        """
        endpoint: standin
        prompts: [{name: system}]
        tests: [{id: talk, turns: [{user: "[[say 5]]", assert: ["5"]}]}]
        """
    )
    shop.record().assert_outcomes(passed=1)
    (asked,) = shop.server.requests
    assert [message["role"] for message in asked["messages"]] == ["system", "user"]


def test_an_unknown_name_is_told_the_nearest_and_how_to_register_one(shop):
    suite(shop, "{name: sumn}")
    refused(
        shop,
        "*sums.eval.yaml:3:18: error: unknown prompt 'sumn'",
        '*did you mean "sum"?*',
        "*@evals.prompt, in a module named under `extensions`*",
        "*see docs/reference/suites.md#prompts-in-python*",
    )


def test_a_var_that_its_parameters_lack_is_found_before_anything_is_asked(shop):
    shop.suite("endpoint: standin\nprompts: [{name: sum}]\ntests: [{vars: {a: 1}, assert: ['5']}]")
    refused(shop, "*error: unknown variable 'b'; known: a*", "*ask_sum has a parameter of this*")


def test_a_var_that_no_parameter_takes_is_warned_of(shop):
    shop.suite(
        "endpoint: standin\nprompts: [{name: sum}]\n"
        "tests: [{vars: {a: 1, b: 2, tune: loud}, assert: ['3']}]"
    )
    shop.record().stdout.fnmatch_lines(["*warning: no template uses the var 'tune'*"])


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("def f(a, b): return {}['x']", "conftest.f raised KeyError: 'x'"),
        ("def f(a, b): return 5", "conftest.f returned int, expected a text or messages"),
        ("def f(a, b): return [{'role': 'usr', 'content': 'x'}]", "*message 1: *role is a text*"),
        ("def f(a, b): return []", "conftest.f: a prompt has at least one message"),
        (
            "def f(a, b): return [{'role': 'user', 'content': [{'type': 'x', 'y': {1, 2}}]}]",
            "conftest.f returned what cannot be sent: *set is not JSON serializable",
        ),
        ("def f(a, b): return '\\ud800'", "conftest.f returned what cannot be sent: *surrogates*"),
        (
            "def f(a, b, made=[]):\n    made.append(1)\n    return str(made)",
            "conftest.f returns something else each time it is called with the same vars",
        ),
    ],
)
def test_what_a_function_does_wrong_is_said_at_the_prompt(shop, code, said):
    register(shop, f'@evals.prompt("f")\n{code}')
    suite(shop, "{name: f}")
    refused(shop, f"*sums.eval.yaml:3:11: error: case 'one': {said}")


def test_an_exception_is_told_with_its_lines(shop):
    register(
        shop,
        'def read(text):\n    return int(text)\n\n@evals.prompt("f")\n'
        "def f(a, b):\n    return str(read('x'))",
    )
    suite(shop, "{name: f}")
    refused(
        shop, "*f raised ValueError: invalid literal*", "*at conftest.py:4, called by conftest.py:8"
    )


def test_what_it_does_to_its_vars_is_its_own_affair(shop):
    register(shop, '@evals.prompt("f")\ndef f(xs):\n    xs.append("b")\n    return "[[say a]]"')
    shop.suite(
        "endpoint: standin\nprompts: [{name: f}]\n"
        "tests: [{id: one, vars: {xs: [a]}, assert: [{type: contains-all, value: '{{ xs }}'}]}]"
    )
    shop.record().assert_outcomes(passed=1)
    (trial,) = shop.trials()
    assert trial["vars"] == {"xs": ["a"]}


def test_an_extension_registers_for_the_commands_too(shop, capsys):
    (shop.path / "shop.py").write_text(CONFTEST)
    (shop.path / "conftest.py").unlink()
    config = shop.path / "pyproject.toml"
    config.write_text('[tool.evals]\nextensions = ["shop"]\n' + config.read_text())
    suite(shop, "{name: sum}")
    assert main(["validate"]) == 0
    assert main(["validate", "--no-extensions"]) == 0
    own.prompts.forget("sum")
    assert main(["validate", "--no-extensions"]) == 4
    assert "unknown prompt 'sum'" in capsys.readouterr().out
