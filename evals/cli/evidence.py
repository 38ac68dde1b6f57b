"""`evals audit evidence`: what a branch changes of what its verdicts rest on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from evals.cli.exits import Exit
from evals.cli.project import root
from evals.cli.terminal import say

if TYPE_CHECKING:
    from evals.session.evidence import BaselineChange, Evidence, RecordingChange, SuiteChange
    from evals.suite.loosened import Change

Item = tuple[str, str, tuple[tuple[str, str], ...]]
"""What it is about; what is said of it; texts of models, each with its name."""

_LISTED = 50  # of one kind
_PARTS = {
    "request": "the request",
    "answer": "the rest of the answer",
    "timing": "its timing",
    "origin": "where it is from",
}
_QUOTED = 300  # characters of an answer


@click.command()
@click.option("--since", required=True, metavar="REF", help="A branch, tag or commit.")
@click.option("--format", "form", type=click.Choice(["text", "markdown", "json"]), default="text")
def evidence(since: str, form: str) -> int:
    """List which recordings, baselines and demands of suites changed since a commit.

    Compared are the files as they are now and as they were where the branch left REF, by git alone:
    nothing is asked, and no code of the project is run. First stand recordings that were
    replaced under an unchanged key: a refreshed answer looks like that, and an edited one, too.
    Then what suites demand less: gates, thresholds, checks, tests.

    \b
    Examples:
      evals audit evidence --since origin/main
      evals audit evidence --since v1.2 --format markdown >> "$GITHUB_STEP_SUMMARY"
    """
    from evals.session.evidence import evidence as collect

    found = collect(root(), since)
    if form == "json":
        from evals.write import json_text

        say(json_text(found))
    else:
        for line in (_markdown if form == "markdown" else _text)(found, since):
            say(line)
    return Exit.WELL


def _sections(found: Evidence) -> Iterator[tuple[str, list[Item]]]:
    """Headings, each with what stands below it; those without anything are left out."""
    demands = [(suite, change) for suite in found.suites for change in suite.changes or ()]
    loosened = [pair for pair in demands if pair[1].kind == "loosened"]
    others = [pair for pair in demands if pair[1].kind != "loosened"]
    damaged = [each for each in found.new if each.after and each.after.fault]
    listed: Iterable[tuple[str, Iterable[Item]]] = (
        ("Recordings replaced under an unchanged key", map(_replaced, found.replaced)),
        ("Demands loosened", (_demand(*pair) for pair in loosened)),
        ("New recordings that are not as they were written", map(_damaged, damaged)),
        ("Baselines", map(_baseline, found.baselines)),
        ("Other demands that changed", (_demand(*pair) for pair in others)),
        ("Suites", map(_suite, found.suites)),
        ("Settings that changed", ((key, "", ()) for key in found.configuration)),
        ("New recordings", _counted(found.new)),
        ("Removed recordings", _counted(found.removed)),
    )
    for heading, items in listed:
        kept = list(items)
        if kept:
            yield f"{heading}: {_n(heading, found, kept):,}", kept


def _n(heading: str, found: Evidence, items: Sequence[Item]) -> int:
    """How many there are; recordings that came or went are counted by folder."""
    counts = {"New recordings": len(found.new), "Removed recordings": len(found.removed)}
    return counts.get(heading, len(items))


def _replaced(change: RecordingChange) -> Item:
    then, now = change.before, change.after
    if then is None or now is None:
        return change.path, "cannot be read on one side", ()
    told = [then.asker]
    if change.edited:
        told.append(_suspicious(change))
    elif not change.differs:
        told.append("written otherwise, and not read otherwise")
    elif then.text == now.text:
        told.append(f"the same text, recorded {then.at[:10]} and {now.at[:10]}")
    else:
        told.append(f"recorded {then.at[:10]}, anew {now.at[:10]}")
    if then.model != now.model:
        told.append(f"by {now.model} instead of {then.model}")
    if then.host != now.host:
        told.append(f"at {now.host} instead of {then.host}")
    if now.fault:
        told.append(now.fault)
    texts = () if then.text == now.text else (("before", then.text), ("now", now.text))
    return change.path, "; ".join(told), texts


def _suspicious(change: RecordingChange) -> str:
    if change.differs == ("date",):
        return "only its date is another: edited by hand?"
    if "text" in change.differs:
        return "the answer is another, its date is not: edited by hand?"
    parts = ", ".join(_PARTS[part] for part in change.differs)
    return f"the text is the same, but not {parts}; its date is: edited by hand?"


def _damaged(change: RecordingChange) -> Item:
    return change.path, (change.after.fault if change.after else None) or "", ()


def _demand(suite: SuiteChange, change: Change) -> Item:
    match change.before, change.after:
        case None, after:
            told = f"added {after}"
        case before, None:
            told = f"removed {before}"
        case before, after:
            told = f"{before} → {after}"
    return suite.path, f"{change.what}: {told}", ()


def _baseline(change: BaselineChange) -> Item:
    cases = " → ".join("–" if n is None else f"{n:,}" for n in change.cases)
    shares = [
        f"{column} {_share(then)} → {_share(now)}"
        for column, (then, now) in change.columns.items()
        if then != now
    ]
    return change.path, "; ".join((change.status, f"cases {cases}", *shares)), ()


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _suite(suite: SuiteChange) -> Item:
    if suite.changes is None:
        return suite.path, "changed; one side cannot be read", ()
    told = "changed, its demands did not" if not suite.changes else "changed"
    return suite.path, told if suite.status == "changed" else suite.status, ()


def _counted(changes: Iterable[RecordingChange]) -> Iterator[Item]:
    """How many by folder, and who answered where."""
    folders: dict[str, list[RecordingChange]] = {}
    for change in changes:
        folders.setdefault(change.path.rpartition("/")[0], []).append(change)
    for folder, listed in folders.items():
        told = Counter(
            f"{side.model or '–'} at {side.host or '–'}"
            for side in (change.after or change.before for change in listed)
            if side is not None
        )
        who = ", ".join(f"{n:,} by {name}" for name, n in told.most_common())
        yield folder, who or f"{len(listed):,}", ()


# ------------------------------------------------------------------------------- the two forms


def _text(found: Evidence, since: str) -> Iterator[str]:
    yield f"since {found.since[:12]}, where this branch left {since}"
    empty = True
    for heading, items in _sections(found):
        empty = False
        yield ""
        yield heading
        for about, told, texts in items[:_LISTED]:
            yield f"  {about}" + (f"  {told}" if told else "")
            yield from (f"    {name}: {_cut(text)}" for name, text in texts)
        if len(items) > _LISTED:
            yield f"  … and {len(items) - _LISTED:,} more"
    if empty:
        yield "No recording, baseline, suite or setting changed."


def _markdown(found: Evidence, since: str) -> Iterator[str]:
    from evals.report.markdown import code_span, fence

    yield f"Evidence since {code_span(found.since[:12])}, where this branch left {code_span(since)}"
    empty = True
    for heading, items in _sections(found):
        empty = False
        yield f"\n**{heading}**\n"
        for about, told, texts in items[:_LISTED]:
            yield f"- {code_span(about)}" + (f" {code_span(told)}" if told else "")
            for name, text in texts:
                block = "\n".join(f"  {line}" for line in fence(text).splitlines())
                yield f"\n  {name}\n\n{block}\n"
        if len(items) > _LISTED:
            yield f"- … and {len(items) - _LISTED:,} more"
    if empty:
        yield "\nNo recording, baseline, suite or setting changed."


def _cut(text: str) -> str:
    shown = text[:_QUOTED].replace("\n", "⏎")
    return shown + ("…" if len(text) > _QUOTED else "")
