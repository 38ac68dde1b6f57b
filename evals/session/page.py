"""From a finished run to what people look at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from evals.errors import EvalsError
from evals.model import JsonObject, Token, TrialResult
from evals.session.evaluation import Evaluation
from evals.session.finish import Finished
from evals.session.memory import uncollected
from evals.write import publish

if TYPE_CHECKING:
    from evals.report.view import View


def view_of(evaluation: Evaluation, finished: Finished) -> View:
    """The run as strings; made once for all renderings of a session."""
    from evals.report.view import build

    sources = {source.suite.id: source for source in evaluation.sources.values()}
    cells = {
        (source.suite.id, cell.case.id, cell.column.id): cell
        for source in evaluation.sources.values()
        for cell in source.opened.cells
    }

    def request(trial: TrialResult) -> JsonObject | None:
        cell = cells.get((trial.suite, trial.case, trial.column))
        return cell.request(trial.sample // cell.candidates).body if cell else None

    def tokens(trial: TrialResult) -> Sequence[Token] | None:
        cell = cells.get((trial.suite, trial.case, trial.column))
        if cell is None:
            return None
        number, candidate = divmod(trial.sample, cell.candidates)
        try:
            completion = sources[trial.suite].lookup(cell.request(number))
        except EvalsError:  # it was there when the trial was judged
            return None
        return completion.choices[candidate].logprobs

    with uncollected():
        return build(finished.comparison(), requests=request, tokens=tokens)


def write_page(view: View, path: Path, *, evaluation: Evaluation) -> Path:
    """Render the page and publish it at `path`."""
    from evals.report.html import render

    with uncollected():
        page = render(view, redact=evaluation.secrets.redact)
    publish(path, page.encode(), replace=True)
    return path
