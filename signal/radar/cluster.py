"""Reflections of one frame to plots: the points of one thing are taken together.

Cost: O(n^2) in the points of a frame, times a few rounds; a frame holds at most a few hundred.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def cluster_points(
    positions_m: NDArray[np.float64],
    range_rates_m_s: NDArray[np.float64],
    *,
    reach_m: float = 2.0,
    reach_m_s: float = 3.0,
) -> NDArray[np.intp]:
    """Number the clusters of points that hang together in space and in Doppler.

    Single linkage: two points are neighbours when their distance is at most `reach_m` and their
    range rates differ by at most `reach_m_s`; a cluster is a connected component (DBSCAN with a
    minimum of one point; Ester et al., KDD-96).

    Parameters
    ----------
    positions_m : float64, shape (n, 3)
        Positions, in metres.
    range_rates_m_s : float64, shape (n,)
        Range rates, in metres a second.
    reach_m, reach_m_s : float
        How far apart two reflections of one thing may be.

    Returns
    -------
    intp, shape (n,)
        The cluster's number of each point, from 0 in the order of first points.
    """
    count = len(positions_m)
    labels = np.arange(count, dtype=np.intp)
    if count < 2:
        return labels
    apart_m = np.linalg.norm(positions_m[:, None] - positions_m[None], axis=2)
    apart_m_s = np.abs(range_rates_m_s[:, None] - range_rates_m_s[None])
    neighbours = (apart_m <= reach_m) & (apart_m_s <= reach_m_s)
    while True:  # each takes the least label around it, then that label's own
        least = np.where(neighbours, labels, count).min(axis=1)
        least = least[least]
        if np.array_equal(least, labels):
            return np.unique(labels, return_inverse=True)[1].astype(np.intp)
        labels = least
