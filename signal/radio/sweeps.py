"""Every sweep of root 600 in a band, at all starts and carriers at once.

Root 600 of 601 is -1: one linear sweep from the top of its 9 MHz to the bottom, once a symbol.
Turned against such a sweep, it is a tone, and an FFT of one symbol's time is its matched filter for
every carrier. A later start looks like a higher carrier: what a tone gives is a line of starts
against carriers, which the second symbol resolves (`ridges.py`).

1. Windows of one symbol, half overlapping, are turned and transformed. The power of each bin, and
   of each place half way between two, is compared with the mean about it.
2. Each that stands out is fitted anew: which of the starts on its line keeps most of it.

Loss: a window is off by a quarter of a symbol at most, a tone by a quarter of a bin; together
1.2 dB on average, which the second step wins back for what passes the first.
Cost: two windows' turns, FFTs and powers for each sample, 16 ns; some 20 us for each candidate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from .iq import Samples
from .zadoff_chu import BANDWIDTH_HZ, SUBCARRIER_HZ

Floats = NDArray[np.float32]

SYMBOL_S = 1 / SUBCARRIER_HZ
SLOPE_HZ_S = BANDWIDTH_HZ / SYMBOL_S
"""How fast root 600 falls."""

HOPS = 2
"""Windows in one symbol's time: four would win 0.4 dB more, for twice the time."""

GROUP = 32
"""Bins of which the strongest is a candidate: 0.5 MHz."""

NEAR_GROUPS = 9
"""Whose mean is the level about a bin: 4.3 MHz, over which what is not a sweep spreads."""

BATCH = 65_536
"""Samples in the windows that are transformed at a time: they stay in the second cache."""

PIECES = 16
"""Of a symbol; starts are fitted to one of them."""

REACH = 5
"""Pieces that a start may lie before or after its window's: a quarter of a symbol, and one."""

TURNS = np.array([-0.5, -0.25, 0.0, 0.25, 0.5])
"""Of a bin: tones that are tried about the one that was found."""

FITTED_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Sweep:
    """One line of starts against carriers on which there may be a root 600.

    Parameters
    ----------
    window : int
        Sample at which its window begins.
    tone_hz : float
        The carrier of a symbol that begins with the window; `SLOPE_HZ_S` less for each second that
        it begins later.
    power : float
        Of its best fit, over what noise gives in the mean.
    """

    window: int
    tone_hz: float
    power: float


def find_sweeps(
    samples: Samples, rate_hz: float, low_hz: float, high_hz: float, found: float, fitted: float
) -> list[Sweep]:
    """Find what may be root 600 with its carrier between `low_hz` and `high_hz`.

    Parameters
    ----------
    samples : complex64, shape (n,)
    rate_hz : float
        At least the symbol's bandwidth.
    low_hz, high_hz : float
        Relative to the band's tuned centre.
    found, fitted : float
        Power over the mean that a window's bin, and its best fit, must have. Noise reaches p in
        exp(-p) of all bins.

    Returns
    -------
    list of Sweep
        The strongest first.
    """
    reach_hz = SLOPE_HZ_S * SYMBOL_S / (2 * HOPS)
    tones = low_hz - reach_hz, high_hz + reach_hz
    sweeps: list[Sweep] = []
    for starts, bins, levels in _candidates(samples, rate_hz, tones, found):
        for first in range(0, len(starts), FITTED_AT_ONCE):
            some = slice(first, first + FITTED_AT_ONCE)
            sweeps += _fits(samples, rate_hz, starts[some], bins[some], levels[some], fitted)
    return sorted(sweeps, key=lambda sweep: -sweep.power)


@cache
def window_samples(rate_hz: float) -> int:
    """A symbol's time in samples, or nearly: whole groups, and fast to transform."""
    most = int(np.ceil(SYMBOL_S * rate_hz / GROUP * 1.01)) * GROUP
    fast = [n for n in range(GROUP, most + 1, GROUP) if _is_fast(n)]
    return min(fast, key=lambda n: abs(n - SYMBOL_S * rate_hz))


def _is_fast(length: int) -> bool:
    for factor in (2, 3, 5, 7):
        while length % factor == 0:
            length //= factor
    return length == 1


@cache
def _chirp(rate_hz: float, first: int, last: int) -> Samples:
    """What turns root 600 into a tone; from sample `first` of its window up to `last`."""
    at_s = np.arange(first, last) / rate_hz
    chirp: Samples = np.exp(1j * np.pi * SLOPE_HZ_S * at_s * (at_s - SYMBOL_S)).astype(np.complex64)
    return chirp


_Batch = tuple[NDArray[np.intp], NDArray[np.float64], Floats]


