"""Simulated HLK-LD2450; the wire format is drivers/radar/hlk_ld2450.py's.

The three nearest moving things within 6 m, ten times a second, in the radar's own plane. The
errors are a guess of the order of its range resolution, not measurements of a device.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import count

from ...config.settings import Mounting
from ...drivers.radar.hlk_ld2450 import SLOTS, encode
from ...drivers.readings import RadarFrame, RadarPoint
from ..instrument import Stamp, Timed, own_axes, place_m
from ..scene import World, generator

PERIOD_S = 0.1
LONGEST_RANGE_M = 6.0
WIDEST_AZIMUTH_DEG = 60.0
SIGMA_M = 0.1


class HlkLd2450:
    """The radar of one mounting in one world."""

    def __init__(self, world: World, sensor: str, mounting: Mounting) -> None:
        self._world = world
        self._sensor = sensor
        self._mounting = mounting
        self._place_m = place_m(mounting)

    def observe(self, stamp: Stamp) -> Iterator[Timed[bytes]]:
        """Give a report every 100 ms, whether anything is there or not."""
        for number in count():
            time_s = number * PERIOD_S
            if time_s > self._world.scene.length_s:
                return
            yield Timed(time_s, encode(self.frame(number, time_s, stamp(time_s))))

    def frame(self, number: int, time_s: float, time_ns: int) -> RadarFrame:
        """Give one report."""
        near = sorted(self._seen(number, time_s), key=lambda p: math.hypot(p.x_m, p.y_m))
        return RadarFrame(time_ns=time_ns, frame_number=number, points=tuple(near[:SLOTS]))

    def _seen(self, number: int, time_s: float) -> Iterator[RadarPoint]:
        rng = generator(self._world.scene.seed, self._sensor, number)
        for body in self._world.at(time_s):
            sight = own_axes(self._mounting, body.position_m - self._place_m)
            right_m, ahead_m, _ = map(float, sight)
            range_m = math.hypot(right_m, ahead_m)
            wide = abs(math.degrees(math.atan2(right_m, ahead_m))) > WIDEST_AZIMUTH_DEG
            if wide or not 0.1 < range_m <= LONGEST_RANGE_M:
                continue
            velocity = own_axes(self._mounting, body.velocity_m_s)
            rate_m_s = float(velocity[0] * right_m + velocity[1] * ahead_m) / range_m
            off_m = rng.normal(0, SIGMA_M, 2)
            yield RadarPoint(
                x_m=right_m + off_m[0], y_m=ahead_m + off_m[1], z_m=0.0, range_rate_m_s=rate_m_s
            )
