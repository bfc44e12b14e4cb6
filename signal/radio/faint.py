"""Emissions too weak for a single cell: power averaged over the times and widths that links have.

`boxes.py` compares a few cells at a time. A burst of five milliseconds at the level of the noise
does not lift these, or only here and there; averaged over its own time and width it stands out. The
mean of n independent cells under noise is Gamma distributed, so each size of average has its own
threshold for the same false-alarm rate. Of averages that overlap the most significant is kept; its
edges lie where the running sum of the excess turns (Page, Biometrika 41, 1954).
Cost: one pass over the cells, and some for an eighth of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import ndimage
from scipy.stats import gamma

from .fsk import edges
from .scraps import Box
from .spectrum import AVERAGED, LEAKAGE, Cells
from .whole import whole

COARSE_S, COARSE_HZ = 0.2e-3, 150e3
TIMES = (2, 6, 20)
WIDTHS = (1, 5, 22, 60)
"""Sizes of averages, in coarse cells: 0.4 to 4 ms, and 0.15 to 9 MHz."""

FALSE_ALARM = 1e-9
LEAST_EXCESS = 0.12
"""Of the noise: the floor itself is known no better over a wide band."""

FLOOR_ERROR = 0.05
MOST = 24
"""Of one page; the most significant."""

PLAIN_SNR, PLAIN_FILLED = 3.0, 0.55
"""A box of so much power, so evenly filled, is whole: it hides nothing."""

CROWDED = 64
"""A page with so many boxes has no quiet in which a faint emission would be seen."""

BESIDE_SHARE = 0.05
"""Of a stronger emission's power: what it may throw beside itself, while it lasts."""

EDGE_BINS = 6
"""So near its band what is weaker than an emission is its own edge."""

PIECE_SHARE = 4.0
"""A box within a faint emission of less than so many times its power is a piece of it."""

COVERED = 0.6


@dataclass(frozen=True, slots=True)
class _Average:
    significance: float
    rows: slice
    columns: slice


def with_faint(
    ratio: Cells, boxes: Sequence[Box], bin_hz: float, row_s: float, proven: Sequence[Box] = ()
) -> list[Box]:
    """Add the faint emissions to the boxes, in place of the pieces of them that were boxed.

    Weak narrow boxes are followed to their ends (`whole.py`).

    Parameters
    ----------
    ratio : float32, shape (rows, bins)
        Power over the floor.
    boxes : sequence of Box
        What single cells showed.
    bin_hz, row_s : float
    proven : sequence of Box
        Emissions that are known already.

    Returns
    -------
    list of Box
        By time.
    """
    return whole(ratio, _with_faint(ratio, boxes, bin_hz, row_s, proven), bin_hz)


def _with_faint(
    ratio: Cells, boxes: Sequence[Box], bin_hz: float, row_s: float, proven: Sequence[Box]
) -> list[Box]:
    rows, bins = max(1, round(COARSE_S / row_s)), max(1, round(COARSE_HZ / bin_hz))
    if len(ratio) < 2 * rows or ratio.shape[1] < 4 * bins:
        return list(boxes)
    if len(boxes) >= CROWDED:
        return list(boxes)
    plain = [one for one in boxes if one.snr >= PLAIN_SNR and one.filled >= PLAIN_FILLED]
    quiet = _without(ratio, plain)
    coarse = _coarse(quiet, rows, bins)
    kept = list(boxes)
    for average in _apart(_averages(coarse, rows * bins)):
        box = _box(quiet, average, rows, bins)
        if box is None:
            continue
        if any(_is_beside(box, one) for one in (*proven, *boxes)):
            continue
        inside = [one for one in kept if _covered(one, box) > COVERED]
        if any(_covered(box, one) > COVERED for one in kept):
            continue
        pieces = {id(one) for one in inside if one.snr < PIECE_SHARE * box.snr}
        kept = [one for one in kept if id(one) not in pieces] + [box]
    return sorted(kept, key=lambda one: (one.first_row, one.first_bin))


def _without(ratio: Cells, boxes: Sequence[Box]) -> Cells:
    """The cells with the floor where a plain box and its skirts are."""
    if not boxes:
        return ratio
    quiet = ratio.copy()
    for box in boxes:
        skirt = 3 + box.bins // 2 if box.snr > 100 else 3
        quiet[max(0, box.first_row - 2) : box.last_row + 2,
              max(0, box.first_bin - skirt) : box.last_bin + skirt] = 1  # fmt: skip
    return quiet


