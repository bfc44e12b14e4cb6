"""Texas Instruments mmWave radar, output of the out-of-box demonstration, SDK 3.x.

Data port, 921,600 baud, 8N1, little-endian. One packet a frame; checked on the logs of an IWR6843
with SDK 3.6.

    bytes  header                        bytes  part, one behind the other
    8      magic 02 01 04 03 06 05 08 07 4      type
    4      version, 0x03060000 = 3.6     4      length of what follows
    4      length of the packet          n      payload by type:
    4      platform, 0x000A6843               1 points: x, y, z in m, range rate in m/s; 4 x f32
    4      frame number                       6 statistics: 6 x u32
    4      processor cycles                   7 side info by point: SNR, noise in 0.1 dB; 2 x i16
    4      number of points                   9 temperature: i32 status (0 = good), u32 ms since
    4      number of parts                      start, 10 x i16 degrees Celsius
    4      subframe number

A packet is filled up to a multiple of 32 with whatever lay in memory, so the fill is never read.
Parts of other types (range profile, heat maps) are skipped by their length. There is no checksum:
a packet is believed when the lengths of its parts and its own length agree, and its points are as
many as their side info; a changed byte inside a payload goes unseen. The header's number of points
is not compared: of a log whose bytes 13 had become 10, it would cost the frames of 13 points. The
radar knows no time of day.

Not read: SDK 1 and 2 (other points), xWR14xx (a header of 36 bytes), people-counting packets.
"""

from __future__ import annotations

import math
import struct
from collections import Counter
from collections.abc import Iterator

import msgspec

from ..driver import Driver
from ..errors import FrameError
from ..fields import Field, Layout
from ..frames import FrameReader, Parsed
from ..readings import RadarFrame, RadarPoint, RadarStatistics, RadarTemperature

MAGIC = bytes((2, 1, 4, 3, 6, 5, 8, 7))
FILL = 32

LONGEST_BYTES = 1 << 16
"""The demonstration's largest packet, with both heat maps on, stays below 64 KiB; a false length
beyond it would hold back the frames behind it for most of a second."""

LEAST_SHARE = 16
"""A packet of which less than this share came before the next one begins is refused. A line loses
a few bytes, never that much; and without a limit, packets that lie in one another would have the
same bytes read as points more than a thousand times."""

MOST_PARTS = 32
"""The demonstration knows nine types of part and sends each at most once."""

TEMPERATURE_C = (-60, 175)
"""Wider than silicon works: beyond it the report is not a temperature."""


class _Header(msgspec.Struct, frozen=True):
    version: int
    length: int
    platform: int
    frame_number: int
    processor_cycles: int
    points: int
    parts: int
    subframe: int


class _Part(msgspec.Struct, frozen=True):
    type: int
    length: int


class _SideInfo(msgspec.Struct, frozen=True):
    snr_db: float
    noise_db: float


HEADER = Layout(
    _Header,
    Field("version", "I", at=8),
    Field("length", "I"),
    Field("platform", "I"),
    Field("frame_number", "I"),
    Field("processor_cycles", "I"),
    Field("points", "I"),
    Field("parts", "I"),
    Field("subframe", "I"),
)
PART = Layout(_Part, Field("type", "I"), Field("length", "I"))
POINT = Layout(
    RadarPoint,
    Field("x_m", "f"),
    Field("y_m", "f"),
    Field("z_m", "f"),
    Field("range_rate_m_s", "f"),
)
SIDE_INFO = Layout(
    _SideInfo, Field("snr_db", "h", per_unit=10), Field("noise_db", "h", per_unit=10)
)
STATISTICS = Layout(
    RadarStatistics,
    Field("processing_us", "I"),
    Field("transmit_us", "I"),
    Field("frame_margin_us", "I"),
    Field("chirp_margin_us", "I"),
    Field("active_load_percent", "I"),
    Field("idle_load_percent", "I"),
)
TEMPERATURE = struct.Struct("<iI10h")

POINTS_PART, STATISTICS_PART, SIDE_INFO_PART, TEMPERATURE_PART = 1, 6, 7, 9
READ_PARTS = {POINTS_PART, STATISTICS_PART, SIDE_INFO_PART, TEMPERATURE_PART}


class Decoder:
    """Bytes of the data port in any pieces, radar frames out."""

    def __init__(self) -> None:
        self._frames = FrameReader(MAGIC, _parse)
        self._time_ns = 0
        self.refused: Counter[str] = self._frames.refused

    @property
    def buffered(self) -> int:
        """Bytes that wait for the rest of their frame."""
        return self._frames.buffered

    def feed(self, data: bytes, time_ns: int) -> Iterator[RadarFrame]:
        """Give the frames that `data`, received at `time_ns` (UTC), completes."""
        self._time_ns = time_ns
        return self._stamped(self._frames.feed(data))

    def close(self) -> Iterator[RadarFrame]:
        """End the stream; a cut-off frame is counted."""
        return self._stamped(self._frames.close())

    def _stamped(self, frames: Iterator[RadarFrame]) -> Iterator[RadarFrame]:
        for frame in frames:
            yield msgspec.structs.replace(frame, time_ns=self._time_ns)


DRIVER = Driver(
    name="ti-mmwave",
    wire="serial",
    reads="points with range rate, SNR and noise; processor statistics; temperatures",
    documents=("TI mmWave SDK 3.x, out-of-box demonstration: output packet",),
    decoder=Decoder,
    baud=921_600,
)


