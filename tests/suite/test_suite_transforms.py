"""Named transforms: what several checks take out of an answer, once."""

import re

import pytest

from evals.checks import transform
from evals.suite.bind import Binding
from evals.testing import answer

SUITE = """
transforms:
  final: [strip_thinking, {regex: 'Answer: (.*)'}]
  small: [final, lower]
  one: strip
checks:
  short: [{type: word-count, max: 2, transform: small}]
prompts: [Hi]
tests:
  - id: a
    assert:
      - {type: equals, value: paris, transform: small}
      - {any: [{type: contains, value: PARIS, transform: [final, upper]}, x]}
      - {use: short}
      - {type: json-path, path: $, assert: [{type: contains, value: x, transform: small}]}
"""


def test_a_name_stands_for_its_steps_wherever_a_transform_stands(bench):
    suite = bench.load(SUITE).suite
    small = {"small": [{"final": ["strip_thinking", {"regex": "Answer: (.*)"}]}, "lower"]}
    equals, group, short, path = suite.cases[0].checks
    assert equals.transform == (small,)
    assert group.of[0].transform == (small["small"][0], "upper")
    assert short.transform == (small,)
    assert path.options["assert"][0]["transform"] == [small]


def test_it_is_computed_once_for_an_answer_and_shown(bench, monkeypatch):
    seen = []
    monkeypatch.setitem(transform.STEPS, "lower", lambda text: seen.append(text) or text.lower())
    transform._named.cache_clear()
    suite = bench.load(SUITE).suite
    first, _, short, _ = Binding().prepared(suite.cases[0])
    found = [check.judge(answer("Answer: Lyon on the Rhône")) for check in (first, short)]
    transform._named.cache_clear()
    assert seen == ["Lyon on the Rhône"]
    assert [verdict.extracted for verdict in found] == ["lyon on the rhône"] * 2
    assert found[0].reason.startswith('found "lyon on the rhône"')
    assert found[0].reason.endswith("(after small)")
    assert found[1].reason.endswith('(after small = "lyon on the rhône")')
    missing = first.judge(answer("I cannot say."))
    assert missing.reason == 'nothing to judge: `small` found nothing in "I cannot say."'


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "transform: small}\n      - {any",
            "transform: smal}\n      - {any",
            'did you mean "small"',
        ),
        ("[final, upper]", "[finale, upper]", 'did you mean "final"'),
        ("value: x, transform: small", "value: x, transform: smell", 'did you mean "small"'),
        ("one: strip", "lower: strip", "`lower` is a transform that is built in"),
        ("one: strip", "Big: strip", "'Big' is no name of a transform"),
        ("one: strip", "one: []", "the transform 'one' has no step"),
        ("one: strip", "one: {regex: '('}", "invalid pattern"),
        ("one: strip", "one: one", "the transform uses itself: one → one"),
        ("transform: [final, upper]", "transform: {up: [upper]}", "named under `transforms`"),
    ],
)
def test_what_is_wrong_is_said_at_its_place(bench, old, new, told):
    assert old in SUITE
    (mistake,) = bench.mistakes(SUITE.replace(old, new))
    assert told in mistake
    assert re.match(r"s\.eval\.yaml:[0-9]+:[0-9]+: ", mistake)
