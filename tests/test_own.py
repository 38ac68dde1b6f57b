"""Registering endpoints of one's own."""

from __future__ import annotations

import pytest

from evals import own
from evals.endpoints.config import load_config
from evals.errors import ConfigError


@pytest.fixture(autouse=True)
def _forgotten():
    yield
    for registry in (own.endpoints, own.prompts):
        for name in registry.names():
            registry.forget(name)


def test_the_function_stays_what_it_was():
    def bot(request):
        return "5"

    assert own.endpoint("bot")(bot) is bot
    assert own.endpoints.names() == ("bot",)


@pytest.mark.parametrize("name", ["", "a bot", "-bot", "x" * 101])
def test_a_name_is_one_that_a_suite_can_write(name):
    with pytest.raises(ConfigError, match="cannot be named"):
        own.endpoint(name)(lambda request: "5")


def test_two_functions_of_one_name_are_refused():
    def other(request):
        return "6"

    own.endpoint("bot")(lambda request: "5")
    with pytest.raises(ConfigError, match='the endpoint "bot" is registered twice'):
        own.endpoint("bot")(other)


def test_a_module_that_is_run_again_registers_anew():
    for said in ("5", "6"):
        own.endpoint("bot")(lambda request, said=said: said)
    assert own.endpoints.find("bot").function(None) == "6"


@pytest.mark.parametrize("names", [("x.py", "y.py"), ("In [1]", "In [2]")])
def test_a_cell_of_a_notebook_that_is_run_again_registers_anew(names):
    module = "__main__" if names[0].startswith("In") else "shop"
    for number, file in enumerate(names):
        code = f"import evals\n@evals.endpoint('bot')\ndef bot(request): return '{number}'"
        run = exec if module == "__main__" or not number else _refused
        run(compile(code, file, "exec"), {"__name__": module})
    assert own.endpoints.find("bot").function(None) == ("1" if module == "__main__" else "0")


def _refused(code, names):
    with pytest.raises(ConfigError, match="registered twice"):
        exec(code, names)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("async def f(a): ...", "is asynchronous"),
        ("def f(a): yield a", "is a generator"),
        ("def f(a, /): ...", "takes a by position"),
        ("def f(*vars): ...", r"takes \*vars by position"),
    ],
)
def test_a_prompt_that_cannot_be_called_with_vars_by_name_is_refused(written, said):
    with pytest.raises(ConfigError, match=f'prompt.py:1: the prompt "ask" {said}'):
        exec(compile(f"@register\n{written}", "prompt.py", "exec"), {"register": own.prompt("ask")})
    assert own.prompts.names() == ()


def test_an_endpoint_and_a_prompt_may_have_one_name():
    own.endpoint("shop")(lambda request: "5")
    own.prompt("shop")(lambda a: a)
    assert (own.endpoints.names(), own.prompts.names()) == (("shop",), ("shop",))


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