def encode(frame: RadarFrame) -> bytes:
    """Write a packet as the radar sends it; the inverse of decoding, but for the time.

    Raises
    ------
    ValueError
        If a value does not fit the packet, or if only some of the points have SNR and noise.
    """
    parts = b"".join(
        PART.encode(_Part(type=number, length=len(payload))) + payload
        for number, payload in _payloads(frame)
    )
    fill = -(HEADER.size + len(parts)) % FILL
    header = _Header(
        version=0x0306_0000,
        length=HEADER.size + len(parts) + fill,
        platform=0x000A_6843,
        frame_number=frame.frame_number,
        processor_cycles=0,
        points=len(frame.points),
        parts=sum(1 for _ in _payloads(frame)),
        subframe=0,
    )
    if header.length > LONGEST_BYTES:
        raise ValueError(f"{len(frame.points)} points do not fit one packet")
    return MAGIC + HEADER.encode(header)[len(MAGIC) :] + parts + bytes(fill)


def _payloads(frame: RadarFrame) -> Iterator[tuple[int, bytes]]:
    """Give the parts in the radar's own order."""
    if frame.points:
        yield POINTS_PART, b"".join(map(POINT.encode, frame.points))
    levels = [(p.snr_db, p.noise_db) for p in frame.points]
    known = [
        _SideInfo(snr, noise) for snr, noise in levels if snr is not None and noise is not None
    ]
    if len(known) != len(levels) and any(level != (None, None) for level in levels):
        raise ValueError("SNR and noise: the radar gives them for all points or for none")
    if known:
        yield SIDE_INFO_PART, b"".join(map(SIDE_INFO.encode, known))
    if frame.statistics:
        yield STATISTICS_PART, STATISTICS.encode(frame.statistics)
    if frame.temperature:
        report = frame.temperature
        yield TEMPERATURE_PART, TEMPERATURE.pack(0, report.uptime_ms, *report.sensors_c)


def _parse(buffer: bytearray, _: int) -> Parsed[RadarFrame] | None:
    """Read the packet at the buffer's start; see `frames.Parse`."""
    if len(buffer) < HEADER.size:
        return None
    header = HEADER.decode(buffer)
    _check(header)
    spans = _parts(header, buffer)
    if spans is None:
        return None
    if buffer.find(MAGIC, len(MAGIC), header.length // LEAST_SHARE) >= 0:
        raise FrameError("cut off by the next packet")
    payloads = {number: bytes(buffer[spans[number]]) for number in READ_PARTS & spans.keys()}
    frame = RadarFrame(
        time_ns=0,
        frame_number=header.frame_number,
        points=_points(payloads),
        statistics=_statistics(payloads.get(STATISTICS_PART)),
        temperature=_temperature(payloads.get(TEMPERATURE_PART)),
    )
    return Parsed(frame, header.length)


def _check(header: _Header) -> None:
    if header.version >> 24 != 3:
        raise FrameError("not SDK 3")
    if not HEADER.size <= header.length <= LONGEST_BYTES or header.length % FILL:
        raise FrameError("impossible packet length")
    if header.parts > MOST_PARTS:
        raise FrameError("too many parts")


def _parts(header: _Header, buffer: bytearray) -> dict[int, slice] | None:
    """Find each part's payload by its type; None while bytes are missing."""
    spans: dict[int, slice] = {}
    end = HEADER.size
    for _ in range(header.parts):
        start = end + PART.size
        if start > header.length:
            raise FrameError("parts longer than their packet")
        if start > len(buffer):
            return None
        part = PART.decode(buffer, end)
        end = start + part.length
        if end > header.length:
            raise FrameError("parts longer than their packet")
        if part.type in spans:
            raise FrameError("the same part twice")
        spans[part.type] = slice(start, end)
    if header.length - end >= FILL:
        raise FrameError("parts shorter than their packet")
    return spans if end <= len(buffer) else None


def _points(payloads: dict[int, bytes]) -> tuple[RadarPoint, ...]:
    wire = payloads.get(POINTS_PART, b"")
    levels = payloads.get(SIDE_INFO_PART, b"")
    count, rest = divmod(len(wire), POINT.size)
    if rest or (levels and len(levels) != count * SIDE_INFO.size):
        raise FrameError("points and side info of lengths that do not match")
    points = tuple(POINT.decode_all(wire))
    if not all(map(_finite, points)):
        raise FrameError("not a number")
    if not levels:
        return points
    infos = SIDE_INFO.decode_all(levels)
    return tuple(
        msgspec.structs.replace(point, snr_db=info.snr_db, noise_db=info.noise_db)
        for point, info in zip(points, infos, strict=True)
    )


def _finite(point: RadarPoint) -> bool:
    values = (point.x_m, point.y_m, point.z_m, point.range_rate_m_s)
    return all(map(math.isfinite, values))


def _statistics(payload: bytes | None) -> RadarStatistics | None:
    if payload is None:
        return None
    if len(payload) != STATISTICS.size:
        raise FrameError("statistics of another length")
    return STATISTICS.decode(payload)


def _temperature(payload: bytes | None) -> RadarTemperature | None:
    """Give the report that the radar itself calls good, if it can be one."""
    if payload is None:
        return None
    if len(payload) != TEMPERATURE.size:
        raise FrameError("temperature report of another length")
    status, uptime_ms, *sensors_c = TEMPERATURE.unpack(payload)
    coldest, hottest = TEMPERATURE_C
    if status != 0 or not all(coldest <= value <= hottest for value in sensors_c):
        return None
    return RadarTemperature(uptime_ms=uptime_ms, sensors_c=tuple(sensors_c))
