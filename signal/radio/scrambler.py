"""The scrambling sequence of a DroneID burst: a Gold sequence of length 31.

3GPP TS 36.211, 7.2, with the maker's initial value (Schiller et al., NDSS 2023).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

INITIAL = 0x12345678
SKIPPED = 1600
"""N_C: so many elements of both registers are passed over."""

REGISTER = 31


@cache
def gold(initial: int, length: int) -> NDArray[np.uint8]:
    """The sequence c(n) of TS 36.211, 7.2; uint8 of 0 and 1, shape (length,), not to be written to.

    Parameters
    ----------
    initial : int
        c_init: the second register's content, its lowest bit first.
    length : int
    """
    last = SKIPPED + length
    first, second = (np.zeros(last + REGISTER, np.uint8) for _ in range(2))
    first[0] = 1
    second[:REGISTER] = initial >> np.arange(REGISTER) & 1
    # What a step needs lies at least 28 elements before it: so many are made at once.
    for at in range(0, last, REGISTER - 3):
        made = slice(at + REGISTER, min(at + 2 * REGISTER - 3, last + REGISTER))
        count = made.stop - made.start
        a, b = first[at : at + count + 3], second[at : at + count + 3]
        first[made] = a[3 : 3 + count] ^ a[:count]
        second[made] = b[3 : 3 + count] ^ b[2 : 2 + count] ^ b[1 : 1 + count] ^ b[:count]
    sequence = first[SKIPPED:last] ^ second[SKIPPED:last]
    sequence.setflags(write=False)
    return sequence
