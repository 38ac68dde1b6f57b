"""A check of the natural language of the answer."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from evals.checks.extras import missing
from evals.checks.options import Options, Share, unknown
from evals.checks.registry import CheckType, Mistake
from evals.checks.verdict import found, quote, reaches
from evals.model import Completion, Verdict

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_LOOKED_AT = 20_000  # characters: enough to tell, however long the answer is
_SHOWN = 3
_EVEN = 0.9  # of an even share: then no language is likelier than another


class Language(Options, frozen=True, kw_only=True):
    """Options of `language`."""

    value: Annotated[
        str | tuple[str, ...],
        Meta(description="The language by its ISO 639 code: `en`, `de`; a list is any of these."),
    ]
    among: Annotated[
        tuple[str, ...],
        Meta(
            description="The languages that come into question, so that short answers can be told "
            "apart; default: those with a code of two letters, about 100."
        ),
    ] = ()
    threshold: Annotated[
        Share | None,
        Meta(description="The least probability of the language; default: it is the likeliest."),
    ] = None


def language(completion: Completion, options: Language) -> Verdict:
    """The answer is likeliest in this language; the score is the probability of it.

    An answer without words that tell a language (`42`) is a fail. Short answers are hard to tell:
    give `among`. The detector is py3langid, whose probabilities are rounded to three digits.
    """
    wanted = (options.value,) if isinstance(options.value, str) else options.value
    ranked = _ranked(completion.text[:_LOOKED_AT], wanted, options.among)
    if not ranked:
        return found(False, f"no language can be told of {quote(completion.text)}")
    score = min(1.0, round(sum(p for code, p in ranked if code in wanted), 3))
    likeliest = ranked[0][0]
    passed = likeliest in wanted and reaches(score, options.threshold)
    shown = ", ".join(f"{code} {p:.2f}" for code, p in ranked[:_SHOWN])
    limit = "" if options.threshold is None else f", threshold {options.threshold:g}"
    told = f"likeliest {shown}; expected {' or '.join(wanted)}{limit}"
    reason = f"{told}; found {quote(completion.text)}"
    return found(passed, reason, score=score, extracted=likeliest)


def _ranked(text: str, wanted: tuple[str, ...], among: tuple[str, ...]) -> list[tuple[str, float]]:
    """The languages with their probabilities, likeliest first; none where the text tells none.

    Of all languages known, those of few speakers would take short sentences from their large
    neighbours.
    """
    ranked = [(code, float(p)) for code, p in _detector().rank(text)]
    if ranked[-1][1] * len(ranked) > _EVEN:
        return []
    chosen = [(c, p) for c, p in ranked if c in (among or wanted) or (not among and len(c) == 2)]
    total = sum(p for _, p in chosen)
    return [(code, round(p / total, 6)) for code, p in chosen] if total else []


@cache
def _detector() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def _inspect(options: Language) -> Iterator[Mistake]:
    wanted = (options.value,) if isinstance(options.value, str) else options.value
    if not wanted:
        yield ("value",), "the list is empty"
    if missing("py3langid") is not None:
        return
    known = _detector().labels
    for key, codes in (("value", wanted), ("among", options.among)):
        for code in codes:
            if code not in known:
                yield (key,), unknown("language", code, known)
    if options.among and not set(wanted) & set(options.among):
        yield ("among",), f"{' and '.join(wanted)} is not among the languages in question"
    elif options.among and set(options.among) <= set(wanted):
        yield ("among",), "no other language is in question: this cannot fail"


CHECKS = (
    CheckType(
        name="language",
        function=language,
        options=Language,
        inspect=_inspect,
        library="py3langid",
    ),
)
