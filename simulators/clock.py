"""The pace of a scene, and what the devices' own clocks show meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """When in a scene it is."""

    def stamp(self, time_s: float) -> int:
        """The UTC nanoseconds that a device's clock shows at `time_s` of the scene."""
        ...

    async def until(self, time_s: float) -> None:
        """Wait until it is `time_s` of the scene."""
        ...


@dataclass(frozen=True, slots=True)
class FastClock:
    """As fast as it goes; the devices believe that the scene began at `start_ns` (UTC)."""

    start_ns: int

    def stamp(self, time_s: float) -> int:
        """Scene time, counted from `start_ns`."""
        return self.start_ns + round(time_s * 1e9)

    async def until(self, time_s: float) -> None:
        """Let others run, and go on."""
        del time_s
        await asyncio.sleep(0)


@dataclass(frozen=True, slots=True)
class PacedClock:
    """The scene at `speed` times its own; devices show the true time, so a gateway believes them.

    Parameters
    ----------
    start_ns : int
        UTC when the scene began.
    start_monotonic_s : float
        The same moment by `monotonic`.
    """

    start_ns: int
    start_monotonic_s: float
    speed: float = 1.0
    monotonic: Callable[[], float] = time.monotonic

    @classmethod
    def now(cls, speed: float = 1.0) -> PacedClock:
        """Begin the scene at this moment."""
        return cls(time.time_ns(), time.monotonic(), speed)

    def stamp(self, time_s: float) -> int:
        """The true time at which this moment of the scene is played."""
        return self.start_ns + round(time_s / self.speed * 1e9)

    async def until(self, time_s: float) -> None:
        """Wait; a moment that has passed is not waited for."""
        due_s = self.start_monotonic_s + time_s / self.speed
        await asyncio.sleep(max(due_s - self.monotonic(), 0))
