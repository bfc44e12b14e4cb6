"""Bursts of shifted frequency: exact times, occupied band, envelope, deviation and bit rate.

At low ratios only the times and the band are sure; the bit rate shows as a line in the square of
the frequency, which returns to the middle only between unequal bits.
Cost: some passes over one narrow channel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from .iq import Samples

FINE_HZ = 12_500.0
KEPT = 0.9
"""Of a burst's power: what lies in its occupied band."""

LINE = 25.0
"""A line over the median of the spectrum beside it, as power, that noise does not give."""

SLOWEST, FASTEST = 20e3, 2.2e6


@dataclass(frozen=True, slots=True)
class Burst:
    """What is measured of one burst.

    Parameters
    ----------
    start_s, end_s : float
        From the channel's first sample.
    occupied_hz, offset_hz : float
        Width and middle of the band that holds nine tenths of the power.
    steadiness : float
        1 for a constant envelope, 0 for one like noise's.
    deviation_hz : float
        Root mean square of the frequency about its mean.
    bit_rate : float
        0 where no line is plain.
    """

    start_s: float
    end_s: float
    occupied_hz: float
    offset_hz: float
    steadiness: float
    deviation_hz: float
    bit_rate: float


def measure(channel: Samples, rate_hz: float, first_s: float, last_s: float) -> Burst:
    """Measure the burst that lies about `first_s` to `last_s` of a channel.

    Parameters
    ----------
    channel : complex64, shape (n,)
        Wider than the burst, and longer.
    """
    power = channel.real**2 + channel.imag**2
    first, last = (int(np.clip(at * rate_hz, 0, len(channel) - 1)) for at in (first_s, last_s))
    last = max(last, first + 2)
    inside = float(np.mean(power[first:last]))
    outside = np.concatenate([power[: max(0, first - 8)], power[last + 8 :]])
    noise = min(float(np.mean(outside)) if len(outside) > 16 else 0.0, 0.9 * inside)
    start, end = edges(power, (inside + noise) / 2, (first + last) // 2)
    end = max(end, start + 2)
    width_hz, offset_hz = occupied(channel[start:end], rate_hz)
    mean = np.exp(-2j * np.pi * offset_hz / rate_hz * np.arange(end - start))
    wave = _low_passed((channel[start:end] * mean).astype(np.complex64), rate_hz, width_hz * 1.5)
    turns = np.angle(wave[1:] * np.conj(wave[:-1])) * np.float32(rate_hz / (2 * np.pi))
    return Burst(
        start_s=start / rate_hz,
        end_s=end / rate_hz,
        occupied_hz=width_hz,
        offset_hz=offset_hz,
        steadiness=_steadiness(wave),
        deviation_hz=float(np.std(turns)),
        bit_rate=_bit_rate(turns, rate_hz),
    )


def edges(power: NDArray[np.float32], level: float, middle: int) -> tuple[int, int]:
    """Where power rises above `level` before `middle`, and falls below it after.

    The change that is likeliest: the lowest point of the running sum of the excess, and the
    highest (Page, Biometrika 41, 1954).
    """
    runs = np.cumsum(power.astype(np.float64) - level)
    start = int(np.argmin(runs[: middle + 1])) + 1 if middle > 0 else 0
    end = middle + int(np.argmax(runs[middle:])) + 1
    return (0 if start == 1 and runs[0] > 0 else min(start, middle)), end


def occupied(wave: Samples, rate_hz: float) -> tuple[float, float]:
    """Width and middle of the band that holds nine tenths of the power above the noise."""
    size = int(2 ** np.ceil(np.log2(max(16.0, min(rate_hz / FINE_HZ, len(wave))))))
    count = max(1, 2 * len(wave) // size - 1)
    padded = np.pad(wave, (0, max(0, size - len(wave))))
    window = np.hanning(size).astype(np.float32)
    starts = np.arange(count) * (size // 2)
    frames = padded[starts[:, None] + np.arange(size)] * window
    spectra: Samples = scipy.fft.fft(frames, axis=1)
    power = np.fft.fftshift(np.mean(np.abs(spectra) ** 2, axis=0))
    smooth = np.convolve(power, np.ones(3) / 3, mode="same")
    above = np.maximum(smooth - np.quantile(smooth, 0.25) * 1.3, 0)
    share = np.cumsum(above) / max(float(above.sum()), 1e-30)
    low, high = (int(np.searchsorted(share, at)) for at in ((1 - KEPT) / 2, (1 + KEPT) / 2))
    bin_hz = rate_hz / size
    return max(1, high - low) * bin_hz, ((low + high) / 2 - size / 2) * bin_hz


def _low_passed(wave: Samples, rate_hz: float, width_hz: float) -> Samples:
    spectrum: Samples = scipy.fft.fft(wave)
    hertz = np.abs(scipy.fft.fftfreq(len(wave), 1 / rate_hz))
    spectrum[hertz > max(width_hz / 2, rate_hz / len(wave))] = 0
    out: Samples = scipy.fft.ifft(spectrum, overwrite_x=True)
    return out


def _steadiness(wave: Samples) -> float:
    power = wave.real.astype(np.float64) ** 2 + wave.imag.astype(np.float64) ** 2
    return float(2 - np.mean(power**2) / max(float(np.mean(power)) ** 2, 1e-30))


def _bit_rate(turns: NDArray[np.floating], rate_hz: float) -> float:
    if len(turns) < 64:
        return 0.0
    centred = turns - np.median(turns)
    square = np.minimum(centred**2, 4 * float(np.median(centred**2)))
    power = np.abs(np.fft.rfft((square - square.mean()) * np.hanning(len(square)))) ** 2
    hertz = np.fft.rfftfreq(len(square), 1 / rate_hz)
    looked = np.flatnonzero((hertz > SLOWEST) & (hertz < min(FASTEST, 0.45 * rate_hz)))
    if len(looked) < 16:
        return 0.0
    best = looked[int(np.argmax(power[looked]))]
    near = power[max(looked[0], best - 200) : best + 200]
    return float(hertz[best]) if power[best] > LINE * float(np.median(near)) else 0.0
