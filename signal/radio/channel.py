"""One channel out of a wide band: shifted to zero and resampled by one FFT and one inverse.

Cost: O(n log n) for the first FFT of a segment, and of the channel's share for each channel.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from .iq import Samples


class Segment:
    """A few milliseconds of a wide band, transformed once, from which channels are cut.

    Parameters
    ----------
    samples : complex64, shape (n,)
    sample_rate_hz : float
    """

    def __init__(self, samples: Samples, sample_rate_hz: float) -> None:
        length = scipy.fft.next_fast_len(len(samples))
        self._spectrum = scipy.fft.fft(samples, length)
        self._samples = len(samples)
        self._length = length
        self._bin_hz = sample_rate_hz / length

    def channel(
        self, center_hz: float, rate_hz: float, bandwidth_hz: float, *, whiten: bool = False
    ) -> tuple[Samples, float, float]:
        """Cut the channel about `center_hz`.

        Parameters
        ----------
        center_hz : float
            Relative to the band's tuned centre.
        rate_hz : float
            The wanted rate; at least `bandwidth_hz`.
        bandwidth_hz : float
            What is farther from the centre is cut off.
        whiten : bool
            Divide by the smoothed spectrum, so that a strong narrow neighbour does not drown the
            rest of the channel.

        Returns
        -------
        samples : complex64, shape (about n * rate_hz / sample_rate_hz,)
        rate_hz : float
            The rate that came out; off by less than half a bin in the segment's length.
        center_hz : float
            The centre that came out: the nearest bin.
        """
        size = max(1, round(rate_hz / self._bin_hz))
        middle = round(center_hz / self._bin_hz)
        half = min(int(bandwidth_hz / 2 / self._bin_hz), (size - 1) // 2, (self._length - 1) // 2)
        offsets = np.arange(-half, half + 1)
        bins = middle + offsets
        inside = np.abs(bins) <= (self._length - 1) // 2  # no wrapping round the band's edges
        cut = np.where(inside, self._spectrum[bins % self._length], 0)
        if whiten:
            cut = _white(cut, inside)
        spectrum = np.zeros(size, np.complex64)
        spectrum[offsets % size] = cut
        out_rate_hz = size * self._bin_hz
        kept = int(self._samples * size / self._length)
        channel = scipy.fft.ifft(spectrum)[:kept] * np.float32(size / self._length)
        return channel.astype(np.complex64), out_rate_hz, middle * self._bin_hz


def _white(cut: Samples, inside: NDArray[np.bool_]) -> Samples:
    """Divide by the root of the power, smoothed over a hundredth of the channel."""
    power = (cut.real.astype(np.float64) ** 2) + cut.imag.astype(np.float64) ** 2
    width = max(3, len(cut) // 100)
    sums = np.concatenate([[0.0], np.cumsum(power)])
    counts = np.concatenate([[0.0], np.cumsum(inside)])
    first = np.maximum(np.arange(len(cut)) - width // 2, 0)
    last = np.minimum(first + width, len(cut))
    mean = (sums[last] - sums[first]) / np.maximum(counts[last] - counts[first], 1)
    scale = np.where(inside & (mean > 0), 1 / np.sqrt(np.maximum(mean, 1e-30)), 0)
    return (cut * scale).astype(np.complex64)
