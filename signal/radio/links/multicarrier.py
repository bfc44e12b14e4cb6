"""OFDM links: the drone maker's video, and what looks like it: LTE, NR, C-V2X, Wi-Fi.

Video as measured (luyii-code-1, MEASUREMENTS.md, 3 to 5): 15 kHz, prefix of 72 samples at
15.36 MS/s, frames of 5 ms with a gap. LTE and C-V2X by 3GPP TS 36.211 (6.12, 9), NR by TS 38.211
(4.3, 5.3), Wi-Fi by IEEE 802.11-2020 (17.3; its 20, 10 and 5 MHz clocks are table 17-5's).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ..iq import Samples
from ..waveforms import at_rate, wifi_like
from .air import Burst, beats

Complex = NDArray[np.complex128]

VIDEO_CARRIERS = {10: 600, 20: 1200, 40: 2400}
"""By the channel's width in megahertz; 20 and 40 are not confirmed."""

FRAME_S = 5e-3
ON_S = (0.0, 4.47e-3)
VIDEO_SYMBOLS = (46, 7)
"""Of the two transmissions in a frame: 3.28 and 0.5 ms."""

BLOCK_CARRIERS = 12
C_V2X_HZ = 5920e6


def ofdm(
    rate_hz: float, rng: np.random.Generator, prefixes: Sequence[int], *, size: int, carriers: int,
    spacing_hz: float = 15e3, precoded: bool = False, points: int = 4,
) -> Samples:  # fmt: skip
    """Symbols of random data about DC, which is left out, with the given prefixes.

    Parameters
    ----------
    prefixes : sequence of int
        Samples of each symbol's prefix at `size` * `spacing_hz`.
    size, carriers : int
        Of the transform, and how many of it are used.
    precoded : bool
        Spread over the carriers by a DFT first, as LTE's uplink and C-V2X do.
    points : int
        Of the constellation: 4 is QPSK, 16 is 16-QAM.

    Returns
    -------
    complex64, mean power 1
    """
    half = carriers // 2
    places = np.r_[np.arange(-half, 0), np.arange(1, carriers - half + 1)] % size
    parts: list[Complex] = []
    for prefix in prefixes:
        values = _square(rng, carriers, points)
        spectrum = np.zeros(size, np.complex128)
        spectrum[places] = np.fft.fft(values) / np.sqrt(carriers) if precoded else values
        wave = np.fft.ifft(spectrum)
        parts.append(np.concatenate([wave[-prefix:], wave]))
    return at_rate(np.concatenate(parts), size * spacing_hz, rate_hz)


def _square(rng: np.random.Generator, count: int, points: int) -> Complex:
    side = round(points**0.5)
    i, q = (2.0 * rng.integers(0, side, count) - side + 1 for _ in range(2))
    return np.asarray(i + 1j * q, np.complex128)


def video(
    rate_hz: float, seconds: float, rng: np.random.Generator, *, center_hz: float = 2450e6,
    width: int = 10,
) -> Iterator[Burst]:  # fmt: skip
    """The drone maker's picture: 3.27 ms, a gap of 1.2 ms, 0.5 ms, every 5 ms."""
    carriers = VIDEO_CARRIERS[width]
    size, scale = 1024 * width // 10, width // 10
    for _, frame_s in beats(seconds, FRAME_S, rng):
        for at_s, symbols in zip(ON_S, VIDEO_SYMBOLS, strict=True):
            prefixes = [80 * scale, *[72 * scale] * (symbols - 1)]
            wave = ofdm(rate_hz, rng, prefixes, size=size, carriers=carriers)
            yield Burst(frame_s + at_s, center_hz, carriers * 15e3, wave)


def lte(
    rate_hz: float, seconds: float, rng: np.random.Generator, *, center_hz: float = 1815e6,
    blocks: int = 50,
) -> Iterator[Burst]:  # fmt: skip
    """A base station that never pauses; `blocks` of 180 kHz."""
    slots = [80, *[72] * 6] * (int(seconds / 0.5e-3) + 2)
    scale = 1 if blocks <= 75 else 2
    wave = ofdm(rate_hz, rng, [one * scale for one in slots], size=1024 * scale,
                carriers=blocks * BLOCK_CARRIERS, points=16)  # fmt: skip
    yield Burst(-rng.uniform(0, 0.5e-3), center_hz, blocks * 180e3, wave)


