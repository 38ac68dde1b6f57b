"""The key of a request: SHA-256 over canonical JSON, on every platform the same."""

from __future__ import annotations

import hashlib
import math
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from evals.cassettes import key
from evals.cassettes.key import dumps
from evals.errors import EvalsError
from evals.model import Request

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([0.7, 1.0, 1e15, 1e16, 1e-5, 1e-6, 1e21, -0.0, 5e-324])
    | st.text(st.characters(exclude_categories=["Cs"]))
)
NAMES = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner), max_leaves=12
)


@given(st.dictionaries(NAMES, VALUES))
@example({"\ue000": 1, "\U00010000": 2})
@example({"temperature": 0.7, "seed": 1, "text": "a:16 [1e5] null \x7f\x1f\u2028"})
def test_canonical_json_is_that_of_rfc_8785(value: dict[str, Any]) -> None:
    assert dumps(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, 2**53, "\ud800", {1: "a number as a name"}], ids=repr
)
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    request = Request(endpoint="local", body={"value": value}, asker="case[column]")
    with pytest.raises(EvalsError, match=r"case\[column\] cannot be recorded"):
        key(request)


def test_a_key_is_the_hash_of_endpoint_operation_and_body_without_streaming() -> None:
    request = Request(endpoint="local", body={"b": 1, "a": [0.5], "stream": True}, take=3)
    text = b'{"body":{"a":[0.5],"b":1},"endpoint":"local","path":"/chat/completions"}'
    assert key(request) == hashlib.sha256(text).hexdigest()[:32]
