"""What is different between two runs: cases, prompts, parameters, and what lies behind them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Literal

from evals.comparison import words
from evals.model import (
    Column,
    Comparison,
    Difference,
    Frozen,
    JsonObject,
    Manifest,
    Prompt,
    Suite,
    SuiteComparison,
    SuiteRecord,
)
from evals.report import names
from evals.report.cases import Judged
from evals.report.marks import Tally
from evals.report.texts import LONGEST, listing, one_line, written
from evals.write import visible

__all__ = ["Changes", "changes_of"]

_WORD = re.compile(r"\s+|\w+|[^\w\s]")
_SHOWN = 80  # characters of what did not change, on either side of what did


class Row(Frozen, frozen=True, kw_only=True):
    """The cases of one column by what became of them."""

    column: str
    broke: str
    fixed: str
    flaky: str
    passing: str
    failing: str
    other: str  # changed, errors, or in one run only


class Part(Frozen, frozen=True, kw_only=True):
    kind: Literal["same", "gone", "new"]
    text: str


class PromptChange(Frozen, frozen=True, kw_only=True):
    prompt: str
    role: str
    parts: tuple[Part, ...]


class ParameterChange(Frozen, frozen=True, kw_only=True):
    name: str
    columns: str
    before: str
    after: str


class Changes(Frozen, frozen=True, kw_only=True):
    heading: str
    rows: tuple[Row, ...]
    warnings: tuple[str, ...]
    prompts: tuple[PromptChange, ...]
    parameters: tuple[ParameterChange, ...]
    unchanged: str


def changes_of(
    comparison: Comparison, suite: SuiteComparison, judged: Sequence[Judged]
) -> Changes | None:
    """None where columns of one run are compared."""
    if comparison.kind != "runs":
        return None
    old, new = (_record(run, suite.suite.id) for run in comparison.runs)
    assert old is not None
    assert new is not None
    differences = [side.difference for side in suite.sides if side.difference is not None]
    counted = [_counts(of, judged, suite.set_aside) for of in differences]
    columns = {side.id: side.column for side in suite.sides}
    prompts = tuple(_prompts(old.suite, new.suite))
    pairs = [(columns[d.reference], columns[d.side]) for d in differences]
    parameters = tuple(_parameters(pairs))
    return Changes(
        heading=_heading(counted),
        rows=tuple(
            _row(columns[of.side], counts) for of, counts in zip(differences, counted, strict=True)
        ),
        warnings=tuple(_warnings(comparison, suite, (old, new))),
        prompts=prompts,
        parameters=parameters,
        unchanged=_unchanged(
            prompts=_same_prompts(old.suite, new.suite, pairs), parameters=not parameters
        ),
    )


def _record(run: Manifest, suite: str) -> SuiteRecord | None:
    return next((record for record in run.suites if record.suite.id == suite), None)


_KINDS = ("broke", "fixed", "flaky", "passing", "failing", "other")


def _counts(of: Difference, judged: Sequence[Judged], set_aside: Sequence[str]) -> dict[str, int]:
    counts = dict.fromkeys(_KINDS, 0)
    losses, gains, changed = set(of.losses), set(of.gains), set(set_aside)
    for one in judged:
        before, after = one.tallies.get(of.reference), one.tallies.get(of.side)
        if before is None and after is None:
            continue
        case = one.row.id
        if case in losses:
            counts["broke"] += 1
        elif case in gains:
            counts["fixed"] += 1
        elif case in changed or before is None or after is None:
            counts["other"] += 1
        else:
            counts[_lasting(before, after)] += 1
    return counts


def _lasting(before: Tally, after: Tally) -> str:
    """What a case is whose majority of samples did not change sides."""
    if not before.judged or not after.judged:
        return "other"
    if any(tally.passes and tally.fails for tally in (before, after)):
        return "flaky"
    return "passing" if after.passes else "failing"


def _heading(counted: Sequence[Mapping[str, int]]) -> str:
    total = {kind: sum(counts[kind] for counts in counted) for kind in _KINDS}
    if not total["broke"] and not total["fixed"]:
        flaky = f"; {words.count(total['flaky'])} flaky" if total["flaky"] else ""
        return f"No case changed sides{flaky}"
    unchanged = total["passing"] + total["failing"]
    return (
        f"{words.count(total['broke'])} newly failing, {words.count(total['fixed'])} fixed, "
        f"{words.count(total['flaky'])} flaky, {words.count(unchanged)} unchanged"
    )


def _row(column: Column, counts: Mapping[str, int]) -> Row:
    told = {kind: words.count(n) for kind, n in counts.items()}
    return Row(column=one_line(column.id, 60), **told)


# ------------------------------------------------------------------------- prompts, parameters


def _prompts(old: Suite, new: Suite) -> Iterator[PromptChange]:
    before = {prompt.id: prompt for prompt in old.prompts}
    for prompt in new.prompts:
        known = before.get(prompt.id)
        if known is None or _said(known) == _said(prompt):
            continue
        for role, then, now in _messages(known, prompt):
            if then != now:
                yield PromptChange(
                    prompt=one_line(prompt.id, 60), role=one_line(role, 30), parts=_parts(then, now)
                )


def _messages(old: Prompt, new: Prompt) -> Iterator[tuple[str, str, str]]:
    """The messages by place: whose they are, what they said, what they say."""
    both = _said(old), _said(new)
    for place in range(max(map(len, both))):
        then, now = (messages[place] if place < len(messages) else {} for messages in both)
        role = str(now.get("role") or then.get("role") or "")
        yield role, written(then.get("content") or ""), written(now.get("content") or "")


def _said(prompt: Prompt) -> tuple[JsonObject, ...]:
    """Its messages; of a function only the name, as runs do not keep its code."""
    if prompt.function is None:
        return prompt.messages
    return ({"role": "function", "content": prompt.function},)


def _parts(then: str, now: str) -> tuple[Part, ...]:
    a, b = _WORD.findall(then[:LONGEST]), _WORD.findall(now[:LONGEST])
    parts: list[Part] = []
    gone = new = ""
    for kind, a0, a1, b0, b1 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        before, after = "".join(a[a0:a1]), "".join(b[b0:b1])
        if kind != "equal" or (after.isspace() and (gone or new)):
            gone, new = gone + before, new + after  # a space between changes parts nothing
            continue
        parts += _changed_parts(gone, new)
        gone = new = ""
        parts.append(Part(kind="same", text=visible(_shortened(after))))
    return (*parts, *_changed_parts(gone, new))


def _changed_parts(gone: str, new: str) -> Iterator[Part]:
    if gone:
        yield Part(kind="gone", text=visible(gone))
    if new:
        yield Part(kind="new", text=visible(new))


def _shortened(text: str) -> str:
    if len(text) <= 2 * _SHOWN + 20:
        return text
    return f"{text[:_SHOWN]} … {text[-_SHOWN:]}"


def _parameters(pairs: Sequence[tuple[Column, Column]]) -> Iterator[ParameterChange]:
    """Each change once, with the columns that have it."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for before, after in pairs:
        for name, (then, now) in names.differing([before, after]).items():
            key = (name, _value(then), _value(now))
            found.setdefault(key, []).append(one_line(after.id, 40))
    for (name, then, now), columns in found.items():
        every = len(columns) == len(pairs) and len(pairs) > 1
        yield ParameterChange(
            name=one_line(name, 60),
            columns="every column" if every else listing(columns),
            before=then,
            after=now,
        )


