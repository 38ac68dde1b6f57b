"""Measure the page of a large run: how it is made, how large it is, how soon it can be used.

python -m benchmarks.page                  # 10,000 cases in 4 columns
python -m benchmarks.page --cases 500      # whether it runs at all
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from evals.model import (
    Answer,
    Case,
    Check,
    Column,
    Manifest,
    Prompt,
    Suite,
    SuiteRecord,
    TrialResult,
    TrialTiming,
    Usage,
    Verdict,
)

RUN = "20261123T101500Z-page"
TARGETS = {"render": 10.0, "memory": 300.0, "size": 15.0, "first paint": 1.0, "filter": 0.1}
UNITS = {"render": "s", "memory": "MB", "size": "MB", "first paint": "s", "filter": "s"}
_TEXT = """
the customer asks for a refund because parcel arrived late and invoice shows another address
while support answered that order was paid twice by card last week
"""
_WORDS = _TEXT.split()


def suite(cases: int) -> Suite:
    check = Check(type="contains", options={"value": "refund"})
    return Suite(
        id="triage",
        path="suites/triage.eval.yaml",
        sha256="0" * 64,
        prompts=(Prompt(id="plain", messages=({"role": "user", "content": "{{ message }}"},)),),
        columns=tuple(
            Column(id=id, prompt="plain", setting=id, endpoint="local", parameters={"seed": place})
            for place, id in enumerate(("greedy", "warm", "examples", "reasoning"))
        ),
        reference="greedy",
        cases=tuple(
            Case(id=f"case-{i}", expected="refund", has_expected=True, checks=(check,),
                 misses="allowed", tags=(f"tag-{i % 7}",))
            for i in range(cases)
        ),
    )  # fmt: skip


def trials(of: Suite, rng: random.Random) -> Iterator[TrialResult]:
    """Every answer is another text of about 200 characters; one in ten fails."""
    for case in of.cases:
        question = " ".join(rng.choices(_WORDS, k=40))
        for column in of.columns:
            passed = rng.random() < 0.9
            text = " ".join(rng.choices(_WORDS, k=35))
            yield TrialResult(
                suite=of.id,
                case=case.id,
                prompt=column.prompt,
                setting=column.setting,
                column=column.id,
                sample=0,
                outcome="pass" if passed else "fail",
                passed=int(passed),
                score=float(passed),
                checks=(
                    Verdict(
                        type="contains",
                        passed=passed,
                        score=float(passed),
                        reason="found" if passed else f"refund is not in {text[:60]!r}",
                    ),
                ),
                asked=((f"{rng.getrandbits(128):032x}", 0),),
                source="recorded",
                completion=Answer(
                    text=text,
                    reasoning=None,
                    finish_reason="stop",
                    tool_calls=(),
                    model="model",
                    usage=Usage(prompt_tokens=60, completion_tokens=50, total_tokens=110),
                ),
                timing=TrialTiming(latency_s=rng.lognormvariate(0, 0.4)),
                vars={"message": question},
                expected=case.expected,
                tags=case.tags,
                case_hash=case.id,
            )


def write_run(root: Path, cases: int) -> Path:
    folder = root / "reports" / "runs" / RUN
    folder.mkdir(parents=True)
    made = suite(cases)
    manifest = Manifest(
        format=1,
        id=RUN,
        mode="replay",
        started="2026-11-23T10:15:00Z",
        ended="2026-11-23T10:15:04Z",
        complete=True,
        suites=(SuiteRecord(suite=made, selected=True),),
    )
    (folder / "run.json").write_bytes(msgspec.json.encode(manifest))
    with open(folder / "trials-0.jsonl", "wb") as file:
        for trial in trials(made, random.Random(7)):
            file.write(msgspec.json.encode(trial) + b"\n")
    (root / "pyproject.toml").write_text("[tool.evals]\n")
    return folder


def render(folder: Path, page: Path) -> tuple[float, float]:
    """Seconds and megabytes of `evals report`, as a process of its own."""
    code = "import sys; from evals.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "report", str(folder), "-o", str(page)]
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder.parents[2], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    took = time.perf_counter() - began
    if status:
        raise SystemExit(f"evals report ended with {os.waitstatus_to_exitcode(status)}")
    return took, usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)


_FILTER = """async ([selector, value]) => {
  const field = document.querySelector(selector);
  const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
  const began = performance.now();
  set.call(field, value);
  field.dispatchEvent(new Event('input', {bubbles: true}));
  await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  return (performance.now() - began) / 1000;
}"""
_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"


def look(page_file: Path) -> dict[str, float]:
    """In Chromium: first paint, until filters are there, and the slowest of some filters."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
            args=["--no-sandbox"],
        )
        found: list[dict[str, float]] = []
        for _ in range(3):
            page: Any = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(page_file.as_uri(), wait_until="commit")
            page.wait_for_selector(".tools", timeout=60_000)
            ready = page.evaluate("performance.now() / 1000")
            page.wait_for_timeout(1500)
            searched = ("parcel", "parcel arrived", "case-77", "nowhere", "")
            times = [page.evaluate(_FILTER, [".tools .find", text]) for text in searched]
            paint = page.evaluate(_PAINT)
            found.append({"first paint": paint, "usable": ready, "filter": max(times)})
            page.close()
        browser.close()
    return {name: min(one[name] for one in found) for name in found[0]}


def main() -> int:
    parser = argparse.ArgumentParser(description="The page of a large run, measured.")
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--keep", type=Path, help="keep the page there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = write_run(Path(name), options.cases)
        page = (options.keep or Path(name) / "page.html").resolve()
        took, memory = render(folder, page)
        found = {"render": took, "memory": memory, "size": page.stat().st_size / 1e6, **look(page)}
    print(f"{options.cases:,} cases in 4 columns")
    for what, value in found.items():
        target = TARGETS.get(what)
        told = f"  (< {target:g})" if target else ""
        print(f"{what:12} {value:8.3f} {UNITS.get(what, 's')}{told}")
    over = [what for what, target in TARGETS.items() if found[what] >= target]
    return len(over) if options.cases >= 10_000 else 0


if __name__ == "__main__":
    sys.exit(main())
