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


def cluster_peaks(hits: NDArray[np.bool_], power: NDArray[np.float32]) -> NDArray[np.intp]:
    """The strongest cell of each cluster of hits that touch, corners too, in range and Doppler.

    Doppler (rows) is circular: the highest range rate touches the lowest.

    Parameters
    ----------
    hits : bool, shape (rows, columns)
    power : float32, shape (rows, columns)

    Returns
    -------
    intp, shape (clusters, 2)
        Row and column, strongest first.
    """
    columns = hits.shape[1]
    cells = np.flatnonzero(hits)
    if not len(cells):
        return np.empty((0, 2), np.intp)
    pairs = [_touching(cells, hits.shape, step) for step in ((0, 1), (1, -1), (1, 0), (1, 1))]
    one, two = np.concatenate(pairs, axis=1)
    numbers = np.arange(len(cells))
    while not np.array_equal(numbers[one], numbers[two]):  # the least number spreads
        least = np.minimum(numbers[one], numbers[two])
        np.minimum.at(numbers, one, least)
        np.minimum.at(numbers, two, least)
        numbers = numbers[numbers]
    order = np.argsort(-power.ravel()[cells], kind="stable")
    strongest = np.sort(np.unique(numbers[order], return_index=True)[1])
    peaks = cells[order][strongest]
    return np.stack([peaks // columns, peaks % columns], axis=1)


def _touching(
    cells: NDArray[np.intp], shape: tuple[int, ...], step: tuple[int, int]
) -> NDArray[np.intp]:
    """Which of the sorted `cells` have which one of them a `step` away; shape (2, pairs)."""
    rows, columns = (cells // shape[1] + step[0]) % shape[0], cells % shape[1] + step[1]
    wanted = np.where((columns >= 0) & (columns < shape[1]), rows * shape[1] + columns, -1)
    places = np.minimum(np.searchsorted(cells, wanted), len(cells) - 1)
    found = np.flatnonzero(cells[places] == wanted)
    return np.stack([found, places[found]])