def _coarse(ratio: Cells, rows: int, bins: int) -> Cells:
    high, wide = ratio.shape[0] // rows, ratio.shape[1] // bins
    by_row = ratio[: high * rows : rows].copy()
    for nth in range(1, rows):
        by_row += ratio[nth : high * rows : rows]
    total = by_row[:, : wide * bins : bins].copy()
    for nth in range(1, bins):
        total += by_row[:, nth : wide * bins : bins]
    return total * np.float32(1 / (rows * bins))


def _averages(coarse: Cells, cells: int) -> Iterator[_Average]:
    """The averages of each size that noise does not give, one for each patch of them."""
    high, wide = coarse.shape
    down = np.zeros((high + 1, wide), np.float64)
    np.cumsum(coarse - 1, axis=0, out=down[1:])
    for tall in (one for one in TIMES if one <= high):
        across = np.zeros((high + 1 - tall, wide + 1), np.float64)
        np.cumsum(down[tall:] - down[:-tall], axis=1, out=across[:, 1:])
        for broad in (one for one in WIDTHS if one <= wide):
            mean = (across[:, broad:] - across[:, :-broad]) * (1 / (tall * broad))
            places = tall * broad * cells
            least = max(_threshold(places), LEAST_EXCESS if broad > 3 else 0.0)
            above = mean > least
            if not above.any():
                continue
            labels, _ = ndimage.label(above)
            spread = np.sqrt(LEAKAGE / AVERAGED / places + (FLOOR_ERROR**2) / max(1, broad / 5))
            for patch in ndimage.find_objects(labels):
                inside = mean[patch]
                at = np.unravel_index(int(np.argmax(inside)), inside.shape)
                row, column = int(patch[0].start + at[0]), int(patch[1].start + at[1])
                yield _Average(
                    float(inside[at] / spread), slice(row, row + tall),
                    slice(column, column + broad),
                )  # fmt: skip


def _apart(averages: Iterator[_Average]) -> list[_Average]:
    """The most significant averages that do not overlap."""
    kept: list[_Average] = []
    for one in sorted(averages, key=lambda average: -average.significance):
        if len(kept) >= MOST:
            break
        if not any(_meet(one.rows, of.rows) and _meet(one.columns, of.columns) for of in kept):
            kept.append(one)
    return kept


def _meet(one: slice, other: slice) -> bool:
    return bool(one.start < other.stop and other.start < one.stop)


def _box(ratio: Cells, average: _Average, rows: int, bins: int) -> Box | None:
    """Fit the edges of an average to the cells: first its times, then its band, then both again."""
    in_time = slice(average.rows.start * rows, average.rows.stop * rows)
    in_band = slice(average.columns.start * bins, average.columns.stop * bins)
    for _ in range(2):
        in_time = _fitted(ratio[:, in_band].mean(axis=1) - 1, in_time)
        in_band = _fitted(ratio[in_time].mean(axis=0) - 1, in_band)
    snr = float(ratio[in_time, in_band].mean()) - 1
    if snr <= 0:
        return None
    return Box(
        first_row=in_time.start, last_row=in_time.stop, first_bin=in_band.start,
        last_bin=in_band.stop, start_row=float(in_time.start), end_row=float(in_time.stop),
        snr=snr, filled=1.0,
    )  # fmt: skip


def _fitted(excess: Cells, within: slice) -> slice:
    """Where the excess is more than half of what it is within."""
    level = float(excess[within].mean()) / 2
    if level <= 0:
        return within
    span = within.stop - within.start
    first, last = max(0, within.start - 4 * span), min(len(excess), within.stop + 4 * span)
    start, end = edges(excess[first:last], level, (within.start + within.stop) // 2 - first)
    return slice(first + start, first + max(end, start + 1))


def _is_beside(box: Box, of: Box) -> bool:
    """Whether a faint box is what a stronger emission throws beside itself."""
    together = box.first_row < of.last_row + 2 and of.first_row - 2 < box.last_row
    gap = max(of.first_bin - box.last_bin, box.first_bin - of.last_bin)
    share = 1.0 if gap <= EDGE_BINS + of.bins // 10 and of.filled > PLAIN_FILLED else BESIDE_SHARE
    return together and gap <= of.bins and box.snr < of.snr * share


def _covered(box: Box, by: Box) -> float:
    """The share of a box that lies within another."""
    high = min(box.last_row, by.last_row) - max(box.first_row, by.first_row)
    wide = min(box.last_bin, by.last_bin) - max(box.first_bin, by.first_bin)
    return max(0, high) * max(0, wide) / (box.rows * box.bins)


@cache
def _threshold(cells: int) -> float:
    """The mean excess of `cells` ratios that noise reaches with `FALSE_ALARM`."""
    shape = AVERAGED * cells / LEAKAGE
    return float(gamma.isf(FALSE_ALARM, shape, scale=1 / shape)) - 1 + FLOOR_ERROR
