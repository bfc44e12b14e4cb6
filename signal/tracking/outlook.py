"""What comes next, if a thing goes on as it does: when it is inside, where a package lands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .models import Array

GRAVITY_M_S2 = 9.81
Corner = tuple[float, float]


def inside(corners: Sequence[Corner], east: float, north: float) -> bool:
    """Even-odd rule: a ray to the east crosses the edge an odd number of times."""
    within = False
    for (x1, y1), (x2, y2) in zip(corners, (*corners[1:], corners[0]), strict=True):
        if (y1 > north) != (y2 > north) and east < x1 + (north - y1) * (x2 - x1) / (y2 - y1):
            within = not within
    return within


def time_until_inside(
    position_m: Array, velocity_m_s: Array, corners: Sequence[Corner]
) -> float | None:
    """Give the seconds until a straight way enters an area; 0 inside, None if it never does.

    Parameters
    ----------
    position_m, velocity_m_s : float64, shape (2,) or (3,)
        Only east and north count.
    corners : sequence of (east, north)
    """
    east, north = float(position_m[0]), float(position_m[1])
    if inside(corners, east, north):
        return 0.0
    start = np.array(corners) - (east, north)
    along = np.roll(start, -1, axis=0) - start
    speed = velocity_m_s[:2]
    turn = speed[0] * along[:, 1] - speed[1] * along[:, 0]
    crosses = np.abs(turn) > 1e-12
    turn = np.where(crosses, turn, 1.0)
    time_s = (start[:, 0] * along[:, 1] - start[:, 1] * along[:, 0]) / turn
    part = (start[:, 0] * speed[1] - start[:, 1] * speed[0]) / turn
    meets = crosses & (time_s >= 0) & (part >= 0) & (part <= 1)
    return float(time_s[meets].min()) if meets.any() else None


def landing(position_m: Array, velocity_m_s: Array) -> Array:
    """Where something let go of now meets the ground, without the air's drag; shape (2,)."""
    height_m, climb = max(float(position_m[2]), 0.0), float(velocity_m_s[2])
    fall_s = (climb + np.sqrt(climb**2 + 2 * GRAVITY_M_S2 * height_m)) / GRAVITY_M_S2
    place: Array = position_m[:2] + velocity_m_s[:2] * fall_s
    return place


def nearest_on_outline(place_m: Array, corners: Sequence[Corner]) -> tuple[float, Array]:
    """Give the distance to an outline, and its nearest point (shape (2,))."""
    start = np.array(corners, np.float64)
    along = np.roll(start, -1, axis=0) - start
    length = np.maximum((along**2).sum(axis=1), 1e-12)
    part = np.clip(((place_m[:2] - start) * along).sum(axis=1) / length, 0, 1)
    points = start + part[:, None] * along
    distances = np.linalg.norm(points - place_m[:2], axis=1)
    best = int(distances.argmin())
    return float(distances[best]), points[best]
