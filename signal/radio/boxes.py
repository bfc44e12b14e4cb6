"""Boxes in time and frequency where there is more power than noise gives.

Cells are smoothed over time and frequency, compared with the noise floor at a threshold of stated
false-alarm probability, joined over small gaps, and each connected patch becomes a box.
Cost: seven additions and a comparison for each cell, that is for each `AVERAGED` samples.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.stats import gamma

from .spectrum import AVERAGED, Cells

CELL_FALSE_ALARM = 1e-7
"""Of one smoothed cell under noise; a page of 20 ms at 50 MS/s has 250,000 cells."""

SMOOTH_ROWS = 3
SMOOTH_BINS = 5
JOIN_ROWS = 2
JOIN_HZ = 400_000.0
MOST_BOXES = 64
"""Of one page; the weakest beyond are left out and counted."""


@dataclass(frozen=True, slots=True)
class Box:
    """One patch of power above the floor; rows and bins as half-open ranges of cells."""

    first_row: int
    last_row: int
    first_bin: int
    last_bin: int
    snr: float  # linear, in-band, where it is above the threshold
    filled: float  # share of its cells that are above the threshold

    @property
    def rows(self) -> int:
        """Length in cells."""
        return self.last_row - self.first_row

    @property
    def bins(self) -> int:
        """Width in bins."""
        return self.last_bin - self.first_bin


def smoothed(ratio: Cells) -> Cells:
    """Power over floor, averaged over a few neighbouring cells; same shape.

    Beyond the edges lies the floor itself: repeated cells would alarm more often than others.
    """
    rows, bins = ratio.shape
    padded: Cells = np.pad(
        ratio, ((SMOOTH_ROWS // 2,) * 2, (SMOOTH_BINS // 2,) * 2), constant_values=1
    )
    across = padded[:, :bins] + padded[:, 1 : bins + 1]
    for nth in range(2, SMOOTH_BINS):
        across += padded[:, nth : bins + nth]
    both = across[:rows] + across[1 : rows + 1]
    for nth in range(2, SMOOTH_ROWS):
        both += across[nth : rows + nth]
    both *= np.float32(1 / (SMOOTH_ROWS * SMOOTH_BINS))
    return both


@cache
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
    ratio: Cells, bin_hz: float, false_alarm: float = CELL_FALSE_ALARM
) -> tuple[list[Box], int]:
    """Find the patches of power above the floor.

    Parameters
    ----------
    ratio : float32, shape (rows, bins)
        Power over the floor.
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
    above = smoothed(ratio) > cell_threshold(false_alarm)
    if not above.any():
        return [], 0
    reach = max(1, round(JOIN_HZ / bin_hz))
    blocks = _any_in_blocks(above, JOIN_ROWS, reach)
    boxes = [_box(ratio, above, own, place, reach) for place, own in _patches(blocks)]
    strongest = sorted(boxes, key=lambda box: -box.snr * box.rows * box.bins)
    kept = sorted(strongest[:MOST_BOXES], key=lambda box: (box.first_row, box.first_bin))
    return kept, len(boxes) - len(kept)


def _any_in_blocks(above: NDArray[np.bool_], rows: int, bins: int) -> NDArray[np.bool_]:
    """Whether any cell of a block is set: blocks that touch are one patch, over small gaps."""
    short = (-above.shape[0] % rows, -above.shape[1] % bins)
    padded = np.pad(above, ((0, short[0]), (0, short[1])))
    high, wide = padded.shape
    return np.asarray(padded.reshape(high // rows, rows, wide // bins, bins).any(axis=(1, 3)))


def _patches(blocks: NDArray[np.bool_]) -> Iterator[tuple[tuple[int, int], NDArray[np.bool_]]]:
    """Each patch of touching blocks: its first row and column, and its mask from there."""
    labels, count = ndimage.label(blocks, np.ones((3, 3)))
    places = ndimage.find_objects(labels)
    for nth in range(count):
        rows, columns = places[nth]
        yield (rows.start, columns.start), np.equal(labels[rows, columns], nth + 1)


def _box(
    ratio: Cells,
    above: NDArray[np.bool_],
    own: NDArray[np.bool_],
    place: tuple[int, int],
    reach: int,
) -> Box:
    """The box about the cells of one patch that are above the threshold."""
    mask = np.repeat(np.repeat(own, JOIN_ROWS, axis=0), reach, axis=1)
    first_row, first_bin = place[0] * JOIN_ROWS, place[1] * reach
    cut = (
        slice(first_row, first_row + mask.shape[0]),
        slice(first_bin, first_bin + mask.shape[1]),
    )
    region = above[cut]
    inside = np.logical_and(region, mask[: region.shape[0], : region.shape[1]])
    rows, bins = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    last_row, last_bin = int(rows[-1]) + 1, int(bins[-1]) + 1
    area = (last_row - int(rows[0])) * (last_bin - int(bins[0]))
    return Box(
        first_row=first_row + int(rows[0]),
        last_row=first_row + last_row,
        first_bin=first_bin + int(bins[0]),
        last_bin=first_bin + last_bin,
        snr=max(float(np.mean(ratio[cut], where=inside)) - 1, 1e-3),
        filled=np.count_nonzero(inside) / area,
    )
