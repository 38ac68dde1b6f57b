"""What is said of wrong suites: each mistake once, with what to do, and nothing that follows."""

from __future__ import annotations

from typing import Any

import pytest

TEST = "tests: [{vars: {prompt: x}, expected: y}]\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "tests: [{vars: [1], expected: y}]",
            ["1:16: error: tests[0].vars must be a mapping, found a list"],
        ),
        (
            "defaults: {vrs: {prompt: x}}\ntests: [{expected: y}]",
            ["1:12: error: unknown key 'vrs'\n    did you mean \"vars\"?"],
        ),
        (
            "defaults: {asert: [x], expected: 3}\ntests: [{vars: {prompt: x}}]",
            ["1:12: error: unknown key 'asert'\n    did you mean \"assert\"?"],
        ),
        (
            "prompts: [{messages: [{role: usr, content: x}]}]\n" + TEST,
            [
                '1:30: error: prompts[0].messages[0].role is "usr"; '
                'allowed are assistant, developer, system, tool, user\n    did you mean "user"?'
            ],
        ),
        (
            "repeat: {samples: 0}\n" + TEST,
            ["1:19: error: repeat.samples is 0; allowed is 1 or more"],
        ),
        (
            "gates: [{metrc: accuracy, min: 0.5}]\n" + TEST,
            ["1:10: error: unknown key 'metrc'\n    did you mean \"metric\"?"],
        ),
        (
            "matrix: {temperature: 0}\n" + TEST,
            [
                "1:23: error: matrix.temperature must be a list, found a number (0)\n"
                "    write a list: [a, b], or lines that begin with -"
            ],
        ),
        (
            "matrix: {seed: [], include: [{seed: 1}], exclude: [5]}\n" + TEST,
            [
                "1:16: error: seed has no values\n    add some, or remove it",
                "1:52: error: a rule of exclude is a mapping of parameters to values\n"
                "    write {temperature: 1, seed: 2}",
            ],
        ),
        (
            "matrix: {}\n" + TEST,
            ["1:1: error: a matrix needs a parameter\n    write temperature: [0, 1]"],
        ),
        (
            "model: 3\n" + TEST,
            ['1:8: error: model must be a text, found a number (3)\n    write "3", in quotes'],
        ),
        (
            "defaults: {min_pass_rate: 80%}\n" + TEST,
            [
                "1:27: error: defaults.min_pass_rate must be a number, "
                'found a text ("80%")\n    write 0.8'
            ],
        ),
        (
            "tests: [{vars: {prompt: x}, expected: y, skip: no}]",
            [
                "1:48: error: skip needs a reason\n"
                "    write why, such as `skip: too slow`; remove it to run the test"
            ],
        ),
        (
            "prompts: ['{{ q ']\ntests: [{vars: {q: x}, expected: y}]",
            ["1:11: error: line 1 of the template: unexpected end of template, expected '}}'"],
        ),
        (
            "settings: [{id: a}, {id: A}]\n" + TEST,
            [
                "1:26: error: two settings have the id 'A'\n    rename one of them; "
                "capitals make no difference, since ids name files"
            ],
        ),
        (
            "- vars: {prompt: x}",
            [
                "1:1: error: a suite is a mapping, found a list\n"
                "    write the tests under a key `tests:`"
            ],
        ),
        (
            "prompts: ['{{ q }}']\ntests: [{vars: {x: x}, expected: y}]",
            ["1:11: error: unknown variable 'q'; known: x, expected\n    give the tests a var 'q'"],
        ),
        (
            "parameters: {tools: {file: t.yaml}}\n" + TEST,
            ["1:21: error: tools must be a list, found a mapping"],
        ),
    ],
)
def test_one_mistake_is_said_once_with_its_place_and_what_to_do(
    bench: Any, text: str, said: list[str]
) -> None:
    found = bench.mistakes(text, {"t.yaml": "type: function\n"})
    assert found == [f"s.eval.yaml:{problem}" for problem in said]


def test_other_tests_are_still_looked_at(bench: Any) -> None:
    tests = "tests:\n  - {vars: [1], expected: y}\n  - {vars: {p: 1}, expected: y}"
    text = "prompts: ['{{ q }}']\n" + tests
    assert [problem.splitlines()[0] for problem in bench.mistakes(text)] == [
        "s.eval.yaml:1:11: error: unknown variable 'q'; known: p, expected",
        "s.eval.yaml:3:12: error: tests[0].vars must be a mapping, found a list",
    ]


def test_an_expected_value_of_many_rows_is_refused_once_and_at_its_row(bench: Any) -> None:
    rows = '{"prompt": "a", "expected": "x"}\n' + '{"prompt": "b", "expected": 3}\n' * 20
    (problem,) = bench.mistakes("tests: [{file: d.jsonl}]", {"d.jsonl": rows})
    assert problem.startswith("d.jsonl:2:1: error: expected, judged by equals: 3 is a number")


def test_an_inherited_expected_value_is_refused_where_it_is_written(bench: Any) -> None:
    text = "defaults: {expected: 3}\ntests: [{vars: {prompt: x}}, {vars: {prompt: y}}]"
    (problem,) = bench.mistakes(text)
    assert problem.startswith("s.eval.yaml:1:22: error: expected, judged by equals")


def test_a_message_of_a_file_is_refused_in_words(bench: Any) -> None:
    files = {"p.yaml": "- {role: user, contnt: x}\n- x\n- {content: x}\n- {role: usr}\n"}
    assert bench.mistakes("prompts: [{file: p.yaml}]\n" + TEST, files) == [
        "p.yaml:1:3: error: not a message: unknown key 'contnt'; did you mean \"content\"?",
        'p.yaml:2:3: error: not a message: a mapping with role and content, found a text ("x")',
        "p.yaml:3:3: error: not a message: it lacks its role; "
        "allowed are system, developer, user, assistant, tool",
        'p.yaml:4:3: error: not a message: role is a text ("usr"); '
        "allowed are system, developer, user, assistant, tool",
    ]
