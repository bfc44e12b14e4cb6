"""One channel out of a wide band: shifted to zero and resampled by one FFT and one inverse.

Cost: O(n log n) for the first FFT of a segment, and of the channel's share for each channel.
"""

from __future__ import annotations

from functools import cache, cached_property

import numpy as np
import scipy.fft
from scipy.ndimage import uniform_filter1d

from .iq import Samples

GRID_RATE_HZ = 15.36e6
"""The rate of 15 kHz OFDM with 1,024 points."""

WHITE_HZ = 120_000.0
"""What is narrower than this is flattened; the power of one symbol's carriers is left alone."""


class Segment:
    """A few milliseconds of a wide band, from which channels are cut; transformed with the first.

    Parameters
    ----------
    samples : complex64, shape (n,)
    sample_rate_hz : float
    grid_rate_hz : float
        The rate at which channels get lengths that are fast to invert.
    center_hz : float
        Of the segment itself, relative to the band's tuned centre.
    """

    def __init__(
        self, samples: Samples, sample_rate_hz: float, grid_rate_hz: float = GRID_RATE_HZ,
        center_hz: float = 0.0,
    ) -> None:  # fmt: skip
        self.sample_rate_hz = sample_rate_hz
        self._center_hz = center_hz
        self._samples = samples
        self._length = _fast_length(len(samples), sample_rate_hz, grid_rate_hz)
        self._bin_hz = sample_rate_hz / self._length

    @property
    def duration_s(self) -> float:
        """Length of the segment."""
        return len(self._samples) / self.sample_rate_hz

    def part(self, first_s: float, last_s: float, grid_rate_hz: float) -> tuple[Segment, float]:
        """Cut out a time of the segment, for channels of another rate; with where it begins."""
        first, last = (max(0, int(at_s * self.sample_rate_hz)) for at_s in (first_s, last_s))
        samples = self._samples[first:last]
        part = Segment(samples, self.sample_rate_hz, grid_rate_hz, self._center_hz)
        return part, first / self.sample_rate_hz

    def around(self, center_hz: float, rate_hz: float) -> Segment:
        """The same time of a narrower band, at a rate near `rate_hz`; itself where that is wide.

        Further channels cost in step with its rate.
        """
        if 2 * rate_hz > self.sample_rate_hz:
            return self
        size = scipy.fft.next_fast_len(max(1, round(rate_hz / self._bin_hz)))
        samples, real_hz, middle_hz = self.channel(
            center_hz, size * self._bin_hz, self.sample_rate_hz
        )
        return Segment(samples, real_hz, center_hz=middle_hz)

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
        source = self._white if whiten else self._spectrum
        size = max(1, round(rate_hz / self._bin_hz))
        middle = round((center_hz - self._center_hz) / self._bin_hz)
        edge = (self._length - 1) // 2  # no wrapping round the band's edges
        half = min(int(bandwidth_hz / 2 / self._bin_hz), (size - 1) // 2)
        first, last = max(middle - half, -edge), min(middle + half, edge)
        spectrum = np.zeros(size, np.complex64)
        end = last + 1
        for begin, stop in ((first, min(middle, end)), (max(first, middle), end)):
            if begin < stop:  # what lies below the centre comes last
                at = (begin - middle) % size
                spectrum[at : at + stop - begin] = _circular(source, begin, stop)
        kept = int(len(self._samples) * size / self._length)
        channel: Samples = scipy.fft.ifft(spectrum, overwrite_x=True)
        channel *= np.float32(size / self._length)
        return channel[:kept], size * self._bin_hz, self._center_hz + middle * self._bin_hz

    @cached_property
    def _spectrum(self) -> Samples:
        spectrum: Samples = scipy.fft.fft(self._samples, self._length)
        return spectrum

    @cached_property
    def _white(self) -> Samples:
        """The spectrum over the root of its power, smoothed over `WHITE_HZ`."""
        width = max(3, int(WHITE_HZ / self._bin_hz) | 1)
        power = self._spectrum.real**2 + self._spectrum.imag**2
        mean = uniform_filter1d(power, width, mode="wrap")
        scale = np.zeros(self._length, np.float32)
        np.divide(1, np.sqrt(np.maximum(mean, 0)), out=scale, where=mean > 0)
        white: Samples = self._spectrum * scale
        return white


def _circular(spectrum: Samples, first: int, last: int) -> Samples:
    """The bins from `first` up to `last`, counted from DC; negative ones lie at the end."""
    if first < 0 <= last:
        return np.concatenate([spectrum[first:], spectrum[:last]])
    return spectrum[first:last] if first >= 0 else spectrum[len(spectrum) + first :][: last - first]


@cache
def _fast_length(samples: int, sample_rate_hz: float, grid_rate_hz: float) -> int:
    """An FFT length of at least `samples` of small factors, and so its share at the grid's rate."""
    ratio = sample_rate_hz / grid_rate_hz
    size = int(np.ceil(samples / ratio))
    for _ in range(64):
        size = scipy.fft.next_fast_len(size + 1)
        length = round(size * ratio)
        if length >= samples and scipy.fft.next_fast_len(length) == length:
            return length
    return scipy.fft.next_fast_len(max(samples, 1))
