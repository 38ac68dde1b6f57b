"""Print the one fenced command of a README section: `readme_command.py "Run it"`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"


def command(section: str) -> str:
    """The command, lines as they stand; raises `SystemExit` unless there is exactly one."""
    text = README.read_text(encoding="utf-8")
    found = re.search(rf"^## {re.escape(section)}$(.*?)(?=^## |\Z)", text, re.M | re.S)
    blocks = re.findall(r"^```\w*\n(.*?)^```$", found[1], re.M | re.S) if found else []
    if len(blocks) != 1:
        raise SystemExit(f"README section {section!r} has {len(blocks)} fenced commands, not one")
    return str(blocks[0])


if __name__ == "__main__":
    sys.stdout.write(command(sys.argv[1]))
