"""A case's assertions with its values in them."""

from __future__ import annotations

import pytest

from evals.checks.judge import prepare
from evals.errors import Place, SuiteError
from evals.model import Case, Check, Group
from evals.suite.bind import bind


def check(kind: str, **options: object) -> Check:
    return Check(type=kind, options=options, place=Place("s.yaml", 3, 5))


def test_assertions_without_templates_are_the_same_objects() -> None:
    plain = check("contains", value="x")
    group = Group(kind="any", of=(plain, check("regex", value="a{2}")))
    case = Case(id="c", vars={"x": 1}, checks=(plain, group))
    assert all(new is old for new, old in zip(bind(case), case.checks, strict=True))


def test_values_are_put_in_at_any_depth_and_keep_their_type() -> None:
    inner = check("contains-all", value="{{ words }}")
    case = Case(
        id="c",
        vars={"words": ["a", "b"], "path": "$.x", "n": 5},
        expected="42",
        has_expected=True,
        checks=(
            Group(kind="any", of=(inner, check("equals", value=["{{ expected }}", "x{{ n }}"]))),
            check(
                "json-path",
                path="{{ path }}",
                **{"assert": [{"type": "equals", "value": "{{ n }}"}]},
            ),
            check("equals", value={"k": "{{ words }}"}),
        ),
    )
    group, path, mapping = bind(case)
    assert isinstance(group, Group)
    assert [member.options["value"] for member in group.of if isinstance(member, Check)] == [
        ["a", "b"],
        ["42", "x5"],
    ]
    assert isinstance(path, Check)
    assert path.options == {"path": "$.x", "assert": [{"type": "equals", "value": 5}]}
    assert isinstance(mapping, Check)
    assert mapping.options == {"value": {"k": ["a", "b"]}}
    assert case.checks[2] is not mapping


def test_text_from_a_csv_is_read_as_the_number_that_an_option_wants() -> None:
    case = Case(
        id="c", expected="1,5", has_expected=True, checks=(check("number", value="{{ expected }}"),)
    )
    (bound,) = bind(Case(id="c", expected="5", has_expected=True, checks=case.checks))
    assert prepare(bound)
    with pytest.raises(Exception, match="1,5"):
        prepare(bind(case)[0])


def test_vars_of_a_set_go_before_those_of_the_case() -> None:
    own = Check(type="contains", options={"value": "{{ w }}{{ v }}"}, vars={"w": "inner"})
    (bound,) = bind(Case(id="c", vars={"w": "outer", "v": "!"}, checks=(own,)))
    assert isinstance(bound, Check)
    assert bound.options == {"value": "inner!"}


def test_every_assertion_that_cannot_be_rendered_is_told_at_its_place() -> None:
    checks = (check("contains", value="{{ a.b }}"), check("contains", value="{{ z }}"))
    with pytest.raises(SuiteError) as refused:
        bind(Case(id="c", vars={"a": {"x": 1}}, checks=checks))
    assert [str(problem) for problem in refused.value.problems] == [
        "s.yaml:3:5: error: case 'c': contains: the mapping has no key 'b'; known: x",
        "s.yaml:3:5: error: case 'c': contains: unknown variable 'z'; known: a",
    ]
