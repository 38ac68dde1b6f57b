"""What `evals audit endpoint` found, kept beside the runs: `reports/endpoints.json`."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import msgspec

from evals.model import EndpointAudit, Frozen
from evals.reading import read_file
from evals.record.reading import read_json
from evals.record.run import linked, refuse_link
from evals.write import Secrets, json_text, publish

FORMAT = 1


class _Kept(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    format: int
    audits: tuple[EndpointAudit, ...] = ()


def read_audits(reports: Path, endpoints: Collection[str]) -> tuple[EndpointAudit, ...]:
    """The newest audit of each of these endpoints; none where the file cannot be read."""
    return tuple(audit for audit in _kept(reports) if audit.endpoint in endpoints)


def keep_audit(reports: Path, audit: EndpointAudit, *, secrets: Secrets) -> None:
    """Keep an audit in the place of the one before of this endpoint; raises `DiskError`.

    Nothing is written through a link, as nothing of runs is.
    """
    refuse_link(reports / "runs")
    others = [one for one in _kept(reports) if one.endpoint != audit.endpoint]
    audits = tuple(sorted((*others, audit), key=lambda one: one.endpoint))
    text = json_text(msgspec.to_builtins(_Kept(format=FORMAT, audits=audits)))
    publish(_path(reports), secrets.redact(text).encode(), replace=True)


def _kept(reports: Path) -> tuple[EndpointAudit, ...]:
    if linked(reports / "runs"):
        return ()
    try:
        kept = read_json(read_file(_path(reports), follow=False), msgspec.json.Decoder(_Kept))
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return ()  # it is output, and can be made anew
    return kept.audits if kept.format == FORMAT else ()


def _path(reports: Path) -> Path:
    return reports / "endpoints.json"
