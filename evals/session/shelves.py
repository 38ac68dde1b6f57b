"""Folders of recordings, and which suites they belong to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from pathlib import Path

from evals.cassettes.store import recordings
from evals.endpoints.config import Config
from evals.model import Frozen
from evals.session.direct import is_of_module
from evals.session.inventory import Inventory, take_stock
from evals.suite.open import OpenSuite


class Shelf(Frozen, frozen=True, kw_only=True):
    """One folder of recordings; no inventory where it belongs to no suite."""

    folder: Path
    recordings: tuple[Path, ...]
    inventories: tuple[Inventory, ...] = ()

    @property
    def unused(self) -> tuple[Path, ...]:
        """The recordings that no suite asks for, nor may ask for once others are there."""
        unused = [set(stock.unused) for stock in self.inventories]
        return tuple(path for path in self.recordings if all(path in each for each in unused))

    @property
    def open_ended(self) -> int:
        """How many cells ask more once an answer is there that is missing."""
        return sum(len(stock.open_ended) for stock in self.inventories)

    @property
    def missing(self) -> int:
        """How many requests have no recording; what only skipped cases ask does not count."""
        return sum(
            each.state == "missing" and not each.skipped
            for stock in self.inventories
            for each in stock.asked
        )


def shelves(suites: Iterable[OpenSuite], config: Config, *, now: datetime) -> tuple[Shelf, ...]:
    """The folders of suites; suites of one id in one place share theirs."""
    found: dict[Path, list[Inventory]] = {}
    for opened in suites:
        stock = take_stock(opened, config, now=now)
        found.setdefault(stock.folder, []).append(stock)
    return tuple(
        Shelf(folder=folder, recordings=recordings(folder), inventories=tuple(stocks))
        for folder, stocks in found.items()
    )


def home(suite: Path, config: Config) -> Path:
    """The folder that holds the folders of a suite and of its neighbours."""
    return config.cassettes or suite.parent / "cassettes"


def orphaned(homes: Iterable[Path], known: Collection[Path]) -> Iterator[Shelf]:
    """Folders of recordings in `homes` that are none of the `known` ones, those of suites."""
    for place in homes:
        if not place.is_dir():
            continue
        for folder in sorted(place.iterdir()):
            if folder in known or is_of_module(folder):
                continue
            held = recordings(folder)
            if held:
                yield Shelf(folder=folder, recordings=held)
