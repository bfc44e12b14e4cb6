"""Whether bytes can be I/Q samples of a type: what is provably something else is refused.

Statistics of bytes by their place in a value, and nothing of the signal: the exponents of floats
lie in a narrow range, the low bytes of integers do not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SMALLEST, LARGEST = 2.0**-60, 2.0**40
"""What receivers and their software give as floats, in whatever unit, lies between; or is 0."""

FOREIGN = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "a gzip file",
    b"\x28\xb5\x2f\xfd": "a zstd file",
    b"\xfd7zXZ": "an xz file",
    b"RIFF": "a RIFF (WAV) file",
    b"\x7fELF": "a program",
    b"\xd4\xc3\xb2\xa1": "a packet capture",
    b"\x0a\x0d\x0d\x0a": "a packet capture",
    b"SQLite format 3": "a database",
}

FEW = 0.01
MOST = 0.99
UNIFORM_BITS = 7.9  # entropy of a byte that takes all values alike, by a probe of 4,096 and more
FEWEST_FOR_A_VERDICT = 4096

QUIETER = 0.6
SILENT = 3.0
"""Steps of 8 bits: an overloaded receiver gives two values only, which the other type reads as
next to nothing."""


def foreign(raw: bytes) -> str | None:
    """Name the kind of file that `raw`, its start, gives away; `None` where it is none of them."""
    for magic, kind in FOREIGN.items():
        if raw.startswith(magic):
            return kind
    head = raw[:4096]
    printable = sum(byte in b"\t\r\n" or 32 <= byte < 127 for byte in head)
    return "text" if len(head) > 16 and printable == len(head) else None


def other_type(raw: bytes, sample_type: str) -> str | None:
    """Name the sample type that `raw` provably is, where that is not `sample_type`.

    Parameters
    ----------
    raw : bytes
        A probe, from a whole sample on; some thousand values tell.
    """
    if len(raw) < FEWEST_FOR_A_VERDICT:
        return None
    if _float_words(raw, 2).min() > MOST:
        true_type = "cf32"
    elif _float_words(raw, 2)[1] > MOST and sample_type != "cf32":
        true_type = "cf64"
    elif sample_type in {"ci8", "cu8"} and _is_16_bit(raw):
        true_type = "ci16"
    elif sample_type == "ci16" and _is_8_bit(raw):
        true_type = "ci8 or cu8"
    elif sample_type in {"ci8", "cu8"}:
        true_type = _other_8_bit_type(raw, sample_type)
    else:
        return None
    return None if true_type == sample_type else true_type


def likely_type(raw: bytes) -> str | None:
    """Name the type that bytes look like which are no cf32; `None` where they look like none."""
    if len(raw) < FEWEST_FOR_A_VERDICT:
        return None
    if _float_words(raw, 2)[1] > MOST:
        return "cf64"
    return "ci16" if _is_16_bit(raw) else "ci8 or cu8" if _is_8_bit(raw) else None


def absurd_share(raw: bytes, sample_type: str) -> float:
    """Share of the finite float values that no receiver gives; 0 for the integer types."""
    if sample_type not in {"cf32", "cf64"}:
        return 0.0
    dtype = np.dtype("<f4" if sample_type == "cf32" else "<f8")
    values = np.frombuffer(raw[: len(raw) // dtype.itemsize * dtype.itemsize], dtype)
    size = np.abs(values[np.isfinite(values)])
    if len(size) == 0:
        return 0.0
    return float(np.mean((size > LARGEST) | ((size > 0) & (size < SMALLEST))))


def _float_words(raw: bytes, parities: int) -> NDArray[np.float64]:
    """Share of 32-bit words whose top bits are those of a usual float, by the word's parity."""
    words = np.frombuffer(raw[: len(raw) // 8 * 8], "<u4").reshape(-1, parities)
    size = words & np.uint32(0x7FFFFFFF)
    low, high = (np.float32(limit).view(np.uint32) for limit in (SMALLEST, LARGEST))
    usual = (size == 0) | ((size >= low) & (size <= high))
    shares: NDArray[np.float64] = np.where(
        np.count_nonzero(size, axis=0) > 0, usual.mean(axis=0), 0.0
    )
    return shares


def _is_16_bit(raw: bytes) -> bool:
    """Whether even bytes take all values alike and odd ones do not: low and high halves."""
    low, high = _entropies(raw)
    return low > UNIFORM_BITS and high < UNIFORM_BITS - 1


def _is_8_bit(raw: bytes) -> bool:
    """Whether low bytes are as orderly as high ones: not the low halves of numbers."""
    low, high = _entropies(raw)
    return 0 < low < UNIFORM_BITS - 0.5 and abs(low - high) < 0.5 and high > 1.5


def _other_8_bit_type(raw: bytes, sample_type: str) -> str:
    """The other 8-bit type where it reads the bytes as a far quieter signal, but not as silence.

    Receivers leave room below full scale; the wrong zero turns small values into the largest.
    """
    values = np.frombuffer(raw, np.uint8)
    loudness = {
        "ci8": float(np.mean(np.abs(values.view(np.int8).astype(np.int16)))),
        "cu8": float(np.mean(np.abs(values - 127.5))),
    }
    other = "cu8" if sample_type == "ci8" else "ci8"
    wrong = SILENT < loudness[other] < QUIETER * loudness[sample_type]
    return other if wrong else sample_type


def _entropies(raw: bytes) -> tuple[float, float]:
    """Entropy in bits of the even and the odd bytes."""
    pairs = np.frombuffer(raw[: len(raw) // 2 * 2], np.uint8).reshape(-1, 2)
    low, high = (_entropy(np.bincount(pairs[:, place], minlength=256)) for place in (0, 1))
    return low, high


def _entropy(counts: NDArray[np.intp]) -> float:
    shares = counts[counts > 0] / counts.sum()
    return float(-np.sum(shares * np.log2(shares)))
