"""Patterns of suites, matched by RE2: linear in the text, whatever the pattern."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Any, TypeAlias

from msgspec import Meta

from evals.checks.bounds import Amount, counted, inspect_amount
from evals.checks.options import Options, OptionsError
from evals.checks.registry import CheckType, Mistake
from evals.checks.verdict import count, cut, found, nfc, quote
from evals.model import Completion, Verdict

_SHOWN = 8  # matches named in a reason
_SURROGATE = re.compile("[\ud800-\udfff]")
_REFUSED = re.compile(r"\(\?(?:[=!>]|<[=!])|\\[1-9]|[*+?}]\+|\(\?\(")


@lru_cache(maxsize=1024)
def compile_pattern(pattern: str, flags: str = "") -> Any:  # re2 has no types
    """The compiled pattern; raises `OptionsError` that says what RE2 refuses."""
    import re2

    options = re2.Options()
    options.log_errors = False
    source = nfc(_SURROGATE.sub("�", pattern))
    try:
        return re2.compile(f"(?{flags}){source}" if flags else source, options)
    except re2.error as error:
        message = error.args[0] if error.args else ""
        told = message.decode("utf-8", "replace") if isinstance(message, bytes) else str(message)
        told = told.removesuffix(f": {source}")
        hint = ""
        if _REFUSED.search(pattern):
            hint = "; RE2 has no look-around, back-references or possessive quantifiers"
        raise OptionsError(
            [((), f"invalid pattern `{cut(pattern, 100)}`: {told}{hint}")]
        ) from error


def searchable(text: str) -> str:
    """The text as patterns see it: NFC, with lone surrogates replaced."""
    return nfc(encodable(text))


def encodable(text: str) -> str:
    """The text with lone surrogates replaced, so that every place stays where it is."""
    return text if text.isascii() else _SURROGATE.sub("�", text)


Flags: TypeAlias = Annotated[
    str,
    Meta(
        description="Letters: `i` ignores case, `m` lets ^ and $ match at lines, "
        "`s` lets . match a line end.",
        pattern="^[ims]*$",
        extra={"shape": "made of the letters i, m and s"},
    ),
]


class Regex(Options, frozen=True, kw_only=True):
    """Options of `regex`."""

    value: Annotated[
        str,
        Meta(
            description="Pattern in RE2's syntax; `\\d`, `\\w` and `\\b` are ASCII, "
            "`\\pN` and `\\pL` are any digit and letter.",
            extra={"list": "write alternatives as a|b, or use `any`"},
        ),
    ]
    full: Annotated[bool, Meta(description="Whether the pattern must match the whole text.")] = (
        False
    )
    flags: Flags = ""
    group: Annotated[
        int | str | None,
        Meta(description="Number or name of the group to extract; fails if it took no part."),
    ] = None


def regex(completion: Completion, options: Regex) -> Verdict:
    """The answer matches a pattern, anywhere in it or (`full`) as a whole."""
    pattern = compile_pattern(options.value, options.flags)
    text = searchable(completion.text)
    match = pattern.fullmatch(text) if options.full else pattern.search(text)
    shown = quote(options.value, limit=100)
    if match is None:
        how = " as a whole" if options.full else ""
        return found(False, f"{quote(text)} does not match {shown}{how}")
    if options.group is None:
        whole = match.group(0)
        return found(True, f"{quote(whole, limit=100)} matches {shown}", extracted=whole)
    taken = match.group(options.group)
    if taken is None:
        return found(False, f"group {options.group} of {shown} took no part in the match")
    told = f"group {options.group} of {shown} is {quote(taken, limit=100)}"
    return found(True, told, extracted=taken)


def _inspect_regex(options: Regex) -> Iterator[Mistake]:
    if not options.value:
        yield ("value",), "an empty pattern matches every text: it cannot fail"
        return
    try:
        pattern = compile_pattern(options.value, options.flags)
    except OptionsError as error:
        for _, message in error.mistakes:
            yield ("value",), message
        return
    group = options.group
    if isinstance(group, int) and not 0 <= group <= pattern.groups:
        yield ("group",), f"the pattern has {pattern.groups} groups, not {group}"
    if isinstance(group, str) and group not in pattern.groupindex:
        yield ("group",), f'the pattern has no group named "{group}"'


class NumberOf(Amount, frozen=True, kw_only=True):
    """Options of `number-of`."""

    pattern: Annotated[str, Meta(description="What is counted: a pattern as in `regex`.")]
    flags: Flags = ""


def number_of(completion: Completion, options: NumberOf) -> Verdict:
    """A pattern matches the answer this many times, one match after the other."""
    text = searchable(completion.text)
    pattern = compile_pattern(options.pattern, options.flags)
    matches = [match.group(0) for match in pattern.finditer(text)]
    told = f"found {count(len(matches), 'match', 'matches')} of {quote(options.pattern, limit=100)}"
    if matches:
        shown = ", ".join(quote(match, limit=40) for match in matches[:_SHOWN])
        told += f" ({shown}{', …' if len(matches) > _SHOWN else ''})"
    else:
        told += f" in {quote(text)}"
    return counted(len(matches), told, options)


def _inspect_number_of(options: NumberOf) -> Iterator[Mistake]:
    yield from inspect_amount(options)
    try:
        pattern = compile_pattern(options.pattern, options.flags)
    except OptionsError as error:
        for _, message in error.mistakes:
            yield ("pattern",), message
        return
    if pattern.search("") is not None:
        yield ("pattern",), "it matches an empty text, so everywhere: there is nothing to count"


CHECKS = (
    CheckType(name="regex", function=regex, options=Regex, inspect=_inspect_regex),
    CheckType(name="number-of", function=number_of, options=NumberOf, inspect=_inspect_number_of),
)
