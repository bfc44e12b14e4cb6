"""Simulated raw radar; the wire format is drivers/radar/radar_cube.py's.

A chirp radar at 24 GHz with four antennas in a row, four frames a second: echoes of all bodies
before it (`signal/radar/waveforms.py`) in white noise. Echoes weaken with the square of the range
as a voltage does (the radar equation); the level at 100 m is a guess. All figures are simulated.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import count

import numpy as np

from ...config.settings import Mounting
from ...drivers.radar.radar_cube import encode
from ...drivers.readings import RadarCube
from ...signal.radar.cube import LIGHT_M_S, Chirp
from ...signal.radar.waveforms import PointTarget, echo_cube, noise_cube
from ..instrument import Stamp, Timed, own_axes, place_m
from ..scene import World, generator

PERIOD_S = 0.25
CHIRP = Chirp(
    start_hz=24.05e9,
    slope_hz_s=150e6 / 256e-6,
    sample_rate_hz=0.5e6,
    samples=128,
    chirps=64,
    chirp_interval_s=300e-6,
    channels=4,
    channel_spacing_m=LIGHT_M_S / 24.09e9 / 2,
)
LONGEST_RANGE_M = CHIRP.range_bin_m * CHIRP.samples
WIDEST_AZIMUTH_DEG = 60.0
AMPLITUDE_AT_100_M = 0.5  # of a sample, over a noise of power 1
FULL_SCALE_COUNTS = 256.0  # of a sample of amplitude 1
FULL_SCALE = (-32_768, 32_767)


class RawRadar:
    """The radar of one mounting in one world."""

    def __init__(self, world: World, sensor: str, mounting: Mounting) -> None:
        self._world = world
        self._sensor = sensor
        self._mounting = mounting
        self._place_m = place_m(mounting)

    def observe(self, stamp: Stamp) -> Iterator[Timed[bytes]]:
        """Give a frame every 250 ms."""
        for number in count():
            time_s = number * PERIOD_S
            if time_s > self._world.scene.length_s:
                return
            yield Timed(time_s, encode(self.frame(number, time_s, stamp(time_s))))

    def frame(self, number: int, time_s: float, time_ns: int) -> RadarCube:
        """Give one frame."""
        rng = generator(self._world.scene.seed, self._sensor, number)
        targets = list(self._targets(rng, time_s))
        cube = (echo_cube(CHIRP, targets) + noise_cube(CHIRP, rng)) * FULL_SCALE_COUNTS
        parts = np.clip(np.rint(cube.view(np.float32)), *FULL_SCALE)
        return RadarCube(
            time_ns=time_ns,
            frame_number=number,
            start_hz=CHIRP.start_hz,
            slope_hz_s=CHIRP.slope_hz_s,
            sample_rate_hz=CHIRP.sample_rate_hz,
            chirp_interval_s=CHIRP.chirp_interval_s,
            channels=CHIRP.channels,
            chirps=CHIRP.chirps,
            samples_per_chirp=CHIRP.samples,
            channel_spacing_m=CHIRP.channel_spacing_m,
            samples=parts.astype("<i2").tobytes(),
        )

    def _targets(self, rng: np.random.Generator, time_s: float) -> Iterator[PointTarget]:
        for body in self._world.at(time_s):
            sight_m = own_axes(self._mounting, body.position_m - self._place_m)
            range_m = float(np.linalg.norm(sight_m))
            azimuth_rad = math.atan2(float(sight_m[0]), float(sight_m[1]))
            wide = abs(math.degrees(azimuth_rad)) > WIDEST_AZIMUTH_DEG
            if wide or not 1.0 < range_m < LONGEST_RANGE_M:
                continue
            velocity = own_axes(self._mounting, body.velocity_m_s)
            yield PointTarget(
                range_m=range_m,
                range_rate_m_s=float(velocity @ sight_m) / range_m,
                azimuth_rad=math.asin(float(sight_m[0]) / range_m),
                amplitude=AMPLITUDE_AT_100_M * (100.0 / range_m) ** 2,
                phase_rad=float(rng.uniform(0, 2 * math.pi)),
            )
