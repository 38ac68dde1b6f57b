"""The short form of `python -m tests.fuzz`."""

from __future__ import annotations

import pytest

from tests.fuzz import READERS, search


@pytest.mark.parametrize("reader", READERS)
def test_a_reader_takes_anything_or_refuses_it(reader):
    assert search(reader, examples=60) is None
