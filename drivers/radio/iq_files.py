"""I/Q recordings in files: raw interleaved samples, or a SigMF pair.

What a raw file does not say of itself the caller gives; a sample type may also stand in the file's
name. Files are mapped, not read: they may be larger than the memory.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...signal.radio.iq import SAMPLE_TYPES, Samples, sample_bytes, to_complex64
from ..errors import CaptureError
from .iq_plausible import FEW, LARGEST, absurd_share, foreign, likely_type, other_type
from .sigmf_meta import SigmfMeta, Tuning, is_sigmf, read_sigmf

BLOCK = 65_536
PROBE_BYTES = 1 << 18
LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 1e3, 1e11

NAMES = {
    **{name: name for name in SAMPLE_TYPES},
    "cfile": "cf32", "fc32": "cf32", "complex64": "cf32", "fc64": "cf64", "complex128": "cf64",
    "cs16": "ci16", "sc16": "ci16", "cs8": "ci8", "sc8": "ci8",
}  # fmt: skip
"""What recorders call the types, as a file's extension or at the end of its name."""


@dataclass(frozen=True, slots=True)
class IqSegment:
    """A run of samples at one tuning; `center_hz` is `None` where nobody knows it."""

    first_sample: int
    samples: int
    center_hz: float | None
    first_byte: int


@dataclass(frozen=True)
class IqFile:
    """A recording whose type and rate are known.

    Parameters
    ----------
    path : Path
        What the user named.
    data : Path
        Where the samples are.
    sample_type : str
    sample_rate_hz : float
    segments : tuple of IqSegment
    cut_bytes : int
        Bytes of a last sample that is not whole; they are left out.
    """

    path: Path
    data: Path
    sample_type: str
    sample_rate_hz: float
    segments: tuple[IqSegment, ...]
    cut_bytes: int

    @property
    def samples(self) -> int:
        """How many there are in all."""
        return sum(segment.samples for segment in self.segments)

    def blocks(self, segment: IqSegment) -> Iterator[tuple[Samples, int]]:
        """Read a segment in blocks.

        Yields
        ------
        samples : complex64, shape (at most 65,536,)
            Full scale is 1; what no receiver gives, as a NaN, is 0.
        not_finite : int
            How many samples were such.
        """
        for first in range(0, segment.samples, BLOCK):
            yield self.read(segment, first, BLOCK)

    def read(self, segment: IqSegment, first: int, count: int) -> tuple[Samples, int]:
        """Read at most `count` samples from the segment's sample `first` on, as `blocks`."""
        size = sample_bytes(self.sample_type)
        at = segment.first_byte + first * size
        end = at + min(count, segment.samples - first) * size
        samples = to_complex64(self._mapped[at:end].data, self.sample_type)
        return _finite(samples) if self.sample_type.startswith("cf") else (samples, 0)

    @cached_property
    def _mapped(self) -> NDArray[np.uint8]:
        return np.memmap(self.data, np.uint8, "r")


def open_iq_file(
    path: Path, sample_type: str | None, rate_hz: float | None, center_hz: float | None
) -> IqFile:
    """Find out what there is to know of a recording; what the caller gives comes first.

    Raises
    ------
    CaptureError
        If it cannot be read, cannot be what it is said to be, or its rate is not known.
    """
    if sample_type is not None and sample_type not in SAMPLE_TYPES:
        raise CaptureError(f"no sample type {sample_type!r}: there are {', '.join(SAMPLE_TYPES)}")
    _check_there(path)
    meta = read_sigmf(path) if is_sigmf(path) else _raw_meta(path)
    true_type = sample_type or meta.sample_type
    rate = rate_hz if rate_hz is not None else meta.sample_rate_hz
    if rate is None:
        raise CaptureError(f"{path} does not say its sample rate: give --rate, as --rate 20e6")
    if not (math.isfinite(rate) and LOWEST_RATE_HZ <= rate <= HIGHEST_RATE_HZ):
        raise CaptureError(f"{path}: {rate:g} is no sample rate: give --rate in hertz, as 20e6")
    if center_hz is not None and not math.isfinite(center_hz):
        raise CaptureError(f"{center_hz:g} is no frequency: give --center in hertz, as 2.44e9")
    _check_there(meta.data)
    segments, cut = _segments(meta, true_type, center_hz)
    file = IqFile(path, meta.data, true_type, rate, segments, cut)
    _check_samples(file)
    return file


