"""Did you mean …?"""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` is most likely meant to be."""
    from difflib import get_close_matches  # needed only where something is wrong

    by_plain = {_plain(name): name for name in known}
    found = get_close_matches(_plain(word), by_plain, n=1, cutoff=0.65)
    return by_plain[found[0]] if found else None


def _plain(word: str) -> str:
    return word.casefold().replace("_", "-")


def hint(word: str, known: Iterable[str]) -> str:
    """`; did you mean "tests"?`, or nothing."""
    found = nearest(word, known)
    return f'; did you mean "{found}"?' if found else ""


def advice(word: str, known: Iterable[str], what: str) -> tuple[str, ...]:
    """The line below a message: the nearest, else all that are known."""
    names = tuple(known)
    found = nearest(word, names)
    if found:
        return (f'did you mean "{found}"?',)
    return (f"{what}: {', '.join(sorted(names)) or 'none'}",)
