"""Two Zadoff-Chu symbols at their distance and at one carrier: the proof of a DroneID burst.

1. Root 600 alone gives candidates. It sweeps like a chirp, so a wrong carrier only shifts its peak:
   1.7 samples for each subcarrier.
2. Along that line of start against carrier, the coherence of both symbols is computed. Root 147
   shifts differently, so the sum has one peak: the true start and the true carrier.
3. The sum of both surprises (minus log-probabilities under noise) is Gamma distributed with shape
   2: P(S > s) = (1 + s) exp(-s). The threshold leaves `FALSE_ALARMS_PER_MS` for the number of
   places and offsets that were looked at. What is not like noise (a sweeping carrier, a frame that
   begins) has fewer degrees of freedom, which are counted.
4. Each symbol must be there by itself, both with about the same power, and no far stronger
   root 600 beside them: chirps without their partner and side lobes end here.

Cost: three FFTs of the channel's length, and 2,600 correlations of a symbol for each candidate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.signal import find_peaks

from .iq import Samples
from .zadoff_chu import LENGTH, RATE_HZ, SUBCARRIER_HZ, SYMBOL, coherence, surprise, symbol
from .zadoff_chu import window_energy as energy_of

SPACING = 2 * (SYMBOL + 72)
"""From root 600 to root 147, in samples."""

REACH_HZ = 1.6e6
"""How far from the channel's centre a carrier is sought; root 600 then keeps two thirds."""

FALSE_ALARMS_PER_MS = 1e-4
CANDIDATE_SURPRISE = 12.0
"""Noise gives a candidate in ten milliseconds of one channel; each costs a few milliseconds."""

CANDIDATES_PER_MS = 2
"""Structured signals give more; only the strongest are tried, so that the cost is bounded."""

BALANCE = 0.15
"""The weaker symbol's share of the stronger's coherence: one transmitter sends both in 0.2 ms."""

EACH_SURPRISE = 8.0
"""What each of the two symbols reaches by itself: noise does so once in 3,000 looks."""

HALF_STEPS = int(2 * REACH_HZ / SUBCARRIER_HZ)
"""Carrier offsets to each side, half a subcarrier apart: a quarter off costs 0.9 dB."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Both symbols, fitted.

    Parameters
    ----------
    at : int
        Sample of the channel where root 600 begins, without its prefix.
    offset_hz : float
        Of the carrier from the channel's centre.
    surprise : float
        Minus log-probability of both symbols under noise, summed.
    coherences : tuple of float
        Share of each symbol's power that is the sequence's; roots 600 and 147.
    """

    at: int
    offset_hz: float
    surprise: float
    coherences: tuple[float, float]


