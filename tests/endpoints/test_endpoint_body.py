"""The body that is sent is what the suite says, in its order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evals.endpoints.body import build_body
from evals.endpoints.config import EndpointConfig, load_config
from evals.errors import ConfigError

MESSAGES = ({"role": "user", "content": "Hi"},)


def body(endpoint: EndpointConfig | None = None, **parameters: Any) -> dict[str, Any]:
    chosen = endpoint or EndpointConfig(name="e", model="m")
    return build_body(chosen, model=None, messages=MESSAGES, parameters=parameters)


def test_model_messages_and_parameters_in_the_authors_order() -> None:
    built = body(temperature=0, seed=7, max_tokens=16)
    assert list(built) == ["model", "messages", "temperature", "seed", "max_tokens"]
    assert built["messages"] == [{"role": "user", "content": "Hi"}]


def test_zero_and_false_are_sent() -> None:
    built = body(temperature=0, logprobs=False)
    assert (built["temperature"], built["logprobs"]) == (0, False)


def test_null_takes_a_default_away() -> None:
    endpoint = EndpointConfig(name="e", model="m", parameters={"seed": 7, "top_p": 0.5})
    assert body(endpoint, seed=None) == {
        "model": "m",
        "messages": [MESSAGES[0]],
        "top_p": 0.5,
    }


def test_the_suites_model_stands_over_the_endpoints() -> None:
    endpoint = EndpointConfig(name="e", model="m")
    assert build_body(endpoint, model="n", messages=MESSAGES, parameters={})["model"] == "n"


def test_a_request_without_a_model_is_refused() -> None:
    with pytest.raises(ConfigError, match="endpoint e: no model is named"):
        body(EndpointConfig(name="e"))


def test_rename_and_drop() -> None:
    endpoint = EndpointConfig(
        name="e", model="m", rename={"max_tokens": "max_completion_tokens"}, drop=("seed",)
    )
    built = body(endpoint, max_tokens=5, seed=1)
    assert list(built) == ["model", "messages", "max_completion_tokens"]


def test_two_parameters_under_one_name_are_refused() -> None:
    endpoint = EndpointConfig(name="e", model="m", rename={"a": "b"})
    with pytest.raises(ConfigError, match="a and b are both given"):
        body(endpoint, a=1, b=2)


def test_extra_body_is_merged_for_most_and_a_key_for_evolink(tmp_path: Path) -> None:
    extra = {"google": {"thinking_config": {"thinking_budget": 0}}}
    evolink = load_config(tmp_path, env={}).endpoints["evolink"]
    assert body(extra_body=extra)["google"] == extra["google"]
    assert body(evolink, extra_body=extra)["extra_body"] == extra
