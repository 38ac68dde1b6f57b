"""`--evals-baseline`: what gates with `baseline: true` compare with, instead of the file beside."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from evals.comparison.baseline import read_baseline
from evals.errors import DamagedFile, RunError
from evals.model import Gate, Suite
from evals.suite.open import OpenSuite


@dataclass(frozen=True)
class GivenBaseline:
    """The baseline of one suite, or a folder with `<suite>.json` of several."""

    path: Path
    suite: str | None  # of a file: whose baseline it is

    @classmethod
    def at(cls, name: str, *, root: Path) -> GivenBaseline:
        """The file or folder of that name; raises `EvalsError`, where a file is no baseline."""
        path = Path(os.path.abspath(name))
        if path.is_dir():
            return cls(path, None)
        try:
            return cls(path, read_baseline(path, root=root).suite)
        except RunError as problem:
            file = f'"{name}"' if path.suffix == ".json" else f'"{name}/SUITE.json" --suite SUITE'
            raise RunError(
                f"{name} {problem.message}.",
                remedy=f"`evals baseline set -o {file}` writes it from the newest run.",
            ) from problem
        except DamagedFile as problem:
            raise DamagedFile(
                f"{name} {problem.message}.", remedy="evals baseline set writes it anew."
            ) from problem

    def into(self, opened: OpenSuite, *, root: Path) -> OpenSuite:
        """A suite whose gates with `baseline: true` compare with this."""
        suite = opened.suite
        if self.suite not in (None, suite.id):
            return opened
        name = self._name(suite, root)
        gates = tuple(_with(gate, name) if _is_true(gate, suite) else gate for gate in suite.gates)
        return replace(opened, suite=msgspec.structs.replace(suite, gates=gates))

    def unused(self, suites: Iterable[Suite], *, root: Path) -> str | None:
        """Say so where no gate compares with this."""
        for suite in suites:
            name = self._name(suite, root)
            if any(gate.against and gate.against.baseline == name for gate in suite.gates):
                return None
        of = "" if self.suite is None else f" of the suite {self.suite}"
        return f"--evals-baseline: no gate{of} with `baseline: true` was here to compare with it."

    def _name(self, suite: Suite, root: Path) -> str:
        """As gates have it, relative to the folder of the suite; what is elsewhere, in full."""
        path = self.path if self.suite is not None else self.path / f"{suite.id}.json"
        if not path.is_relative_to(root):
            return path.as_posix()
        return Path(os.path.relpath(path, (root / suite.path).parent)).as_posix()


def _is_true(gate: Gate, suite: Suite) -> bool:
    """Whether a gate says `baseline: true`; one that names another file means that file."""
    return gate.against is not None and gate.against.baseline == f"baselines/{suite.id}.json"


def _with(gate: Gate, name: str) -> Gate:
    assert gate.against is not None
    against = msgspec.structs.replace(gate.against, baseline=name)
    return msgspec.structs.replace(gate, against=against)
