"""The peaks of a map measured anew: all channels towards the target, and no window.

For one target in white noise the place of the greatest DFT of the raw cube is the
maximum-likelihood estimate (Rife and Boorstyn, IEEE IT-20, 1974). The raw cube's DFT between the
bins is a sum over the windowed bins near it: dividing by a Hamming window is a convolution with
r^|k|, r = 0.56, of which `TAPS` bins hold all but a few thousandths. So the cube is not read again.
Cost: some 15 000 multiplications a peak and channel, all peaks at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from .cube import Cube
from .range_doppler import tapers

Floats = NDArray[np.float64]

TAPS = 21
FINE, REACH = 16, 24
"""Steps of a bin, and how many to each side are looked at."""

BEAMS = 256
COARSE_BEAMS = 4
"""Of each channel, in the first look."""


@dataclass(frozen=True, slots=True)
class Refined:
    """Of each peak: bins between the bins, turns from channel to channel, and the beam's power."""

    rows: Floats
    columns: Floats
    turns: Floats
    power: Floats  # of the cube as a whole, in noise power of a cell of a channel


def refine(of_channels: Cube, peaks: NDArray[np.intp]) -> Refined:
    """Find the unwindowed maximum near each peak, over Doppler, range and angle.

    Parameters
    ----------
    of_channels : complex64, shape (channels, chirps, samples)
        What `spectra` gives.
    peaks : intp, shape (n, 2)
        Row and column.
    """
    _, chirps, samples = of_channels.shape
    by_row, by_column = _between(chirps), _between(samples)
    rows = (peaks[:, :1] + _taps(chirps)) % chirps
    columns = (peaks[:, 1:] + _taps(samples)) % samples
    first = np.arange(len(of_channels))[:, None, None] * (chirps * samples)
    cells = rows[:, None, :, None] * samples + columns[:, None, None, :] + first
    near = of_channels.ravel()[cells]
    channels = near.shape[1]
    row, column, steered = _first_look(near, by_row, by_column)
    # Of one tone the axes are separable: each line goes through the peak where the others are near.
    beam = (steered[:, None] @ near.reshape(*near.shape[:2], -1)).reshape(-1, *near.shape[2:])
    line = _power((by_row[row][:, None] @ beam)[:, 0] @ by_column.T)
    column, beside = _top(line)
    across = (near @ by_column[column][:, None, :, None])[..., 0]
    line = _power((steered[:, None] @ across)[:, 0] @ by_row.T)
    row, above = _top(line)
    beams = _power((across @ by_row[row][:, :, None])[..., 0] @ _steering(BEAMS, channels).T)
    best = np.argmax(beams, axis=1)
    count = np.arange(len(near))
    around = [beams[count, (best + step) % BEAMS] for step in (-1, 0, 1)]
    turns: Floats = (best + _vertex(*around)) / BEAMS
    return Refined(
        rows=peaks[:, 0] + (row - REACH + above) / FINE,
        columns=peaks[:, 1] + (column - REACH + beside) / FINE,
        turns=turns - np.rint(turns),
        power=around[1],
    )


def _first_look(
    near: Cube, by_row: Cube, by_column: Cube
) -> tuple[NDArray[np.intp], NDArray[np.intp], Cube]:
    """The strongest of half bins and coarse beams within one bin: indices, and its steering."""
    channels = near.shape[1]
    half = slice(REACH - FINE, REACH + FINE + 1, FINE // 2)
    grid = by_row[half] @ near @ by_column[half].T
    steering = _steering(COARSE_BEAMS * channels, channels)
    power = _power(steering @ grid.reshape(len(near), channels, -1)).reshape(len(near), -1)
    beam, place = np.divmod(np.argmax(power, axis=1), grid.shape[2] * grid.shape[3])
    row, column = np.divmod(place, grid.shape[3])
    return half.start + half.step * row, half.start + half.step * column, steering[beam]


@cache
def _steering(beams: int, channels: int) -> Cube:
    """Weights that add the channels towards each beam; noise keeps its power.

    complex64, shape (beams, channels)
    """
    turns = np.arange(beams)[:, None] / beams
    phases = np.exp(-2j * np.pi * turns * np.arange(channels))
    steering: Cube = (phases / np.sqrt(channels)).astype(np.complex64)
    return steering


def _power(values: NDArray[np.complexfloating]) -> Floats:
    return np.asarray(values.real**2 + values.imag**2, np.float64)


def _top(lines: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Index of each line's maximum, and the parabola's vertex beside it, in steps."""
    best = np.minimum(np.maximum(np.argmax(lines, axis=1), 1), lines.shape[1] - 2)
    count = np.arange(len(lines))
    return best, _vertex(*(lines[count, best + step] for step in (-1, 0, 1)))


def _vertex(before: Floats, at: Floats, behind: Floats) -> Floats:
    curve = before - 2 * at + behind
    safe = np.where(curve < 0, curve, -1.0)
    vertex: Floats = np.where(curve < 0, 0.5 * (before - behind) / safe, 0.0)
    return np.minimum(np.maximum(vertex, -0.5), 0.5)


def _taps(size: int) -> NDArray[np.intp]:
    count = min(TAPS, size)
    return np.arange(count, dtype=np.intp) - count // 2


@cache
def _between(size: int) -> Cube:
    """Weights of the windowed bins near a peak that give the unwindowed DFT beside it.

    complex64, shape (2 * REACH + 1, taps); white noise of power 1 in a cell keeps its power.
    """
    places = np.arange(size)
    offsets = np.arange(-REACH, REACH + 1)[:, None] / FINE
    taper = tapers(size)
    into = np.exp(2j * np.pi * places[:, None] * _taps(size) / size) / taper[:, None]
    out = np.exp(-2j * np.pi * offsets * (places - (size - 1) / 2) / size)
    weights: Cube = (out @ into / size**1.5).astype(np.complex64)
    return weights
