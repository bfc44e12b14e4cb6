"""What a radar chip, range by Doppler about one detection, tells of its target.

A chip is a cut of a range-Doppler map in dB with the target at its centre (RAD-DAR: 11 range by 61
Doppler cells of an X-band FMCW radar). Levels count twice: over the chip's own floor, and as they
are, because the floor follows the receiver's response over range, so that floor and peak together
tell of the cross-section. What stands still draws one line over all ranges at minus the target's
speed. It says how fast the target is, not what it is, and it hides what lies beneath: its place is
told apart, and it is taken out before the rest is measured.

Cost: about 700 cells are sorted by halves once, compared a dozen times and summed.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]

RANGES, DOPPLERS = 11, 61
MIDDLE = DOPPLERS // 2
BODY = 4
"""Cells from the middle within which a line is the target's own."""

LINE_DB, EDGE_DB = 7.0, 3.5
"""Of nine ranges of eleven over the floor: a line, and the cells at its sides."""

REACH = 5, 16
"""Cells around the peak that are measured: range, Doppler."""

WINDOWS = {"near": 2, "wide": 6, "all": REACH[1]}
LEVELS_DB = (6.0, 8.0, 10.0, 12.0, 15.0, 20.0)
DROPS_DB = (3.0, 6.0, 10.0)
TOGETHER = 512
"""Chips that are worked at once: their cells stay in the cache."""

FEATURES = (
    "floor_db", "peak_db", "peak_over_floor_db", "peak_range_cell", "peak_doppler_cell",
    "line_db", "line_cells", "line_width_cells",
    *(f"range_{cell:+d}_db" for cell in range(-REACH[0], REACH[0] + 1)),
    *(f"doppler_{side}_{cell}_db" for side in ("high", "low") for cell in range(1, 7)),
    *(f"{part}_{window}" for window in WINDOWS for part in
      ("range_mean", "range_spread", "range_skew", "doppler_mean", "doppler_spread",
       "energy_db", "energy_over_peak_db")),
    *(f"cells_{part}_{level:.0f}_db" for level in LEVELS_DB for part in
      ("column", "rows", "patch", "nearer", "farther")),
    *(f"{part}_{drop:.0f}_db" for drop in DROPS_DB for part in ("doppler_width", "range_width")),
    "nearer_db", "farther_db", "skirt_high_db", "skirt_low_db", "mean_db", "spread_db",
)  # fmt: skip
"""In the order of the columns; `db` levels are over the floor unless the name says else."""

_SPECKLE_DB = (
    10
    * np.log10(np.random.default_rng(20).exponential(1 / math.log(2), (RANGES, DOPPLERS)))
).astype(np.float32)  # fmt: skip


def chip_features(chips: Array) -> Array:
    """Measure each chip.

    Parameters
    ----------
    chips : float32, shape (n, 11, 61)
        Power in dB, of any reference that stays the same from chip to chip.

    Returns
    -------
    float32, shape (n, len(FEATURES))
        In dB and cells. Both directions of Doppler are the same: a target that comes and one that
        goes.
    """
    blocks = [_measured(chips[at : at + TOGETHER]) for at in range(0, len(chips), TOGETHER)]
    return np.concatenate(blocks) if blocks else np.empty((0, len(FEATURES)), np.float32)


def floors_db(chips: Array) -> Array:
    """The median of each chip's cells, in dB; shape (n, 1, 1)."""
    cells = chips.reshape(len(chips), -1)
    half = cells.shape[1] // 2
    return np.partition(cells, half, axis=1)[:, half, None, None]


def standing_lines(over_db: Array) -> Mask:
    """Tell which Doppler cells belong to what stands still: high at nearly all ranges.

    Parameters
    ----------
    over_db : float32, shape (n, 11, 61)
        Over the floor.

    Returns
    -------
    bool, shape (n, 61)
        With the sides of a line; never the middle, where the target is.
    """
    third = _third_lowest(over_db)
    aside = np.abs(np.arange(DOPPLERS) - MIDDLE) >= BODY
    lines: Mask = (third > LINE_DB) & aside
    if not lines.any():
        return lines
    edges = (third > EDGE_DB) & aside
    for _ in range(4):
        lines = lines | (_widened(lines) & edges)
    return _widened(lines) & aside


def without_lines(over_db: Array, lines: Mask) -> Array:
    """Put speckle in the place of each line; the same in each chip, so that nothing is drawn."""
    return np.where(lines[:, None], _SPECKLE_DB, over_db)


def _third_lowest(over_db: Array) -> Array:
    """Of the ranges of each Doppler cell: a line holds there, a target does not."""
    lowest = second = third = np.full(over_db[:, 0].shape, np.inf, np.float32)
    for row in range(over_db.shape[1]):
        value = over_db[:, row]
        pushed = np.maximum(lowest, value)
        lowest = np.minimum(lowest, value)
        value = np.maximum(second, pushed)
        second = np.minimum(second, pushed)
        third = np.minimum(third, value)
    return third


def _widened(columns: Mask) -> Mask:
    wide = columns.copy()
    wide[:, 1:] |= columns[:, :-1]
    wide[:, :-1] |= columns[:, 1:]
    return wide


def _measured(chips: Array) -> Array:
    floor = floors_db(chips)
    over = chips - floor
    lines = standing_lines(over)
    standing = _line_features(over, lines)
    over = without_lines(over, lines)
    peak, row, column = _peaks(over)
    patch = _patches(over, row, column)
    apart = np.abs(column - MIDDLE)
    levels = np.stack([floor[:, 0, 0], floor[:, 0, 0] + peak, peak, row, apart], axis=1)
    parts = [levels, standing, *_profiles(patch, peak), *_moments(patch), *_counts(patch),
             *_widths(patch, peak), _sides(patch)]  # fmt: skip
    whole = np.stack([over.mean(axis=(1, 2)), over.std(axis=(1, 2))], axis=1)
    return np.concatenate([*parts, whole], axis=1, dtype=np.float32)


