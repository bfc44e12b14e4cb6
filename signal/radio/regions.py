"""Where a burst as wide and as long as DroneID's may be: a binary integrator on the power cells.

The power over the floor is averaged over 1 MHz and half a millisecond. Where enough of nine
neighbouring megahertz exceed a threshold, a burst of nine may be (M of N: Schwartz, IRE Trans.
Inf. Theory 2, 1956). A neighbour, however strong, fills only its own megahertz. This decides
where the matched stage looks, not what it finds.
Cost: one addition for each cell, and a few operations for each half megahertz of a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.special import betaincinv
from scipy.stats import gamma

from .spectrum import AVERAGED, LEAKAGE, Cells

STEP_HZ = 0.5e6
SUB_BANDS = 9
NEEDED = 6
LASTING_S = 0.5e-3

REGION_FALSE_ALARM = 1e-5
"""Of one place; noise then calls the matched stage about once a second."""


@dataclass(frozen=True, slots=True)
class Region:
    """Where a burst may be: rows of cells, half-open, and the range of its carrier."""

    first_row: int
    last_row: int
    low_hz: float
    high_hz: float


def find_regions(
    ratio: Cells, sample_rate_hz: float, row_s: float, false_alarm: float = REGION_FALSE_ALARM
) -> list[Region]:
    """Find where a burst may be.

    Parameters
    ----------
    ratio : float32, shape (rows, bins)
        Power over the floor.
    sample_rate_hz, row_s : float
        Width of the band, and duration of a row.
    false_alarm : float
        Probability that noise marks one place, by the threshold of a single sub-band.
    """
    possible = places_above(ratio, sample_rate_hz, row_s, false_alarm)
    if not possible.any():
        return []
    lasting = _lasting_rows(len(ratio), row_s)
    patches, _ = ndimage.label(possible, np.ones((3, 3)))
    lowest_hz = (SUB_BANDS * STEP_HZ) - sample_rate_hz / 2
    return [
        Region(
            first_row=rows.start,
            last_row=rows.stop - 1 + lasting,
            low_hz=lowest_hz + (steps.start - 0.5) * STEP_HZ,
            high_hz=lowest_hz + (steps.stop - 0.5) * STEP_HZ,
        )
        for rows, steps in ndimage.find_objects(patches)
    ]


def places_above(
    ratio: Cells, sample_rate_hz: float, row_s: float, false_alarm: float
) -> NDArray[np.bool_]:
    """Mark every place, by first row and by carrier in steps of `STEP_HZ`, that passes M of N."""
    rows, bins = ratio.shape
    edges = _edges(sample_rate_hz, bins)
    steps = len(edges) - 2 * SUB_BANDS + 1
    if rows == 0 or steps < 1:
        return np.zeros((0, 0), np.bool_)
    halves = np.add.reduceat(ratio, edges, axis=1)
    widths = np.diff(edges, append=bins).astype(np.float32)
    lasting = _lasting_rows(rows, row_s)
    sums = np.concatenate([np.zeros((1, len(edges)), np.float32), np.cumsum(halves, axis=0)])
    over_time = (sums[lasting:] - sums[:-lasting]) / np.float32(lasting)
    sub_bands = (over_time[:, :-1] + over_time[:, 1:]) / (widths[:-1] + widths[1:])
    cells = lasting * 2 * STEP_HZ / sample_rate_hz * bins
    hot = (sub_bands > _threshold(round(cells), false_alarm)).astype(np.uint8)
    count = sum(hot[:, 2 * nth : 2 * nth + steps] for nth in range(SUB_BANDS))
    enough: NDArray[np.bool_] = np.asarray(count) >= NEEDED
    return enough


def _edges(sample_rate_hz: float, bins: int) -> NDArray[np.intp]:
    """The first bin of each `STEP_HZ` of the band."""
    lows_hz = np.arange(0, sample_rate_hz - STEP_HZ / 2, STEP_HZ)
    edges: NDArray[np.intp] = np.round(lows_hz * bins / sample_rate_hz).astype(np.intp)
    return edges


def _lasting_rows(rows: int, row_s: float) -> int:
    return max(1, min(rows, round(LASTING_S / row_s)))


@cache
def _threshold(cells: int, false_alarm: float) -> float:
    """The mean of `cells` ratios that noise exceeds so rarely that M of N do with `false_alarm`."""
    one = float(betaincinv(NEEDED, SUB_BANDS - NEEDED + 1, false_alarm))
    shape = AVERAGED * cells / LEAKAGE
    return float(gamma.isf(one, shape, scale=1 / shape))
