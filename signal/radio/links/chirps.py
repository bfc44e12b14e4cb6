"""LoRa links: the racing controllers that hop with it, and meters that do not.

Chirps by Semtech's AN1200.22 and the SX1280 data sheet; the controllers' modes by ExpressLRS
(7702d0f, src/src/common.cpp and FHSS.cpp): packet, period, preamble and channels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..iq import Samples
from .air import Burst, beats, shuffled

SYNC = (8, 16)
"""The two symbols after the preamble, network word 0x12."""

DOWN_CHIRPS = 2.25


@dataclass(frozen=True, slots=True)
class Chirps:
    """One LoRa mode: its chirps, and how often its packets come.

    Parameters
    ----------
    bandwidth_hz : float
    spreading_factor : int
        A chirp lasts 2**spreading_factor / bandwidth_hz.
    preamble : int
        Up-chirps before the packet.
    airtime_s, period_s : float
    packets : int
        On one frequency, before the next.
    """

    bandwidth_hz: float
    spreading_factor: int
    preamble: int
    airtime_s: float
    period_s: float
    packets: int

    @property
    def chirp_s(self) -> float:
        """Duration of one chirp."""
        return float(2**self.spreading_factor / self.bandwidth_hz)


@dataclass(frozen=True, slots=True)
class Grid:
    """Equally spaced channels."""

    lowest_hz: float
    step_hz: float
    count: int


ELRS_2G4 = {
    "elrs-2g4-500": Chirps(812_500, 5, 12, 1507e-6, 2e-3, 4),
    "elrs-2g4-333": Chirps(812_500, 5, 12, 2374e-6, 3.003e-3, 4),
    "elrs-2g4-250": Chirps(812_500, 6, 14, 3300e-6, 4e-3, 4),
    "elrs-2g4-150": Chirps(812_500, 7, 12, 5871e-6, 6.666e-3, 4),
    "elrs-2g4-100": Chirps(812_500, 7, 12, 7605e-6, 10e-3, 4),
    "elrs-2g4-50": Chirps(812_500, 8, 12, 10798e-6, 20e-3, 2),
}
ELRS_900 = {
    "elrs-900-250": Chirps(500_000, 5, 8, 3216e-6, 4e-3, 4),
    "elrs-900-200": Chirps(500_000, 6, 8, 4380e-6, 5e-3, 4),
    "elrs-900-100": Chirps(500_000, 7, 8, 8770e-6, 10e-3, 4),
    "elrs-900-50": Chirps(500_000, 8, 10, 18560e-6, 20e-3, 4),
    "elrs-900-25": Chirps(500_000, 9, 10, 29950e-6, 40e-3, 2),
}
ISM_2G4 = Grid(2400.4e6, 1e6, 80)
EU_868 = Grid(863.275e6, 525e3, 13)
FCC_915 = Grid(903.5e6, 600e3, 40)

METER = {
    "lora-meter-125": Chirps(125_000, 7, 8, 61.7e-3, 300e-3, 1),
    "lora-meter-250": Chirps(250_000, 7, 8, 30.8e-3, 150e-3, 1),
}
"""LoRaWAN DR5 and DR6 in Europe (RP002-1.0.3, 2.4): 23 bytes; here more often than allowed."""

METER_HZ = (868.1e6, 868.3e6, 868.5e6)


def packet(rate_hz: float, mode: Chirps, rng: np.random.Generator) -> Samples:
    """One packet: preamble, two sync symbols, 2.25 down-chirps, random symbols; power 1.

    Returns
    -------
    complex64, shape (mode.airtime_s * rate_hz,)
    """
    chips = 2**mode.spreading_factor
    count = round(mode.airtime_s * rate_hz)
    at: NDArray[np.float64] = np.arange(count) / (mode.chirp_s * rate_hz)
    head = mode.preamble + len(SYNC)
    values = rng.integers(0, chips, int(at[-1]) + 2)
    values[: mode.preamble] = 0
    values[mode.preamble : head] = [one % chips for one in SYNC]
    values[head : head + 3] = 0
    down = (at >= head) & (at < head + DOWN_CHIRPS)
    at = np.where(at >= head + DOWN_CHIRPS, at - DOWN_CHIRPS % 1, at)  # data starts a quarter later
    share = values[np.floor(at).astype(np.intp)] / chips + at % 1
    hertz = mode.bandwidth_hz * (share % 1 - 0.5) * np.where(down, -1, 1)
    wave: Samples = np.exp(2j * np.pi * np.cumsum(hertz) / rate_hz).astype(np.complex64)
    return wave


def elrs(
    mode: Chirps, grid: Grid, rate_hz: float, seconds: float, rng: np.random.Generator
) -> Iterator[Burst]:
    """A controller: a packet every period, a new channel every few packets."""
    blocks = int(seconds / mode.period_s / mode.packets / grid.count) + 2
    hops = shuffled(rng, grid.count, blocks)
    for nth, start_s in beats(seconds, mode.period_s, rng):
        center_hz = grid.lowest_hz + grid.step_hz * hops[nth // mode.packets % len(hops)]
        yield Burst(start_s, center_hz, mode.bandwidth_hz, packet(rate_hz, mode, rng))


def meter(
    mode: Chirps, rate_hz: float, seconds: float, rng: np.random.Generator
) -> Iterator[Burst]:
    """A meter or sensor: a packet now and then on one of three fixed channels."""
    for _, start_s in beats(seconds, mode.period_s, rng):
        center_hz = float(rng.choice(METER_HZ))
        late_s = start_s + float(rng.uniform(0, 0.3)) * mode.period_s
        yield Burst(late_s, center_hz, mode.bandwidth_hz, packet(rate_hz, mode, rng))
