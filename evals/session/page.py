"""From a finished run to what people look at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from evals.errors import EvalsError
from evals.model import JsonObject, Token, TrialResult
from evals.session.evaluation import Evaluation
from evals.session.finish import Finished
from evals.session.memory import uncollected
from evals.write import publish

if TYPE_CHECKING:
    from evals.report.view import View
    from evals.suite.cell import Cell

_REQUESTS = 2_000  # that are kept: what is complete without the script shows each of them twice


def view_of(evaluation: Evaluation, finished: Finished) -> View:
    """The run as strings; made once for all renderings of a session."""
    from evals.report.view import build

    sources = {source.suite.id: source for source in evaluation.sources.values()}

    def cell_of(trial: TrialResult) -> Cell | None:
        source = sources.get(trial.suite)
        return source.opened.find(trial.case, trial.column) if source else None

    @lru_cache(_REQUESTS)
    def body(suite: str, case: str, column: str, sample: int) -> JsonObject | None:
        source = sources.get(suite)
        cell = source.opened.find(case, column) if source else None
        return cell.request(sample // cell.candidates).body if cell else None

    def request(trial: TrialResult) -> JsonObject | None:
        return body(trial.suite, trial.case, trial.column, trial.sample)

    def tokens(trial: TrialResult) -> Sequence[Token] | None:
        cell = cell_of(trial)
        if cell is None:
            return None
        number, candidate = divmod(trial.sample, cell.candidates)
        try:
            completion = sources[trial.suite].lookup(cell.request(number))
        except EvalsError:  # it was there when the trial was judged
            return None
        if trial.timing is None or completion.at != trial.timing.at:
            return None  # of a conversation: these are the first reply's
        return completion.choices[candidate].logprobs

    with uncollected():
        return build(finished.comparison(), requests=request, tokens=tokens)


def write_page(view: View, path: Path, notes: list[str], *, evaluation: Evaluation) -> Path:
    """Render the page, publish it at `path`, and list the run with the others.

    A list that cannot be made costs the list and nothing else: then there is one of `notes`.
    """
    from evals.report.html import render

    redact = evaluation.secrets.redact
    with uncollected():
        page = render(view, redact=redact)
    publish(path, page.encode(), replace=True)
    try:
        write_index(view, evaluation.options.folder, path, redact=redact)
    except Exception as problem:  # noqa: BLE001 # whatever a renderer or the disk does
        notes.append(f"The list of runs was not written: {type(problem).__name__}: {problem}")
    return path


def write_index(
    view: View, folder: Path, page: Path, *, redact: Callable[[str], str]
) -> Path | None:
    """Keep what the run in `folder` came to, and list it with the others beside their folders.

    Its page is linked where it lies in the run's folder.
    """
    from evals.report.history import history_of, read_summaries, write_summary
    from evals.report.html import render_index

    if view.summary is None:
        return None
    folder, page = folder.resolve(), page.resolve()
    shown = page.relative_to(folder).as_posix() if page.is_relative_to(folder) else ""
    write_summary(replace(view.summary, page=shown), folder, redact=redact)
    runs = folder.parent
    history = history_of(*read_summaries(runs), base=runs.name)
    path = runs.parent / "index.html"
    publish(path, redact(render_index(history)).encode(), replace=True)
    return path
