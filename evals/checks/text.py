"""Checks that compare the answer's text, as Unicode NFC."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, Literal, TypeAlias

from msgspec import Meta

from evals.checks.json_text import differences, parse
from evals.checks.options import Options, Share, show
from evals.checks.registry import CheckType, Mistake
from evals.checks.verdict import count, found, nfc, quote, reaches
from evals.model import Completion, Verdict

Ignored: TypeAlias = Literal["case", "whitespace", "punctuation", "articles"]
_ARTICLES = re.compile(r"\b(?:a|an|the)\b", re.IGNORECASE)


class Equals(Options, frozen=True, kw_only=True):
    """Options of `equals`."""

    value: Annotated[
        Any,
        Meta(
            description="The whole text; a list of texts is any of these; a mapping, or a list "
            "with anything else in it, is compared with the answer's JSON."
        ),
    ]
    ignore: Annotated[
        tuple[Ignored, ...],
        Meta(description="Differences that do not count, in texts."),
    ] = ()


def equals(completion: Completion, options: Equals) -> Verdict:
    """The answer is exactly this text, one of these texts, or this JSON value."""
    value = options.value
    if not _is_text(value):
        return _equals_json(completion.text, value)
    wanted = (value,) if isinstance(value, str) else tuple(value)
    text = nfc(completion.text)
    seen = _without(text, options.ignore)
    for one in wanted:
        if _without(nfc(one), options.ignore) == seen:
            return found(True, f"equal to {quote(one)}", extracted=text)
    reason = f"found {quote(text)}, expected {_any_of(wanted)}"
    return found(False, reason + _near(text, wanted, options.ignore), extracted=text)


def _is_text(value: Any) -> bool:
    if isinstance(value, str):
        return True
    return (
        isinstance(value, list | tuple) and bool(value) and all(isinstance(v, str) for v in value)
    )


def _without(text: str, ignored: Sequence[Ignored]) -> str:
    if not ignored:
        return text
    if "punctuation" in ignored:
        text = "".join(c for c in text if not unicodedata.category(c).startswith("P"))
    if "articles" in ignored:
        text = _ARTICLES.sub(" ", text)
    if ignored != ("case",):
        text = " ".join(text.split())
    return nfc(text.casefold()) if "case" in ignored else text


def _near(text: str, wanted: Sequence[str], ignored: Sequence[Ignored]) -> str:
    """What to write where only the form differs."""
    stripped, folded = text.strip(), text.strip().casefold()
    if any(nfc(one) == stripped for one in wanted):
        return "; only the space around it differs: `transform: strip` removes it"
    if "case" not in ignored and any(nfc(one).strip().casefold() == folded for one in wanted):
        return "; only upper and lower case differ: `ignore: [case]`"
    return ""


def _equals_json(text: str, value: Any) -> Verdict:
    parsed = parse(text, unwrap=("strict", "fence", "find"))
    if parsed.problem is not None:
        return found(False, f"expected {show(value)}, found no JSON: {parsed.problem}")
    different = differences(parsed.value, value)
    if different:
        shown = "; ".join(different[:5])
        more = f"; and {len(different) - 5} more" if len(different) > 5 else ""
        return found(
            False, f"the JSON {parsed.where} differs: {shown}{more}", extracted=parsed.text
        )
    return found(True, f"the JSON {parsed.where} is equal", extracted=parsed.text)


def _inspect_equals(options: Equals) -> Iterator[Mistake]:
    value = options.value
    if isinstance(value, bool):
        yield ("value",), f'{show(value)} is a boolean; write "{show(value)}"'
    elif isinstance(value, int | float):
        yield ("value",), f'{show(value)} is a number; write "{show(value)}", or use type number'
    elif value is None:
        yield ("value",), 'null is no text; write "null"'
    if options.ignore and not _is_text(value):
        yield ("ignore",), "`ignore` is for texts; JSON is compared by value"


class OneText(Options, frozen=True, kw_only=True):
    """Options of `contains` and `icontains`."""

    value: Annotated[
        str,
        Meta(
            description="The text to find.",
            extra={"list": "several texts are for contains-any or contains-all"},
        ),
    ]


class Texts(Options, frozen=True, kw_only=True):
    """Options of `contains-any` and `icontains-any`."""

    value: Annotated[
        tuple[str, ...],
        Meta(
            description="The texts, one of which must be found.",
            extra={"text": "one text is for contains"},
        ),
    ]


class AllTexts(Options, frozen=True, kw_only=True):
    """Options of `contains-all` and `icontains-all`."""

    value: Annotated[
        tuple[str, ...],
        Meta(description="The texts to find.", extra={"text": "one text is for contains"}),
    ]
    threshold: Annotated[
        Share | None, Meta(description="The share of them that suffices; default: all.")
    ] = None


def _exact(text: str) -> str:
    return nfc(text)


def _folded(text: str) -> str:
    return nfc(nfc(text).casefold())


Fold: TypeAlias = Callable[[str], str]


def _contains(completion: Completion, value: str, fold: Fold) -> Verdict:
    text = fold(completion.text)
    at = text.find(fold(value))
    if at < 0:
        return found(False, f"{quote(value)} is not in {quote(nfc(completion.text))}")
    shown = quote(text, at=(at, at + len(value)))
    return found(True, f"found {quote(value)} in {shown}", extracted=nfc(value))


def contains(completion: Completion, options: OneText) -> Verdict:
    """The answer contains the text."""
    return _contains(completion, options.value, _exact)


def icontains(completion: Completion, options: OneText) -> Verdict:
    """The answer contains the text, in upper or lower case."""
    return _contains(completion, options.value, _folded)


def _contains_any(completion: Completion, wanted: Sequence[str], fold: Fold) -> Verdict:
    text = fold(completion.text)
    for value in wanted:
        at = text.find(fold(value))
        if at >= 0:
            shown = quote(text, at=(at, at + len(value)))
            return found(True, f"found {quote(value)} in {shown}", extracted=nfc(value))
    return found(False, f"none of {_listed(wanted)} is in {quote(nfc(completion.text))}")


def contains_any(completion: Completion, options: Texts) -> Verdict:
    """The answer contains at least one of the texts."""
    return _contains_any(completion, options.value, _exact)


def icontains_any(completion: Completion, options: Texts) -> Verdict:
    """The answer contains at least one of the texts, in upper or lower case."""
    return _contains_any(completion, options.value, _folded)


def _contains_all(completion: Completion, options: AllTexts, fold: Fold) -> Verdict:
    text = fold(completion.text)
    missing = [value for value in options.value if fold(value) not in text]
    total = len(options.value)
    score = (total - len(missing)) / total
    passed = reaches(score, 1.0 if options.threshold is None else options.threshold)
    reason = f"found {total - len(missing)} of {count(total, 'text')}"
    if options.threshold is not None:
        reason += f", threshold {options.threshold:g}"
    if missing:
        reason += f"; missing {_listed(missing)} in {quote(nfc(completion.text))}"
    return found(passed, reason, score=score)


def contains_all(completion: Completion, options: AllTexts) -> Verdict:
    """The answer contains all of the texts; the score is the share found."""
    return _contains_all(completion, options, _exact)


def icontains_all(completion: Completion, options: AllTexts) -> Verdict:
    """The answer contains all of the texts, in upper or lower case."""
    return _contains_all(completion, options, _folded)


def _inspect_one(options: OneText) -> Iterator[Mistake]:
    if not options.value:
        yield ("value",), "every text contains an empty one: it cannot fail"


def _inspect_texts(options: Texts | AllTexts) -> Iterator[Mistake]:
    if not options.value:
        yield ("value",), "the list is empty"
    for index, value in enumerate(options.value):
        if not value:
            yield ("value", index), "every text contains an empty one"


class Ends(Options, frozen=True, kw_only=True):
    """Options of `starts-with` and `ends-with`."""

    value: Annotated[str | tuple[str, ...], Meta(description="The text; a list is any of these.")]


def starts_with(completion: Completion, options: Ends) -> Verdict:
    """The answer starts with the text, or with one of the texts."""
    text = nfc(completion.text)
    for value in _as_many(options.value):
        if text.startswith(nfc(value)):
            return found(True, f"starts with {quote(value)}", extracted=nfc(value))
    return found(False, f"{quote(text)} does not start with {_any_of(_as_many(options.value))}")


def ends_with(completion: Completion, options: Ends) -> Verdict:
    """The answer ends with the text, or with one of the texts."""
    text = nfc(completion.text)
    for value in _as_many(options.value):
        if text.endswith(nfc(value)):
            return found(True, f"ends with {quote(value)}", extracted=nfc(value))
    shown = quote(text, at=(len(text), len(text)))
    return found(False, f"{shown} does not end with {_any_of(_as_many(options.value))}")


def _as_many(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def _inspect_ends(options: Ends) -> Iterator[Mistake]:
    values = _as_many(options.value)
    if not values:
        yield ("value",), "the list is empty"
    if not all(values):
        yield ("value",), "every text starts and ends with an empty one: it cannot fail"


def _any_of(wanted: Sequence[str]) -> str:
    return quote(wanted[0]) if len(wanted) == 1 else f"one of {_listed(wanted)}"


def _listed(wanted: Sequence[str]) -> str:
    shown = ", ".join(quote(value, limit=60) for value in wanted[:8])
    return f"[{shown}, …]" if len(wanted) > 8 else f"[{shown}]"


CHECKS = (
    CheckType(name="equals", function=equals, options=Equals, inspect=_inspect_equals),
    CheckType(name="contains", function=contains, options=OneText, inspect=_inspect_one),
    CheckType(name="icontains", function=icontains, options=OneText, inspect=_inspect_one),
    CheckType(name="contains-any", function=contains_any, options=Texts, inspect=_inspect_texts),
    CheckType(name="icontains-any", function=icontains_any, options=Texts, inspect=_inspect_texts),
    CheckType(name="contains-all", function=contains_all, options=AllTexts, inspect=_inspect_texts),
    CheckType(
        name="icontains-all", function=icontains_all, options=AllTexts, inspect=_inspect_texts
    ),
    CheckType(name="starts-with", function=starts_with, options=Ends, inspect=_inspect_ends),
    CheckType(name="ends-with", function=ends_with, options=Ends, inspect=_inspect_ends),
)
