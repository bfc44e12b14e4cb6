"""A DroneID burst's QPSK symbols as soft bits: channel, carrier and clock from its own pilots.

1. Each of the nine symbols is transformed; the two Zadoff-Chu symbols are divided by what was sent.
2. A carrier that is off by whole subcarriers moves root 147 far in time and root 600 hardly: the
   shift that leaves the energy of both in a channel of few taps is the right one.
3. Between the two, a turn common to all subcarriers is carrier offset, one that grows with the
   subcarrier is clock offset; both go on linearly over the burst.
4. The channel is what both say together, in so many taps as a cyclic prefix has room for.
5. The turn that is left is read off the data, whose fourth power has no modulation (Viterbi and
   Viterbi, IEEE Trans. Inf. Theory 29, 1983).

Layout and mapping: Schiller et al., NDSS 2023; QPSK as in 3GPP TS 36.211, 7.1.2.
Cost: one channel, nine FFTs of 1,024 points and products of 600 by 56: under a millisecond.
"""

from __future__ import annotations

from functools import cache
from itertools import accumulate

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from .channel import Segment
from .droneid import PREFIXES, ROOTS
from .zadoff_chu import BANDWIDTH_HZ, CARRIERS, LENGTH, OCCUPIED, RATE_HZ, SYMBOL, sequence

DATA = {9: (1, 2, 4, 6, 7, 8), 8: (0, 1, 3, 5, 6, 7)}
"""Which symbols, from 0, carry the transport block; the first of nine repeats none of it."""

BITS = 6 * CARRIERS * 2

GUARD_HZ = 0.5e6
"""Beyond the outer subcarriers: what the channel's filter keeps."""

EARLY = 12
"""The transform begins so many samples before a symbol's first own: the prefix is there."""

TAPS = np.arange(-8, 48)
"""Of the channel, in samples from where the pilots say the burst begins."""

RIDGE = 0.02
"""Of the carriers' number, added to the taps' energies: they are not all there at 9 of 15 MHz."""

SHIFTS = (-2, -1, 0, 1, 2)
"""Whole subcarriers that the carrier may be off."""

MOST_TURN, TURN_STEPS = 0.15, 61
"""Radians a symbol that the pilots may be wrong by, and how finely that is looked for."""


def soft_bits(
    segment: Segment, start_s: float, carrier_hz: float, symbols: int
) -> NDArray[np.float32] | None:
    """Demodulate one burst.

    Parameters
    ----------
    segment : Segment
        Samples that hold the burst.
    start_s : float
        Of the burst, from the segment's first sample.
    carrier_hz : float
        Relative to the band's tuned centre.
    symbols : int
        Nine, or eight in the older form.

    Returns
    -------
    float32, shape (7200,), or None
        Log-likelihood ratios, positive for 0, in the order of the transport block, still
        scrambled. None where a symbol that is needed is not whole.
    """
    spectra = _spectra(segment, start_s, carrier_hz, symbols)
    if spectra is None:
        return None
    pilots, moved = _pilots(spectra, symbols)
    spectra = np.roll(spectra, -moved, axis=1)[:, OCCUPIED % SYMBOL]
    early, late = ROOTS[symbols]
    turn, slope = _between(pilots, late - early)
    middle = (early + late) / 2
    aligned = np.stack([pilot * _phase(turn, slope, middle - at)
                        for pilot, at in zip(pilots, (early, late), strict=True)])  # fmt: skip
    channel = _few_taps(aligned.mean(axis=0))
    noise = max(_noise(pilots, channel, turn, slope, (late - early) / 2), 1e-12)
    data = np.array(DATA[symbols])
    wanted = np.stack([channel * _phase(turn, slope, at - middle) for at in data])
    matched = np.conj(wanted) * spectra[data].astype(np.complex128)
    matched *= np.exp(-1j * _left_turn(matched, data - middle))[:, None]
    scale = 2 * np.sqrt(2) / noise
    pairs = np.stack([matched.real, matched.imag], axis=-1) * scale
    soft: NDArray[np.float32] = pairs.ravel().astype(np.float32)
    return soft


