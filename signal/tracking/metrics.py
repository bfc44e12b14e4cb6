"""How far a set of tracks is from the truth: GOSPA and OSPA.

GOSPA with alpha = 2 (Rahmathullah, Garcia-Fernandez, Svensson, "Generalized optimal sub-pattern
assignment metric", FUSION 2017); OSPA (Schuhmacher, Vo, Vo, IEEE TSP 56(8), 2008).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Gospa:
    """The distance, and what it is made of.

    Parameters
    ----------
    distance : float
        In metres.
    location : float
        The sum of the paired distances to the power p.
    missed, false : int
    """

    distance: float
    location: float
    missed: int
    false: int


def gospa(truth_m: Array, tracks_m: Array, *, cutoff_m: float = 50.0, power: float = 2.0) -> Gospa:
    """Compare places of shape (n, d) with tracks of shape (m, d).

    A pair farther apart than `cutoff_m` is one missed and one false, each `cutoff_m**power / 2`.
    """
    costs = np.minimum(cdist(truth_m, tracks_m), cutoff_m) ** power
    rows, columns = linear_sum_assignment(costs)
    paired = costs[rows, columns]
    paired = paired[paired < cutoff_m**power]
    missed, false = len(truth_m) - len(paired), len(tracks_m) - len(paired)
    location = float(paired.sum())
    total = location + cutoff_m**power / 2 * (missed + false)
    return Gospa(float(total ** (1 / power)), location, missed, false)


def ospa(truth_m: Array, tracks_m: Array, *, cutoff_m: float = 50.0, power: float = 2.0) -> float:
    """Give the mean distance of a thing, where one too few or too many counts as the cut-off."""
    most = max(len(truth_m), len(tracks_m))
    if most == 0:
        return 0.0
    costs = np.minimum(cdist(truth_m, tracks_m), cutoff_m) ** power
    rows, columns = linear_sum_assignment(costs)
    unpaired = most - len(rows)
    total = float(costs[rows, columns].sum()) + cutoff_m**power * unpaired
    return float((total / most) ** (1 / power))
