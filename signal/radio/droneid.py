"""DroneID bursts: found and confirmed by their two Zadoff-Chu symbols.

Layout (Schiller et al., NDSS 2023; Bender, 2022): OFDM symbols of 1,024 samples at 15.36 MS/s with
cyclic prefixes of 80, 72, ... 72, 80 samples. Of nine symbols, numbers 3 and 5 (from 0) are
Zadoff-Chu sequences of root 600 and 147; the older burst of eight has them in 2 and 4. Both lie
2,192 samples apart.

Cost: a channel and the search of a pair (`zc_pair.py`) for each `CENTER_STEP_HZ`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from .channel import Segment
from .iq import Samples
from .zadoff_chu import BANDWIDTH_HZ, CARRIERS, RATE_HZ, SUBCARRIER_HZ, SYMBOL, symbol
from .zc_pair import Pair, find_pairs

PREFIXES = {9: (80, *(72,) * 7, 80), 8: (80, *(72,) * 6, 80)}
"""Cyclic prefixes in samples, by the number of symbols in a burst."""

ROOTS = {9: {3: 600, 5: 147}, 8: {2: 600, 4: 147}}
"""Which symbol, from 0, holds which Zadoff-Chu root."""

DURATION_S = {n: (sum(prefixes) + n * SYMBOL) / RATE_HZ for n, prefixes in PREFIXES.items()}

CENTER_STEP_HZ = 3e6
"""Between the centres that are tried: half a step off costs root 600 1.6 dB."""

CHANNEL_HZ = BANDWIDTH_HZ + CENTER_STEP_HZ

GHOST_SHARE = 0.5
"""A fit that overlaps a better one and has less of its surprise is that burst's side lobe."""

CHANCE = 4.0
"""Standard deviations of the power of one symbol's noise, which has 600 degrees of freedom."""

FIRST_SYMBOL_S = (PREFIXES[9][0] + SYMBOL) / RATE_HZ

SAME_S = FIRST_SYMBOL_S + 10e-6
"""What begins closer at one carrier is one burst: cut in its first symbol, it begins one later."""


SAME_HZ = 60e3
"""Carriers of one burst that was fitted twice, or whose prefixes noise has turned, lie closer."""

REST_SHARE = 0.03
"""Of a burst's coherence: what may be left of it when it is taken out."""


@dataclass(frozen=True, slots=True)
class DroneIdBurst:
    """One confirmed burst.

    Parameters
    ----------
    start_s : float
        Of its first sample, from the start of the segment.
    duration_s : float
        As far as the segment goes.
    carrier_hz : float
        Relative to the band's tuned centre.
    symbols : int
        Nine, or eight in the older form.
    surprise : float
        Minus log-probability of both symbols under noise, summed.
    coherences : tuple of float
        Share of the power of roots 600 and 147 that is the sequence's.
    """

    start_s: float
    duration_s: float
    carrier_hz: float
    symbols: int
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
    looked_at = centers(low_hz, high_hz)
    found = [burst for center_hz in looked_at for burst in _at_center(segment, center_hz)]
    if found:  # what fits at the edge of the range may be the side lobe of what lies beyond
        beyond = (looked_at[0] - CENTER_STEP_HZ, looked_at[-1] + CENTER_STEP_HZ)
        found += [burst for center_hz in beyond for burst in _at_center(segment, center_hz)]
    return best_of_each(found)


def _at_center(segment: Segment, center_hz: float) -> list[DroneIdBurst]:
    """What is found in one channel."""
    white, rate_hz, real_hz = segment.channel(center_hz, RATE_HZ, CHANNEL_HZ, whiten=True)
    freedom = _inside_hz(segment, real_hz) / SUBCARRIER_HZ
    return [burst_of(segment, pair, rate_hz, real_hz) for pair in find_pairs(white, freedom)]


def is_cut(burst: DroneIdBurst) -> bool:
    """Whether the segment may begin within the burst, of which eight symbols then are left."""
    return burst.start_s < 0 or (burst.symbols == 8 and burst.start_s < FIRST_SYMBOL_S)


def centers(low_hz: float, high_hz: float) -> list[float]:
    """The channel centres that cover two frequencies, at most `CENTER_STEP_HZ` apart."""
    count = max(1, int(np.ceil((high_hz - low_hz) / CENTER_STEP_HZ)))
    step_hz = (high_hz - low_hz) / count
    return [low_hz + (nth + 0.5) * step_hz for nth in range(count)]


def _inside_hz(segment: Segment, center_hz: float) -> float:
    """How much of the channel lies in the band."""
    edge_hz = segment.sample_rate_hz / 2
    high_hz = min(center_hz + CHANNEL_HZ / 2, edge_hz)
    return max(high_hz - max(center_hz - CHANNEL_HZ / 2, -edge_hz), CARRIERS * SUBCARRIER_HZ / 2)


def burst_of(segment: Segment, pair: Pair, rate_hz: float, center_hz: float) -> DroneIdBurst:
    """Turn a pair into a burst: count its symbols, then refine its carrier by its prefixes.

    Parameters
    ----------
    segment : Segment
    pair : Pair
        In a channel of the segment.
    rate_hz, center_hz : float
        The channel's.
    """
    coarse_hz = center_hz + pair.offset_hz
    channel, _, real_hz = segment.channel(coarse_hz, RATE_HZ, BANDWIDTH_HZ)
    symbols = _count_symbols(channel, pair.at)
    start = pair.at - _before_root_600(symbols)
    start_s = start / rate_hz
    return DroneIdBurst(
        start_s=start_s,
        duration_s=min(DURATION_S[symbols], segment.duration_s - start_s),
        carrier_hz=real_hz + _offset_by_prefixes(channel, start, symbols, rate_hz),
        symbols=symbols,
        surprise=pair.surprise,
        coherences=pair.coherences,
    )


