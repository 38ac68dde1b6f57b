"""Values that stand on a command line."""

from __future__ import annotations

import pytest

from evals.errors import ConfigError
from evals.session.settings import parse_set


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("0,0.7", (0, 0.7)),
        ("a, b", ("a", "b")),
        ('"x,y",null', ("x,y", None)),
        ("[1,2]", ([1, 2],)),
        ('{"type": "text"}', ({"type": "text"},)),
        ("1,,b", (1, "", "b")),
        ("1],[2", ("1]", "[2")),
        ("007", ("007",)),
        ("NaN,1", ("NaN", 1)),
        ("1e999", ("1e999",)),
        ("99999999999999999999", ("99999999999999999999",)),
        ('{"a":1;"a":2}', ('{"a":1;"a":2}',)),
        ("=", ("=",)),
        ("\udcff", ("\udcff",)),
    ],
)
def test_values_are_json_that_can_be_sent_else_texts(written: str, values: object) -> None:
    assert parse_set([f"name={written}"]) == {"name": values}


@pytest.mark.parametrize("written", ["name", "name=", "name= ", "=1", ""])
def test_a_setting_without_a_name_or_values_is_refused(written: str) -> None:
    with pytest.raises(ConfigError, match="names no values"):
        parse_set([written])


def test_a_parameter_that_is_given_twice_is_refused() -> None:
    with pytest.raises(ConfigError, match="--evals-set seed is given twice"):
        parse_set(["seed=1,2", "top_p=1", " seed=3"])


@pytest.mark.parametrize("written", ["0,0.7,0", "a,a", "\udcff,\udcff", '{"a":1}, {"a": 1}'])
def test_a_value_that_is_given_twice_is_refused(written: str) -> None:
    with pytest.raises(ConfigError, match=r"--evals-set t has the value .* twice"):
        parse_set([f"t={written}"])
