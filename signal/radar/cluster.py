"""Reflections of one frame to plots: the points of one thing are taken together.

Cost: O(n^2) in the points of a frame; a frame holds at most a few hundred.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components


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
    if len(positions_m) == 0:
        return np.zeros(0, np.intp)
    apart_m = np.linalg.norm(positions_m[:, None] - positions_m[None], axis=2)
    apart_m_s = np.abs(range_rates_m_s[:, None] - range_rates_m_s[None])
    neighbours = csr_array((apart_m <= reach_m) & (apart_m_s <= reach_m_s))
    _, labels = connected_components(neighbours, directed=False)
    return np.asarray(labels, np.intp)
