"""ROUGE: how many words, pairs of words, or words in their order, two texts have in common.

As in the reference implementation (rouge-score): small letters, and only `a` … `z` and digits make
words. Its union of longest common subsequences is reckoned sentence by sentence in the same order.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Annotated, Literal

from msgspec import Meta

from evals.checks.extras import missing
from evals.checks.options import Options, Share
from evals.checks.registry import CheckType, Mistake
from evals.checks.similarity import References, as_many, inspect_references, similar
from evals.checks.verdict import nfc, quote
from evals.errors import CheckError
from evals.model import Completion, Verdict

_LARGEST = 10_000_000  # words of the answer × words of the reference, for Lsum
_MEASURES = ("precision", "recall", "f")
_NO_WORD = re.compile(r"[^a-z0-9]+")


class Rouge(Options, frozen=True, kw_only=True):
    """Options of `rouge`."""

    value: References
    variant: Annotated[
        Literal[1, 2, "L", "Lsum"],
        Meta(
            description="`1`: words; `2`: pairs of words; `L`: the longest common subsequence of "
            "words; `Lsum`: the same by lines, as summaries are measured."
        ),
    ] = "L"
    measure: Annotated[
        Literal["precision", "recall", "f"],
        Meta(
            description="Share of the answer's words that the reference has, of the reference's "
            "that the answer has, or their harmonic mean."
        ),
    ] = "f"
    stemmer: Annotated[
        bool,
        Meta(description="Words count by their stem (Porter). Needs the extra `similarity`."),
    ] = False
    threshold: Annotated[Share | None, Meta(description="The least score that passes.")] = None


def rouge(completion: Completion, options: Rouge) -> Verdict:
    """The answer's ROUGE to the reference is at least `threshold`.

    Words are runs of `a` … `z` and digits in small letters: other scripts have none, as in the
    reference implementation.
    """
    words = _words(completion.text, options)
    scored = [(_score(words, one, options), one) for one in as_many(options.value)]
    place = _MEASURES.index(options.measure)
    shares, nearest = max(scored, key=lambda item: item[0][place])
    told = (
        f"ROUGE-{options.variant} {options.measure} {shares[place]:.3f} "
        f"(precision {shares[0]:.3f}, recall {shares[1]:.3f}) to {quote(nearest)}"
    )
    if not any(words):
        told += "; the answer has no word of a-z or digits"
    values: dict[str, float | None] = dict(zip(_MEASURES, shares, strict=True))
    return similar(completion, options, shares[place], told, values)


Lines = Sequence[Sequence[str]]


def _words(text: str, options: Rouge) -> Lines:
    """The words of every line; of a text in one, where lines do not matter."""
    lines = text.split("\n") if options.variant == "Lsum" else [text]
    found = [_NO_WORD.sub(" ", nfc(line).lower()).split() for line in lines if line]
    if not options.stemmer:
        return found
    stem = _stemmer()
    return [[stem(word) if len(word) > 3 else word for word in line] for line in found]


@cache
def _stemmer() -> Callable[[str], str]:
    from nltk.stem.porter import PorterStemmer

    stem: Callable[[str], str] = PorterStemmer().stem
    return stem


def _score(answer: Lines, reference: str, options: Rouge) -> tuple[float, float, float]:
    """Precision, recall, F1."""
    expected = _words(reference, options)
    if options.variant == "Lsum":
        return _summary(answer, expected)
    ours, theirs = answer[0] if answer else (), expected[0] if expected else ()
    if options.variant == "L":
        from rapidfuzz.distance import LCSseq

        return _shares(LCSseq.similarity(ours, theirs), len(ours), len(theirs))
    ours_n, theirs_n = _runs(ours, options.variant), _runs(theirs, options.variant)
    return _shares((ours_n & theirs_n).total(), ours_n.total(), theirs_n.total())


def _runs(words: Sequence[str], length: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[at : at + length]) for at in range(len(words) - length + 1))


def _shares(common: int, ours: int, theirs: int) -> tuple[float, float, float]:
    precision, recall = common / max(ours, 1), common / max(theirs, 1)
    both = precision + recall
    return precision, recall, 2 * precision * recall / both if both else 0.0


def _summary(answer: Lines, expected: Lines) -> tuple[float, float, float]:
    """Each line of the reference against the union of what the answer's lines share with it."""
    ours, theirs = sum(map(len, answer)), sum(map(len, expected))
    if ours * theirs > _LARGEST:
        raise CheckError(f"{ours:,} words are too many to compare with {theirs:,} by lines")
    left_ours = Counter(word for line in answer for word in line)
    left_theirs = Counter(word for line in expected for word in line)
    hits = 0
    for line in expected:
        shared = sorted({place for other in answer for place in _common(line, other)})
        for word in (line[place] for place in shared):
            if left_ours[word] > 0 and left_theirs[word] > 0:
                hits += 1
                left_ours[word] -= 1
                left_theirs[word] -= 1
    return _shares(hits, ours, theirs)


def _common(line: Sequence[str], other: Sequence[str]) -> Iterator[int]:
    """The places in `line` of one longest common subsequence, from its end."""
    table = [[0] * (len(other) + 1)]
    for word in line:
        above, row = table[-1], [0]
        for at, theirs in enumerate(other):
            row.append(above[at] + 1 if word == theirs else max(above[at + 1], row[at]))
        table.append(row)
    i, j = len(line), len(other)
    while i and j:
        if line[i - 1] == other[j - 1]:
            i, j = i - 1, j - 1
            yield i
        elif table[i][j - 1] > table[i - 1][j]:
            j -= 1
        else:
            i -= 1


def _inspect(options: Rouge) -> Iterator[Mistake]:
    yield from inspect_references(options)
    for reference in as_many(options.value):
        if not any(_words(reference, Rouge(value=reference))):
            told = (
                f"{quote(reference, limit=60)} has no word of a-z or digits, as ROUGE counts them"
            )
            yield ("value",), f"{told}: no answer could score above 0"
    lacking = missing("nltk") if options.stemmer else None
    if lacking is not None:
        yield ("stemmer",), f"the stemmer {lacking}"


CHECKS = (
    CheckType(
        name="rouge",
        function=rouge,
        options=Rouge,
        inspect=_inspect,
        decided_by=("threshold",),
    ),
)
