"""Two Zadoff-Chu symbols on one line of starts against carriers: what a sweep alone leaves open.

Along the line on which root 600 stays where it is (`sweeps.py`), the second symbol does not. Turned
against the same sweep, both are fixed shapes that only move with the start; so one correlation by
FFT tries every start, each with the carrier that belongs to it. Nothing is lost to the carrier's
offset, and each symbol is taken with its prefix, which is 7 % more energy.

Cost: a channel and eight FFTs of 2,048 for each line, about 0.3 ms.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from .channel import Segment
from .iq import Samples
from .sweeps import PIECES, REACH, SLOPE_HZ_S, SYMBOL_S, Floats
from .zadoff_chu import CARRIERS, OCCUPIED, RATE_HZ, SUBCARRIER_HZ, SYMBOL, sequence, surprise

PREFIX = 72
WHOLE = PREFIX + SYMBOL
SPACING = 2 * WHOLE
"""From root 600 to root 147, in samples of `RATE_HZ`."""

ROOTS = (600, 147)
LAGS = 2 * (REACH * SYMBOL // PIECES) + 1
HALVES = (0.0, 0.5)
"""Of a sample: starts are tried twice in each, at which half a decibel is lost at most."""

_LENGTH = scipy.fft.next_fast_len(LAGS + WHOLE)


@dataclass(frozen=True, slots=True)
class Fit:
    """The best start on a line.

    Parameters
    ----------
    start_s : float
        Of root 600 without its prefix, from the segment's first sample.
    carrier_hz : float
        Relative to the band's tuned centre.
    surprise : float
        Minus log-probability of both symbols under noise, summed.
    shares : tuple of float
        Share of the power in each symbol's time that is the sequence's; roots 600 and 147.
    """

    start_s: float
    carrier_hz: float
    surprise: float
    shares: tuple[float, float]


BEFORE_S = (LAGS // 2 + PREFIX + 8) / RATE_HZ
"""How long before its window the band must be known."""

AFTER_S = (LAGS // 2 + SPACING + SYMBOL + 8) / RATE_HZ
"""And how long from its beginning on."""


def fit_line(
    segment: Segment, window_s: float, tone_hz: float, width_hz: float, *, whiten: bool
) -> Fit | None:
    """Find the start on a line at which both symbols fit best.

    Parameters
    ----------
    segment : Segment
    window_s : float
        Where the line's window begins in the segment.
    tone_hz : float
    width_hz : float
        Of the channel about the tone; what is farther off is cut.
    whiten : bool
        As `Segment.channel`.

    Returns
    -------
    Fit or None
        None where the segment ends too soon.
    """
    channel, rate_hz, real_hz = segment.channel(tone_hz, RATE_HZ, width_hz, whiten=whiten)
    freedom = width_hz / SUBCARRIER_HZ * WHOLE / SYMBOL
    middle = round(window_s * rate_hz)
    turn = _turn((tone_hz - real_hz) / rate_hz)
    parts = [_part(channel, middle + nth * SPACING) for nth in range(len(ROOTS))]
    if any(len(part) < len(turn) for part in parts):
        return None
    fits = [_correlate(part * turn, root) for part, root in zip(parts, ROOTS, strict=True)]
    most = sum(surprise(power, freedom) for power, _ in fits)
    half, lag = divmod(int(np.argmax(most)), LAGS)
    early, late = (float(power[half, lag] / level[lag]) for power, level in fits)
    later = lag - LAGS // 2 + HALVES[half] + middle - window_s * rate_hz
    return Fit(
        start_s=window_s + later / rate_hz,
        carrier_hz=tone_hz - SLOPE_HZ_S * later / rate_hz,
        surprise=float(surprise(np.array([early, late], np.float32), freedom).sum()),
        shares=(early, late),
    )


def second_surprise(segment: Segment, window_s: float, tone_hz: float, width_hz: float) -> float:
    """The most that the second symbol alone surprises on a line; half of it is soon told.

    Parameters
    ----------
    segment : Segment
        From `PREFIX` and half the lags before the second symbol's window on.
    window_s : float
        Where that window begins.
    tone_hz, width_hz : float
        As `fit_line`.
    """
    channel, rate_hz, real_hz = segment.channel(tone_hz, RATE_HZ, width_hz)
    turn = _turn((tone_hz - real_hz) / rate_hz)
    part = _part(channel, round(window_s * rate_hz))
    if len(part) < len(turn):
        return 0.0
    power, level = _correlate(part * turn, ROOTS[1], HALVES[:1])
    return float(surprise(power / level, width_hz / SUBCARRIER_HZ * WHOLE / SYMBOL).max())


def _part(channel: Samples, window: int) -> Samples:
    """The samples about a window from which all lags are told; fewer where the channel ends."""
    first = window - LAGS // 2 - PREFIX
    return channel[first : first + LAGS + WHOLE - 1] if first >= 0 else channel[:0]


@cache
def _chirp() -> NDArray[np.complex128]:
    """What turns root 600 into a tone, from the first lag's prefix on."""
    at_s = (np.arange(LAGS + WHOLE - 1) - LAGS // 2 - PREFIX) / RATE_HZ
    chirp: NDArray[np.complex128] = np.exp(1j * np.pi * SLOPE_HZ_S * at_s * (at_s - SYMBOL_S))
    return chirp


def _turn(turns: float) -> Samples:
    """The chirp, and the turn that brings a tone to zero."""
    rotation = np.exp(-2j * np.pi * turns * np.arange(LAGS + WHOLE - 1))
    turn: Samples = (_chirp() * rotation).astype(np.complex64)
    return turn


@cache
def _shape(root: int, half: float) -> tuple[Samples, float]:
    """The conjugate spectrum of a symbol with its prefix, turned as root 600; and its energy."""
    at = np.arange(-PREFIX, SYMBOL) - half
    values = np.delete(sequence(root), CARRIERS // 2)
    wave: NDArray[np.complex128] = np.exp(2j * np.pi / SYMBOL * (at[:, None] * OCCUPIED)) @ values
    at_s = at / RATE_HZ
    wave *= np.exp(1j * np.pi * SLOPE_HZ_S * at_s * (at_s - SYMBOL_S))
    return np.conj(_fft(wave)), float(np.sum(np.abs(wave) ** 2))


def _correlate(
    turned: Samples, root: int, halves: tuple[float, ...] = HALVES
) -> tuple[Floats, Floats]:
    """How much of the mean energy is the symbol's, for each half and lag; and each lag's energy.

    Both over the mean of all lags: what covers the symbol in part, where it is quiet, has a larger
    share of less.
    """
    spectrum = _fft(turned)
    sums = np.concatenate([[0.0], np.cumsum(turned.real**2 + turned.imag**2, dtype=np.float64)])
    energy = sums[WHOLE:] - sums[:-WHOLE]
    mean = max(float(energy.mean()), 1e-30)
    powers = np.empty((len(halves), LAGS), np.float32)
    for power, half in zip(powers, halves, strict=True):
        shape, own = _shape(root, half)
        waves: Samples = scipy.fft.ifft(spectrum * shape, overwrite_x=True)
        peaks = waves[:LAGS]
        power[:] = (peaks.real**2 + peaks.imag**2) / np.float32(mean * own)
    return powers, np.maximum(energy / mean, 1e-9).astype(np.float32)


def _fft(wave: NDArray[np.complex64] | NDArray[np.complex128]) -> Samples:
    single: Samples = wave.astype(np.complex64)
    spectrum: Samples = scipy.fft.fft(single, _LENGTH)
    return spectrum
