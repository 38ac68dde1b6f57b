"""The command that times the statistics runs; and who does not compare pays nothing for them."""

from __future__ import annotations

import subprocess
import sys

from benchmarks import statistics

_NAMES = (
    "import sys, evals, evals.plugin; print(*(n for n in sys.modules if n.startswith('evals')))"
)


def test_the_benchmark_of_the_statistics_runs(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["statistics", "--quick"])
    assert statistics.main() == 0
    out = capsys.readouterr().out
    assert "500 cases x 8 columns x 5 samples: 20,000 trials" in out
    assert "28 findings of 4 gates" in out


def test_the_plugin_imports_nothing_of_statistics_or_comparisons():
    done = subprocess.run(
        [sys.executable, "-c", _NAMES], capture_output=True, text=True, check=True
    )
    loaded = done.stdout.split()
    assert "evals.plugin" in loaded
    assert not [name for name in loaded if name.startswith(("evals.stats", "evals.comparison"))]
