"""Which measurement belongs to which track: the best pairs, or the probability of every pair.

Both work on the gate graph, cluster by cluster. The best pairs are the global nearest neighbours
(an assignment problem). The probabilities are those of joint probabilistic data association: every
track has at most one measurement and every measurement at most one track. Belief propagation
(Williams and Lau, "Approximate evaluation of marginal association probabilities with belief
propagation", IEEE TAES 50(4), 2014) gives them exactly where a cluster has no cycle, and all
clusters at once. Clusters with a cycle are summed over the sets of measurements that are taken, as
long as there are not too many sets; beyond that the approximation stands.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Array = NDArray[np.float64]
Indices = NDArray[np.intp]

MOST_SETS = 256
"""So many sets of taken measurements are summed over in one cluster."""

ROUNDS, SETTLED = 50, 1e-5


def assign(costs: Array, gate: float) -> list[tuple[int, int]]:
    """Pair rows with columns so that the sum of the costs is least; each at most once.

    Parameters
    ----------
    costs : float64, shape (rows, columns)
        Dissimilarity of each pair.
    gate : float
        No pair may cost more; leaving a row without a column costs as much.

    Returns
    -------
    list of (row, column)
    """
    rows, columns = costs.shape
    if rows == 0 or columns == 0:
        return []
    # One private "no column" for each row, at the gate's price, makes staying single a choice.
    alone = np.full((rows, rows), np.inf)
    np.fill_diagonal(alone, gate)
    forbidden = 1e9 + gate  # the solver wants finite costs
    table = np.hstack([np.where(costs <= gate, costs, forbidden), alone])
    table[~np.isfinite(table)] = forbidden
    chosen_rows, chosen_columns = linear_sum_assignment(table)
    pairs = zip(chosen_rows.tolist(), chosen_columns.tolist(), strict=True)
    return [
        (row, column) for row, column in pairs if column < columns and costs[row, column] <= gate
    ]


def nearest(rows: Indices, columns: Indices, weights: Array, alone: Array) -> Array:
    """Choose the most probable joint assignment; 1 for each chosen pair, 0 for the others.

    Parameters
    ----------
    rows, columns, weights, alone
        As of `marginals`.
    """
    chosen = np.zeros(len(rows))
    gains = np.log(np.maximum(weights, 1e-300)) - np.log(np.maximum(alone, 1e-300))[rows]
    single = (np.bincount(rows)[rows] == 1) & (np.bincount(columns)[columns] == 1)
    chosen[single & (gains > 0)] = 1.0
    rest = np.flatnonzero(~single)
    for cluster in _clusters(rows[rest], columns[rest]):
        its = rest[cluster]
        table = _Table(rows[its], columns[its], -gains[its])
        pairs = assign(table.costs, 0.0)
        chosen[[its[table.edge[pair]] for pair in pairs]] = 1.0
    return chosen


def marginals(
    rows: Indices, columns: Indices, weights: Array, alone: Array, most_sets: int = MOST_SETS
) -> Array:
    """Give the probability of each pair over all joint assignments.

    A joint assignment weighs the product of its pairs' weights, and of `alone` of each track
    without a measurement.

    Parameters
    ----------
    rows, columns : intp, shape (pairs,)
        Track and measurement of each pair.
    weights : float64, shape (pairs,)
        Of the pair, over the measurement's weight as nobody's.
    alone : float64, shape (tracks,)
    most_sets : int
        Beyond so many sets of taken measurements a cluster with cycles is approximated.

    Returns
    -------
    float64, shape (pairs,)
    """
    if not len(rows):
        return np.zeros(0)
    found = propagate(rows, columns, weights, alone)
    shared = (np.bincount(rows)[rows] > 1) & (np.bincount(columns)[columns] > 1)
    if not shared.any():
        return found
    for cluster in _clusters(rows, columns):
        nodes = len(np.unique(rows[cluster])) + len(np.unique(columns[cluster]))
        if len(cluster) < nodes:
            continue  # a tree
        exact = enumerate_sets(rows[cluster], columns[cluster], weights[cluster], alone, most_sets)
        if exact is not None:
            found[cluster] = exact
    return found


def propagate(rows: Indices, columns: Indices, weights: Array, alone: Array) -> Array:
    """Give the marginals by belief propagation: exact on trees, never far off elsewhere."""
    tracks, measured = len(alone), int(columns.max()) + 1
    free = np.ones(len(rows))  # what each measurement tells each track: am I taken elsewhere?
    for _ in range(ROUNDS):
        told = weights * free
        others = np.maximum((alone + np.bincount(rows, told, tracks))[rows] - told, 1e-300)
        asked = weights / others
        before, free = free, 1 / (1 + np.bincount(columns, asked, measured)[columns] - asked)
        if np.abs(free - before).max() < SETTLED:
            break
    told = weights * free
    total: Array = told / np.maximum(alone + np.bincount(rows, told, tracks), 1e-300)[rows]
    return total


def enumerate_sets(
    rows: Indices, columns: Indices, weights: Array, alone: Array, most_sets: int
) -> Array | None:
    """Give one cluster's marginals exactly; None if that takes more than `most_sets` sets.

    Track after track, joint assignments that take the same measurements are one: what was before
    matters to what comes only through the set of what is taken.
    """
    tracks = np.unique(rows)
    order: list[list[int]] = [np.flatnonzero(rows == row).tolist() for row in tracks]
    missed: list[float] = alone[tracks].tolist()
    its_weights: list[float] = weights.tolist()
    bits = [1 << int(at) for at in np.unique(columns, return_inverse=True)[1]]
    scale = [  # no product of many leaves the range of numbers
        max(lone, *(its_weights[edge] for edge in its))
        for lone, its in zip(missed, order, strict=True)
    ]
    ways: list[dict[int, float]] = [{0: 1.0}]
    for its, lone, most in zip(order, missed, scale, strict=True):
        following: dict[int, float] = {}
        for taken, weight in ways[-1].items():
            following[taken] = following.get(taken, 0.0) + weight * lone / most
            for edge in its:
                if not taken & bits[edge]:
                    both = taken | bits[edge]
                    gained = weight * its_weights[edge] / most
                    following[both] = following.get(both, 0.0) + gained
        if len(following) > most_sets:
            return None
        ways.append(following)
    found = np.zeros(len(rows))
    onward = dict.fromkeys(ways[-1], 1.0)
    for nth in range(len(order) - 1, -1, -1):
        earlier: dict[int, float] = {}
        for taken, weight in ways[nth].items():
            total = missed[nth] / scale[nth] * onward[taken]
            for edge in order[nth]:
                if not taken & bits[edge]:
                    part = its_weights[edge] / scale[nth] * onward[taken | bits[edge]]
                    found[edge] += weight * part
                    total += part
            earlier[taken] = total
        onward = earlier
    return found / onward[0]


def _clusters(rows: Indices, columns: Indices) -> Iterator[Indices]:
    """Give the pairs of each connected part of the gate graph."""
    if not len(rows):
        return
    tracks, row_at = np.unique(rows, return_inverse=True)
    measured, column_at = np.unique(columns, return_inverse=True)
    size = len(tracks) + len(measured)
    graph = coo_array((np.ones(len(rows)), (row_at, len(tracks) + column_at)), (size, size))
    _, label = connected_components(graph, directed=False)
    order = np.argsort(label[row_at], kind="stable")
    ends = np.flatnonzero(np.diff(label[row_at][order])) + 1
    yield from np.split(order, ends)


class _Table:
    """A cluster's pairs as a table of costs, and which pair stands where."""

    def __init__(self, rows: Indices, columns: Indices, costs: Array) -> None:
        row_at = np.unique(rows, return_inverse=True)[1]
        column_at = np.unique(columns, return_inverse=True)[1]
        self.costs = np.full((int(row_at.max()) + 1, int(column_at.max()) + 1), np.inf)
        self.costs[row_at, column_at] = costs
        places = zip(row_at.tolist(), column_at.tolist(), strict=True)
        self.edge = {place: nth for nth, place in enumerate(places)}
