"""Wide signals that never pause: a plateau in the noise floor, told where its structure is plain.

The floor is what the band does not fall below; a transmitter that is always on is part of it. A
plateau may also be the receiver's own filter, so that only what has a link's structure is told.
Cost: a look at the floor; the structure of a plateau is measured in some pages only.
"""

from __future__ import annotations

import numpy as np

from .spectrum import Cells

LEAST_HZ = 1e6
RISE = 1.6
"""Over the quietest tenth of the band: 2 dB."""

GAP_HZ = 0.3e6
LOOKED_AT_S = 20e-3


def plateaus(floor: Cells, bin_hz: float) -> list[tuple[int, int]]:
    """Find where the floor stands high.

    Returns
    -------
    list of (first, last) bin, half-open
    """
    held = floor > RISE * float(np.quantile(floor, 0.1))
    changes = np.flatnonzero(np.diff(np.concatenate([[False], held, [False]]).astype(np.int8)))
    found: list[tuple[int, int]] = []
    for first, last in zip(changes[0::2].tolist(), changes[1::2].tolist(), strict=True):
        if found and (first - found[-1][1]) * bin_hz < GAP_HZ:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return [(first, last) for first, last in found if (last - first) * bin_hz >= LEAST_HZ]
