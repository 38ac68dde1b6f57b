"""The bodies of requests that checks send: to the suite's judge, or for embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evals.endpoints.body import build_body
from evals.endpoints.config import Config
from evals.model import JsonObject, Judge


@dataclass(frozen=True)
class CheckBodies:
    """Implements `evals.checks.asking.Bodies` for one suite; `endpoint` is its reference's."""

    config: Config
    judge: Judge | None
    endpoint: str

    def chat(
        self,
        endpoint: str,
        model: str | None,
        messages: Sequence[JsonObject],
        parameters: JsonObject,
    ) -> JsonObject:
        """The body of a chat request."""
        configured = self.config.endpoints[endpoint]
        return build_body(configured, model=model, messages=messages, parameters=parameters)

    def embeddings(
        self, endpoint: str | None, model: str | None, texts: Sequence[str]
    ) -> tuple[str, JsonObject]:
        """The endpoint that is asked, and the body, which has no parameters."""
        name = endpoint or self.endpoint
        configured = self.config.endpoints[name]
        named = build_body(configured, model=model, messages=(), parameters={})["model"]
        return name, {"model": named, "input": list(texts)}
