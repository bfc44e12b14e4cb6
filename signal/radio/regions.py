"""Where a burst as wide and as long as DroneID's may be: a binary integrator on the power cells.

The power over the floor is averaged over 1 MHz and half a millisecond. Where the mean of nine
neighbouring megahertz exceeds a threshold, and enough of them one of their own, a burst of nine may
be (M of N: Schwartz, IRE Trans. Inf. Theory 2, 1956). A neighbour, however strong, fills only its
own megahertz. A megahertz does
not count where its power cannot be a burst's: it goes on as before or after, or is too short.
This decides where the matched stage looks, not what it finds.
Cost: one addition for each cell, and some operations for each half megahertz of a row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
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

NEAR_HZ = 1.5e6
"""Between two ranges: one channel covers twice that, and costs the same with or without the gap."""

LONGEST_S = 643.2e-6
"""What lies a row and more outside of this is not the burst's."""

APART = 2.0
"""What goes on before or after a burst is that much weaker or stronger; what is as strong is more
of the same. Rows of one burst differ by less. Without such limits every long signal calls the
matched stage all the time."""

SHORTEST_S = 0.47e-3
"""A burst's energy over its level: shorter frames have less."""

CHANCE = 3.0
"""Standard deviations of noise that both limits allow for."""

SPREAD_FALSE_ALARM = 1e-3
"""Of M of N at one place."""

POWER_FALSE_ALARM = 5e-5
"""Of the mean at one place; in 50 MHz of noise both call the matched stage 20 times a second."""


@dataclass(frozen=True, slots=True)
class Region:
    """Where a burst may be: rows of cells, half-open, and the range of its carrier."""

    first_row: int
    last_row: int
    low_hz: float
    high_hz: float


@dataclass(frozen=True, slots=True)
class Look:
    """A time of the page to look at once: rows, half-open, and ranges of the carrier."""

    first_row: int
    last_row: int
    ranges_hz: tuple[tuple[float, float], ...]


def looks(regions: Sequence[Region], longest_rows: int, overlap_rows: int) -> list[Look]:
    """Put together the regions that overlap in time, so that no sample is looked at twice.

    Parameters
    ----------
    regions : sequence of Region
    longest_rows : int
        Of one look; longer regions are cut.
    overlap_rows : int
        Of the pieces of a cut region: a burst's length.
    """
    pieces = [piece for region in regions for piece in _cut(region, longest_rows, overlap_rows)]
    together: list[list[Region]] = []
    first = last = 0  # rows of the last of them
    for piece in sorted(pieces, key=lambda one: one.first_row):
        if piece.first_row < last and piece.last_row - first <= longest_rows:
            together[-1].append(piece)
            last = max(last, piece.last_row)
        else:
            together.append([piece])
            first, last = piece.first_row, piece.last_row
    return [Look(one[0].first_row, max(r.last_row for r in one), _united(one)) for one in together]


def _cut(region: Region, longest_rows: int, overlap_rows: int) -> Iterator[Region]:
    last_start = max(region.last_row - overlap_rows, region.first_row + 1)
    for first in range(region.first_row, last_start, max(1, longest_rows - overlap_rows)):
        yield replace(region, first_row=first, last_row=min(first + longest_rows, region.last_row))


def _united(regions: Sequence[Region]) -> tuple[tuple[float, float], ...]:
    """The ranges of some regions; those not more than `NEAR_HZ` apart as one."""
    ranges: list[tuple[float, float]] = []
    for low_hz, high_hz in sorted((one.low_hz, one.high_hz) for one in regions):
        if ranges and low_hz <= ranges[-1][1] + NEAR_HZ:
            ranges[-1] = (ranges[-1][0], max(ranges[-1][1], high_hz))
        else:
            ranges.append((low_hz, high_hz))
    return tuple(ranges)


def find_regions(
    ratio: Cells,
    sample_rate_hz: float,
    row_s: float,
    *,
    thorough: bool = False,
) -> list[Region]:
    """Find where a burst may be.

    Parameters
    ----------
    ratio : float32, shape (rows, bins)
        Power over the floor.
    sample_rate_hz, row_s : float
        Width of the band, and duration of a row.
    thorough : bool
        Also where longer signals would hide a burst of less than their power.
    """
    possible = places_above(ratio, sample_rate_hz, row_s, thorough=thorough)
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
    ratio: Cells,
    sample_rate_hz: float,
    row_s: float,
    *,
    thorough: bool = False,
    spread_false_alarm: float = SPREAD_FALSE_ALARM,
    power_false_alarm: float = POWER_FALSE_ALARM,
) -> NDArray[np.bool_]:
    """Mark every place where a burst may be.

    Returns
    -------
    bool, shape (places, steps)
        By first row and by carrier in steps of `STEP_HZ`.
    """
    rows, bins = ratio.shape
    edges = _edges(sample_rate_hz, bins)
    steps = len(edges) - 2 * SUB_BANDS + 1
    if rows == 0 or steps < 1:
        return np.zeros((0, 0), np.bool_)
    by_band = _by_band(ratio, edges)
    lasting = _lasting_rows(rows, row_s)
    sums = np.concatenate([np.zeros_like(by_band[:1]), np.cumsum(by_band, axis=0)])
    during = (sums[lasting:] - sums[:-lasting]) / np.float32(lasting)
    cells = 2 * STEP_HZ / sample_rate_hz * bins
    hot = during > _spread_threshold(round(lasting * cells), spread_false_alarm)
    nine = [slice(2 * nth, 2 * nth + steps) for nth in range(SUB_BANDS)]
    power = sum(during[:, band] for band in nine) / np.float32(SUB_BANDS)
    loud = power > _mean_threshold(round(lasting * cells * SUB_BANDS), power_false_alarm)
    marked: NDArray[np.bool_] = loud & _enough(hot, nine)
    if thorough or not marked.any():
        return marked
    chance = CHANCE * float(np.sqrt(LEAKAGE / AVERAGED / cells))
    marked &= _enough(hot & _may_be_a_burst(by_band, during, row_s, chance), nine)
    return marked