def _candidates(
    samples: Samples, rate_hz: float, tones_hz: tuple[float, float], found: float
) -> Iterator[_Batch]:
    """Windows' starts, bins (in halves, signed) and the level about them."""
    length = window_samples(rate_hz)
    if len(samples) < length:
        return
    hop = length // HOPS
    windows = np.lib.stride_tricks.sliding_window_view(samples, length)[::hop]
    chirp = _chirp(rate_hz, 0, length)
    groups, inside = _groups_between(length, rate_hz, tones_hz)
    first_of_each = np.arange(0, len(groups) * GROUP, GROUP)
    at_once = max(1, BATCH // length)
    turned = np.empty((at_once, length), np.complex64)
    for first in range(0, len(windows), at_once):
        batch = windows[first : first + at_once]
        whole, between = _powers(np.multiply(batch, chirp, out=turned[: len(batch)]), groups)
        means: Floats = np.einsum("wgb->wg", whole) * np.float32(1 / GROUP)  # faster than sum
        level = uniform_filter1d(means, min(NEAR_GROUPS, len(groups)), axis=1, mode="wrap")
        level = np.maximum(level, np.float32(1e-30))
        either = np.maximum(whole, between).reshape(len(batch), -1)
        strongest = np.maximum.reduceat(either, first_of_each, axis=1)  # faster than max
        rows, places = np.nonzero((strongest > np.float32(found) * level) & inside)
        if len(rows) == 0:
            continue
        both = np.stack([whole[rows, places], between[rows, places]], axis=2)
        best = both.reshape(len(rows), -1).argmax(axis=1)
        halves = groups[places] * 2 * GROUP + best
        signed = halves / 2 - length * (halves >= length)
        yield (rows + first) * hop, signed, level[rows, places]


def _powers(turned: Samples, groups: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """The power in each bin and half a bin above; by window, group and bin. Overwrites `turned`.

    Half way between two bins a tone has 0.64 of its amplitude in each, in opposite phase.
    """
    spectra: Samples = scipy.fft.fft(turned, overwrite_x=True)
    if len(groups) * GROUP < spectra.shape[1]:
        spectra = spectra.reshape(len(turned), -1, GROUP)[:, groups].reshape(len(turned), -1)
    apart = np.empty_like(spectra)
    np.subtract(spectra[:, 1:], spectra[:, :-1], out=apart[:, :-1])
    np.subtract(spectra[:, 0], spectra[:, -1], out=apart[:, -1])
    shape = (len(turned), -1, GROUP)
    halves = _squared(apart).reshape(shape)
    halves *= np.float32(0.5)
    return _squared(spectra).reshape(shape), halves


def _squared(spectra: Samples) -> Floats:
    parts = spectra.view(np.float32)
    np.multiply(parts, parts, out=parts)
    power: Floats = parts[:, 0::2] + parts[:, 1::2]
    return power


def _groups_between(
    length: int, rate_hz: float, tones_hz: tuple[float, float]
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """The groups of bins that hold such tones, with their neighbours; and which are no neighbours.

    In the order of the FFT where all of them are needed, else by frequency.
    """
    count, near = length // GROUP, NEAR_GROUPS // 2 + 1
    wide_hz = GROUP * rate_hz / length
    first, last = (int(np.floor(tone_hz / wide_hz)) for tone_hz in tones_hz)
    if last - first + 1 + 2 * near >= count:
        edges_hz = scipy.fft.fftfreq(length, 1 / rate_hz)[::GROUP]
        inside = (edges_hz + wide_hz >= tones_hz[0]) & (edges_hz <= tones_hz[1])
        return np.arange(count), np.asarray(inside)
    groups = np.arange(first - near, last + near + 1)
    return groups % count, np.asarray((first <= groups) & (groups <= last))


def _fits(
    samples: Samples, rate_hz: float, starts: NDArray[np.intp], bins: NDArray[np.float64],
    levels: Floats, fitted: float,
) -> Iterator[Sweep]:  # fmt: skip
    """Fit starts and tones of some candidates; give those that are strong enough."""
    length = window_samples(rate_hz)
    piece, pieces = length // PIECES, PIECES + 2 * REACH
    first = -REACH * piece
    parts = _windows(samples, starts + first, pieces * piece)
    parts *= _chirp(rate_hz, first, first + pieces * piece)
    turns = -2j * np.pi * bins[:, None] / length
    fine = np.exp(-turns * np.arange(piece)).astype(np.complex64)
    sums: NDArray[np.complex128] = np.vecdot(
        fine[:, None, :], parts.reshape(len(starts), pieces, piece)
    )
    nth = np.arange(pieces)
    sums = sums * np.exp(turns * piece * nth)
    rotated = sums[:, None, :] * np.exp(-2j * np.pi * TURNS[:, None] * nth / PIECES)
    total = np.concatenate([np.zeros_like(rotated[:, :, :1]), np.cumsum(rotated, axis=2)], axis=2)
    symbol = total[:, :, PIECES:] - total[:, :, :-PIECES]
    power = (symbol.real**2 + symbol.imag**2) / levels[:, None, None] * (length / (PIECES * piece))
    best = power.reshape(len(starts), -1)
    places = best.argmax(axis=1)
    for at, place in enumerate(places.tolist()):
        if best[at, place] > fitted:
            turn = float(TURNS[place // power.shape[2]])
            tone_hz = (float(bins[at]) + turn) * rate_hz / length
            yield Sweep(int(starts[at]), tone_hz, float(best[at, place]))


def _windows(samples: Samples, starts: NDArray[np.intp], length: int) -> Samples:
    """Copies of the samples from each start on; what lies beyond the ends is silence."""
    inside = (starts >= 0) & (starts + length <= len(samples))
    if inside.all():
        return np.lib.stride_tricks.sliding_window_view(samples, length)[starts]
    found = np.zeros((len(starts), length), np.complex64)
    for row, start in zip(found, starts.tolist(), strict=True):
        first, last = max(0, start), max(0, min(len(samples), start + length))
        row[first - start : max(first, last) - start] = samples[first:last]
    return found
