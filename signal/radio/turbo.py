"""LTE's turbo code: encoder, and soft decoder in windows that run side by side.

3GPP TS 36.212, 5.1.3.2: two recursive encoders of eight states, g0 = 1 + D^2 + D^3 and
g1 = 1 + D + D^3, the second fed through a quadratic permutation. The decoder is max-log-MAP
(Robertson, Villebrun, Hoeher, ICC 1995) with scaled extrinsic values (Vogt, Finger, Electron.
Lett. 36, 2000). The block is cut into windows whose forward and backward recursions run in step;
a window begins with what its neighbour knew at the end of the iteration before.

Cost: two times `WINDOW` steps of a few small array operations for each iteration, about a
millisecond; a clean block needs one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.uint8]
Soft = NDArray[np.float32]

QPP = {40: (3, 10), 1408: (43, 88)}
"""f1 and f2 of table 5.1.3-3, by block length: the smallest block, and DroneID's."""

TAIL = 3
STATES = 8
WINDOW = 44
EXTRINSIC_SCALE = np.float32(0.75)
MOST_ITERATIONS = 8
IMPOSSIBLE = np.float32(-1e6)


def _step(state: int, bit: int) -> tuple[int, int]:
    """The next state and the parity bit; a state holds the register, newest bit highest."""
    newest, middle, oldest = state >> 2, state >> 1 & 1, state & 1
    fed = bit ^ middle ^ oldest
    return fed << 2 | newest << 1 | middle, fed ^ newest ^ oldest


_STEPS: list[list[tuple[int, int]]] = [
    [_step(state, bit) for bit in (0, 1)] for state in range(STATES)
]
_NEXT = np.array([[step[0] for step in row] for row in _STEPS])
_PARITY = np.array([[step[1] for step in row] for row in _STEPS])
# The two ways into each state: from which state, by which bit.
_WAYS = [[(s, b) for s in range(STATES) for b in (0, 1) if _NEXT[s, b] == into]
         for into in range(STATES)]  # fmt: skip
_FROM = np.array([[way[0] for way in ways] for ways in _WAYS])
_BY = np.array([[way[1] for way in ways] for ways in _WAYS])


@cache
def permutation(length: int) -> NDArray[np.intp]:
    """The internal interleaver: which bit the second encoder takes at each step."""
    f1, f2 = QPP[length]
    nth = np.arange(length, dtype=np.int64)
    return ((f1 * nth + f2 * nth * nth) % length).astype(np.intp)


def encode(bits: Bits) -> Bits:
    """The three coded streams of one block.

    Parameters
    ----------
    bits : uint8, shape (K,)
        0 and 1; K is a key of `QPP`.

    Returns
    -------
    uint8, shape (3, K + 4)
    """
    first, tail = _encode_one(bits)
    second, second_tail = _encode_one(bits[permutation(len(bits))])
    tails = np.array(tail + second_tail, np.uint8).reshape(4, 3).T
    return np.concatenate([np.stack([bits, first, second]), tails], axis=1)


def _encode_one(bits: Bits) -> tuple[Bits, list[int]]:
    """One encoder: its parity, and the tail as x, z, x, z, x, z."""
    state = 0
    parity: list[int] = []
    values: list[int] = bits.tolist()
    for bit in values:
        state, out = _STEPS[state][bit]
        parity.append(out)
    tail: list[int] = []
    for _ in range(TAIL):
        bit = state >> 1 & 1 ^ state & 1  # what feeds a zero
        state, out = _STEPS[state][bit]
        tail += [bit, out]
    return np.array(parity, np.uint8), tail


def decode(soft: Soft, is_right: Callable[[Bits], bool]) -> Bits | None:
    """Decode one block; iterate until `is_right` says so, `MOST_ITERATIONS` times at most.

    Parameters
    ----------
    soft : float32, shape (3, K + 4)
        Log-likelihood ratios of the coded bits, positive for 0; any scale.
    is_right : callable
        Whether a block of bits passes its checksum.

    Returns
    -------
    uint8, shape (K,), or None
        None if no iteration passed.
    """
    for bits in _guesses(soft):
        if is_right(bits):
            return bits
    return None


