"""I/Q blocks: this project's own format, over MQTT (one block a payload) or as a file of blocks.

Little-endian: a header of 48 bytes, then the samples, I before Q.

    at  bytes  what
    0   8      magic 89 48 56 49 51 0D 0A 1A ("HVIQ" between bytes that text would change)
    8   1      version of this layout: 1
    9   1      sample type: 0 cf64, 1 cf32, 2 ci16, 3 ci8, 4 cu8
    10  2      0
    12  4      sequence number, from 0, one more each block, 0 again behind 4294967295
    16  8      time of the first sample, ns since 1970, UTC, signed
    24  8      sample rate in Hz, f64
    32  8      centre frequency in Hz, f64
    40  4      number of samples
    44  4      CRC-32 (as in zlib) of the 44 bytes before

A sequence number that goes back at most 64 with a time that is no later is a late or repeated
block and is refused. One that goes back otherwise says that the sender started again: what was
lost around that cannot be told and counts as nothing. All other gaps are missed blocks.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Iterator

import msgspec

from ...signal.radio.iq import sample_bytes
from ..driver import Driver
from ..errors import FrameError
from ..fields import Field, Layout
from ..frames import FrameReader, Parsed
from ..readings import IqBlock, SampleType

MAGIC = b"\x89HVIQ\r\n\x1a"
VERSION = 1

MOST_SAMPLE_BYTES = 1 << 24
"""A whole 68 ms of 16-bit samples at 61.44 MS/s: far longer than a burst, and a bound on what one
sender can make the gateway keep."""

LATE_BLOCKS = 64
SEQUENCES = 1 << 32

_TYPES: tuple[SampleType, ...] = ("cf64", "cf32", "ci16", "ci8", "cu8")


class _Header(msgspec.Struct, frozen=True, kw_only=True):
    version: int = VERSION
    sample_type: SampleType | None
    sequence: int
    samples: int
    time_ns: int
    sample_rate_hz: float
    center_hz: float


HEADER = Layout(
    _Header,
    Field("version", "B", at=8),
    Field("sample_type", "B", names=_TYPES),
    Field("sequence", "I", at=12),
    Field("time_ns", "q"),
    Field("sample_rate_hz", "d"),
    Field("center_hz", "d"),
    Field("samples", "I"),
)
HEADER_BYTES = HEADER.size + 4


class Decoder:
    """Blocks in any pieces, or one a payload; each with the number of blocks missed before it.

    Attributes
    ----------
    refused : Counter
        Blocks that were not read, by reason.
    missed : int
        Blocks that never came.
    """

    def __init__(self) -> None:
        self._frames = FrameReader(MAGIC, _parse)
        self._last: IqBlock | None = None
        self.refused: Counter[str] = self._frames.refused
        self.missed = 0

    @property
    def buffered(self) -> int:
        """Bytes that wait for the rest of their block."""
        return self._frames.buffered

    def feed(self, data: bytes, time_ns: int) -> Iterator[IqBlock]:
        """Give the blocks that `data` completes; their time is the sender's."""
        del time_ns
        return self._in_order(self._frames.feed(data))

    def close(self) -> Iterator[IqBlock]:
        """End the stream; a cut-off block is counted."""
        return self._in_order(self._frames.close())

    def _in_order(self, blocks: Iterator[IqBlock]) -> Iterator[IqBlock]:
        for block in blocks:
            late = self._last and _late(self._last, block)
            if late:
                self.refused[late] += 1
                continue
            missed = _missed(self._last, block) if self._last else 0
            self._last = block
            self.missed += missed
            yield msgspec.structs.replace(block, missed_blocks=missed)


DRIVER = Driver(
    name="iq-blocks",
    wire="mqtt",
    reads="I/Q samples with rate, centre frequency, time and sequence number",
    documents=("drivers/radio/iq_blocks.py: the layout",),
    decoder=Decoder,
)


def encode(block: IqBlock) -> bytes:
    """Write one block; `missed_blocks` is the receiver's and is not sent.

    Raises
    ------
    ValueError
        If the samples are not whole, too many, or a value does not fit the header.
    """
    size = sample_bytes(block.sample_type)
    if len(block.samples) % size or not 0 < len(block.samples) <= MOST_SAMPLE_BYTES:
        raise ValueError(f"{len(block.samples)} bytes are no block of {block.sample_type}")
    header = _Header(
        sample_type=block.sample_type,
        sequence=block.sequence,
        samples=len(block.samples) // size,
        time_ns=block.time_ns,
        sample_rate_hz=block.sample_rate_hz,
        center_hz=block.center_hz,
    )
    wire = MAGIC + HEADER.encode(header)[len(MAGIC) :]
    return wire + _crc(wire).to_bytes(4, "little") + block.samples


def _crc(header: bytes | bytearray) -> int:
    return zlib.crc32(header[: HEADER.size])


def _intact(header: bytearray) -> bool:
    """Whether all of a header is there, and its CRC is right."""
    crc = int.from_bytes(header[HEADER.size :], "little")
    return len(header) == HEADER_BYTES and crc == _crc(header)


def _parse(buffer: bytearray, seen: int) -> Parsed[IqBlock] | None:
    """Read the block at the buffer's start; see `frames.Parse`."""
    if len(buffer) < HEADER_BYTES:
        return None
    header = _header(buffer)
    assert header.sample_type is not None, "_header refuses an unknown type"
    length = HEADER_BYTES + header.samples * sample_bytes(header.sample_type)
    if _another_begins(buffer, max(seen - HEADER_BYTES, 1), min(length, len(buffer))):
        raise FrameError("cut off by the next block")
    if len(buffer) < length:
        return None
    block = IqBlock(
        time_ns=header.time_ns,
        sequence=header.sequence,
        sample_rate_hz=header.sample_rate_hz,
        center_hz=header.center_hz,
        sample_type=header.sample_type,
        samples=bytes(buffer[HEADER_BYTES:length]),
    )
    return Parsed(block, length)


def _header(buffer: bytearray) -> _Header:
    if not _intact(buffer[:HEADER_BYTES]):
        raise FrameError("header fails its CRC")
    header = HEADER.decode(buffer)
    if header.version != VERSION:
        raise FrameError("unknown version")
    if header.sample_type is None:
        raise FrameError("unknown sample type")
    if not 0 < header.samples * sample_bytes(header.sample_type) <= MOST_SAMPLE_BYTES:
        raise FrameError("impossible number of samples")
    if not (math.isfinite(header.sample_rate_hz) and header.sample_rate_hz > 0):
        raise FrameError("impossible sample rate")
    if not (math.isfinite(header.center_hz) and header.center_hz >= 0):
        raise FrameError("impossible centre frequency")
    return header


def _another_begins(buffer: bytearray, start: int, end: int) -> bool:
    """Whether a good header lies between: then the block around it lost its rest."""
    while (start := buffer.find(MAGIC, start, end)) >= 0:
        if _intact(buffer[start : min(start + HEADER_BYTES, end)]):
            return True
        start += 1
    return False


def _late(last: IqBlock, block: IqBlock) -> str | None:
    """Say why `block` does not follow `last`."""
    back = (last.sequence - block.sequence) % SEQUENCES
    if back > LATE_BLOCKS or block.time_ns > last.time_ns:
        return None
    return "late block" if back else "repeated block"


def _missed(last: IqBlock, block: IqBlock) -> int:
    ahead = (block.sequence - last.sequence) % SEQUENCES
    started_again = ahead == 0 or ahead > SEQUENCES // 2
    return 0 if started_again else ahead - 1
