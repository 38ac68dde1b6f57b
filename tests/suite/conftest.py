"""What tests of suites share: a folder with a suite in it, and what loading it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from evals.endpoints.config import load_config
from evals.errors import SuiteError
from evals.suite.load import Loaded, load_suite

collect_ignore_glob = ["wrong/*"]  # suites with mistakes in them


class Bench:
    """Writes suites below a root directory and loads them."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, files: Mapping[str, str | bytes]) -> None:
        for name, content in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def load(
        self,
        text: str | bytes,
        files: Mapping[str, str | bytes] | None = None,
        *,
        name: str = "s.eval.yaml",
        config: str = "",
        **options: Any,
    ) -> Loaded:
        self.write({name: text, "evals.toml": config, **(files or {})})
        found = load_config(self.root, env={})
        return load_suite(self.root / name, config=found, **options)

    def mistakes(self, text: str | bytes, *args: Any, **options: Any) -> list[str]:
        """The problems of a suite that is refused, as they are printed."""
        with pytest.raises(SuiteError) as refused:
            self.load(text, *args, **options)
        return [str(problem) for problem in refused.value.problems]

    def warnings(self, text: str, *args: Any, **options: Any) -> list[str]:
        return [str(problem) for problem in self.load(text, *args, **options).warnings]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


Mistakes = Callable[..., list[str]]
