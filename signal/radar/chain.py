"""A cube in, detections out.

Cost: 1.8 times its windows, FFTs and squares alone (`havik bench radar`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .cfar import Training, ca_multiplier, cells_above
from .cluster import cluster_peaks
from .cube import Chirp, Cube
from .range_doppler import PowerMap, power_map, spectra
from .refine import refine

FALSE_ALARM = 1e-6
"""Of a cell. Neighbours correlate under the window, so a map's is a little more."""

MOST_TARGETS = 200
"""Of one cube, the strongest: more is interference."""


LEAK_SHARE = 0.25
"""Of the noise: more from stronger targets, without a window, and a peak keeps its window."""

FALLEN = 1.9
"""By how much a window of both axes raises the variance of a measurement (Hamming's: 1.36 each)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CubeDetection:
    """One cluster of cells above the noise, at its strongest.

    Variances are the Cramér-Rao bound's at the detection's own SNR; range and range rate correlate,
    because a moving target's range is corrected by its range rate.
    """

    range_m: float
    range_rate_m_s: float  # positive = receding, folded into the chirps' span
    azimuth_rad: float | None  # from broadside; None without two antennas at a known distance
    snr_db: float  # of the whole cube, all channels towards the target
    covariance: tuple[float, float, float]  # m^2, m^2/s, m^2/s^2: range, both, range rate
    azimuth_sigma_rad: float | None


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
    multiplier = ca_multiplier(training.cells, false_alarm, len(cube))
    cells, means = cells_above(power, training, multiplier)
    peaks = cluster_peaks(cells, power)[:MOST_TARGETS]
    if not len(peaks):
        return []
    noise = means[np.searchsorted(cells, peaks[:, 0] * power.shape[1] + peaks[:, 1])] / len(cube)
    found = refine(of_channels, peaks)
    lone = _lone(power, peaks, noise * len(cube))
    whole = zip(found.rows.tolist(), found.columns.tolist(), found.turns.tolist(),
                (found.power / noise).tolist(), strict=True)  # fmt: skip
    out: list[CubeDetection] = []
    for (row, column, turns, snr), peak, alone in zip(
        whole, peaks.tolist(), lone.tolist(), strict=True
    ):
        place, loss = (row, column), 1.0
        if not alone:
            place, loss = _windowed(power, *peak), FALLEN
        out.append(_detection(chirp, place, turns, snr, loss))
    return out


def _lone(
    power: PowerMap, peaks: NDArray[np.intp], noise: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Which peaks the sidelobes of the others do not reach, were there no window."""
    level = power[peaks[:, 0], peaks[:, 1]]
    falls = np.ones((len(peaks), len(peaks)))
    for axis, size in enumerate(power.shape):
        apart = np.abs(peaks[:, None, axis] - peaks[:, axis])
        falls *= np.maximum((np.pi * np.minimum(apart, size - apart)) ** 2, 1.0)
    np.fill_diagonal(falls, np.inf)
    alone: NDArray[np.bool_] = (level / falls).sum(axis=1) < LEAK_SHARE * noise
    return alone


def _detection(
    chirp: Chirp, place: tuple[float, float], turns: float, snr: float, loss: float
) -> CubeDetection:
    """Bins and turns to metres and radians, with the bound of one tone (Rife and Boorstyn)."""
    rate_m_s = (place[0] - chirp.chirps // 2) * chirp.speed_bin_m_s
    shift_s = chirp.start_hz / chirp.slope_hz_s
    signal = max(snr - 1, 1e-3)
    bins2 = loss * 12 / (2 * signal * (2 * math.pi) ** 2)  # variance of a frequency, in bins
    rate2 = bins2 * chirp.speed_bin_m_s**2
    azimuth_rad = sigma_rad = None
    if chirp.channels > 1 and chirp.channel_spacing_m is not None:
        spacing = chirp.channel_spacing_m / chirp.wavelength_m
        azimuth_rad = math.asin(min(1.0, max(-1.0, turns / spacing)))
        sine = math.sqrt(bins2 / (chirp.channels**2 - 1)) / spacing
        sigma_rad = min(math.pi / 2, sine / max(math.cos(azimuth_rad), 1e-3))
    return CubeDetection(
        range_m=place[1] * chirp.range_bin_m - rate_m_s * shift_s,
        range_rate_m_s=rate_m_s,
        azimuth_rad=azimuth_rad,
        snr_db=10 * math.log10(signal),
        covariance=(bins2 * chirp.range_bin_m**2 + rate2 * shift_s**2, -rate2 * shift_s, rate2),
        azimuth_sigma_rad=sigma_rad,
    )


def _windowed(power: PowerMap, row: int, column: int) -> tuple[float, float]:
    """Where the peak is between the bins under the window, whose sidelobes are low."""
    return row + _offset(power[:, column], row), column + _offset(power[row], column)


def _offset(line: PowerMap, peak: int) -> float:
    """Where between -1/2 and 1/2 of a bin the peak is: a parabola through three logarithms."""
    three = line[[peak - 1, peak, (peak + 1) % len(line)]]
    before, at, behind = np.log(np.maximum(three, 1e-30)).tolist()
    curve = before - 2 * at + behind
    return 0.0 if curve >= 0 else float(np.clip(0.5 * (before - behind) / curve, -0.5, 0.5))
