"""The fixture `evals_model`: tests in Python that ask a model, recorded beside their module."""

from __future__ import annotations

import json
import re
from pathlib import Path
from textwrap import dedent

import pytest

from evals import own

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to.md"

TESTS = """
def test_sum(evals_model):
    assert evals_model.ask("[[say 5]] What is 2 + 3?", temperature=0).text == "5"
"""


@pytest.fixture
def shop(project):
    """A project whose configured endpoint is the stand-in."""
    config = project.path / "pyproject.toml"
    config.write_text('[tool.evals]\nendpoint = "standin"\n' + config.read_text())
    module(project, TESTS)
    return project


def module(project, text, name="test_shop"):
    (project.path / f"{name}.py").write_text(dedent(text))


def kept(project):
    return sorted(project.path.glob("cassettes/test_shop.py/*.json"))


def test_record_keeps_an_answer_beside_the_module_and_replay_asks_nobody(shop):
    shop.record().assert_outcomes(passed=1)
    assert shop.asked == 1
    (recording,) = kept(shop)
    said = json.loads(recording.read_text())
    assert said["recorded"]["for"] == "test_shop.py::test_sum"
    assert said["request"]["body"]["temperature"] == 0
    shop.run().assert_outcomes(passed=1)
    shop.record().assert_outcomes(passed=1)
    assert shop.asked == 1
    assert not (shop.path / "reports").exists()  # a test of one's own is no run of suites


def test_what_is_not_recorded_names_the_command_that_records_it(shop):
    result = shop.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ['*Record it: pytest "test_shop.py::test_sum" --evals-mode record*']
    )
    result.stdout.no_fnmatch_line("*direct.py*")
    assert shop.asked == 0


def test_a_changed_prompt_is_a_miss_that_says_what_changed(shop):
    shop.record()
    module(shop, TESTS.replace("2 + 3", "20 + 30"))
    shop.run().stdout.fnmatch_lines(["*messages*content*"])


def test_refresh_asks_again_and_live_keeps_nothing(shop):
    shop.run("--evals-mode", "live").assert_outcomes(passed=1)
    assert (shop.asked, kept(shop)) == (1, [])
    shop.record()
    before = kept(shop)[0].read_text()
    shop.run("--evals-mode", "refresh").assert_outcomes(passed=1)
    assert shop.asked == 3
    assert len(kept(shop)) == 1
    assert before.startswith("{")


def test_two_equal_asks_of_a_test_are_two_takes_which_tests_share(shop):
    module(
        shop,
        """
        def ask(evals_model):
            return evals_model.ask("[[say 5]] 2 + 3?").text

        def test_one(evals_model):
            assert ask(evals_model) + ask(evals_model) == "55"

        def test_two(evals_model):
            assert ask(evals_model) == "5"
        """,
    )
    shop.record().assert_outcomes(passed=2)
    assert shop.asked == 2
    assert [path.name.split(".")[1] for path in kept(shop)] == ["0", "1"]
    shop.run("-k", "two").assert_outcomes(passed=1, deselected=1)


def test_parametrized_tests_replay_in_workers(shop):
    module(
        shop,
        """
        import pytest

        @pytest.mark.parametrize("a", [1, 2])
        def test_sum(evals_model, a):
            assert evals_model.ask(f"[[say {a}]] {a}?").text == str(a)
        """,
    )
    shop.record().assert_outcomes(passed=2)
    shop.run("-n", "2").assert_outcomes(passed=2)
    assert shop.asked == 2


def test_a_mark_names_endpoint_and_model(shop):
    config = shop.path / "pyproject.toml"
    config.write_text(config.read_text().replace('endpoint = "standin"', 'endpoint = "evolink"', 1))
    module(
        shop,
        """
        import pytest

        pytestmark = pytest.mark.evals(endpoint="standin")

        @pytest.mark.evals(model="gemini-3.1-pro-preview-customtools")
        def test_sum(evals_model):
            reply = evals_model.ask([{"role": "user", "content": "[[say 5]]"}], seed=1)
            assert (reply.text, reply.source) == ("5", "recorded")

        @pytest.mark.evals(endpoint="standing")
        def test_typo(evals_model):
            pass

        @pytest.mark.evals(temperature=1)
        def test_wrong(evals_model):
            pass
        """,
    )
    result = shop.record()
    result.assert_outcomes(passed=1, errors=2)
    result.stdout.fnmatch_lines(
        [
            "*unknown endpoint 'standing'*",
            '*did you mean "standin"?*',
            "*takes endpoint and model, not temperature*",
        ]
    )


def test_a_parameter_that_is_none_is_refused_before_anything_is_sent(shop):
    module(shop, 'def test_it(evals_model):\n    evals_model.ask("2?", temprature=0)\n')
    shop.record().stdout.fnmatch_lines(["*temprature*"])
    assert shop.asked == 0


def test_it_works_where_an_event_loop_runs(shop):
    module(
        shop,
        """
        import asyncio

        def test_loop(evals_model):
            async def main():
                return evals_model.ask("[[say 5]]").text
            assert asyncio.run(main()) == "5"
        """,
    )
    shop.record().assert_outcomes(passed=1)


def test_a_budget_stops_the_asking(shop):
    result = shop.record("--evals-max-cost", "0.000001")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*--evals-max-cost*would be exceeded*"])
    assert shop.asked == 0


def test_its_recordings_belong_to_somebody(shop):
    shop.record()
    shop.suite('tests: [{id: one, vars: {prompt: "[[say 5]]"}, assert: ["5"]}]')
    result = shop.record("--evals-fail-unused")
    result.assert_outcomes(passed=2)
    result.stdout.no_fnmatch_line("*unused recordings*")


def test_secrets_in_answers_are_not_written(shop):
    module(
        shop,
        """
        def test_it(evals_model):
            assert "[secret:" in evals_model.ask("[[say sk-evo-test-key-0123456789]]").text
        """,
    )
    shop.record().assert_outcomes(passed=1)
    assert "sk-evo-test" not in kept(shop)[0].read_text()


def test_the_example_of_the_guide_runs(shop):
    """Asked is a function of the project, which says again what it is asked."""
    page = HOW_TO.read_text(encoding="utf-8")
    (example,) = re.findall(r"^```python\n# test_support.py\n(.*?)^```", page, re.M | re.S)
    module(shop, example, name="test_support")
    config = shop.path / "pyproject.toml"
    config.write_text(config.read_text().replace('endpoint = "standin"', 'endpoint = "echo"', 1))
    own.endpoint("echo")(lambda request: request.body["messages"][-1]["content"])
    try:
        shop.record("test_support.py").assert_outcomes(passed=3)
        shop.run("test_support.py").assert_outcomes(passed=3)
    finally:
        own.endpoints.forget("echo")
    assert len(list(shop.path.glob("cassettes/test_support.py/*.json"))) == 5
