"""Prompts: texts, messages and files, checked before anything is asked."""

from __future__ import annotations

from typing import Any

import pytest

TESTS = "\ntests: [{vars: {q: Hi}, expected: Hello}]\n"


def prompts(bench: Any, text: str, files: Any = None) -> Any:
    return bench.load(text + TESTS, files).suite.prompts


def said(bench: Any, text: str, files: Any = None) -> str:
    return "\n".join(bench.mistakes(text + TESTS, files))


def test_the_forms_of_a_prompt(bench: Any) -> None:
    found = prompts(
        bench,
        """
prompts:
  - "{{ q }}"
  - {id: t, description: Shorter, template: "{{ q }}?"}
  - id: m
    messages:
      - {content: "{{ q }}", role: user}
      - {role: assistant, content: null, tool_calls: [{id: x}]}
      - {role: tool, tool_call_id: x, content: 5 km}
  - {id: raw, template: "{{ not rendered }", render: false}
""",
    )
    assert [prompt.id for prompt in found] == ["prompt-1", "t", "m", "raw"]
    assert found[0].messages == ({"role": "user", "content": "{{ q }}"},)
    assert found[1].description == "Shorter"
    assert list(found[2].messages[0]) == ["content", "role"], "keys stay in the author's order"
    assert found[2].messages[2] == {"role": "tool", "tool_call_id": "x", "content": "5 km"}
    assert (found[3].render, found[3].messages[0]["content"]) == (False, "{{ not rendered }")
    assert [str(prompt.place) for prompt in found][:2] == ["s.eval.yaml:3:5", "s.eval.yaml:4:5"]


def test_prompts_in_files(bench: Any) -> None:
    files = {
        "p/a.txt": b"Text {{ q }}\r\nmore\r\n",
        "p/b.md": "---\nid: markdown\ndescription: With a head\n---\n# Title\n{{ q }}\n",
        "p/c.j2": "{{ q|upper }}",
        "p/d.yaml": "id: chat\nmessages:\n  - {role: system, content: Be brief}\n"
        "  - {role: user, content: '{{ q }}'}\n",
        "p/e.json": '[{"role": "user", "content": "{{ q }}"}]',
        "p/f.md": "--- no head\n{{ q }}",
    }
    listed = "".join(
        f"  - {{file: p/{name}}}\n"
        for name in ("a.txt", "b.md", "c.j2", "d.yaml", "e.json", "f.md")
    )
    found = prompts(bench, f"prompts:\n{listed}", files)
    assert [prompt.id for prompt in found] == [
        "prompt-1",
        "markdown",
        "prompt-3",
        "chat",
        "prompt-5",
        "prompt-6",
    ]
    assert [prompt.messages[-1]["content"] for prompt in found] == [
        "Text {{ q }}\nmore\n",
        "# Title\n{{ q }}\n",
        "{{ q|upper }}",
        "{{ q }}",
        "{{ q }}",
        "--- no head\n{{ q }}",
    ]
    assert found[1].description == "With a head"
    assert found[3].messages[0] == {"role": "system", "content": "Be brief"}


@pytest.mark.parametrize(
    ("prompt", "message"),
    [
        ("{id: x}", "a prompt is one of template, messages, file and name; this has none of them"),
        ("{template: a, file: b}", "this has template and file"),
        ("{id: a b, template: x}", "'a b' is no id"),
        ("{messages: []}", "a prompt has at least one message"),
        (
            "{messages: [{role: usr, content: x}]}",
            "allowed are assistant, developer, system, tool, user",
        ),
        ("{messages: [{role: user}]}", "a message needs content"),
        ("{messages: [{role: tool, content: x}]}", "needs tool_call_id"),
        ("{messages: [{role: user, content: []}]}", "a part of content is"),
        ("{messages: [{role: user, content: [{text: x}]}]}", "a part of content is"),
        ("{messages: [{role: user, content: x, colour: red}]}", "unknown key 'colour'"),
        ("{messages: [{content: x}]}", "lacks 'role'"),
        ('"{{ q "', "line 1 of the template: "),
        ('"{{ z }}"', "unknown variable 'z'; known: q, expected"),
        (
            '{messages: [{role: system, content: x}, {role: user, content: "{{ q| }}"}]}',
            "of the template",
        ),
        ("{file: a.png}", "a prompt's file is a text or messages"),
        ("{file: text.json}", "a file json holds messages, found a text"),
        ("{file: text.yaml}", "a text stands in .txt, .md, .j2"),
        ("{file: wrong.yaml}", "wrong.yaml:2:3: error: not a message"),
        ("{file: wrong.json}", "wrong.json:1:2: error: not JSON"),
        ("{file: head.md}", "head.md:3:1: error: unknown key 'model'"),
        ("{file: open.md}", "open.md:1:1: error: the front matter has no end"),
        ("{file: bad.j2}", "bad.j2: error: line 2 of the template"),
        ("{file: bytes.txt}", "bytes.txt:1:1: error: byte 0xff is not UTF-8"),
    ],
)
def test_a_wrong_prompt_is_refused_in_words(bench: Any, prompt: str, message: str) -> None:
    files = {
        "a.png": "x",
        "text.json": '"x"',
        "text.yaml": "x",
        "wrong.yaml": "- {role: user, content: x}\n- {role: user, text: x}",
        "wrong.json": "{x",
        "head.md": "---\nid: x\nmodel: y\n---\n",
        "open.md": "---\nid: x\n",
        "bad.j2": "x\n{{ 1 + }}",
        "bytes.txt": b"\xff",
    }
    assert message in said(bench, f"prompts: [{prompt}]", files)


def test_two_prompts_of_one_id_are_refused(bench: Any) -> None:
    text = "prompts: [{id: a, template: x}, {id: A, template: y}]"
    assert "two prompts have the id 'A'" in said(bench, text)


def test_a_suite_without_prompts_says_what_it_asks(bench: Any) -> None:
    assert said(bench, "") == (
        "s.eval.yaml:2:1: error: unknown variable 'prompt'; known: q, expected\n"
        "    a suite without prompts asks {{ prompt }}: add prompts, or a var `prompt`"
    )
