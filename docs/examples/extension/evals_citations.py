"""A check that comes as a package: do the citations of an answer exist?"""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

import evals

_CITED = re.compile(r"\[([0-9]{1,4})\]")


class Citations(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The options: their types and limits are checked when the suite is read."""

    of: str = "sources"  # the var with the list of sources
    min: Annotated[int, msgspec.Meta(ge=0)] = 1


@evals.check("cites")
def cites(
    completion: evals.Completion, options: Citations, *, context: evals.Context
) -> tuple[bool, str]:
    """Each citation such as [2] is one of the sources, and there are at least `min` of them."""
    sources = context.vars.get(options.of)
    if not isinstance(sources, list):
        raise evals.CheckError(f"the case has no list of sources in its var {options.of!r}")
    cited = sorted({int(number) for number in _CITED.findall(completion.text)})
    unknown = [number for number in cited if not 1 <= number <= len(sources)]
    if unknown:
        return False, f"cites {unknown}, and there are {len(sources)} sources"
    return len(cited) >= options.min, f"cites {cited}, expected at least {options.min}"
