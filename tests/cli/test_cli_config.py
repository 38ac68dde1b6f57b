"""`evals config` and `evals trust`: values with their origins, keys allowed for hosts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SHOP = """\
[tool.evals]
endpoint = "shop"
[tool.evals.endpoints.shop]
base_url = "https://api.example.com/v1"
api_key_env = "SHOP_KEY"
concurrency = 3
headers_env = {X-Tenant = "SHOP_TENANT"}
"""


def _rows(out: str) -> dict[str, tuple[str, str]]:
    rows = (re.split(" {2,}", line) for line in out.splitlines())
    return {row[0]: (row[1], row[2]) for row in rows if len(row) == 3}


def test_each_value_is_shown_with_where_it_comes_from(call, project, monkeypatch) -> None:
    (project / "pyproject.toml").write_text(SHOP)
    monkeypatch.setenv("EVALS_LOCAL_MODEL", "weights/own.Q4_K_M.gguf")
    rows = _rows(call("config").out)
    assert rows["endpoint"] == ("pyproject.toml", "shop")
    assert rows["endpoints.shop.concurrency"] == ("pyproject.toml", "3")
    assert rows["endpoints.shop.timeout"] == ("built-in", "600.0")
    assert rows["endpoints.evolink.base_url"] == ("built-in", "https://direct.evolink.ai/v1")
    assert rows["endpoints.local.model_file"][0] == "EVALS_LOCAL_MODEL"


def test_the_environment_goes_before_the_file(call, project, monkeypatch) -> None:
    monkeypatch.setenv("EVALS_ENDPOINT", "openai")
    monkeypatch.setenv("EVALS_MAX_COST", "0.50")
    rows = _rows(call("config").out)
    assert rows["endpoint"] == ("EVALS_ENDPOINT", "openai")
    assert rows["EVALS_MAX_COST"] == ("environment", "0.50")


def test_of_keys_only_whether_they_are_set_is_shown(call, project, monkeypatch) -> None:
    (project / "pyproject.toml").write_text(SHOP)
    monkeypatch.setenv("SHOP_KEY", "sk-canary-0123456789")
    monkeypatch.setenv("SHOP_TENANT", "canary-tenant")
    out = call("config").out
    assert _rows(out)["endpoints.shop.api_key_env"][1] == "SHOP_KEY (set)"
    assert _rows(out)["endpoints.openai.api_key_env"][1] == "OPENAI_API_KEY (not set)"
    assert "SHOP_TENANT (set)" in _rows(out)["endpoints.shop.headers_env"][1]
    assert "canary" not in out


def test_a_key_of_the_ci_system_is_told_as_never_sent(call, project) -> None:
    (project / "pyproject.toml").write_text(SHOP.replace("SHOP_KEY", "GITHUB_TOKEN"))
    out = call("config").out
    assert "endpoint shop: GITHUB_TOKEN belongs to the CI system and is never sent" in out
    assert "--key GITHUB_TOKEN" not in out


def test_a_pair_that_is_not_allowed_is_named_with_the_line_that_allows_it(call, project) -> None:
    (project / "pyproject.toml").write_text(SHOP)
    line = "evals trust api.example.com --key SHOP_KEY"
    assert line in call("config").out
    allowed = call(*line.split()[1:])
    assert allowed.code == 0
    assert line not in call("config").out


def test_trust_is_kept_in_the_users_own_file(call, project, tmp_path: Path) -> None:
    called = call("trust", "api.example.com", "--key", "SHOP_KEY")
    file = tmp_path / "home" / "config.toml"
    assert str(file) in called.out
    assert file.read_text() == '[trust]\n"api.example.com" = ["SHOP_KEY"]\n'
    assert list(project.iterdir()) == [project / "pyproject.toml"]


@pytest.mark.parametrize(
    ("host", "key"),
    [("https://api.example.com/v1", "SHOP_KEY"), ("api.example.com", "GITHUB_TOKEN")],
)
def test_what_cannot_be_trusted_is_refused(host, key, call, project, tmp_path) -> None:
    called = call("trust", host, "--key", key)
    assert called.code == 4
    assert called.err.startswith("error: ")
    assert not (tmp_path / "home").exists()


def test_a_function_of_the_project_is_shown_as_an_endpoint(call, project, monkeypatch) -> None:
    from evals import own

    (project / "pyproject.toml").write_text('[tool.evals]\nextensions = ["shop_of_config"]\n')
    (project / "shop_of_config.py").write_text(
        "import evals\n"
        "@evals.endpoint('shop-bot')\n"
        "def shop_bot(request):\n"
        "    return request.body['messages'][-1]['content']\n"
    )
    try:
        rows = _rows(call("config").out)
    finally:
        own.endpoints.forget("shop-bot")
    assert rows["endpoints.shop-bot.function"] == ("extension", "shop_of_config.shop_bot")
    assert rows["endpoints.shop-bot.concurrency"] == ("built-in", "8")
