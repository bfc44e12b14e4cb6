"""Links of shifted frequency: toy and model controllers that hop, and Bluetooth.

FrSky, FlySky and Spektrum by DIY-Multiprotocol (1e65452: registers, periods, channels). Crossfire
by reports only; not confirmed. Bluetooth by the Core specification 5.4.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..iq import Samples
from ..waveforms import gfsk
from .air import Burst, beats, shuffled

SLOT_S = 625e-6
"""Of Bluetooth (vol. 2, part B, 2.2.2)."""

BLUETOOTH_BITS = (366, 1622, 2870)
"""Of packets of one, three and five slots, at 1 Mb/s (vol. 2, part B, 6.5)."""

ADVERTISING_HZ = (2402e6, 2426e6, 2480e6)
CHIP_RATE, CODE_CHIPS = 1e6, 64


@dataclass(frozen=True, slots=True)
class Keyed:
    """One mode of a hopping link.

    Parameters
    ----------
    bit_rate, deviation_hz : float
    bits : int
        Of one packet.
    period_s : float
        From packet to packet, and from channel to channel.
    lowest_hz, step_hz : float
        The channels' grid.
    grid : int
        Channels there are.
    used : int
        Channels that one controller uses.
    """

    bit_rate: float
    deviation_hz: float
    bits: int
    period_s: float
    lowest_hz: float
    step_hz: float
    grid: int
    used: int

    @property
    def bandwidth_hz(self) -> float:
        """By Carson's rule."""
        return self.bit_rate + 2 * self.deviation_hz


MODES = {
    "frsky-d16": Keyed(70_000, 57_100, 329, 9e-3, 2404e6, 299_900, 235, 47),
    "frsky-d8": Keyed(31_000, 31_700, 190, 9e-3, 2404e6, 299_900, 235, 47),
    "flysky": Keyed(500_000, 186_000, 256, 1.51e-3, 2400.5e6, 500_000, 160, 16),
    "flysky-2a": Keyed(500_000, 186_000, 392, 3.85e-3, 2400.5e6, 500_000, 160, 16),
    "crossfire": Keyed(85_100, 50_000, 300, 6.667e-3, 860.165e6, 260_000, 38, 38),
}
"""FlySky's bit rate and Crossfire's figures are not verified; the others are by the registers."""


def hopping(
    mode: Keyed, rate_hz: float, seconds: float, rng: np.random.Generator
) -> Iterator[Burst]:
    """A controller: a packet every period, each on the next channel of its own sequence."""
    own = rng.permutation(mode.grid)[: mode.used]
    hops = shuffled(rng, mode.used, int(seconds / mode.period_s / mode.used) + 2)
    for nth, start_s in beats(seconds, mode.period_s, rng):
        center_hz = mode.lowest_hz + mode.step_hz * float(own[hops[nth % len(hops)]])
        wave = gfsk(
            rate_hz, rng, bits=mode.bits, bit_rate=mode.bit_rate, deviation_hz=mode.deviation_hz
        )
        yield Burst(start_s, center_hz, mode.bandwidth_hz, wave)


def spread(rate_hz: float, rng: np.random.Generator, codes: int) -> Samples:
    """Spektrum's packet: `codes` times 64 chips of one of a few words, GFSK at 1 Mchip/s.

    The CYRF6936's 8DR mode: the word's rotation tells the byte (its data sheet, 001-07552).
    """
    words = rng.choice([-1.0, 1.0], (2, CODE_CHIPS))
    sent = [np.roll(words[nth % 2], int(rng.integers(CODE_CHIPS))) for nth in range(codes)]
    return gfsk(
        rate_hz, rng, bits=codes * CODE_CHIPS, bit_rate=CHIP_RATE, deviation_hz=270e3,
        levels=np.concatenate(sent),
    )  # fmt: skip


def spektrum(
    rate_hz: float, seconds: float, rng: np.random.Generator, *, period_s: float = 11e-3,
    channels: int = 23,
) -> Iterator[Burst]:  # fmt: skip
    """Spektrum DSM: pairs of packets 4.01 ms apart, every 11 or 22 ms, each on the next channel."""
    own = 2402e6 + 1e6 * rng.permutation(79)[:channels]
    for nth, start_s in beats(seconds, period_s, rng):
        for second in (0, 1):
            center_hz = float(own[(2 * nth + second) % channels])
            at_s = start_s + second * 4.01e-3
            yield Burst(at_s, center_hz, 1e6, spread(rate_hz, rng, 20))


def bluetooth(rate_hz: float, seconds: float, rng: np.random.Generator) -> Iterator[Burst]:
    """A connection: both sides in turn, 1,600 slots a second on 79 channels at random."""
    at = int(-rng.integers(6))
    phase_s = rng.uniform(0, SLOT_S)
    while at * SLOT_S + phase_s < seconds:
        kind = int(rng.integers(len(BLUETOOTH_BITS)))
        center_hz = 2402e6 + 1e6 * int(rng.integers(79))
        wave = gfsk(rate_hz, rng, bits=BLUETOOTH_BITS[kind])
        yield Burst(at * SLOT_S + phase_s, center_hz, 1e6, wave)
        at += 2 * kind + 1 + int(rng.integers(3))


def advertising(
    rate_hz: float, seconds: float, rng: np.random.Generator, *, every_s: float = 20e-3
) -> Iterator[Burst]:
    """Bluetooth LE advertising: one packet on each of three channels, then a pause."""
    bits = int(rng.integers(20, 47)) * 8
    for _, start_s in beats(seconds, every_s, rng):
        late_s = start_s + float(rng.uniform(0, 10e-3))
        for nth, center_hz in enumerate(ADVERTISING_HZ):
            wave = gfsk(rate_hz, rng, bits=bits, deviation_hz=250e3)
            yield Burst(late_s + nth * 0.6e-3, center_hz, 1e6, wave)
