"""Coded bits to bits on the air and back: LTE's rate matching of turbo codes.

3GPP TS 36.212, 5.1.4.1: each of the three streams goes through a block interleaver of 32 columns,
all into one circular buffer, from which as many bits are read as the air has room for.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

STREAMS = 3
COLUMNS = np.array(
    [0, 16, 8, 24, 4, 20, 12, 28, 2, 18, 10, 26, 6, 22, 14, 30,
     1, 17, 9, 25, 5, 21, 13, 29, 3, 19, 11, 27, 7, 23, 15, 31]
)  # fmt: skip
"""The inter-column permutation, table 5.1.4-1."""


@cache
def placement(stream_bits: int, air_bits: int) -> NDArray[np.intp]:
    """Which coded bit each bit on the air is; redundancy version 0.

    Parameters
    ----------
    stream_bits : int
        D, of each of the three streams.
    air_bits : int
        E.

    Returns
    -------
    intp, shape (air_bits,)
        Indices into the streams laid end to end; not to be written to.
    """
    rows = -(-stream_bits // len(COLUMNS))
    size = rows * len(COLUMNS)
    dummies = size - stream_bits
    columns, row = np.repeat(COLUMNS, rows), np.tile(np.arange(rows), len(COLUMNS))
    plain = columns + len(COLUMNS) * row
    places = (plain, plain, (plain + 1) % size)
    streams = [np.where(place >= dummies, place - dummies + nth * stream_bits, -1)
               for nth, place in enumerate(places)]  # fmt: skip
    both = np.column_stack(streams[1:]).ravel()
    buffer = np.roll(np.concatenate([streams[0], both]), -2 * rows)
    placed = np.resize(buffer[buffer >= 0], air_bits).astype(np.intp)
    placed.setflags(write=False)
    return placed


def spread(streams: NDArray[np.uint8], air_bits: int) -> NDArray[np.uint8]:
    """Give the bits on the air; uint8, shape (air_bits,), of streams of shape (3, D)."""
    return streams.ravel()[placement(streams.shape[1], air_bits)]


def gather(soft: NDArray[np.float32], stream_bits: int) -> NDArray[np.float32]:
    """Add up what the air says of each coded bit; shape (3, stream_bits), 0 for what was not sent.

    Parameters
    ----------
    soft : float32, shape (E,)
        Log-likelihood ratios.
    """
    placed = placement(stream_bits, len(soft))
    summed = np.bincount(placed, soft, STREAMS * stream_bits)
    return summed.reshape(STREAMS, stream_bits).astype(np.float32)
