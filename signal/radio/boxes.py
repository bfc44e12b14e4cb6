"""Boxes in time and frequency where there is more power than noise gives.

Cells are smoothed over time and frequency, compared with the noise floor at a threshold of stated
false-alarm probability, joined over small gaps, and each connected patch becomes a box.
Cost: a few operations for each cell, that is for each `AVERAGED` samples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.stats import gamma

from .spectrum import AVERAGED, Cells

CELL_FALSE_ALARM = 1e-7
"""Of one smoothed cell under noise; a page of 20 ms at 50 MS/s has 250,000 cells."""

SMOOTH_ROWS = 3
SMOOTH_BINS = 5
JOIN_HZ = 400_000.0
MOST_BOXES = 200
"""Of one page; the weakest beyond are left out and counted."""


@dataclass(frozen=True, slots=True)
class Box:
    """One patch of power above the floor; rows and bins as half-open ranges of cells."""

    first_row: int
    last_row: int
    first_bin: int
    last_bin: int
    snr: float  # linear, in-band
    filled: float  # share of its cells that are above the threshold

    @property
    def rows(self) -> int:
        """Length in cells."""
        return self.last_row - self.first_row

    @property
    def bins(self) -> int:
        """Width in bins."""
        return self.last_bin - self.first_bin


def smoothed_ratio(cells: Cells, floor: Cells) -> Cells:
    """Power over floor, averaged over a few neighbouring cells; same shape as `cells`.

    Beyond the edges lies the floor itself: repeated cells would alarm more often than others.
    """
    size = (SMOOTH_ROWS, SMOOTH_BINS)
    smooth: Cells = ndimage.uniform_filter(cells / floor, size, mode="constant", cval=1.0)
    return smooth


def cell_threshold(false_alarm: float) -> float:
    """The smoothed ratio that noise exceeds with probability `false_alarm` in a cell.

    The mean of m neighbouring bins under a Hann window has the variance of fewer independent
    ones, because neighbours' powers correlate by 4/9, next neighbours' by 1/36 (Harris, Proc.
    IEEE 66, 1978, gives the amplitudes); the sum is Gamma distributed to good approximation.
    """
    apart = np.arange(1, SMOOTH_BINS)
    correlation = np.zeros(SMOOTH_BINS - 1)
    correlation[:2] = [(2 / 3) ** 2, (1 / 6) ** 2]
    inflation = 1 + 2 * float(np.sum((1 - apart / SMOOTH_BINS) * correlation))
    shape = AVERAGED * SMOOTH_ROWS * SMOOTH_BINS / inflation
    return float(gamma.isf(false_alarm, shape, scale=1 / shape))


def find_boxes(
    cells: Cells, floor: Cells, bin_hz: float, false_alarm: float = CELL_FALSE_ALARM
) -> tuple[list[Box], int]:
    """Find the patches of power above the floor.

    Parameters
    ----------
    cells : float32, shape (rows, bins)
    floor : float32, shape (bins,)
    bin_hz : float
    false_alarm : float
        Probability that noise lifts one smoothed cell above the threshold.

    Returns
    -------
    boxes : list of Box
        The strongest `MOST_BOXES`, by time.
    left_out : int
        How many more there were.
    """
    if cells.size == 0:
        return [], 0
    above = smoothed_ratio(cells, floor) > cell_threshold(false_alarm)
    if not above.any():
        return [], 0
    reach = max(1, round(JOIN_HZ / bin_hz / 2))
    joined = ndimage.binary_closing(above, np.ones((1, 2 * reach + 1), bool)) | above
    patches, _ = ndimage.label(joined)
    boxes = [_box(cells, floor, above, *place) for place in ndimage.find_objects(patches)]
    strongest = sorted(boxes, key=lambda box: -box.snr * box.rows * box.bins)
    kept = sorted(strongest[:MOST_BOXES], key=lambda box: (box.first_row, box.first_bin))
    return kept, len(boxes) - len(kept)


def _box(cells: Cells, floor: Cells, above: NDArray[np.bool_], rows: slice, bins: slice) -> Box:
    inside = cells[rows, bins]
    snr = float(inside.mean() / floor[bins].mean()) - 1
    filled = float(above[rows, bins].mean())
    return Box(rows.start, rows.stop, bins.start, bins.stop, max(snr, 1e-3), filled)
