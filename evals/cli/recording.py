"""`evals cassettes show` and `verify`: single recordings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from evals.cli.exits import Exit
from evals.cli.project import find_suites, root, shown
from evals.cli.suites import NONE_HERE, configuration, named_suites
from evals.cli.terminal import say
from evals.errors import RunError

if TYPE_CHECKING:
    from evals.model import Exchange

_PREFIX = re.compile(r"[0-9a-f]{4,32}(\.[0-9]+(\.json)?)?")
_SHOWN = 20  # recordings that are shown whole


def _folders() -> list[Path]:
    """Every folder of recordings in the project."""
    from evals.endpoints.config import load_config
    from evals.session.shelves import home

    config = load_config(root(), env={})
    homes = dict.fromkeys(home(path, config) for path in find_suites(root()))
    return [folder for place in homes if place.is_dir() for folder in _subfolders(place)]


def _subfolders(place: Path) -> list[Path]:
    return sorted(path for path in place.iterdir() if path.is_dir())


def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Keys that begin with what was typed; else files."""
    from evals.cassettes.store import recordings

    known = [
        CompletionItem(path.stem)
        for folder in (_folders() if incomplete else ())
        for path in recordings(folder)
        if path.name.startswith(incomplete)
    ]
    return known or [CompletionItem(incomplete, type="file")]


# ------------------------------------------------------------------------------- show


@click.command()
@click.argument("recording", shell_complete=complete)
@click.option("--take", type=click.IntRange(min=0), help="Only this take.")
def show(recording: str, take: int | None) -> int:
    """Show a recording: the request, the answer, timing, tokens, when and by what.

    RECORDING is a key or how one begins (four digits at least), a file, or a case: its node id
    as pytest prints it, of which every sample is shown.

    \b
    Examples:
      evals cassettes show 3fa9
      evals cassettes show "suites/sums.eval.yaml::small[greedy]" --take 0
    """
    paths = [path for path in _find(recording) if take is None or path.stem.endswith(f".{take}")]
    if not paths:
        raise RunError(
            f"Nothing is recorded for {recording}.",
            remedy="evals plan tells what is recorded of each suite.",
        )
    for number, path in enumerate(paths[:_SHOWN]):
        if number:
            say()
        for line in _lines(path):
            say(line)
    if len(paths) > _SHOWN:
        say(f"\n… and {len(paths) - _SHOWN:,} more: --take N shows one.", error=True)
    return Exit.WELL


def _find(recording: str) -> list[Path]:
    """The recordings that are meant, in order of key and take."""
    from evals.cassettes.store import recordings

    if "::" in recording:
        return _of_case(recording)
    if Path(recording).is_file():
        return [Path(recording).resolve()]
    if not _PREFIX.fullmatch(recording):
        raise click.UsageError(
            f"{recording!r} is no key, no file and no node id such as "
            '"suites/sums.eval.yaml::small[greedy]".'
        )
    found = [
        path
        for folder in _folders()
        for path in recordings(folder)
        if path.name.startswith(recording) and ("." not in recording or _is(path, recording))
    ]
    keys = sorted({path.name.partition(".")[0] for path in found})
    if len(keys) > 1:
        raise click.UsageError(
            f"{len(keys)} keys begin with {recording}: {', '.join(keys[:5])}"
            + (" …" if len(keys) > 5 else "")
        )
    return sorted(found, key=_order)


def _is(path: Path, recording: str) -> bool:
    """Whether `key.take` names just this recording."""
    return path.stem == recording.removesuffix(".json")


def _order(path: Path) -> tuple[str, int]:
    key, take, _ = path.name.split(".")
    return key, int(take)


def _of_case(node_id: str) -> list[Path]:
    """What is recorded of what a cell asks, in order of its samples."""
    from datetime import UTC, datetime

    from evals.session.inventory import take_stock
    from evals.suite.open import open_suite

    name, _, cell = node_id.partition("::")
    path = (root() / name).resolve() if not Path(name).exists() else Path(name).resolve()
    if not path.is_file():
        raise click.UsageError(f"There is no suite {name}.")
    config = configuration()
    opened = open_suite(path, config=config)
    names = list(opened.names)
    if cell not in names:
        from difflib import get_close_matches

        close = get_close_matches(cell, names, n=1)
        hint = f' Did you mean "{close[0]}"?' if close else ""
        raise click.UsageError(f"{name} has no case {cell!r}.{hint}")
    stock = take_stock(replace(opened, only=cell), config, now=datetime.now(UTC))
    return [stock.folder / each.file for each in stock.asked if each.state != "missing"]


