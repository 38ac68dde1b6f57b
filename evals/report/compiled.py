"""Compiled templates on disk, so that not every run compiles them again.

They are kept where and when Python keeps compiled modules, as pytest does with those it rewrites:
in `__pycache__` (or below PYTHONPYCACHEPREFIX), unless PYTHONDONTWRITEBYTECODE is set.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping
from importlib.util import cache_from_source
from pathlib import Path

import jinja2
from jinja2.bccache import Bucket, BytecodeCache

from evals.errors import DiskError
from evals.write import publish

__all__ = ["CompiledTemplates"]


class CompiledTemplates(BytecodeCache):
    """One file for each template; it counts only for the template's very text and options.

    Where files cannot be read or written, templates are compiled, and nothing else happens.
    """

    def __init__(self, folder: Path, options: Mapping[str, object]) -> None:
        """`folder` is that of the templates; `options` are those of their environment."""
        self._folder = folder
        self._options = repr(sorted(options.items()))

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        return name

    def get_source_checksum(self, source: str) -> str:
        return super().get_source_checksum(self._options + source)

    def load_bytecode(self, bucket: Bucket) -> None:
        path = self.path(bucket.key)
        if path is not None:
            with contextlib.suppress(OSError), open(path, "rb") as file:
                bucket.load_bytecode(file)

    def dump_bytecode(self, bucket: Bucket) -> None:
        path = self.path(bucket.key)
        if path is not None and not sys.dont_write_bytecode:
            with contextlib.suppress(DiskError):
                publish(path, bucket.bytecode_to_string(), replace=True)

    def path(self, name: str) -> Path | None:
        """Where a template is kept for this Python and this Jinja2; None where nothing is."""
        if sys.implementation.cache_tag is None:
            return None
        module = Path(cache_from_source(str(self._folder / name)))
        return module.with_name(f"{module.stem}-jinja2-{jinja2.__version__}.pyc")
