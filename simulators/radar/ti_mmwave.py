"""Simulated TI mmWave radar; the wire format is drivers/radar/ti_mmwave.py's.

A 60 GHz sensor with 10 frames a second, static clutter removed. Echoes follow the radar equation
and fluctuate from frame to frame (Swerling 1); an echo above the threshold gives several points
with a common error of angle. Nothing hides behind anything: a wall is transparent to it, which
makes the car outside a harder test than it would be. All figures are simulated: they are of the
order of the maker's published ranges, not measurements of a device.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from ...config.settings import Mounting
from ...drivers.radar.ti_mmwave import encode
from ...drivers.readings import RadarFrame, RadarPoint, RadarStatistics, RadarTemperature
from ..instrument import Stamp, Timed, own_axes, place_m
from ..physics import angle_sigma_deg, echo_snr_db
from ..scene import Body, Kind, World, generator

FRAME_PERIOD_S = 0.1
REFERENCE_SNR_DB = 18.0  # 1 m^2 at 100 m: a person there is seen in two of three frames
FALSE_ALARM = 1e-6
LONGEST_RANGE_M = 120.0
WIDEST_AZIMUTH_DEG = 60.0
WIDEST_ELEVATION_DEG = 30.0
BEAMWIDTH_DEG = (29.0, 29.0)  # azimuth, elevation: the sensor with its antennas on the package
RANGE_SIGMA_M = 0.1
RANGE_RATE_SIGMA_M_S = 0.1
AMBIGUOUS_M_S = 20.0  # range rates fold into -20 .. 20
CLUTTER_POINTS = 0.2  # a frame: rain, insects, multipath
CLUTTER_RANGE_M = (2.0, 50.0)
NOISE_DB = 45.0


@dataclass(frozen=True, slots=True)
class Reflector:
    """How a kind of thing reflects.

    Parameters
    ----------
    rcs_dbsm : float
        Mean radar cross-section.
    centre_m : float
        Of its reflections, above its place.
    spread_m, spread_m_s : float
        Standard deviation of its points' places and of their range rates.
    more_points : float
        Mean number of points beyond the first.
    """

    rcs_dbsm: float
    centre_m: float
    spread_m: float
    spread_m_s: float
    more_points: float


REFLECTORS: dict[Kind, Reflector] = {
    "drone": Reflector(-12.0, 0.0, 0.15, 0.4, 1.0),  # mean of five: -8 to -19 dBsm at 24 GHz
    "bird": Reflector(-18.0, 0.0, 0.15, 1.0, 0.5),
    "car": Reflector(10.0, 0.7, 0.6, 0.3, 4.0),
    "person": Reflector(-3.0, 1.0, 0.25, 0.7, 2.0),
    "package": Reflector(-18.0, 0.0, 0.05, 0.1, 0.0),
}


class TiMmwave:
    """The radar of one mounting in one world."""

    def __init__(self, world: World, sensor: str, mounting: Mounting) -> None:
        self._world = world
        self._sensor = sensor
        self._mounting = mounting
        self._place_m = place_m(mounting)

    def observe(self, stamp: Stamp) -> Iterator[Timed[bytes]]:
        """Give a frame every 100 ms, whether anything is there or not."""
        for number in count():
            time_s = number * FRAME_PERIOD_S
            if time_s > self._world.scene.length_s:
                return
            yield Timed(time_s, encode(self.frame(number, time_s, stamp(time_s))))

    def frame(self, number: int, time_s: float, time_ns: int) -> RadarFrame:
        """Give one frame."""
        rng = generator(self._world.scene.seed, self._sensor, number)
        points = [p for body in self._world.at(time_s) for p in self._echoes(body, rng)]
        points += [_clutter(rng) for _ in range(rng.poisson(CLUTTER_POINTS))]
        return RadarFrame(
            time_ns=time_ns,
            frame_number=number,
            points=tuple(points),
            statistics=_statistics(len(points)),
            temperature=RadarTemperature(uptime_ms=round(time_s * 1000), sensors_c=(45,) * 10),
        )

    def _echoes(self, body: Body, rng: np.random.Generator) -> Iterator[RadarPoint]:
        reflector = REFLECTORS[body.kind]
        centre_m = body.position_m + np.array([0.0, 0.0, reflector.centre_m])
        range_m, azimuth, elevation = _polar(own_axes(self._mounting, centre_m - self._place_m))
        if not _in_view(range_m, azimuth, elevation):
            return
        mean_snr = 10 ** (echo_snr_db(REFERENCE_SNR_DB, range_m, reflector.rcs_dbsm) / 10)
        power = (1 + mean_snr) * rng.exponential()
        if power <= -math.log(FALSE_ALARM):
            return
        snr_db = 10 * math.log10(power - 1)
        sigma_deg = [angle_sigma_deg(width_deg, snr_db) for width_deg in BEAMWIDTH_DEG]
        off_azimuth, off_elevation = np.radians(rng.normal(0, sigma_deg))
        velocity = own_axes(self._mounting, body.velocity_m_s)
        line_of_sight = _cartesian(1.0, azimuth, elevation)
        for _ in range(1 + rng.poisson(reflector.more_points)):
            ranged_m = max(range_m + rng.normal(0, RANGE_SIGMA_M), 0.1)
            seen_m = _cartesian(ranged_m, azimuth + off_azimuth, elevation + off_elevation)
            seen_m += rng.normal(0, reflector.spread_m, 3)
            spread_m_s = math.hypot(reflector.spread_m_s, RANGE_RATE_SIGMA_M_S)
            rate_m_s = float(velocity @ line_of_sight) + rng.normal(0, spread_m_s)
            yield _point(seen_m, rate_m_s, snr_db)


def _polar(own_m: NDArray[np.float64]) -> tuple[float, float, float]:
    """Range in metres; azimuth to the right and elevation upwards in radians."""
    right, ahead, above = map(float, own_m)
    return (
        math.sqrt(right**2 + ahead**2 + above**2),
        math.atan2(right, ahead),
        math.atan2(above, math.hypot(right, ahead)),
    )


def _cartesian(range_m: float, azimuth: float, elevation: float) -> NDArray[np.float64]:
    level_m = range_m * math.cos(elevation)
    above_m = range_m * math.sin(elevation)
    return np.array([level_m * math.sin(azimuth), level_m * math.cos(azimuth), above_m])


def _in_view(range_m: float, azimuth: float, elevation: float) -> bool:
    return (
        0.1 < range_m <= LONGEST_RANGE_M
        and abs(azimuth) <= math.radians(WIDEST_AZIMUTH_DEG)
        and abs(elevation) <= math.radians(WIDEST_ELEVATION_DEG)
    )


def _point(own_m: NDArray[np.float64], range_rate_m_s: float, snr_db: float) -> RadarPoint:
    folded_m_s = (range_rate_m_s + AMBIGUOUS_M_S) % (2 * AMBIGUOUS_M_S) - AMBIGUOUS_M_S
    right, ahead, above = map(float, own_m)
    return RadarPoint(
        x_m=right,
        y_m=ahead,
        z_m=above,
        range_rate_m_s=folded_m_s,
        snr_db=round(snr_db, 1),
        noise_db=NOISE_DB,
    )


def _clutter(rng: np.random.Generator) -> RadarPoint:
    """A point where nothing is, anywhere in view, just above the threshold."""
    azimuth = math.radians(rng.uniform(-WIDEST_AZIMUTH_DEG, WIDEST_AZIMUTH_DEG))
    elevation = math.radians(rng.uniform(-WIDEST_ELEVATION_DEG, WIDEST_ELEVATION_DEG))
    own_m = _cartesian(rng.uniform(*CLUTTER_RANGE_M), azimuth, elevation)
    return _point(own_m, rng.uniform(-2, 2), rng.uniform(11.5, 14))


def _statistics(points: int) -> RadarStatistics:
    """A processor that needs longer the more it finds."""
    processing_us = 9_000 + 60 * points
    return RadarStatistics(
        processing_us=processing_us,
        transmit_us=700 + 8 * points,
        frame_margin_us=max(round(FRAME_PERIOD_S * 1e6) - processing_us, 0),
        chirp_margin_us=24,
        active_load_percent=31,
        idle_load_percent=5,
    )
