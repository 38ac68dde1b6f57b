"""From an assertion to a verdict: options are understood once, answers judged many times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeAlias

import msgspec

from evals.checks import groups, verdict
from evals.checks.asking import NO_CONTEXT, Context, asked
from evals.checks.examine import common_mistakes, examine, split_threshold, understood
from evals.checks.groups import Ruling
from evals.checks.options import OptionsError
from evals.checks.registry import CheckType, Mistake, find
from evals.checks.transform import Step, pipeline
from evals.errors import CheckError, EvalsError, told
from evals.model import (
    Asks,
    Assertion,
    Case,
    Check,
    Completion,
    Frozen,
    Group,
    JsonObject,
    Outcome,
    Verdict,
)

__all__ = [
    "Conclusion",
    "Context",
    "OptionsError",
    "Prepared",
    "conclude",
    "mistakes",
    "prepare",
    "unmet",
]


class Conclusion(Frozen, frozen=True, kw_only=True):
    """A trial's outcome; `passed` and `score` are None where nothing decides."""

    outcome: Outcome
    passed: int | None
    score: float | None


class PreparedCheck(msgspec.Struct, frozen=True, dict=True):
    """A check whose options are understood and whose patterns are compiled."""

    check: Check
    type: CheckType
    options: Any
    steps: tuple[Step, ...]
    threshold: float | None  # of an own check that returns a score

    @property
    def label(self) -> str:
        """The type as it was written."""
        return self.check.label

    @property
    def weight(self) -> float:
        return self.check.weight

    @property
    def asks(self) -> bool:
        """Whether it needs answers of its own."""
        return self.type.asks

    @cached_property
    def _as_it_is(self) -> bool:
        """Whether the check sees the completion as it came."""
        return self.type.judges != "text" or (not self.steps and self.check.on == "answer")

    @cached_property
    def _takes_part(self) -> bool:
        """Whether it judges a part of one answer, which the transforms took out."""
        return self.type.scope == "trial" and any(step.extracts for step in self.steps)

    def judge(self, completion: Completion, context: Context = NO_CONTEXT) -> Verdict:
        """Pass, fail or error, with the evidence, of a check that asks nothing; never raises."""
        return self.rule(completion, context).verdict

    def rule(self, completion: Completion, context: Context = NO_CONTEXT) -> Ruling:
        """The verdict of a check that asks nothing, and what it counts for inside a group."""
        try:
            judged = self._looked_at(completion)
            if isinstance(judged, str):
                return _ruling(self.check, verdict.found(False, judged), both_ways=True)
            found = self._read(self._called(judged, context))
        except (Exception, SystemExit) as error:  # noqa: BLE001  # it loses no other verdict
            return _ruling(self.check, self._broken(error))
        return _ruling(self.check, self._told(found, judged))

    def ruling(self, completion: Completion, context: Context = NO_CONTEXT) -> Asks[Ruling]:
        """As `rule`, of any check: a script that asks what the check has to ask."""
        if not self.asks:
            return self.rule(completion, context)
        try:
            judged = self._looked_at(completion)
            if isinstance(judged, str):
                return _ruling(self.check, verdict.found(False, judged), both_ways=True)
            found = self._read((yield from asked(self._called(judged, context))))
        except (Exception, SystemExit) as error:  # noqa: BLE001  # it loses no other verdict
            return _ruling(self.check, self._broken(error))
        return _ruling(self.check, self._told(found, judged))

    def over(
        self, answers: Mapping[str, Sequence[Completion]], context: Context = NO_CONTEXT
    ) -> Asks[Verdict]:
        """The verdict over several trials: samples by column, the judged column's first."""
        try:
            looked: dict[str, tuple[Completion | None, ...]] = {}
            for column in self._looked_into(answers):
                judged = [self._looked_at(sample) for sample in answers[column]]
                missing = [each for each in judged if isinstance(each, str)]
                nothing = not looked and len(missing) == len(judged)  # in the judged column
                if missing and (nothing or not self.type.gaps):
                    return _ruling(
                        self.check, verdict.found(False, missing[0]), both_ways=True
                    ).verdict
                looked[column] = tuple(None if isinstance(each, str) else each for each in judged)
            own = next(iter(looked.values()))
            returned = self._called(looked if self.type.scope == "columns" else own, context)
            found = self._read((yield from asked(returned)) if self.asks else returned)
        except (Exception, SystemExit) as error:  # noqa: BLE001  # it loses no other verdict
            return _ruling(self.check, self._broken(error)).verdict
        first = next(sample for sample in own if sample is not None)
        return _ruling(self.check, self._told(found, first)).verdict

    def looks_at(self, column: str) -> bool:
        """Whether it looks at the samples of another column, too."""
        named = None if self.type.column is None else getattr(self.options, self.type.column)
        return self.type.scope == "columns" and named in (None, column)

    def _looked_into(self, columns: Iterable[str]) -> list[str]:
        own, *others = columns
        looked = [column for column in others if self.looks_at(column)]
        if not looked and self.type.column is not None and not self.looks_at(own):
            named = getattr(self.options, self.type.column)
            raise CheckError(
                f"the case has no column {named!r}; it has {', '.join((own, *others))}"
            )
        return [own, *looked]

    def unmade(self, reason: str) -> Verdict:
        """The error of a check that could not be made."""
        return _ruling(self.check, _error(reason)).verdict

    def _called(self, judged: Any, context: Context) -> Any:
        if self.type.wants_context:
            return self.type.function(judged, self.options, context=context)
        return self.type.function(judged, self.options)

    def _read(self, returned: Any) -> Verdict:
        if not self.type.own:
            return returned  # type: ignore[no-any-return]  # built-in functions return verdicts
        return verdict.read(returned, threshold=self.threshold, weight=self.check.weight)

    def _broken(self, error: BaseException) -> Verdict:
        if isinstance(error, EvalsError):
            return _error(str(error))
        broken = _error(f"{type(error).__name__}: {error}")
        return msgspec.structs.replace(broken, traceback=told(error))

    def _looked_at(self, completion: Completion) -> Completion | str:
        """The answer with the text that is judged, or why there is nothing to judge."""
        if self._as_it_is:
            return completion
        text = completion.text
        if self.check.on == "reasoning":
            if completion.reasoning is None:
                raise CheckError("the answer carries no reasoning")
            text = completion.reasoning
        for step in self.steps:
            taken = step.apply(text)
            if taken is None:
                return f"nothing to judge: `{step.label}` found nothing in {verdict.quote(text)}"
            text = taken
        return completion if text is completion.text else completion.with_text(text)

    def _told(self, found: Verdict, judged: Completion) -> Verdict:
        if self._as_it_is and judged.text:
            return found
        notes = [step.label for step in self.steps]
        reason = found.reason
        extracted = found.extracted
        if self._takes_part:
            if extracted is None and not self.type.reads:
                extracted = judged.text
            if not found.passed and verdict.quote(judged.text) not in reason:
                notes[-1] += f" = {verdict.quote(judged.text, limit=80)}"
        if notes:
            reason += f" (after {', '.join(notes)})"
        if self.type.judges == "text" and self.check.on == "reasoning":
            reason += " (in the reasoning)"
        elif not judged.text and judged.finish_reason == "length" and self.type.judges == "text":
            reason += f" ({_spent(judged)})"
        if reason is found.reason:
            return found
        return msgspec.structs.replace(found, reason=reason, extracted=extracted)


