"""Which measurements may belong to which tracks: an index first, then the exact gates.

The index is a k-d tree of the measured places. A track asks it for a ball that holds its gate, so
that the cost follows the pairs that are near, not tracks times measurements.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree
from scipy.stats import chi2

from .filters import Bank, Pairs
from .measurements import PLACED, Measurements, observe, wrapped
from .models import Array

Indices = NDArray[np.intp]


def gate_of(probability: float, width: int) -> float:
    """The squared distance that so large a share of a track's own measurements keep below."""
    return float(chi2.ppf(probability, width))


def gate(bank: Bank, measurements: Measurements, threshold: float) -> Pairs:
    """Pair tracks with the measurements inside their gates.

    Parameters
    ----------
    bank : Bank
        Predicted to the moment of the measurements.
    measurements : Measurements
    threshold : float
        A pair's squared Mahalanobis distance under its best model may be so much.
    """
    foreseen, cross, spread = observe(measurements, bank)
    rows, columns = _candidates(bank, measurements, spread, threshold)
    innovation = measurements.values[columns][:, None] - foreseen[rows]
    innovation = wrapped(measurements.kind, innovation)
    total = spread[rows] + measurements.covariances[columns][:, None]
    inverse = np.linalg.inv(total) if len(rows) else total
    distance = np.einsum("pmi,pmij,pmj->pm", innovation, inverse, innovation)
    near = distance.min(axis=1, initial=np.inf) <= threshold
    if not near.all():
        rows, columns, innovation = rows[near], columns[near], innovation[near]
        total, inverse, distance = total[near], inverse[near], distance[near]
    cross = cross[rows]
    volume = np.sqrt(np.linalg.det(2 * np.pi * total))
    likelihood = np.exp(-0.5 * np.minimum(distance, 600.0)) / volume
    gain = cross.swapaxes(-1, -2) @ inverse
    return Pairs(rows, columns, innovation, gain, cross, likelihood)


def _candidates(
    bank: Bank, measurements: Measurements, spread: Array, threshold: float
) -> tuple[Indices, Indices]:
    """Pairs that may pass, ordered by track: a superset of those that do."""
    tracks, count = len(bank.mean), len(measurements)
    if measurements.kind not in PLACED or tracks * count <= 64:
        return (
            np.repeat(np.arange(tracks), count),
            np.tile(np.arange(count), tracks),
        )
    width = 2 if measurements.kind == "plan" else 3
    axes = np.arange(width)
    widest = spread[..., axes, axes].sum(axis=-1)
    widest += measurements.covariances[:, axes, axes].sum(axis=-1).max()
    # The trace bounds the largest eigenvalue; the ball holds the gates of all models.
    centre = bank.mean[..., :width].mean(axis=1)
    aside = np.linalg.norm(bank.mean[..., :width] - centre[:, None], axis=-1)
    radius = (np.sqrt(threshold * widest) + aside).max(axis=1)
    tree: Any = KDTree(measurements.values[:, :width])  # its stubs leave the answer open
    found: list[list[int]] = list(tree.query_ball_point(centre, radius))
    counts = np.fromiter(map(len, found), np.intp, tracks)
    columns = np.fromiter(chain.from_iterable(found), np.intp, int(counts.sum()))
    return np.repeat(np.arange(tracks), counts), columns
