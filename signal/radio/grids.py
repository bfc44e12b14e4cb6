"""The grid of an OFDM signal's symbols: every prefix of a burst together proves it.

The product of samples one useful symbol apart has the same phase in every prefix, so the prefixes
add up coherently, once their grid is known: symbols of one length (the drone maker's video), or
slots whose first prefix is longer (3GPP TS 36.211, 6.12; TS 38.211, 5.3).
Under noise the squared coherence over n independent samples exceeds t with probability
(1 - t)**(n - 1).
Cost: one product and a running sum for each sample, and a fold for each grid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .iq import Samples

SIZE = 1024
PREFIX, LONG_PREFIX = 72, 80
SYMBOL = SIZE + PREFIX
SLOT = 7 * SYMBOL + LONG_PREFIX - PREFIX
NR_SLOT = 14 * SYMBOL + LONG_PREFIX - PREFIX + 8
"""Of 30 kHz at twice the rate: 14 symbols, the first prefix 16 longer than the others."""

OFF_LAGS = (0.9, 1.1)


@dataclass(frozen=True, slots=True)
class Grid:
    """How plainly the prefixes lie on each grid.

    Parameters
    ----------
    symbols, slots : float
        Coherence on a grid of equal symbols, and of 3GPP's slots; 0 to 1.
    off_lag : float
        The larger of both at lags where no prefix repeats: carriers and the like.
    nats : float
        Surprise of the better grid under noise.
    """

    symbols: float
    slots: float
    off_lag: float
    nats: float


def grid_of(channel: Samples, share: float, *, slot: int = SLOT, coarse: int = 1) -> Grid:
    """Measure the grid of a channel at 1,024 samples a symbol, or a part of that.

    Parameters
    ----------
    channel : complex64, shape (n,)
    share : float
        Of the channel's rate that is occupied: so many samples are independent.
    slot : int
        Samples of a slot at 1,024 a symbol.
    coarse : {1, 2, 4, 8}
        By how much the channel's rate is lower than that; all lengths of the grid divide by 8.
    """
    counted = len(channel) * PREFIX / SYMBOL * share
    symbols, slots = _coherences(channel, SIZE // coarse, slot, coarse)
    off = max(
        max(_coherences(channel, round(SIZE * lag / coarse), slot, coarse)) for lag in OFF_LAGS
    )
    best = min(max(symbols, slots), 0.9999)
    nats = -(counted - 1) * float(np.log1p(-(best**2))) - float(np.log(SYMBOL + slot))
    return Grid(symbols, slots, off, max(0.0, nats))


def _coherences(channel: Samples, lag: int, slot: int, coarse: int) -> tuple[float, float]:
    symbol, prefix, longer = (n // coarse for n in (SYMBOL, PREFIX, LONG_PREFIX - PREFIX))
    slot //= coarse
    if len(channel) < lag + 3 * symbol:
        return 0.0, 0.0
    products = _windowed(np.conj(channel[:-lag]) * channel[lag:], prefix)
    energy = _windowed(_mean_power(channel, lag), prefix)
    by_symbol = _ratio(_folded(products, symbol), _folded(energy, symbol))
    offsets = longer + np.arange(slot // symbol) * symbol
    in_slot = [_folded(one, slot) for one in (products, energy)]
    top, bottom = (sum(np.roll(one, -int(at)) for at in offsets) for one in in_slot)
    return by_symbol, _ratio(np.asarray(top), np.asarray(bottom))


def train_of(channel: Samples, size: int, prefix: int) -> tuple[float, float, float]:
    """Coherence of a train of equal symbols, the same at other lags, and its surprise in nats.

    Parameters
    ----------
    channel : complex64, shape (n,)
    size, prefix : int
        Samples of a symbol without its prefix, and of the prefix: 64 and 16 for 802.11.
    """
    period = size + prefix
    if len(channel) < 3 * period + size:
        return 0.0, 0.0, 0.0
    found: list[float] = []
    for lag in (size, round(size * 0.87), round(size * 1.13)):
        top = _folded(_windowed(np.conj(channel[:-lag]) * channel[lag:], prefix), period)
        energy = _windowed(_mean_power(channel, lag), prefix)
        found.append(_ratio(top, _folded(energy, period)))
    counted = len(channel) * prefix / period * 0.8
    nats = -(counted - 1) * float(np.log1p(-(min(found[0], 0.9999) ** 2))) - float(np.log(period))
    return found[0], max(found[1:]), max(0.0, nats)


def _mean_power(channel: Samples, lag: int) -> NDArray[np.float32]:
    """Of each sample and the one a lag later."""
    power: NDArray[np.float32] = channel.real**2 + channel.imag**2
    mean: NDArray[np.float32] = (power[:-lag] + power[lag:]) * np.float32(0.5)
    return mean


def _windowed(values: NDArray[np.inexact], width: int) -> NDArray[np.complex128]:
    sums = np.cumsum(np.concatenate([[0], values]), dtype=np.complex128)
    return sums[width:] - sums[:-width]


def _folded(values: NDArray[np.complex128], period: int) -> NDArray[np.complex128]:
    padded = np.pad(values, (0, -len(values) % period))
    folded: NDArray[np.complex128] = padded.reshape(-1, period).sum(axis=0)
    return folded


def _ratio(top: NDArray[np.complex128], bottom: NDArray[np.complex128]) -> float:
    real = bottom.real
    return float((np.abs(top) / np.maximum(real, 0.05 * float(real.max()) + 1e-30)).max())
