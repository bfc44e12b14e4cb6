"""Kalman filter of a thing that moves at nearly constant velocity, in three dimensions.

State: east, north, up in metres, then their rates in metres a second. The process noise is white
acceleration (Bar-Shalom, Li, Kirubarajan, "Estimation with Applications to Tracking and
Navigation", 2001, section 6.2.2: the discretised continuous-time model).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_I = np.arange(3)
_POSITION = np.hstack([np.eye(3), np.zeros((3, 3))])


@dataclass(frozen=True, slots=True)
class Estimate:
    """Mean and covariance of the six states.

    Parameters
    ----------
    mean : float64, shape (6,)
        Position in m, velocity in m/s.
    covariance : float64, shape (6, 6)
    """

    mean: Array
    covariance: Array

    @property
    def position_m(self) -> Array:
        """East, north, up; shape (3,)."""
        return self.mean[:3]

    @property
    def velocity_m_s(self) -> Array:
        """East, north, up; shape (3,)."""
        return self.mean[3:]


def start(position_m: Array, covariance_m2: Array, speed_sigma_m_s: float = 10.0) -> Estimate:
    """Begin at one measured position (shape (3,), (3, 3)), with the velocity unknown."""
    covariance = np.zeros((6, 6))
    covariance[:3, :3] = covariance_m2
    covariance[3:, 3:] = np.eye(3) * speed_sigma_m_s**2
    return Estimate(np.concatenate([position_m, np.zeros(3)]), covariance)


def predict(estimate: Estimate, dt_s: float, acceleration_density: float) -> Estimate:
    """Move on by `dt_s`; `acceleration_density` is the noise's spectral density in m^2/s^3."""
    transition = np.eye(6)
    transition[_I, _I + 3] = dt_s
    covariance = transition @ estimate.covariance @ transition.T
    covariance[_I, _I] += acceleration_density * dt_s**3 / 3
    covariance[_I, _I + 3] += acceleration_density * dt_s**2 / 2
    covariance[_I + 3, _I] += acceleration_density * dt_s**2 / 2
    covariance[_I + 3, _I + 3] += acceleration_density * dt_s
    return Estimate(transition @ estimate.mean, covariance)


def innovation_distance(
    estimate: Estimate, position_m: Array, covariance_m2: Array
) -> tuple[float, float]:
    """Squared Mahalanobis distance of a measured position, and log|S| of its innovation.

    Under the model the distance is chi-square with three degrees of freedom.
    """
    innovation = position_m - estimate.position_m
    spread = estimate.covariance[:3, :3] + covariance_m2
    distance = float(innovation @ np.linalg.solve(spread, innovation))
    return distance, float(np.linalg.slogdet(spread)[1])


def update(estimate: Estimate, position_m: Array, covariance_m2: Array) -> Estimate:
    """Take in one measured position (Joseph form, so that the covariance stays positive)."""
    spread = estimate.covariance[:3, :3] + covariance_m2
    gain = np.linalg.solve(spread, estimate.covariance[:3, :]).T
    keep = np.eye(6) - gain @ _POSITION
    mean = estimate.mean + gain @ (position_m - estimate.position_m)
    covariance = keep @ estimate.covariance @ keep.T + gain @ covariance_m2 @ gain.T
    return Estimate(mean, covariance)
