"""Raw answers, read: the one interpreter of bodies and of chunks, live or recorded. Pure."""

from evals.answer.outcomes import Outcomes
from evals.answer.price import Price, PriceStep, price
from evals.answer.read import candidate, read
from evals.answer.stream import first_content
from evals.answer.vectors import EMBEDDINGS

__all__ = [
    "EMBEDDINGS",
    "Outcomes",
    "Price",
    "PriceStep",
    "candidate",
    "first_content",
    "price",
    "read",
]
