"""Radio waveforms as the simulators send them and the tests know them.

Models from published parameters (each function names its source); nothing here is a recording.
All give complex64 with a mean power of 1 while they are on.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .channel import Segment
from .droneid import PREFIXES, ROOTS
from .iq import Samples
from .zadoff_chu import CARRIERS, LENGTH, OCCUPIED, RATE_HZ, SYMBOL, sequence

GUARD_S = 50e-6


def noise(rng: np.random.Generator, samples: int, power: float = 1.0) -> Samples:
    """Complex white Gaussian noise; shape (samples,)."""
    parts = rng.standard_normal(2 * samples, np.float32) * np.float32(np.sqrt(power / 2))
    return parts.view(np.complex64)


def droneid_burst(
    sample_rate_hz: float, rng: np.random.Generator, *, symbols: int = 9,
    bits: NDArray[np.uint8] | None = None,
) -> Samples:  # fmt: skip
    """One DroneID burst: 643.2 us (9 symbols) or 571.9 us (the older 8 symbols).

    600 subcarriers of 15 kHz, QPSK but for the two Zadoff-Chu symbols (Schiller et al., NDSS 2023;
    Bender, 2022), of `bits` (`droneid_link.air_bits`) or random ones. It starts with the first
    sample.
    """
    sent = iter([] if bits is None else _mapped(bits).reshape(-1, CARRIERS))
    parts: list[NDArray[np.complex128]] = []
    for number, prefix in enumerate(PREFIXES[symbols]):
        root = ROOTS[symbols].get(number)
        if root is not None:
            values = np.delete(sequence(root), LENGTH // 2)
        elif bits is None or (symbols == 9 and number == 0):  # the first of nine carries no data
            values = _qpsk(rng, CARRIERS)
        else:
            values = next(sent)
        parts.append(_ofdm_symbol(values, SYMBOL, prefix))
    return at_rate(np.concatenate(parts), RATE_HZ, sample_rate_hz)


def lte_like(sample_rate_hz: float, rng: np.random.Generator, slots: int) -> Samples:
    """Slots of 0.5 ms of 15 kHz OFDM with normal prefix and random QPSK (3GPP TS 36.211, 6.12).

    A look-alike of DroneID: the same subcarriers and prefixes, no such Zadoff-Chu symbols.
    """
    prefixes = (80, *(72,) * 6) * slots
    wave = [_ofdm_symbol(_qpsk(rng, CARRIERS), SYMBOL, prefix) for prefix in prefixes]
    return at_rate(np.concatenate(wave), RATE_HZ, sample_rate_hz)


def wifi_like(sample_rate_hz: float, rng: np.random.Generator, symbols: int) -> Samples:
    """A frame of 802.11 OFDM: short and long training, then `symbols` data symbols of 4 us.

    IEEE 802.11-2020, 17.3: 64 subcarriers at 20 MS/s, guard interval 0.8 us.
    """
    spectrum = np.zeros(53, np.complex128)
    spectrum[_SHORT_TRAINING] = _SHORT_SIGNS * (1 + 1j) * np.sqrt(13 / 6)
    short = np.tile(_place(spectrum, 64)[:16], 10)
    long_half = _place(_LONG_TRAINING.astype(np.complex128), 64)
    long = np.concatenate([long_half[32:], long_half, long_half])
    data: list[NDArray[np.complex128]] = []
    for _ in range(symbols):
        values = np.zeros(53, np.complex128)
        values[_DATA_AND_PILOTS] = _qpsk(rng, 52)
        wave = _place(values, 64)
        data.append(np.concatenate([wave[-16:], wave]))
    return at_rate(np.concatenate([short, long, *data]), 20e6, sample_rate_hz)


def gfsk(
    sample_rate_hz: float, rng: np.random.Generator, *, bits: int, bit_rate: float = 1e6,
    deviation_hz: float = 160e3, levels: NDArray[np.float64] | None = None,
) -> Samples:  # fmt: skip
    """A GFSK burst, BT = 0.5 (Bluetooth Core 5.4, vol. 6, part A, 3.1).

    The bits are random unless `levels` gives them as -1 and 1.
    """
    per_bit = sample_rate_hz / bit_rate
    time_bits = np.arange(int(bits * per_bit)) / per_bit
    sent = rng.choice([-1.0, 1.0], bits) if levels is None else levels
    levels = sent[np.minimum(time_bits.astype(int), bits - 1)]
    span = np.arange(-per_bit, per_bit + 1) / per_bit
    pulse = np.exp(-2 * (np.pi * 0.5 * span) ** 2 / np.log(2))
    smooth = np.convolve(levels, pulse / pulse.sum(), mode="same")
    phase = 2 * np.pi * deviation_hz * np.cumsum(smooth) / sample_rate_hz
    wave: Samples = np.exp(1j * phase).astype(np.complex64)
    return wave


def shifted(wave: Samples, sample_rate_hz: float, offset_hz: float) -> Samples:
    """`wave` moved by `offset_hz`."""
    turns = np.exp(2j * np.pi * offset_hz / sample_rate_hz * np.arange(len(wave)))
    moved: Samples = (wave * turns).astype(np.complex64)
    return moved


_DATA_AND_PILOTS = np.r_[0:26, 27:53]
_SHORT_TRAINING = np.array([2, 6, 10, 14, 18, 22, 30, 34, 38, 42, 46, 50])
_SHORT_SIGNS = np.array([1, -1, 1, -1, -1, 1, -1, -1, 1, 1, 1, 1])
_LONG_TRAINING = np.array(
    [1, 1, -1, -1, 1, 1, -1, 1, -1, 1, 1, 1, 1, 1, 1, -1, -1, 1, 1, -1, 1, -1, 1, 1, 1, 1, 0,
     1, -1, -1, 1, 1, -1, 1, -1, 1, -1, -1, -1, -1, -1, 1, 1, -1, -1, 1, -1, 1, -1, 1, 1, 1, 1]
)  # fmt: skip


def _qpsk(rng: np.random.Generator, count: int) -> NDArray[np.complex128]:
    points: NDArray[np.complex128] = np.exp(1j * np.pi * (rng.integers(0, 4, count) / 2 + 0.25))
    return points


def _mapped(bits: NDArray[np.uint8]) -> NDArray[np.complex128]:
    """QPSK of pairs of bits (3GPP TS 36.211, 7.1.2)."""
    levels = (1 - 2 * bits.astype(np.float64)).reshape(-1, 2) / np.sqrt(2)
    points: NDArray[np.complex128] = levels[:, 0] + 1j * levels[:, 1]
    return points


def _ofdm_symbol(values: NDArray[np.complex128], size: int, prefix: int) -> NDArray[np.complex128]:
    spectrum = np.zeros(size, np.complex128)
    spectrum[OCCUPIED % size] = values
    wave = np.fft.ifft(spectrum) * size
    return np.concatenate([wave[-prefix:], wave])


def _place(values: NDArray[np.complex128], size: int) -> NDArray[np.complex128]:
    """Subcarriers -26..26 to time."""
    spectrum = np.zeros(size, np.complex128)
    spectrum[np.arange(-26, 27) % size] = values
    return np.fft.ifft(spectrum) * size


def at_rate(wave: NDArray[np.complex128], rate_hz: float, wanted_hz: float) -> Samples:
    """Resample to `wanted_hz`, mean power 1; a guard keeps the ends from meeting."""
    guard = np.zeros(int(GUARD_S * rate_hz))
    padded = np.concatenate([wave, guard]).astype(np.complex64)
    segment = Segment(padded, rate_hz)
    out, _, _ = segment.channel(0.0, wanted_hz, min(rate_hz, wanted_hz))
    out = out[: int(len(wave) / rate_hz * wanted_hz)]
    scaled: Samples = (out / np.sqrt(np.mean(np.abs(out) ** 2))).astype(np.complex64)
    return scaled
