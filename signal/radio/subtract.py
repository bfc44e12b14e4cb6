"""A found burst's Zadoff-Chu symbols, taken out of the samples.

The symbols are known; what the air did to them is fitted: a few taps by least squares, for each
symbol anew. What is left of them is some 25 dB weaker, or noise.
Cost: about a millisecond for each burst.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import scipy.fft
import scipy.linalg
from numpy.typing import NDArray

from .iq import Samples
from .ridges import PREFIX, ROOTS, SPACING, Fit
from .zadoff_chu import RATE_HZ, SUBCARRIER_HZ, SYMBOL, symbol

FINER = 16
"""Samples of the symbol between two of `RATE_HZ`, from which the others are interpolated."""

TAPS_S = np.arange(-2, 3) / 12e6


def take_out(samples: Samples, rate_hz: float, fit: Fit) -> None:
    """Subtract both symbols of a burst, where they lie in `samples`.

    Parameters
    ----------
    samples : complex64, shape (n,)
        Changed in place.
    rate_hz : float
    fit : Fit
        Its start counts from the first sample.
    """
    for nth, root in enumerate(ROOTS):
        start_s = fit.start_s + nth * SPACING / RATE_HZ
        first = max(0, int(np.ceil((start_s - PREFIX / RATE_HZ) * rate_hz)))
        last = min(len(samples), int(np.floor((start_s + 1 / SUBCARRIER_HZ) * rate_hz)))
        if last - first < len(TAPS_S):
            continue
        at_s = np.arange(first, last) / rate_hz - start_s
        turn = np.exp(2j * np.pi * fit.carrier_hz * at_s)
        taps = np.stack([_wave(root, at_s - tap_s) * turn for tap_s in TAPS_S])
        part = samples[first:last]
        weights: NDArray[np.complex128] = scipy.linalg.lstsq(taps.T, part)[0]
        explained: NDArray[np.complex128] = np.vecdot(np.conj(weights), taps.T)
        samples[first:last] -= explained.astype(np.complex64)


def _wave(root: int, at_s: NDArray[np.float64]) -> NDArray[np.complex128]:
    """The symbol at some times from its start; before it lies its prefix."""
    fine = _fine(root)
    places = at_s * RATE_HZ * FINER
    below = np.floor(places).astype(np.intp)
    share = places - below
    early, late = fine[below % len(fine)], fine[(below + 1) % len(fine)]
    wave: NDArray[np.complex128] = early + share * (late - early)
    return wave


@cache
def _fine(root: int) -> NDArray[np.complex128]:
    spectrum = scipy.fft.fft(symbol(root).astype(np.complex128))
    half = SYMBOL // 2
    padded = np.zeros(SYMBOL * FINER, np.complex128)
    padded[:half], padded[-half:] = spectrum[:half], spectrum[half:]
    fine: NDArray[np.complex128] = scipy.fft.ifft(padded)
    return fine
