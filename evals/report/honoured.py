"""Whether endpoints honour what columns send, as far as somebody has found out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from evals.comparison import words
from evals.model import Column, Comparison, EndpointAudit, Frozen, JsonObject, Manifest
from evals.report import names
from evals.report.texts import listing, one_line

_MOST_DAYS: Final = 30  # a service changes behind its name


class Honoured(Frozen, frozen=True, kw_only=True):
    """What is known of one endpoint."""

    good: bool
    text: str


def honoured_of(comparison: Comparison) -> tuple[Honoured, ...]:
    """Of each audited endpoint: the seed, where columns send one, and what it does not honour."""
    manifest = names.newest(comparison)
    audits = {audit.endpoint: audit for audit in manifest.audits}
    sent: dict[tuple[str, str], set[str]] = {}
    addresses: dict[str, JsonObject] = {}
    for record in manifest.suites:
        addresses |= record.endpoints
        for column in record.suite.columns:
            model = names.endpoint_model(record.endpoints, column)
            parameters = sent.setdefault((column.endpoint, model), set())
            parameters |= _parameters(column)
            for case in record.suite.cases:
                parameters |= case.parameters.keys()
    return tuple(
        note
        for (endpoint, model), parameters in sent.items()
        if endpoint in audits
        for note in _told(audits[endpoint], model, parameters, manifest, addresses)
    )


def _parameters(column: Column) -> set[str]:
    sampled = {name for each in column.samples for name in each}
    return {*column.parameters, *sampled}


def _told(
    audit: EndpointAudit,
    model: str,
    sent: set[str],
    manifest: Manifest,
    addresses: Mapping[str, JsonObject],
) -> Iterable[Honoured]:
    concerned = [each for each in audit.parameters if each.parameter in sent]
    if not concerned:
        return
    name = one_line(audit.endpoint, 60)
    day = one_line(audit.at[:10], 20)
    stale = _stale(audit, model, manifest, addresses.get(audit.endpoint, {}))
    if stale:
        asked = listing(one_line(each.parameter, 40) for each in concerned)
        yield Honoured(
            good=False,
            text=f"Whether {name} honours {asked} was found out on {day}, {stale}: "
            f"evals audit endpoint {name} finds out anew.",
        )
        return
    for each in concerned:
        what = one_line(each.parameter, 40)
        how = f"{one_line(each.words, 160)} (found out on {day})"
        if each.found == "honoured":
            if what == "seed":
                yield Honoured(good=True, text=f"{name} honours the seed: {how}.")
        elif each.found in ("ignored", "refused"):
            what = "the seed" if what == "seed" else what
            effect = ", so that samples are not what a seed repeats" if "seed" in what else ""
            yield Honoured(good=False, text=f"{name} {_VERBS[each.found]} {what}{effect}: {how}.")
        elif what == "seed" and each.found == "unclear":
            text = f"Whether {name} honours the seed is unclear: {how}."
            yield Honoured(good=False, text=text)


_VERBS: Final[Mapping[str, str]] = {"ignored": "ignores", "refused": "refuses"}


def _stale(audit: EndpointAudit, model: str, manifest: Manifest, address: JsonObject) -> str:
    """Why what was found says little of this run; empty where it does."""
    if model and model not in (audit.model, audit.answered):
        return f"of another model, {one_line(str(audit.model or audit.answered), 80)}"
    if audit.base_url and address.get("base_url") not in (None, audit.base_url):
        return f"at another address, {one_line(audit.base_url, 120)}"
    days = _days(audit.at, manifest.started)
    if days is not None and abs(days) > _MOST_DAYS:
        when = "before" if days > 0 else "after"
        return f"{words.plural(abs(days), 'day')} {when} this run"
    return ""


def _days(since: str, until: str) -> int | None:
    try:
        return (datetime.fromisoformat(until) - datetime.fromisoformat(since)).days
    except (ValueError, TypeError):
        return None
