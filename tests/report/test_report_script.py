"""The page's script in Chromium: filters, cases, keys, copies, exports – and nothing else."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import report_data as data

from evals.model import Token, ToolCall, TrialResult
from evals.report.history import history_of
from evals.report.html import render, render_index
from evals.report.view import build

pytestmark = pytest.mark.browser

AXE = (Path(__file__).parent / "axe.min.js").read_text(encoding="utf-8")
AXE_FINDS = (
    "where => axe.run(where, {rules: {'target-size': {enabled: true}}}).then(r => "
    "r.violations.map(v => `${v.id}: ${v.nodes[0].html} ${v.nodes[0].failureSummary}`))"
)
HOSTILE = "</script><img src=x onerror=alert(1)> [x](javascript:alert(1)) \u202eback \x1b[31m"


def tokens(trial: TrialResult) -> list[Token] | None:
    """Answers of two tokens, nearly a tie between columns."""
    if trial.completion is None or not trial.completion.text:
        return None
    other = "no" if trial.completion.text == "yes" else "yes"
    top = ((trial.completion.text, math.log(0.5)), (other, math.log(0.4)))
    return [Token(token=trial.completion.text, logprob=math.log(0.5), top=top)]


def small() -> Any:
    """Columns that differ, samples that disagree, a tool call, reasoning and a hostile answer."""

    def answers(suite: Any) -> list[TrialResult]:
        trials = []
        for place, case in enumerate(suite.cases):
            for column in suite.columns:
                good = place > 2 or column.id == "warm"
                for sample in range(2):
                    passed = good and not (place == 5 and sample)
                    trials.append(
                        data.trial(
                            suite, case, column, sample,
                            passed=passed, text="yes" if passed else "no", latency_s=place + 1.0,
                            reasoning="Because of the moon." if place == 4 else None,
                            tool_calls=(ToolCall(name="look", arguments='{"at": 1}'),)
                            if place == 4 else (),
                        )
                    )  # fmt: skip
        trials[0] = data.trial(
            suite, suite.cases[0], suite.columns[0], 0, passed=False, text=HOSTILE, reason=HOSTILE
        )
        return trials

    tags = ("odd", "even")
    cases = [
        data.case(f"case-{i}", expected="yes please", tags=(tags[i % 2],), misses="allowed")
        for i in range(8)
    ]
    columns = [
        data.column("greedy", temperature=0, logprobs=True),
        data.column("warm", temperature=1, logprobs=True),
    ]
    return data.simple(answers, cases=cases, columns=columns, gates=[data.HALF])


@pytest.fixture(scope="module")
def small_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("small") / "report.html"
    view = build(small(), requests=data.request, tokens=tokens)
    path.write_text(render(view), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def showcase_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("showcase") / "report.html"
    path.write_text(render(build(data.showcase(), requests=data.request)), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def context(browser: Any) -> Iterator[Any]:
    made = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    made.set_default_timeout(5000)
    made.grant_permissions(["clipboard-read", "clipboard-write"])
    yield made
    made.close()


@pytest.fixture
def opened(context: Any) -> Iterator[Callable[..., Any]]:
    """Opens a page; at the end nothing may have been said, and nothing asked but the file."""
    pages, said, asked = [], [], []

    def opener(path: Path, fragment: str = "") -> Any:
        page = context.new_page()
        pages.append(page)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{path.as_uri()}{fragment}")
        page.wait_for_selector(".tools")
        return page

    yield opener
    for page in pages:
        page.close()
    assert said == []
    assert [url for url in asked if not url.startswith(("file:", "blob:", "data:"))] == []


def ids(page: Any) -> list[str]:
    return page.locator(".grid .c1 a").all_inner_texts()


def fragment(page: Any) -> str:
    return page.url.partition("#")[2]


# ------------------------------------------------------------------------------------ filters


def test_outcomes_narrow_the_grid_and_stand_in_the_address(opened, small_file: Path) -> None:
    page = opened(small_file)
    assert len(ids(page)) == 8
    page.locator(".tools").get_by_role("button", name="Fail").click()
    assert sorted(ids(page)) == ["case-0", "case-1", "case-2"]
    assert fragment(page) == "outcome=fail"
    assert page.locator(".count").inner_text() == "3 of 8 shown"
    page.locator(".tools").get_by_role("button", name="Disagree").click()
    assert ids(page) == ["case-5"]
    page.get_by_role("button", name="Clear").click()
    assert len(ids(page)) == 8
    assert fragment(page) == ""


def test_a_column_a_tag_and_a_text_narrow_it_further(opened, small_file: Path) -> None:
    page = opened(small_file)
    page.get_by_label("Column", exact=True).select_option("warm")
    page.get_by_role("button", name="Pass 7").click()
    assert len(ids(page)) == 7
    page.get_by_label("Tag", exact=True).select_option("even")
    assert sorted(ids(page)) == ["case-1", "case-3", "case-7"]
    page.get_by_label("Search in cases").fill("What is CASE-3")
    assert ids(page) == ["case-3"]
    assert fragment(page) == "outcome=pass&setting=warm&tag=even&q=What+is+CASE-3"


def test_what_no_case_has_offers_to_clear(opened, small_file: Path) -> None:
    page = opened(small_file)
    page.get_by_label("Search in cases").fill("nowhere")
    assert page.locator(".nohit").is_visible()
    page.get_by_role("button", name="Clear the filter").click()
    assert len(ids(page)) == 8


def test_an_address_restores_the_view(opened, small_file: Path) -> None:
    page = opened(small_file, "#outcome=fail&q=/case-[12]/&sort=name&hide=warm")
    page.locator(".count", has_text="2 of 8 shown").wait_for()
    assert ids(page) == ["case-1", "case-2"]
    assert page.locator(".grid thead th").count() == 3
    assert page.get_by_label("Search in cases").input_value() == "/case-[12]/"


def test_back_and_reload_lead_to_what_was_shown(opened, small_file: Path) -> None:
    page = opened(small_file)
    page.locator(".chip", has_text="Fail").click()
    page.get_by_label("Search in cases").press_sequentially("case-1")
    page.locator(".grid .c1 a").first.click()
    page.locator(".drawer h3", has_text="case-1").wait_for()
    page.reload()
    page.locator(".drawer h3", has_text="case-1").wait_for()
    page.go_back()
    page.locator(".drawer h3").wait_for(state="detached")
    assert (fragment(page), ids(page)) == ("outcome=fail&q=case-1", ["case-1"])
    page.go_back()
    page.locator(".count", has_text="3 of 8 shown").wait_for()
    assert fragment(page) == "outcome=fail"
    page.go_back()
    page.locator(".count", has_text="8 of 8 shown").wait_for()
    assert fragment(page) == ""


def test_filters_and_names_of_columns_stay_in_view(opened, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(render(build(data.simple(data.all_pass, n_cases=80))), encoding="utf-8")
    page = opened(path)
    page.locator("tr[data-index='60']").evaluate("e => e.scrollIntoView({block: 'center'})")
    tops = page.evaluate(
        "['.bar', '.tools', '.grid thead th'].map(one => document.querySelector(one)"
        ".getBoundingClientRect()).map(({top, bottom}) => [Math.round(top), Math.round(bottom)])"
    )
    (_, bar), (tools, below), (head, end) = tops
    assert (abs(tools - bar) <= 2, abs(head - below) <= 2, end < 200) == (True, True, True)
    for at, key in enumerate("j" * 61 + "k" * 40):
        page.keyboard.press(key)
        row = at if key == "j" else 120 - at
        page.locator(f"tr.cur[data-index='{row}']").wait_for()
    page.locator("tr.cur a:focus").wait_for()
    assert page.locator("tr.cur").evaluate("e => e.getBoundingClientRect().top") >= end - 1


def test_a_regular_expression_that_takes_too_long_is_ended(opened, small_file: Path) -> None:
    page = opened(small_file)
    field = page.get_by_label("Search in cases")
    field.fill("/(.*.*.*.*.*.*.*.*)*[^]{9000}/")
    page.wait_for_selector(".problem")
    assert "stopped after 200 ms" in page.locator(".problem").inner_text()
    assert field.get_attribute("aria-invalid") == "true"
    field.fill("/(/")
    assert "no valid regular expression" in page.locator(".problem").inner_text()
    field.press("Escape")
    assert len(ids(page)) == 8


def test_a_metric_below_a_limit(opened, tmp_path: Path) -> None:
    def answers(suite: Any) -> list[TrialResult]:
        from evals.model import Verdict

        return [
            data.trial(
                suite, case, suite.columns[0],
                checks=(Verdict(type="x", passed=True, score=i / 10, reason="", metric="fit"),),
            )
            for i, case in enumerate(suite.cases)
        ]  # fmt: skip

    path = tmp_path / "report.html"
    path.write_text(render(build(data.simple(answers, n_cases=8))), encoding="utf-8")
    page = opened(path)
    page.get_by_label("Metric", exact=True).select_option("fit")
    assert sorted(ids(page)) == [f"case-{i}" for i in range(5)]
    page.get_by_label("Limit").fill("0.2")
    assert sorted(ids(page)) == ["case-0", "case-1"]
    assert fragment(page) == "metric=fit%3C0.2"
    page.get_by_label("Order").select_option("metric:fit")
    assert ids(page) == ["case-0", "case-1"]


def test_the_order_and_the_columns_can_be_chosen(opened, small_file: Path) -> None:
    page = opened(small_file)
    page.locator(".grid .c1 .sort").click()
    assert ids(page) == [f"case-{i}" for i in range(8)]
    page.get_by_label("Order").select_option("latency")
    assert ids(page)[0] == "case-7"
    page.locator(".grid thead").get_by_role("button", name="warm").click()
    assert fragment(page) == "sort=latency%40warm"
    page.locator(".pick summary").click()
    page.locator(".pick label", has_text="greedy").locator("input").uncheck()
    heads = page.locator(".grid thead th").all_inner_texts()
    assert [head.strip() for head in heads[1:]] == ["Expected", "warm ↓"]


def test_what_failed_and_weak_tags_lead_to_their_cases(opened, showcase_file: Path) -> None:
    page = opened(showcase_file)
    page.locator("#verdict .links a", has_text="support-triage").click()
    assert fragment(page) == "suite=support-triage&outcome=bad"
    page.locator(".tags tbody button", has_text="ambiguous").first.click()
    assert fragment(page) == "suite=support-triage&tag=ambiguous"
    grid = page.locator("#suite-support-triage-cases")
    rows = grid.locator("tbody tr[data-index]")
    assert rows.count() == rows.filter(has_text="ambiguous").count() > 0


# ------------------------------------------------------------------------------------ a case


def test_a_case_opens_with_prompt_answers_checks_and_command(opened, small_file: Path) -> None:
    page = opened(small_file)
    page.locator(".grid .c1 a", has_text="case-1").click()
    drawer = page.locator(".drawer")
    assert drawer.locator("h3").inner_text() == "case-1"
    assert page.evaluate("document.activeElement.id") == "case-title"
    told = drawer.inner_text()
    assert "What is case-1?" in told
    assert "2 samples agree: #0, #1" in told
    assert "5 is not in the answer" in told
    assert 'pytest "suites/arithmetic.eval.yaml::case-1[greedy]"' in told
    assert fragment(page) == "case=case-arithmetic-case-1"
    page.keyboard.press("Escape")
    drawer.wait_for(state="hidden")
    page.wait_for_url(lambda url: "#case=" not in url)


def test_a_link_to_a_case_opens_it(opened, small_file: Path) -> None:
    page = opened(small_file, "#case-arithmetic-case-4")
    assert page.locator(".drawer h3").inner_text() == "case-4"
    assert "look" in page.locator(".call").first.inner_text()
    page.locator(".drawer .rs summary").first.click()
    assert "Because of the moon." in page.locator(".drawer .rs").first.inner_text()


def test_differences_are_words(opened, small_file: Path) -> None:
    page = opened(small_file, "#case=case-arithmetic-case-1&in=greedy")
    page.locator(".dopt select").select_option("1")
    assert "hardly a word in common" in page.locator(".drawer").inner_text()
    assert "Nearly a tie: here “no” had p 0.500, “yes” 0.400" in page.locator(".parts").inner_text()
    page.keyboard.press("2")
    assert page.get_by_role("tab", name="warm").get_attribute("aria-selected") == "true"
    assert fragment(page).endswith("&in=warm")


def test_struck_and_underlined_words_say_what_differs(opened, tmp_path: Path) -> None:
    def answers(suite: Any) -> list[TrialResult]:
        return [
            data.trial(
                suite, suite.cases[0], suite.columns[0], passed=False, text="Rome is the capital"
            )
        ]

    path = tmp_path / "report.html"
    cases = [data.case("one", expected="Paris is the capital")]
    path.write_text(render(build(data.simple(answers, cases=cases))), encoding="utf-8")
    page = opened(path, "#case=case-arithmetic-one")
    assert page.locator(".said del").inner_text() == "Paris"
    assert page.locator(".said ins").inner_text() == "Rome"


def test_tokens_tell_their_alternatives_by_keyboard(opened, small_file: Path) -> None:
    page = opened(small_file, "#case=case-arithmetic-case-1")
    page.locator(".drawer summary", has_text="Tokens").first.click()
    page.locator(".toks").first.press("ArrowRight")
    assert page.locator(".readout tbody tr").all_inner_texts() == [
        "no chosen\t0.500\t",
        "yes\t0.400\t",
    ]


def test_copies_are_a_command_a_request_and_the_raw_samples(opened, small_file: Path) -> None:
    page = opened(small_file, "#case=case-arithmetic-case-1")
    pasted = "navigator.clipboard.readText()"
    page.locator("[data-copy='Run just this case']").click()
    assert page.evaluate(pasted) == 'pytest "suites/arithmetic.eval.yaml::case-1[greedy]"'
    page.locator("summary", has_text="exact request").click()
    page.locator("[data-copy='With curl']").click()
    command = page.evaluate(pasted)
    assert command.startswith("curl 'http://127.0.0.1:8080/v1/chat/completions'")
    assert "Bearer" not in command
    assert json.loads(command.splitlines()[-2])["messages"][1]["content"] == "What is case-1?"
    page.locator("summary", has_text="Raw JSON").click()
    page.locator("[data-copy='All samples']").click()
    assert [one["text"] for one in json.loads(page.evaluate(pasted))["trials"]] == ["no", "no"]


def test_what_a_model_wrote_stays_text(opened, small_file: Path) -> None:
    page = opened(small_file, "#case=case-arithmetic-case-0")
    assert "</script><img src=x onerror=alert(1)>" in page.locator(".said").first.inner_text()
    assert "[U+202E]back [ESC][31m" in page.locator(".said").first.inner_text()
    assert page.locator("img, .drawer a").count() == 0


# ------------------------------------------------------------------------------------ keyboard


def test_keys_alone_lead_to_a_failure_and_back(opened, small_file: Path) -> None:
    page = opened(small_file)
    page.keyboard.press("f")
    page.locator(".grid a:focus").wait_for()
    first = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    assert page.locator(".drawer h3").inner_text() == first
    page.keyboard.press("j")
    assert page.locator(".drawer h3").inner_text() == ids(page)[1]
    page.keyboard.press("k")
    page.keyboard.press("Escape")
    page.locator(".grid a:focus").wait_for()
    assert page.evaluate("document.activeElement.textContent") == first
    page.keyboard.press("/")
    page.keyboard.type("jk?")
    assert fragment(page) == "q=jk%3F"


def test_after_walking_through_cases_the_focus_is_on_the_last(opened, small_file: Path) -> None:
    page = opened(small_file)
    page.locator(".grid .c1 a", has_text="case-0").click()
    for _ in range(3):
        page.keyboard.press("j")
    name = page.locator(".drawer h3").inner_text()
    page.keyboard.press("Escape")
    page.locator(".grid a:focus", has_text=name).wait_for()


def test_the_map_of_keys_and_switching_them_off(opened, small_file: Path) -> None:
    page = opened(small_file)
    page.keyboard.press("?")
    assert page.locator(".help").is_visible()
    assert page.locator(".help tbody tr").count() >= 10
    page.get_by_label("Single keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    assert page.locator("tr.cur").count() == 0


def test_the_theme_can_be_chosen(opened, small_file: Path) -> None:
    page = opened(small_file)
    page.keyboard.press("t")
    page.keyboard.press("t")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 20, 23)"
    page.keyboard.press("t")
    assert page.locator("#theme").inner_text() == "Theme: auto"


# ------------------------------------------------------------------------------------ exports


def saved(page: Any, act: Callable[[], None]) -> bytes:
    with page.expect_download() as waiting:
        act()
    return Path(waiting.value.path()).read_bytes()


def test_the_filtered_cases_as_csv(opened, small_file: Path) -> None:
    page = opened(small_file, "#outcome=flaky")
    text = saved(page, lambda: page.locator(".tools").get_by_role("button", name="CSV").click())
    rows = list(csv.DictReader(io.StringIO(text.decode())))
    assert [(row["case"], row["column"], row["outcome"]) for row in rows] == [
        ("case-5", "greedy", "pass"), ("case-5", "greedy", "fail"),
        ("case-5", "warm", "pass"), ("case-5", "warm", "fail"),
    ]  # fmt: skip


def test_a_table_as_csv_and_a_chart_as_svg_and_png(opened, showcase_file: Path) -> None:
    page = opened(showcase_file)
    button = page.get_by_role("button", name="Save “Columns of support-triage” as CSV")
    rows = list(csv.reader(io.StringIO(saved(page, button.click).decode())))
    assert rows[0][0] == "Column"
    assert "greedy" in rows[1][0]
    chart = page.locator("figure").first
    svg = saved(page, chart.get_by_role("button", name="SVG").first.click)
    assert svg.startswith(b"<svg")
    assert b"class=" not in svg
    assert saved(page, chart.get_by_role("button", name="PNG").first.click).startswith(b"\x89PNG")


# ------------------------------------------------------------------------------------ everybody


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Any, small_file: Path, scheme: str) -> None:
    context = browser.new_context(
        bypass_csp=True, color_scheme=scheme, viewport={"width": 1440, "height": 900}
    )
    page = context.new_page()
    page.goto(small_file.as_uri())
    page.wait_for_selector(".tools")
    page.evaluate(AXE)
    assert page.evaluate(AXE_FINDS, "html") == []
    page.locator(".grid .c1 a").first.click()
    page.wait_for_selector(".drawer[open]")
    for folded in page.locator(".drawer summary").all():
        folded.click()
    assert page.evaluate(AXE_FINDS, ".drawer") == []
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert page.evaluate(AXE_FINDS, ".help") == []
    context.close()


def test_axe_finds_nothing_on_a_phone(browser: Any, showcase_file: Path) -> None:
    context = browser.new_context(bypass_csp=True, viewport={"width": 360, "height": 800})
    page = context.new_page()
    page.goto(showcase_file.as_uri())
    page.wait_for_selector(".tools")
    page.evaluate(AXE)
    assert page.evaluate(AXE_FINDS, "html") == []
    context.close()


def test_axe_finds_nothing_in_the_list_of_runs(browser: Any, tmp_path: Path) -> None:
    summary = build(data.showcase()).summary
    assert summary is not None
    runs = [msgspec.structs.replace(summary, id=f"2026112{at}T1", page="x.html") for at in range(3)]
    path = tmp_path / "index.html"
    path.write_text(render_index(history_of(runs, 3, base="runs")), encoding="utf-8")
    context = browser.new_context(bypass_csp=True, viewport={"width": 320, "height": 900})
    page = context.new_page()
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.set_viewport_size({"width": 1440, "height": 900})
    page.evaluate(AXE)
    found = "axe.run().then(r => r.violations.map(v => v.id + v.nodes[0].html))"
    assert page.evaluate(found) == []
    context.close()


@pytest.mark.parametrize("width", [320, 1440, 3840])
def test_an_open_case_is_never_wider_than_the_window(opened, small_file: Path, width: int) -> None:
    page = opened(small_file, "#case=case-arithmetic-case-0")
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("(e => e.scrollWidth <= e.clientWidth)(document.querySelector('.drawer'))")


def test_the_page_prints_with_its_script(opened, showcase_file: Path) -> None:
    page = opened(showcase_file)
    page.emulate_media(media="print")
    assert not page.locator(".tools").first.is_visible()
    assert not page.locator(".exports").first.is_visible()
    assert page.locator("#details article").first.is_visible()
    page.locator(".note", has_text="The first 13 of 60 cases.").wait_for()
    assert page.locator(".grid").first.locator("tbody tr").count() == 13


def test_of_many_cases_those_in_view_are_drawn(opened, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(render(build(data.simple(data.all_pass, n_cases=1500))), encoding="utf-8")
    page = opened(path)
    drawn = page.locator(".grid tbody tr[data-index]")
    assert drawn.count() < 150
    assert page.locator(".grid").get_attribute("aria-rowcount") == "1501"
    page.locator(".grid").evaluate("e => scrollTo(0, e.getBoundingClientRect().bottom)")
    page.wait_for_selector("tr[data-index='1499']")
    page.get_by_label("Search in cases").fill("case-777")
    assert ids(page) == ["case-777"]
