"""What an answer cost."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from evals.model import Completion, Frozen


class PriceStep(Frozen, frozen=True, kw_only=True):
    """Prices of a request with more than `prompt_tokens` of prompt."""

    prompt_tokens: int
    prompt: float
    completion: float
    cached: float | None = None


class Price(Frozen, frozen=True, kw_only=True):
    """USD per million tokens of one model; without `cached`, cached ones cost what others do."""

    prompt: float
    completion: float
    cached: float | None = None
    above: tuple[PriceStep, ...] = ()

    def cost(self, prompt_tokens: int, completion_tokens: int, cached_tokens: int = 0) -> float:
        """USD for one request; the highest step that the prompt exceeds prices all of it."""
        rate: Price | PriceStep = self
        for step in sorted(self.above, key=lambda step: step.prompt_tokens):
            if prompt_tokens > step.prompt_tokens:
                rate = step
        cached = min(cached_tokens, prompt_tokens)  # they are part of the prompt
        for_cached = cached * (rate.prompt if rate.cached is None else rate.cached)
        for_prompt = (prompt_tokens - cached) * rate.prompt
        return (for_prompt + for_cached + completion_tokens * rate.completion) / 1e6


def price(completion: Completion, prices: Mapping[str, Price]) -> Completion:
    """The completion with its cost, by the model that answered; None where it is unpriced."""
    known = prices.get(completion.model)
    usage = completion.usage
    if known is None or usage.prompt_tokens is None or usage.completion_tokens is None:
        return msgspec.structs.replace(completion, cost_usd=None)
    cost = known.cost(usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens or 0)
    return msgspec.structs.replace(completion, cost_usd=cost)
