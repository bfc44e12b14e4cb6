"""Boxes in time and frequency where there is more power than noise gives.

Cells are smoothed over time and frequency, compared with the noise floor at a threshold of stated
false-alarm probability, joined over small gaps, and each connected patch becomes a box. Strong
patches are boxed first, so that a weak neighbour that touches one gets a box of its own; scraps
of one emission are gathered (`scraps.py`).
Cost: seven additions and a comparison for each cell, that is for each `AVERAGED` samples; some
30 us for each patch, and twice that again for one that is boxed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.stats import gamma

from .scraps import JOIN_HZ, JOIN_ROWS, Box, gathered, is_lost_in
from .spectrum import AVERAGED, Cells

__all__ = ["Box", "cell_threshold", "find_boxes", "smoothed"]

Mask = NDArray[np.bool_]

CELL_FALSE_ALARM = 1e-7
"""Of one smoothed cell under noise; a page of 20 ms at 50 MS/s has 250,000 cells."""

SMOOTH_ROWS = 3
SMOOTH_BINS = 5
STRONG = 30.0
"""Over the threshold: what is 15 dB above it is boxed before the rest."""

EDGE_SHARE = 0.25
"""A box ends where the power falls below this share of its own: smoothing had widened it."""

MOST_BOXES = 64
"""Of one page; the weakest beyond are left out and counted."""


def smoothed(ratio: Cells) -> Cells:
    """Power over floor, averaged over a few neighbouring cells; same shape.

    Beyond the edges lies the floor itself: repeated cells would alarm more often than others.
    """
    rows, bins = ratio.shape
    up, left = SMOOTH_ROWS // 2, SMOOTH_BINS // 2
    padded = np.ones((rows + 2 * up, bins + 2 * left), np.float32)
    padded[up : up + rows, left : left + bins] = ratio
    across: Cells = np.add(padded[:, :bins], padded[:, 1 : bins + 1])
    for nth in range(2, SMOOTH_BINS):
        np.add(across, padded[:, nth : bins + nth], out=across)
    both: Cells = np.add(across[:rows], across[1 : rows + 1])
    for nth in range(2, SMOOTH_ROWS):
        np.add(both, across[nth : rows + nth], out=both)
    return np.multiply(both, np.float32(1 / (SMOOTH_ROWS * SMOOTH_BINS)), out=both)


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
    ratio: Cells,
    bin_hz: float,
    proven: Sequence[Box] = (),
    false_alarm: float = CELL_FALSE_ALARM,
) -> tuple[list[Box], int]:
    """Find the patches of power above the floor.

    Parameters
    ----------
    ratio : float32, shape (rows, bins)
        Power over the floor.
    bin_hz : float
    proven : sequence of Box
        Emissions that are known already and taken out of `ratio`; their skirts get no box.
    false_alarm : float
        Probability that noise lifts one smoothed cell above the threshold.

    Returns
    -------
    boxes : list of Box
        The strongest `MOST_BOXES`, by time.
    left_out : int
        How many more there were.
    """
    smooth, threshold = smoothed(ratio), cell_threshold(false_alarm)
    above = smooth > threshold
    if not above.any():
        return [], 0
    reach = max(1, round(JOIN_HZ / bin_hz))
    loud = smooth > threshold * STRONG
    strong = [_grown(_box(ratio, patch), ratio, above) for patch in _patches(loud, reach)]
    for box in strong:
        _clear(above, box)
    least = (threshold - 1) / 2  # below it is what smoothing carried over from a neighbour
    rest = (patch for patch in _patches(above, reach) if not _is_lost(ratio, patch, strong, bin_hz))
    weak = [box for box in (_box(ratio, patch) for patch in rest) if box.snr > least]
    boxes = gathered([*strong, *weak], bin_hz, proven)
    kept = sorted(boxes[:MOST_BOXES], key=lambda box: (box.first_row, box.first_bin))
    return kept, len(boxes) - len(kept)


def _grown(box: Box, ratio: Cells, above: Mask) -> Box:
    """A strong box out to its own edges, which may lie below the threshold that found it."""
    by_bin = ratio[box.first_row : box.last_row].mean(axis=0) - 1
    first, last = box.first_bin, box.last_bin
    edge = EDGE_SHARE * _median(by_bin[first:last])
    while first > 0 and by_bin[first - 1] >= edge:
        first -= 1
    while last < len(by_bin) and by_bin[last] >= edge:
        last += 1
    inside = slice(box.first_row, box.last_row), slice(first, last)
    snr, filled = float(np.mean(ratio[inside])) - 1, float(np.mean(above[inside]))
    return replace(box, first_bin=first, last_bin=last, snr=max(snr, 1e-3), filled=filled)


def _clear(above: Mask, box: Box) -> None:
    """Take a box and the skirts that smoothing and the window gave it out of the mask."""
    rows = slice(max(0, box.first_row - SMOOTH_ROWS), box.last_row + SMOOTH_ROWS)
    above[rows, max(0, box.first_bin - SMOOTH_BINS) : box.last_bin + SMOOTH_BINS] = False


@dataclass(frozen=True, slots=True)
class _Patch:
    """Cells that touch: a mask, and the row and the bin at which it begins."""

    inside: Mask
    row: int
    column: int

    @property
    def cut(self) -> tuple[slice, slice]:
        """The rows and bins about it."""
        high, wide = self.inside.shape
        return slice(self.row, self.row + high), slice(self.column, self.column + wide)


def _patches(above: Mask, reach: int) -> Iterator[_Patch]:
    """Find every patch; blocks that touch are one patch, over gaps of less than a block."""
    labels, count = ndimage.label(_any_in_blocks(above, JOIN_ROWS, reach), np.ones((3, 3)))
    places = ndimage.find_objects(labels)
    for nth in range(count):
        rows, columns = places[nth]
        own = np.equal(labels[rows, columns], nth + 1)
        mask = np.repeat(np.repeat(own, JOIN_ROWS, axis=0), reach, axis=1)
        row, column = rows.start * JOIN_ROWS, columns.start * reach
        cells = above[row : row + mask.shape[0], column : column + mask.shape[1]]
        yield _Patch(np.logical_and(cells, mask[: cells.shape[0], : cells.shape[1]]), row, column)


def _is_lost(ratio: Cells, patch: _Patch, strong: Sequence[Box], bin_hz: float) -> bool:
    """Whether a patch, taken as wide as its blocks, is a slope of a strong box and needs no box."""
    rows, bins = patch.cut
    snr = float(_mean(ratio[rows, bins][patch.inside], 0)) - 1
    whole = Box(
        first_row=rows.start, last_row=rows.stop, first_bin=bins.start, last_bin=bins.stop,
        start_row=rows.start, end_row=rows.stop, snr=snr, filled=1.0,
    )  # fmt: skip
    return any(is_lost_in(whole, of, bin_hz) for of in strong)


def _any_in_blocks(above: Mask, rows: int, bins: int) -> Mask:
    """Whether any cell of a block is set."""
    short = (-above.shape[0] % rows, -above.shape[1] % bins)
    padded = np.pad(above, ((0, short[0]), (0, short[1])))
    by_row = np.logical_or.reduce([padded[nth::rows] for nth in range(rows)])
    return np.asarray(np.logical_or.reduce([by_row[:, nth::bins] for nth in range(bins)]))


def _box(ratio: Cells, patch: _Patch) -> Box:
    """The box about the cells of one patch."""
    rows, bins = (_extent(np.logical_or.reduce(patch.inside, axis)) for axis in (1, 0))
    power, inside = ratio[patch.cut][rows, bins] - 1, patch.inside[rows, bins]
    own = power[inside]
    usual = np.minimum(power, _median(own))  # no neighbour's skirt counts
    in_time, in_band = _extent(_loud(_mean(usual, 1))), _extent(_loud(_mean(power, 0)))
    by_row = _mean(power, 1)
    kept = inside[in_time, in_band]
    level = max(_median(by_row[in_time]), 1e-6)
    early, late = (min(1.0, max(0.1, float(by_row[at]) / level)) for at in _ends(in_time))
    first_row, last_row = (patch.row + rows.start + at for at in (in_time.start, in_time.stop))
    first_bin = patch.column + bins.start + in_band.start
    return Box(
        first_row=first_row,
        last_row=last_row,
        first_bin=first_bin,
        last_bin=first_bin + in_band.stop - in_band.start,
        start_row=first_row + 1 - early,
        end_row=last_row - 1 + late if last_row - first_row > 1 else float(last_row),
        snr=max(float(_mean(own, 0)), 1e-3),
        filled=float(np.count_nonzero(kept)) / kept.size,
    )


def _loud(power: Cells) -> Mask:
    """Where a profile is more than a share of its own middle level; somewhere it always is."""
    ordered = np.sort(power)
    return np.asarray(power >= min(EDGE_SHARE * _middle(ordered), float(ordered[-1])))


def _mean(power: Cells, axis: int) -> Cells:
    """The mean along an axis, without what NumPy's own spends on other types."""
    mean: Cells = np.add.reduce(power, axis) * np.float32(1 / power.shape[axis])
    return mean


def _median(values: Cells) -> float:
    """The median; of some hundred values an eighth of the time that NumPy's own takes."""
    return _middle(np.sort(values))


def _middle(ordered: Cells) -> float:
    return float(ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def _extent(marked: Mask) -> slice:
    """From the first to the last that is marked."""
    return slice(int(marked.argmax()), len(marked) - int(marked[::-1].argmax()))


def _ends(extent: slice) -> tuple[int, int]:
    return extent.start, extent.stop - 1
