"""What sensors measure of a state, linearised about it: points, positions, bearings, ranges.

Radar points are turned into positions with the covariance of their errors along and across the
sight, and a range rate. An error of angle also moves the point off the sphere's tangent, by
r (1 - cos t): its second moment, 2 r^2 sigma^4 for two angles, is added along the sight.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from .filters import Bank
from .models import Array

Kind = Literal["position", "plan", "moving", "bearing", "direction", "range"]
"""East, north, up | east, north | east, north, up, range rate | azimuth | azimuth, elevation |
range; angles in radians, azimuth clockwise from north."""

LINEAR = {"position": 3, "plan": 2}
PLACED = ("position", "plan", "moving")
"""The kinds that tell where something is, and can begin a track."""

_ANGLES = {"bearing": (0,), "direction": (0, 1)}


@dataclass(frozen=True, slots=True)
class Measurements:
    """What one sensor measured at one moment.

    Parameters
    ----------
    kind : Kind
    values : float64, shape (n, k)
    covariances : float64, shape (n, k, k)
    sensor_m : float64, shape (3,), optional
        Where the sensor stands; needed by all but `position` and `plan`.
    """

    kind: Kind
    values: Array
    covariances: Array
    sensor_m: Array | None = None

    def __len__(self) -> int:
        return len(self.values)

    @property
    def places_m(self) -> Array:
        """East, north, up (0 where it is not known) of the kinds that have a place."""
        places = np.zeros((len(self.values), 3))
        width = 2 if self.kind == "plan" else 3
        places[:, :width] = self.values[:, :width]
        return places


def from_polar(
    sensor_m: Array,
    range_m: Array,
    azimuth_rad: Array,
    elevation_rad: Array,
    *,
    range_sigma_m: float,
    angle_sigma_rad: float,
    range_rate_m_s: Array | None = None,
    rate_sigma_m_s: float = 0.5,
) -> Measurements:
    """Turn a radar's points into positions, with range rates if it gives them.

    Parameters
    ----------
    sensor_m : float64, shape (3,)
    range_m, azimuth_rad, elevation_rad, range_rate_m_s : float64, shape (n,)
        In the site's axes: azimuth clockwise from north. Receding is positive.
    """
    sight = sight_of(azimuth_rad, elevation_rad)
    places = sensor_m + range_m[:, None] * sight
    across = (range_m * angle_sigma_rad) ** 2
    along = sight[:, :, None] * sight[:, None, :]
    bent = range_sigma_m**2 + 2 * across * angle_sigma_rad**2
    spread = bent[:, None, None] * along + across[:, None, None] * (np.eye(3) - along)
    if range_rate_m_s is None:
        return Measurements("position", places, spread, sensor_m)
    return with_rates(places, spread, sensor_m, range_rate_m_s, rate_sigma_m_s)


def with_rates(
    places_m: Array, covariances_m2: Array, sensor_m: Array, rates_m_s: Array, sigma_m_s: float
) -> Measurements:
    """Add range rates to positions."""
    covariances = np.zeros((len(places_m), 4, 4))
    covariances[:, :3, :3], covariances[:, 3, 3] = covariances_m2, sigma_m_s**2
    values = np.column_stack([places_m, rates_m_s])
    return Measurements("moving", values, covariances, sensor_m)


def sight_of(azimuth_rad: Array, elevation_rad: Array) -> Array:
    """Unit vectors; azimuth clockwise from north, elevation upwards; shape (n, 3)."""
    level = np.cos(elevation_rad)
    return np.column_stack(
        [level * np.sin(azimuth_rad), level * np.cos(azimuth_rad), np.sin(elevation_rad)]
    )


def wrapped(kind: Kind, innovation: Array) -> Array:
    """Bring differences of angles into [-pi, pi)."""
    for at in _ANGLES.get(kind, ()):
        innovation[..., at] = (innovation[..., at] + np.pi) % (2 * np.pi) - np.pi
    return innovation


def observe(measurements: Measurements, bank: Bank) -> tuple[Array, Array, Array]:
    """Foresee what the sensor would measure of each track under each model.

    Returns
    -------
    foreseen : float64, shape (tracks, models, k)
    cross : float64, shape (tracks, models, k, 6)
        Covariance of the measured with the state.
    spread : float64, shape (tracks, models, k, k)
        Covariance of the foreseen, without the measurement's own error.
    """
    width = LINEAR.get(measurements.kind)
    if width is not None:
        covariance = bank.covariance
        return (
            bank.mean[..., :width],
            covariance[..., :width, :],
            covariance[..., :width, :width],
        )
    assert measurements.sensor_m is not None
    foreseen, slope = _linearised(measurements.kind, bank.mean, measurements.sensor_m)
    cross = slope @ bank.covariance
    return foreseen, cross, cross @ slope.swapaxes(-1, -2)


def _linearised(kind: Kind, mean: Array, sensor_m: Array) -> tuple[Array, Array]:
    """What is foreseen, and its derivative by the state."""
    away = mean[..., :3] - sensor_m
    range_m = np.maximum(np.linalg.norm(away, axis=-1, keepdims=True), 0.1)
    sight = away / range_m
    if kind == "range":
        slope = np.zeros((*mean.shape[:-1], 1, 6))
        slope[..., 0, :3] = sight
        return range_m, slope
    if kind == "moving":
        rate = (sight * mean[..., 3:]).sum(axis=-1, keepdims=True)
        slope = np.zeros((*mean.shape[:-1], 4, 6))
        slope[..., (0, 1, 2), (0, 1, 2)] = 1
        slope[..., 3, :3] = (mean[..., 3:] - rate * sight) / range_m
        slope[..., 3, 3:] = sight
        return np.concatenate([mean[..., :3], rate], axis=-1), slope
    return _angles(kind, away, range_m[..., 0])


def _angles(kind: Kind, away: Array, range_m: Array) -> tuple[Array, Array]:
    east, north, up = np.moveaxis(away, -1, 0)
    level = np.maximum(np.hypot(east, north), 0.1)
    slope = np.zeros((*away.shape[:-1], 1 if kind == "bearing" else 2, 6))
    slope[..., 0, 0], slope[..., 0, 1] = north / level**2, -east / level**2
    azimuth = np.arctan2(east, north)
    if kind == "bearing":
        return azimuth[..., None], slope
    slope[..., 1, 0] = -up * east / (range_m**2 * level)
    slope[..., 1, 1] = -up * north / (range_m**2 * level)
    slope[..., 1, 2] = level / range_m**2
    return np.stack([azimuth, np.arctan2(up, level)], axis=-1), slope
