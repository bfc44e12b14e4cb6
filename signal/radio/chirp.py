"""LoRa's preambles: multiplied by the opposite chirp, each of its up-chirps is one tone.

At a rate of exactly the bandwidth both halves of a chirp that began elsewhere fall into one bin, so
that no start need be known; the preamble's chirps all give the same bin, and their powers are
added (non-coherently, as the theory of `bench` assumes).
Cost: one transform of the channel for each bandwidth and spreading factor.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.stats import gamma

from .channel import Segment
from .iq import Samples

BANDWIDTHS_HZ = (125e3, 203.125e3, 250e3, 406.25e3, 500e3, 812.5e3, 1625e3)
"""Of the SX1276 and the SX1280 (their data sheets)."""

FACTORS = range(5, 13)
SUMMED = 8
"""Chirps of a preamble that are added: the shortest preamble in use has eight."""

NEAR = (0.55, 1.7)
"""Of a box's width over the chirp's: a weak box is narrow, a strong one has skirts."""

THRESHOLD_NATS = 16.0


@dataclass(frozen=True, slots=True)
class Preamble:
    """A preamble that fits.

    Parameters
    ----------
    bandwidth_hz : float
    spreading_factor : int
    start_s : float
        Of the chirps that were added, from the segment's first sample.
    nats : float
        Minus the logarithm of noise's chance to give such a tone in any of the places looked at.
    """

    bandwidth_hz: float
    spreading_factor: int
    start_s: float
    nats: float


def find_preamble(
    segment: Segment, center_hz: float, width_hz: float, first_s: float, last_s: float
) -> Preamble | None:
    """The plainest preamble in a box.

    Parameters
    ----------
    segment : Segment
    center_hz, width_hz : float
        The box's; relative to the band's tuned centre.
    first_s, last_s : float
        Where to look, from the segment's first sample.
    """
    best: Preamble | None = None
    for bandwidth_hz in BANDWIDTHS_HZ:
        if not NEAR[0] <= width_hz / bandwidth_hz <= NEAR[1]:
            continue
        wave, rate_hz, _ = segment.channel(center_hz, bandwidth_hz, bandwidth_hz)
        first = max(0, int(first_s * rate_hz))
        part = wave[first : int(last_s * rate_hz) + 1]
        for factor in FACTORS:
            found = _tone(part, rate_hz, bandwidth_hz, factor)
            if found is not None and (best is None or found[1] > best.nats):
                start_s = first / rate_hz + found[0]
                best = Preamble(bandwidth_hz, factor, start_s, found[1])
    return best


def dechirped(
    wave: Samples, rate_hz: float, bandwidth_hz: float, factor: int
) -> NDArray[np.float32]:
    """Power of each chirp's time by tone.

    Parameters
    ----------
    wave : complex64, shape (n,)
        At about `bandwidth_hz`; the true rate counts.

    Returns
    -------
    float32, shape (chirps, 2**factor)
        Each row over its own mean.
    """
    chips = 1 << factor
    chirp_s = chips / bandwidth_hz
    count = max(0, int((len(wave) - chips) / (chirp_s * rate_hz)))
    starts: NDArray[np.intp] = np.rint(np.arange(count) * chirp_s * rate_hz).astype(np.intp)
    late_s: NDArray[np.float64] = starts / rate_hz - np.arange(count) * chirp_s
    at_s: NDArray[np.float64] = np.add.outer(late_s, np.arange(chips) / rate_hz)
    slope = bandwidth_hz / chirp_s
    turns = (slope / 2) * at_s * at_s
    turns -= np.rint(turns)  # what is left fits a float32, whose sine is fast
    angle = (-2 * np.pi * turns).astype(np.float32)
    down = np.empty(angle.shape, np.complex64)
    np.cos(angle, out=down.real)
    np.sin(angle, out=down.imag)
    frames: Samples = wave[np.add.outer(starts, np.arange(chips))]
    frames *= down
    spectra: Samples = scipy.fft.fft(frames, axis=1, overwrite_x=True)
    power = spectra.real**2 + spectra.imag**2
    means = np.add.reduce(power, axis=1, keepdims=True) / np.float32(chips)
    over: NDArray[np.float32] = np.divide(power, np.maximum(means, np.float32(1e-30)))
    return over


def _tone(
    wave: Samples, rate_hz: float, bandwidth_hz: float, factor: int
) -> tuple[float, float] | None:
    """When the plainest run of equal tones begins, and its surprise in nats."""
    chirp = (1 << factor) / bandwidth_hz * rate_hz
    if len(wave) < SUMMED * chirp:
        return None
    power = dechirped(wave, rate_hz, bandwidth_hz, factor)
    if len(power) < SUMMED:
        return None
    sums = np.cumsum(np.concatenate([np.zeros_like(power[:1]), power]), axis=0)
    runs = sums[SUMMED:] - sums[:-SUMMED]
    at, _ = np.unravel_index(int(np.argmax(runs)), runs.shape)
    nats = -float(gamma.logsf(float(runs.max()), SUMMED)) - float(np.log(runs.size))
    return (int(at) * 2**factor / bandwidth_hz, nats) if nats > THRESHOLD_NATS else None
