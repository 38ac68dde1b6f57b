"""Runs on disk: written line by line, read without suites or cassettes."""

from evals.record.journal import Journal, Lines
from evals.record.run import (
    FORMAT,
    Run,
    find,
    linked,
    new_id,
    point_latest,
    refuse_link,
    write_manifest,
)

__all__ = [
    "FORMAT",
    "Journal",
    "Lines",
    "Run",
    "find",
    "linked",
    "new_id",
    "point_latest",
    "refuse_link",
    "write_manifest",
]