def lte_tdd(
    rate_hz: float, seconds: float, rng: np.random.Generator, *, center_hz: float = 2350e6,
    blocks: int = 50,
) -> Iterator[Burst]:  # fmt: skip
    """A base station in turns with its phones: downlink for two of five subframes and a part."""
    for _, frame_s in beats(seconds, FRAME_S, rng):
        for at_s, symbols in ((0.0, 14 + 10), (4e-3, 14)):
            prefixes = ([80, *[72] * 6] * 4)[:symbols]
            wave = ofdm(rate_hz, rng, prefixes, size=1024, carriers=blocks * BLOCK_CARRIERS)
            yield Burst(frame_s + at_s, center_hz, blocks * 180e3, wave)


def nr(
    rate_hz: float, seconds: float, rng: np.random.Generator, *, center_hz: float = 3500e6,
    blocks: int = 51,
) -> Iterator[Burst]:  # fmt: skip
    """NR at 30 kHz in turns: 7 of 10 slots down in every 5 ms; `blocks` of 360 kHz."""
    half = [88, *[72] * 13]  # the longer prefix comes every half millisecond: each slot here
    for _, frame_s in beats(seconds, FRAME_S, rng):
        wave = ofdm(rate_hz, rng, half * 7, size=1024, carriers=blocks * BLOCK_CARRIERS,
                    spacing_hz=30e3, points=16)  # fmt: skip
        yield Burst(frame_s, center_hz, blocks * 360e3, wave)


def cv2x(
    rate_hz: float, seconds: float, rng: np.random.Generator, *, blocks: int = 30,
    every_s: float = 5e-3,
) -> Iterator[Burst]:  # fmt: skip
    """A car's sidelink: one subframe without its last symbol, 0.93 ms, at whole milliseconds."""
    prefixes = [80, *[72] * 6, 80, *[72] * 5]
    for _, start_s in beats(seconds, every_s, rng):
        wave = ofdm(rate_hz, rng, prefixes, size=1024, carriers=blocks * BLOCK_CARRIERS,
                    precoded=True)  # fmt: skip
        late_s = start_s + 1e-3 * int(rng.integers(3))
        yield Burst(late_s, C_V2X_HZ, blocks * 180e3, wave)


def wifi(
    rate_hz: float, seconds: float, rng: np.random.Generator, *, center_hz: float = 2437e6,
    clock_hz: float = 20e6,
) -> Iterator[Burst]:  # fmt: skip
    """Frames of random length and pauses between; 10 and 5 MHz clocks stretch all of it."""
    at_s = -rng.uniform(0, 1e-3)
    slower = 20e6 / clock_hz
    while at_s < seconds:
        wave = wifi_like(rate_hz * slower, rng, int(rng.integers(10, 120)))
        yield Burst(at_s, center_hz, clock_hz * 53 / 64, wave)
        at_s += len(wave) / rate_hz + rng.exponential(0.4e-3) + 16e-6 * slower


def faded(wave: Samples, rate_hz: float, rng: np.random.Generator) -> Samples:
    """The wave over three paths within 0.3 us, the first the strongest; mean power kept.

    Powers of 0, -6 and -12 dB with Rayleigh amplitudes but for the first: a short open-air channel.
    """
    out = wave.copy()
    for loss_db in (6, 12):
        delay = int(rng.uniform(0.03e-6, 0.3e-6) * rate_hz)
        gain = complex(*rng.standard_normal(2)) * np.sqrt(0.5) * 10 ** (-loss_db / 20)
        out[delay:] += np.complex64(gain) * wave[: len(wave) - delay]
    before, after = (float(np.vdot(one, one).real) for one in (wave, out))
    scaled: Samples = out * np.float32(np.sqrt(before / max(after, 1e-30)))
    return scaled
