"""Simulated DroneScout receiver; the wire format is drivers/remote_id/dronescout.py's.

It hears what `receiver.py` tells of, and tells of itself every ten seconds.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator

import numpy as np

from ...config.settings import Mounting, SiteSection
from ...drivers.readings import RemoteIdReport, SensorStatus
from ...drivers.remote_id.dronescout import encode
from ..instrument import Stamp, Timed
from ..scene import World
from .receiver import Receiver, whole_ms

STATUS_PERIOD_S = 10.0


class DroneScout:
    """The receiver of one mounting in one world."""

    def __init__(self, world: World, sensor: str, mounting: Mounting, site: SiteSection) -> None:
        self._world = world
        self._sensor = sensor
        self._receiver = Receiver(world, sensor, mounting, site)

    def observe(self, stamp: Stamp) -> Iterator[Timed[bytes]]:
        """Give what is heard, and the receiver's own status, one payload each."""
        return (Timed(said.time_s, encode(said.what)) for said in self.reports(stamp))

    def reports(self, stamp: Stamp) -> Iterator[Timed[RemoteIdReport | SensorStatus]]:
        """Give the same as readings."""
        return heapq.merge(self._status(stamp), self._heard(stamp), key=lambda said: said.time_s)

    def _heard(self, stamp: Stamp) -> Iterator[Timed[RemoteIdReport | SensorStatus]]:
        for said in self._receiver.reports(stamp):
            yield Timed(said.time_s, said.what)

    def _status(self, stamp: Stamp) -> Iterator[Timed[RemoteIdReport | SensorStatus]]:
        for time_s in np.arange(0, self._world.scene.length_s, STATUS_PERIOD_S).tolist():
            status = SensorStatus(
                time_ns=whole_ms(stamp(time_s)),
                receiver=self._sensor,
                state="normal",
                model="ds230",
                firmware="simulated",
            )
            yield Timed(time_s, status)