def _lines(path: Path) -> Iterator[str]:
    """One recording, for people; raises `DamagedFile`."""
    from evals.cassettes.store import decode
    from evals.reading import read_file

    exchange = decode(shown(path), read_file(path, follow=False), None)
    recorded, timing = exchange.recorded, exchange.timing
    yield shown(path)
    yield f"  for       {recorded.for_ or '–'}, take {exchange.request.take}"
    yield f"  recorded  {recorded.at} by {recorded.by}"
    attempts = "" if recorded.attempts == 1 else f", {recorded.attempts} attempts"
    host = recorded.base_url or "–"
    yield f"  asked     {exchange.request.endpoint}: {host}{exchange.request.path}{attempts}"
    first = "" if timing.ttft_s is None else f", first token after {timing.ttft_s:.3f} s"
    yield f"  timing    {timing.latency_s:.3f} s{first}, {timing.in_flight} in flight"
    yield from _request(exchange.request.body)
    yield from _answer(exchange)


def _request(body: dict[str, Any]) -> Iterator[str]:
    import msgspec

    yield "  request"
    for name, value in body.items():
        if name != "messages":
            text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
            yield f"    {name}: {text}"
    for message in body.get("messages", ()):
        yield from _said(str(message.get("role")), message.get("content"))


def _said(role: str, content: object) -> Iterator[str]:
    import msgspec

    text = content if isinstance(content, str) else msgspec.json.encode(content).decode()
    yield f"    {role}:"
    yield from (f"      {line}" for line in text.splitlines() or [""])


def _answer(exchange: Exchange) -> Iterator[str]:
    from evals import answer

    completion = answer.read(exchange)
    usage = completion.usage
    told = [f"{completion.model}"]
    for n, what in (
        (usage.prompt_tokens, "prompt"),
        (usage.completion_tokens, "completion"),
        (usage.reasoning_tokens, "of reasoning"),
        (usage.cached_tokens, "cached"),
    ):
        if n is not None:
            told.append(f"{n:,} tokens {what}")
    yield f"  answer    {', '.join(told)}"
    for choice in completion.choices:
        number = f" {choice.index}" if len(completion.choices) > 1 else ""
        yield f"    choice{number} ({choice.finish_reason}):"
        if choice.reasoning:
            yield from (f"      (reasoning) {line}" for line in choice.reasoning.splitlines())
        yield from (f"      {line}" for line in choice.text.splitlines() or [""])
        yield from (f"      call {call.name}({call.arguments})" for call in choice.tool_calls)
    yield from (f"    note: {note}" for note in completion.notes)


# ------------------------------------------------------------------------------- verify


@click.command()
@click.argument("paths", metavar="[SUITE]…", nargs=-1, type=click.Path(exists=True, path_type=Path))
def verify(paths: tuple[Path, ...]) -> int:
    """Read every recording: checksum, key of the request, completeness of the answer.

    SUITE is a file or a folder; without one, the recordings of every suite under the current
    folder are read, and those beside them that are of no suite. Exit code 6 where one is damaged.

    \b
    Examples:
      evals cassettes verify
      evals cassettes verify suites/arithmetic.eval.yaml
    """
    from evals.cassettes.store import recordings
    from evals.cassettes.verify import fault
    from evals.comparison.words import plural

    suites = list(named_suites(paths))
    if not suites:
        say(NONE_HERE, error=True)
        return Exit.NOTHING
    read = damaged = 0
    for folder in _to_verify(suites, paths):
        for path in recordings(folder):
            read += 1
            wrong = fault(path)
            if wrong is not None:
                damaged += 1
                say(f"{shown(path)}: {wrong}", style="red")
    if damaged:
        say(
            "Restore them from version control (git checkout -- FILE), or ask anew with "
            "--evals-mode refresh."
        )
    good = f"{damaged:,} damaged" if damaged else "none damaged"
    say(f"{plural(read, 'recording')}: {good}", style="bold")
    return Exit.ERRORS if damaged else Exit.WELL


def _to_verify(suites: Sequence[Path], paths: Sequence[Path]) -> list[Path]:
    """The folders of the suites that are named, or all that lie beside suites in folders."""
    from evals.session.shelves import home
    from evals.suite.load import load_suite

    config = configuration()
    named = {path.resolve() for path in paths if path.is_file()}
    found = {
        home(path, config) / load_suite(path, config=config).suite.id
        for path in suites
        if path in named
    }
    for place in {home(path, config) for path in suites if path not in named}:
        found |= set(_subfolders(place)) if place.is_dir() else set()
    return sorted(found)
