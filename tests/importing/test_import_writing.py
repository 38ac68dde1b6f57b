"""What is written reads back as the same values, by the reader of suites."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from evals.importing.writing import yaml_text
from evals.suite.yaml import read_yaml

TEXTS = st.text(max_size=20) | st.sampled_from(
    ("1e-3", "017", "0o17", "yes", "null", "~", "", " a\n b\n", "a\n\n", "{{ x }}", "- a", "a: b",
     "0x1F", "1_000", "12:30", ".5", "!t", "a #b", "\n", "\ta\nb", "2026-01-01", "=", "<<")
)  # fmt: skip
VALUES = st.recursive(
    TEXTS | st.integers(-9, 9) | st.booleans() | st.none() | st.floats(-1e9, 1e9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=10,
)


@given(value=st.dictionaries(TEXTS, VALUES, max_size=3))
def test_any_value_reads_back(value: dict[str, Any]) -> None:
    assert read_yaml(yaml_text(value).encode(), "suite").value == value
