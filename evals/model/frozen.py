"""What all types of the vocabulary share.

Values written by people or models (vars, JSON bodies, metadata) are plain JSON values; they are
typed `Any` because msgspec knows no recursive alias, and nothing in the vocabulary looks into them.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

JsonObject: TypeAlias = dict[str, Any]


class Frozen(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What all types of the vocabulary are: immutable, built by keyword."""