def _raw_meta(path: Path) -> SigmfMeta:
    words = [path.suffix.lstrip("."), re.split(r"[._-]", path.stem)[-1]]
    named = (NAMES[word.lower()] for word in words if word.lower() in NAMES)
    return SigmfMeta(path, next(named, "cf32"), None, (Tuning(0, None),))


def _check_there(path: Path) -> None:
    if path.is_dir():
        raise CaptureError(f"{path} is a folder: name the recordings in it")
    if not path.exists():
        raise CaptureError(f"{path} is not there: check the name")
    try:
        with path.open("rb") as file:
            empty = not file.read(1)
    except OSError as error:
        raise CaptureError(f"{path} cannot be read: {error.strerror}") from None
    if empty:
        raise CaptureError(f"{path} is empty: record again, or copy it again")


def _segments(
    meta: SigmfMeta, sample_type: str, center_hz: float | None
) -> tuple[tuple[IqSegment, ...], int]:
    """Where the samples of each tuning lie, and how many bytes are over at the end."""
    size = sample_bytes(sample_type)
    headers = sum(tuning.header_bytes for tuning in meta.tunings)
    samples, cut = divmod(max(0, meta.data.stat().st_size - headers), size)
    ends = [*(tuning.first_sample for tuning in meta.tunings[1:]), samples]
    found: list[IqSegment] = []
    before = 0
    for tuning, end in zip(meta.tunings, ends, strict=True):
        before += tuning.header_bytes
        count = min(end, samples) - tuning.first_sample
        center = center_hz if center_hz is not None else tuning.center_hz
        first_byte = before + tuning.first_sample * size
        if count > 0:
            found.append(IqSegment(tuning.first_sample, count, center, first_byte))
    return tuple(found), cut


def _check_samples(file: IqFile) -> None:
    """Refuse what is provably not such samples.

    Raises
    ------
    CaptureError
        If there is not one sample, or the bytes are of another type or another kind of file.
    """
    if file.samples == 0:
        raise CaptureError(f"{file.path} is cut off before its first {file.sample_type} sample")
    with file.data.open("rb") as data:
        kind = foreign(data.read(4096))
    if kind is not None:
        raise CaptureError(f"{file.path} is {kind}, not I/Q samples: name a recording")
    for segment in file.segments:
        for share in (0.0, 0.5, 0.9):
            _check_probe(file, _probe(file, segment, share))
    if _all_not_finite(file):
        raise CaptureError(
            f"{file.path} holds no finite {file.sample_type} samples: is --dtype right?"
        )


def _probe(file: IqFile, segment: IqSegment, share: float) -> bytes:
    """Some of a segment's bytes, from a whole sample on."""
    size = sample_bytes(file.sample_type)
    first = int(segment.samples * share)
    length = min((segment.samples - first) * size, PROBE_BYTES)
    with file.data.open("rb") as data:
        data.seek(segment.first_byte + first * size)
        return data.read(length)


def _check_probe(file: IqFile, probe: bytes) -> None:
    true_type = other_type(probe, file.sample_type)
    if true_type is not None:
        raise CaptureError(f"{file.path} is not {file.sample_type}: give --dtype {true_type}")
    absurd = absurd_share(probe, file.sample_type)
    if absurd > FEW:
        raise CaptureError(
            f"{file.path} is not {file.sample_type}: {absurd:.0%} of its values are no receiver's; "
            f"give --dtype {likely_type(probe) or 'ci16, ci8, cu8 or cf64, whichever it is'}"
        )


def _all_not_finite(file: IqFile) -> bool:
    probes = [_probe(file, segment, 0.0) for segment in file.segments]
    return all(np.isnan(to_complex64(probe, file.sample_type)).all() for probe in probes)


def _finite(samples: Samples) -> tuple[Samples, int]:
    parts = samples.view(np.float32)
    if np.dot(parts, parts) <= LARGEST:
        return samples, 0
    wrong: NDArray[np.bool_] = ~(
        (np.abs(samples.real) < LARGEST) & (np.abs(samples.imag) < LARGEST)
    )
    return np.where(wrong, np.complex64(0), samples), int(np.count_nonzero(wrong))
