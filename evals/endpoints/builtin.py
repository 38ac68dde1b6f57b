"""The endpoints and prices that need no configuration, in the form of `[tool.evals]`."""

from __future__ import annotations

from typing import Any

DEFAULT_ENDPOINT = "evolink"

ENDPOINTS: dict[str, dict[str, Any]] = {
    "evolink": {
        "base_url": "https://direct.evolink.ai/v1",
        "fallback_url": "https://api.evolink.ai/v1",
        "api_key_env": "EVOLINK_API_KEY",
        "model": "gemini-3.1-pro-preview-customtools",
        "extra_body": "key",  # its page names the key
        "same_effort": [["medium", "high"]],  # the model knows low and high only
    },
    "openai": {
        "base_url": "https://api.openai.com/v1",
        "api_key_env": "OPENAI_API_KEY",
        "rename": {"max_tokens": "max_completion_tokens"},
        "validate": "types",  # the ranges are another service's
    },
    "local": {
        "model": "SmolLM2-135M-Instruct",
        "extra_parameters": "allow",
        "concurrency": 4,
    },
}

PRICES: dict[str, dict[str, Any]] = {
    "gemini-3.1-pro-preview-customtools": {
        "prompt": 2.0,
        "completion": 12.0,
        "above": [{"prompt_tokens": 200_000, "prompt": 4.0, "completion": 18.0}],
    },
}

KEY_HOSTS: dict[str, tuple[str, ...]] = {
    "EVOLINK_API_KEY": ("direct.evolink.ai", "api.evolink.ai"),
    "OPENAI_API_KEY": ("api.openai.com",),
}
"""Where a key may go without anybody's permission."""
