"""Zadoff-Chu symbols of the drone maker's OFDM links.

A symbol is a 601-element sequence (Chu, IEEE Trans. Inf. Theory 18, 1972) on 600 subcarriers of
15 kHz, its middle element left out for the DC carrier, at 1,024 samples of 15.36 MS/s (Schiller
et al., "Drone Security and the Mysterious Case of DJI's DroneID", NDSS 2023).
"""

from __future__ import annotations

from functools import cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from .iq import Samples

SYMBOL = 1024
SUBCARRIER_HZ = 15_000.0
RATE_HZ = SYMBOL * SUBCARRIER_HZ
CARRIERS = 600
LENGTH = CARRIERS + 1
BANDWIDTH_HZ = LENGTH * SUBCARRIER_HZ

OCCUPIED = np.r_[np.arange(-CARRIERS // 2, 0), np.arange(1, CARRIERS // 2 + 1)]
"""Occupied subcarriers, relative to DC; shape (600,)."""


def sequence(root: int) -> NDArray[np.complex128]:
    """The Zadoff-Chu sequence of odd length 601; shape (601,), all of magnitude 1."""
    n = np.arange(LENGTH)
    values: NDArray[np.complex128] = np.exp(-1j * np.pi * root * n * (n + 1) / LENGTH)
    return values


@cache
def symbol(root: int) -> Samples:
    """One symbol without its cyclic prefix; complex64, shape (1024,), unit energy."""
    spectrum = np.zeros(SYMBOL, np.complex128)
    spectrum[OCCUPIED % SYMBOL] = np.delete(sequence(root), CARRIERS // 2)
    wave = scipy.fft.ifft(spectrum)
    wave /= np.sqrt(np.sum(np.abs(wave) ** 2))
    made = wave.astype(np.complex64)
    made.setflags(write=False)
    return made


@cache
def _template(root: int, length: int) -> Samples:
    """The conjugate spectrum of one symbol, zero-padded to `length`."""
    template: Samples = np.conj(scipy.fft.fft(symbol(root), length))
    return template


def coherence(channel: Samples, root: int) -> NDArray[np.float32]:
    """How much of the power at each lag is the symbol's: the squared correlation coefficient.

    Parameters
    ----------
    channel : complex64, shape (n,)
        15.36 MS/s.
    root : int

    Returns
    -------
    float32, shape (n - 1023,)
        0 to 1. Under white noise of d degrees of freedom in a symbol's time (its bandwidth over
        15 kHz) it is Beta(1, d - 1).

    Notes
    -----
    Root 600 is -1: a chirp. It turns an offset in frequency into one in time and keeps its peak,
    but for the share of the band that no longer overlaps.
    """
    if len(channel) < SYMBOL:
        return np.zeros(0, np.float32)
    lags = len(channel) - SYMBOL + 1
    length = scipy.fft.next_fast_len(len(channel))
    spectrum: Samples = scipy.fft.fft(channel, length)
    spectrum *= _template(root, length)
    peaks: Samples = scipy.fft.ifft(spectrum, overwrite_x=True)
    share: NDArray[np.float32] = _power(peaks[:lags]) / window_energy(channel)
    return share


def window_energy(channel: Samples) -> NDArray[np.float32]:
    """The energy in one symbol's time from each sample on; shape (n - 1023,), never 0."""
    sums = np.concatenate([[0.0], np.cumsum(_power(channel), dtype=np.float64)])
    energy: NDArray[np.float32] = (sums[SYMBOL:] - sums[:-SYMBOL]).astype(np.float32)
    return np.maximum(energy, np.float32(1e-30))


def _power(samples: Samples) -> NDArray[np.float32]:
    power: NDArray[np.float32] = samples.real**2 + samples.imag**2
    return power


def surprise(share: NDArray[np.float32], freedom: float) -> NDArray[np.float32]:
    """Minus the logarithm of the probability that noise gives so much coherence, or more.

    Parameters
    ----------
    share : float32, any shape
        Coherence, 0 to 1.
    freedom : float
        Degrees of freedom of the noise in a symbol's time.
    """
    left: NDArray[np.float32] = np.log1p(-np.minimum(share, np.float32(1 - 1e-6)))
    nats: NDArray[np.float32] = left * np.float32(1 - freedom)
    return nats
