"""Every call of the operating system fails in turn; whatever happens, what is on disk is right.

Each attempt is a copy of a project and a forked process: nothing is imported twice.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

# Before any fork, so that no fork has to.
import evals.cli.baseline
import evals.cli.report
import evals.endpoints.client
import evals.report.html
import evals.report.terminal
import evals.session.gathering
import evals.session.page
import evals.suite.open  # noqa: F401 # before faults begin
from evals.cassettes.store import decode
from evals.comparison.baseline import read_baseline
from evals.errors import EvalsError
from evals.model import TrialResult
from evals.record import Lines, Run
from evals.record.answers import AnswerLine
from tests.faults.injection import KINDS, Injection

CONFIG = """
[tool.pytest.ini_options]
[tool.evals.endpoints.standin]
base_url = "{address}"
model = "gemini-3.1-pro-preview-customtools"
api_key_env = "EVOLINK_API_KEY"
"""
SUITE = """
endpoint: standin
prompts: ["[[say {{ says }}]] What is {{ a }} + {{ b }}?"]
misses: allowed
gates: ["accuracy >= 0.5"]
tests:
  - {id: right, vars: {a: 2, b: 3, says: "5"}, assert: [{type: equals, value: "5"}]}
  - {id: wrong, vars: {a: 2, b: 2, says: "5"}, assert: [{type: equals, value: "4"}]}
  - {id: also, vars: {a: 1, b: 2, says: "3"}, assert: [{type: equals, value: "3"}]}
