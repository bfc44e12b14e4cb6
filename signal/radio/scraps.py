"""Scraps of one emission, gathered: a person wants one box for one emission.

Two kinds are known:

- Parts: an emission near the threshold, or one that leaves gaps, falls into pieces. What lies
  in its time and near its band is a piece of it. Near is farther for a box that is less filled,
  and for two as dense as each other that begin and end together.
- Skirts: what amplifiers add beside a strong emission, while it lasts. Third-order products reach
  one bandwidth beyond its edges, 20 dB and more below it (IEEE 802.11-2020, 17.3.9.3; Bluetooth
  Core 5.4, vol. 6, part A, 3.2). What is weaker than that is not told by itself.

Cost: less than a microsecond for each pair of patches; nothing for each sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

JOIN_ROWS = 2
JOIN_HZ = 400_000.0

SKIRT_SHARE = 0.01
"""A skirt's density over its emission's, at most."""

PART_DENSITY = 2.0
"""A part's density over its emission's, at most: a far stronger piece is an emission itself."""

WIDENS_SHARE = 0.1
"""A part's density over its emission's, that widens its band: what is below is its slope."""

TWIN_SHARE = 0.25
"""Of the bandwidth: how far apart two pieces lie that begin and end together."""


@dataclass(frozen=True, slots=True)
class Box:
    """One patch of power above the floor.

    Parameters
    ----------
    first_row, last_row, first_bin, last_bin : int
        Half-open ranges of cells.
    start_row, end_row : float
        Where in its first and last row it begins and ends, by their share of its power.
    snr : float
        Linear, in-band, where it is above the threshold.
    filled : float
        Share of its cells that are above the threshold.
    """

    first_row: int
    last_row: int
    first_bin: int
    last_bin: int
    start_row: float
    end_row: float
    snr: float
    filled: float

    @property
    def rows(self) -> int:
        """Length in cells."""
        return self.last_row - self.first_row

    @property
    def bins(self) -> int:
        """Width in bins."""
        return self.last_bin - self.first_bin

    @property
    def energy(self) -> float:
        """Over the noise of one cell."""
        return self.snr * self.filled * self.rows * self.bins


def gathered(boxes: Sequence[Box], bin_hz: float, proven: Sequence[Box] = ()) -> list[Box]:
    """Join parts to the emission they belong to, and leave out skirts.

    Parameters
    ----------
    boxes : sequence of Box
    bin_hz : float
        Width of a bin.
    proven : sequence of Box
        Emissions that are known already: they have skirts, and take in no parts.

    Returns
    -------
    list of Box
        The strongest first.
    """
    kept: list[Box] = []
    for box in sorted(boxes, key=lambda one: -one.energy):
        if any(_is_skirt(box, stronger) for stronger in chain(proven, kept)):
            continue
        whole = next((nth for nth, of in enumerate(kept) if _is_part(box, of, bin_hz)), None)
        if whole is None:
            kept.append(box)
        else:
            kept[whole] = _joined(kept[whole], box)
    return kept


def _is_skirt(box: Box, of: Box) -> bool:
    """Whether `box` begins and ends with a far stronger one and lies within its bandwidth of it."""
    return (
        of.first_row - JOIN_ROWS <= box.first_row
        and box.last_row <= of.last_row + JOIN_ROWS
        and box.snr < of.snr * SKIRT_SHARE
        and _gap(box, of) <= of.bins
    )


def _is_part(box: Box, of: Box, bin_hz: float) -> bool:
    """Whether `box` is a piece of a stronger one."""
    if box.last_row <= of.first_row or of.last_row <= box.first_row:
        return False  # nearly all are
    shared = min(of.last_row, box.last_row) - max(of.first_row, box.first_row)
    if 2 * shared <= box.rows or box.snr > of.snr * PART_DENSITY:
        return False
    twins = (
        abs(of.first_row - box.first_row) <= JOIN_ROWS
        and abs(of.last_row - box.last_row) <= JOIN_ROWS
        and box.snr * PART_DENSITY >= of.snr
    )
    share = max((1 - of.filled) / 2, TWIN_SHARE if twins else 0.0)
    return _gap(box, of) <= max(JOIN_HZ / bin_hz, share * of.bins)


def is_lost_in(box: Box, of: Box, bin_hz: float) -> bool:
    """Whether `box` is a piece of `of` that would leave it as it is."""
    return box.snr < of.snr * WIDENS_SHARE and _is_part(box, of, bin_hz)


def _joined(whole: Box, part: Box) -> Box:
    """The emission with its part, by which its band grows; its times were measured on its bulk."""
    if part.snr < whole.snr * WIDENS_SHARE:
        return whole
    first, last = min(whole.first_bin, part.first_bin), max(whole.last_bin, part.last_bin)
    cells = [one.filled * one.rows * one.bins for one in (whole, part)]
    return replace(
        whole,
        first_bin=first,
        last_bin=last,
        snr=(whole.energy + part.energy) / max(sum(cells), 1.0),
        filled=min(1.0, sum(cells) / (whole.rows * (last - first))),
    )


def _gap(box: Box, of: Box) -> int:
    """Bins between two boxes; 0 where they overlap."""
    return max(0, of.first_bin - box.last_bin, box.first_bin - of.last_bin)
