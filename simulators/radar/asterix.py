"""Simulated air radar that sends ASTERIX; the wire format is drivers/radar/asterix.py's.

A fast rotating radar of a perimeter: each second a north mark (CAT 034) and a plot of each body
(CAT 048) out to 20 km, all round. Its errors are guesses of the usual order, not measurements.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import count

from ...config.settings import Mounting
from ...drivers.radar.asterix import DAY_NS, encode
from ...drivers.readings import AirReport
from ..instrument import Stamp, Timed, place_m
from ..scene import World, generator

PERIOD_S = 1.0
LONGEST_RANGE_M = 20_000.0
RANGE_SIGMA_M = 5.0
AZIMUTH_SIGMA_DEG = 0.1
NORTH_MARK = 1
AREA_CODE, SOURCE_CODE = 0, 1  # 0 = an airspace of no country


class AirRadar:
    """The radar of one mounting in one world."""

    def __init__(self, world: World, sensor: str, mounting: Mounting) -> None:
        self._world = world
        self._sensor = sensor
        self._place_m = place_m(mounting)

    def observe(self, stamp: Stamp) -> Iterator[Timed[bytes]]:
        """Give a datagram each second: the north mark's block, then the plots'."""
        for number in count():
            time_s = number * PERIOD_S
            if time_s > self._world.scene.length_s:
                return
            time_ns = stamp(time_s)
            mark = AirReport(
                time_ns=time_ns,
                category=34,
                area_code=AREA_CODE,
                source_code=SOURCE_CODE,
                message_type=NORTH_MARK,
                time_of_day_s=_of_day_s(time_ns),
                rotation_s=PERIOD_S,
            )
            plots = list(self._plots(number, time_s, time_ns))
            yield Timed(time_s, encode(mark) + (encode(*plots) if plots else b""))

    def _plots(self, number: int, time_s: float, time_ns: int) -> Iterator[AirReport]:
        rng = generator(self._world.scene.seed, self._sensor, number)
        for body in self._world.at(time_s):
            east_m, north_m, up_m = map(float, body.position_m - self._place_m)
            range_m = math.hypot(east_m, north_m, up_m) + rng.normal(0, RANGE_SIGMA_M)
            if not 0 < range_m <= LONGEST_RANGE_M:
                continue
            azimuth_deg = math.degrees(math.atan2(east_m, north_m))
            yield AirReport(
                time_ns=time_ns,
                category=48,
                area_code=AREA_CODE,
                source_code=SOURCE_CODE,
                time_of_day_s=_of_day_s(time_ns),
                range_m=range_m,
                azimuth_deg=(azimuth_deg + rng.normal(0, AZIMUTH_SIGMA_DEG)) % 360,
                height_m=float(body.position_m[2]),
                items={"020": "20"},  # one primary plot
            )


def _of_day_s(time_ns: int) -> float:
    return time_ns % DAY_NS / 1e9
