"""What a radar's frames hold, as a PNG: the range-Doppler map with what was found in it."""

# Matplotlib's own annotations leave keyword arguments unknown.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from ...signal.radar.chain import CubeDetection
from ...signal.radar.cube import Chirp
from ...signal.radar.range_doppler import PowerMap
from .pictures import DOTS_PER_INCH, FRAME, INK, PAPER, SIZE_INCHES

TARGET = "#ff4d4d"
WORDS_WIDE, WORDS_HIGH = 0.22, 0.03
"""Of the map: nearer to a stronger detection's words a weaker one gets none."""


def draw_range_doppler(
    power: PowerMap, chirp: Chirp, detections: Sequence[CubeDetection], png: Path
) -> None:
    """Draw a range-Doppler map and the detections in it.

    Parameters
    ----------
    power : float32, shape (chirps, samples)
        Lowest range rate first.
    chirp : Chirp
        How it was sampled; of the map's shape.
    detections : sequence of CubeDetection
    png : Path
        Where the picture goes; an older one is replaced.
    """
    figure = Figure(figsize=SIZE_INCHES, dpi=DOTS_PER_INCH, facecolor=PAPER, layout="constrained")
    axes = figure.add_subplot(facecolor=PAPER)
    level_db = 10 * np.log10(np.maximum(power / max(float(np.median(power)), 1e-30), 1e-3))
    chirps, samples = power.shape
    low_m_s = -(chirps // 2 + 0.5) * chirp.speed_bin_m_s
    extent = (-0.5 * chirp.range_bin_m, (samples - 0.5) * chirp.range_bin_m,
              low_m_s, low_m_s + chirps * chirp.speed_bin_m_s)  # fmt: skip
    image = axes.imshow(level_db, aspect="auto", origin="lower", extent=extent, cmap="bone",
                        vmin=-3, vmax=max(20.0, float(np.quantile(level_db, 0.9995))),
                        interpolation="nearest")  # fmt: skip
    bar = figure.colorbar(image, ax=axes, pad=0.01)
    bar.set_label("dB over the median", color=INK)
    bar.ax.tick_params(colors=INK)
    shift_s = chirp.start_hz / chirp.slope_hz_s  # the map shows a mover where its beat stands
    named: list[tuple[float, float]] = []
    for one in detections:
        place = one.range_m + one.range_rate_m_s * shift_s, one.range_rate_m_s
        axes.plot(*place, marker="o", markersize=14, fillstyle="none", color=TARGET)
        at = place[0] / (extent[1] - extent[0]), place[1] / (extent[3] - extent[2])
        if any(abs(at[0] - x) < WORDS_WIDE and abs(at[1] - y) < WORDS_HIGH for x, y in named):
            continue  # the stronger keeps its words
        named.append(at)
        right = at[0] > 1 - WORDS_WIDE
        words = axes.annotate(
            _words(one), place, (-10 if right else 10, 8), textcoords="offset points",
            ha="right" if right else "left", color=TARGET, fontsize=9,
        )  # fmt: skip
        words.set_in_layout(False)
    axes.set_xlabel("range in m", color=INK)
    axes.set_ylabel("range rate in m/s, positive = receding", color=INK)
    axes.set_title(f"{len(detections)} detections", color=INK, loc="left", fontsize=11)
    axes.tick_params(colors=INK)
    for spine in axes.spines.values():
        spine.set_color(FRAME)
    figure.savefig(png, format="png")


def _words(one: CubeDetection) -> str:
    words = f"{one.range_m:.1f} m  {one.range_rate_m_s:+.1f} m/s  {one.snr_db:.0f} dB"
    if one.azimuth_rad is None:
        return words
    return f"{words}  {np.degrees(one.azimuth_rad):+.0f}°"