def _spent(cut: Completion) -> str:
    """Why an answer that was cut off has no text."""
    tokens = cut.usage.reasoning_tokens
    if not (tokens or cut.reasoning):
        return "the answer has no text: it was cut off by length"
    used = f" ({tokens:,} tokens)" if tokens else ""
    return f"the answer has no text: all that max_tokens allows went into reasoning{used}"


class PreparedGroup(msgspec.Struct, frozen=True):
    """A group whose members are prepared."""

    group: Group
    members: tuple[PreparedCheck | PreparedGroup, ...]

    @property
    def label(self) -> str:
        return self.group.label

    @property
    def weight(self) -> float:
        return self.group.weight

    @property
    def asks(self) -> bool:
        """Whether any member needs answers of its own."""
        return any(member.asks for member in self.members)

    def judge(self, completion: Completion, context: Context = NO_CONTEXT) -> Verdict:
        """Pass, fail or error, with the verdicts of members that ask nothing; never raises."""
        return self.rule(completion, context).verdict

    def rule(self, completion: Completion, context: Context = NO_CONTEXT) -> Ruling:
        """The verdict of a group that asks nothing, and what it counts for inside another."""
        rulings = [member.rule(completion, context) for member in self.members]
        return groups.decide(self.group, rulings)

    def ruling(self, completion: Completion, context: Context = NO_CONTEXT) -> Asks[Ruling]:
        """As `rule`, of any group: members that ask nothing decide first.

        The others are asked one after another, and no longer than they are needed; those of
        weight 0, which decide nothing, are asked all the same.
        """
        if not self.asks:
            return self.rule(completion, context)
        rulings = [
            groups.unasked(member.label, member.weight)
            if member.asks
            else member.rule(completion, context)
            for member in self.members
        ]
        for index, member in enumerate(self.members):
            needed = not member.weight or not groups.is_decided(self.group, rulings)
            if member.asks and needed:
                rulings[index] = yield from member.ruling(completion, context)
        return groups.decide(self.group, rulings)


