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


class Price(Frozen, frozen=True, kw_only=True):
    """USD per million tokens of one model."""

    prompt: float
    completion: float
    above: tuple[PriceStep, ...] = ()

    def cost(self, prompt_tokens: int, completion_tokens: int) -> float:
        """USD for one request; the highest step that the prompt exceeds prices all of it."""
        prompt, completion = self.prompt, self.completion
        for step in sorted(self.above, key=lambda step: step.prompt_tokens):
            if prompt_tokens > step.prompt_tokens:
                prompt, completion = step.prompt, step.completion
        return (prompt_tokens * prompt + completion_tokens * completion) / 1e6


def price(completion: Completion, prices: Mapping[str, Price]) -> Completion:
    """The completion with its cost, by the model that answered; None where it is unpriced."""
    known = prices.get(completion.model)
    usage = completion.usage
    if known is None or usage.prompt_tokens is None or usage.completion_tokens is None:
        return msgspec.structs.replace(completion, cost_usd=None)
    cost = known.cost(usage.prompt_tokens, usage.completion_tokens)
    return msgspec.structs.replace(completion, cost_usd=cost)
