"""Providers of OpenAI-compatible kind → settings and endpoints."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import urlsplit

from evals.errors import EvalsError
from evals.importing.source import Source, Unequal
from evals.importing.templates import translated
from evals.model import JsonObject

KNOWN: Final = {  # what the name begins with: address and the key's variable
    "openai": ("https://api.openai.com/v1", "OPENAI_API_KEY"),
    "openrouter": ("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    "groq": ("https://api.groq.com/openai/v1", "GROQ_API_KEY"),
    "togetherai": ("https://api.together.xyz/v1", "TOGETHER_API_KEY"),
    "deepseek": ("https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"),
    "mistral": ("https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
    "xai": ("https://api.x.ai/v1", "XAI_API_KEY"),
    "perplexity": ("https://api.perplexity.ai", "PERPLEXITY_API_KEY"),
    "fireworks": ("https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY"),
    "cerebras": ("https://api.cerebras.ai/v1", "CEREBRAS_API_KEY"),
    "anthropic": ("https://api.anthropic.com/v1", "ANTHROPIC_API_KEY"),
    "google": ("https://generativelanguage.googleapis.com/v1beta/openai", "GEMINI_API_KEY"),
    "ollama": ("http://localhost:11434/v1", None),
    "localai": ("http://localhost:8080/v1", None),
    "llamafile": ("http://localhost:8080/v1", None),
}
_KINDS: Final = frozenset(("chat", "messages", "responses"))
_OTHERS: Final = frozenset(
    ("completion", "embedding", "embeddings", "assistant", "image", "realtime", "moderation",
     "transcription", "speech", "video", "agents", "codex", "codex-sdk", "chatkit", "live",
     "claude-agent-sdk", "audio")
)  # fmt: skip
_PARAMETERS: Final = frozenset(
    ("temperature", "max_tokens", "max_completion_tokens", "top_p", "frequency_penalty",
     "presence_penalty", "stop", "n", "seed", "logprobs", "top_logprobs", "response_format",
     "tools", "tool_choice", "reasoning_effort")
)  # fmt: skip
_ADDRESSES: Final = ("apiBaseUrl", "apiHost", "basePath", "baseUrl", "baseURL")
_SECRETS: Final = re.compile(r"key$|token$|secret|password|authorization", re.IGNORECASE)


class Provider:
    """One provider, read: a setting without its id, and the endpoint that it needs."""

    def __init__(self, written: Any, holder: Any, at: Any, source: Source) -> None:
        self._source = source
        self._config: JsonObject = {}
        self.label: str | None = None
        options = written
        if isinstance(written, dict) and "id" not in written and len(written) == 1:
            ((name, options),) = written.items()
        else:
            name = written.get("id") if isinstance(written, dict) else written
        if not isinstance(name, str):
            raise Unequal("it has no name")
        self._options = options if isinstance(options, dict) else {}
        self._at = (self._options, None) if self._options else (holder, at)
        self.endpoint, self.model = _named(name)
        self.label = self._options.get("label") or None
        config = self._options.get("config")
        self._config = config if isinstance(config, dict) else {}
        self.endpoints: JsonObject = {}
        self._place()
        self.parameters = self._parameters()

    def setting(self) -> JsonObject:
        return {"endpoint": self.endpoint, "model": self.model, **self.parameters}

    def _place(self) -> None:
        """Where it is asked: a known service, or the address that the file names."""
        address, variable = KNOWN[self.endpoint]
        written = next((self._config[k] for k in _ADDRESSES if k in self._config), None)
        if written is not None:
            address = self._address(written)
        named = self._config.get("apiKeyEnvar")
        if isinstance(named, str) and named.isidentifier():
            variable = named
        if (address, variable) == KNOWN[self.endpoint] and self.endpoint == "openai":
            return
        if written is not None:
            host = (urlsplit(address).hostname or "service").replace(".", "-")
            self.endpoint = "imported-" + (re.sub("[^a-z0-9-]", "-", host.lower()) or "service")
            if KNOWN["openai"][1] == variable:
                variable = None
        self.endpoints[self.endpoint] = {
            "base_url": address,
            **({"api_key_env": variable} if variable else {}),
        }

    def _address(self, written: Any) -> str:
        if not isinstance(written, str) or "{{" in written:
            raise Unequal("its address is no text that stands in the file")
        address = written if "://" in written else f"https://{written}/v1"
        try:
            parts = urlsplit(address)
            sound = (
                parts.hostname
                and parts.scheme in ("http", "https")
                and not (parts.username or parts.query)
            )
        except ValueError:
            sound = None
        if not sound:
            raise Unequal("its address is none that a configuration can name")
        return address.rstrip("/")

    def _parameters(self) -> JsonObject:
        found: JsonObject = {}
        for key, value in self._config.items():
            if _SECRETS.search(key) or key == "headers":
                self._left(key, "left out unseen: keys stand in variables of the environment")
            elif key in _PARAMETERS:
                self._take(found, key, value)
            elif key == "passthrough" and isinstance(value, dict):
                found["extra_body"] = value
            elif key == "reasoning" and isinstance(value, dict) and "effort" in value:
                found["reasoning_effort"] = value["effort"]
            elif key == "maxOutputTokens":
                found["max_tokens"] = value
            elif key not in (*_ADDRESSES, "apiKeyEnvar"):
                self._left(key, "no parameter of chat completions")
        for key in self._options.keys() - {"id", "label", "config"}:
            self._source.left(self._options, key, f"provider: {key}", "a setting has none")
        return found

    def _take(self, found: JsonObject, key: str, value: Any) -> None:
        try:
            if isinstance(value, str) and value.startswith("file://"):
                value = self._source.value(value.removeprefix("file://"))
            if isinstance(value, str):
                value = translated(value, self._source.findings)
        except EvalsError as problem:
            self._left(key, problem.message)
            return
        found[key] = value

    def _left(self, key: str, why: str) -> None:
        self._source.left(self._config, key, f"provider {self.model}: {key}", why)


def _named(name: str) -> tuple[str, str]:
    """Endpoint and model of a provider's name; raises `Unequal` for other kinds."""
    head, *rest = name.split(":")
    if head not in KNOWN or not rest:
        raise Unequal("no OpenAI-compatible provider; configure an endpoint for it")
    if rest[0] in _OTHERS:
        raise Unequal(f"{rest[0]} is not asked through chat completions")
    if rest[0] in _KINDS and len(rest) > 1:
        rest = rest[1:]
    return head, ":".join(rest)
