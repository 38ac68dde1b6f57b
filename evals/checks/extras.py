"""Libraries that not everybody needs: which extra brings them."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

EXTRAS = {
    "sacrebleu": "similarity",
    "nltk": "similarity",
    "sqlglot": "sql",
    "py3langid": "language",
}


@cache
def missing(library: str) -> str | None:
    """How to install a library that is not there; None where it is."""
    if find_spec(library) is not None:
        return None
    extra = EXTRAS[library]
    return f'needs {library}: pip install "pytest-model-evals[{extra}]"'
