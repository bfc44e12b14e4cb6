"""The spectrogram of a recording with what was found in it, as a PNG.

Power is averaged down to the picture's size while the file is read, so that a long recording costs
no more memory than a short one.
"""

# Matplotlib's own annotations leave keyword arguments unknown.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import scipy.fft
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from ...drivers.radio.iq_files import IqFile
from ...signal.radio.emissions import Emission
from ...signal.radio.iq import Samples
from ...signal.radio.spectrum import Cells

INK, PAPER, FRAME = "#d8dee9", "#10141c", "#4c566a"
COLORS = {
    "drone": "#ff4d4d",
    "controller": "#ffb347",
    "background": "#7fd1ff",
    "unknown": "#c0c8d4",
}
WIDTHS = {"drone": 2.8, "controller": 2.2}
SIZE_INCHES, DOTS_PER_INCH = (12.0, 6.75), 120
MOST_ROWS = 1600
MOST_BINS = 512
MOST_FRAMES = 32
"""Of one row: a long recording is looked at in parts."""

LETTER_SHARE, LINE_SHARE = 0.0085, 0.042
"""Of the picture's width and height, for names of 10 points."""

BACKDROP = {"facecolor": PAPER, "edgecolor": "none", "alpha": 0.7, "pad": 1.0}
MOST_UNKNOWN = 24
"""Unknown emissions that get a box, the strongest ones: more would hide what is there."""

MOST_PARTS = 400
"""Bursts of one hopping emission that are drawn."""


def draw_spectrogram(file: IqFile, emissions: Sequence[Emission], png: Path) -> None:
    """Draw a recording's first tuning and the emissions in it.

    Parameters
    ----------
    file : IqFile
    emissions : sequence of Emission
        Times from the file's first sample.
    png : Path
        Where the picture goes; an older one is replaced.
    """
    center_hz = file.segments[0].center_hz
    power, row_s = spectrogram(file)
    figure = Figure(figsize=SIZE_INCHES, dpi=DOTS_PER_INCH, facecolor=PAPER, layout="constrained")
    axes = figure.add_subplot()
    first_s = file.segments[0].first_sample / file.sample_rate_hz
    left_ms, right_ms = first_s * 1e3, (first_s + len(power) * row_s) * 1e3
    middle, half = (center_hz or 0.0) / 1e6, file.sample_rate_hz / 2e6
    _power(figure, axes, power, (left_ms, right_ms, middle - half, middle + half))
    shown = [one for one in emissions if first_s <= one.start_s < right_ms / 1e3]
    _boxes(axes, shown)
    _words(axes, file, on_the_air=center_hz is not None)
    figure.savefig(png, format="png")


