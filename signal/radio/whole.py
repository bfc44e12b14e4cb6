"""Weak narrow bursts, whole again: what single cells show of them is scraps.

From each scrap the burst is followed in time and in band while its power lasts: the running sum of
the excess over half of it rises inside and falls outside, and a fall that chance gives once in
`STOP_ODDS` edges ends it (Page, Biometrika 41, 1954). So a burst is not joined to the next on its
channel. Of the boxes that a whole one covers none is left.
Cost: some 0.1 ms for each burst, less than measuring its scraps one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .scraps import Box
from .spectrum import AVERAGED, LEAKAGE, Cells

NARROW_HZ = 2.5e6
STRONG_SNR = 10.0
"""What is as strong is not in scraps."""

TURNS = 4
STOP_ODDS = 1e4
LEAST_EXCESS = 0.05
COVERED = 0.6
TWIN_ROWS = 2
TWIN_GAP = 1.5
TWIN_SHARE = 0.2
"""Strips that begin and end together, as strong as each other, with gaps of about their own widths
are one wide burst in which several paths have cut notches."""


def whole(ratio: Cells, boxes: Sequence[Box], bin_hz: float) -> list[Box]:
    """Follow the weak narrow boxes to their ends.

    Parameters
    ----------
    ratio : float32, shape (rows, bins)
        Power over the floor.
    boxes : sequence of Box
    bin_hz : float

    Returns
    -------
    list of Box
        By time.
    """
    weak = [one for one in boxes if one.bins * bin_hz < NARROW_HZ and one.snr < STRONG_SNR]
    kept = [one for one in boxes if not (one.bins * bin_hz < NARROW_HZ and one.snr < STRONG_SNR)]
    for scrap in sorted(weak, key=lambda one: -_energy(one)):
        if any(_share(scrap, one) > COVERED for one in kept):
            continue
        box = _followed(ratio, scrap)
        kept = [one for one in kept if _share(one, box) <= COVERED or _energy(one) > _energy(box)]
        kept.append(box)
    kept = _twins_joined(kept)
    return sorted(kept, key=lambda one: (one.first_row, one.first_bin))


def _followed(ratio: Cells, scrap: Box) -> Box:
    rows = slice(scrap.first_row, scrap.last_row)
    bins = slice(scrap.first_bin, scrap.last_bin)
    for _ in range(TURNS):
        before = (rows, bins)
        bins = _edges(ratio[rows].mean(axis=0) - 1, bins, rows.stop - rows.start)
        rows = _edges(ratio[:, bins].mean(axis=1) - 1, rows, bins.stop - bins.start)
        if (rows, bins) == before:
            break
    snr = float(ratio[rows, bins].mean()) - 1
    if snr <= 0:
        return scrap
    return replace(
        scrap, first_row=rows.start, last_row=rows.stop, first_bin=bins.start, last_bin=bins.stop,
        start_row=float(rows.start), end_row=float(rows.stop), snr=snr,
    )  # fmt: skip


def _edges(excess: Cells, within: slice, averaged: int) -> slice:
    """Where the excess about `within` ends: each of its values is the mean of `averaged` cells."""
    level = float(excess[within].mean()) / 2
    if level < LEAST_EXCESS:
        return within
    variance = (1 + 2 * level) ** 2 * LEAKAGE / (AVERAGED * averaged)
    stop = float(np.log(STOP_ODDS)) * variance / (2 * level)
    middle = (within.start + within.stop) // 2
    after = _last(excess[middle:] - level, stop)
    before = _last(excess[: middle + 1][::-1] - level, stop)
    return slice(middle - before + 1, middle + after)


def _last(rises: Cells, stop: float) -> int:
    """How many values from the first belong to the burst."""
    runs = np.cumsum(rises, dtype=np.float64)
    fallen = np.maximum.accumulate(runs) - runs > stop
    end = int(np.argmax(fallen)) if fallen.any() else len(runs)
    return int(np.argmax(runs[: max(end, 1)])) + 1


def _twins_joined(boxes: Sequence[Box]) -> list[Box]:
    joined: list[Box] = []
    for box in sorted(boxes, key=lambda one: one.first_bin):
        twin = next((one for one in joined if _is_twin(one, box)), None)
        if twin is None:
            joined.append(box)
            continue
        joined.remove(twin)
        low, high = min(twin.first_bin, box.first_bin), max(twin.last_bin, box.last_bin)
        energy = _energy(twin) + _energy(box)
        first, last = min(twin.first_row, box.first_row), max(twin.last_row, box.last_row)
        joined.append(
            replace(
                twin,
                first_row=first,
                last_row=last,
                first_bin=low,
                last_bin=high,
                start_row=min(twin.start_row, box.start_row),
                end_row=max(twin.end_row, box.end_row),
                snr=energy / ((last - first) * (high - low)),
            )
        )
    return joined


def _is_twin(one: Box, other: Box) -> bool:
    if min(one.rows, other.rows) <= TWIN_ROWS or max(one.snr, other.snr) > STRONG_SNR:
        return False
    together = (
        abs(one.first_row - other.first_row) <= TWIN_ROWS
        and abs(one.last_row - other.last_row) <= TWIN_ROWS
    )
    gap = max(other.first_bin - one.last_bin, one.first_bin - other.last_bin)
    alike = min(one.snr, other.snr) >= TWIN_SHARE * max(one.snr, other.snr)
    return together and alike and gap <= TWIN_GAP * (one.bins + other.bins)


def _energy(box: Box) -> float:
    return box.snr * box.rows * box.bins


def _share(box: Box, by: Box) -> float:
    """The share of a box that lies within another."""
    high = min(box.last_row, by.last_row) - max(box.first_row, by.first_row)
    wide = min(box.last_bin, by.last_bin) - max(box.first_bin, by.first_bin)
    return max(0, high) * max(0, wide) / (box.rows * box.bins)
