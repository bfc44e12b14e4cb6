"""Which measurement belongs to which track: global nearest neighbour inside gates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment


def assign(costs: NDArray[np.float64], gate: float) -> list[tuple[int, int]]:
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
