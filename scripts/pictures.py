"""Take the pictures of the docs from the example suites' page: `python scripts/pictures.py`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
REPORTS = ROOT / "reports"


def pages() -> Path:
    """Runs the example suites twice, so that the list of runs has something to draw."""
    for _ in range(2):
        subprocess.run([sys.executable, "-m", "pytest", "-q", "suites"], cwd=ROOT, check=True)
    return (REPORTS / "runs" / "latest" / "report.html").resolve()


def compared(earlier: str) -> Path:
    """The page of two runs: the bare question then, worked examples before it now."""
    page = REPORTS / "compared.html"
    sides = (f"{earlier}:question-warm", "latest:worked-warm")
    command = [Path(sys.executable).with_name("evals"), "compare", *sides, "-o", str(page)]
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "suites/arithmetic.eval.yaml"], cwd=ROOT, check=True
    )
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return page


def take(page: Any, name: str) -> None:
    page.wait_for_timeout(300)
    page.screenshot(path=IMAGES / f"{name}.png")
    print(f"docs/images/{name}.png")


def main() -> None:
    report = pages()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
            args=["--no-sandbox"],
        )
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(report.as_uri())
        page.wait_for_selector(".tools")
        take(page, "report")
        page.goto("about:blank")
        page.goto(f"{report.as_uri()}#suite=arithmetic&outcome=differ")
        page.wait_for_selector(".tools")
        page.locator("#suite-arithmetic-cases").evaluate("e => e.scrollIntoView()")
        take(page, "report-cases")
        page.goto("about:blank")
        page.goto(f"{report.as_uri()}#case=case-sentiment-film-negative&in=grouped")
        page.locator(".drawer summary", has_text="Tokens").click()
        take(page, "report-case")
        dark = browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme="dark")
        dark.goto(report.as_uri())
        dark.wait_for_selector(".tools")
        dark.locator("#suite-sentiment").evaluate("e => e.scrollIntoView()")
        take(dark, "report-dark")
        page.goto((REPORTS / "index.html").as_uri())
        take(page, "report-index")
        page.goto(compared(report.parent.name).as_uri())
        page.wait_for_selector(".tools")
        page.locator("#suite-arithmetic-changes").evaluate("e => e.scrollIntoView()")
        take(page, "report-compared")
        browser.close()


if __name__ == "__main__":
    main()