def _enough(hot: NDArray[np.bool_], nine: Sequence[slice]) -> NDArray[np.bool_]:
    """Whether M of N bands are hot."""
    count = sum(hot[:, band].astype(np.uint8) for band in nine)
    enough: NDArray[np.bool_] = np.asarray(count) >= NEEDED
    return enough


def _by_band(ratio: Cells, edges: NDArray[np.intp]) -> Cells:
    """The mean of every row in each megahertz, half a megahertz apart."""
    halves = np.add.reduceat(ratio, edges, axis=1)
    widths = np.diff(edges, append=ratio.shape[1]).astype(np.float32)
    bands: Cells = np.divide(halves[:, :-1] + halves[:, 1:], widths[:-1] + widths[1:])
    return bands


def _may_be_a_burst(
    by_band: Cells, during: Cells, row_s: float, chance: float
) -> NDArray[np.bool_]:
    """Whether the power of each place begins and ends with a burst there, and lasts as long.

    The burst begins in the row before the place, of which it may fill the end only. What lies
    beyond the page is taken for quiet.
    """
    places, longest = len(during), int(np.ceil(LONGEST_S / row_s)) + 1
    quiet = np.zeros((longest + 1, by_band.shape[1]), np.float32)
    rows = np.concatenate([quiet[:2], by_band - 1, quiet])  # a place's own row lies two later
    before, after = rows[:places], rows[longest + 1 :][:places]
    inside = np.array([rows[2 + nth :][:places] for nth in range(max(1, longest - 3))])
    spare = len(inside) // 4  # rows that a stronger frame may fill
    level = _largest(list(inside), spare + 1)
    sums = np.cumsum(rows, axis=0)
    energy = sums[longest:][:places] - sums[:places]

    alone = _apart(before, level, chance) & _apart(after, level, chance)
    alike = (inside > level / APART - chance) & (inside < level * APART + chance)
    even = np.count_nonzero(alike, axis=0) >= len(inside) - 1 - spare
    lasts = energy >= SHORTEST_S / row_s * (level - chance)
    explained = level + chance >= (during - 1) / APART
    may_be: NDArray[np.bool_] = alone & even & lasts & explained
    return may_be


def _largest(rows: Sequence[Cells], nth: int) -> Cells:
    """The `nth` largest of the rows, from 1, at each place; a sort along the rows is far slower."""
    largest = [np.full_like(rows[0], -np.inf) for _ in range(nth)]
    for row in rows:
        rest = row
        for at, one in enumerate(largest):
            largest[at], rest = np.maximum(one, rest), np.minimum(one, rest)
    return largest[-1]


def _apart(power: Cells, level: Cells, chance: float) -> NDArray[np.bool_]:
    """Whether a power is clearly weaker than a level, or clearly stronger."""
    return np.logical_or(power < level / APART + chance, power > level * APART)


def _edges(sample_rate_hz: float, bins: int) -> NDArray[np.intp]:
    """The first bin of each `STEP_HZ` of the band."""
    lows_hz = np.arange(0, sample_rate_hz - STEP_HZ / 2, STEP_HZ)
    edges: NDArray[np.intp] = np.round(lows_hz * bins / sample_rate_hz).astype(np.intp)
    return edges


def _lasting_rows(rows: int, row_s: float) -> int:
    return max(1, min(rows, round(LASTING_S / row_s)))


@cache
def _spread_threshold(cells: int, false_alarm: float) -> float:
    """The mean of `cells` ratios that noise exceeds so rarely that M of N do with `false_alarm`."""
    one = float(betaincinv(NEEDED, SUB_BANDS - NEEDED + 1, false_alarm))
    return _mean_threshold(cells, one)


@cache
def _mean_threshold(cells: int, false_alarm: float) -> float:
    """The mean of `cells` ratios that noise exceeds with probability `false_alarm`."""
    shape = AVERAGED * cells / LEAKAGE
    return float(gamma.isf(false_alarm, shape, scale=1 / shape))
