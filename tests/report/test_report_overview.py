"""The overview above the cases: what its bars tell, and that each opens its case."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import report_data as data

from evals.model import TrialResult
from evals.report.html import render

AXE = (Path(__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def answers(suite: Any) -> list[TrialResult]:
    """Of twenty cases the first three fail when greedy, and the fourth disagrees when warm."""
    return [
        data.trial(
            suite,
            case,
            column,
            sample,
            passed=not (place < 3 and column.id == "greedy") and not (place == 3 and sample),
        )
        for place, case in enumerate(suite.cases)
        for column in suite.columns
        for sample in range(2 if column.id == "warm" else 1)
    ]


def two_columns(n_cases: int = 20) -> Any:
    columns = [data.column("greedy", temperature=0), data.column("warm", temperature=1)]
    return data.simple(answers, n_cases=n_cases, columns=columns)


def test_the_page_knows_which_case_each_bar_is() -> None:
    suite = data.view_of(two_columns()).data.suites[0]
    assert [suite.cases[place].id for place in suite.strip][:4] == [f"case-{i}" for i in range(4)]
    assert sorted(suite.strip) == list(range(20))


def test_bars_of_cases_that_the_page_does_not_hold_say_so(monkeypatch: Any) -> None:
    monkeypatch.setattr("evals.report.view.HELD_UP_TO", 10)
    monkeypatch.setattr("evals.report.cases.SAMPLE_OF_PASSES", 2)
    suite = data.view_of(two_columns()).data.suites[0]
    assert len(suite.strip) == 20
    assert suite.strip.count(-1) == 20 - len(suite.cases) > 0


def test_few_cases_need_no_overview() -> None:
    view = data.view_of(two_columns(11))
    assert view.chapters[0].cases.strips == ()
    assert view.data.suites[0].strip == ()


# ------------------------------------------------------------------------------------ Chromium


@pytest.fixture(scope="module")
def overview_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("overview") / "report.html"
    path.write_text(render(data.view_of(two_columns())), encoding="utf-8")
    return path


@pytest.fixture
def opened(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens the page; nothing may be logged."""
    contexts, said = [], []

    def opener(path: Path, **options: Any) -> Any:
        context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}} | options)
        contexts.append(context)
        context.set_default_timeout(5000)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(path.as_uri())
        return page

    yield opener
    for context in contexts:
        context.close()
    assert said == []


def middle(page: Any, bar: int, *, of: int = 20, strip: int = 0) -> dict[str, float]:
    """Where a bar is, within its strip."""
    box = page.locator(".bars > svg").nth(strip).bounding_box()
    return {"x": box["width"] * (bar + 0.5) / of, "y": 10}


def told(page: Any) -> str:
    return " ".join(page.locator(".told").inner_text().split())


@pytest.mark.browser
def test_a_bar_tells_its_case_and_a_click_opens_it_in_that_column(
    opened: Any, overview_file: Path
) -> None:
    page = opened(overview_file)
    page.wait_for_selector(".scan")
    strip = page.locator(".bars > svg").nth(1)
    strip.hover(position=middle(page, 2))
    assert told(page) == "case-2 greedy fail warm pass Open"
    strip.hover(position=middle(page, 3))
    assert told(page) == "case-3 greedy pass warm samples disagree, 1/2 Open"
    strip.click(position=middle(page, 2))
    assert page.locator(".drawer h3").inner_text() == "case-2"
    assert page.url.endswith("&in=warm")
    page.keyboard.press("Escape")
    page.locator(".drawer").wait_for(state="hidden")
    assert page.evaluate("document.activeElement.type") == "range"


@pytest.mark.browser
def test_keys_move_along_the_bars_and_enter_opens_the_case(
    opened: Any, overview_file: Path
) -> None:
    page = opened(overview_file)
    bars = page.get_by_role("slider", name="Cases of arithmetic, hardest first")
    bars.focus()
    assert bars.get_attribute("aria-valuetext") == "case-0: greedy fail; warm pass"
    page.keyboard.press("ArrowRight")
    assert told(page).startswith("case-1 greedy fail")
    page.keyboard.press("Enter")
    assert page.locator(".drawer h3").inner_text() == "case-1"
    page.keyboard.press("Escape")
    page.wait_for_url(lambda url: "#case=" not in url)
    page.keyboard.press("End")
    assert bars.get_attribute("aria-valuetext") == "case-19: greedy pass; warm pass"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator(".drawer h3").inner_text() == "case-19"


