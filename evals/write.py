"""The one way to disk and terminal: atomic publication, no secrets, nothing that moves a cursor."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import secrets as randomness
import urllib.parse
from collections.abc import Mapping
from pathlib import Path

__all__ = ["Secrets", "publish", "visible"]

_NAMES = {0x00: "NUL", 0x07: "BEL", 0x08: "BS", 0x0D: "CR", 0x1B: "ESC", 0x7F: "DEL", 0x9B: "CSI"}
# C0 but tab and line feed, C1, bidirectional controls, line and paragraph separators, BOM and
# other invisible marks, and lone surrogates (which no encoding can print).
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069"
    "\ufeff\ud800-\udfff]"
)


def visible(text: str) -> str:
    """`text` with control and bidirectional characters as labels such as `[ESC]`, `[U+202E]`.

    Line feeds and tabs stay; a carriage return before a line feed is dropped.
    """
    if not _UNSAFE.search(text):
        return text
    return _UNSAFE.sub(_label, text.replace("\r\n", "\n"))


def _label(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"[{_NAMES.get(code, f'U+{code:04X}')}]"


class Secrets:
    """The values that must never be written, and their names."""

    def __init__(self, named: Mapping[str, str] | None = None) -> None:
        forms = {
            form: f"[secret:{name}]"
            for name, value in (named or {}).items()
            if value
            for form in _forms(value)
        }
        self._forms = dict(sorted(forms.items(), key=lambda item: -len(item[0])))
        self._pattern = (
            re.compile("|".join(re.escape(form) for form in self._forms)) if forms else None
        )

    def redact(self, text: str) -> str:
        """`text` with every secret replaced by `[secret:NAME]`, in whatever form it stands."""
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda match: self._forms[match[0]], text)


def _forms(value: str) -> set[str]:
    raw = value.encode()
    encoded = {
        value,
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        urllib.parse.quote(value, safe=""),
        raw.hex(),
        raw.hex().upper(),
    }
    for offset in range(3):
        # The three alignments of base64 inside a longer text; the ends depend on neighbours.
        padded = base64.b64encode(b"\0" * offset + raw).decode().rstrip("=")
        core = padded[(0, 2, 3)[offset] : len(padded) - 1]
        encoded.add(core)
        encoded.add(core.replace("+", "-").replace("/", "_"))
    return {form for form in encoded if len(form) >= 6}


def publish(path: Path, data: bytes, *, replace: bool) -> bool:
    """Make `path` hold `data`, whole or not at all; its folder is made if need be.

    With `replace` an existing file is replaced in one step. Without, an existing file stays as
    it is and False is returned: of two writers one wins, and neither leaves a half file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{randomness.token_hex(4)}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(data)
        if replace:
            os.replace(temporary, path)
            return True
        return _link(temporary, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()


def _link(temporary: Path, path: Path) -> bool:
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links
        if path.exists():
            return False
        os.replace(temporary, path)
    return True
