"""A recording is killed at random times, again and again, and goes on: nothing kept is lost.

What is asked twice is what was in flight when the process was killed, and nothing else.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from evals.record import Run
from evals.record.answers import AnswerLine
from evals.record.journal import Lines, read_at
from tests.faults.calls import CONFIG, damaged
from tests.support.evolink_server import EvolinkServer

CASES = 200
IN_FLIGHT = 4
LATENCY_S = 0.04
LONGEST_S = 0.4  # from the first request to the kill
SUITE = (
    "endpoint: standin\n"
    f"limits: {{concurrency: {IN_FLIGHT}}}\n"
    'prompts: ["[[say 5]] Number {{ n }}."]\n'
    "gates: [errors == 0]\n"
    "tests:\n"
)
ALONE = ("-p", "no:cacheprovider", "-p", "evals.plugin")
ENV = {"EVOLINK_API_KEY": "sk-evo-faults-0123456789", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
_NUMBER = re.compile(r"Number (\d+)\.")


@dataclass
class Report:
    """What the kills did."""

    kills: int = 0
    runs: int = 0  # that came to their end
    before_asking: int = 0  # kills before the first request of their process
    requests: int = 0
    cases: int = 0
    lost: int = 0  # asked and not kept, over all kills
    most_lost: int = 0  # by one kill
    leftovers: int = 0
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        told = (
            f"{self.kills} kills ({self.before_asking} before the first request), "
            f"{self.runs} runs completed: {self.requests:,} requests for {self.cases:,} cases; "
            f"{self.lost} were in flight at a kill and asked again, at most {self.most_lost} of "
            f"{IN_FLIGHT} at once; {self.leftovers} temporary files were left"
        )
        return "\n".join((told, *self.problems, f"{len(self.problems)} problems"))


class Loop:
    """Projects in `folder`, recorded one after the other."""

    def __init__(self, folder: Path, *, mode: str, seed: int, cases: int = CASES) -> None:
        self._folder = folder
        self._mode = mode
        self._random = random.Random(seed)
        self._cases = cases
        self._report = Report()

    def run(self, times: int) -> Report:
        """Kill `times` times, and bring the last run to its end."""
        with EvolinkServer() as server:
            self._server = server
            while self._report.kills < times:
                self._one_project(times)
        return self._report

    def _one_project(self, times: int) -> None:
        self.project = self._folder / f"p{self._report.runs}"
        self.project.mkdir()
        (self.project / "pyproject.toml").write_text(CONFIG.format(address=self._server.base_url))
        lines = (f'  - {{id: c{n}, vars: {{n: {n}}}, assert: ["5"]}}\n' for n in range(self._cases))
        (self.project / "numbers.eval.yaml").write_text(SUITE + "".join(lines))
        self._server.latency = 0.0
        if self._mode == "refresh":
            self._start("record").wait()
        self._server.requests.clear()
        self._server.latency = LATENCY_S
        lost = 0
        while self._report.kills < times:
            ended, here = self._one_kill()
            lost += here
            if ended:
                break
        else:
            self._server.latency = 0.0
            self._judge_end(self._start(self._mode))
        asked = len(self._server.requests)
        if asked != self._cases + lost:
            self._wrong(f"{asked} requests for {self._cases} cases and {lost} lost")
        self._report.runs += 1
        self._report.requests += asked
        self._report.cases += self._cases

    def _start(self, mode: str) -> subprocess.Popen[bytes]:
        resume = [] if self._run is None or mode != self._mode else ["--evals-resume", "latest"]
        command = ["-m", "pytest", "-q", *ALONE, "--evals-mode", mode, *resume]
        return subprocess.Popen(
            [sys.executable, *command, "--evals-no-report"],
            cwd=self.project,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **ENV},
        )

    @property
    def _run(self) -> Path | None:
        """The folder of the newest run, of the mode that is killed."""
        manifest = self.project / "reports/runs/latest/run.json"
        if not manifest.exists() or json.loads(manifest.read_bytes())["mode"] != self._mode:
            return None
        return manifest.parent

    def _one_kill(self) -> tuple[bool, int]:
        """Start, kill at a random time, look; whether the run had ended, and what was lost."""
        before, asked_before = self._kept(), len(self._server.requests)
        process = self._start(self._mode)
        self._wait(process, asked_before)
        ended = process.poll() is not None
        if ended:
            self._judge_end(process)
            return True, 0
        process.kill()
        process.communicate()
        time.sleep(2 * LATENCY_S)  # what the service had in hand
        asked = [_number(body) for body in self._server.requests[asked_before:]]
        after = self._kept()
        self._look(before, after, asked)
        lost = len(asked) - len(after.keys() - before.keys())
        if not 0 <= lost <= IN_FLIGHT:
            self._wrong(f"{lost} requests lost by one kill")
        report = self._report
        report.kills += 1
        report.before_asking += not asked
        report.lost += lost
        report.most_lost = max(report.most_lost, lost)
        return False, lost

    def _wait(self, process: subprocess.Popen[bytes], asked: int) -> None:
        begun = time.monotonic()
        early = self._random.random() < 0.15
        delay = self._random.uniform(0, 2.0 if early else LONGEST_S)
        while not early and len(self._server.requests) == asked and process.poll() is None:
            time.sleep(0.002)
            if time.monotonic() > begun + 120:
                raise AssertionError("the recording asks nothing")
        time.sleep(delay)

    def _look(self, before: dict[int, bytes], after: dict[int, bytes], asked: list[int]) -> None:
        for number, data in before.items():
            if after.get(number) != data:
                self._wrong(f"the answer to {number} was kept, and is gone or another")
        for number in asked:
            if number in before:
                self._wrong(f"{number} was asked again, though its answer was kept")
        for found in damaged(self.project):
            self._wrong(found)
        self._report.leftovers += len(list(self.project.rglob(".*.tmp")))

    def _judge_end(self, process: subprocess.Popen[bytes]) -> None:
        output = process.communicate()[0].decode()
        if process.returncode != 0:
            self._wrong(f"status {process.returncode}: {output[-2000:]}")
            return
        assert self._run is not None
        run = Run(self._run)
        passed = {trial.case for trial in run.trials() if trial.outcome == "pass"}
        if not run.manifest.complete or len(passed) != self._cases:
            self._wrong(f"{len(passed)} cases passed, complete: {run.manifest.complete}")
        if run.manifest.counts != {"pass": self._cases}:
            self._wrong(f"the counts are {run.manifest.counts}")

    def _kept(self) -> dict[int, bytes]:
        """The answers that are kept of the run, by number of their case."""
        if self._mode == "record":
            paths = self.project.glob("cassettes/*/*.json")
            texts = (path.read_bytes() for path in paths)
            return {int(_NUMBER.findall(text.decode())[0]): text for text in texts}
        if self._run is None:
            return {}
        lines = Lines(sorted(self._run.glob("answers-*.jsonl")), AnswerLine)
        return {
            _number(line.request.body): read_at(spot)
            for spot, line in lines.spotted()
            if line.response is not None
        }

    def _wrong(self, what: str) -> None:
        self._report.problems.append(f"kill {self._report.kills}, {self.project.name}: {what}")


def _number(body: dict[str, object]) -> int:
    found = _NUMBER.search(json.dumps(body["messages"]))
    assert found is not None
    return int(found[1])
