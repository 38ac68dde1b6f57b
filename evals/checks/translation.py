"""Similarity to references as machine translation is measured; the libraries do the reckoning."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta

from evals.checks.options import Options, Share
from evals.checks.registry import CheckType, Mistake
from evals.checks.similarity import Similarity, as_many, inspect_references, similar
from evals.checks.verdict import nfc, quote
from evals.errors import CheckError
from evals.model import Completion, Verdict

if TYPE_CHECKING:
    from sacrebleu.metrics.base import Metric

_LARGEST = 10_000_000  # words of the answer × words of a reference that are aligned

Pool = Annotated[
    str | tuple[str, ...],
    Meta(description="The reference; several are pooled in one score, as the measure has it."),
]
Least = Annotated[Share | None, Meta(description="The least score that passes.")]


class Bleu(Options, frozen=True, kw_only=True):
    """Options of `bleu`."""

    value: Pool
    tokenize: Annotated[
        Literal["13a", "intl", "zh", "char", "none"],
        Meta(description="sacrebleu's tokenizer; `zh` and `char` for scripts without spaces."),
    ] = "13a"
    threshold: Least = None


def bleu(completion: Completion, options: Bleu) -> Verdict:
    """The answer's BLEU against the references, as a share of 1, is at least `threshold`.

    It is sacrebleu's for a single sentence: exponential smoothing, effective order. BLEU of a whole
    set of answers is another figure than the mean of these.
    """
    metric = _metric("BLEU", effective_order=True, tokenize=options.tokenize)
    return _scored("BLEU", metric, completion, options)


class Chrf(Options, frozen=True, kw_only=True):
    """Options of `chrf`."""

    value: Pool
    word_order: Annotated[
        Literal[0, 2], Meta(description="2: chrF++, which counts words and pairs of words too.")
    ] = 0
    threshold: Least = None


def chrf(completion: Completion, options: Chrf) -> Verdict:
    """The answer's chrF against the references, as a share of 1, is at least `threshold`.

    It is sacrebleu's for a single sentence: the F2 of runs of up to 6 characters.
    """
    name = "chrF++" if options.word_order else "chrF"
    metric = _metric("CHRF", word_order=options.word_order)
    return _scored(name, metric, completion, options)


class Ter(Options, frozen=True, kw_only=True):
    """Options of `ter`."""

    value: Pool
    threshold: Least = None


def ter(completion: Completion, options: Ter) -> Verdict:
    """The score 1 − TER against the references, at least 0, is at least `threshold`.

    TER, the translation edit rate, counts the words inserted, deleted, replaced and moved, by the
    words of the reference; it is sacrebleu's.
    """
    text, references = nfc(completion.text), [nfc(one) for one in as_many(options.value)]
    metric = _metric("TER")
    words, lengths = len(text.split()), [len(one.split()) for one in references]
    mean = math.fsum(lengths) / len(lengths)
    if words > 100 and min(words - length for length in lengths) >= mean:
        # as many words have to go as the references have: no need to align them
        return similar(completion, options, 0.0, f"TER is at least 1: {words:,} words")
    _bound(words, max(lengths))
    rate = metric.sentence_score(text, references).score / 100
    told = f"1 − TER {max(0.0, 1 - rate):.3f}, TER {rate:.3f} to {_named(references)}"
    score = min(1.0, max(0.0, 1 - rate))
    return similar(completion, options, score, f"{told} ({_signature(metric)})", {"ter": rate})


def gleu(completion: Completion, options: Similarity) -> Verdict:
    """The answer's GLEU to the reference is at least `threshold`.

    It is the smaller of precision and recall over runs of 1 to 4 words between spaces, as in NLTK's
    `sentence_gleu` (Wu et al. 2016).
    """
    from nltk.translate.gleu_score import sentence_gleu

    words = nfc(completion.text).split()
    pairs = [
        (float(sentence_gleu([nfc(one).split()], words)) if words else 0.0, one)
        for one in as_many(options.value)
    ]
    score, nearest = max(pairs, key=lambda pair: pair[0])
    return similar(completion, options, score, f"GLEU {score:.3f} to {quote(nearest)}")


class Meteor(Options, frozen=True, kw_only=True):
    """Options of `meteor`."""

    value: Annotated[
        str | tuple[str, ...],
        Meta(description="The reference; of a list, the best counts."),
    ]
    threshold: Least = None


def meteor(completion: Completion, options: Meteor) -> Verdict:
    """The answer's METEOR to the reference, by words and stems, is at least `threshold`.

    It is NLTK's `meteor_score` without WordNet, which would have to be downloaded: words match if
    they are equal in small letters or have one stem (Porter), never as synonyms. Words and runs of
    punctuation are the tokens.
    """
    from nltk.translate.meteor_score import meteor_score

    words = _TOKEN.findall(nfc(completion.text))
    references = [_TOKEN.findall(nfc(one)) for one in as_many(options.value)]
    _bound(len(words), max(map(len, references)))
    score = float(meteor_score(references, words, wordnet=_NoSynonyms())) if words else 0.0
    told = f"METEOR {score:.3f} to {_named(as_many(options.value))}"
    return similar(completion, options, min(1.0, score), told)


_TOKEN = re.compile(r"\w+|[^\w\s]+")


class _NoSynonyms:
    """Stands where NLTK expects WordNet."""

    def synsets(self, word: str) -> list[Any]:
        return []


def _bound(words: int, longest: int) -> None:
    if words * longest > _LARGEST:
        raise CheckError(f"{words:,} words are too many to align with {longest:,}")


@lru_cache(maxsize=32)
def _metric(name: str, **settings: Any) -> Metric:
    import sacrebleu.metrics

    metric: Metric = getattr(sacrebleu.metrics, name)(**settings)
    return metric


def _scored(name: str, metric: Metric, completion: Completion, options: Bleu | Chrf) -> Verdict:
    references = [nfc(one) for one in as_many(options.value)]
    score = metric.sentence_score(nfc(completion.text), references).score / 100
    told = f"{name} {score:.3f} to {_named(references)} ({_signature(metric)})"
    return similar(completion, options, min(1.0, max(0.0, score)), told)


def _named(references: tuple[str, ...] | list[str]) -> str:
    if len(references) == 1:
        return quote(references[0])
    return f"{len(references)} references, the first {quote(references[0], limit=80)}"


def _signature(metric: Metric) -> str:
    """sacrebleu's signature, without its version: verdicts do not change by its name."""
    return str(metric.get_signature()).partition("|version:")[0]


def _inspect(options: Bleu | Chrf | Ter | Similarity | Meteor) -> Iterator[Mistake]:
    yield from inspect_references(options)
    for place, one in enumerate(as_many(options.value)):
        if not one.strip():
            path = ("value",) if isinstance(options.value, str) else ("value", place)
            yield path, "an empty reference has no words"


CHECKS = (
    CheckType(
        name="bleu",
        function=bleu,
        options=Bleu,
        inspect=_inspect,
        decided_by=("threshold",),
        library="sacrebleu",
    ),
    CheckType(
        name="chrf",
        function=chrf,
        options=Chrf,
        inspect=_inspect,
        decided_by=("threshold",),
        library="sacrebleu",
    ),
    CheckType(
        name="ter",
        function=ter,
        options=Ter,
        inspect=_inspect,
        decided_by=("threshold",),
        library="sacrebleu",
    ),
    CheckType(
        name="gleu",
        function=gleu,
        options=Similarity,
        inspect=_inspect,
        decided_by=("threshold",),
        library="nltk",
    ),
    CheckType(
        name="meteor",
        function=meteor,
        options=Meteor,
        inspect=_inspect,
        decided_by=("threshold",),
        library="nltk",
    ),
)
