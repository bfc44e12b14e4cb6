"""Control bursts of the drone maker's OcuSync: told by a Zadoff-Chu symbol at both ends.

A burst is seven OFDM symbols of 15 kHz on 72 subcarriers about an empty one, 500.5 us long; at
15.36 MS/s its prefixes are 80, 72, ... 72, 80 samples. The first and the last symbol are the same
Zadoff-Chu sequence (RUB-SysSec/DroneSecurity, packetizer), of a root that is published nowhere: so
all roots are asked, and both ends must give the same.

Cost: one narrow channel, and 720 FFTs of 512 points, for what is as long and as wide as a burst.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from .channel import Segment
from .iq import Samples
from .zadoff_chu import SUBCARRIER_HZ

SYMBOL = 128
RATE_HZ = SYMBOL * SUBCARRIER_HZ
PREFIXES = (10, 9, 9, 9, 9, 9, 10)
STARTS = tuple(sum(PREFIXES[:n]) + n * SYMBOL for n in range(len(PREFIXES)))
BURST = sum(PREFIXES) + len(PREFIXES) * SYMBOL
DURATION_S = BURST / RATE_HZ
CARRIERS = 72
LENGTH = CARRIERS + 1
ROOTS = np.arange(1, LENGTH)

SHORTEST_S, LONGEST_S = 0.42e-3, 0.60e-3
"""Of a box about a burst: its edges are a cell's."""

CHANNEL_HZ = 1.8e6
BEFORE_S = 0.1e-3
"""Of what is cut beside a box."""

EARLY = 3
"""The transform begins so many samples before a symbol's first own."""

DELAYS = 4 * SYMBOL
"""That are tried, in a symbol's time: so that no delay falls between two."""

NEARBY = 2
"""Bins to each side of the likely lowest one that are asked too."""

OTHERS = 0.6
"""What the symbols between may have of the ends' share: they carry data."""


@dataclass(frozen=True, slots=True)
class ControlBurst:
    """What was measured of a burst.

    Parameters
    ----------
    start_s : float
        From the segment's first sample.
    carrier_hz : float
        Relative to the band's tuned centre.
    share : float
        The sequence's part of the power in the weaker of both ends, 0 to 1. Noise or data exceed
        0.2 once in ten million bursts: (1 - share)^71 for each of 128 delays at either end, for
        72 roots and five bins.
    root : int
        Of the sequence of length 73.
    """

    start_s: float
    carrier_hz: float
    share: float
    root: int


def measure_control(
    segment: Segment, start_s: float, duration_s: float, center_hz: float
) -> ControlBurst | None:
    """Measure a box as if it held a control burst.

    Parameters
    ----------
    segment : Segment
    start_s, duration_s : float
        Of the box, from the segment's first sample.
    center_hz : float
        Relative to the band's tuned centre.

    Returns
    -------
    ControlBurst or None
        None for what has another length, or other symbols of the same sequence between its ends.
    """
    if not SHORTEST_S <= duration_s <= LONGEST_S:
        return None
    channel, rate_hz, real_hz = segment.channel(center_hz, RATE_HZ, CHANNEL_HZ)
    first = max(0, int((start_s - BEFORE_S) * rate_hz))
    last = int((start_s + duration_s + BEFORE_S) * rate_hz)
    cut = channel[first:last]
    if len(cut) < BURST + EARLY or not cut.any():
        return None
    at, offset_hz = _grid(cut, rate_hz)
    turns = np.exp(-2j * np.pi * offset_hz / rate_hz * np.arange(len(cut)))
    begins = [max(0, at + start + prefix - EARLY)
              for start, prefix in zip(STARTS, PREFIXES, strict=True)]  # fmt: skip
    rows = np.stack([(cut * turns)[begin : begin + SYMBOL] for begin in begins])
    spectra = scipy.fft.fftshift(scipy.fft.fft(rows, axis=1), axes=1)
    lowest, best, share = _pilots(spectra)
    if share == 0:
        return None
    middle = lowest + CARRIERS // 2 - SYMBOL // 2
    return ControlBurst(
        start_s=(first + at) / rate_hz,
        carrier_hz=real_hz + offset_hz + middle * SUBCARRIER_HZ,
        share=share,
        root=int(ROOTS[best]),
    )


