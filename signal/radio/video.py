"""FM video: the picture's lines as a comb in the demodulated signal, and the channel's name.

Line rates by ITU-R BT.1700; channel grids as transmitters on the market print them (RF.md's
table of bands A, B, E, F and R).
Cost: one discriminator and one FFT of what is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from .iq import Samples

LINE_HZ = {"NTSC": 15_750 / 1.001, "PAL": 15_625.0}
LOWEST_HZ, HIGHEST_HZ, STEP_HZ = 15_450.0, 15_900.0, 2.0
TEETH = np.arange(1, 9)
DEMODULATED_HZ = 1e6
WRONG_HZ = 55.0
"""From a line rate: more is no video. Half of what lies between the two standards."""

CHANNELS_MHZ = {
    "A": (5865, 5845, 5825, 5805, 5785, 5765, 5745, 5725),
    "B": (5733, 5752, 5771, 5790, 5809, 5828, 5847, 5866),
    "E": (5705, 5685, 5665, 5645, 5885, 5905, 5925, 5945),
    "F": (5740, 5760, 5780, 5800, 5820, 5840, 5860, 5880),
    "R": (5658, 5695, 5732, 5769, 5806, 5843, 5880, 5917),
}
OFF_CHANNEL_HZ = 6e6
"""A picture's mean frequency wanders about the channel's by its brightness."""


@dataclass(frozen=True, slots=True)
class Lines:
    """A comb of lines.

    Parameters
    ----------
    standard : {"NTSC", "PAL"}
    line_hz : float
    comb : float
        Mean logarithm of the power on the teeth over the power half-way between them.
    """

    standard: str
    line_hz: float
    comb: float


def find_lines(channel: Samples, rate_hz: float) -> Lines | None:
    """The comb of lines in an FM signal; None where its rate is no standard's.

    Parameters
    ----------
    channel : complex64, shape (n,)
        About the signal's centre and as wide; three milliseconds and more.
    """
    turns = np.angle(channel[1:] * np.conj(channel[:-1]))
    factor = max(1, int(rate_hz / DEMODULATED_HZ))
    whole = len(turns) // factor * factor
    level: NDArray[np.float64] = turns[:whole].reshape(-1, factor).mean(axis=1, dtype=np.float64)
    if len(level) < 1000:
        return None
    slow_hz = rate_hz / factor
    size = scipy.fft.next_fast_len(8 * len(level))
    tapered = (level - level.mean()) * np.hanning(len(level))
    power = np.abs(np.fft.rfft(tapered, size)) ** 2
    tried_hz = np.arange(LOWEST_HZ, HIGHEST_HZ, STEP_HZ)
    on, between = (
        power[np.rint(np.outer(tried_hz, teeth) * size / slow_hz).astype(np.intp)]
        for teeth in (TEETH, TEETH + 0.5)
    )
    beside = np.maximum(np.median(between, axis=0) / np.log(2), 1e-30)
    combs = np.log1p(on / beside).mean(axis=1)  # no single tooth makes a comb
    best = int(np.argmax(combs))
    standard = min(LINE_HZ, key=lambda name: abs(LINE_HZ[name] - tried_hz[best]))
    if abs(LINE_HZ[standard] - tried_hz[best]) > WRONG_HZ:
        return None
    return Lines(standard, float(tried_hz[best]), float(combs[best]))


def channel_name(center_hz: float) -> str | None:
    """The nearest channel's name with its frequency, as "E7 5925 MHz"; None far from all."""
    every = [
        (abs(center_hz - mhz * 1e6), f"{band}{number} {mhz} MHz")
        for band, row in CHANNELS_MHZ.items()
        for number, mhz in enumerate(row, 1)
    ]
    apart_hz, name = min(every)
    return name if apart_hz <= OFF_CHANNEL_HZ else None
