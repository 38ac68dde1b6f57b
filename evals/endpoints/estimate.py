"""What a request will take, told before it is sent; rather too much than too little."""

from __future__ import annotations

import json

from evals.model import JsonObject

_CHARACTERS_PER_TOKEN = 3  # fewer than texts have
_COMPLETION_TOKENS = 1024  # where a request sets no bound


def prompt_tokens(body: JsonObject) -> int:
    """Tokens of what is asked."""
    texts = [body.get(key) for key in ("messages", "input", "tools", "response_format")]
    characters = sum(len(json.dumps(text, ensure_ascii=False)) for text in texts if text)
    return characters // _CHARACTERS_PER_TOKEN + 1


def completion_tokens(body: JsonObject) -> int:
    """Tokens that all candidates may have."""
    if "input" in body:  # vectors are no tokens
        return 0
    bound = body.get("max_completion_tokens") or body.get("max_tokens") or _COMPLETION_TOKENS
    return int(bound) * int(body.get("n") or 1)