"""
OUTCOMES = {"right": "pass", "wrong": "fail", "also": "pass"}
PYTEST = ("pytest", "-q", "-p", "no:cacheprovider", "-p", "evals.plugin", "--assert=plain")
PYTEST += ("-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning")


@dataclass(frozen=True)
class Scenario:
    """A command, and what has to be there before it."""

    name: str
    command: tuple[str, ...]
    before: tuple[tuple[str, ...], ...] = ()

    @property
    def asks(self) -> bool:
        return "--evals-mode" in self.command


RECORD = (*PYTEST, "--evals-no-report", "--evals-mode", "record")
SCENARIOS = (
    Scenario("record", RECORD),
    Scenario("refresh", (*PYTEST, "--evals-no-report", "--evals-mode", "refresh"), (RECORD,)),
    Scenario("live", (*PYTEST, "--evals-no-report", "--evals-mode", "live")),
    Scenario("replay", (*PYTEST, "--evals-report", "page.html"), (RECORD,)),
    Scenario("report", ("evals", "report", "latest", "-o", "page.html"), (RECORD, PYTEST)),
    Scenario("baseline", ("evals", "baseline", "set"), (RECORD, PYTEST)),
)


@dataclass(frozen=True)
class Fault:
    """Which call fails."""

    kind: str
    at: int
    lasting: bool = False

    def __str__(self) -> str:
        return f"{self.kind} {self.at}{' and all after it' if self.lasting else ''}"


@dataclass(frozen=True)
class Attempt:
    """How a command ended."""

    status: int
    output: str
    made: tuple[tuple[str, str], ...]
    failed: tuple[str, ...]


def run(command: Sequence[str], folder: Path, fault: Fault | None = None) -> Attempt:
    """Run a command in a fork of this process, in `folder`."""
    notes, said = folder.with_suffix(".notes"), folder.with_suffix(".said")
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        _be_child(command, folder, fault, notes, said)
    _, status = os.waitpid(child, 0)
    told = json.loads(notes.read_text())
    made = tuple((kind, path) for kind, path in told["made"])
    return Attempt(os.waitstatus_to_exitcode(status), said.read_text(), made, tuple(told["failed"]))


def _be_child(
    command: Sequence[str], folder: Path, fault: Fault | None, notes: Path, said: Path
) -> None:
    status = 70
    kind = (fault.kind, fault.at, fault.lasting) if fault else ("", 0, False)
    injection = Injection(folder, *kind)
    try:
        output = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(output, 1)
        os.dup2(output, 2)
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 # to the end
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 # to the end
        os.chdir(folder)
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # they would take the most of the time
        injection.install()
        status = _call(command)
    except BaseException:  # noqa: BLE001 # told to the parent, by its output
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        notes.write_text(json.dumps({"made": injection.made, "failed": injection.failed}))
        os._exit(status)


def _call(command: Sequence[str]) -> int:
    if command[0] == "pytest":
        import pytest

        return int(pytest.main(list(command[1:])))
    from evals.cli import main

    return main(list(command[1:]))


class Loop:
    """Runs a scenario once for each call that it makes, with that call failing."""

    def __init__(self, scenario: Scenario, folder: Path, address: str) -> None:
        self.scenario = scenario
        self._folder = folder / scenario.name
        self._template = self._folder / "template"
        self._template.mkdir(parents=True)
        (self._template / "pyproject.toml").write_text(CONFIG.format(address=address))
        (self._template / "sums.eval.yaml").write_text(SUITE)
        for command in scenario.before:
            done = run(command, self._template)
            assert done.status == 0, done.output
        self._number = 0

    def faults(self) -> list[Fault]:
        """One for each call of an undisturbed run; a full disk also stays full."""
        clean = self.attempt(None)
        assert not self.problems(clean, None), self.problems(clean, None)
        counts = Counter(kind for kind, _ in clean.made)
        found = [Fault(kind, n) for kind in KINDS for n in range(1, counts[kind] + 1)]
        return found + [Fault("write", n, lasting=True) for n in range(1, counts["write"] + 1)]

    def few(self, seen: set[tuple[str, str]]) -> list[Fault]:
        """One for each kind of call on each kind of file that was not `seen`; those are added."""
        counts: Counter[str] = Counter()
        found = []
        for kind, path in self.attempt(None).made:
            counts[kind] += 1
            sort = (kind, _sort(Path(path)))
            if sort not in seen:
                found.append(Fault(kind, counts[kind], lasting=kind == "write"))
            seen.add(sort)
        return found

    def attempt(self, fault: Fault | None) -> Attempt:
        """The scenario in a copy of its project, with the fault."""
        self._number += 1
        self.project = self._folder / f"p{self._number}"
        shutil.copytree(self._template, self.project, symlinks=True)
        return run(self.scenario.command, self.project, fault)

    def problems(self, attempt: Attempt, fault: Fault | None, *, again: bool = False) -> list[str]:
        """What is wrong after an attempt; with `again` also after the command is given anew."""
        found = list(_wrong_on_disk(self.project, leftovers=fault and fault.kind == "unlink"))
        if attempt.status == 0:
            found += _unfinished(self.project, self.scenario)
        else:
            found += _unsaid(attempt)
        if again:
            found += self._problems_again(attempt)
        return found

    def _problems_again(self, attempt: Attempt) -> list[str]:
        """What is wrong after going on, as the attempt said, or else beginning anew."""
        command = self.scenario.command
        if told := re.search(r"Go on: .* (--evals-resume) (\S+)", attempt.output):
            command = (*command, *told.groups())
        again = run(command, self.project)
        if again.status != 0:
            return [f"again: status {again.status}: {again.output[-1500:]}"]
        return [f"again: {each}" for each in _unfinished(self.project, self.scenario)]

    def tidy(self) -> None:
        shutil.rmtree(self.project)


def _sort(path: Path) -> str:
    """What sort of file a path names, of four."""
    if re.search("[0-9a-f]{32}", path.name):
        return "recording"
    suffix = Path(path.name.removesuffix(".tmp").strip(".")).suffix
    return "journal" if suffix == ".jsonl" else "file" if suffix else "folder"


def _wrong_on_disk(project: Path, *, leftovers: bool | None) -> Iterator[str]:
    """Half files and wrong verdicts."""
    yield from (f"half a file: {what}" for what in damaged(project))
    for path in project.rglob("*.jsonl"):
        if not (path.read_bytes() or b"\n").endswith(b"\n"):
            yield f"a torn line in {path.name}"
    for path in project.rglob("trials-*.jsonl"):
        for trial in Lines([path], TrialResult):
            if trial.outcome not in (OUTCOMES[trial.case], "error", "not_run"):
                yield f"a wrong verdict: {trial.case} {trial.outcome}"
    if not leftovers:
        yield from (f"left behind: {path.name}" for path in project.rglob(".*.tmp"))


def damaged(project: Path) -> Iterator[str]:
    """The files below a project that are not whole."""
    for path in project.rglob("*.json"):
        try:
            if path.parent.parent.name == "cassettes":
                decode(path, path.read_bytes(), None)
            elif path.name == "run.json":
                assert Run(path.parent).manifest
            elif path.parent.name == "baselines":
                read_baseline(path, root=path.parent)
        except EvalsError as problem:
            yield str(problem)
    for path in project.rglob("*.jsonl"):
        kind = TrialResult if path.name.startswith("trials") else AnswerLine
        lines = Lines([path], kind)
        list(lines)
        yield from lines.damaged
    for page in project.rglob("*.html"):
        if not page.read_text(encoding="utf-8").rstrip().endswith("</html>"):
            yield f"half a page: {page.name}"


def _unfinished(project: Path, scenario: Scenario) -> Iterator[str]:
    """What a command that says all is well has not done."""
    if scenario.command[0] == "evals":
        made = "page.html" if scenario.name == "report" else "baselines/sums.json"
        if not (project / made).exists():
            yield f"status 0, and no {made}"
        return
    latest = project / "reports/runs/latest"
    if latest.is_file():
        latest = latest.with_name(latest.read_text().strip())
    run = Run(latest)
    if not run.manifest.complete or [f.outcome for f in run.manifest.findings] != ["pass"]:
        yield "status 0, and the run is not complete"
    if {trial.case: trial.outcome for trial in run.trials()} != OUTCOMES:
        yield "status 0, and not every trial has its outcome"
    if scenario.name in ("record", "refresh") and len(list(project.glob("cassettes/*/*.json"))) < 3:
        yield "status 0, and not every answer is recorded"
    if "--evals-report" in scenario.command and not (project / "page.html").exists():
        yield "status 0, and no page"


def _unsaid(attempt: Attempt) -> Iterator[str]:
    """What the message of a command that failed lacks."""
    if not attempt.failed:
        yield f"failed without a fault: {attempt.output[-1500:]}"
        return
    for word in ("Traceback", "INTERNALERROR"):
        if word in attempt.output:
            yield f"{word} in the output: {attempt.output[-3000:]}"
    names = [Path(path).name for path in attempt.failed]
    stems = [
        name[1:].rpartition(".")[0].rpartition(".")[0] if name.endswith(".tmp") else name
        for name in names
    ]
    if not any(stem in attempt.output for stem in stems):
        yield f"the output does not name {stems[0]}: {attempt.output[-1500:]}"
