"""The body of a request, exactly as it is sent."""

from __future__ import annotations

from collections.abc import Sequence

from evals.endpoints.config import EndpointConfig
from evals.errors import ConfigError
from evals.model import JsonObject


def build_body(
    endpoint: EndpointConfig,
    *,
    model: str | None,
    messages: Sequence[JsonObject],
    parameters: JsonObject,
) -> JsonObject:
    """The body for `messages`: model, messages, then parameters in the author's order.

    The endpoint's default parameters come first; null removes a parameter; `rename`, `drop` and
    `extra_body` are the endpoint's. Raises `ConfigError` where no model is named, or where two
    parameters end up under one name.
    """
    name = model or endpoint.model
    if not name:
        raise ConfigError(
            f"endpoint {endpoint.name}: no model is named",
            remedy="Write `model:` in the suite or in a setting, or `model` in "
            f"[tool.evals.endpoints.{endpoint.name}].",
        )
    merged = {**endpoint.parameters, **parameters}
    kept = {
        key: value
        for key, value in merged.items()
        if value is not None and key not in endpoint.drop
    }
    body: JsonObject = {"model": name, "messages": list(messages)}
    for key, value in kept.items():
        sent = endpoint.rename.get(key, key)
        if sent != key and sent in kept:
            raise ConfigError(
                f"endpoint {endpoint.name}: {key} and {sent} are both given, and the endpoint "
                f"renames {key} to {sent}",
                remedy="Keep one of the two.",
            )
        if key == "extra_body" and endpoint.extra_body == "merge" and isinstance(value, dict):
            body.update(value)
        else:
            body[sent] = value
    return body
