"""What a thing's motion tells of what it is: the rules that need no training.

A person and a vehicle stay on the ground. A drone flies in from afar, then stands still in the
air; no bird in this country does that for seconds at a yard's height, a kestrel in wind excepted,
so the verdict is never certain. What has hovered once stays a drone as long as it is airborne. An
aircraft that only flies by stays `unknown`.
Cost: constant for each update. Memory: the velocities of the last `hover_after_s`.
"""

from __future__ import annotations

from collections import deque
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
        A hover's mean velocity over so long is less than this, and its mean speed less than twice
        this: the errors of single velocities cancel in the one and not in the other, and what
        circles or turns about has no mean velocity, but speed.
    arrival_m : float
        A hover counts after so long a way: swaying branches stay where they are.
    running_speed_m_s : float
        A hundred metres in fourteen seconds; faster on the ground is a vehicle.
    settle_s : float
        No verdict before so much of the track has been seen; a thing's speed is its mean velocity
        over so long.
    """

    airborne_height_m: float = 3.0
    hover_speed_m_s: float = 2.0
    hover_after_s: float = 3.0
    arrival_m: float = 15.0
    running_speed_m_s: float = 7.0
    settle_s: float = 1.0


class Motion:
    """The history of one thing, condensed to what the rules ask.

    Parameters
    ----------
    limits : MotionLimits
    began_m : float64, shape (3,), or None
        Where it was first seen; None is where it is at its first update.
    """

    def __init__(self, limits: MotionLimits, began_m: NDArray[np.float64] | None = None) -> None:
        self._limits = limits
        self._began_m = began_m
        self._started = False
        self._first_s = 0.0
        self._last_s = 0.0
        self._airborne_s = 0.0
        self._lately = _Window(limits.hover_after_s)  # in the air
        self._now = _Window(limits.settle_s)
        self._has_hovered = False
        self._farthest_m = 0.0
        self._fastest_m_s = 0.0

    def update(
        self, time_s: float, position_m: NDArray[np.float64], velocity_m_s: NDArray[np.float64]
    ) -> None:
        """Take in the state at `time_s`: east, north, up; each of shape (3,).

        One that is older than the last is left out.
        """
        if self._started and time_s < self._last_s:
            return
        limits = self._limits
        if not self._started:
            self._started, self._first_s, self._last_s = True, time_s, time_s
        if self._began_m is None:
            self._began_m = position_m.copy()
        airborne = bool(position_m[2] >= limits.airborne_height_m)
        speed_m_s = float(np.linalg.norm(velocity_m_s))
        if airborne:
            self._airborne_s += time_s - self._last_s
            self._lately.add(time_s, velocity_m_s, speed_m_s)
        else:
            self._lately.clear()
        self._farthest_m = max(self._farthest_m, float(np.linalg.norm(position_m - self._began_m)))
        self._now.add(time_s, velocity_m_s, speed_m_s)
        if self._now.is_full:
            self._fastest_m_s = max(self._fastest_m_s, self._now.mean_velocity_m_s)
        self._last_s = time_s
        self._has_hovered = self._has_hovered or self.hovering

    @property
    def hovering(self) -> bool:
        """Whether it stands still in the air now, having come from elsewhere."""
        limits, lately = self._limits, self._lately
        return (
            lately.is_full
            and self._farthest_m >= limits.arrival_m
            and lately.mean_velocity_m_s <= limits.hover_speed_m_s
            and lately.mean_speed_m_s <= 2 * limits.hover_speed_m_s
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
            return "drone" if self._has_hovered else "unknown"
        return "vehicle" if self._fastest_m_s > self._limits.running_speed_m_s else "person"


class _Window:
    """The mean velocity and the mean speed of the last seconds."""

    def __init__(self, length_s: float) -> None:
        self._length_s = length_s
        self.clear()

    def clear(self) -> None:
        """Forget all."""
        self._rows: deque[tuple[float, NDArray[np.float64], float]] = deque()
        self._velocities = np.zeros(3)
        self._speeds = 0.0

    def add(self, time_s: float, velocity_m_s: NDArray[np.float64], speed_m_s: float) -> None:
        """Take in one moment, no earlier than the last; keep one that is as old as the window."""
        self._rows.append((time_s, velocity_m_s, speed_m_s))
        self._velocities += velocity_m_s
        self._speeds += speed_m_s
        while len(self._rows) > 2 and time_s - self._rows[1][0] >= self._length_s:
            _, old_velocity_m_s, old_speed_m_s = self._rows.popleft()
            self._velocities -= old_velocity_m_s
            self._speeds -= old_speed_m_s

    @property
    def is_full(self) -> bool:
        """Whether it holds as long as it should."""
        return bool(self._rows) and self._rows[-1][0] - self._rows[0][0] >= self._length_s

    @property
    def mean_velocity_m_s(self) -> float:
        """The length of the mean velocity."""
        return float(np.linalg.norm(self._velocities)) / len(self._rows)

    @property
    def mean_speed_m_s(self) -> float:
        """The mean of the velocities' lengths."""
        return self._speeds / len(self._rows)
