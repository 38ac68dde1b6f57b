"""Rules of the architecture that no linter knows: sizes, and who may import what."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "evals"
LONGEST_MODULE = 400
LONGEST_FUNCTION = 50

# A library and the places that may import it, as paths below evals/.
HOMES = {
    "pytest": ("plugin/",),
    "_pytest": (),
    "httpx": ("endpoints/",),
    "aiohttp": ("endpoints/",),
    "jinja2": ("suite/", "report/"),
    "click": ("cli/",),
    "rich": ("cli/", "report/terminal"),
    "yaml": ("suite/", "checks/yaml_text", "importing/writing"),
    "sacrebleu": ("checks/translation",),
    "nltk": ("checks/translation", "checks/rouge"),
    "sqlglot": ("checks/sql",),
    "py3langid": ("checks/language",),
}


def problems() -> Iterator[str]:
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        text = path.read_text(encoding="utf-8")
        lines = text.count("\n")
        if lines > LONGEST_MODULE:
            yield f"evals/{name}: {lines} lines; {LONGEST_MODULE} are allowed"
        tree = ast.parse(text)
        yield from _long_functions(name, tree)
        yield from _misplaced_imports(name, tree)


def _long_functions(name: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION:
                yield f"evals/{name}:{node.lineno}: {node.name} has {length} lines"


def _misplaced_imports(name: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        for module in _imported(node):
            top = module.partition(".")[0]
            if top in HOMES and not name.startswith(HOMES[top]):
                yield f"evals/{name}:{getattr(node, 'lineno', 0)}: imports {top}"


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module]
    return []


if __name__ == "__main__":
    found = list(problems())
    print("\n".join(found) if found else "sizes and imports: all well")
    sys.exit(bool(found))
