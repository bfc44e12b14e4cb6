"""SigMF metadata: what a recording's `.sigmf-meta` file says of the samples beside it.

SigMF 1.2 (https://sigmf.org). Of its fields only those are read that a reader of samples needs;
the others may be there or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from ..errors import CaptureError

META, DATA, ARCHIVE = ".sigmf-meta", ".sigmf-data", ".sigmf"

SAMPLE_TYPES = {"cf32_le": "cf32", "cf64_le": "cf64", "ci16_le": "ci16", "ci8": "ci8", "cu8": "cu8"}
"""SigMF's names for the sample types that are read here."""


class _Global(msgspec.Struct):
    datatype: str = msgspec.field(name="core:datatype")
    sample_rate_hz: float | None = msgspec.field(name="core:sample_rate", default=None)
    channels: int = msgspec.field(name="core:num_channels", default=1)
    dataset: str | None = msgspec.field(name="core:dataset", default=None)


class _Capture(msgspec.Struct):
    sample_start: int = msgspec.field(name="core:sample_start", default=0)
    frequency_hz: float | None = msgspec.field(name="core:frequency", default=None)
    header_bytes: int = msgspec.field(name="core:header_bytes", default=0)


class _Meta(msgspec.Struct):
    everywhere: _Global = msgspec.field(name="global")
    captures: list[_Capture] = []


@dataclass(frozen=True, slots=True)
class Tuning:
    """From which sample on the receiver was tuned to which centre; `None` is unknown."""

    first_sample: int
    center_hz: float | None
    header_bytes: int = 0


@dataclass(frozen=True, slots=True)
class SigmfMeta:
    """What the metadata says."""

    data: Path
    sample_type: str
    sample_rate_hz: float | None
    tunings: tuple[Tuning, ...]


def is_sigmf(path: Path) -> bool:
    """Whether the file's name is one of SigMF's."""
    return path.suffix in {META, DATA, ARCHIVE}


def read_sigmf(path: Path) -> SigmfMeta:
    """Read the metadata that belongs to `path`, which names either file of the pair.

    Raises
    ------
    CaptureError
        If the metadata or the data are missing, or not such as can be read here.
    """
    if path.suffix == ARCHIVE:
        raise CaptureError(f"{path} is a SigMF archive: unpack it first with `tar -xf {path}`")
    meta_path = path.with_suffix(META)
    if not meta_path.is_file():
        raise CaptureError(f"{path} has no metadata: put {meta_path.name} beside it")
    try:
        meta = msgspec.json.decode(meta_path.read_bytes(), type=_Meta)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CaptureError(f"{meta_path} is no SigMF metadata: {error}") from None
    return _checked(meta, meta_path)


def _checked(meta: _Meta, path: Path) -> SigmfMeta:
    if meta.everywhere.datatype not in SAMPLE_TYPES:
        raise CaptureError(
            f"{path}: core:datatype {meta.everywhere.datatype} cannot be read; "
            f"convert the samples to one of {', '.join(SAMPLE_TYPES)}"
        )
    if meta.everywhere.channels != 1:
        raise CaptureError(
            f"{path}: {meta.everywhere.channels} channels are interleaved; "
            "split them into one file each"
        )
    name = meta.everywhere.dataset or path.with_suffix(DATA).name
    data = path.parent / name
    if not data.is_file():
        raise CaptureError(f"{path}: its data are missing; put {name} beside it")
    captures = sorted(meta.captures or [_Capture()], key=lambda one: one.sample_start)
    if captures[0].sample_start < 0 or min(one.header_bytes for one in captures) < 0:
        raise CaptureError(f"{path}: core:sample_start and core:header_bytes cannot be negative")
    return SigmfMeta(
        data=data,
        sample_type=SAMPLE_TYPES[meta.everywhere.datatype],
        sample_rate_hz=meta.everywhere.sample_rate_hz,
        tunings=tuple(
            Tuning(one.sample_start, one.frequency_hz, one.header_bytes) for one in captures
        ),
    )
