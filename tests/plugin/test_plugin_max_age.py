"""`limits.max_age`: recordings that are too old are errors, until they are asked anew."""

from __future__ import annotations

import msgspec
import pytest

from evals.cassettes import Cassettes
from tests.plugin.conftest import SUMS

LIMITED = SUMS + "limits: {max_age: 90d}\n"


def age(project, at: str) -> None:
    """Make every recording one of `at`."""
    for path in project.recordings:
        store = Cassettes(path.parent)
        for _, exchange in list(store.all()):
            recorded = msgspec.structs.replace(exchange.recorded, at=at)
            store.write(msgspec.structs.replace(exchange, recorded=recorded), replace=True)


@pytest.fixture
def aged(sums):
    sums.suite(LIMITED)
    age(sums, "2020-01-01T00:00:00Z")
    return sums


def test_a_recording_that_is_too_old_is_an_error_with_the_command(aged) -> None:
    result = aged.run("-p", "no:cacheprovider")
    assert result.ret == 6
    result.stdout.fnmatch_lines(
        [
            "*is of 2020-01-01, and limits.max_age allows none from before *",
            '*Ask anew: pytest "sums.eval.yaml::right?default?" --evals-mode record*',
        ]
    )
    assert {trial["error"]["kind"] for trial in aged.trials()} == {"outdated"}
    assert aged.asked == 0


def test_record_asks_them_anew_and_replaces_them(aged) -> None:
    names = [path.name for path in aged.recordings]
    aged.record("-k", "right")
    assert aged.asked == 1
    aged.record()
    assert aged.asked == 2
    assert [path.name for path in aged.recordings] == names
    assert aged.run("--evals-no-report").ret == 1
    assert aged.asked == 2


def test_without_an_answer_the_old_recording_stays(aged, monkeypatch) -> None:
    before = [path.read_bytes() for path in aged.recordings]
    monkeypatch.delenv("EVOLINK_API_KEY")
    assert aged.record().ret == 6
    assert [path.read_bytes() for path in aged.recordings] == before


def test_younger_recordings_are_used(sums) -> None:
    sums.suite(LIMITED)
    assert sums.run().ret == 1
    assert {trial["outcome"] for trial in sums.trials()} == {"pass", "fail"}


def test_what_is_no_duration_is_refused_with_its_place(project) -> None:
    project.suite(SUMS + "limits: {max_age: soon}\n")
    result = project.run()
    assert result.ret == 4
    result.stdout.fnmatch_lines(
        ["*sums.eval.yaml:8:*: error: *max_age*'soon' is no duration above 0*", '*"90d"*']
    )
