"""Registering endpoints of one's own."""

from __future__ import annotations

import pytest

from evals import own
from evals.endpoints.config import load_config
from evals.errors import ConfigError


@pytest.fixture(autouse=True)
def _forgotten():
    yield
    for name in own.names():
        own.forget(name)


def test_the_function_stays_what_it_was():
    def bot(request):
        return "5"

    assert own.endpoint("bot")(bot) is bot
    assert own.names() == ("bot",)


@pytest.mark.parametrize("name", ["", "a bot", "-bot", "x" * 101])
def test_a_name_is_one_that_a_suite_can_write(name):
    with pytest.raises(ConfigError, match="cannot be named"):
        own.endpoint(name)(lambda request: "5")


def test_two_functions_of_one_name_are_refused():
    own.endpoint("bot")(lambda request: "5")
    with pytest.raises(ConfigError, match="registered twice"):
        own.endpoint("bot")(lambda request: "6")


def test_a_built_in_name_is_refused(tmp_path):
    own.endpoint("local")(lambda request: "5")
    with pytest.raises(ConfigError, match=r'cannot be named "local", which is built in'):
        load_config(tmp_path, env={})


def test_without_its_extensions_a_configuration_is_still_read(tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        '[tool.evals]\nendpoint = "bot"\nextensions = ["shop"]\nsecrets_env = ["TOKEN"]\n'
        "[tool.evals.endpoints.bot]\nconcurrency = 2\n"
    )
    config = load_config(tmp_path, env={})
    assert (config.endpoint, config.secrets_env) == ("bot", ("TOKEN",))
    with pytest.raises(ConfigError, match="base_url: missing"):
        load_config(tmp_path, env={}, extend=lambda names, source: None)
