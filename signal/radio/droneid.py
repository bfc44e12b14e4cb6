"""DroneID bursts: found and confirmed by their two Zadoff-Chu symbols.

Layout (Schiller et al., NDSS 2023; Bender, 2022): OFDM symbols of 1,024 samples at 15.36 MS/s with
cyclic prefixes of 80, 72, ... 72, 80 samples. Of nine symbols, numbers 3 and 5 (from 0) are
Zadoff-Chu sequences of root 600 and 147; the older burst of eight has them in 2 and 4. Both lie
2,192 samples apart.

1. Root 600 alone gives candidates. It sweeps like a chirp, so a wrong carrier only shifts its peak.
2. About each candidate the coherence of both symbols is computed over lag and carrier offset. The
   two roots shift differently, so the sum has one peak: the true start and the true carrier.
3. The sum of both surprises (minus log-probabilities under noise) is Gamma distributed with shape
   2: P(S > s) = (1 + s) exp(-s). The threshold leaves `FALSE_ALARMS_PER_MS` for the number of
   places and offsets that were looked at. What is not like noise (a sweeping carrier, a frame that
   begins) has fewer degrees of freedom, which are counted. Each symbol must be there by itself.

Cost: an FFT pair of the segment's length for each centre, and 2 x 2,048-point FFTs x 257 lags for
each candidate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from .channel import Segment
from .iq import Samples
from .zadoff_chu import (
    CARRIERS,
    RATE_HZ,
    SUBCARRIER_HZ,
    SYMBOL,
    coherence,
    surprise,
    surprise_of,
    symbol,
)

BANDWIDTH_HZ = 601 * SUBCARRIER_HZ
SPACING = 2 * (SYMBOL + 72)
DURATION_S = {9: 9880 / RATE_HZ, 8: 8776 / RATE_HZ}
BEFORE_ROOT_600 = {9: 80 + SYMBOL + 2 * (72 + SYMBOL) + 72, 8: 80 + SYMBOL + 72 + SYMBOL + 72}
PREFIXES = {9: (80, *(72,) * 7, 80), 8: (80, *(72,) * 6, 80)}

CENTER_STEP_HZ = 1e6
"""Between the centres that are tried: half a step off costs root 600 a twentieth of its peak."""

FALSE_ALARMS_PER_MS = 1e-4
CANDIDATE_SURPRISE = 12.0
"""Noise gives a candidate in ten milliseconds of one channel; each costs a few milliseconds."""

CANDIDATES_PER_MS = 2
"""Structured signals give more; only the strongest are tried, so that the cost is bounded."""

EACH_SURPRISE = 8.0
"""What each of the two symbols reaches by itself: noise does so once in 3,000 looks."""

GHOST_SHARE = 0.25
"""A fit that overlaps a better one and has less of its surprise is that burst's side lobe."""

LAGS = 128
OFFSET_FFT = 2 * SYMBOL  # half a subcarrier a bin
OFFSETS = int(0.8e6 / SUBCARRIER_HZ * 2)


@dataclass(frozen=True, slots=True)
class DroneIdBurst:
    """One confirmed burst.

    Parameters
    ----------
    start_s : float
        Of its first sample, from the start of the segment.
    carrier_hz : float
        Relative to the band's tuned centre.
    symbols : int
        Nine, or eight in the older form.
    surprise : float
        Minus log-probability of both symbols under noise, summed.
    coherence_600, coherence_147 : float
        Share of each symbol's power that is the sequence's.
    """

    start_s: float
    carrier_hz: float
    symbols: int
    surprise: float
    coherence_600: float
    coherence_147: float

    @property
    def duration_s(self) -> float:
        """Length of the burst."""
        return DURATION_S[self.symbols]


@dataclass(frozen=True, slots=True)
class _Fit:
    at: int  # sample of the channel where root 600 begins, without its prefix
    offset_hz: float
    surprise: float
    coherences: tuple[float, float]


