"""Own checks are tested as they are used: an assertion as in a suite, an answer, a verdict."""

import evals_citations  # noqa: F401 # registers the check
import pytest

from evals.testing import check

SOURCES = {"sources": ["a book", "a letter"]}


@pytest.mark.parametrize(
    ("text", "passed", "reason"),
    [
        ("So it is [1], or was [2].", True, "cites [1, 2], expected at least 1"),
        ("So it is [3].", False, "cites [3], and there are 2 sources"),
        ("So it is.", False, "cites [], expected at least 1"),
    ],
)
def test_citations_are_sources_that_exist(text, passed, reason):
    verdict = check({"type": "cites"}, text, vars=SOURCES)
    assert (verdict.passed, verdict.reason) == (passed, reason)


def test_without_sources_it_is_an_error_and_no_fail():
    verdict = check({"type": "not-cites"}, "So it is [1].")
    assert verdict.passed is None
    assert "no list of sources" in verdict.reason
