"""Bursts of links on the air, and how they add up in a receiver's band."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from ..iq import Samples
from ..waveforms import shifted


@dataclass(frozen=True, slots=True)
class Burst:
    """One transmission.

    Parameters
    ----------
    start_s : float
        From the first sample of the stream.
    center_hz : float
        On the air.
    bandwidth_hz : float
        Nominal: what a ratio in-band refers to.
    wave : complex64, shape (n,)
        About its own centre, mean power 1.
    """

    start_s: float
    center_hz: float
    bandwidth_hz: float
    wave: Samples


def received(
    bursts: Iterable[Burst], rate_hz: float, tuned_hz: float, seconds: float
) -> tuple[Samples, list[Burst]]:
    """Add up what lies wholly in a receiver's band; give it with the bursts that do.

    Parameters
    ----------
    bursts : iterable of Burst
    rate_hz, tuned_hz : float
        The receiver's.
    seconds : float

    Returns
    -------
    samples : complex64, shape (round(seconds * rate_hz),)
        Every burst with a mean power of 1; no noise.
    heard : list of Burst
    """
    band = np.zeros(round(seconds * rate_hz), np.complex64)
    heard: list[Burst] = []
    for burst in bursts:
        offset_hz = burst.center_hz - tuned_hz
        if abs(offset_hz) + burst.bandwidth_hz / 2 > rate_hz / 2:
            continue
        first = round(burst.start_s * rate_hz)
        wave = shifted(burst.wave, rate_hz, offset_hz)[max(0, -first) :]
        place = band[max(0, first) : max(0, first) + len(wave)]
        place += wave[: len(place)]
        if len(place):
            heard.append(burst)
    return band, heard


def beats(seconds: float, period_s: float, rng: np.random.Generator) -> Iterator[tuple[int, float]]:
    """Number and time of each beat of a clock that began at a random moment before 0."""
    phase_s = rng.uniform(0, period_s)
    for nth in range(int(np.ceil((seconds + phase_s) / period_s))):
        at_s = nth * period_s - phase_s
        if -period_s < at_s < seconds:
            yield nth, at_s


def shuffled(rng: np.random.Generator, channels: int, blocks: int) -> list[int]:
    """A hop sequence: every channel once in each block, in random order."""
    return [int(one) for _ in range(blocks) for one in rng.permutation(channels)]
