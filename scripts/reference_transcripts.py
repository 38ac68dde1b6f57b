"""Console blocks of a page, made by running their commands on the suites that stand above them.

The page is read from the top, in a project of its own. A YAML block whose first line is
`# suites/NAME.eval.yaml` writes that file, `<!-- edited: OLD → NEW -->` changes the last one.
Before a console block, `<!-- replayed -->` says that it is made anew; `<!-- recorded -->` says that
its answers were asked live once, and are there from here on: what it says of the asking stays.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from reference_tables import Wrong

from evals.endpoints.config import load_config
from evals.session.inventory import take_stock
from evals.suite.open import open_suite

ROOT = Path(__file__).resolve().parent.parent
RECORDINGS = ROOT / "docs" / "examples" / "cassettes"
_WIDTH = 88
_TOOK = "0.50s"
_PART = re.compile(
    r"<!-- edited: (?P<old>.+?) → (?P<new>.+?) -->"
    r"|(?P<marker>(?:<!-- (?:recorded|replayed) -->\n)?)```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_ASKED = re.compile(r"^gathering .*\n", re.MULTILINE)
_HEADER = re.compile(r"^(?:platform|rootdir|configfile|plugins|cachedir)\b.*\n", re.MULTILINE)
_RUN = re.compile(r"\d{8}T\d{6}Z-[a-z0-9]{4}")


class Reader:
    """One who follows a page from the top: a project that grows with it."""

    def __init__(self, project: Path) -> None:
        self._project = project
        self._suite = project / "none"
        (project / "suites").mkdir(parents=True)
        (project / "pyproject.toml").write_text("[tool.pytest.ini_options]\n", encoding="utf-8")

    def follow(self, page: str) -> str:
        """The page with what its commands print."""
        return _PART.sub(self._part, page)

    def _part(self, match: re.Match[str]) -> str:
        if match["old"]:
            text = self._suite.read_text(encoding="utf-8")
            self._suite.write_text(text.replace(match["old"], match["new"]), encoding="utf-8")
        elif name := re.match(r"# (suites/[\w-]+\.eval\.yaml)\n", match["text"]):
            self._suite = self._project / name[1]
            self._suite.write_text(match["text"], encoding="utf-8")
        elif match["marker"]:
            return f"{match['marker']}```{match['language']}\n{self._console(match)}\n```"
        return match[0]

    def _console(self, match: re.Match[str]) -> str:
        asked, took = "", _TOOK
        if match["marker"].startswith("<!-- recorded"):
            self._record()
            asked = "".join(_ASKED.findall(match["text"]))
            took = next(iter(re.findall(r" in (\d+\.\d\ds(?: \([\d:]+\))?)", match["text"])), took)
        shown = []
        for command in re.findall(r"^\$ (.+)$", match["text"], re.MULTILINE):
            printed = self._run(command.replace(" --evals-mode record", ""), took)
            head = re.match(r"(?:=+ .+\n)?(?:collect.+\n)?", printed)
            end = head.end() if head else 0
            shown.append(f"$ {command}\n{printed[:end]}{asked}{printed[end:]}")
        return "\n".join(shown).rstrip()

    def _record(self) -> None:
        """Put the recordings in place that the suite asks for, as asking would."""
        config = load_config(self._project, env={})
        stock = take_stock(open_suite(self._suite, config=config), config, now=datetime.now(UTC))
        stock.folder.mkdir(parents=True, exist_ok=True)
        for each in stock.asked:
            shutil.copy(RECORDINGS / stock.suite / each.file, stock.folder)

    def _run(self, command: str, took: str) -> str:
        done = subprocess.run(
            [sys.executable, *_arguments(command)],
            cwd=self._project,
            env=_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        return _stable(done.stdout.replace(str(self._project.resolve()), "…"), took)


def _stable(text: str, took: str) -> str:
    """What would differ from run to run, made the same."""
    text = _RUN.sub("20261123T101500Z-k3f9", _HEADER.sub("", text))
    lines = [line.rstrip() for line in text.strip("\n").splitlines()]
    if ended := re.fullmatch(r"(=*) ?(.+) in \d+\.\d\ds(?: \([\d:]+\))?(?: =*)?", lines[-1]):
        lines[-1] = f"{ended[2]} in {took}"
        if ended[1]:
            lines[-1] = f" {lines[-1]} ".center(_WIDTH, "=")
    return "\n".join(lines) + "\n"


def _arguments(command: str) -> list[str]:
    name, *rest = shlex.split(command)
    if name == "pytest":
        return ["-m", "pytest", "-p", "evals.plugin", "-p", "no:cacheprovider", *rest]
    if name == "evals":
        return ["-c", "import sys; from evals.cli import main; sys.exit(main(sys.argv[1:]))", *rest]
    raise Wrong(f"no such command in a tutorial: {command}")


def _environment() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("EVALS", "PY"))}
    kept.pop("CI", None)
    return {
        **kept,
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "NO_COLOR": "1",
        "COLUMNS": str(_WIDTH),
    }