def spectrogram(file: IqFile) -> tuple[Cells, float]:
    """Mean power of a recording's first tuning in time and frequency.

    Returns
    -------
    power : float32, shape (rows, bins)
        At most 1,600 rows of at most 512 bins, lowest frequency first; full-scale tone = 1.
    row_s : float
        Duration of a row.
    """
    segment = file.segments[0]
    bins = int(np.clip(2 ** round(np.log2(np.sqrt(segment.samples / 2))), 16, MOST_BINS))
    rows = max(1, min(MOST_ROWS, 2 * segment.samples // bins - 1))
    hop = segment.samples / rows
    power = np.empty((rows, bins), np.float32)
    for row in range(rows):
        count = max(bins, min(int(hop), MOST_FRAMES * bins))
        first = max(0, min(int(row * hop), segment.samples - count))
        samples, _ = file.read(segment, first, count)
        power[row] = _mean_spectrum(samples, bins)
    return power, hop / file.sample_rate_hz


def _mean_spectrum(samples: Samples, bins: int) -> Cells:
    """Mean power by bin, of whole frames; what is too short for one is padded."""
    if len(samples) < bins:
        samples = np.pad(samples, (0, bins - len(samples)))
    window = np.hanning(bins)
    window = (window / window.sum()).astype(np.float32)
    frames: Samples = samples[: len(samples) // bins * bins].reshape(-1, bins) * window
    spectra: Samples = scipy.fft.fft(frames, axis=1)
    mean: Cells = np.asarray(np.mean(np.abs(spectra) ** 2, axis=0), np.float32)
    return np.fft.fftshift(mean)


def _power(
    figure: Figure, axes: Axes, power: Cells, extent: tuple[float, float, float, float]
) -> None:
    """Draw the power in decibels over the noise, which is the quietest fifth's level."""
    noise = max(float(np.quantile(power, 0.2)), 1e-30)
    level_db = 10 * np.log10(np.maximum(power / noise, 1e-3))
    top_db = max(20.0, float(np.quantile(level_db, 0.9995)))
    image = axes.imshow(
        level_db.T, aspect="auto", origin="lower", extent=extent, cmap="bone",
        vmin=-3, vmax=top_db, interpolation="nearest",
    )  # fmt: skip
    bar = figure.colorbar(image, ax=axes, pad=0.01)
    bar.set_label("dB over the noise", color=INK)
    bar.ax.tick_params(colors=INK)


def _boxes(axes: Axes, emissions: Sequence[Emission]) -> None:
    """Frame the emissions: named ones with their names, of unknown ones the strongest."""
    names = _Names(axes)
    families: set[str] = set()
    unknown = sorted((one for one in emissions if one.label == "unknown"), key=_energy)
    named = [one for one in emissions if one.label != "unknown"]
    shown = [*named, *unknown[-MOST_UNKNOWN:]]
    for one in sorted(shown, key=lambda one: (one.family != "drone", -one.snr_db)):
        wide, high = one.duration_s * 1e3, one.bandwidth_hz / 1e6
        left, low = one.start_s * 1e3, (one.center_hz - one.bandwidth_hz / 2) / 1e6
        color, thin = COLORS[one.family], one.label in {"unknown", "carrier"}
        axes.add_patch(
            Rectangle((left, low), wide, high, fill=False, edgecolor=color,
                      linewidth=WIDTHS.get(one.family, 1.6) if not (thin or one.parts) else 1.0,
                      linestyle=":" if thin or one.parts else "-")
        )  # fmt: skip
        _parts(axes, one, color)
        families.add(one.family)
        if not thin:
            names.put(one.label, left, low, low + high, color)
    order = [family for family in COLORS if family in families]
    lines = [Line2D([], [], color=COLORS[family], label=family) for family in order]
    if lines:
        axes.legend(handles=lines, loc="lower right", bbox_to_anchor=(1, 1), ncols=len(lines),
                    frameon=False, labelcolor=INK, fontsize=10)  # fmt: skip


def _parts(axes: Axes, one: Emission, color: str) -> None:
    """Frame each burst of one that hops; the whole of it has dots about it."""
    for part in one.parts[:MOST_PARTS]:
        corner = (part.start_s * 1e3, (part.center_hz - part.bandwidth_hz / 2) / 1e6)
        axes.add_patch(
            Rectangle(corner, part.duration_s * 1e3, part.bandwidth_hz / 1e6, fill=False,
                      edgecolor=color, linewidth=1.4)
        )  # fmt: skip


def _energy(emission: Emission) -> float:
    return float(10 ** (emission.snr_db / 10)) * emission.duration_s * emission.bandwidth_hz


class _Names:
    """Puts names beside boxes where no other name is; one that has no room is left out."""

    def __init__(self, axes: Axes) -> None:
        self._axes = axes
        self._taken: list[tuple[float, float, float, float]] = []

    def put(self, name: str, left: float, low: float, high: float, color: str) -> None:
        """Write `name` above its box, below it or inside, at the first free place."""
        (first, last), (bottom, top) = self._axes.get_xlim(), self._axes.get_ylim()
        wide = (last - first) * len(name) * LETTER_SHARE
        tall = (top - bottom) * LINE_SHARE
        left = max(first, min(left, last - wide))
        for at in (high, low - tall, high - tall, low):
            place = (left, at, left + wide, at + tall)
            if bottom <= at <= top - tall and not any(
                _overlap(place, other) for other in self._taken
            ):
                self._taken.append(place)
                self._axes.text(left, at + tall / 2, name, color=color, fontsize=10, va="center",
                                fontweight="bold", bbox=BACKDROP)  # fmt: skip
                return


def _overlap(
    one: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> bool:
    apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    return not apart


def _words(axes: Axes, file: IqFile, *, on_the_air: bool) -> None:
    axes.set_title(file.path.name, color=INK, loc="left", fontsize=11)
    axes.set_xlabel("time, ms", color=INK)
    axes.set_ylabel("frequency, MHz" if on_the_air else "offset from the centre, MHz", color=INK)
    axes.tick_params(colors=INK)
    axes.ticklabel_format(useOffset=False)
    for side in axes.spines.values():
        side.set_color(FRAME)
