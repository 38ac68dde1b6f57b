"""Configuration: where values come from, and every mistake with its place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from evals.endpoints.config import Config, find_root, load_config, seconds, shown
from evals.errors import ConfigError


def configured(
    root: Path, text: str = "", *, env: Mapping[str, str] | None = None, **options: object
) -> Config:
    (root / "pyproject.toml").write_text(text, encoding="utf-8")
    return load_config(root, env=env or {}, **options)  # type: ignore[arg-type] # any option


def mistakes(root: Path, text: str, *, env: Mapping[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        configured(root, text, env=env)
    return str(caught.value)


class TestBuiltIn:
    def test_the_built_in_endpoints_need_no_file(self, tmp_path: Path) -> None:
        config = load_config(tmp_path, env={})
        assert tuple(config.endpoints) == ("evolink", "openai", "local")
        assert config.endpoint == "evolink"
        assert config.sources["endpoints.evolink.base_url"] == "built-in"

    def test_evolink_is_as_its_page_says(self, tmp_path: Path) -> None:
        evolink = load_config(tmp_path, env={}).endpoints["evolink"]
        assert evolink.base_url == "https://direct.evolink.ai/v1"
        assert evolink.api_key_env == "EVOLINK_API_KEY"
        assert evolink.model == "gemini-3.1-pro-preview-customtools"
        assert (evolink.extra_parameters, evolink.extra_body) == ("refuse", "key")
        assert evolink.same_effort == (("medium", "high"),)

    def test_its_model_has_a_price_with_a_step(self, tmp_path: Path) -> None:
        price = load_config(tmp_path, env={}).prices["gemini-3.1-pro-preview-customtools"]
        assert price.cost(1_000, 1_000) == pytest.approx(0.014)
        assert price.cost(300_000, 1_000) == pytest.approx(1.218)

    def test_local_is_served_by_us_and_takes_other_parameters(self, tmp_path: Path) -> None:
        local = load_config(tmp_path, env={}).endpoints["local"]
        assert (local.base_url, local.host, local.loopback) == (None, "127.0.0.1", True)
        assert (local.model, local.extra_parameters) == ("SmolLM2-135M-Instruct", "allow")


class TestFile:
    def test_a_value_of_the_file_stands_over_the_built_in_one(self, tmp_path: Path) -> None:
        config = configured(
            tmp_path,
            '[tool.evals]\nendpoint = "local"\n'
            '[tool.evals.endpoints.evolink]\ntimeout = "5m"\nconcurrency = 3\n',
        )
        evolink = config.endpoints["evolink"]
        assert (evolink.timeout, evolink.concurrency) == (300.0, 3)
        assert evolink.model == "gemini-3.1-pro-preview-customtools"
        assert config.sources["endpoints.evolink.timeout"] == "pyproject.toml"
        assert config.sources["endpoints.evolink.model"] == "built-in"
        assert (config.endpoint, config.sources["endpoint"]) == ("local", "pyproject.toml")

    def test_evals_toml_has_the_keys_alone(self, tmp_path: Path) -> None:
        (tmp_path / "evals.toml").write_text('endpoint = "openai"\n')
        config = load_config(tmp_path, env={})
        assert (config.endpoint, config.sources["endpoint"]) == ("openai", "evals.toml")

    def test_two_configurations_are_one_too_many(self, tmp_path: Path) -> None:
        (tmp_path / "evals.toml").write_text("")
        assert "stands beside a file evals.toml" in mistakes(tmp_path, "[tool.evals]\n")

    def test_paths_are_relative_to_the_root(self, tmp_path: Path) -> None:
        config = configured(tmp_path, '[tool.evals]\ndata = ["shared"]\ncassettes = "tapes"\n')
        assert config.data == (tmp_path / "shared",)
        assert config.cassettes == tmp_path / "tapes"

    def test_a_new_endpoint_begins_with_evolinks_ranges(self, tmp_path: Path) -> None:
        text = '[tool.evals.endpoints.mine]\nbase_url = "https://example.com/v1"\n'
        mine = configured(tmp_path, text).endpoints["mine"]
        assert (mine.validate, mine.extra_parameters, mine.extra_body) == (
            "ranges",
            "refuse",
            "merge",
        )
        assert mine.api_key_env is None

    def test_a_price_is_replaced_whole(self, tmp_path: Path) -> None:
        model = "gemini-3.1-pro-preview-customtools"
        text = f'[tool.evals.prices."{model}"]\nprompt = 1\ncompletion = 1\n'
        config = configured(tmp_path, text)
        assert config.prices[model].above == ()
        assert config.sources[f"prices.{model}"] == "pyproject.toml"

    def test_a_file_of_weights_names_its_model(self, tmp_path: Path) -> None:
        text = '[tool.evals.endpoints.local]\nmodel_file = "weights/Tiny.Q4_1.gguf"\n'
        config = configured(tmp_path, text)
        assert config.endpoints["local"].model == "Tiny"
        assert config.sources["endpoints.local.model"] == "name of model_file"


class TestOutside:
    def test_command_line_over_environment_over_file(self, tmp_path: Path) -> None:
        text = '[tool.evals]\nendpoint = "local"\n[tool.evals.endpoints.local]\nconcurrency = 2\n'
        env = {"EVALS_ENDPOINT": "openai", "EVALS_CONCURRENCY": "7"}
        config = configured(tmp_path, text, env=env)
        assert (config.endpoint, config.sources["endpoint"]) == ("openai", "EVALS_ENDPOINT")
        assert config.endpoints["local"].concurrency == 7
        config = configured(tmp_path, text, env=env, endpoint="evolink", concurrency=9)
        assert (config.endpoint, config.sources["endpoint"]) == ("evolink", "--evals-endpoint")
        assert config.endpoints["local"].concurrency == 9
        assert config.sources["endpoints.local.concurrency"] == "--evals-concurrency"

    def test_the_local_model_of_the_environment(self, tmp_path: Path) -> None:
        config = configured(tmp_path, env={"EVALS_LOCAL_MODEL": "/models/Qwen-0.5B.F16.gguf"})
        local = config.endpoints["local"]
        assert (local.model_file, local.model) == ("/models/Qwen-0.5B.F16.gguf", "Qwen-0.5B")
        assert config.sources["endpoints.local.model_file"] == "EVALS_LOCAL_MODEL"

    @pytest.mark.parametrize(
        ("env", "words"),
        [
            ({"EVALS_ENDPOINT": "evolnk"}, 'Did you mean "evolink"?'),
            ({"EVALS_CONCURRENCY": "many"}, "EVALS_CONCURRENCY: 'many' is not a whole number"),
        ],
    )
    def test_mistakes_name_the_variable(
        self, tmp_path: Path, env: dict[str, str], words: str
    ) -> None:
        message = mistakes(tmp_path, "", env=env)
        assert words in message
        assert next(iter(env)) in message


class TestMistakes:
    def test_all_are_found_at_once_each_on_its_line(self, tmp_path: Path) -> None:
        message = mistakes(
            tmp_path,
            "[project]\nname = 'x'\n\n[tool.evals]\nextension = ['a']\ndata = 'shared'\n\n"
            "[tool.evals.endpoints.evolink]\nbase_ulr = 'x'\nconcurrency = 0\n",
        )
        assert message.splitlines() == [
            "pyproject.toml:5:1: error: tool.evals.extension: unknown key",
            '    Did you mean "extensions"?',
            "pyproject.toml:6:1: error: tool.evals.data: expected a list, found a text",
            "pyproject.toml:9:1: error: tool.evals.endpoints.evolink.base_ulr: unknown key",
            '    Did you mean "base_url"?',
            "pyproject.toml:10:1: error: tool.evals.endpoints.evolink.concurrency: "
            "0 is less than 1",
        ]

    @pytest.mark.parametrize(
        ("line", "words"),
        [
            ('base_url = "http://example.com/v1"', "plain http to example.com"),
            ('base_url = "https://user:secret@example.com/v1"', "no user name or password"),
            ('base_url = "https://example.com/v1?key=1"', "no '?'"),
            ('base_url = "example.com"', "not an address of the form https://HOST/v1"),
            ('base_url = "https://example.com:port/v1"', "not an address"),
            ('base_url = "https://exämple.com/v1"', "not an address"),
            ('auth = "basic"', 'neither "bearer" nor "header:NAME"'),
            ('auth = "header:X Y"', 'neither "bearer" nor "header:NAME"'),
            ("timeout = 0", "more than 0"),
            ("timeout = inf", "more than 0"),
            ('timeout = "soon"', 'a text such as "300ms", "10s", "5m"'),
            ("timeout = true", "expected a duration: seconds"),
            ("model = 5", "expected a text, found a whole number"),
            ('extra_parameters = "maybe"', "expected one of refuse, allow"),
            ('same_effort = [["a"]]', "entry 1: expected a list of length 2, found 1"),
            ('headers_env = {"a b" = "X"}', "'a b' is no name of a header"),
            ('rename = ["a"]', "expected a table, found a list"),
        ],
    )
    def test_values(self, tmp_path: Path, line: str, words: str) -> None:
        message = mistakes(tmp_path, f"[tool.evals.endpoints.openai]\n{line}\n")
        assert message.startswith("pyproject.toml:2:1: error: tool.evals.endpoints.openai.")
        assert words in message
        assert "secret" not in message

    def test_plain_http_to_this_machine_is_allowed(self, tmp_path: Path) -> None:
        for host in ("127.0.0.1:8080", "localhost", "[::1]:1"):
            text = f'[tool.evals.endpoints.mine]\nbase_url = "http://{host}/v1"\n'
            assert configured(tmp_path, text).endpoints["mine"].loopback

    def test_an_endpoint_needs_an_address(self, tmp_path: Path) -> None:
        message = mistakes(tmp_path, '[tool.evals.endpoints.mine]\nmodel = "m"\n')
        assert "tool.evals.endpoints.mine.base_url: missing" in message

    def test_an_endpoints_name_is_an_id(self, tmp_path: Path) -> None:
        assert "not a name" in mistakes(tmp_path, '[tool.evals.endpoints."a b"]\nmodel = "m"\n')

    def test_an_unknown_default_is_named_with_its_line(self, tmp_path: Path) -> None:
        message = mistakes(tmp_path, '[tool.evals]\nendpoint = "loca"\n')
        assert message.startswith("pyproject.toml:2:1: error: tool.evals.endpoint: unknown")
        assert 'Did you mean "local"?' in message

    def test_half_a_price_is_refused(self, tmp_path: Path) -> None:
        message = mistakes(tmp_path, '[tool.evals.prices."m.1"]\nprompt = 2\n')
        assert 'tool.evals.prices."m.1": completion missing' in message

    @pytest.mark.parametrize(
        "price",
        ["prompt = -1\ncompletion = 2", "prompt = nan\ncompletion = 2",
         "prompt = 1\ncompletion = 2\nabove = [{prompt_tokens = 5, prompt = 1, completion = -2}]"],
    )  # fmt: skip
    def test_a_price_that_would_lift_a_budget_is_refused(self, tmp_path: Path, price: str) -> None:
        message = mistakes(tmp_path, f"[tool.evals.prices.m]\n{price}\n")
        assert "tool.evals.prices.m: a price must be at least 0, and finite" in message

    def test_half_a_step_of_a_price_is_named(self, tmp_path: Path) -> None:
        text = "prompt = 1\ncompletion = 2\nabove = [{prompt_tokens = 5}]"
        message = mistakes(tmp_path, f"[tool.evals.prices.m]\n{text}\n")
        assert message.startswith("pyproject.toml:4:1: error: tool.evals.prices.m.above: entry 1: ")
        assert "prompt missing" in message

    def test_evals_that_is_no_table_is_not_passed_over(self, tmp_path: Path) -> None:
        assert "tool.evals: expected a table" in mistakes(tmp_path, "[tool]\nevals = 5\n")

    def test_a_file_that_is_no_toml_says_where(self, tmp_path: Path) -> None:
        assert "at line 2" in mistakes(tmp_path, "[tool.evals]\nendpoint = \n")

    def test_the_table_inside_evals_toml_is_explained(self, tmp_path: Path) -> None:
        (tmp_path / "evals.toml").write_text("[tool.evals]\nendpoint = 'local'\n")
        with pytest.raises(ConfigError, match=r"In evals\.toml the keys stand alone"):
            load_config(tmp_path, env={})


class TestRoot:
    def test_the_nearest_configuration_above(self, tmp_path: Path) -> None:
        inner = tmp_path / "a" / "b"
        inner.mkdir(parents=True)
        (tmp_path / "pyproject.toml").write_text("[tool.evals]\n")
        (tmp_path / "a" / "pyproject.toml").write_text("[project]\n")
        assert find_root(inner) == tmp_path.resolve()

    def test_else_the_nearest_project(self, tmp_path: Path) -> None:
        (tmp_path / "a" / "b").mkdir(parents=True)
        (tmp_path / "a" / "pyproject.toml").write_text("[project]\n")
        assert find_root(tmp_path / "a" / "b") == (tmp_path / "a").resolve()


@pytest.mark.parametrize(
    ("value", "expected"),
    [(2, 2.0), (0.5, 0.5), ("300ms", 0.3), ("2s", 2.0), ("1.5 m", 90.0), ("1h", 3600.0),
     ("2", None), ("s", None), ("-2s", None), (True, None), (None, None), ([1], None)],
)  # fmt: skip
def test_durations(value: object, expected: float | None) -> None:
    assert seconds(value) == expected


def test_what_a_run_keeps_of_an_endpoint_names_its_key(tmp_path: Path) -> None:
    kept = shown(load_config(tmp_path, env={"EVOLINK_API_KEY": "sk-evo-1"}).endpoints["evolink"])
    assert kept["api_key_env"] == "EVOLINK_API_KEY"
    assert "sk-evo-1" not in repr(kept)
