"""What is there for long: analog video, microwave ovens, carriers.

Video by ITU-R BT.1700 (NTSC, PAL); its FM excursion by what fits a channel of 20 MHz.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from .air import Burst


@dataclass(frozen=True, slots=True)
class Standard:
    """Lines, fields and colour of one television standard."""

    lines: int
    frame_hz: float
    colour_hz: float

    @property
    def line_hz(self) -> float:
        """Lines a second."""
        return self.lines * self.frame_hz


STANDARDS = {
    "ntsc": Standard(525, 30 / 1.001, 3.579545e6),
    "pal": Standard(625, 25.0, 4.43361875e6),
}
SYNC_S, PORCH_S, BLANK_S = 4.7e-6, 5.3e-6, 10.9e-6
SYNC_LEVEL = -0.4
"""Of the way from black to white, which is 1."""

BROAD_LINES = 3
"""Lines of a field whose pulses are wide: they tell where it begins."""


def composite(
    rate_hz: float, seconds: float, standard: Standard, rng: np.random.Generator
) -> NDArray[np.float32]:
    """A composite picture: sync, colour burst, and lines that change little from one to the next.

    Returns
    -------
    float32, shape (round(seconds * rate_hz),)
        0 is black, 1 white, -0.4 sync.
    """
    at_s = np.arange(round(seconds * rate_hz)) / rate_hz + rng.uniform(0, 1 / standard.frame_hz)
    line = np.floor(at_s * standard.line_hz).astype(np.intp)
    within_s = at_s - line / standard.line_hz
    picture = gaussian_filter(rng.uniform(0, 1, (standard.lines, 96)), (9, 3))
    picture = (picture - picture.min()) / np.ptp(picture)
    column = np.clip((within_s - BLANK_S) * standard.line_hz * 110, 0, 95).astype(np.intp)
    level = picture[line % standard.lines, column] * 0.8
    colour = np.sin(2 * np.pi * standard.colour_hz * at_s)
    level += 0.08 * colour
    level[within_s < BLANK_S] = 0
    burst = (within_s > PORCH_S) & (within_s < PORCH_S + 9 / standard.colour_hz)
    level[burst] = 0.2 * colour[burst]
    level[within_s < SYNC_S] = SYNC_LEVEL
    field = line % (standard.lines // 2)
    level[(field < BROAD_LINES) & (within_s < 1 / standard.line_hz - SYNC_S)] = SYNC_LEVEL
    smooth: NDArray[np.float32] = gaussian_filter1d(level, 0.05e-6 * rate_hz).astype(np.float32)
    return smooth


def video(
    rate_hz: float, seconds: float, rng: np.random.Generator, *, standard: str = "pal",
    center_hz: float = 5800e6, swing_hz: float = 4e6,
) -> Iterator[Burst]:  # fmt: skip
    """An FM video transmitter: `swing_hz` from black to white."""
    level = composite(rate_hz, seconds, STANDARDS[standard], rng)
    hertz = swing_hz * (level - 0.3)
    phase = 2 * np.pi * np.cumsum(hertz, dtype=np.float64) / rate_hz
    yield Burst(0.0, center_hz, 6e6, np.exp(1j * phase).astype(np.complex64))


def oven(
    rate_hz: float, seconds: float, rng: np.random.Generator, *, mains_hz: float = 50.0
) -> Iterator[Burst]:
    """A microwave oven: half of each mains period on, its frequency drifting as power rises.

    Gated by the mains at about 2.45 GHz (Kamerman and Erkocevic, PIMRC 1997).
    """
    middle_hz = 2455e6 + rng.uniform(-5e6, 5e6)
    reach_hz = rng.uniform(1e6, 3e6)
    on_s = rng.uniform(0.4, 0.5) / mains_hz
    at_s = np.arange(round(on_s * rate_hz)) / rate_hz
    rise = np.sin(np.pi * at_s / on_s)
    for start_s in np.arange(rng.uniform(-1, 0) / mains_hz, seconds, 1 / mains_hz).tolist():
        slow = gaussian_filter1d(rng.standard_normal(int(on_s * 1e6)), 20)  # at 1 MS/s
        slow *= 30e3 / float(slow.std())
        wander = np.interp(at_s * 1e6, np.arange(len(slow)), slow)
        phase = 2 * np.pi * np.cumsum(reach_hz * (rise - 0.5) + wander) / rate_hz
        wave = np.exp(1j * phase) * np.sqrt(rise)
        wave /= np.sqrt(np.mean(np.abs(wave) ** 2))
        yield Burst(start_s, middle_hz, 2 * reach_hz, wave.astype(np.complex64))


def carrier(rate_hz: float, seconds: float, center_hz: float) -> Iterator[Burst]:
    """A tone without modulation; its ratio refers to a narrow channel of 25 kHz."""
    yield Burst(0.0, center_hz, 25e3, np.ones(round(seconds * rate_hz), np.complex64))


def voice_fm(
    rate_hz: float, seconds: float, rng: np.random.Generator, center_hz: float,
    swing_hz: float = 75e3,
) -> Iterator[Burst]:  # fmt: skip
    """An FM carrier with sound of 15 kHz and no lines: what video must not be taken for."""
    sound = gaussian_filter1d(rng.standard_normal(round(seconds * rate_hz)), rate_hz / 15e3 / 4)
    hertz = swing_hz * sound / max(float(sound.std()), 1e-12) / 2
    phase = 2 * np.pi * np.cumsum(hertz) / rate_hz
    yield Burst(0.0, center_hz, 2 * swing_hz, np.exp(1j * phase).astype(np.complex64))