def _grid(cut: Samples, rate_hz: float) -> tuple[int, float]:
    """Where the burst begins, and its carrier within half a subcarrier, by its prefixes."""
    power = np.concatenate([[0.0], np.cumsum(np.abs(cut) ** 2, dtype=np.float64)])
    product = np.conj(cut[:-SYMBOL]) * cut[SYMBOL:]
    turned = np.concatenate([[0], np.cumsum(product.astype(np.complex128))])
    places = np.arange(len(cut) - BURST + 1)
    train = np.zeros(len(places), np.complex128)
    for start, prefix in zip(STARTS, PREFIXES, strict=True):
        train += turned[places + start + prefix] - turned[places + start]
    # As much of the power as can be lies within: a train that is a symbol late begins in it.
    inside = power[places + BURST] - power[places]
    at = int(np.argmax(np.abs(train) * inside))
    return at, float(np.angle(train[at])) / (2 * np.pi) * rate_hz / SYMBOL


def _pilots(spectra: NDArray[np.complex128]) -> tuple[int, int, float]:
    """The lowest bin of the burst, the number of its root and the weaker end's share, 0 if none.

    Of the bins that fit the power nearly best, that one which fits the sequence best.
    """
    power = np.sum(np.abs(spectra) ** 2, axis=0)
    sums = np.concatenate([[0.0], np.cumsum(power)])
    lowest = np.arange(1, SYMBOL - LENGTH)
    inside = sums[lowest + LENGTH] - sums[lowest] - power[lowest + CARRIERS // 2]
    likely = int(lowest[np.argmax(inside)])
    best, fit = (likely, 0, 0.0), 0.0
    for first in range(max(1, likely - NEARBY), min(SYMBOL - LENGTH, likely + NEARBY + 1)):
        carriers = np.delete(spectra[:, first : first + LENGTH], CARRIERS // 2, axis=1)
        ends = _shares(carriers[[0, -1]]).min(axis=0)
        number = int(np.argmax(ends))
        # A bin beside the right one looks like another delay, and misses a subcarrier's power.
        if (likeness := float(ends[number] * inside[first - 1])) > fit:
            fit = likeness
            between = _shares(carriers[1:-1])[:, number].max()
            best = (first, number, float(ends[number]) if between < OTHERS * ends[number] else 0.0)
    return best


def _shares(carriers: NDArray[np.complex128]) -> NDArray[np.float64]:
    """What each sequence has of each symbol's power, at its best delay; float64, (n, 72).

    Parameters
    ----------
    carriers : complex, shape (n, 72)
    """
    matched = carriers[:, None, :] * _conjugates()[None]
    peaks = np.abs(scipy.fft.fft(matched, DELAYS, axis=2)).max(axis=2) ** 2
    energy = np.sum(np.abs(carriers) ** 2, axis=1, keepdims=True) * CARRIERS
    shares: NDArray[np.float64] = peaks / np.maximum(energy, 1e-30)
    return shares


@cache
def _conjugates() -> NDArray[np.complex128]:
    """All sequences of length 73, conjugate, the middle element left out; complex128, (72, 72)."""
    n = np.arange(LENGTH)
    made: NDArray[np.complex128] = np.exp(1j * np.pi / LENGTH * np.outer(ROOTS, n * (n + 1)))
    without: NDArray[np.complex128] = np.delete(made, CARRIERS // 2, axis=1)
    return without


def control_burst_wave(rng: np.random.Generator, root: int) -> Samples:
    """A simulated burst at 1.92 MS/s: the sequence at both ends, QPSK between; mean power 1."""
    parts: list[NDArray[np.complex128]] = []
    occupied = np.delete(np.arange(LENGTH) - CARRIERS // 2, CARRIERS // 2)
    for number, prefix in enumerate(PREFIXES):
        spectrum = np.zeros(SYMBOL, np.complex128)
        is_end = number in (0, len(PREFIXES) - 1)
        data = np.exp(1j * np.pi * (rng.integers(0, 4, CARRIERS) / 2 + 0.25))
        spectrum[occupied % SYMBOL] = np.conj(_conjugates()[root - 1]) if is_end else data
        wave = scipy.fft.ifft(spectrum) * SYMBOL / np.sqrt(CARRIERS)
        parts += [wave[-prefix:], wave]
    whole: Samples = np.concatenate(parts).astype(np.complex64)
    return whole
