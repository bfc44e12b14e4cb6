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


def coherence(channel: Samples, root: int) -> NDArray[np.float32]:
    """How much of the power at each lag is the symbol's: the squared correlation coefficient.

    Parameters
    ----------
    channel : complex64, shape (n,)
        15.36 MS/s, centred within about 0.5 MHz of the carrier: like a chirp, root 600 turns an
        offset in frequency into one in time and keeps its peak.
    root : int

    Returns
    -------
    float32, shape (n - 1023,)
        0 to 1. Under white noise of 600 degrees of freedom it is Beta(1, 599).
    """
    if len(channel) < SYMBOL:
        return np.zeros(0, np.float32)
    lags = len(channel) - SYMBOL + 1
    length = scipy.fft.next_fast_len(len(channel))
    template = np.conj(scipy.fft.fft(symbol(root), length))
    peaks = scipy.fft.ifft(scipy.fft.fft(channel, length) * template)[:lags]
    sums = np.concatenate([[0.0], np.cumsum(np.abs(channel).astype(np.float64) ** 2)])
    energy = np.maximum(sums[SYMBOL:] - sums[:-SYMBOL], 1e-30)
    return (np.abs(peaks) ** 2 / energy[:lags]).astype(np.float32)


def surprise(coherences: NDArray[np.float32]) -> NDArray[np.float32]:
    """Minus the logarithm of the probability that noise gives so much coherence, or more."""
    left: NDArray[np.float32] = np.log1p(-np.minimum(coherences, np.float32(1 - 1e-6)))
    nats: NDArray[np.float32] = left * np.float32(1 - CARRIERS)
    return nats


def surprise_of(share: float) -> float:
    """`surprise` of one coherence."""
    return float(-(CARRIERS - 1) * np.log1p(-min(share, 1 - 1e-6)))
