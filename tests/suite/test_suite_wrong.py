"""Suites with one kind of mistake each, and what is said of them: `wrong/*.eval.yaml`, `*.txt`.

After a change of words, write what is said anew, and read it as someone who has to mend the file:

python tests/suite/test_suite_wrong.py
"""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.endpoints.config import load_config
from evals.errors import SuiteError
from evals.suite.open import open_suite

WRONG = Path(__file__).with_name("wrong")
SUITES = sorted(WRONG.glob("*.eval.yaml"))


def told(suite: Path) -> str:
    """All that is said of a suite, without what the machine's extras change."""
    config = load_config(WRONG, env={})
    try:
        problems = open_suite(suite, config=config).warnings
    except SuiteError as refused:
        problems = refused.problems
    return "".join(f"{problem.told}\n" for problem in problems)


def _kept(suite: Path) -> Path:
    return suite.with_name(suite.name.replace(".eval.yaml", ".txt"))


@pytest.mark.parametrize("suite", SUITES, ids=lambda path: path.name.partition(".")[0])
def test_what_is_said_of_a_wrong_suite(suite: Path) -> None:
    assert told(suite) == _kept(suite).read_text("utf-8")


@pytest.mark.parametrize("suite", SUITES, ids=lambda path: path.name.partition(".")[0])
def test_it_has_place_line_and_where_to_read_more(suite: Path) -> None:
    kept = _kept(suite).read_text("utf-8")
    kind = "warning" if suite.name.startswith("warning-") else "error"
    assert f": {kind}: " in kept
    assert "    see docs/reference/" in kept
    assert " | " in kept or suite.name.startswith("no-tests")


def test_there_is_one_for_each_kind_of_mistake() -> None:
    assert len(SUITES) >= 40
    assert {_kept(suite) for suite in SUITES} == set(WRONG.glob("*.txt"))


if __name__ == "__main__":
    for each in SUITES:
        _kept(each).write_text(told(each), encoding="utf-8", newline="\n")