def _value(value: object) -> str:
    return "not sent" if value is None else one_line(written(value), 200)


def _same_prompts(old: Suite, new: Suite, pairs: Iterable[tuple[Column, Column]]) -> bool:
    """Whether every prompt, and each column's, is known to be as it was."""
    if any(prompt.function is not None for prompt in (*old.prompts, *new.prompts)):
        return False
    then, now = ({prompt.id: prompt.messages for prompt in suite.prompts} for suite in (old, new))
    return then == now and all(before.prompt == after.prompt for before, after in pairs)


def _unchanged(*, prompts: bool, parameters: bool) -> str:
    found = (("Prompts", prompts), ("parameters", parameters))
    same = [word for word, holds in found if holds]
    return f"{' and '.join(same).capitalize()} are the same in both runs." if same else ""


# ------------------------------------------------------------------------- provenance


def _warnings(
    comparison: Comparison, suite: SuiteComparison, records: tuple[SuiteRecord, SuiteRecord]
) -> Iterator[str]:
    """What differs beside prompts and parameters, and may be the reason of a difference."""
    old, new = comparison.runs
    then, now = records
    models = [_models(suite, run.id) for run in (old, new)]
    if models[0] and models[1] and models[0] != models[1]:
        yield _changed("The model that answered", listing(models[0]), listing(models[1]))
    for name in sorted(then.endpoints.keys() & now.endpoints.keys()):
        for key, what in (("base_url", "address"), ("model", "model asked for")):
            pair = (then.endpoints[name].get(key), now.endpoints[name].get(key))
            if pair[0] != pair[1]:
                yield _changed(f"The {what} of endpoint {one_line(name, 40)}", *map(_value, pair))
    if then.suite.sha256 != now.suite.sha256:
        yield _changed("The suite's file", then.suite.sha256[:12], now.suite.sha256[:12])
    yield from _cases(suite, then.suite, now.suite)
    if old.mode != new.mode:
        yield _changed("The mode", old.mode, new.mode)
    for run, which in ((old, "older"), (new, "newer")):
        if not run.complete:
            yield f"The {which} run was stopped before its end."
    yield from _versions(old, new)


def _changed(what: str, before: str, after: str) -> str:
    return f"{what} changed: {before} → {after}."


def _models(suite: SuiteComparison, run: str) -> list[str]:
    sides = {side.id for side in suite.sides if side.run == run}
    return sorted(
        {
            one_line(trial.completion.model, 80)
            for row in suite.cases
            for side in sides & row.trials.keys()
            for trial in row.trials[side]
            if trial.completion is not None and trial.completion.model
        }
    )


def _cases(suite: SuiteComparison, then: Suite, now: Suite) -> Iterable[str]:
    before, after = {case.id for case in then.cases}, {case.id for case in now.cases}
    if suite.set_aside:
        changed = words.plural(len(suite.set_aside), "case")
        yield f"{changed} changed and stand outside the comparison."
    if added := len(after - before):
        yield f"{words.plural(added, 'case')} only in the newer run."
    if removed := len(before - after):
        yield f"{words.plural(removed, 'case')} only in the older run."


def _versions(old: Manifest, new: Manifest) -> Iterator[str]:
    for name in sorted(old.versions.keys() & new.versions.keys()):
        if old.versions[name] != new.versions[name]:
            yield _changed(f"The version of {name}", old.versions[name], new.versions[name])
    if old.git_commit != new.git_commit and old.git_commit and new.git_commit:
        yield _changed("The commit", old.git_commit[:10], new.git_commit[:10])
