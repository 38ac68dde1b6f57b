"""The plugin's own modules are no test modules: nothing of them is rewritten."""

from __future__ import annotations

import sys
from importlib.machinery import SourceFileLoader

import pytest

from evals.plugin.imports import import_plainly


def test_modules_that_a_suite_needs_are_not_rewritten(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        import sys

        def pytest_sessionfinish():
            loaders = {
                type(module.__loader__).__name__
                for name, module in sys.modules.items()
                if name.startswith("evals.suite")
            }
            print("loaders:", *sorted(loaders))
        """
    )
    pytester.makefile(".eval.yaml", a="prompts: [hello]\ntests: [{assert: [{type: is-json}]}]\n")
    result = pytester.runpytest_subprocess("-s", "--collect-only")
    result.stdout.fnmatch_lines(["*loaders: SourceFileLoader"])


def test_only_modules_below_the_package_are_found_and_only_until_the_end() -> None:
    before = list(sys.meta_path)
    end = import_plainly("evals")
    finder = sys.meta_path[0]
    import evals

    spec = finder.find_spec("evals.errors", evals.__path__)
    assert spec is not None
    assert isinstance(spec.loader, SourceFileLoader)
    assert finder.find_spec("json", None) is None
    assert finder.find_spec("evalsomething", None) is None
    end()
    assert sys.meta_path == before
