"""Words of a text, in scripts with and without spaces between them."""

from __future__ import annotations

import re

import msgspec

from evals.checks.bounds import Amount, counted, inspect_amount
from evals.checks.registry import CheckType
from evals.checks.verdict import count, nfc
from evals.model import Completion, Verdict

# Letters of scripts that are written without spaces; Hangul is written with them.
_UNSPACED = re.compile(
    "[\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9d"  # kana
    "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
    "\u0e01-\u0e30\u0e32\u0e33\u0e40-\u0e46"  # Thai
    "\u0e81-\u0eb0\u0eb2\u0eb3\u0ebd-\u0ec6"  # Lao
    "\u1780-\u17b3\u1000-\u102a\u103f\u1050-\u1055]"  # Khmer, Myanmar
)
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")


class Counted(msgspec.Struct, frozen=True):
    """`total` words, of which `characters` are single characters of scripts without spaces."""

    total: int
    characters: int


def is_unspaced(character: str) -> bool:
    """Whether the character belongs to a script that is written without spaces."""
    return _UNSPACED.match(character) is not None


def count_words(text: str) -> Counted:
    """Tokens between spaces that hold a letter or digit; unspaced scripts by character."""
    if text.isascii():
        return Counted(sum(_LETTER_OR_DIGIT.search(token) is not None for token in text.split()), 0)
    characters = len(_UNSPACED.findall(text))
    spaced = _UNSPACED.sub(" ", text) if characters else text
    words = sum(_LETTER_OR_DIGIT.search(token) is not None for token in spaced.split())
    return Counted(characters + words, characters)


def word_count(completion: Completion, options: Amount) -> Verdict:
    """The answer has this many words: tokens between spaces with a letter or digit in them.

    Scripts written without spaces are counted by character.
    """
    words = count_words(nfc(completion.text))
    told = f"found {count(words.total, 'word')}"
    if words.characters:
        told += f" ({words.characters:,} of them characters of a script without spaces)"
    return counted(words.total, told, options)


CHECKS = (
    CheckType(name="word-count", function=word_count, options=Amount, inspect=inspect_amount),
)
