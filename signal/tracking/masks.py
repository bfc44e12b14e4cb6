"""What a sensor cannot see: what is out of its view, under the ground, or behind a wall."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Wall:
    """A straight wall on level ground: from one end to the other (east, north), so high."""

    start_m: tuple[float, float]
    end_m: tuple[float, float]
    height_m: float


@dataclass(frozen=True, slots=True)
class View:
    """Where a sensor stands and how far it sees.

    Parameters
    ----------
    place_m : float64, shape (3,)
    facing_rad, tilt_rad : float
        Clockwise from north, upwards.
    range_m : float
    half_width_rad, half_height_rad : float
        Of the view, to either side of its axis.
    walls : tuple of Wall
    """

    place_m: Array
    facing_rad: float = 0.0
    tilt_rad: float = 0.0
    range_m: float = np.inf
    half_width_rad: float = np.pi
    half_height_rad: float = np.pi / 2
    walls: tuple[Wall, ...] = field(default=())

    def sees(self, places_m: Array) -> Flags:
        """Whether each place (shape (n, 3)) is in view and no wall stands between."""
        away = places_m - self.place_m
        level_m = np.hypot(away[:, 0], away[:, 1])
        azimuth = np.arctan2(away[:, 0], away[:, 1]) - self.facing_rad
        azimuth = (azimuth + np.pi) % (2 * np.pi) - np.pi
        # Seen from the front; behind the sensor its tilt has no meaning.
        elevation = np.arctan2(away[:, 2], level_m) - self.tilt_rad * np.cos(azimuth)
        seen: Flags = np.linalg.norm(away, axis=1) <= self.range_m
        seen &= np.abs(azimuth) <= self.half_width_rad
        seen &= np.abs(elevation) <= self.half_height_rad
        return seen & ~hidden(self.place_m, places_m, self.walls)


def hidden(eye_m: Array, places_m: Array, walls: tuple[Wall, ...]) -> Flags:
    """Whether a wall stands between the eye (shape (3,)) and each place (shape (n, 3)).

    The sight and the wall meet on the plan, and the sight passes there below the wall's top.
    """
    behind = np.zeros(len(places_m), np.bool_)
    away = places_m - eye_m
    for wall in walls:
        start = np.array(wall.start_m) - eye_m[:2]
        along = np.array(wall.end_m) - np.array(wall.start_m)
        turn = away[:, 0] * along[1] - away[:, 1] * along[0]
        parallel = np.abs(turn) < 1e-12
        turn = np.where(parallel, 1.0, turn)
        share = (start[0] * along[1] - start[1] * along[0]) / turn  # of the sight
        part = (start[0] * away[:, 1] - start[1] * away[:, 0]) / turn  # of the wall
        meets = ~parallel & (share > 0) & (share < 1) & (part >= 0) & (part <= 1)
        behind |= meets & (eye_m[2] + share * away[:, 2] < wall.height_m)
    return behind


def believable(
    view: View | None, places_m: Array, *, lowest_m: float = -2.0, margin_m: float = 6.0
) -> Flags:
    """Whether a measured place can be: not under the ground, nor behind a wall.

    Under the ground are the mirror images of what is above it; behind a wall those of what is
    before it. `lowest_m` and `margin_m` leave room for errors: what hovers before a window may be
    measured inside.
    """
    possible: Flags = places_m[:, 2] >= lowest_m
    if view is not None and view.walls:
        away = places_m - view.place_m
        range_m = np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-9)
        nearer = view.place_m + away * np.maximum(1 - margin_m / range_m, 0.0)
        possible &= ~hidden(view.place_m, nearer, view.walls)
    return possible
