"""Recorded answers: found by what was asked, checked when read, explained when missing."""

from evals.cassettes.key import key
from evals.cassettes.miss import Misses
from evals.cassettes.store import Cassettes

__all__ = ["Cassettes", "Misses", "key"]
