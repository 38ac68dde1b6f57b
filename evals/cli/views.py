"""From runs on disk to what is shown of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evals.comparison.compare import Pair
    from evals.model import Comparison
    from evals.record import Run
    from evals.report.view import View


def comparison_of(runs: list[Run], columns: Pair | None = None) -> Comparison:
    """The columns of one run side by side, or two runs – or a column of each – the older first."""
    from evals.comparison.compare import compare_columns, compare_runs
    from evals.session.recorded import as_read

    if len(runs) == 1:
        found = compare_columns(runs[0].manifest, runs[0].trials())
    else:
        old, new = ((run.manifest, run.trials()) for run in runs)
        found = compare_runs(new, old, columns=columns)
    return as_read(found, runs)


def view_of(runs: list[Run], root: Path, *, comparison: Comparison | None = None) -> View:
    """The same as strings."""
    from evals.session.recorded import recorded_view

    return recorded_view(comparison or comparison_of(runs), [(run, root) for run in runs])