def _line_features(over: Array, lines: Mask) -> Array:
    """Its level, how far it is from the target and how wide; -5 dB and 40 cells without one."""
    level = np.where(lines, over.mean(axis=1), np.float32(-5))
    strongest = level.max(axis=1)
    apart = np.where(lines.any(axis=1), np.abs(level.argmax(axis=1) - MIDDLE), 40)
    return np.stack([strongest, apart, lines.sum(axis=1)], axis=1)


def _peaks(over: Array) -> tuple[Array, NDArray[np.intp], NDArray[np.intp]]:
    """The strongest cell near the middle: its level, range cell and Doppler cell."""
    near = over[:, 2:9, MIDDLE - 4 : MIDDLE + 5]
    at = near.reshape(len(over), -1).argmax(axis=1)
    row, column = at // near.shape[2] + 2, at % near.shape[2] + MIDDLE - 4
    return over[np.arange(len(over)), row, column], row, column


def _patches(over: Array, row: NDArray[np.intp], column: NDArray[np.intp]) -> Array:
    """The cells around each peak, shape (n, 11, 33); 0 dB beyond the chip."""
    high, wide = REACH
    room = np.zeros((len(over), RANGES + 2 * high, DOPPLERS + 2 * wide), np.float32)
    room[:, high:-high, wide:-wide] = over
    rows = row[:, None] + np.arange(2 * high + 1)
    columns = column[:, None] + np.arange(2 * wide + 1)
    chip = np.arange(len(over))[:, None, None]
    patches: Array = room[chip, rows[:, :, None], columns[:, None, :]]
    return patches


def _profiles(patch: Array, peak: Array) -> list[Array]:
    """Along range and along Doppler, by the peak; Doppler's sides by which is higher."""
    high, wide = REACH
    ranges = patch[:, :, wide - 2 : wide + 3].max(axis=2)
    below = patch[:, high, wide - 6 : wide][:, ::-1]
    above = patch[:, high, wide + 1 : wide + 7]
    lines = ranges, np.maximum(below, above), np.minimum(below, above)
    return [line - peak[:, None] for line in lines]


def _moments(patch: Array) -> list[Array]:
    """Mean, spread and skew of the power over the floor, in cells, and the energy."""
    wide = REACH[1]
    power = np.exp(np.clip(patch, -30, 60) * np.float32(math.log(10) / 10))
    power = np.maximum(power - np.float32(1.5), 0)
    ranges = np.arange(-REACH[0], REACH[0] + 1, dtype=np.float32)
    moments: list[Array] = []
    for cells in WINDOWS.values():
        part = power[:, :, wide - cells : wide + cells + 1]
        along_range, along_doppler = part.sum(axis=2), part.sum(axis=1)
        total = along_range.sum(axis=1) + np.float32(1e-3)
        middle, spread, skew = _shape(along_range, ranges, total)
        dopplers = np.arange(-cells, cells + 1, dtype=np.float32)
        aside, doppler_spread, _ = _shape(along_doppler, dopplers, total)
        energy_db = 10 * np.log10(total)
        over_peak_db = energy_db - 10 * np.log10(part.max(axis=(1, 2)) + np.float32(1e-3))
        moments.append(np.stack([middle, spread, skew, np.abs(aside), doppler_spread,
                                 energy_db, over_peak_db], axis=1))  # fmt: skip
    return moments


def _shape(weights: Array, cells: Array, total: Array) -> tuple[Array, Array, Array]:
    mean = weights @ cells / total
    apart = cells - mean[:, None]
    spread = np.sqrt((weights * apart**2).sum(axis=1) / total)
    return mean, spread, (weights * apart**3).sum(axis=1) / total


def _counts(patch: Array) -> list[Array]:
    """Cells over each level: at the body line, at the peak's ranges, anywhere, on each side."""
    high, wide = REACH
    counts: list[Array] = []
    for level in LEVELS_DB:
        over = patch > np.float32(level)
        body = over[:, :, wide - 2 : wide + 3].sum(axis=2)
        along = over.sum(axis=2)
        counts.append(np.stack([body.sum(axis=1), along[:, high - 2 : high + 3].sum(axis=1),
                                along.sum(axis=1), body[:, :high].sum(axis=1),
                                body[:, high + 1 :].sum(axis=1)], axis=1))  # fmt: skip
    return counts


def _widths(patch: Array, peak: Array) -> list[Array]:
    """Cells of the peak's own lines that are within so many dB of it."""
    high, wide = REACH
    doppler, ranges = patch[:, high, wide - 6 : wide + 7], patch[:, :, wide]
    widths: list[Array] = []
    for drop in DROPS_DB:
        level = peak[:, None] - np.float32(drop)
        widths.append(np.stack([(doppler > level).sum(axis=1), (ranges > level).sum(axis=1)], 1))
    return widths


def _sides(patch: Array) -> Array:
    """Mean levels off the peak: nearer and farther on the body line, and both skirts of Doppler."""
    high, wide = REACH
    body = patch[:, :, wide - 2 : wide + 3].mean(axis=2)
    rows = patch[:, high - 1 : high + 2]
    one, other = rows[:, :, : wide - 3].mean(axis=(1, 2)), rows[:, :, wide + 4 :].mean(axis=(1, 2))
    return np.stack([body[:, :4].mean(axis=1), body[:, 7:].mean(axis=1),
                     np.maximum(one, other), np.minimum(one, other)], axis=1)  # fmt: skip
