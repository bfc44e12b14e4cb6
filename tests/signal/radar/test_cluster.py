from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from havik.signal.radar.cluster import cluster_points


def clusters(points: list[tuple[float, float, float, float]]) -> list[int]:
    table = np.array(points, np.float64).reshape(-1, 4)
    return [int(label) for label in cluster_points(table[:, :3], table[:, 3])]


def test_nothing_has_no_clusters() -> None:
    assert clusters([]) == []


def test_points_hang_together_over_a_chain() -> None:
    assert clusters([(0, 0, 0, 1), (1.9, 0, 0, 1), (3.8, 0, 0, 1), (9, 0, 0, 1)]) == [0, 0, 0, 1]


def test_doppler_parts_what_space_does_not() -> None:
    assert clusters([(0, 10, 0, -8), (0, 10, 0.5, 8)]) == [0, 1]


def test_clusters_are_numbered_by_their_first_points() -> None:
    """The last point hangs the first and the third together."""
    east_m = (0, 9, 3, 20, 1.5)
    assert clusters([(x, 0, 0, 0) for x in east_m]) == [0, 1, 0, 2, 0]


def test_the_reach_is_part_of_it() -> None:
    assert clusters([(0, 0, 0, 0), (2, 0, 0, 3)]) == [0, 0]
    assert clusters([(0, 0, 0, 0), (2.001, 0, 0, 0)]) == [0, 1]
    assert clusters([(0, 0, 0, 0), (0, 0, 0, 3.001)]) == [0, 1]


def test_a_long_chain_in_any_order_is_one() -> None:
    order = np.random.default_rng(3).permutation(300)
    assert clusters([(1.9 * n, 0, 0, 0) for n in order.tolist()]) == [0] * 300


tables = hnp.arrays(
    np.float64, st.tuples(st.integers(0, 12), st.just(4)), elements=st.floats(-6, 6)
)


@given(tables)
def test_neighbours_share_a_cluster_and_clusters_are_chains(
    table: np.ndarray[tuple[int, int], np.dtype[np.float64]],
) -> None:
    """By its definition: the components of the graph of neighbours, walked one point at a time."""
    left, numbers = list(range(len(table))), [-1] * len(table)
    count = 0
    while left:
        reached = [left.pop(0)]
        for here in reached:
            near = [n for n in left if neighbours(table[here], table[n])]
            left = [n for n in left if n not in near]
            reached += near
        for n in reached:
            numbers[n] = count
        count += 1
    assert cluster_points(table[:, :3], table[:, 3]).tolist() == numbers


def neighbours(
    one: np.ndarray[tuple[int], np.dtype[np.float64]],
    other: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> bool:
    return bool(np.linalg.norm(one[:3] - other[:3]) <= 2.0 and abs(one[3] - other[3]) <= 3.0)
