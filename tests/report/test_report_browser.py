"""The page in Chromium: nothing is fetched or complained about, and it fits every width."""

from __future__ import annotations

from pathlib import Path

import pytest
import report_data as data

from evals.report.html import render
from evals.report.view import build

pytestmark = pytest.mark.browser

SCHEMES = ("light", "dark")


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    view = build(data.showcase(), requests=data.request)
    path.write_text(render(view), encoding="utf-8")
    return path


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", [320, 360, 700, 1000, 1440, 3840])
def test_nothing_is_fetched_logged_or_wider_than_the_window(
    browser, page_file: Path, width: int, scheme: str
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page_file.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert said == []
    assert asked == [page_file.as_uri()]
    page.close()


def test_a_choice_of_axis_needs_no_script(browser, page_file: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(page_file.as_uri())
    figure = page.locator("figure").first
    assert figure.locator(".c1").is_visible()
    figure.get_by_text("latency", exact=True).click()
    assert figure.locator(".c2").is_visible()
    assert not figure.locator(".c1").is_visible()
    context.close()


@pytest.mark.parametrize(("width", "in_drawing"), [(1440, True), (360, False)])
def test_names_of_points_stand_below_a_small_drawing(
    browser, page_file: Path, width: int, in_drawing: bool
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(page_file.as_uri())
    figure = page.locator("figure").last
    assert figure.locator("text.nm").first.is_visible() is in_drawing
    assert figure.locator(".lg").is_visible() is not in_drawing
    assert figure.locator(".lg span").count() == figure.locator("text.nm").count() > 1
    page.close()


def test_without_script_a_link_leads_to_the_case_and_marks_it(browser, page_file: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(page_file.as_uri())
    link = page.locator(".broke a").first
    name = link.inner_text()
    link.click()
    assert page.locator("article:target h3").inner_text() == name
    assert not page.locator(".tools").count()
    context.close()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_has_enough_contrast(browser, page_file: Path, scheme: str) -> None:
    """Every colour that text has, against the nearest background behind it: WCAG AA, 4.5."""
    page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme=scheme)
    page.goto(page_file.as_uri())
    worst = page.evaluate(
        """() => {
          const channel = v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
          const parts = c => c.match(/[\\d.]+/g).map(Number);
          const light = ([r, g, b]) => .2126*channel(r) + .7152*channel(g) + .0722*channel(b);
          const behind = e => {
            for (; e; e = e.parentElement) {
              const c = parts(getComputedStyle(e).backgroundColor);
              if (c.length < 4 || c[3] > 0) return c;
            }
            return [255, 255, 255];
          };
          let worst = [99, ''];
          for (const e of document.querySelectorAll('main *:not(svg):not(svg *)')) {
            if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
            const a = light(parts(getComputedStyle(e).color)), b = light(behind(e));
            const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
            if (ratio < worst[0]) worst = [ratio, e.outerHTML.slice(0, 120)];
          }
          return worst;
        }"""
    )
    assert worst[0] >= 4.5, worst[1]
    page.close()


def test_with_data_that_cannot_be_read_it_is_the_page_without_script(
    browser, page_file: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.html"
    text = page_file.read_text(encoding="utf-8")
    broken.write_text(text.replace('"gzip":"', '"gzip":"AAAA', 1), encoding="utf-8")
    page = browser.new_page()
    page.goto(broken.as_uri())
    page.locator("html:not(.loading):not(.js)").wait_for()
    assert page.locator(".grid.still").first.is_visible()
    assert page.locator("#details").is_visible()
    page.close()


def test_the_page_prints(browser, page_file: Path) -> None:
    page = browser.new_page()
    page.goto(page_file.as_uri())
    pdf = page.pdf(format="A4")
    assert pdf.startswith(b"%PDF")
    page.emulate_media(media="print")
    assert not page.locator(".bar").is_visible()
    assert page.locator("#verdict h1").is_visible()
    page.close()


def test_without_script_paper_has_the_worst_cases_and_says_so(browser, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(render(build(data.simple(data.failing(3), n_cases=20))), encoding="utf-8")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    assert not page.get_by_text("The first 13 of 20 cases.").is_visible()
    page.emulate_media(media="print")
    assert page.locator(".grid tbody tr:visible").count() == 13
    assert page.get_by_text("The first 13 of 20 cases.").is_visible()
    context.close()
