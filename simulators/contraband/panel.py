"""Simulated intruder panel; the wire format is drivers/contraband/sia_dc09.py's.

A burglary alarm or its restoral every few seconds, made up, numbered as a panel does. It does not
wait for answers: what a panel does with them is the tests' concern.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...drivers.contraband.sia_dc09 import LAST_NUMBER, encode
from ...drivers.readings import PanelEvent, Position
from ..instrument import Stamp, Timed
from ..scene import World, generator

EVENT_EVERY_S = 1.0
CODES = ("BA", "BR", "TA", "YT")  # burglary, its end, tamper, battery (SIA DC-03)


class Panel:
    """A panel with one area."""

    def __init__(self, world: World, sensor: str) -> None:
        self._world = world
        self._sensor = sensor

    def observe(self, stamp: Stamp) -> Iterator[Timed[bytes]]:
        """Give an event a second."""
        for number in range(int(self._world.scene.length_s / EVENT_EVERY_S) + 1):
            time_s = number * EVENT_EVERY_S
            rng = generator(self._world.scene.seed, self._sensor, number)
            event = PanelEvent(
                time_ns=stamp(time_s),
                account="4711",
                sequence=number % LAST_NUMBER + 1,
                code=CODES[int(rng.integers(len(CODES)))],
                zone=f"{int(rng.integers(1, 20)):03d}",
                area="1",
                position=Position(latitude_deg=52.05, longitude_deg=5.3) if number % 2 else None,
            )
            yield Timed(time_s, encode(event))
