"""The Python API: run a suite from a program, read runs, compare them."""

from __future__ import annotations

import asyncio
import doctest
from textwrap import dedent

import pytest

import evals
from tests.support.evolink_server import EvolinkServer

SUITE = """
endpoint: standin
prompts: ["[[say {{ says }}]] {{ a }}?"]
settings: [{id: plain}, {id: cold, temperature: 0}]
misses: allowed
gates: [accuracy >= 0.5]
tests:
  - {id: one, vars: {a: 1, says: "5"}, assert: ["5"]}
  - {id: two, vars: {a: 2, says: "6"}, assert: ["5"]}
"""


@pytest.fixture
def suite(tmp_path, monkeypatch):
    """The path of a suite in a project of its own, which is the current folder."""
    monkeypatch.setenv("EVOLINK_API_KEY", "sk-evo-test-key-0123456789")
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.chdir(tmp_path)
    with EvolinkServer() as server:
        (tmp_path / "pyproject.toml").write_text(
            "[tool.evals.endpoints.standin]\n"
            f'base_url = "{server.base_url}"\n'
            'model = "gemini-3.1-pro-preview-customtools"\n'
            'api_key_env = "EVOLINK_API_KEY"\n'
        )
        path = tmp_path / "sums.eval.yaml"
        path.write_text(dedent(SUITE))
        yield path


def test_a_suite_is_run_and_its_run_is_read(suite):
    run = evals.run(suite, mode="record")
    assert run.complete
    assert run.errors == 0
    assert [column.id for column in run.columns] == ["plain", "cold"]
    assert len(run.cases) == 2
    assert run.case("one")["plain"][0].completion.text == "5"
    estimate = run.accuracy("plain")
    assert (estimate.value, estimate.n_cases, estimate.n_errors) == (0.5, 2, 0)
    assert estimate.low < 0.5 < estimate.high
    assert [finding.outcome for finding in run.findings] == ["pass"]


def test_a_replayed_run_needs_no_server(suite, monkeypatch):
    evals.run(suite, mode="record")
    monkeypatch.delenv("EVOLINK_API_KEY")
    assert evals.run(suite).errors == 0


def test_runs_are_found_by_latest_and_id(suite):
    run = evals.run(suite, mode="record")
    assert evals.load_run("latest").id == run.id
    assert evals.load_run(run.id).id == run.id
    with pytest.raises(evals.RunError):
        evals.load_run("20010101T000000Z-none")


def test_it_works_where_an_event_loop_runs_already(suite):
    async def notebook():
        return evals.run(suite, mode="record")

    assert asyncio.run(notebook()).errors == 0


def test_columns_can_be_chosen(suite):
    run = evals.run(suite, mode="record", columns=["cold"])
    assert {trial.column for trial in run.trials()} == {"cold"}
    assert run.findings[0].outcome == "not_evaluated"


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"columns": ["plain", "hot"]}, "no column 'hot'"),
        ({"mode": "rec"}, "no mode 'rec'\nmodes: replay, record, refresh, live"),
        ({"samples": 0}, "samples is 0; allowed is 1 or more"),
        ({"max_cost_usd": float("nan")}, "max_cost_usd is nan, no amount of US dollars"),
    ],
)
def test_what_would_ask_nothing_or_without_limit_is_refused(suite, asked, message):
    with pytest.raises(evals.EvalsError, match=message):
        evals.run(suite, **{"mode": "live"} | asked)


def test_columns_are_compared(suite, tmp_path):
    compared = evals.compare(evals.run(suite, mode="record"))
    (difference,) = compared.differences("accuracy")
    assert (difference.side, difference.value) == ("cold", 0)
    assert compared.flips("cold") == ((), ())
    page = compared.write(tmp_path / "page.html")
    assert "cold" in page.read_text(encoding="utf-8")


def test_runs_are_compared(suite):
    before = evals.run(suite, mode="record")
    suite.write_text(suite.read_text().replace('says: "6"', 'says: "5"'))
    after = evals.run(suite, mode="record")
    differences = evals.compare(after, before).differences()
    assert all(difference.n_cases == 1 for difference in differences), (
        "a case that changed is apart"
    )


def test_a_bad_suite_raises_with_every_mistake(suite):
    suite.write_text("promts: [x]\nrepeat: many\n")
    with pytest.raises(evals.SuiteError) as problem:
        evals.load_suite(suite)
    assert len(problem.value.problems) >= 2


def test_a_suite_is_loaded_as_it_is_understood(suite):
    loaded = evals.load_suite(suite)
    assert loaded.id == "sums"
    assert [case.id for case in loaded.cases] == ["one", "two"]


def test_unknown_columns_and_cases_are_key_errors(suite):
    run = evals.run(suite, mode="record")
    with pytest.raises(KeyError):
        run.accuracy("warm")
    with pytest.raises(KeyError):
        run.case("three")


def test_everything_that_blocks_works_in_a_notebook(suite):
    """As in a cell: an event loop runs in the thread that calls."""

    async def cell():
        missing = evals.plan(evals.load_suite(suite)).new
        run = evals.run(suite, mode="record", samples=1)
        again = evals.run(evals.load_suite(suite), columns=["plain"])
        page = evals.compare(run).write(suite.parent / "page.html")
        rescored = run.rescore(suite)
        return missing, run, again, page, rescored

    missing, run, again, page, rescored = asyncio.run(cell())
    assert (missing, run.errors, again.errors, rescored.errors) == (4, 0, 0, 0)
    assert len(list(again.trials())) == 2
    assert page.stat().st_size > 1000


@pytest.mark.parametrize("name", ["load_suite", "plan", "run", "compare"])
def test_the_example_of_each_function_says_what_happens(suite, name):
    from evals import api

    evals.run(suite, mode="record")
    function = getattr(api, name)
    (example,) = doctest.DocTestFinder(recurse=False).find(function, name, globs=vars(api))
    assert example.examples
    assert doctest.DocTestRunner().run(example).failed == 0


def test_no_columns_at_all_are_refused_and_leave_no_run(suite):
    with pytest.raises(evals.ConfigError, match="columns is empty"):
        evals.run(suite, columns=[])
    assert not (suite.parent / "reports").exists()


def test_a_plan_of_no_samples_is_refused(suite):
    with pytest.raises(evals.ConfigError, match="samples is 0"):
        evals.plan(suite, samples=0)


def test_a_column_is_named_by_its_text_alone_and_a_wrong_one_is_told_the_nearest(suite):
    run = evals.run(suite, mode="record", columns="plain")
    assert [trial.column for trial in run.trials()] == ["plain", "plain"]
    with pytest.raises(evals.ConfigError) as refused:
        evals.run(suite, columns=["plane"])
    assert refused.value.remedy == 'did you mean "plain"?'


@pytest.mark.parametrize("kind", ["prompt", "endpoint", "check"])
def test_a_decorator_without_brackets_is_told_how_it_is_written(kind):
    def shop_bot(request):
        return "x"

    with pytest.raises(evals.ConfigError) as refused:
        getattr(evals, kind)(shop_bot)
    assert f"@evals.{kind} needs a name" in refused.value.message
    assert refused.value.remedy == f'write @evals.{kind}("shop-bot")'
