"""What assertions take from files: JSON Schemas, and the prompts of judges.

`{type: is-json, value: {file: person.json}}`, `{type: llm-rubric, prompt: {file: judge.md}, …}`.
"""

from __future__ import annotations

from typing import Any

from msgspec import UNSET

from evals.checks.json_schema import schema_of
from evals.checks.options import OptionsError
from evals.checks.registry import find
from evals.suite.contents import Contents, names_file
from evals.suite.files import Files
from evals.suite.problems import Problems

_NESTED = ("assert", "all", "any", "not-all", "not-any", "at-least", "of")

Path = tuple[str | int, ...]


class Schemas:
    """Puts what files hold into the assertions of one suite."""

    def __init__(self, problems: Problems, files: Files) -> None:
        self._problems = problems
        self._contents = Contents(problems, files)

    def filled(self, written: Any, path: Path) -> Any:
        """An assertion as written, with what files hold in it, at any depth.

        Where a schema cannot be had, the mistake is reported, and any JSON is valid instead.
        """
        if isinstance(written, list):
            return [self.filled(part, (*path, index)) for index, part in enumerate(written)]
        if not isinstance(written, dict):
            return written
        kind = str(written.get("type")).removeprefix("not-")
        found = find(kind)
        files = found.files if found is not None else ()
        texts = found.texts if found is not None else ()
        nested = (*_NESTED, "value") if kind == "tool-calls" else _NESTED
        made = dict(written)
        for key, value in written.items():
            if key in files and names_file(value):
                made[key] = self._schema(value["file"], (*path, key, "file"))
            elif key in texts and names_file(value):
                text = self._contents.text(value["file"], (*path, key, "file"))
                made[key] = None if text is UNSET else text
            elif key in nested:
                made[key] = self.filled(value, (*path, key))
        return made

    def _schema(self, written: Any, path: Path) -> Any:
        schema = self._contents.read(written, path)
        if schema is UNSET:
            return True
        try:
            schema_of(schema)
        except OptionsError as error:
            for inner, message in error.mistakes:
                where = f" at {'.'.join(map(str, inner))}" if inner else ""
                self._problems.error(path, f"{written!r}{where}: {message}")
            return True
        return schema
