"""How things move between two moments: linear models of one state, position and velocity.

State: east, north, up in metres, then their rates in metres a second. White noise of acceleration
drives the velocity, which keeps (`damping_s` is None: Bar-Shalom, Li, Kirubarajan, "Estimation with
Applications to Tracking and Navigation", 2001, section 6.2.2) or dies away (an integrated
Ornstein-Uhlenbeck process; the integrals of its covariance are elementary).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

STATES = 6


@dataclass(frozen=True, slots=True)
class MotionModel:
    """One way to move.

    Parameters
    ----------
    name : str
    acceleration_density : float
        Spectral density of the white acceleration, m^2/s^3, on east and north.
    climb_share : float
        The vertical density over the horizontal one.
    damping_s : float, optional
        The time constant with which the velocity dies away; None lets it stand.
    """

    name: str
    acceleration_density: float
    damping_s: float | None = None
    climb_share: float = 1.0


AIRCRAFT_CLIMB = 0.1
"""A multicopter brakes and turns at once, but climbs and sinks by a few m/s (the small ones of the
makers' data sheets at 3 to 8). What it lets go of falls faster: its track must not follow that."""

HOVER = MotionModel("hover", 1.0, 1.0, AIRCRAFT_CLIMB)
"""Stands in the air: a wind of 0.7 m/s about it."""

CRUISE = MotionModel("cruise", 0.5)
"""Flies straight on."""

MANOEUVRE = MotionModel("manoeuvre", 10.0, None, AIRCRAFT_CLIMB)
"""Brakes from 12 m/s within two seconds, turns, sets off."""

DRONE_MODELS = (HOVER, CRUISE, MANOEUVRE)


@lru_cache(maxsize=256)
def transitions(models: tuple[MotionModel, ...], dt_s: float) -> tuple[Array, Array]:
    """Give each model's transition and noise over `dt_s`.

    Returns
    -------
    transition, noise : float64, shape (models, 6, 6), read-only
    """
    transition, noise = np.zeros((2, len(models), STATES, STATES))
    axis = np.arange(3)
    for nth, model in enumerate(models):
        moved, kept, noises = _axis(model, dt_s)
        density = model.acceleration_density * np.array([1.0, 1.0, model.climb_share])
        transition[nth, axis, axis] = 1
        transition[nth, axis, axis + 3] = moved
        transition[nth, axis + 3, axis + 3] = kept
        noise[nth, axis, axis] = density * noises[0]
        noise[nth, axis, axis + 3] = noise[nth, axis + 3, axis] = density * noises[1]
        noise[nth, axis + 3, axis + 3] = density * noises[2]
    transition.flags.writeable = noise.flags.writeable = False
    return transition, noise


def _axis(model: MotionModel, dt_s: float) -> tuple[float, float, tuple[float, float, float]]:
    """What a velocity of 1 moves and keeps, and the covariance of a noise of density 1."""
    if model.damping_s is None:
        return dt_s, 1.0, (dt_s**3 / 3, dt_s**2 / 2, dt_s)
    tau = model.damping_s
    lost = -float(np.expm1(-dt_s / tau))  # 1 - exp(-dt/tau), exact when small
    lost_twice = -float(np.expm1(-2 * dt_s / tau))
    place = tau**2 * (dt_s - 2 * tau * lost + tau * lost_twice / 2)
    return tau * lost, 1 - lost, (max(place, 0.0), tau**2 * lost**2 / 2, tau * lost_twice / 2)
