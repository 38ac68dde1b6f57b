"""What a session may spend counts for the whole session, however often it asks."""

from __future__ import annotations

import pytest

CASES = "\n".join(f"  - {{vars: {{n: {n}}}}}" for n in range(40))
ASKED_IN_WINDOWS = ("--maxfail", "100")

TESTS = """
import pytest

@pytest.mark.parametrize("n", range(4))
def test_more(evals_model, n):
    evals_model.ask(f"[[say 5]] {n}")
"""


def forty_cases(project, limits="{}"):
    project.suite(
        f"endpoint: standin\nlimits: {limits}\n"
        f'prompts: ["[[say 5]] {{{{ n }}}}"]\ndefaults: {{assert: ["5"]}}\ntests:\n{CASES}\n'
    )


def test_a_suites_limit_counts_over_all_windows_of_a_session_that_may_end_early(project):
    forty_cases(project, "{max_requests: 33, concurrency: 1}")
    project.record(*ASKED_IN_WINDOWS).assert_outcomes(passed=33, skipped=7)
    assert project.asked == 33


def test_the_ceiling_of_the_environment_counts_over_all_windows(project, monkeypatch):
    monkeypatch.setenv("EVALS_MAX_REQUESTS", "33")
    forty_cases(project)
    project.record(*ASKED_IN_WINDOWS)
    assert project.asked == 33


def test_where_nothing_may_be_asked_the_verdict_names_the_ceiling(project, monkeypatch):
    monkeypatch.setenv("EVALS_MAX_REQUESTS", "0")
    forty_cases(project)
    said = " ".join(project.record().stdout.str().split())
    assert "The commonest cause: not run: not sent: budget: EVALS_MAX_REQUESTS = 0" in said
    assert project.asked == 0


def test_a_ceiling_that_is_no_whole_number_is_told_and_nothing_is_asked(project, monkeypatch):
    monkeypatch.setenv("EVALS_MAX_REQUESTS", "1.5")
    forty_cases(project)
    said = " ".join(project.record().stdout.str().split())
    assert "EVALS_MAX_REQUESTS: '1.5' is not a whole number" in said
    assert project.asked == 0


@pytest.mark.parametrize("windows", [(), ASKED_IN_WINDOWS])
def test_tests_in_python_spend_of_the_same_ceiling_as_suites(both, monkeypatch, windows):
    monkeypatch.setenv("EVALS_MAX_REQUESTS", "42")
    assert both.record(*windows).parseoutcomes()["failed"] == 2
    assert both.asked == 42


def test_the_option_bounds_what_suites_and_tests_in_python_cost_together(both):
    each = 0.0178  # dollars of an answer; about 0.0123 are reserved for one
    result = both.record(*ASKED_IN_WINDOWS, "--evals-max-cost", f"{41 * each + 0.013:.4f}")
    assert result.parseoutcomes()["failed"] == 2
    assert both.asked == 42


@pytest.fixture
def both(project):
    """A project with forty cases in a suite and four tests in Python."""
    forty_cases(project)
    config = project.path / "pyproject.toml"
    config.write_text('[tool.evals]\nendpoint = "standin"\n' + config.read_text())
    (project.path / "test_more.py").write_text(TESTS)
    return project
