"""Raw radar frames: this project's own format, over MQTT (one a payload) or as a file of frames.

Little-endian: a header of 76 bytes, then the samples of the mixed-down echo, int16, I before Q, by
channel, then chirp, then sample: the order of a cube (`signal/radar/cube.py`).

    at  bytes  what
    0   8      magic 89 48 56 52 43 0D 0A 1A ("HVRC" between bytes that text would change)
    8   1      version of this layout: 1
    9   1      0
    10  2      channels
    12  4      frame number, from 0, one more each frame, 0 again behind 4294967295
    16  8      time of the frame's middle, ns since 1970, UTC, signed
    24  8      frequency at a chirp's first sample, Hz, f64
    32  8      slope in Hz/s, f64
    40  8      sample rate in Hz, f64
    48  8      from one chirp to the next in s, f64
    56  8      from one antenna to the next in m, f64; 0 = unknown
    64  4      samples a chirp
    68  4      chirps a frame
    72  4      CRC-32 (as in zlib) of the 72 bytes before
"""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Iterator

import msgspec

from ..driver import Driver
from ..errors import FrameError
from ..fields import Field, Layout
from ..frames import FrameReader, Parsed
from ..readings import RadarCube

MAGIC = b"\x89HVRC\r\n\x1a"
VERSION = 1
SAMPLE_BYTES = 4

MOST_SAMPLE_BYTES = 1 << 24
"""Of one frame: 16 channels of 512 chirps of 512 samples, and a bound on what one sender can make
the gateway keep."""


class _Header(msgspec.Struct, frozen=True, kw_only=True):
    version: int = VERSION
    channels: int
    frame_number: int
    time_ns: int
    start_hz: float
    slope_hz_s: float
    sample_rate_hz: float
    chirp_interval_s: float
    channel_spacing_m: float
    samples_per_chirp: int
    chirps: int


HEADER = Layout(
    _Header,
    Field("version", "B", at=8),
    Field("channels", "H", at=10),
    Field("frame_number", "I"),
    Field("time_ns", "q"),
    Field("start_hz", "d"),
    Field("slope_hz_s", "d"),
    Field("sample_rate_hz", "d"),
    Field("chirp_interval_s", "d"),
    Field("channel_spacing_m", "d"),
    Field("samples_per_chirp", "I"),
    Field("chirps", "I"),
)
HEADER_BYTES = HEADER.size + 4


class Decoder:
    """Frames in any pieces, or one a payload.

    Attributes
    ----------
    refused : Counter
        Frames that were not read, by reason.
    """

    def __init__(self) -> None:
        self._frames = FrameReader(MAGIC, _parse)
        self.refused: Counter[str] = self._frames.refused

    @property
    def buffered(self) -> int:
        """Bytes that wait for the rest of their frame."""
        return self._frames.buffered

    def feed(self, data: bytes, time_ns: int) -> Iterator[RadarCube]:
        """Give the frames that `data` completes; their time is the sender's."""
        del time_ns
        return self._frames.feed(data)

    def close(self) -> Iterator[RadarCube]:
        """End the stream; a cut-off frame is counted."""
        return self._frames.close()


DRIVER = Driver(
    name="radar-cube",
    wire="mqtt",
    reads="raw radar frames with the parameters of their chirps",
    documents=("drivers/radar/radar_cube.py: the layout",),
    decoder=Decoder,
)


def encode(cube: RadarCube) -> bytes:
    """Write one frame; the inverse of decoding.

    Raises
    ------
    ValueError
        If the samples are not those of the frame's shape, or a value cannot be.
    """
    values = {name: getattr(cube, name) for name in _Header.__struct_fields__ if name != "version"}
    values["channel_spacing_m"] = cube.channel_spacing_m or 0.0
    header = _Header(**values)
    wrong = _wrong(header)
    if wrong:
        raise ValueError(wrong)
    if len(cube.samples) != _sample_bytes(header):
        raise ValueError(f"{len(cube.samples)} bytes are no frame of {_sample_bytes(header)}")
    wire = MAGIC + HEADER.encode(header)[len(MAGIC) :]
    return wire + zlib.crc32(wire).to_bytes(4, "little") + cube.samples


def _sample_bytes(header: _Header) -> int:
    return header.channels * header.chirps * header.samples_per_chirp * SAMPLE_BYTES


def _intact(header: bytearray) -> bool:
    """Whether all of a header is there, and its CRC is right."""
    crc = int.from_bytes(header[HEADER.size :], "little")
    return len(header) == HEADER_BYTES and crc == zlib.crc32(header[: HEADER.size])


def _parse(buffer: bytearray, seen: int) -> Parsed[RadarCube] | None:
    """Read the frame at the buffer's start; see `frames.Parse`."""
    if len(buffer) < HEADER_BYTES:
        return None
    if not _intact(buffer[:HEADER_BYTES]):
        raise FrameError("header fails its CRC")
    header = HEADER.decode(buffer)
    wrong = _wrong(header)
    if wrong:
        raise FrameError(wrong)
    length = HEADER_BYTES + _sample_bytes(header)
    if _another_begins(buffer, max(seen - HEADER_BYTES, 1), min(length, len(buffer))):
        raise FrameError("cut off by the next frame")
    if len(buffer) < length:
        return None
    cube = RadarCube(
        time_ns=header.time_ns,
        frame_number=header.frame_number,
        start_hz=header.start_hz,
        slope_hz_s=header.slope_hz_s,
        sample_rate_hz=header.sample_rate_hz,
        chirp_interval_s=header.chirp_interval_s,
        channels=header.channels,
        chirps=header.chirps,
        samples_per_chirp=header.samples_per_chirp,
        channel_spacing_m=header.channel_spacing_m or None,
        samples=bytes(buffer[HEADER_BYTES:length]),
    )
    return Parsed(cube, length)


def _wrong(header: _Header) -> str | None:
    """Say what in a header cannot be."""
    if header.version != VERSION:
        return "unknown version"
    if not 0 < _sample_bytes(header) <= MOST_SAMPLE_BYTES:
        return "impossible number of samples"
    positive = (header.start_hz, header.sample_rate_hz, header.chirp_interval_s)
    if not all(math.isfinite(value) and value > 0 for value in positive):
        return "impossible chirp"
    if not math.isfinite(header.slope_hz_s) or header.slope_hz_s == 0:
        return "impossible slope"
    if not (math.isfinite(header.channel_spacing_m) and header.channel_spacing_m >= 0):
        return "impossible distance of antennas"
    return None


def _another_begins(buffer: bytearray, start: int, end: int) -> bool:
    """Whether a good header lies between: then the frame around it lost its rest."""
    while (start := buffer.find(MAGIC, start, end)) >= 0:
        if _intact(buffer[start : min(start + HEADER_BYTES, end)]):
            return True
        start += 1
    return False
