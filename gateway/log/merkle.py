"""The Merkle tree of RFC 9162, 2.1 (the same as RFC 6962, 2.1): SHA-256, append-only, pure.

A leaf is H(0x00 ‖ data), a node H(0x01 ‖ left ‖ right). A tree of n leaves is a row of perfect
subtrees, one for each bit of n, the largest first: its peaks. They alone are needed to append a
leaf and to give the root, so that both cost O(log n).
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from itertools import accumulate

EMPTY_ROOT = sha256(b"").digest()
"""The root of a tree without leaves."""


def leaf_hash(data: bytes) -> bytes:
    """Hash one leaf's data (32 bytes)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into the one above them (32 bytes)."""
    return sha256(b"\x01" + left + right).digest()


def peak_ends(size: int) -> list[int]:
    """Tell how many leaves end with each peak of a tree of `size` leaves, the largest peak first.

    For 11 = 0b1011 leaves: 8, 10, 11.
    """
    peaks = (size & 1 << level for level in reversed(range(size.bit_length())))
    return list(accumulate(peak for peak in peaks if peak))


class Frontier:
    """The right edge of a growing tree.

    Parameters
    ----------
    size : int
        Leaves so far.
    peaks : iterable of bytes
        The hashes of its peaks, the largest first, one for each of `peak_ends(size)`.
    """

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self.size = size
        self._peaks = list(peaks)
        if len(self._peaks) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} peaks")

    def append(self, leaf: bytes) -> bytes:
        """Add a leaf's hash; give the hash of the peak that the leaf completes."""
        peak, pairs = leaf, self.size
        while pairs & 1:
            peak = node_hash(self._peaks.pop(), peak)
            pairs >>= 1
        self._peaks.append(peak)
        self.size += 1
        return peak

    @property
    def root(self) -> bytes:
        """The root of the whole tree."""
        if not self._peaks:
            return EMPTY_ROOT
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = node_hash(peak, root)
        return root


def tree_root(leaves: Iterable[bytes]) -> bytes:
    """Give the root of the tree over `leaves` (data, not hashes)."""
    frontier = Frontier()
    for data in leaves:
        frontier.append(leaf_hash(data))
    return frontier.root