@pytest.mark.browser
def test_a_case_opened_right_after_another_was_closed_stays_open(
    opened: Any, overview_file: Path
) -> None:
    page = opened(overview_file)
    page.get_by_role("slider").focus()
    page.keyboard.press("Enter")
    page.locator(".drawer h3", has_text="case-0").wait_for()
    page.evaluate(
        """() => {
          document.querySelector('.drawer').close();
          document.querySelector('.grid tbody tr:nth-child(9) a').click();
        }"""
    )
    page.wait_for_timeout(200)
    assert page.locator(".drawer h3").inner_text() == "case-8"


@pytest.mark.browser
def test_a_finger_chooses_a_bar_and_a_button_opens_its_case(
    opened: Any, overview_file: Path
) -> None:
    page = opened(overview_file, viewport={"width": 360, "height": 800}, has_touch=True)
    page.wait_for_selector(".scan")
    page.locator(".bars > svg").first.tap(position=middle(page, 1))
    assert told(page).startswith("case-1 greedy fail")
    assert not page.locator(".drawer[open]").count()
    button = page.get_by_role("button", name="Open case-1", exact=True)
    assert button.bounding_box()["height"] >= 36
    button.tap()
    assert page.locator(".drawer h3").inner_text() == "case-1"


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 1440, 3840])
def test_the_pointer_below_stands_under_its_bar(
    opened: Any, overview_file: Path, width: int
) -> None:
    """A press below a bar chooses that bar, at both ends as in the middle."""
    page = opened(overview_file, viewport={"width": width, "height": 900})
    page.wait_for_selector(".scan")
    page.locator(".bars").evaluate("e => e.scrollIntoView()")
    box = page.locator(".bars > svg").first.bounding_box()
    line = page.locator(".scan input").bounding_box()
    for bar in (0, 9, 19):
        x = box["x"] + middle(page, bar)["x"]
        page.mouse.click(x, line["y"] + line["height"] / 2)
        assert told(page).startswith(f"case-{bar} ")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
def test_of_many_cases_a_bar_is_a_group_that_opens_its_hardest(opened: Any, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(render(data.view_of(two_columns(1000))), encoding="utf-8")
    page = opened(path)
    bars = page.get_by_role("slider")
    bars.focus()
    assert told(page) == ("Cases 1 to 2 of 1,000 greedy 2 fail warm 2 pass Open case-0")
    page.keyboard.press("ArrowRight")
    assert "Cases 3 to 5 of 1,000: greedy 2 pass, 1 fail" in bars.get_attribute("aria-valuetext")
    page.keyboard.press("Enter")
    assert page.locator(".drawer h3").inner_text() == "case-2"


@pytest.mark.browser
def test_axe_finds_nothing_in_the_overview(opened: Any, overview_file: Path) -> None:
    page = opened(overview_file, bypass_csp=True)
    page.get_by_role("slider").focus()
    page.evaluate(AXE)
    found = page.evaluate(
        "axe.run('.barcode').then(r => r.violations.map(v => v.id + v.nodes[0].html))"
    )
    assert found == []


@pytest.mark.browser
def test_paper_and_a_page_without_script_have_bars_alone(opened: Any, overview_file: Path) -> None:
    page = opened(overview_file)
    page.get_by_role("slider").focus()
    page.emulate_media(media="print")
    assert page.locator(".bars > svg").first.is_visible()
    assert not page.locator(".scan, .bars .at").locator("visible=true").count()
    plain = opened(overview_file, java_script_enabled=False)
    assert plain.locator(".bars > svg").count() == 2
    assert "hardest on the left" in plain.locator(".read").inner_text()
    assert not plain.locator(".scan").count()
