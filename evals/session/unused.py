"""After a run: the recordings that nothing in its suites asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from evals.cassettes.store import recordings
from evals.comparison.words import plural
from evals.model import Frozen
from evals.session.evaluation import Evaluation
from evals.session.finish import Finished
from evals.session.inventory import take_stock
from evals.session.shelves import home, orphaned
from evals.session.sources import Source

SUFFIXES = ("*.eval.yaml", "*.eval.yml")


class Unused(Frozen, frozen=True, kw_only=True):
    """Recordings of one suite that nothing asks for, or why that cannot be told."""

    place: str  # the suite's path, or the folder's where it is of no suite
    paths: tuple[Path, ...] = ()
    unknown: str | None = None
    orphaned: bool = False


def find_unused(evaluation: Evaluation, finished: Finished) -> Iterator[Unused]:
    """What is unused in the folders of a run's suites; suites without any are left out."""
    selected = {record.suite.id: record.selected for record in finished.manifest.suites}
    asked: dict[str, set[str]] = {}
    for trial in finished.trials:
        names = asked.setdefault(trial.suite, set())
        names.update(f"{name}.{take}.json" for name, take in trial.asked)
    for name, source in evaluation.sources.items():
        if name in selected:  # else it was left out
            why = _unknown(evaluation, whole=selected[name])
            found = _of_suite(evaluation, source, asked.get(name, set()), why)
            if found is not None:
                yield found
    yield from _of_none(evaluation, list(evaluation.sources.values()))


def _unknown(evaluation: Evaluation, *, whole: bool) -> str | None:
    """Why a run does not tell what its suite asks for."""
    options = evaluation.options
    for option, value in (
        ("--evals-set", options.set_),
        ("--evals-repeat", options.repeat),
        ("--evals-endpoint", options.endpoint),
    ):
        if value:
            return f"{option} changes what is asked"
    return None if whole else "only a part of the suite was selected"


def _of_suite(
    evaluation: Evaluation, source: Source, asked: set[str], why: str | None
) -> Unused | None:
    path = source.suite.path
    if why is not None:
        return Unused(place=path, unknown=why)
    held = recordings(source.cassettes.folder)
    if all(recording.name in asked for recording in held):
        return None  # without reading any of them once more
    stock = take_stock(source.opened, evaluation.config, now=datetime.now(UTC))
    if stock.open_ended:
        cells = plural(len(stock.open_ended), "case")
        return Unused(
            place=path,
            paths=stock.unused,
            unknown=f"what follows from missing answers of {cells} is not known",
        )
    return Unused(place=path, paths=stock.unused) if stock.unused else None


def _of_none(evaluation: Evaluation, sources: Sequence[Source]) -> Iterator[Unused]:
    """Folders of no suite, where every suite beside them was collected."""
    config = evaluation.config
    if config.cassettes is not None:
        return  # which suites have theirs there is not known here
    collected = {source.opened.path for source in sources}
    known = {source.cassettes.folder for source in sources}
    places = dict.fromkeys(path.parent for path in collected)
    homes = [
        home(place / "any", config)
        for place in places
        if {path for suffix in SUFFIXES for path in place.glob(suffix)} <= collected
    ]
    for shelf in orphaned(homes, known):
        place = shelf.folder
        root = evaluation.options.root
        shown = place.relative_to(root).as_posix() if place.is_relative_to(root) else str(place)
        yield Unused(place=shown, paths=shelf.recordings, orphaned=True)


def in_one_line(found: Sequence[Unused]) -> str | None:
    """`unused recordings: 3 of sums.eval.yaml, 24 in cassettes/gone (of no suite); …`."""
    told = [
        f"{len(each.paths):,} in {each.place} (of no suite)"
        if each.orphaned
        else f"{len(each.paths):,} of {each.place}"
        for each in found
        if each.paths
    ]
    if not told:
        return None
    return f"unused recordings: {', '.join(told)}; evals cassettes prune shows them"
