"""The collector's threshold is raised while requests wait, and only then."""

from __future__ import annotations

import gc

import pytest

from evals.endpoints import collector


@pytest.fixture(autouse=True)
def _as_before():
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_garbage_is_collected_less_often_and_then_as_before():
    gc.set_threshold(700, 11, 12)
    with collector.seldom():
        assert gc.get_threshold() == (10_000, 11, 12)
    assert gc.get_threshold() == (700, 11, 12)
    with pytest.raises(KeyError), collector.seldom():
        raise KeyError
    assert gc.get_threshold() == (700, 11, 12)


@pytest.mark.parametrize("threshold", [0, 50_000])
def test_who_wants_it_never_or_even_less_often_is_left_alone(threshold):
    gc.set_threshold(threshold, 10, 10)
    with collector.seldom():
        assert gc.get_threshold()[0] == threshold
