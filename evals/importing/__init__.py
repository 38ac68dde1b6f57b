"""Suites from the files of other tools: promptfoo's configuration, OpenAI evals' samples.

Nothing is executed and nobody is asked. Read are the given file and data files in its folder or
below. What cannot be carried over is listed with its place and the reason.
"""

from __future__ import annotations

from pathlib import Path

from evals.importing.findings import Imported

__all__ = ["Imported", "import_file"]


def import_file(path: Path) -> Imported:
    """Read the file of another tool; raises `EvalsError` where it is none."""
    from evals.importing.promptfoo import promptfoo
    from evals.importing.samples import samples
    from evals.importing.settling import settled
    from evals.importing.source import Source

    source = Source(path)
    lines = path.suffix in (".jsonl", ".ndjson")
    draft = samples(source) if lines else promptfoo(source)
    return settled(draft, source)