def find_bursts(segment: Segment, low_hz: float, high_hz: float) -> list[DroneIdBurst]:
    """Find the bursts whose carriers lie between `low_hz` and `high_hz`.

    Parameters
    ----------
    segment : Segment
        A few milliseconds of the band.
    low_hz, high_hz : float
        Relative to the band's tuned centre.

    Returns
    -------
    list of DroneIdBurst
        By start; of several fits of one burst the best.
    """
    found: list[DroneIdBurst] = []
    for center_hz in centers(low_hz, high_hz):
        white, rate_hz, real_hz = segment.channel(
            center_hz, RATE_HZ, BANDWIDTH_HZ + 1e6, whiten=True
        )
        fits = _fits(white, _threshold())
        found += [_burst(segment, fit, rate_hz, real_hz) for fit in fits]
    return _best_of_each(found)


def centers(low_hz: float, high_hz: float) -> NDArray[np.float64]:
    """The channel centres to try between two frequencies, `CENTER_STEP_HZ` apart at most."""
    count = max(1, int(np.ceil((high_hz - low_hz) / CENTER_STEP_HZ)) + 1)
    return np.linspace(low_hz, high_hz, count) if count > 1 else np.array([(low_hz + high_hz) / 2])


def _threshold() -> float:
    """The surprise that noise exceeds `FALSE_ALARMS_PER_MS` times a millisecond.

    Solved from (1 + s) exp(-s) = rate / hypotheses by fixed-point iteration.
    """
    hypotheses = RATE_HZ / 1e3 * 2 * OFFSETS
    log_p = np.log(FALSE_ALARMS_PER_MS / hypotheses)
    level = -log_p
    for _ in range(8):
        level = -log_p + np.log1p(level)
    return float(level)


def _fits(channel: Samples, threshold: float) -> Iterator[_Fit]:
    alone = surprise(coherence(channel, 600))
    peaks = sorted(_peaks(alone, CANDIDATE_SURPRISE), key=lambda at: -alone[at])
    for peak in peaks[: int(np.ceil(CANDIDATES_PER_MS * len(channel) / RATE_HZ * 1e3))]:
        fit = _joint_fit(channel, peak)
        if fit is not None and fit.surprise > threshold:
            yield fit


