"""Micro-Doppler: the spectrogram of one range cell over slow time, and the rate of blade flashes.

A rotor's blades flash when they stand across the line of sight; with an even number of blades N
that is N times a turn, and the spectrum shows lines that far apart (HERM lines). The rate is told
by the signal's power over time, so that it does not matter how fast the body moves.
Cost: three FFTs of the signal and a few hundred small sums.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

SlowTime = NDArray[np.complex64]
Power = NDArray[np.float32]

HARMONICS = 5
LEAST_RATE_HZ = 20.0
SMOOTH_HZ = 2000.0
"""Flashes shorter than a chirp interval would fit three periods better than one."""
SCATTERS = 5.0
"""Standard deviations of noise's correlation with itself that a flash must exceed."""


@dataclass(frozen=True, slots=True)
class BladeRate:
    """Flashes a second, and the standard error that their lines' strength allows."""

    rate_hz: float
    sigma_hz: float
    correlation: float  # 1 = every flash like the last one


def spectrogram(signal: SlowTime, window: int = 64, hop: int = 16) -> Power:
    """Power over time and Doppler; float32, shape (times, window), lowest Doppler first."""
    frames = np.lib.stride_tricks.sliding_window_view(signal, window)[::hop]
    taper = np.hanning(window + 1)[:-1].astype(np.float32)
    spectra = scipy.fft.fft(frames * taper, axis=1)
    power = np.asarray(np.abs(spectra) ** 2, np.float32)
    return np.fft.fftshift(power, axes=1)


def blade_rate(signal: SlowTime, prf_hz: float) -> BladeRate | None:
    """The rate of blade flashes, or None where nothing recurs.

    Parameters
    ----------
    signal : complex64, shape (chirps,)
        One range cell over slow time; some ten flashes long or more.
    prf_hz : float
        Chirps a second.
    """
    envelope = _flashes(signal)
    size = scipy.fft.next_fast_len(4 * len(envelope))
    spectrum = np.abs(scipy.fft.rfft(envelope, size)) ** 2
    slow = spectrum[: max(2, int(SMOOTH_HZ / prf_hz * size))]
    alike = scipy.fft.irfft(slow, size)[: len(envelope) // 2]
    alike = (
        alike / alike[0] * len(envelope) / np.arange(len(envelope), len(envelope) - len(alike), -1)
    )
    most = min(len(alike) - 1, int(prf_hz / LEAST_RATE_HZ))
    low = np.flatnonzero(alike[:most] < 0)
    if not len(low):
        return None
    peaks = low[0] + 1 + np.flatnonzero(
        (alike[low[0] + 1 : most - 1] >= alike[low[0] : most - 2])
        & (alike[low[0] + 1 : most - 1] > alike[low[0] + 2 : most])
    )  # fmt: skip
    if not len(peaks):
        return None
    best = float(alike[peaks].max())
    freedom = len(envelope) * min(1.0, 2 * SMOOTH_HZ / prf_hz)
    if best < SCATTERS * math.sqrt(2 / freedom):  # half the signal overlaps, at the longest
        return None
    lag = int(peaks[np.argmax(alike[peaks] > 0.8 * best)])  # not twice the period
    return _refined(spectrum, prf_hz / size, prf_hz / lag, len(envelope) / prf_hz, best)


def _flashes(signal: SlowTime) -> NDArray[np.float64]:
    """The power over time without the body, which is the strongest line; its mean taken away."""
    spectrum = scipy.fft.fft(signal.astype(np.complex128))
    body = int(np.argmax(np.abs(spectrum)))
    spectrum[(body + np.arange(-1, 2)) % len(signal)] = 0
    power = np.abs(scipy.fft.ifft(spectrum)) ** 2
    envelope: NDArray[np.float64] = power - power.mean()
    return envelope


def _refined(
    spectrum: NDArray[np.float64], bin_hz: float, near_hz: float, seconds: float, alike: float
) -> BladeRate:
    """The rate whose harmonics hold the most, within one over the duration; its error by theirs."""
    rates = near_hz + np.linspace(-0.6, 0.6, 241) / seconds
    orders = np.arange(1, HARMONICS + 1)
    places = np.rint(rates[:, None] * orders / bin_hz).astype(int)
    places = np.minimum(places, len(spectrum) - 1)
    best = int(np.argmax(spectrum[places].sum(axis=1)))
    noise = float(np.median(spectrum)) / math.log(2)
    strength = spectrum[places[best]] / noise
    information = float(np.sum(orders**2 * strength))
    sigma_hz = math.sqrt(12 / (2 * information)) / (2 * math.pi * seconds)
    return BladeRate(float(rates[best]), math.hypot(sigma_hz, bin_hz / 4), alike)
