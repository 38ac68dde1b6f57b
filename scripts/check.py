"""The one check command: format, lint, types, import rules, tests.

python scripts/check.py                  # everything
python scripts/check.py --fix            # mend what can be mended
python scripts/check.py --without-tests
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CODE = ("evals", "tests", "benchmarks", "scripts", "suites", "conftest.py")


def steps(*, fix: bool, tests: bool) -> list[list[str]]:
    python = [sys.executable, "-m"]
    code = [name for name in CODE if (ROOT / name).exists()]
    found = [
        [*python, "ruff", "format", *([] if fix else ["--check"]), *code],
        [*python, "ruff", "check", *(["--fix"] if fix else []), *code],
        [*python, "mypy"],
        [str(Path(sys.executable).with_name("lint-imports"))],
        [sys.executable, "scripts/rules.py"],
    ]
    if tests:
        found.append([*python, "pytest"])
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fix", action="store_true")
    parser.add_argument("--without-tests", action="store_true")
    options = parser.parse_args()
    failed = []
    for command in steps(fix=options.fix, tests=not options.without_tests):
        name = " ".join(Path(part).name if part == sys.executable else part for part in command)
        print(f"-- {name}", flush=True)
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            failed.append(name)
    for name in failed:
        print(f"FAILED {name}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
