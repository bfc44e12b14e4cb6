"""GOSPA and OSPA against cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from havik.signal.tracking.metrics import gospa, ospa
from havik.signal.tracking.models import Array

NONE = np.zeros((0, 2))


def test_nothing_and_nothing_is_no_distance() -> None:
    assert gospa(NONE, NONE).distance == 0.0
    assert ospa(NONE, NONE) == 0.0


def test_one_near_one_missed_one_false() -> None:
    """3-4-5 apart, one 100 m from anything, one false: 25 + 2 x 50^2 / 2 = 2525."""
    truth = np.array([[0.0, 0.0], [1000.0, 0.0]])
    tracks = np.array([[3.0, 4.0], [0.0, 800.0]])
    found = gospa(truth, tracks)
    assert (found.missed, found.false) == (1, 1)
    assert found.location == pytest.approx(25.0)
    assert found.distance == pytest.approx(np.sqrt(2525.0))
    # OSPA: the far pair counts 50 once: sqrt((25 + 2500) / 2)
    assert ospa(truth, tracks) == pytest.approx(np.sqrt(1262.5))


@pytest.mark.parametrize(("truth", "tracks"), [(3, 0), (0, 3)])
def test_all_missed_and_all_false(truth: int, tracks: int) -> None:
    """Three halves of c^2 = 3750; OSPA is the cut-off itself."""
    places = np.arange(6.0).reshape(3, 2)
    found = gospa(places[:truth], places[:tracks])
    assert (found.missed, found.false) == (truth, tracks)
    assert found.distance == pytest.approx(np.sqrt(3750.0))
    assert ospa(places[:truth], places[:tracks]) == pytest.approx(50.0)


def test_the_pairs_are_those_of_least_sum_not_each_ones_nearest() -> None:
    """On a line: things at 0 and 4, tracks at 3 and -30: 3 - 0 leaves 34; 4 - 3 leaves 30."""
    found = gospa(np.array([[0.0], [4.0]]), np.array([[3.0], [-30.0]]))
    assert found.location == pytest.approx(1.0 + 900.0)


@given(
    hnp.arrays(np.float64, st.tuples(st.integers(0, 4), st.just(2)), elements=st.floats(0, 99)),
    hnp.arrays(np.float64, st.tuples(st.integers(0, 4), st.just(2)), elements=st.floats(0, 99)),
)
def test_the_distance_is_the_same_both_ways(truth: Array, tracks: Array) -> None:
    there, back = gospa(truth, tracks), gospa(tracks, truth)
    assert there.distance == pytest.approx(back.distance)
    assert (there.missed, there.false) == (back.false, back.missed)
    assert ospa(truth, tracks) == pytest.approx(ospa(tracks, truth))
    assert gospa(truth, truth).distance == 0.0