def _symbol_starts(symbols: int) -> list[int]:
    """Where each symbol begins, with its prefix, in samples from the burst's start."""
    return [0, *accumulate(prefix + SYMBOL for prefix in PREFIXES[symbols])]


def _before_root_600(symbols: int) -> int:
    """Samples from the start of a burst to root 600, without its prefix."""
    number = min(ROOTS[symbols])
    return _symbol_starts(symbols)[number] + PREFIXES[symbols][number]


def _count_symbols(channel: Samples, root_600_at: int) -> int:
    """Nine, unless the first symbol of nine is clearly empty.

    It is nearer to silence than to the burst, and farther from the burst than chance: below -8 dB
    in-band that cannot be told, and the form in use today is taken. The burst's own power is what
    its two known symbols have; another emission may lie over them.
    """
    first = root_600_at - _before_root_600(9)
    if first < 0:
        return 8 if root_600_at - _before_root_600(8) >= 0 else 9
    end = first + _symbol_starts(9)[-1]
    during = _power(channel[root_600_at : root_600_at + 3 * SYMBOL])
    around = [channel[max(0, first - SYMBOL) : first], channel[end : end + SYMBOL]]
    silence = min((_power(one) for one in around if len(one) >= SYMBOL // 2), default=0.0)
    before = _power(channel[first : first + SYMBOL])
    clearly = before < during * (1 - CHANCE / np.sqrt(CARRIERS))
    own = min(_known_power(channel, root_600_at), during - silence)
    return 8 if clearly and before < silence + own / 2 else 9


def _known_power(channel: Samples, root_600_at: int) -> float:
    """The mean power that is the sequences', in the two known symbols."""
    apart = 2 * (SYMBOL + PREFIXES[9][1])
    peaks = [
        complex(np.vdot(symbol(root), channel[at : at + SYMBOL]))
        for root, at in ((600, root_600_at), (147, root_600_at + apart))
        if at + SYMBOL <= len(channel)
    ]
    return sum(abs(peak) ** 2 for peak in peaks) / SYMBOL / max(len(peaks), 1)


def _power(samples: Samples) -> float:
    return float(np.mean(np.abs(samples) ** 2)) if len(samples) else 0.0


def _offset_by_prefixes(channel: Samples, start: int, symbols: int, rate_hz: float) -> float:
    """Carrier offset within half a subcarrier: the turn between each prefix and its source.

    van de Beek, Sandell, Borjesson, IEEE Trans. Signal Process. 45, 1997.
    """
    turn = 0j
    for begin, prefix in zip(_symbol_starts(symbols), PREFIXES[symbols], strict=False):
        at = start + begin
        if at >= 0 and at + SYMBOL + prefix <= len(channel):
            early = channel[at : at + prefix]
            turn += complex(np.vdot(early, channel[at + SYMBOL : at + SYMBOL + prefix]))
    return float(np.angle(turn)) / (2 * np.pi) * rate_hz / SYMBOL


def best_of_each(found: Iterable[DroneIdBurst]) -> list[DroneIdBurst]:
    """Neighbouring centres fit the same burst, and a strong one has side lobes: keep the best."""
    kept: list[DroneIdBurst] = []
    for burst in sorted(found, key=lambda one: -one.surprise):
        if not any(is_same_or_ghost(burst, better) for better in kept):
            kept.append(burst)
    return sorted(kept, key=lambda one: one.start_s)


def each_once(found: Iterable[DroneIdBurst]) -> list[DroneIdBurst]:
    """Of what was found twice the better one; a weaker burst beside a strong one stays."""
    kept: list[DroneIdBurst] = []
    for burst in sorted(found, key=lambda one: -one.surprise):
        if not any(is_same(burst, better) for better in kept):
            kept.append(burst)
    return sorted(kept, key=lambda one: one.start_s)


def is_same(burst: DroneIdBurst, better: DroneIdBurst) -> bool:
    """Whether `burst` is the better one again, or too weak beside it to be told from its rest."""
    apart_s = abs(burst.start_s - better.start_s)
    apart_hz = abs(burst.carrier_hz - better.carrier_hz)
    if apart_s > max(burst.duration_s, better.duration_s) or apart_hz > BANDWIDTH_HZ:
        return False
    if min(burst.coherences) < REST_SHARE * min(better.coherences):
        return True
    return apart_s < SAME_S and apart_hz < SAME_HZ


def is_same_or_ghost(burst: DroneIdBurst, better: DroneIdBurst) -> bool:
    """Whether `burst` is the better one again, or a side lobe of it."""
    apart_s = abs(burst.start_s - better.start_s)
    apart_hz = abs(burst.carrier_hz - better.carrier_hz)
    if apart_s > max(burst.duration_s, better.duration_s) or apart_hz > BANDWIDTH_HZ:
        return False
    return apart_s < SAME_S or burst.surprise < GHOST_SHARE * better.surprise