def _peaks(level: NDArray[np.float32], threshold: float) -> Iterator[int]:
    """Where `level` is above `threshold` and highest within half a symbol."""
    above = np.flatnonzero(level > threshold)
    if len(above) == 0:
        return
    for group in np.split(above, np.flatnonzero(np.diff(above) > SYMBOL // 2) + 1):
        yield int(group[np.argmax(level[group])])


def _joint_fit(channel: Samples, peak: int) -> _Fit | None:
    """Fit start and carrier to both symbols about a candidate of root 600."""
    first, last = peak - LAGS, peak + LAGS + 1
    if first < 0 or last + SPACING + SYMBOL > len(channel):
        first = max(first, 0)
        last = min(last, len(channel) - SPACING - SYMBOL + 1)
    if last <= first:
        return None
    early = _ambiguity(channel, 600, first, last)
    late = _ambiguity(channel, 147, first + SPACING, last + SPACING)
    both = surprise(early) + surprise(late)
    row, column = np.unravel_index(np.argmax(both), both.shape)
    offset = (int(column) - OFFSETS) * SUBCARRIER_HZ / 2
    coherences = (float(early[row, column]), float(late[row, column]))
    at = first + int(row)
    alone = [
        _freedom(channel[place : place + SYMBOL]) / CARRIERS * surprise_of(share)
        for place, share in zip((at, at + SPACING), coherences, strict=True)
    ]
    if min(alone) < EACH_SURPRISE:
        return None
    return _Fit(at, offset, sum(alone), coherences)


def _ambiguity(channel: Samples, root: int, first: int, last: int) -> NDArray[np.float32]:
    """Coherence with one symbol by lag (rows) and carrier offset in half subcarriers (columns)."""
    windows = np.lib.stride_tricks.sliding_window_view(channel[first : last + SYMBOL - 1], SYMBOL)
    turned: Samples = scipy.fft.fft(windows * np.conj(symbol(root)), OFFSET_FFT, axis=1)
    near = np.concatenate([turned[:, -OFFSETS:], turned[:, : OFFSETS + 1]], axis=1)
    energy = np.sum(np.abs(windows) ** 2, axis=1, keepdims=True)
    share: NDArray[np.float32] = np.abs(near) ** 2 / np.maximum(energy, np.float32(1e-30))
    return share


def _freedom(window: Samples) -> float:
    """Degrees of freedom of one symbol's time: 600 for noise, fewer for what is concentrated.

    The participation ratio of the power over frequency and over time; for noise it is half the
    number of independent cells, because their powers are exponentially distributed.
    """
    spectrum = np.abs(scipy.fft.fft(window)) ** 2
    envelope = np.abs(window) ** 2
    in_frequency = 2 * _participation(spectrum)
    in_time = 2 * _participation(envelope) * CARRIERS / SYMBOL
    return float(min(CARRIERS, in_frequency, in_time))


def _participation(power: NDArray[np.float32]) -> float:
    total = float(np.sum(power, dtype=np.float64))
    squares = float(np.sum(power.astype(np.float64) ** 2))
    return total**2 / max(squares, 1e-30)


def _burst(segment: Segment, fit: _Fit, rate_hz: float, center_hz: float) -> DroneIdBurst:
    """Turn a fit into a burst: count its symbols, then refine its carrier by its prefixes."""
    coarse_hz = center_hz + fit.offset_hz
    channel, _, real_hz = segment.channel(coarse_hz, RATE_HZ, BANDWIDTH_HZ)
    symbols = _count_symbols(channel, fit.at)
    start = fit.at - BEFORE_ROOT_600[symbols]
    carrier_hz = real_hz + _offset_by_prefixes(channel, start, symbols, rate_hz)
    return DroneIdBurst(
        start / rate_hz, carrier_hz, symbols, fit.surprise, fit.coherences[0], fit.coherences[1]
    )


def _count_symbols(channel: Samples, root_600_at: int) -> int:
    """Nine, unless the first symbol of nine is clearly empty."""
    first = root_600_at - BEFORE_ROOT_600[9]
    if first < 0:
        return 8 if root_600_at - BEFORE_ROOT_600[8] >= 0 else 9
    before = _power(channel[first : first + 80 + SYMBOL])
    during = _power(channel[root_600_at : root_600_at + SYMBOL])
    return 8 if before < during / 2 else 9


def _power(samples: Samples) -> float:
    return float(np.mean(np.abs(samples) ** 2)) if len(samples) else 0.0


def _offset_by_prefixes(channel: Samples, start: int, symbols: int, rate_hz: float) -> float:
    """Carrier offset within half a subcarrier: the turn between each prefix and its source.

    van de Beek, Sandell, Borjesson, IEEE Trans. Signal Process. 45, 1997.
    """
    turn = 0j
    at = start
    for prefix in PREFIXES[symbols]:
        if at >= 0 and at + SYMBOL + prefix <= len(channel):
            early = channel[at : at + prefix]
            turn += complex(np.vdot(early, channel[at + SYMBOL : at + SYMBOL + prefix]))
        at += prefix + SYMBOL
    return float(np.angle(turn)) / (2 * np.pi) * rate_hz / SYMBOL


def _best_of_each(found: list[DroneIdBurst]) -> list[DroneIdBurst]:
    """Neighbouring centres fit the same burst, and a strong one has side lobes: keep the best."""
    kept: list[DroneIdBurst] = []
    for burst in sorted(found, key=lambda one: -one.surprise):
        if not any(_is_same_or_ghost(burst, better) for better in kept):
            kept.append(burst)
    return sorted(kept, key=lambda one: one.start_s)


def _is_same_or_ghost(burst: DroneIdBurst, better: DroneIdBurst) -> bool:
    apart_s = abs(burst.start_s - better.start_s)
    overlap = apart_s < better.duration_s and (
        abs(burst.carrier_hz - better.carrier_hz) < BANDWIDTH_HZ
    )
    same = apart_s < 20e-6
    return overlap and (same or burst.surprise < GHOST_SHARE * better.surprise)
