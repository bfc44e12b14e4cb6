"""Wide signals that never pause: a plateau in the noise floor, told where its structure is plain.

The floor is what the band does not fall below; a transmitter that is always on is part of it. A
plateau may also be the receiver's own filter, so that only what has a link's structure is told.
Cost: a look at the floor; the structure of a plateau is measured in some pages only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from .spectrum import Cells

RISES = ((2.5e6, 1.25), (1e6, 1.6))
"""Least widths, and the rise over the quietest tenth of the band that each needs: 2 and 1 dB."""

SMOOTHED_HZ = 0.5e6

GAP_HZ = 2.5e6
"""Between strips of one signal, where several paths cut a notch into it."""

LOOKED_AT_S = 20e-3


def plateaus(floor: Cells, bin_hz: float) -> list[tuple[int, int]]:
    """Find where the floor stands high.

    Returns
    -------
    list of (first, last) bin, half-open
    """
    size = max(1, round(SMOOTHED_HZ / bin_hz))
    smooth = uniform_filter1d(floor, size, mode="nearest")
    quiet = float(np.quantile(smooth, 0.1))
    found: list[tuple[int, int]] = []
    for least_hz, rise in RISES:
        for first, last in _runs(smooth > rise * quiet, GAP_HZ / bin_hz):
            wide = (last - first) * bin_hz >= least_hz
            if wide and not any(first < one[1] and one[0] < last for one in found):
                found.append((first, last))
    return sorted(found)


def _runs(held: NDArray[np.bool_], gap: float) -> list[tuple[int, int]]:
    """Where bins are held, over gaps of less than `gap`."""
    changes = np.flatnonzero(np.diff(np.concatenate([[False], held, [False]]).astype(np.int8)))
    found: list[tuple[int, int]] = []
    for first, last in zip(changes[0::2].tolist(), changes[1::2].tolist(), strict=True):
        if found and first - found[-1][1] < gap:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return found
