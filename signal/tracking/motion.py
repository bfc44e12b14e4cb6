"""What a thing's motion tells of what it is: the rules that need no training.

A person and a vehicle stay on the ground. A drone flies in from afar, then stands still in the
air; no bird in this country does that for seconds at a yard's height, a kestrel in wind excepted,
so the verdict is never certain. An aircraft that only flies by stays `unknown`.
Cost: constant for each update.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

MotionClass = Literal["drone", "person", "vehicle", "unknown"]


@dataclass(frozen=True, slots=True)
class MotionLimits:
    """Where the rules draw their lines.

    Parameters
    ----------
    airborne_height_m : float
        Above the ground; what stays below has legs or wheels.
    hover_speed_m_s, hover_after_s : float
        Slower than this for so long is a hover.
    arrival_m : float
        A hover counts after so long a way: swaying branches stay where they are.
    walking_speed_m_s : float
        The fastest run of a person; faster on the ground is a vehicle.
    settle_s : float
        No verdict before so much of the track has been seen.
    """

    airborne_height_m: float = 3.0
    hover_speed_m_s: float = 2.0
    hover_after_s: float = 3.0
    arrival_m: float = 15.0
    walking_speed_m_s: float = 6.0
    settle_s: float = 1.0


class Motion:
    """The history of one thing, condensed to what the rules ask."""

    def __init__(self, limits: MotionLimits) -> None:
        self._limits = limits
        self._start_m: NDArray[np.float64] | None = None
        self._first_s = 0.0
        self._last_s = 0.0
        self._airborne_s = 0.0
        self._slow_since_s: float | None = None
        self._farthest_m = 0.0
        self._fastest_m_s = 0.0

    def update(
        self, time_s: float, position_m: NDArray[np.float64], velocity_m_s: NDArray[np.float64]
    ) -> None:
        """Take in the state at `time_s`: east, north, up; each of shape (3,)."""
        limits = self._limits
        if self._start_m is None:
            self._start_m, self._first_s, self._last_s = position_m.copy(), time_s, time_s
        airborne = bool(position_m[2] >= limits.airborne_height_m)
        speed_m_s = float(np.linalg.norm(velocity_m_s))
        if airborne:
            self._airborne_s += time_s - self._last_s
        if not airborne or speed_m_s > limits.hover_speed_m_s:
            self._slow_since_s = None
        elif self._slow_since_s is None:
            self._slow_since_s = time_s
        self._farthest_m = max(self._farthest_m, float(np.linalg.norm(position_m - self._start_m)))
        if time_s - self._first_s >= limits.settle_s:
            self._fastest_m_s = max(self._fastest_m_s, speed_m_s)
        self._last_s = time_s

    @property
    def hovering(self) -> bool:
        """Whether it stands still in the air now, having come from elsewhere."""
        return (
            self._slow_since_s is not None
            and self._last_s - self._slow_since_s >= self._limits.hover_after_s
            and self._farthest_m >= self._limits.arrival_m
        )

    @property
    def airborne(self) -> bool:
        """Whether it has spent most of its life above the ground."""
        return self._airborne_s > 0.5 * max(self._last_s - self._first_s, 1e-9)

    def classify(self) -> MotionClass:
        """Name what moves like that."""
        if self._last_s - self._first_s < self._limits.settle_s:
            return "unknown"
        if self.airborne:
            return "drone" if self.hovering else "unknown"
        return "vehicle" if self._fastest_m_s > self._limits.walking_speed_m_s else "person"
