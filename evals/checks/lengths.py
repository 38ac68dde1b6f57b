"""Checks of how long the answer is, and whether there is one."""

from __future__ import annotations

from evals.checks.bounds import Amount, counted, inspect_amount
from evals.checks.registry import CheckType
from evals.checks.sentences import lines, sentences
from evals.checks.verdict import count, cut, found, nfc, quote
from evals.model import Completion, Verdict


def char_count(completion: Completion, options: Amount) -> Verdict:
    """The answer has this many characters: code points after NFC, spaces and line ends included."""
    total = len(nfc(completion.text))
    return counted(total, f"found {count(total, 'character')}", options)


def line_count(completion: Completion, options: Amount) -> Verdict:
    """The answer has this many lines; one that is blank counts, a line end at the end adds none."""
    total = len(lines(completion.text))
    return counted(total, f"found {count(total, 'line')}", options)


def sentence_count(completion: Completion, options: Amount) -> Verdict:
    """The answer has about this many sentences: an estimate by punctuation."""
    total = len(sentences(nfc(completion.text)))
    return counted(total, f"found about {count(total, 'sentence')}", options)


def is_empty(completion: Completion, options: None) -> Verdict:
    """The answer has no text but white space, and calls no tool."""
    text = completion.text.strip()
    if text:
        return found(False, f"found {quote(text)}", extracted=text)
    if completion.tool_calls:
        names = ", ".join(cut(call.name, 60) for call in completion.tool_calls[:5])
        return found(False, f"no text, but {count(len(completion.tool_calls), 'call')}: {names}")
    return found(True, "the answer is empty")


CHECKS = (
    CheckType(name="char-count", function=char_count, options=Amount, inspect=inspect_amount),
    CheckType(name="line-count", function=line_count, options=Amount, inspect=inspect_amount),
    CheckType(
        name="sentence-count", function=sentence_count, options=Amount, inspect=inspect_amount
    ),
    CheckType(name="is-empty", function=is_empty, options=None),
)
