"""A check of our own, used by `instructions.eval.yaml`."""

from __future__ import annotations

import re
from dataclasses import dataclass

import evals


@dataclass(frozen=True, kw_only=True)
class DistinctWords:
    """Options of `distinct-words`; how many must be distinct is the common `threshold`."""

    ignore: tuple[str, ...] = ()  # words that may come again


@evals.check("distinct-words")
def distinct_words(completion: evals.Completion, options: DistinctWords) -> tuple[float, str]:
    """The share of words that are no repetition: small models like to go round in circles."""
    words = re.findall(r"\w+", completion.text.lower())
    counted = [word for word in words if word not in options.ignore]
    distinct = len(set(counted))
    share = distinct / len(counted) if counted else 0.0
    return share, f"{distinct} of {len(counted)} words are distinct"
