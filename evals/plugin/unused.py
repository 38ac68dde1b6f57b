"""Unused recordings as reports of their own, for `--evals-fail-unused`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from evals.session.unused import Unused

_NAMED = 20


def unused_reports(
    found: Sequence[Unused], *, root: Path, strict: bool
) -> Iterator[pytest.TestReport]:
    """A failure for each suite with unused recordings; skipped where they cannot be told."""
    for each in found:
        unknown = each.unknown is not None
        outcome: Literal["failed", "skipped"] = "failed" if strict or not unknown else "skipped"
        longrepr: Any = f"not evaluated: {each.unknown}" if unknown else _explained(each, root)
        if outcome == "skipped":
            longrepr = (each.place, 0, f"Skipped: {longrepr}")
        name = "unused recordings"
        yield pytest.TestReport(
            nodeid=f"{each.place}::{name}",
            location=(each.place, None, name),
            keywords={},
            outcome=outcome,
            longrepr=longrepr,
            when="call",
            user_properties=[("evals_unused", len(each.paths))],
        )


def _explained(each: Unused, root: Path) -> str:
    place = each.place.rpartition("/cassettes/")[0] or "." if each.orphaned else each.place
    what = "belong to no suite" if each.orphaned else "nothing in the suite asks for"
    lines = [f"Recordings that {what}: {len(each.paths):,}."]
    lines += [
        f"  {path.relative_to(root).as_posix() if path.is_relative_to(root) else path}"
        for path in each.paths[:_NAMED]
    ]
    if len(each.paths) > _NAMED:
        lines.append(f"  … and {len(each.paths) - _NAMED:,} more")
    lines.append(f'Remove them: evals cassettes prune "{place}" --write')
    return "\n".join(lines)