def _spectra(
    segment: Segment, start_s: float, carrier_hz: float, symbols: int
) -> NDArray[np.complex64] | None:
    """Each symbol's spectrum; complex64, shape (symbols, 1024). None where data would be cut."""
    channel, rate_hz, real_hz = segment.channel(carrier_hz, RATE_HZ, BANDWIDTH_HZ + 2 * GUARD_HZ)
    starts = [round(start_s * rate_hz + start) - EARLY for start in _own_starts(symbols)]
    first_needed = starts[min(DATA[symbols])]
    if first_needed < 0 or starts[-1] + SYMBOL > len(channel):
        return None
    turns = np.exp(-2j * np.pi * (carrier_hz - real_hz) / rate_hz * np.arange(len(channel)))
    turned = channel * turns.astype(np.complex64)
    rows = [turned[max(start, 0) : max(start, 0) + SYMBOL] for start in starts]
    spectra: NDArray[np.complex64] = scipy.fft.fft(np.stack(rows), axis=1)
    spectra *= np.float32(1 / np.sqrt(SYMBOL))
    return spectra


@cache
def _own_starts(symbols: int) -> tuple[int, ...]:
    """Where each symbol begins behind its prefix, in samples from the burst's start."""
    ends = accumulate(prefix + SYMBOL for prefix in PREFIXES[symbols])
    return tuple(end - SYMBOL for end in ends)


def _pilots(spectra: NDArray[np.complex64], symbols: int) -> tuple[NDArray[np.complex128], int]:
    """Both pilots over what was sent, complex128, shape (2, 600), and the whole subcarriers."""
    rows = spectra[list(ROOTS[symbols])]
    sent = np.stack([np.delete(sequence(root), LENGTH // 2) for root in ROOTS[symbols].values()])
    tried = [np.conj(sent) * np.roll(rows, -moved, axis=1)[:, OCCUPIED % SYMBOL]
             for moved in SHIFTS]  # fmt: skip
    energy = [np.sum(np.abs(pilots @ _tap_basis()[0]) ** 2) for pilots in tried]
    best = int(np.argmax(energy))
    return tried[best].astype(np.complex128), SHIFTS[best]


@cache
def _tap_basis() -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """What gives each tap's share of a channel, (600, 56), and the projection, (56, 600)."""
    basis: NDArray[np.complex128] = np.exp(-2j * np.pi / SYMBOL * np.outer(OCCUPIED, TAPS - EARLY))
    gram = basis.conj().T @ basis + RIDGE * CARRIERS * np.eye(len(TAPS))
    projection = np.linalg.solve(gram, basis.conj().T).astype(np.complex128)
    return basis.conj(), projection


def _few_taps(channel: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """The channel as far as it fits in `TAPS`; complex128, shape (600,)."""
    from_taps, to_taps = _tap_basis()
    smooth: NDArray[np.complex128] = from_taps.conj() @ (to_taps @ channel)
    return smooth


def _between(pilots: NDArray[np.complex128], symbols: int) -> tuple[float, float]:
    """The turn of a symbol, in radians, and how it grows with the subcarrier's number."""
    smooth = np.stack([_few_taps(pilot) for pilot in pilots])
    product = np.conj(smooth[0]) * smooth[1]
    halves = product[: CARRIERS // 2].sum(), product[CARRIERS // 2 :].sum()
    slope = float(np.angle(halves[1] * np.conj(halves[0]))) / (CARRIERS / 2)
    flat = np.sum(product * np.exp(-1j * slope * OCCUPIED))
    return float(np.angle(flat)) / symbols, slope / symbols


def _phase(turn: float, slope: float, symbols: float) -> NDArray[np.complex128]:
    """How the channel has turned after so many symbols; complex128, shape (600,)."""
    turned: NDArray[np.complex128] = np.exp(1j * symbols * (turn + slope * OCCUPIED))
    return turned


def _noise(
    pilots: NDArray[np.complex128], channel: NDArray[np.complex128], turn: float, slope: float,
    apart: float,
) -> float:  # fmt: skip
    """The noise in one subcarrier: what the pilots have beside the channel."""
    left = [pilot - channel * _phase(turn, slope, at)
            for pilot, at in zip(pilots, (-apart, apart), strict=True)]  # fmt: skip
    return float(np.mean(np.abs(np.stack(left)) ** 2))


def _left_turn(matched: NDArray[np.complex128], at: NDArray[np.float64]) -> NDArray[np.float64]:
    """The turn left in each data symbol, a line over the burst; float64, shape (6,).

    The magnitude is kept as weight; the fourth power of a QPSK point is negative.
    """
    unit = matched / np.maximum(np.abs(matched), 1e-30)
    fourth = -np.sum(np.abs(matched) * unit**4, axis=1)
    turns = np.linspace(-MOST_TURN, MOST_TURN, TURN_STEPS)
    fits = np.abs(np.exp(-4j * np.outer(turns, at)) @ fourth)
    rate = float(turns[int(np.argmax(fits))])
    level = float(np.angle(np.sum(fourth * np.exp(-4j * rate * at)))) / 4
    return level + rate * at
