"""DroneID bursts anywhere in a band: sweeps, lines, proof, and what a stronger burst hides.

1. Sweeps of root 600 (`sweeps.py`) are candidates.
2. On the line of each, both symbols are sought (`ridges.py`), in the samples as they are.
3. What fits there is fitted again in a whitened channel, where the surprise decides. The threshold
   leaves `FALSE_ALARMS_PER_MS` for all starts and carriers of the band. Each symbol must be there
   by itself, and both with about the same power.
4. A strong burst's two symbols are subtracted, and their surroundings searched again: a weaker one
   stands beside its side lobes.

Cost: `sweeps.py`'s for each sample, half a millisecond for each line, and 5 ms for each proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from .channel import Segment
from .droneid import DURATION_S, DroneIdBurst, burst_of, each_once
from .iq import Samples
from .ridges import AFTER_S, BEFORE_S, SPACING, WHOLE, Fit, fit_line, second_surprise
from .subtract import take_out
from .sweeps import SYMBOL_S, Sweep, find_sweeps
from .zadoff_chu import BANDWIDTH_HZ, RATE_HZ, SUBCARRIER_HZ, SYMBOL
from .zc_pair import BALANCE, Pair, true_freedom

FALSE_ALARMS_PER_MS = 5e-4
"""Of the whole band, in noise; the search of `find_sweeps` passes some by, and fewer are told."""

LINE_HZ = 15.0e6
PROOF_HZ = 12.0e6
"""Widths of the channels in which lines and proofs are fitted."""

LINE_SURPRISE = 21.0
"""What goes on to a proof; noise reaches it once in some hundred lines."""

SECOND_SURPRISE = 8.0
"""Of the second symbol on a line; noise has it on a third of the lines."""

EACH_SURPRISE = 6.0
"""What each of the two symbols reaches by itself."""

PROOF_TURNS = (-0.25, 0.0, 0.25)
"""Of a subcarrier: tones beside the sweep's that a proof tries."""

NEAR_S = 1.6 * SYMBOL_S
NEAR_SWEEPS = 12
"""About a sweep that fits: among them the best is taken."""

STRONG_SURPRISE = 60.0
"""A weaker burst's side lobes stay below any threshold."""

MOST_BURSTS = 32
"""Of one page."""


@dataclass(frozen=True, slots=True)
class Depth:
    """How weak a sweep is followed, and how many.

    Parameters
    ----------
    found, fitted : float
        Powers over noise that its window and its fit must have.
    lines_per_ms : int
        Structured signals give more; only the strongest are tried, so that the cost is bounded.
    """

    found: float
    fitted: float
    lines_per_ms: int


THOROUGH = Depth(found=8.2, fitted=10.0, lines_per_ms=40)
LIVE = Depth(found=10.5, fitted=12.0, lines_per_ms=12)


def seek_bursts(
    samples: Samples,
    rate_hz: float,
    ranges_hz: Sequence[tuple[float, float]],
    depth: Depth,
    place: slice = slice(None),
) -> list[DroneIdBurst]:
    """Find the bursts in some samples.

    Parameters
    ----------
    samples : complex64, shape (n,)
    rate_hz : float
    ranges_hz : sequence of (low, high)
        Where their carriers may lie, relative to the band's tuned centre.
    depth : Depth
    place : slice
        Of the samples: where root 600 may lie.

    Returns
    -------
    list of DroneIdBurst
        By start, which counts from the first sample.
    """
    found: list[DroneIdBurst] = []
    for low_hz, high_hz in ranges_hz:
        found += _Seeker(samples, rate_hz, (low_hz, high_hz), depth).seek(place)
    return each_once(found)