def find_pairs(channel: Samples, freedom: float) -> Iterator[Pair]:
    """Find the pairs in one channel.

    Parameters
    ----------
    channel : complex64, shape (n,)
        15.36 MS/s, whitened.
    freedom : float
        Degrees of freedom of noise in a symbol's time: the channel's bandwidth over 15 kHz.
    """
    share = coherence(channel, 600)
    if share.max(initial=0) < -np.expm1(-CANDIDATE_SURPRISE / (freedom - 1)):
        return  # most channels have no candidate
    alone = surprise(share, freedom)
    places, _ = find_peaks(alone, CANDIDATE_SURPRISE, distance=SYMBOL // 2)
    peaks = sorted(places.tolist(), key=lambda at: -alone[at])
    most = int(np.ceil(CANDIDATES_PER_MS * len(channel) / RATE_HZ * 1e3))
    for peak in peaks[:most]:
        beside = alone[max(0, peak - SPACING) : peak + SPACING].max()
        there = true_freedom(channel[peak : peak + SYMBOL], freedom)
        if alone[peak] < BALANCE * beside or alone[peak] * there < EACH_SURPRISE * freedom:
            continue
        pair = _joint_fit(channel, peak, freedom)
        if pair is not None and pair.surprise > threshold():
            yield pair


@cache
def threshold() -> float:
    """The surprise that noise exceeds `FALSE_ALARMS_PER_MS` times a millisecond.

    Solved from (1 + s) exp(-s) = rate / hypotheses by fixed-point iteration.
    """
    hypotheses = RATE_HZ / 1e3 * 2 * HALF_STEPS
    log_p = np.log(FALSE_ALARMS_PER_MS / hypotheses)
    level = -log_p
    for _ in range(8):
        level = -log_p + np.log1p(level)
    return float(level)


def _joint_fit(channel: Samples, peak: int, freedom: float) -> Pair | None:
    """Fit start and carrier to both symbols, along the line on which root 600 peaks at `peak`.

    A very strong root 600 alone surprises more than both together: only balanced fits compete.
    """
    halves = np.arange(-HALF_STEPS, HALF_STEPS + 1)
    line = peak - np.rint(halves / 2 * SYMBOL / LENGTH).astype(np.intp)
    best: tuple[float, int, int] | None = None
    shares: list[tuple[NDArray[np.float32], NDArray[np.float32]]] = []
    for nudge in (-1, 0, 1):
        starts = line + nudge
        inside = (starts >= 0) & (starts + SPACING + SYMBOL <= len(channel))
        if not inside.any():
            return None
        kept = np.where(inside, starts, starts[inside][0])
        early, late = _shares(channel, 600, kept), _shares(channel, 147, kept + SPACING)
        balanced = np.minimum(early, late) >= BALANCE * np.maximum(early, late)
        both = surprise(early, freedom) + surprise(late, freedom)
        both = np.where(inside & balanced, both, 0)
        column = int(np.argmax(both))
        shares.append((early, late))
        if best is None or both[column] > best[0]:
            best = (float(both[column]), nudge, column)
    assert best is not None
    _, nudge, column = best
    early, late = shares[nudge + 1]
    return _weighed(channel, int(line[column]) + nudge, int(halves[column]),
                    (float(early[column]), float(late[column])), freedom)  # fmt: skip


def _weighed(
    channel: Samples, at: int, half: int, shares: tuple[float, float], freedom: float
) -> Pair | None:
    """The pair with its surprise in the degrees of freedom that are really there."""
    alone = [
        float(surprise(np.array(share, np.float32), freedom))
        * true_freedom(channel[place : place + SYMBOL], freedom) / freedom
        for place, share in zip((at, at + SPACING), shares, strict=True)
    ]  # fmt: skip
    if min(alone) < EACH_SURPRISE or min(shares) < BALANCE * max(shares):
        return None
    return Pair(at, half * SUBCARRIER_HZ / 2, sum(alone), shares)


@cache
def _turned(root: int) -> Samples:
    """The symbol at every offset; complex64, shape (2 * HALF_STEPS + 1, 1024)."""
    halves = np.arange(-HALF_STEPS, HALF_STEPS + 1)
    turns = np.exp(1j * np.pi / SYMBOL * np.outer(halves, np.arange(SYMBOL)))
    turned: Samples = (turns * symbol(root)).astype(np.complex64)
    return turned


def _shares(channel: Samples, root: int, starts: NDArray[np.intp]) -> NDArray[np.float32]:
    """Coherence with the symbol at one start for each offset."""
    windows = np.lib.stride_tricks.sliding_window_view(channel, SYMBOL)[starts]
    power = np.abs(np.vecdot(_turned(root), windows)) ** 2
    first = int(starts.min())
    energy = energy_of(channel[first : int(starts.max()) + SYMBOL])[starts - first]
    share: NDArray[np.float32] = (power / energy).astype(np.float32)
    return share


def true_freedom(window: Samples, most: float) -> float:
    """Degrees of freedom of one symbol's time: `most` for noise, fewer for what is concentrated.

    The participation ratio of the power over frequency and over time; for noise it is half the
    number of independent cells, because their powers are exponentially distributed.
    """
    spectrum = np.abs(scipy.fft.fft(window)) ** 2
    envelope = np.abs(window) ** 2
    in_frequency = 2 * _participation(spectrum)
    in_time = 2 * _participation(envelope) * most / SYMBOL
    return float(min(most, in_frequency, in_time))


def _participation(power: NDArray[np.float32]) -> float:
    total = float(np.sum(power, dtype=np.float64))
    squares = float(np.sum(power.astype(np.float64) ** 2))
    return total**2 / max(squares, 1e-30)
