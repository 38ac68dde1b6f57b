"""`evals cassettes`: what is recorded, and what nothing asks for any more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evals.cli.exits import Exit
from evals.cli.project import find_suites, root, shown
from evals.cli.recording import show, verify
from evals.cli.suites import NONE_HERE, Opened, configuration, named_suites
from evals.cli.terminal import say, table

if TYPE_CHECKING:
    from evals.endpoints.config import Config
    from evals.session.shelves import Shelf

_HEAD = (
    "SUITE",
    "RECORDINGS",
    "SIZE",
    "FROM",
    "TO",
    "MISSING",
    "OUTDATED",
    "UNUSED",
    "DAMAGED",
    "MODELS",
)
_LISTED = 10  # recordings of a suite that are named


@click.group()
def command() -> None:
    """List, show, verify and prune recorded answers.

    \b
    Examples:
      evals cassettes list
      evals cassettes show "suites/sums.eval.yaml::small[greedy]"
      evals cassettes verify
      evals cassettes prune --write
    """


command.add_command(show)
command.add_command(verify)


class _Shelves:
    """The folders of suites that were named, and those beside them that are of no suite."""

    def __init__(self, selected: Sequence[Path], config: Config) -> None:
        from evals.session.shelves import home, orphaned, shelves

        # Neighbours, too: what one suite does not ask for, another of its id may.
        homes = {path: home(path, config) for path in selected}
        near = {path: set(_neighbours(path, config)) for path in selected}
        everyone = sorted(set(selected).union(*near.values()))
        self.opened = Opened(everyone, config).open()
        found = shelves(self.opened.suites, config, now=datetime.now(UTC))
        paths = {suite.suite.path: suite.path for suite in self.opened.suites}
        self.of_suites = [
            shelf
            for shelf in found
            if any(paths[stock.path] in homes for stock in shelf.inventories)
        ]
        whole = {
            homes[path]
            for path in selected
            if near[path] <= set(selected) and not near[path] & set(self.opened.broken)
        }
        known = {shelf.folder for shelf in found}
        self.of_none = list(orphaned(sorted(whole), known))

    @property
    def broken(self) -> bool:
        return bool(self.opened.broken)


def _neighbours(suite: Path, config: Config) -> Iterator[Path]:
    """The suites whose recordings lie beside those of `suite`."""
    if config.cassettes is None:
        return (path for path in find_suites(suite.parent) if path.parent == suite.parent)
    return find_suites(root())


def _selected(paths: tuple[Path, ...]) -> _Shelves | None:
    suites = list(named_suites(paths))
    if not suites:
        say(NONE_HERE, error=True)
        return None
    return _Shelves(suites, configuration())


# ------------------------------------------------------------------------------- list


@command.command("list")
@click.argument("paths", metavar="[SUITE]…", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def list_(paths: tuple[Path, ...], form: str) -> int:
    """List what is recorded: how many, how large, of when, by which models.

    SUITE is a file or a folder; without one, every suite under the current folder is listed.
    MISSING are requests without a recording, UNUSED recordings that nothing asks for, OUTDATED
    those older than the suite's max_age, DAMAGED those that are not as they were written.

    \b
    Examples:
      evals cassettes list
      evals cassettes list suites/arithmetic.eval.yaml --format json
    """
    found = _selected(paths)
    if found is None:
        return Exit.NOTHING
    listed = [_listed(shelf) for shelf in (*found.of_suites, *found.of_none)]
    if form == "json":
        from evals.write import json_text

        say(json_text({"format": 1, "suites": listed}))
    else:
        for line in table([_row(each) for each in listed], head=_HEAD, right={1, 2, 5, 6, 7, 8}):
            say(line)
    return Exit.USAGE if found.broken else Exit.WELL


def _listed(shelf: Shelf) -> dict[str, Any]:
    """What there is to say about a folder of recordings."""
    from evals import answer
    from evals.cassettes import Cassettes
    from evals.errors import EvalsError

    models: Counter[str] = Counter()
    dates = []
    damaged = 0
    for _, exchange in Cassettes(shelf.folder).all():
        try:
            if isinstance(exchange, EvalsError):
                raise exchange
            models[answer.read(exchange).model] += 1
            dates.append(exchange.recorded.at)
        except EvalsError:
            damaged += 1
    stocks = shelf.inventories
    return {
        "suite": stocks[0].path if stocks else None,
        "folder": shown(shelf.folder),
        "recordings": len(shelf.recordings),
        "bytes": sum(path.stat().st_size for path in shelf.recordings),
        "from": min(dates, default=None),
        "to": max(dates, default=None),
        "missing": shelf.missing,
        "outdated": sum(stock.count("outdated") for stock in stocks),
        "unused": len(shelf.unused),
        "damaged": damaged,
        "models": dict(models.most_common()),
    }


def _row(listed: dict[str, Any]) -> tuple[str, ...]:
    counts = (listed[key] for key in ("missing", "outdated", "unused", "damaged"))
    return (
        listed["suite"] or f"{listed['folder']} (of no suite)",
        f"{listed['recordings']:,}",
        _size(listed["bytes"]),
        (listed["from"] or "–")[:10],
        (listed["to"] or "–")[:10],
        *(f"{count:,}" for count in counts),
        ", ".join(listed["models"]) or "–",
    )


def _size(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:,.1f} MB" if n_bytes >= 1e6 else f"{n_bytes / 1e3:,.1f} kB"


# ------------------------------------------------------------------------------- prune


@command.command()
@click.argument("paths", metavar="[SUITE]…", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--write", is_flag=True, help="Remove them. Without, they are only shown.")
def prune(paths: tuple[Path, ...], write: bool) -> int:
    """Remove the recordings that no suite asks for; without --write only show them.

    SUITE is a file or a folder; without one, every suite under the current folder is looked at.
    Suites ask for what their files say: recordings made with --evals-repeat, --evals-set or
    --evals-endpoint are unused. What cases ask that are skipped is kept, and what may follow from
    an answer that is missing. Nothing is removed of a suite that has mistakes, and nothing but
    recordings. Folders of recordings that belong to no suite are removed where every suite beside
    them was looked at.

    \b
    Examples:
      evals cassettes prune
      evals cassettes prune suites/arithmetic.eval.yaml --write
    """
    found = _selected(paths)
    if found is None:
        return Exit.NOTHING
    removed = sum(_prune(shelf, write=write) for shelf in (*found.of_suites, *found.of_none))
    from evals.comparison.words import plural

    if not removed:
        say("Nothing is unused.")
    elif write:
        say(f"{plural(removed, 'recording')} removed.", style="bold")
    else:
        say(f"{plural(removed, 'recording')} unused. Remove them: --write", style="bold")
    return Exit.USAGE if found.broken else Exit.WELL


def _prune(shelf: Shelf, *, write: bool) -> int:
    """Show what is unused in one folder and remove it if wanted; how many."""
    from evals.comparison.words import plural

    unused = shelf.unused
    place = shelf.inventories[0].path if shelf.inventories else f"{shown(shelf.folder)}: no suite"
    if shelf.open_ended:
        n = f"{shelf.open_ended:,} cases and columns"
        say(f"{place}: what may follow from missing answers of {n} is kept.", error=True)
    if not unused:
        return 0
    kept = _kept_because(shelf)
    if kept:
        say(f"{place}: kept: {kept}", style="yellow", error=True)
        return 0
    say(f"{place}: {plural(len(unused), 'recording')}")
    for line in _named(unused):
        say(f"  {line}")
    if write:
        for path in unused:
            path.unlink()
        if not shelf.inventories and not any(shelf.folder.iterdir()):
            shelf.folder.rmdir()
    return len(unused)


def _kept_because(shelf: Shelf) -> str | None:
    """Why nothing is removed from a folder."""
    if shelf.folder.resolve() != shelf.folder.parent.resolve() / shelf.folder.name:
        return f"{shown(shelf.folder)} is a link"
    return None


def _named(unused: Sequence[Path]) -> Iterator[str]:
    """Some of the recordings, with who asked and when."""
    from evals.cassettes.store import decode
    from evals.errors import DamagedFile
    from evals.reading import read_file

    for path in unused[:_LISTED]:
        try:
            recorded = decode(path, read_file(path, follow=False), None).recorded
            yield f"{path.name}  {recorded.at[:10]}  {recorded.for_}"
        except (DamagedFile, OSError):
            yield f"{path.name}  damaged"
    if len(unused) > _LISTED:
        yield f"… and {len(unused) - _LISTED:,} more"
