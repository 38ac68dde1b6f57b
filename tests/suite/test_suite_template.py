"""Templates: strict, sandboxed, bounded; values are never rendered again."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.model import Case, Prompt
from evals.suite.template import (
    TemplateError,
    compile_template,
    render_messages,
    render_texts,
    render_value,
)

VARS: dict[str, Any] = {
    "a": 2,
    "name": "Ann",
    "items": ["p", "q"],
    "order": {"id": 7, "lines": [{"sku": "x"}, {"sku": "y"}]},
    "nothing": None,
    "yes": True,
    "braces": "{{ a }} {% raise %}",
}


def text(template: str) -> str:
    return compile_template(template).text(VARS)


def refusal(template: str) -> str:
    with pytest.raises(TemplateError) as refused:
        compile_template(template).text(VARS)
    return refused.value.message


@pytest.mark.parametrize(
    ("template", "rendered"),
    [
        ("{{ a }}+{{a}}", "2+2"),
        ("{{ items }}", '["p", "q"]'),
        ("{{ order }}", '{"id": 7, "lines": [{"sku": "x"}, {"sku": "y"}]}'),
        ("{{ nothing }} {{ yes }}", "null true"),
        ("{{ braces }}", "{{ a }} {% raise %}"),
        ("{{ name|upper }}\n", "ANN\n"),
        ("{{ order.id }} {{ order['id'] }} {{ items.0 }} {{ items[1] }}", "7 7 p q"),
        (
            "{% for i in items %}{{ loop.index }}{{ i }}{{ ', ' if not loop.last }}{% endfor %}",
            "1p, 2q",
        ),
        ("{% if a > 1 %}many{% else %}one{% endif %}", "many"),
        ("{% for k, v in order|items %}{{ k }};{% endfor %}", "id;lines;"),
        ("{{ order.lines|map(attribute='sku')|join(',') }}", "x,y"),
        ("{{ name ~ items ~ nothing }}", 'Ann["p", "q"]null'),
        ('{{ items|tojson }} {{ "<\'&"|tojson }}', '["p", "q"] "<\'&"'),
        ("{{ other|default('x') }}", "x"),
        ("{% if other is defined %}{{ other }}{% endif %}ok", "ok"),
        ("{% raw %}{{ a }}{% endraw %}{# a note #}", "{{ a }}"),
        ("{{ 'a.b(c)'|re_escape }}", r"a\.b\(c\)"),
        ("{{ range(3) }}", "[0, 1, 2]"),
        ("<b>{{ '<i>' ~ name }}</b>", "<b><i>Ann</b>"),
        ("{{ items|map('upper') }}", '["P", "Q"]'),
        ("{% set x = 3 %}{{ x * a }}", "6"),
        ("{{ items[:1] }}", '["p"]'),
        ("{% for g in order.lines|groupby('sku') %}{{ g.grouper }}{% endfor %}", "xy"),
        ("{% with q = a %}{{ q }}{% endwith %}", "2"),
        ("a { b } {c}", "a { b } {c}"),
    ],
)
def test_what_a_template_reads_as(template: str, rendered: str) -> None:
    assert text(template) == rendered


@pytest.mark.parametrize("newlines", ["", "\n", "\n\n", " \n"])
@pytest.mark.parametrize("body", ["{{ a }}", "{{ a|string }}", "plain"])
def test_what_is_written_is_sent_with_its_last_newlines(body: str, newlines: str) -> None:
    assert render_texts(body + newlines, VARS).endswith(newlines)
    assert len(render_texts(body + newlines, VARS).rstrip()) + len(newlines) == len(
        render_texts(body + newlines, VARS)
    )


@pytest.mark.parametrize(
    ("template", "said"),
    [
        (
            "{{ nam }}",
            "unknown variable 'nam'; known: a, name, items, order, nothing, yes, "
            'braces; did you mean "name"?',
        ),
        ("{{ nam|upper }}", 'did you mean "name"?'),
        ("{{ order.idd }}", "the mapping has no key 'idd'; known: id, lines; did you mean \"id\"?"),
        ("{{ items[5] }}", "a list of length 2 has no item 5"),
        ("{{ name.upper }}", "a text has no attribute 'upper': templates have filters"),
        (
            "{{ name.upper() }}",
            "upper(…) is a call; templates have filters, no methods: write | upper",
        ),
        ("{{ items.append(1) }}", "append(…) is a call"),
        ("{{ dict(a=1) }}", "dict(…) is a call"),
        ("{{ ''.__class__ }}", "no attribute '__class__'"),
        ("{{ name['__class__'] }}", "no attribute '__class__'"),
        ("{{ items|attr('append') }}", "unknown filter 'attr'"),
        ("{{ name|safe }}", "unknown filter 'safe'"),
        ("{{ items|random }}", "unknown filter 'random'"),
        ("{{ a is callable }}", "unknown test 'callable'"),
        ("{{ name|uper }}", 'did you mean "upper"?'),
        ("{% include 'x' %}", "{% include %} is not available"),
        ("{% import 'x' as y %}", "{% import %} is not available"),
        ("{% from 'x' import y %}", "is not available"),
        ("{% extends 'x' %}", "{% extends %} is not available"),
        ("{% macro m() %}{% endmacro %}", "{% macro %} is not available"),
        ("{% set ns.x = 1 %}", "is not available"),
        ("{% for i in items recursive %}{% endfor %}", "recursive"),
        ("{{ self }}", "self is a word of Jinja2"),
        ("{{ a / 0 }}", "the template fails: division by zero"),
        ("line\n{{ 1 + }}", "line 2 of the template: "),
        ("{% if %}", "line 1 of the template: "),
        ("{% for i in items %}", "line 1 of the template: "),
        ("{{ ·work }}", "line 1 of the template: "),
        ("{{ a|_kept }}", "unknown filter"),
    ],
)
def test_what_a_template_cannot_do_is_refused_in_words(template: str, said: str) -> None:
    assert said in refusal(template)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        (
            "{% for i in range(10000) %}{% for j in range(10000) %}{% endfor %}{% endfor %}",
            "more than 1,000,000 steps",
        ),
        ("{{ range(10001) }}", "range: more than 10,000 numbers"),
        ("{{ 'x' * 100000000 }}", "larger than 10 MB"),
        ("{{ [1] * 100000000 }}", "larger than 10 MB"),
        ("{{ 10 ** 100000000 }}", "bits"),
        ("{% set x = a %}" + "{% set x = x * x %}" * 40 + "{{ x }}", "bits"),
        ("{{ 'x'|center(1000000000) }}", "center: a number over 10,000"),
        ("{{ '%1000000000d'|format(1) }}", "a width or precision"),
        ("{{ '%*d'|format(1000000000, 1) }}", "a width or precision"),
        ("{{ '%1000000000d' % 1 }}", "a width or precision"),
        ("{{ ('x'*10000)|replace('x', 'y'*10000) }}", "larger than 10 MB"),
        ("{{ range(10000)|join('y'*10000) }}", "larger than 10 MB"),
        ("{{ ('x\\n'*10000)|indent(10000) }}", "larger than 10 MB"),
        ("{{ [1]|slice(100000)|list }}", "slice: a number over"),
        ("{% set x = 'y'*1000 %}" + "{% set x = x ~ x %}" * 40, "larger than 10 MB"),
        ("{% set x = 'y'*1000 %}" + "{% set x = x + x %}" * 40, "larger than 10 MB"),
        ("{% set x = [1] %}" + "{% set x = [x, x] %}" * 40 + "{{ x }}", "larger than 10 MB"),
        ("{% set y = 'x'*1000000 %}{{ [y]*100 }}", "larger than 10 MB"),
        (
            "{% set y = 'x'*1000000 %}{% for i in range(11) %}{{ y }}{% endfor %}",
            "larger than 10 MB",
        ),
        (
            "{% set y = [0]*100000 %}{% for i in range(10000) %}{% for j in range(99) %}"
            "{{ 1 in y }}{{ y[1:]|length }}{% endfor %}{% endfor %}",
            "1,000,000 steps",
        ),
        ("{{ [[1],[2]]|sum(start=[]) }}", "sum adds numbers"),
        ("{{ " + "(" * 5000 + "a" + ")" * 5000 + " }}", "nested too deeply"),
    ],
)
def test_work_is_bounded_by_steps_and_sizes(template: str, said: str) -> None:
    began = time.monotonic()
    assert said in refusal(template)
    assert time.monotonic() - began < 20  # far from what it would take; machines differ


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{ items }}", ["p", "q"]),
        ("{{ order.lines }}", [{"sku": "x"}, {"sku": "y"}]),
        ("{{ items|first }}", "p"),
        ("{{ items|map('upper') }}", ["P", "Q"]),
        ("{{ nothing }}", None),
        ("{{ a }}", 2),
        ("{{ a + 0.5 }}", 2.5),
        ("{{ a }} ", "2 "),
        ("x{{ items }}", 'x["p", "q"]'),
        ("{{ a }}{{ a }}", "22"),
        ("plain", "plain"),
        (["{{ a }}", {"k": "{{ items }}", "n": 5}], [2, {"k": ["p", "q"], "n": 5}]),
    ],
)
def test_a_value_that_is_one_whole_template_keeps_its_type(template: Any, value: Any) -> None:
    assert render_value(template, VARS) == value


def test_values_without_templates_are_the_same_objects() -> None:
    value = {"list": ["a", {"b": 1}], "text": "x"}
    assert render_value(value, VARS) is value


def test_messages_are_rendered_in_their_content_alone() -> None:
    prompt = Prompt(
        id="p",
        messages=(
            {"role": "system", "content": "Hello {{ name }}"},
            {
                "role": "user",
                "content": [{"type": "text", "text": "{{ expected }}?"}],
                "name": "{{",
            },
        ),
    )
    case = Case(id="c", vars=VARS, expected="42", has_expected=True)
    assert render_messages(prompt, case) == (
        {"role": "system", "content": "Hello Ann"},
        {"role": "user", "content": [{"type": "text", "text": "42?"}], "name": "{{"},
    )


def test_a_prompt_that_is_not_rendered_is_sent_as_it_is() -> None:
    prompt = Prompt(id="p", messages=({"role": "user", "content": "{{ x }}"},), render=False)
    assert render_messages(prompt, Case(id="c")) == prompt.messages


def test_names_are_found_in_every_branch_and_optional_ones_apart() -> None:
    template = compile_template(
        "{% if false %}{{ hidden }}{% endif %}{% for x in xs %}{{ x }}{% endfor %}"
        "{{ maybe|default('') }}{% if perhaps is defined %}{{ perhaps }}{% endif %}"
    )
    assert template.names == {"hidden", "xs"}
    assert template.optional == {"maybe", "perhaps"}


@settings(max_examples=80)
@given(st.text(max_size=40) | st.text("{}%# anm|", max_size=20))
def test_values_are_never_rendered_again(value: str) -> None:
    assert compile_template("{{ v }}").text({"v": value}) == value
    assert compile_template("{{ v|string }}").text({"v": value}) == value
    assert compile_template("{{ v }}").value({"v": value}) == value


@settings(max_examples=60)
@given(st.text(max_size=30))
def test_re_escape_makes_a_pattern_that_matches_just_the_text(value: str) -> None:
    import re

    pattern = compile_template("{{ v|re_escape }}").text({"v": value})
    assert re.fullmatch(pattern, value)


@settings(max_examples=80)
@given(st.text("{}%#| aforinxs()[].,'\"+*~<>=", max_size=40))
def test_any_text_renders_or_is_refused_as_a_template(source: str) -> None:
    with suppress(TemplateError):
        assert isinstance(compile_template(source).text({"a": "1", "x": [1]}), str)


def test_plain_variables_need_no_jinja2() -> None:
    code = (
        "import sys; from evals.suite.template import compile_template as c; "
        "assert c('Hi {{ name }}!').text({'name': 'Ann'}) == 'Hi Ann!'; "
        "assert 'jinja2' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