Prepared: TypeAlias = PreparedCheck | PreparedGroup


def prepare(assertion: Assertion) -> Prepared:
    """Understand the options and compile what can be compiled.

    Raises `OptionsError` with every mistake, each with its path inside the assertion as written.
    """
    if isinstance(assertion, Check):
        return _prepare_check(assertion)
    try:
        members = tuple(prepare(member) for member in assertion.of)
    except OptionsError as error:
        raise OptionsError(examine(assertion)) from error
    if wrong := examine(assertion, members=False):
        raise OptionsError(wrong)
    return PreparedGroup(assertion, members)


def _prepare_check(check: Check) -> PreparedCheck:
    kind = find(check.type)
    if kind is None or common_mistakes(check, kind):
        raise OptionsError(examine(check))
    written, threshold = split_threshold(kind, check.options)
    try:
        return PreparedCheck(
            check=check,
            type=kind,
            options=understood(kind, written),
            steps=pipeline(check.transform) if check.transform else (),
            threshold=threshold,
        )
    except OptionsError as error:
        raise OptionsError(examine(check) or error.mistakes) from error


def mistakes(assertion: Assertion) -> tuple[Mistake, ...]:
    """What is wrong before anything is rendered: a template may stand for any value."""
    return examine(assertion, templates=True)


def unmet(assertion: Assertion, parameters: JsonObject, *, judge: bool = False) -> tuple[str, ...]:
    """What the assertion needs and a request with these parameters does not ask for.

    `judge`: the suite has one.
    """
    if isinstance(assertion, Group):
        found = [m for member in assertion.of for m in unmet(member, parameters, judge=judge)]
        return tuple(dict.fromkeys(found))
    kind = find(assertion.type)
    needs = () if kind is None or assertion.options.get(kind.spared_by or "") else kind.needs
    if "judge" in needs and not judge:
        return (f"{assertion.label} needs a judge: add `judge: {{endpoint: …, model: …}}`",)
    lacking = [_NEEDS[n] for n in needs if n != "judge" and not _met(n, parameters)]
    if not lacking:
        return ()
    return (f"{assertion.label} needs {' and '.join(lacking)} among the parameters",)


_NEEDS = {
    "logprobs": "`logprobs: true`",
    "top_logprobs": "`top_logprobs` of at least 1",
    "tools": "`tools`",
    "stream": "`stream: true`",
}


def _met(need: str, parameters: JsonObject) -> bool:
    value = parameters.get(need)
    if need == "logprobs":
        return value is True
    return bool(value)


def conclude(case: Case, verdicts: Iterable[Verdict]) -> Conclusion:
    """The trial's outcome: every check of weight > 0 passes, or the weighted mean reaches the
    test's threshold. Without a check that decides nothing is judged: pass, not counted."""
    deciding = [found for found in verdicts if found.weight > 0]
    if not deciding:
        return Conclusion(outcome="pass", passed=None, score=None)
    errors = any(found.passed is None for found in deciding)
    score = None if errors else groups.weighted_mean(deciding)
    if case.threshold is None:
        truth = groups.all_of([found.passed for found in deciding])
    else:
        truth = None if score is None else verdict.reaches(score, case.threshold)
    if truth is None:
        return Conclusion(outcome="error", passed=None, score=None)
    return Conclusion(outcome="pass" if truth else "fail", passed=int(truth), score=score)


def _error(reason: str) -> Verdict:
    return Verdict(type="", passed=None, score=None, reason=reason)


def _ruling(check: Check, found: Verdict, *, both_ways: bool = False) -> Ruling:
    """The verdict as written, under `not-` where it says so."""
    holds = found.passed
    denied = None if holds is None else not holds and not both_ways
    passed, score, reason = holds, found.score, found.reason
    if check.negate and holds is not None:
        passed = denied
        score = 0.0 if both_ways else 1.0 - (score or 0.0)
        if holds:
            reason += "; `not-` asks for the opposite"
    complete = Verdict(  # each field by itself: `replace` takes three times as long
        type=check.label,
        passed=passed,
        score=score,
        reason=reason,
        extracted=found.extracted,
        metric=check.metric,
        weight=check.weight,
        name=check.name,
        traceback=found.traceback,
        turn=check.turn,
        values=found.values,
        checks=found.checks,
    )
    return Ruling(complete, denied, holds) if check.negate else Ruling(complete, holds, denied)
