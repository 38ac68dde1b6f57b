"""The page: one file, nothing loaded, and what a model wrote stays text."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
import report_data as data

from evals.model import Comparison, Gate, Suite, ToolCall, TrialResult
from evals.report.html import render
from evals.report.view import build

HOSTILE = [
    "<script>alert(1)</script>",
    "</script></style></title><img src=x onerror=alert(1)>",
    "[click](javascript:alert(1)) <a href='javascript:alert(1)'>x</a>",
    "\u202egnp.exe \u2066isolated\u2069",
    "\x1b[31mred\x1b[0m \x07 \x9b31m \x00",
    "x" * 1_000_000,
    "' onmouseover='alert(1)' style='position:fixed",
    "{{ 7 * 7 }}{% raw %}",
    "\ud800 lone",
]
VOID = {"meta", "input", "br", "path", "rect", "circle", "use", "img", "link"}


class Page(HTMLParser):
    """A page's elements, with what is not closed as it was opened."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.data = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, text: str) -> None:
        if self.open and self.open[-1] == "script":
            scripts = [attributes for tag, attributes in self.elements if tag == "script"]
            if scripts[-1].get("id") == "data":
                self.data += text
            return
        self.texts.append(text)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def hostile(text: str) -> Comparison:
    """A run in which everything that a stranger may write is `text`."""

    def answers(suite: Suite) -> list[TrialResult]:
        return [
            data.trial(
                suite, case, column, passed=False, text=text, reason=text, reasoning=text,
                model=text, finish_reason=text,
                tool_calls=(ToolCall(name=text, arguments=text),),
            )
            for case in suite.cases
            for column in suite.columns
        ]  # fmt: skip

    cases = [
        data.case(f"c{i} {text[:99]}", vars={"question": text}, expected=text) for i in range(2)
    ]
    columns = [data.column("a", stop=text), data.column(f"b {text[:99]}", prompt=text)]
    gates = [Gate(text=f"accuracy >= 0.5 {text[:99]}", metric="accuracy", op=">=", limit=0.5)]
    return data.simple(answers, cases=cases, columns=columns, gates=gates)


def page_of(comparison: Comparison) -> str:
    return render(build(comparison, requests=data.request))


@pytest.fixture(scope="module")
def showcase() -> str:
    return page_of(data.showcase())


@pytest.fixture(scope="module")
def elements(showcase: str) -> Page:
    return Page(showcase)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:12]))
def test_what_a_stranger_wrote_is_text(text: str) -> None:
    written = page_of(hostile(text))
    page = Page(written)
    assert page.wrong == []
    assert [a.get("type") for a in page.all("script")] == [None, "application/json", None]
    assert not re.search("[<>&]", page.data)
    assert not page.all("img")
    assert len(page.all("style")) == 1
    assert all((a["href"] or "").startswith("#") for a in page.all("a"))
    assert not any(
        name.startswith("on") or name == "style" for _, attrs in page.elements for name in attrs
    )
    assert not re.search(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", written
    )
    assert len(written) < 400_000


def test_an_answer_is_shown_as_it_was_written() -> None:
    page = Page(page_of(hostile("</script><b>bold</b> & \u202eback")))
    assert "</script><b>bold</b> & [U+202E]back" in page.texts


def sha256(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def test_the_policy_allows_the_one_style_and_its_scripts(showcase: str) -> None:
    style = re.findall(r"<style>(.*?)</style>", showcase, re.DOTALL)
    script = re.findall(r"<script>(.*?)</script>", showcase, re.DOTALL)
    assert (len(style), len(script)) == (1, 2)
    policy = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', showcase)
    assert html.unescape(policy[0]).split("; ") == [
        "default-src 'none'",
        f"style-src '{sha256(style[0])}'",
        f"script-src '{sha256(script[0])}' '{sha256(script[1])}'",
        "worker-src blob:",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types evals",
    ]


def unpacked(page: Page) -> bytes:
    packed = json.loads(page.data)
    plain = gzip.decompress(base64.b64decode(packed["gzip"]))
    assert len(plain) == packed["size"]
    return plain


def test_the_data_hold_every_answer_once() -> None:
    def answers(suite: Suite) -> list[TrialResult]:
        return [
            data.trial(suite, case, column, text="a very particular answer")
            for case in suite.cases
            for column in suite.columns
        ]

    plain = unpacked(Page(page_of(data.simple(answers, n_cases=20))))
    assert plain.count(b"a very particular answer") == 1
    assert len(json.loads(plain)["suites"][0]["cases"]) == 20


def test_what_must_not_be_written_is_in_neither_page_nor_data() -> None:
    view = build(data.simple(data.failing(1)), requests=data.request)
    page = render(view, redact=lambda text: text.replace("six", "[secret:KEY]"))
    assert "six" not in re.sub("<script.*?</script>", "", page, flags=re.DOTALL)
    assert b"six" not in unpacked(Page(page))
    assert b"[secret:KEY]" in unpacked(Page(page))


def test_nothing_is_loaded_from_anywhere(showcase: str, elements: Page) -> None:
    assert not {tag for tag, _ in elements.elements} & {"link", "img", "iframe", "object"}
    assert not any(
        "src" in attributes or "style" in attributes for _, attributes in elements.elements
    )
    style = re.findall(r"<style>(.*?)</style>", showcase, re.DOTALL)[0]
    assert "url(" not in style
    assert "@import" not in style


def test_every_element_is_closed_and_every_link_leads_somewhere(elements: Page) -> None:
    assert elements.wrong == []
    assert elements.open == []
    ids = [attributes["id"] for _, attributes in elements.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = [attributes["href"] for _, attributes in elements.elements if "href" in attributes]
    assert targets
    assert {f"#{id}" for id in ids} >= set(targets)


def test_tables_have_captions_and_scopes(elements: Page) -> None:
    assert len(elements.all("caption")) == len(elements.all("table"))
    assert all(attributes.get("scope") in ("col", "row") for attributes in elements.all("th"))


def test_headings_leave_no_level_out(elements: Page) -> None:
    levels = [int(tag[1]) for tag, _ in elements.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_the_tab_says_what_the_verdict_says(showcase: str) -> None:
    title = re.findall("<title>(.*?)</title>", showcase)
    assert title == ["Failed: 2 of 9 gates: 3 suites"]


def test_models_texts_know_their_direction(showcase: str) -> None:
    assert re.search(r'<bdi dir="auto">\{&#34;queue', showcase)
    assert not re.search(r"<pre>\{&#34;queue", showcase)


def test_the_same_view_gives_the_same_page() -> None:
    view = build(data.simple(data.all_pass))
    assert render(view) == render(view)


def test_a_thousand_cases_stay_small() -> None:
    page = page_of(data.simple(data.all_pass, n_cases=1000))
    assert len(page.encode()) < 1_700_000


def test_two_runs_and_empty_runs_render() -> None:
    for comparison in (
        data.compare([], []),
        data.simple(lambda suite: []),
        data.simple(data.all_pass),
    ):
        assert Page(page_of(comparison)).wrong == []
