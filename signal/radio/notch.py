"""Spurs taken out of the samples, for stages that see the whole band at once.

A tone becomes a sweep where sweeps are sought, and lifts the level over 9 MHz: one as strong as all
of the noise there costs 3 dB. Bins of the page's own spectrum are set to zero where a spur lies.
Cost: an FFT there and one back, some 50 ns a sample, for pages with such a spur.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.fft

from .iq import Samples


def without_bands(
    samples: Samples, rate_hz: float, bands_hz: Sequence[tuple[float, float]]
) -> Samples:
    """A copy of the samples without what lies in some bands.

    Parameters
    ----------
    samples : complex64, shape (n,)
    rate_hz : float
    bands_hz : sequence of (low, high)
        Relative to the band's tuned centre.
    """
    length = scipy.fft.next_fast_len(len(samples))
    spectrum: Samples = scipy.fft.fft(samples, length)
    for low_hz, high_hz in bands_hz:
        first, last = (round(edge_hz / rate_hz * length) for edge_hz in (low_hz, high_hz))
        spectrum[np.arange(first, last + 1) % length] = 0
    left: Samples = scipy.fft.ifft(spectrum, overwrite_x=True)
    return left[: len(samples)]
