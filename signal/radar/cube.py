"""A radar cube, and the chirps that it was sampled with.

A cube holds the beat signal of one frame: complex64, shape (channels, chirps, samples), the
receiver's mixed-down echo of every chirp at every antenna. The phase of a target's echo grows with
its range within a chirp, with its range rate from chirp to chirp and with its angle from channel
to channel (Richards, Fundamentals of Radar Signal Processing, 2nd ed., 8.4; TI SWRA553).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Cube = NDArray[np.complex64]

LIGHT_M_S = 299_792_458.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chirp:
    """The parameters of a frame of equal chirps: what turns bins into metres and angles.

    The echo is sampled from the chirp's start at `start_hz`. Antennas stand in one row at equal
    distances; without their distance there are no angles.
    """

    start_hz: float
    slope_hz_s: float
    sample_rate_hz: float
    samples: int
    chirps: int
    chirp_interval_s: float
    channels: int = 1
    channel_spacing_m: float | None = None

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of the cube: channels, chirps, samples."""
        return self.channels, self.chirps, self.samples

    @property
    def bandwidth_hz(self) -> float:
        """What the chirp sweeps while it is sampled."""
        return self.slope_hz_s * self.samples / self.sample_rate_hz

    @property
    def center_hz(self) -> float:
        """The middle of what is sampled."""
        return self.start_hz + self.bandwidth_hz / 2

    @property
    def wavelength_m(self) -> float:
        """At the middle of what is sampled."""
        return LIGHT_M_S / self.center_hz

    @property
    def range_bin_m(self) -> float:
        """The range from one bin to the next."""
        return LIGHT_M_S / (2 * self.bandwidth_hz)

    @property
    def speed_bin_m_s(self) -> float:
        """The range rate from one Doppler bin to the next."""
        return self.wavelength_m / (2 * self.chirps * self.chirp_interval_s)

    @property
    def speed_span_m_s(self) -> float:
        """The range rates that are told apart: half of it receding, half of it approaching."""
        return self.wavelength_m / (2 * self.chirp_interval_s)

    @property
    def range_shift_s(self) -> float:
        """By how much a target looks farther off for each metre a second it recedes.

        Its Doppler shift within a chirp adds to the beat frequency (range-Doppler coupling).
        """
        return self.center_hz / self.slope_hz_s
