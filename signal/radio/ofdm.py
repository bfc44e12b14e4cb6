"""Structure of OFDM signals by autocorrelation: cyclic prefixes and training fields.

van de Beek, Sandell, Borjesson (IEEE Trans. Signal Process. 45, 1997) for prefixes; Schmidl and
Cox (IEEE Trans. Commun. 45, 1997) for repeated training.
Cost: one complex multiplication and a running sum for each sample and lag.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .iq import Samples

WIFI_RATE_HZ = 20e6
SHORT_TRAINING_LAG = 16  # 0.8 us
SHORT_TRAINING_WINDOW = 128  # 6.4 us of the field's 8 us
OTHER_LAGS = (11, 13, 19, 21)
FASTER_LAGS = (4, 8)
"""At which the training of a clock twice and four times as fast repeats, and its own does not."""

FASTER_SHARE = 0.6

SLOT, LEAST = 7, 3
"""Symbols of one grid, and how many make a train."""


def lag_coherence(samples: Samples, lag: int, window: int) -> NDArray[np.float32]:
    """Normalised autocorrelation at `lag` over a sliding `window`.

    Parameters
    ----------
    samples : complex64, shape (n,)
    lag, window : int
        In samples.

    Returns
    -------
    float32, shape (max(0, n - lag - window + 1),)
        0 to 1: |sum x*(t) x(t + lag)| over the mean of both windows' energies.
    """
    if len(samples) < lag + window:
        return np.zeros(0, np.float32)
    turned = np.conj(samples[:-lag])
    turned *= samples[lag:]
    products = np.zeros(len(turned) + 1, np.complex128)  # a sum in 32 bits drifts
    np.cumsum(turned, out=products[1:])
    energies = np.zeros(len(samples) + 1)
    np.cumsum(samples.real**2 + samples.imag**2, out=energies[1:])
    energy = energies[window:] - energies[:-window]
    both = np.maximum(energy[:-lag] + energy[lag:], 1e-30)
    return (2 * np.abs(products[window:] - products[:-window]) / both).astype(np.float32)


def short_training(samples: Samples) -> float:
    """How plainly 802.11's short training field is there, 0 to 1 (IEEE 802.11-2020, 17.3.3).

    The field repeats every 0.8 us, and only so: what repeats at other lags too, like a carrier,
    does not count.

    Parameters
    ----------
    samples : complex64, shape (n,)
        20 MS/s, centred on the channel.
    """
    at_lag = lag_coherence(samples, SHORT_TRAINING_LAG, SHORT_TRAINING_WINDOW)
    if len(at_lag) == 0:
        return 0.0
    best = int(np.argmax(at_lag))
    end = best + SHORT_TRAINING_LAG + SHORT_TRAINING_WINDOW + 16
    field = samples[best:end]
    lags = (lag for lag in OTHER_LAGS if lag + SHORT_TRAINING_WINDOW <= len(field))
    found = float(at_lag[best])
    if max(_first_coherence(field, lag) for lag in FASTER_LAGS) > FASTER_SHARE * found:
        return 0.0
    return found - max((_first_coherence(field, lag) for lag in lags), default=1.0)


def _first_coherence(samples: Samples, lag: int) -> float:
    """The first of what `lag_coherence` gives for the training's window."""
    early, late = samples[:SHORT_TRAINING_WINDOW], samples[lag : lag + SHORT_TRAINING_WINDOW]
    energy = float(np.vdot(early, early).real + np.vdot(late, late).real)
    return 2 * abs(complex(np.vdot(early, late))) / max(energy, 1e-30)


def prefix_coherence(samples: Samples, useful: int, prefix: int) -> float:
    """How plainly cyclic prefixes are there: at the useful length, and not beside it; 0 to 1.

    Parameters
    ----------
    samples : complex64, shape (n,)
    useful, prefix : int
        In samples: 1,024 and 72 for 15 kHz at 15.36 MS/s.

    Notes
    -----
    The mean over the best phase of the symbol grid: one strong lag by chance does not make a
    train of symbols. The grid is found anew every seven symbols, because 3GPP's longer prefix
    (TS 36.211, 6.12) shifts it there.
    """
    period = useful + prefix
    at_lag = _train(lag_coherence(samples, useful, prefix), period)
    beside = [
        _train(lag_coherence(samples, round(useful * share), prefix), period)
        for share in (0.9, 1.1)
    ]
    return max(0.0, at_lag - max(beside))


def _train(coherence: NDArray[np.float32], period: int) -> float:
    slots = [_best_phase(coherence[first : first + SLOT * period], period)
             for first in range(0, len(coherence) - LEAST * period + 1, SLOT * period)]  # fmt: skip
    return float(np.mean(slots)) if slots else 0.0


def _best_phase(coherence: NDArray[np.float32], period: int) -> float:
    whole = len(coherence) // period
    return float(coherence[: whole * period].reshape(whole, period).mean(axis=0).max())