def _guesses(soft: Soft) -> Iterator[Bits]:
    length = soft.shape[1] - 4
    order = permutation(length)
    systematic = soft[0, :length]
    tail = soft[:, length:].T.reshape(2, TAIL, 2)
    first = _Half(soft[1, :length], tail[0])
    second = _Half(soft[2, :length], tail[1])
    told = np.zeros(length, np.float32)  # by the second decoder
    for _ in range(MOST_ITERATIONS):
        known = (systematic + told).astype(np.float32, copy=False)
        extrinsic = EXTRINSIC_SCALE * (first.posterior(known) - known)
        known = (systematic + extrinsic)[order].astype(np.float32, copy=False)
        posterior = second.posterior(known)
        told[order] = EXTRINSIC_SCALE * (posterior - known)
        bits = np.empty(length, np.uint8)
        bits[order] = posterior < 0
        yield bits


class _Half:
    """One of the two decoders, over all iterations.

    Parameters
    ----------
    parity : float32, shape (K,)
    tail : float32, shape (3, 2)
        Of each step of the tail, its input and its parity.
    """

    def __init__(self, parity: Soft, tail: Soft) -> None:
        self._window = next(w for w in range(WINDOW, 0, -1) if len(parity) % w == 0)
        self._parity = parity.reshape(-1, self._window) / 2
        windows = len(self._parity)
        self._begin = np.zeros((windows, STATES), np.float32)
        self._begin[0, 1:] = IMPOSSIBLE
        self._end = np.zeros((windows, STATES), np.float32)
        self._end[-1] = _tail_metrics(tail)

    def posterior(self, known: Soft) -> Soft:
        """Log-likelihood ratios of the bits, given what is known of each; shape (K,)."""
        branches = self._branches(known)
        forward = np.empty((self._window + 1, len(self._parity), STATES), np.float32)
        backward = np.empty_like(forward)
        forward[0], backward[-1] = self._begin, self._end
        into = branches[:, :, _FROM, _BY]
        for step in range(self._window):
            ways = forward[step][:, _FROM] + into[step]
            np.maximum(ways[..., 0], ways[..., 1], out=forward[step + 1])
            back = self._window - 1 - step
            ways = backward[back + 1][:, _NEXT] + branches[back]
            np.maximum(ways[..., 0], ways[..., 1], out=backward[back])
        self._pass_on(forward[-1], backward[0])
        paths = forward[:-1, :, :, None] + branches + backward[1:][:, :, _NEXT]
        best = paths.max(axis=2)
        ratio: Soft = (best[..., 0] - best[..., 1]).T.ravel()
        return ratio

    def _branches(self, known: Soft) -> Soft:
        """The metric of every branch; float32, shape (window, windows, 8 states, 2 bits)."""
        by_input = (known.reshape(self._parity.shape) / 2).T[:, :, None, None]
        by_parity = self._parity.T[:, :, None, None]
        signs = (1 - 2 * _PARITY).astype(np.float32)
        branches = by_input * np.array([1, -1], np.float32) + by_parity * signs
        return branches.astype(np.float32, copy=False)

    def _pass_on(self, ends: Soft, begins: Soft) -> None:
        """What a window found at its ends is where its neighbours begin next time."""
        self._begin[1:] = ends[:-1] - ends[:-1].max(axis=1, keepdims=True)
        self._end[:-1] = begins[1:] - begins[1:].max(axis=1, keepdims=True)


def _tail_metrics(tail: Soft) -> Soft:
    """How likely each state is before the tail, which ends in state 0; float32, shape (8,)."""
    metrics = np.full(STATES, IMPOSSIBLE, np.float32)
    metrics[0] = 0
    for input_soft, parity_soft in tail[::-1].tolist():
        before = np.full(STATES, IMPOSSIBLE, np.float32)
        for state in range(STATES):
            bit = state >> 1 & 1 ^ state & 1
            after, out = _STEPS[state][bit]
            branch = (input_soft * (1 - 2 * bit) + parity_soft * (1 - 2 * out)) / 2
            before[state] = metrics[after] + branch
        metrics = before
    return metrics
