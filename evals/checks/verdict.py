"""What check functions return, read into verdicts; and how evidence is quoted."""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Sequence
from typing import Any

from evals.errors import CheckError
from evals.model import Verdict

_QUOTED = 200  # characters of evidence shown
_quoted = json.JSONEncoder(ensure_ascii=False).encode  # `dumps` would make one for each text


def found(
    passed: bool,
    reason: str,
    *,
    score: float | None = None,
    extracted: str | None = None,
    values: dict[str, float | None] | None = None,
    checks: Sequence[Verdict] | None = None,
) -> Verdict:
    """What a check function found; type, weight and metric are filled in by who called it."""
    return Verdict(
        type="",
        passed=passed,
        score=(1.0 if passed else 0.0) if score is None else score,
        reason=reason,
        extracted=extracted,
        values=values,
        checks=None if checks is None else tuple(checks),
    )


def read(returned: Any, *, threshold: float | None = None, weight: float = 1.0) -> Verdict:
    """The verdict in what an own check returned; raises `CheckError` where there is none."""
    if isinstance(returned, Verdict):
        return _whole(returned)
    reason = None
    if isinstance(returned, tuple):
        if len(returned) != 2 or not isinstance(returned[1], str):
            raise CheckError("a tuple from a check is (bool or score, reason)")
        returned, reason = returned
    if isinstance(returned, bool):
        return found(returned, reason or f"returned {returned}")
    if not isinstance(returned, int | float):
        raise CheckError(
            f"returned {type(returned).__name__}, not a Verdict, a bool, a score, or a tuple"
        )
    score = _share(float(returned))
    told = f"score {score:.4g}" if reason is None else f"{reason}; score {score:.4g}"
    if threshold is not None:
        return found(reaches(score, threshold), f"{told}, threshold {threshold:.4g}", score=score)
    if weight > 0:
        raise CheckError("returned a score, and no threshold says which score passes")
    return found(True, f"{told}, no threshold", score=score)


def _whole(verdict: Verdict) -> Verdict:
    if verdict.passed is None:
        raise CheckError(verdict.reason or "returned a verdict that neither passed nor failed")
    if verdict.score is None:
        return found(
            verdict.passed,
            verdict.reason,
            extracted=verdict.extracted,
            values=verdict.values,
            checks=verdict.checks,
        )
    _share(verdict.score)
    return verdict


def _share(score: float) -> float:
    if not (math.isfinite(score) and 0 <= score <= 1):
        raise CheckError(f"returned the score {score:.4g}, which is not in 0 … 1")
    return score


def reaches(score: float, threshold: float | None) -> bool:
    """Whether a score reaches a threshold, a rounding error of binary floats aside; None: any does.

    Where the share of 11 of 12.5 is computed as 0.8799999999999999, it still reaches 0.88.
    """
    return threshold is None or score >= threshold - 1e-12


def within(value: float, most: float) -> bool:
    """Whether a value that was computed is at most a limit, a rounding error aside."""
    return value <= most or math.isclose(value, most, rel_tol=1e-12)


def nfc(text: str) -> str:
    """Text as it is compared: Unicode NFC."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def quote(text: str, *, at: tuple[int, int] | None = None, limit: int = _QUOTED) -> str:
    """The text in quotes, shortened to `limit` characters around the evidence at `at`."""
    if len(text) <= limit:
        return _quoted(text)
    start, end = at or (0, 0)
    begin = max(0, min(start - max(0, limit - (end - start)) // 2, len(text) - limit))
    shown = _quoted(text[begin : begin + limit])
    before = "…" if begin else ""
    after = "…" if begin + limit < len(text) else ""
    return f"{before}{shown}{after}"


def cut(text: str, limit: int) -> str:
    """The text as it was written, on one line, shortened to `limit` characters."""
    line = " ".join(part.strip() for part in text.splitlines())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def count(n: int, noun: str, plural: str | None = None) -> str:
    """`1 word`, `3 words`."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {plural or noun + 's'}"
