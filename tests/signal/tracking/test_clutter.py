from __future__ import annotations

import numpy as np
import pytest

from havik.signal.tracking.clutter import CELLS, ClutterMap

PRIOR = 1e-5


def a_map() -> ClutterMap:
    return ClutterMap.empty(PRIOR, np.zeros(3), cell_m=10.0, depth=50.0)


def test_a_tree_is_learned_where_it_stands_and_nowhere_else() -> None:
    """One plot a scan in a cell of 5,000 m^3 is 2e-4; after 1,000 scans it is nearly that."""
    known, tree = a_map(), np.array([[13.0, -7.0, 3.0]])
    for _ in range(1000):
        known = known.learn(tree, np.ones(1))
    there, beside = known.density(np.array([[16.0, -3.0, 0.0], [33.0, -7.0, 3.0]]))
    assert there == pytest.approx(1 / 5000, rel=0.25)
    assert beside < PRIOR


def test_what_is_explained_teaches_nothing() -> None:
    known, drone = a_map(), np.array([[13.0, -7.0, 3.0]])
    for _ in range(1000):
        known = known.learn(drone, np.zeros(1))
    assert known.density(drone)[0] < PRIOR


def test_it_forgets() -> None:
    known, tree = a_map(), np.array([[13.0, -7.0, 3.0]])
    for _ in range(300):
        known = known.learn(tree, np.ones(1))
    before = known.density(tree)[0]
    for _ in range(3000):
        known = known.learn(np.zeros((0, 3)), np.zeros(0))
    assert known.density(tree)[0] < before / 20


def test_clutter_as_rare_as_expected_changes_little() -> None:
    rng = np.random.default_rng(2)
    known, side_m = a_map(), 10.0 * CELLS
    for _ in range(600):
        count = rng.poisson(PRIOR * side_m**2 * 50)
        places = rng.uniform(-side_m / 2, side_m / 2, (count, 3))
        known = known.learn(places, np.ones(count))
    middle = (np.arange(CELLS) - CELLS // 2 + 0.5) * 10.0
    places = np.array([(east, north, 0.0) for east in middle for north in middle])
    assert known.density(places).mean() == pytest.approx(PRIOR, rel=0.1)


def test_beyond_the_plan_the_prior_stands() -> None:
    known, far = a_map(), np.array([[1e4, 0.0, 0.0]])
    for _ in range(100):
        known = known.learn(far, np.ones(1))
    assert known.density(far)[0] == PRIOR
    assert known.density(np.zeros((1, 3)))[0] < PRIOR
