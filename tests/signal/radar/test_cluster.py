from __future__ import annotations

import numpy as np

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
