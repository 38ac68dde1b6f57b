"""What scripts ask for, followed as far as recordings answer them."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from evals.endpoints.config import load_config
from evals.errors import EvalsError, MissingRecording
from evals.model import Asks, Completion, Request
from evals.session.inventory import Inventory, follow, take_stock
from evals.suite.open import open_suite
from evals.testing import answer
from tests.cli import cli_projects

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def stock(project: Path, *, now: datetime = NOW, text: str | None = None) -> Inventory:
    path = project / "suites" / "sums.eval.yaml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    config = load_config(project, env=os.environ)
    return take_stock(open_suite(path, config=config), config, now=now)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text('[tool.evals]\nendpoint = "local"\n')
    cli_projects.write_sums(tmp_path)
    return tmp_path


def test_every_request_is_listed_once_with_its_state(project) -> None:
    found = stock(project)
    assert len(found.asked) == 8
    assert found.count("recorded") == 8
    assert found.unused == ()
    next(found.folder.glob("*.json")).unlink()
    assert (stock(project).count("recorded"), stock(project).count("missing")) == (7, 1)


def test_a_damaged_recording_is_neither_recorded_nor_missing_nor_unused(project) -> None:
    path = next(stock(project).folder.glob("*.json"))
    path.write_bytes(path.read_bytes()[:-20])
    found = stock(project)
    assert (found.count("damaged"), found.count("missing"), found.unused) == (1, 0, ())


def test_recordings_older_than_max_age_are_outdated(project) -> None:
    text = cli_projects.SUMS + "limits: {max_age: 90d}\n"
    assert stock(project, text=text).count("outdated") == 0
    late = stock(project, now=NOW + timedelta(days=90))
    assert (late.count("outdated"), late.count("recorded"), late.unused) == (8, 0, ())


def test_what_skipped_cases_ask_is_not_unused(project) -> None:
    text = cli_projects.SUMS.replace("{id: wrong,", "{id: wrong, skip: later,")
    found = stock(project, text=text)
    assert found.unused == ()
    assert sum(each.skipped for each in found.asked) == 2


def test_an_edited_prompt_leaves_its_recordings_unused(project) -> None:
    found = stock(project, text=cli_projects.SUMS.replace("}} =", "}} ?"))
    assert (found.count("missing"), len(found.unused)) == (8, 8)


def test_other_files_beside_recordings_are_none(project) -> None:
    (stock(project).folder / "notes.json").write_text("{}")
    assert stock(project).unused == ()


def conversation(asked: list[str]) -> Asks[None]:
    """Asks one thing after another, each made of the answer before it."""
    said = "start"
    for _ in range(3):
        requests = tuple(
            Request(endpoint="local", body={"messages": said + part}, asker="a[b]")
            for part in ("+", "-")
        )
        asked += [request.body["messages"] for request in requests]
        answers = yield requests
        said = answers[0].text


def test_a_script_is_followed_by_what_is_recorded() -> None:
    asked: list[str] = []

    def lookup(request: Request) -> Completion:
        return answer(request.body["messages"] + "!")

    assert follow(conversation(asked), lookup)
    assert asked == ["start+", "start-", "start+!+", "start+!-", "start+!+!+", "start+!+!-"]


def test_what_follows_a_miss_is_not_guessed_but_its_neighbours_are_looked_up() -> None:
    asked: list[str] = []
    looked_up: list[str] = []

    def lookup(request: Request) -> Completion:
        looked_up.append(request.body["messages"])
        if "!" in looked_up[-1]:
            raise MissingRecording("nothing", change="new case")
        return answer(looked_up[-1] + "!")

    assert not follow(conversation(asked), lookup), "it would have gone on"
    assert list(dict.fromkeys(looked_up)) == ["start+", "start-", "start+!+", "start+!-"]


def test_a_script_that_goes_on_after_a_miss_is_followed_on() -> None:
    def patient() -> Asks[None]:
        for number in range(3):
            try:
                (_,) = yield (Request(endpoint="local", body={"n": number}),)
            except EvalsError:
                heard.append(number)

    heard: list[int] = []

    def lookup(request: Request) -> Completion:
        raise MissingRecording("nothing", change="new case")

    assert not follow(patient(), lookup)
    assert heard == [0, 1, 2]
