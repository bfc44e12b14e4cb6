"""Scenes for trackers, each from a seed: things and clutter on 4 by 4 km, one scan a second.

`easy` draws its numbers in the order of the published peer benchmark, so that one seed is one and
the same scene in both. `hard` has things seen six times in ten among 200 false plots, and each pair
of them meets in one point.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SIDE_M = 4000.0
SIGMA_M = 5.0
DENSITY = 0.5  # of the white acceleration, m^2/s^3
SPEEDS_M_S = (5.0, 15.0)
TRANSITION = np.array([[1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 1, 1], [0, 0, 0, 1.0]])
NOISE = np.kron(np.eye(2), DENSITY * np.array([[1 / 3, 1 / 2], [1 / 2, 1]]))
PLACES = (0, 2)


@dataclass(frozen=True, slots=True)
class TrackScene:
    """What there was and what was measured of it.

    Parameters
    ----------
    truth_m : float64, shape (scans, things, 2)
    plots_m : list of float64, shape (plots, 2)
        One array for each scan.
    detection : float
        Of a thing in a scan.
    clutter : float
        Expected in a scan, anywhere.
    """

    truth_m: Array
    plots_m: list[Array]
    detection: float
    clutter: float


def easy(things: int, seed: int, *, scans: int = 100, clutter: float = 20) -> TrackScene:
    """The scene of the published benchmark."""
    rng = np.random.default_rng(seed)
    states = _begun(rng, things)
    noise = np.linalg.cholesky(NOISE)
    truth: list[Array] = []
    plots: list[Array] = []
    for scan in range(scans):
        if scan:
            states = states @ TRANSITION.T + rng.standard_normal((things, 4)) @ noise.T
        truth.append(states[:, PLACES])
        plots.append(_seen(rng, truth[-1], 0.9, clutter))
    return TrackScene(np.array(truth), plots, 0.9, clutter)


def hard(things: int, seed: int, *, scans: int = 100, clutter: float = 200) -> TrackScene:
    """Things seen in 0.6 of the scans; the second of each pair meets the first on its way."""
    rng = np.random.default_rng(seed)
    noise = np.linalg.cholesky(NOISE)
    way = [_begun(rng, things)]
    for _ in range(scans - 1):
        way.append(way[-1] @ TRANSITION.T + rng.standard_normal((things, 4)) @ noise.T)
    truth = np.array(way)[:, :, PLACES]
    for first in range(0, things - 1, 2):
        meets = int(rng.integers(scans // 5, scans - scans // 5))
        truth[:, first + 1] += truth[meets, first] - truth[meets, first + 1]
    plots = [_seen(rng, places, 0.6, clutter) for places in truth]
    return TrackScene(truth, plots, 0.6, clutter)


def _begun(rng: np.random.Generator, things: int) -> Array:
    states = np.zeros((things, 4))
    states[:, PLACES] = rng.uniform(1200, SIDE_M - 1200, (things, 2))
    speeds, courses = rng.uniform(*SPEEDS_M_S, things), rng.uniform(0, 2 * np.pi, things)
    states[:, 1], states[:, 3] = speeds * np.cos(courses), speeds * np.sin(courses)
    return states


def _seen(rng: np.random.Generator, places: Array, detection: float, clutter: float) -> Array:
    hits = places[rng.random(len(places)) < detection]
    plots = hits + SIGMA_M * rng.standard_normal(hits.shape)
    false = rng.poisson(clutter)
    plots = np.vstack([plots, rng.uniform(0, SIDE_M, (false, 2))])
    return plots[rng.permutation(len(plots))]
