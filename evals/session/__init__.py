"""One evaluation from suites to findings; the front ends (pytest, commands, Python) drive it."""

from evals.session.evaluation import Evaluation, Options
from evals.session.finish import Finished, finish

__all__ = ["Evaluation", "Finished", "Options", "finish"]
