"""The pace of a scene, and what the devices' own clocks show meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """The scene at `speed` times its own pace; devices show the true time, so they are believed.

    Parameters
    ----------
    start_ns : int
        UTC when the scene begins.
    start_monotonic_s : float
        The same moment by `monotonic`.
    speed : float
    monotonic, sleep : callable
        Replaced in tests.
    """

    start_ns: int
    start_monotonic_s: float
    speed: float = 1.0
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep

    @classmethod
    def now(cls, speed: float = 1.0) -> Clock:
        """Begin the scene at this moment."""
        return cls(time.time_ns(), time.monotonic(), speed)

    def stamp(self, time_s: float) -> int:
        """The UTC nanoseconds at which `time_s` of the scene is played."""
        return self.start_ns + round(time_s / self.speed * 1e9)

    async def until(self, time_s: float) -> None:
        """Wait until it is `time_s` of the scene; what has passed is not waited for."""
        due_s = self.start_monotonic_s + time_s / self.speed
        await self.sleep(max(due_s - self.monotonic(), 0.0))
