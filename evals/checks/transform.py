"""Steps applied to the text before it is judged; a step may find nothing to judge."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import msgspec

from evals.checks.options import OptionsError, prefixed, show, unknown
from evals.checks.pattern import compile_pattern, searchable
from evals.checks.registry import Mistake

_FENCE = re.compile(r"^ {0,3}(?P<fence>`{3,}+|~{3,}+)(?P<info>[^\n]*)$", re.MULTILINE)
_LINE_END = re.compile(r"\r\n|\r|\n")
_THINKING = re.compile(r"<(?P<end>/?)think(?:ing)?>", re.IGNORECASE)


class Step(msgspec.Struct, frozen=True):
    """One transform: its name as shown in reasons, and what it does; None: nothing found."""

    label: str
    apply: Callable[[str], str | None]
    extracts: bool = False  # it takes a part of the text


def first_line(text: str) -> str:
    """The first line that is not blank, without spaces around it."""
    return next((line.strip() for line in _LINE_END.split(text) if line.strip()), "")


def last_line(text: str) -> str:
    """The last line that is not blank, without spaces around it."""
    return next((line.strip() for line in reversed(_LINE_END.split(text)) if line.strip()), "")


def strip_thinking(text: str) -> str:
    """The text without `<think>…</think>`; unclosed thinking goes to the end.

    Thinking that was opened by the prompt has a closing tag only: what stands before it is removed.
    """
    kept: list[str] = []
    start, depth = 0, 0
    for tag in _THINKING.finditer(text):
        if tag["end"]:
            if depth == 0:
                kept.clear()
            depth = max(0, depth - 1)
            start = tag.end()
        else:
            if depth == 0:
                kept.append(text[start : tag.start()])
            depth += 1
    if depth == 0:
        kept.append(text[start:])
    return "".join(kept).strip()


def fenced(text: str) -> str | None:
    """The content of the first code fence (unclosed: to the end), None without one."""
    return next(fences(text), None)


def fences(text: str) -> Iterator[str]:
    """The contents of the code fences; one that is not closed goes to the end."""
    begin, fence = 0, ""
    for line in _FENCE.finditer(text):
        if not fence:
            begin, fence = line.end() + 1, line["fence"]
            continue
        closing = line["fence"]
        if closing[0] == fence[0] and len(closing) >= len(fence) and not line["info"].strip():
            yield text[begin : max(begin, line.start() - 1)].removesuffix("\r")
            fence = ""
    if fence:
        yield text[begin:]


def strip_code_fence(text: str) -> str:
    """The content of the first code fence anywhere; a text without one stays as it is."""
    content = fenced(text)
    return text if content is None else content


STEPS: dict[str, Callable[[str], str | None]] = {
    "strip": str.strip,
    "lower": str.lower,
    "upper": str.upper,
    "first_line": first_line,
    "last_line": last_line,
    "strip_thinking": strip_thinking,
    "strip_code_fence": strip_code_fence,
}
_WITH_ARGUMENT = ("json", "regex")
NAMES = (*STEPS, *_WITH_ARGUMENT)
_REMEMBERED = 32  # texts for which a named pipeline keeps what it took


def pipeline(written: tuple[Any, ...]) -> tuple[Step, ...]:
    """The steps in order; raises `OptionsError` with every mistake below `transform`."""
    steps: list[Step] = []
    mistakes: list[Mistake] = []
    for index, step in enumerate(written):
        try:
            steps.append(_step(step))
        except OptionsError as error:
            mistakes += prefixed(("transform", index), error.mistakes)
    if mistakes:
        raise OptionsError(mistakes)
    return tuple(steps)


def _step(written: Any) -> Step:
    if isinstance(written, str):
        if written in STEPS:
            return Step(written, STEPS[written])
        if written in _WITH_ARGUMENT:
            message = f"`{written}` needs an argument: {{{written}: …}}"
            raise OptionsError([((), message)])
        raise OptionsError([((), unknown("transform", written, NAMES))])
    if not isinstance(written, dict) or len(written) != 1:
        message = f"a transform is a name or a mapping of one key, found {show(written)}"
        raise OptionsError([((), message)])
    ((name, argument),) = written.items()
    if isinstance(argument, list):
        return _named(name, msgspec.json.encode(argument))
    if name not in _WITH_ARGUMENT:
        known = f"`{name}` takes no argument" if name in STEPS else None
        raise OptionsError([((name,), known or unknown("transform", name, _WITH_ARGUMENT))])
    if not isinstance(argument, str):
        raise OptionsError([((name,), f"expected text, found {show(argument)}")])
    try:
        return _step_with(name, argument)
    except OptionsError as error:
        raise OptionsError(prefixed((name,), error.mistakes)) from error


@lru_cache(maxsize=256)
def _named(name: str, written: bytes) -> Step:
    """A pipeline with a name of its own: one for all checks, so that it takes a text apart once."""
    steps = pipeline(tuple(msgspec.json.decode(written)))

    @lru_cache(maxsize=_REMEMBERED)
    def taken(text: str) -> str | None:
        for step in steps:
            found = step.apply(text)
            if found is None:
                return None
            text = found
        return text

    return Step(name, taken, extracts=True)


@lru_cache(maxsize=256)
def _step_with(name: str, argument: str) -> Step:
    label = f"{name}: {argument}"
    if name == "regex":
        pattern = compile_pattern(argument)

        def extract(text: str) -> str | None:
            match = pattern.search(searchable(text))
            if match is None:
                return None
            taken: str | None = match.group(1 if pattern.groups else 0)
            return taken

        return Step(label, extract, extracts=True)

    from evals.checks.json_path import compile_path, selected_text
    from evals.checks.json_text import parse

    path = compile_path(argument)

    def select(text: str) -> str | None:
        parsed = parse(text, unwrap=("strict", "fence", "find"))
        return None if parsed.problem is not None else selected_text(path, parsed.value)

    return Step(label, select, extracts=True)