class _Seeker:
    """One range of carriers, searched burst by burst, the strongest first."""

    def __init__(
        self, samples: Samples, rate_hz: float, range_hz: tuple[float, float], depth: Depth
    ) -> None:
        self._given = samples
        self._left = samples  # with what is found taken out
        self._rate_hz = rate_hz
        self._range_hz = range_hz
        self._depth = depth

    def seek(self, place: slice) -> list[DroneIdBurst]:
        first, last, _ = place.indices(len(self._given))
        sweeps = self._sweeps(first, last)
        lines = int(np.ceil((last - first) / self._rate_hz * 1e3 * self._depth.lines_per_ms))
        found: list[DroneIdBurst] = []
        while sweeps and lines > 0 and len(found) < MOST_BURSTS:
            lines -= 1
            rough = self._rough(sweeps[0])
            if rough is None:
                sweeps.pop(0)
                continue
            rough = self._best_near(sweeps, rough)
            proof = self._proof(rough)
            if proof is None:
                sweeps.pop(0)
                continue
            burst, fit = proof
            found.append(burst)
            sweeps = self._without(sweeps[1:], fit, burst)
        return found

    def _best_near(self, sweeps: list[Sweep], rough: Fit) -> Fit:
        """The best fit about the first sweep: the strongest sweep may be a side lobe."""
        first = sweeps[0].window
        reach = NEAR_S * self._rate_hz
        near = [one for one in sweeps[1:] if abs(one.window - first) < reach][:NEAR_SWEEPS]
        fits = [rough, *(fit for fit in map(self._rough, near) if fit)]
        return max(fits, key=lambda one: one.surprise)

    def _sweeps(self, first: int, last: int) -> list[Sweep]:
        found = find_sweeps(
            self._left[first:last], self._rate_hz, *self._range_hz,
            self._depth.found, self._depth.fitted,
        )  # fmt: skip
        return [replace(sweep, window=sweep.window + first) for sweep in found]

    def _rough(self, sweep: Sweep) -> Fit | None:
        """What fits on a line of the samples as they are, from their first; if it is worth it."""
        at_s = sweep.window / self._rate_hz
        later_s = at_s + SPACING / RATE_HZ
        segment, start_s = self._segment(later_s - BEFORE_S, later_s + AFTER_S - SPACING / RATE_HZ)
        second = second_surprise(segment, later_s - start_s, sweep.tone_hz, LINE_HZ)
        if second < SECOND_SURPRISE:
            return None
        segment, start_s = self._segment(at_s - BEFORE_S, at_s + AFTER_S)
        rough = fit_line(segment, at_s - start_s, sweep.tone_hz, LINE_HZ, whiten=False)
        if rough is None or rough.surprise < LINE_SURPRISE or not _balanced(rough.shares):
            return None
        return replace(rough, start_s=rough.start_s + start_s)

    def _proof(self, rough: Fit) -> tuple[DroneIdBurst, Fit] | None:
        """The burst that a line promises, if there is one; both count from the first sample."""
        root_s, longest_s = rough.start_s, DURATION_S[9]
        segment, start_s = self._segment(root_s - longest_s, root_s + longest_s)
        fits = [
            fit_line(segment, root_s - start_s, rough.carrier_hz + turn * SUBCARRIER_HZ,
                     PROOF_HZ, whiten=True) for turn in PROOF_TURNS
        ]  # fmt: skip
        fit = max((one for one in fits if one), key=lambda one: one.surprise, default=None)
        if fit is None:
            return None
        burst = self._weighed(segment, fit)
        if burst is None or burst.surprise < threshold(self._rate_hz):
            return None
        return (
            replace(burst, start_s=burst.start_s + start_s),
            replace(fit, start_s=fit.start_s + start_s),
        )

    def _weighed(self, segment: Segment, fit: Fit) -> DroneIdBurst | None:
        """The burst, if both symbols are there by themselves in what freedom there really is."""
        white, rate_hz, real_hz = segment.channel(fit.carrier_hz, RATE_HZ, PROOF_HZ, whiten=True)
        most = PROOF_HZ / SUBCARRIER_HZ
        at = round(fit.start_s * rate_hz)
        alone = [
            -np.log1p(-min(share, 1 - 1e-6))
            * (true_freedom(white[place : place + SYMBOL], most) * WHOLE / SYMBOL - 1)
            for share, place in zip(fit.shares, (at, at + SPACING), strict=True)
        ]
        if min(alone) < EACH_SURPRISE or not _balanced(fit.shares):
            return None
        pair = Pair(at, fit.carrier_hz - real_hz, float(sum(alone)), fit.shares)
        return burst_of(segment, pair, rate_hz, real_hz)

    def _segment(self, first_s: float, last_s: float) -> tuple[Segment, float]:
        first = max(0, int(first_s * self._rate_hz))
        last = max(first, min(len(self._left), int(last_s * self._rate_hz) + 1))
        return Segment(self._left[first:last], self._rate_hz), first / self._rate_hz

    def _without(self, sweeps: list[Sweep], fit: Fit, burst: DroneIdBurst) -> list[Sweep]:
        """The sweeps that are left when a burst's symbols are taken out."""
        first_s = fit.start_s - 2 * SYMBOL_S
        last_s = fit.start_s + SPACING / RATE_HZ + 2 * SYMBOL_S
        first, last = (max(0, int(s * self._rate_hz)) for s in (first_s, last_s))
        beyond = [one for one in sweeps if not first <= one.window < last]
        if burst.surprise < STRONG_SURPRISE:
            return beyond
        if self._left is self._given:
            self._left = self._given.copy()
        take_out(self._left, self._rate_hz, fit)
        again = self._sweeps(first, min(last + int(SYMBOL_S * self._rate_hz), len(self._left)))
        return sorted([*beyond, *again], key=lambda one: -one.power)


def _balanced(shares: tuple[float, float]) -> bool:
    return min(shares) >= BALANCE * max(shares)


@cache
def threshold(rate_hz: float) -> float:
    """The surprise that noise exceeds `FALSE_ALARMS_PER_MS` times a millisecond in a band.

    The sum of two surprises is Gamma distributed with shape 2: (1 + s) exp(-s) is solved by
    fixed-point iteration. Starts are tried twice in a sample, carriers twice in a subcarrier.
    """
    carriers = max(1.0, (rate_hz - BANDWIDTH_HZ) / SUBCARRIER_HZ)
    log_p = np.log(FALSE_ALARMS_PER_MS / (RATE_HZ / 1e3 * 2 * carriers))
    level = -log_p
    for _ in range(8):
        level = -log_p + np.log1p(level)
    return float(level)
