"""Reflections of one frame to plots: the points of one thing are taken together.

Cost: O(n^2) in the points of a frame, times a few rounds; a frame holds at most a few hundred.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MOST_WALKED = 200
"""Cells that are gone through one by one; of more, whole arrays are faster."""


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


def cluster_peaks(cells: NDArray[np.intp], power: NDArray[np.float32]) -> NDArray[np.intp]:
    """The strongest cell of each cluster of hits that touch, corners too, in range and Doppler.

    Doppler (rows) is circular: the highest range rate touches the lowest.

    Parameters
    ----------
    cells : intp, shape (n,)
        The hits: places in the flattened map, rising.
    power : float32, shape (rows, columns)

    Returns
    -------
    intp, shape (clusters, 2)
        Row and column, strongest first.
    """
    columns = power.shape[1]
    if len(cells) <= MOST_WALKED:
        return _walk(cells, power)
    pairs = [_touching(cells, power.shape, step) for step in ((0, 1), (1, -1), (1, 0), (1, 1))]
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


def _walk(cells: NDArray[np.intp], power: NDArray[np.float32]) -> NDArray[np.intp]:
    """The same for few cells: from the strongest on, each takes all that it hangs together with."""
    rows, columns = power.shape
    order = np.argsort(-power.ravel()[cells], kind="stable")
    left = dict.fromkeys(cells[order].tolist())
    peaks: list[int] = []
    while left:
        todo = [next(iter(left))]
        peaks.append(todo[0])
        del left[todo[0]]
        while todo:
            row, column = divmod(todo.pop(), columns)
            for line in (row - 1, row, row + 1):
                first = line % rows * columns
                for near in range(first + max(0, column - 1), first + min(columns, column + 2)):
                    if near in left:
                        del left[near]
                        todo.append(near)
    places = np.array(peaks, np.intp)
    return np.stack([places // columns, places % columns], axis=1)


def _touching(
    cells: NDArray[np.intp], shape: tuple[int, ...], step: tuple[int, int]
) -> NDArray[np.intp]:
    """Which of the sorted `cells` have which one of them a `step` away; shape (2, pairs)."""
    rows, columns = (cells // shape[1] + step[0]) % shape[0], cells % shape[1] + step[1]
    wanted = np.where((columns >= 0) & (columns < shape[1]), rows * shape[1] + columns, -1)
    places = np.minimum(np.searchsorted(cells, wanted), len(cells) - 1)
    found = np.flatnonzero(cells[places] == wanted)
    return np.stack([found, places[found]])
