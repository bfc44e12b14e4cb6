"""Power in time and frequency, and the noise floor under it.

A cell is the mean power of `AVERAGED` spectra in one bin. Under noise it is Gamma distributed with
shape `AVERAGED` (Welch, IEEE Trans. Audio Electroacoust. 15, 1967; the spectra do not overlap).
Cost: a window, an FFT and two multiplications for each sample, in blocks that stay in cache.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.ndimage import median_filter
from scipy.stats import chi2, gamma

from .iq import Samples

Cells = NDArray[np.float32]

AVERAGED = 4
BIN_HZ = 50_000.0
BATCH = 64  # spectra at a time: 64 x 1024 complex64 are 512 KiB, which stays in the second cache

LEAKAGE = 1 + 2 * ((2 / 3) ** 2 + (1 / 6) ** 2)
"""How much a sum over many bins varies more than one of independent bins: under a Hann window
neighbours correlate by 2/3 in amplitude, next neighbours by 1/6 (Harris, Proc. IEEE 66, 1978)."""


def bins_for(sample_rate_hz: float) -> int:
    """The power of two whose bins are nearest `BIN_HZ` wide, at least 16."""
    return max(16, 1 << round(math.log2(sample_rate_hz / BIN_HZ)))


def power_cells(samples: Samples, bins: int) -> Cells:
    """Mean power in time and frequency; what does not fill a last cell is left out.

    Parameters
    ----------
    samples : complex64, shape (n,)
    bins : int
        Length of the FFT.

    Returns
    -------
    float32, shape (n // (AVERAGED * bins), bins)
        Power by time (rows) and frequency (columns, lowest first), full-scale tone = 1.
    """
    rows = len(samples) // (AVERAGED * bins)
    frames = samples[: rows * AVERAGED * bins].reshape(rows * AVERAGED, bins)
    window = _window(bins)
    cells = np.empty((rows, bins), np.float32)
    windowed = np.empty((BATCH, bins), np.complex64)
    for first in range(0, len(frames), BATCH):
        batch = frames[first : first + BATCH]
        np.multiply(batch.view(np.float32), window, out=windowed[: len(batch)].view(np.float32))
        place = cells[first // AVERAGED : (first + BATCH) // AVERAGED]
        _mean_power(windowed[: len(batch)], out=place)
    return cells


@cache
def _window(bins: int) -> NDArray[np.float32]:
    """A periodic Hann window of sum 1, for I and Q each; shape (2 * bins,).

    Every other sample is turned over: that moves the spectrum by half the rate, so that the lowest
    frequency comes first.
    """
    window = np.hanning(bins + 1)[:-1]
    window[1::2] *= -1
    unit: NDArray[np.float32] = (window / np.abs(window).sum()).astype(np.float32)
    return np.repeat(unit, 2)


def _mean_power(frames: Samples, out: Cells) -> None:
    """Average the power of `AVERAGED` spectra at a time; overwrites `frames`."""
    spectra: Samples = scipy.fft.fft(frames, overwrite_x=True)
    parts = spectra.view(np.float32)
    np.multiply(parts, parts, out=parts)
    mean = parts[0::AVERAGED] + parts[1::AVERAGED]  # whole rows first: they lie together
    for nth in range(2, AVERAGED):
        mean += parts[nth::AVERAGED]
    np.add(mean[:, 0::2], mean[:, 1::2], out=out)
    out *= np.float32(1 / AVERAGED)


FLOOR_QUANTILE = 0.25
FLOOR_SMOOTHING_HZ = 750_000.0
DYNAMIC_RANGE = 1e-9
"""No receiver hears 90 dB below its strongest signal: a quieter floor is digital silence."""


def noise_floor(cells: Cells, bin_hz: float) -> tuple[Cells, Cells]:
    """Estimate the noise's mean power in each bin, and what is there all the time.

    A low quantile over time passes by bursts, a median over frequency passes by spurs. A signal
    that is there most of the time and wider than the median counts as floor.

    Parameters
    ----------
    cells : float32, shape (rows, bins)
    bin_hz : float
        Width of a bin.

    Returns
    -------
    floor : float32, shape (bins,)
        The noise.
    steady : float32, shape (bins,)
        The level that the bin does not fall below: the floor, or a spur on it.
    """
    rank = int(FLOOR_QUANTILE * len(cells))
    by_bin = _turned(cells)
    by_bin.sort(axis=1)  # vectorised; partition is not always
    steady: Cells = by_bin[:, rank] * np.float32(1 / _quantile_of_mean(rank, len(cells)))
    width = max(3, int(FLOOR_SMOOTHING_HZ / bin_hz) | 1)
    floor: Cells = median_filter(steady, size=width, mode="nearest")
    quietest = max(float(cells.max()) * DYNAMIC_RANGE, 1e-30)
    floor = np.maximum(floor, np.float32(quietest))
    return floor, np.maximum(steady, floor)


def _turned(cells: Cells) -> Cells:
    """The cells by bin and time. Rows of a power of two bytes evict one another from the cache."""
    rows, bins = cells.shape
    padded = np.empty((rows, bins + 16), np.float32)
    padded[:, :bins] = cells
    return np.ascontiguousarray(padded[:, :bins].T)


@cache
def _quantile_of_mean(rank: int, rows: int) -> float:
    """What the cell of `rank` (from 0) among `rows` is of the mean, under noise; Blom, 1958."""
    return float(gamma.ppf((rank + 1 - 0.375) / (rows + 0.25), AVERAGED)) / AVERAGED


SPUR_SIGMAS = 5.0
SPUR_SHARE = 0.05  # of the bins, at the most
SPUR_ROWS = 12  # fewer cells of time do not tell a spur from a burst


def spurs(floor: Cells, steady: Cells, rows: int) -> list[tuple[int, int]]:
    """Find the bins that a narrow carrier holds all the time: DC, spurs, continuous waves.

    A spur is at least 3 dB above the floor, and beyond chance: the relative deviation of the floor
    quantile of n cells is about 0.7 / sqrt(n) for cells of four spectra.

    Returns
    -------
    list of (first, last) bin, half-open
    """
    if rows < SPUR_ROWS:
        return []
    held = steady > floor * np.float32(max(2.0, 1 + SPUR_SIGMAS * 0.7 / np.sqrt(rows)))
    if held.mean() > SPUR_SHARE:
        return []  # a band full of structure, not a spur on a quiet one
    edges = np.flatnonzero(np.diff(np.concatenate([[False], held, [False]]).astype(np.int8)))
    return list(zip(edges[0::2].tolist(), edges[1::2].tolist(), strict=True))


TONE_SPREAD = 0.5
"""Of noise's relative variance, the most that a tone has: one 4 dB above the noise in its bin."""

TONE_FALSE_ALARM = 1e-3
OVERPOWERED = 3.0


def is_tone(cells: Cells) -> bool:
    """Whether one spur is a tone: far steadier over time than noise, or a modulated signal, is.

    Parameters
    ----------
    cells : float32, shape (rows, bins)
        The spur's bins; rows in which a burst passes over it do not count.
    """
    power = cells[:, int(np.argmax(np.median(cells, axis=0)))]
    power = power[power < OVERPOWERED * np.median(power)]
    if len(power) < SPUR_ROWS:
        return False
    spread = AVERAGED * float(np.var(power, ddof=1)) / float(np.mean(power)) ** 2
    return spread < min(TONE_SPREAD, _smallest_spread(len(power)))


@cache
def _smallest_spread(rows: int) -> float:
    """What noise's variance falls below with `TONE_FALSE_ALARM`, over its mean's square."""
    return float(chi2.ppf(TONE_FALSE_ALARM, rows - 1)) / (rows - 1)
