"""A cube in, detections out.

Cost: about twice its windows, FFTs and squares alone, and 0.1 ms a detection (`havik bench radar`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .angle import beam_angle_rad
from .cfar import Training, ca_multiplier, mean_around
from .cluster import cluster_peaks
from .cube import Chirp, Cube
from .range_doppler import PowerMap, power_map, spectra

FALSE_ALARM = 1e-6
"""Of a cell. Neighbours correlate under the window, so a map's is a little more."""

MOST_TARGETS = 200
"""Of one cube, the strongest: more is interference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CubeDetection:
    """One cluster of cells above the noise, at its strongest."""

    range_m: float
    range_rate_m_s: float  # positive = receding, folded into the chirps' span
    azimuth_rad: float | None  # from broadside; None without two antennas at a known distance
    snr_db: float  # of the cell, all channels together


def detect(
    cube: Cube,
    chirp: Chirp,
    *,
    training: Training = Training(),  # noqa: B008 (frozen)
    false_alarm: float = FALSE_ALARM,
    moving_only: bool = True,
) -> list[CubeDetection]:
    """Find what reflects in one cube.

    Parameters
    ----------
    cube : complex64, shape (channels, chirps, samples)
    chirp : Chirp
        How it was sampled; of the cube's shape.
    training : Training
        The cells around each cell that tell its noise: (Doppler, range).
    false_alarm : float
        Of a cell of noise.
    moving_only : bool
        Leave out what stands still.

    Returns
    -------
    list of CubeDetection
        Strongest first.
    """
    of_channels = spectra(cube, moving_only=moving_only)
    power = power_map(of_channels)
    noise = mean_around(power, training)
    hits = power > noise * ca_multiplier(training.cells, false_alarm, len(cube))
    peaks = cluster_peaks(hits, power)[:MOST_TARGETS].tolist()
    return [_measure(of_channels, power, chirp, row, column, float(noise[row, column]))
            for row, column in peaks]  # fmt: skip


def _measure(
    of_channels: Cube, power: PowerMap, chirp: Chirp, row: int, column: int, noise: float
) -> CubeDetection:
    """Range, range rate and angle of a peak, between the bins."""
    doppler = row + _offset(power[:, column], row) - len(power) // 2
    rate_m_s = doppler * chirp.speed_bin_m_s
    bins = column + _offset(power[row], column)
    shifted_m = bins * chirp.range_bin_m
    azimuth_rad = None
    if chirp.channels > 1 and chirp.channel_spacing_m is not None:
        spacing = chirp.channel_spacing_m / chirp.wavelength_m
        azimuth_rad = beam_angle_rad(of_channels[:, row, column], spacing)
    return CubeDetection(
        range_m=shifted_m - rate_m_s * chirp.start_hz / chirp.slope_hz_s,
        range_rate_m_s=rate_m_s,
        azimuth_rad=azimuth_rad,
        snr_db=10 * math.log10(max(float(power[row, column]) / noise - 1, 1e-3)),
    )


def _offset(line: PowerMap, peak: int) -> float:
    """Where between -1/2 and 1/2 of a bin the peak is: a parabola through three logarithms."""
    three = line[[peak - 1, peak, (peak + 1) % len(line)]]
    before, at, behind = np.log(np.maximum(three, 1e-30)).tolist()
    curve = before - 2 * at + behind
    return 0.0 if curve >= 0 else float(np.clip(0.5 * (before - behind) / curve, -0.5, 0.5))
