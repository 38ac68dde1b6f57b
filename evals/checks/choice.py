"""Multiple choice from the answer's text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from msgspec import Meta

from evals.checks import stated
from evals.checks.options import Options, show, unknown
from evals.checks.registry import CheckType, Mistake
from evals.checks.verdict import found, nfc, quote
from evals.model import Completion, Verdict

ChoiceOptions = Annotated[
    tuple[str, ...] | dict[str, str],
    Meta(description="The options: a list of keys, or a mapping from key to the option's text."),
]


class Choice(Options, frozen=True, kw_only=True):
    """Options of `choice`."""

    options: ChoiceOptions
    value: Annotated[
        str | tuple[str, ...] | None,
        Meta(description="The right key; a list is any of these."),
    ] = None
    all_of: Annotated[
        tuple[str, ...] | None,
        Meta(description="The right keys, all of which must be stated and no other."),
    ] = None


def choice(completion: Completion, options: Choice) -> Verdict:
    """The answer states the right option: its letter or its text.

    An explicit answer counts before a key that begins the answer as in "Yes, of course", that
    before a letter alone, that before an option named; two different ones of one rank are no
    answer.
    """
    texts = as_mapping(options.options)
    seen = stated.stated(completion.text, texts, several=options.all_of is not None)
    if options.all_of is not None:
        return _all_of(seen, options.all_of, texts, completion.text)
    right = [key_of(one, texts) for one in as_keys(options.value)]
    wanted = _shown([key for key, _ in right], texts) + _renamed(right)
    if len(seen.keys) != 1:
        several = f" ({', '.join(seen.keys)} are all stated)" if seen.keys else ""
        reason = f"no answer{several}, expected {wanted}; found {quote(completion.text)}"
        return found(False, reason)
    (key,) = seen.keys
    passed = key in [one for one, _ in right]
    reason = f"found {_shown([key], texts)} ({seen.rank}), expected {wanted}"
    if not passed:
        reason += f"; in {quote(completion.text)}"
    return found(passed, reason, extracted=key)


def _all_of(
    seen: stated.Stated, wanted: Sequence[str], texts: Mapping[str, str], text: str
) -> Verdict:
    right = [key_of(one, texts) for one in wanted]
    expected = f"exactly {_shown([key for key, _ in right], texts)}{_renamed(right)}"
    if not seen.keys:
        return found(False, f"no answer, expected {expected}; found {quote(text)}")
    keys = sorted(seen.keys, key=list(texts).index)
    passed = set(keys) == {key for key, _ in right}
    reason = f"found {_shown(keys, texts)} ({seen.rank}), expected {expected}"
    return found(passed, reason, extracted=", ".join(keys))


def as_mapping(options: Sequence[str] | Mapping[str, str]) -> dict[str, str]:
    """The options by key; a list has keys without texts."""
    return dict(options) if isinstance(options, Mapping) else dict.fromkeys(options, "")


def as_keys(value: str | Sequence[str] | None) -> tuple[str, ...]:
    """A right answer, or several, as a tuple."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def key_of(value: str, texts: Mapping[str, str]) -> tuple[str, str | None]:
    """The key that a value names, and the option's text if the value was written as that."""
    if value in texts:
        return value, None
    named = [key for key, text in texts.items() if text and nfc(text) == nfc(value)]
    return (named[0], value) if len(named) == 1 else (value, None)


def _shown(keys: Sequence[str], texts: Mapping[str, str]) -> str:
    named = [f"{key} ({texts[key]})" if texts.get(key) else key for key in keys]
    return " or ".join(named) if len(named) < 2 else f"[{', '.join(named)}]"


def _renamed(right: Sequence[tuple[str, str | None]]) -> str:
    told = [f"{show(text)} is the text of {key}" for key, text in right if text is not None]
    return f" ({'; '.join(told)})" if told else ""


def inspect_options(options: Sequence[str] | Mapping[str, str]) -> Iterator[Mistake]:
    """Options that cannot be told apart."""
    keys = list(options)
    if len(keys) < 2:
        yield ("options",), "a choice has at least two options"
    if len(set(keys)) < len(keys):
        yield ("options",), "two options have one key"
    if not all(key.strip() for key in keys):
        yield ("options",), "an option has an empty key"
    texts = [nfc(text).casefold() for text in as_mapping(options).values() if text]
    if len(set(texts)) < len(texts):
        yield ("options",), "two options have one text"


def inspect_keys(
    name: str, keys: Sequence[str], options: Sequence[str] | Mapping[str, str]
) -> Iterator[Mistake]:
    """Right answers that are none of the options."""
    texts = as_mapping(options)
    for key in keys:
        if key_of(key, texts)[0] not in texts:
            yield (name,), unknown("option", key, texts)
    if not keys:
        yield (name,), "the list is empty"
    right = {key_of(key, texts)[0] for key in keys}
    if name == "value" and len(texts) > 1 and right == set(texts):
        yield (name,), "every option is right: it cannot fail"


def _inspect_choice(options: Choice) -> Iterator[Mistake]:
    yield from inspect_options(options.options)
    if (options.value is None) == (options.all_of is None):
        yield ("value",), "give either `value` or `all_of`"
    elif options.value is not None:
        yield from inspect_keys("value", as_keys(options.value), options.options)
    else:
        yield from inspect_keys("all_of", options.all_of or (), options.options)


CHECKS = (
    CheckType(
        name="choice",
        function=choice,
        options=Choice,
        inspect=_inspect_choice,
        reads=True,
    ),
)
