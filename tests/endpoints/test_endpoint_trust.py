"""A key goes to the host it belongs to and nowhere else, and is never shown."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from evals.endpoints.trust import Key, is_loopback, is_trusted, read_key, trust
from evals.errors import ConfigError, EndpointError

SECRET = "sk-evo-1234567890"


def refusal(variable: str, host: str, **env: str) -> EndpointError:
    with pytest.raises(EndpointError) as caught:
        read_key(variable, host=host, endpoint="mine", env=env)
    assert caught.value.kind == "refused"
    return caught.value


class TestKey:
    def test_its_text_is_shown_nowhere(self) -> None:
        key = Key("EVOLINK_API_KEY", SECRET)
        assert SECRET not in f"{key!r} {key} {[key]}"
        assert "EVOLINK_API_KEY" in repr(key)
        assert key.reveal() == SECRET

    @pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
    def test_it_is_not_pickled(self, protocol: int) -> None:
        with pytest.raises(TypeError):
            pickle.dumps(Key("K", SECRET), protocol)

    def test_it_has_no_dictionary_to_look_into(self) -> None:
        with pytest.raises(TypeError):
            vars(Key("K", SECRET))


class TestHosts:
    @pytest.mark.parametrize(
        ("variable", "host"),
        [
            ("EVOLINK_API_KEY", "direct.evolink.ai"),
            ("EVOLINK_API_KEY", "api.evolink.ai"),
            ("OPENAI_API_KEY", "api.openai.com"),
            ("EVOLINK_API_KEY", "127.0.0.1"),
            ("ANY_KEY", "localhost"),
        ],
    )
    def test_a_key_goes_to_its_own_host_and_to_this_machine(self, variable: str, host: str) -> None:
        key = read_key(variable, host=host, endpoint="mine", env={variable: SECRET})
        assert key.reveal() == SECRET

    @pytest.mark.parametrize(
        ("variable", "host"),
        [
            ("EVOLINK_API_KEY", "evil.example"),
            ("EVOLINK_API_KEY", "api.openai.com"),
            ("EVOLINK_API_KEY", "direct.evolink.ai.evil.example"),
            ("EVOLINK_API_KEY", "evilevolink.ai"),
            ("MY_KEY", "api.openai.com"),
        ],
    )
    def test_no_other_pair_is_sent_and_the_refusal_says_how_to_allow_it(
        self, variable: str, host: str
    ) -> None:
        error = refusal(variable, host, **{variable: SECRET})
        assert f"evals trust {host} --key {variable}" in str(error)
        assert f'EVALS_TRUST="{host}={variable}"' in str(error)
        assert SECRET not in str(error)

    def test_a_pair_is_allowed_by_the_environment(self) -> None:
        env = {"EVALS_TRUST": "other=K, Mine.example=MY_KEY"}
        assert is_trusted("mine.example", "MY_KEY", env=env)
        assert not is_trusted("mine.example", "K", env=env)

    def test_a_pair_is_allowed_by_the_users_own_file(self, tmp_path: Path) -> None:
        env = {"EVALS_CONFIG_HOME": str(tmp_path)}
        assert not is_trusted("mine.example", "MY_KEY", env=env)
        path = trust("mine.example", "MY_KEY", env=env)
        trust("mine.example", "OTHER", env=env)
        trust("mine.example", "MY_KEY", env=env)
        assert path.read_text() == '[trust]\n"mine.example" = ["MY_KEY", "OTHER"]\n'
        assert is_trusted("MINE.example", "MY_KEY", env=env)
        assert not is_trusted("yours.example", "MY_KEY", env=env)

    @pytest.mark.parametrize("variable", ["GITHUB_TOKEN", "ACTIONS_RUNTIME_TOKEN", "github_token"])
    def test_a_ci_systems_token_goes_nowhere(self, variable: str, tmp_path: Path) -> None:
        env = {
            variable: SECRET,
            "EVALS_TRUST": f"mine.example={variable}",
            "EVALS_CONFIG_HOME": str(tmp_path),
        }
        for host in ("127.0.0.1", "mine.example"):
            assert "never sent" in refusal(variable, host, **env).message
        with pytest.raises(ConfigError, match="never sent"):
            trust("mine.example", variable, env=env)

    @pytest.mark.parametrize(
        ("host", "variable"),
        [
            ("a b", "K"),
            ('x"]', "K"),
            ("host", "K-1"),
            ("host", ""),
            ("host:443", "K"),  # a pair that would allow nothing
        ],
    )
    def test_nothing_odd_is_written_to_the_users_file(
        self, host: str, variable: str, tmp_path: Path
    ) -> None:
        with pytest.raises(ConfigError):
            trust(host, variable, env={"EVALS_CONFIG_HOME": str(tmp_path)})
        assert not list(tmp_path.iterdir())

    def test_a_users_file_that_cannot_be_read_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "config.toml").write_text("[trust]\nhost = 5\n")
        with pytest.raises(ConfigError, match=r"config\.toml"):
            is_trusted("mine.example", "K", env={"EVALS_CONFIG_HOME": str(tmp_path)})

    @pytest.mark.parametrize(
        ("host", "expected"),
        [
            ("localhost", True),
            ("127.0.0.1", True),
            ("127.9.9.9", True),
            ("::1", True),
            ("127.0.0.1.evil.example", False),
            ("localhost.evil.example", False),
            ("10.0.0.1", False),
            ("0.0.0.0", False),
            ("", False),
        ],
    )
    def test_loopback(self, host: str, expected: bool) -> None:
        assert is_loopback(host) is expected


class TestForm:
    def test_a_key_that_is_not_set_is_named(self) -> None:
        error = refusal("EVOLINK_API_KEY", "direct.evolink.ai")
        assert "the environment variable EVOLINK_API_KEY is not set" in error.message
        assert error.remedy is not None

    @pytest.mark.parametrize(
        ("secret", "words"),
        [
            (f"{SECRET}\n", "a line break"),
            (f"{SECRET}\r\nHost: evil", "a line break"),
            (f" {SECRET}", "a space"),
            (f"{SECRET}\u00a0", "a space"),
            (f"{SECRET}é", "outside ASCII"),
            (f"{SECRET}\x00", "a control character"),
        ],
    )
    def test_a_malformed_key_is_refused_without_showing_it(self, secret: str, words: str) -> None:
        error = refusal("EVOLINK_API_KEY", "direct.evolink.ai", EVOLINK_API_KEY=secret)
        assert words in error.message
        assert "sk-evo" not in str(error)
