"""MicroPhase AntSDR receivers, as they hand on what they decoded of the drone maker's DroneID.

Two firmwares, two forms; no capture of either is at hand, the layouts are those that the receivers
of other projects read:

    binary  TCP, port 41030, the receiver listens; little-endian, 232 bytes:
            u8 u8 of no known meaning, u8 type 1, u16 length 232, then 227 bytes:
              0  char[64] serial number      145  f64 aircraft's latitude, longitude
             64  char[64] model              161  f64 height over ground, altitude in m
            128  u8 of no known meaning      177  f64 home's latitude, longitude
            129  f64 operator's latitude,    193  f64 frequency in MHz
                 longitude                   201  f64 speed east, north, up in m/s
                                             225  i16 level in dBm
    text    UDP, port 52002, the receiver sends; fields parted by commas, ended by `;`:
            dji_O, generation 2/3 or 4, MHz, dBm, model(type) or dji(hash), serial number,
            aircraft's, operator's and home's longitude and latitude, A, B[, ms UTC]

Two projects read A and B differently, and no device is there to decide. The option `reading` says
which holds: `heights-first` (A altitude in tens of metres | height in m; B east | north | up in
cm/s) or `speeds-first` (A east | north, B height | altitude | up; m and m/s). By default both stay
unknown. The home is not read. Generation 4 is encrypted: its hash names a burst's session, and
nothing else is claimed.

Both carry what the maker's DroneID payload holds: without a stated legal basis the gateway keeps
of them only that such a burst was there (docs/decisions/0005).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import msgspec

from ..driver import Driver
from ..errors import FrameError
from ..fields import Field, Layout
from ..readings import RemoteIdReport
from . import told

Disputed = Literal["unknown", "heights-first", "speeds-first"]

BINARY = b"\x01\xe8\x00"
"""A frame's type and length; two bytes stand before them."""

TEXT = b"dji_O,"
BEFORE, FRAME_BYTES = 2, 232
LONGEST_DATAGRAM = 1 << 16
_BETWEEN = b" \t\r\n\0"
LEVELS_DBM = (-200, 50)
_FEWEST_FIELDS, _MOST_FIELDS = 12, 16
_HASH = re.compile(r"dji\(([0-9A-Za-z]{1,32})\)")


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a site's settings may say of such a sensor."""

    reading: Disputed = "unknown"


class _Frame(msgspec.Struct, frozen=True, kw_only=True):
    serial: bytes
    model: bytes
    operator_lat: float
    operator_lon: float
    lat: float
    lon: float
    height_m: float
    altitude_m: float
    east_m_s: float
    north_m_s: float
    up_m_s: float
    level_dbm: int


_LAYOUT = Layout(
    _Frame,
    Field("serial", "64s", at=5),
    Field("model", "64s"),
    Field("operator_lat", "d", at=5 + 129),
    Field("operator_lon", "d"),
    Field("lat", "d"),
    Field("lon", "d"),
    Field("height_m", "d"),
    Field("altitude_m", "d"),
    Field("east_m_s", "d", at=5 + 201),
    Field("north_m_s", "d"),
    Field("up_m_s", "d"),
    Field("level_dbm", "h"),
    size=FRAME_BYTES,
)


@dataclass(frozen=True, slots=True)
class _Motion:
    """Heights and speeds, as far as they are known."""

    altitude_m: float | None = None
    height_m: float | None = None
    east_m_s: float | None = None
    north_m_s: float | None = None
    up_m_s: float | None = None


class BinaryDecoder:
    """The older firmware's stream in any pieces, reports out."""

    def __init__(self) -> None:
        self.refused: Counter[str] = Counter()
        self._buffer = bytearray()

    def feed(self, data: bytes, time_ns: int) -> Iterator[RemoteIdReport]:
        """Give the reports that `data`, received at `time_ns` (UTC), completes."""
        self._buffer += data
        while (start := self._buffer.find(BINARY, BEFORE)) >= 0:
            if start > BEFORE:
                self.refused["junk between frames"] += 1
                del self._buffer[: start - BEFORE]
            if len(self._buffer) < FRAME_BYTES:
                return
            frame = bytes(self._buffer[:FRAME_BYTES])
            try:
                yield self._report(_LAYOUT.decode(frame), time_ns)
            except FrameError as error:
                self.refused[error.reason] += 1
                del self._buffer[: BEFORE + 1]  # it may have been another frame's inside
            else:
                del self._buffer[:FRAME_BYTES]
        if len(self._buffer) > FRAME_BYTES:
            self.refused["junk between frames"] += 1
            del self._buffer[: -len(BINARY) - BEFORE]

    def close(self) -> Iterator[RemoteIdReport]:
        """End the stream; a cut-off frame is counted."""
        if self._buffer:
            self.refused["cut off at the end"] += 1
        self._buffer.clear()
        return iter(())

    def _report(self, frame: _Frame, time_ns: int) -> RemoteIdReport:
        serial, model = (_text(field, self.refused) for field in (frame.serial, frame.model))
        motion = _Motion(
            altitude_m=_finite(frame.altitude_m),
            height_m=_finite(frame.height_m),
            east_m_s=_finite(frame.east_m_s),
            north_m_s=_finite(frame.north_m_s),
            up_m_s=_finite(frame.up_m_s),
        )
        places = (frame.lat, frame.lon, frame.operator_lat, frame.operator_lon)
        return _report(time_ns, serial, model, frame.level_dbm, places, motion)


class TextDecoder:
    """The newer firmware's datagrams, one or several texts each, reports out.

    Parameters
    ----------
    reading : {"unknown", "heights-first", "speeds-first"}
        Of the fields that two sources disagree on.
    """

    def __init__(self, reading: Disputed = "unknown") -> None:
        self.refused: Counter[str] = Counter()
        self._reading: Disputed = reading

    def feed(self, data: bytes, time_ns: int) -> Iterator[RemoteIdReport]:
        """Give the reports in one datagram, received at `time_ns` (UTC)."""
        if len(data) > LONGEST_DATAGRAM:
            self.refused["datagram too large"] += 1
            return
        for text in filter(None, (part.strip(_BETWEEN) for part in data.split(b";"))):
            try:
                if not text.startswith(TEXT):
                    raise FrameError("no text of this receiver")
                yield self._of_text(text.decode("utf-8", "replace"), time_ns)
            except FrameError as error:
                self.refused[error.reason] += 1

    def close(self) -> Iterator[RemoteIdReport]:
        """Give nothing: every datagram was whole."""
        return iter(())

    def _of_text(self, text: str, time_ns: int) -> RemoteIdReport:
        fields = text.rstrip(",").split(",")
        if not _FEWEST_FIELDS <= len(fields) <= _MOST_FIELDS:
            raise FrameError("text of another length")
        level = told.within(_number(fields[3]), LEVELS_DBM)
        if fields[1] == "4":
            return self._encrypted(fields[4], level, time_ns)
        lon, lat, operator_lon, operator_lat = (_number(field) for field in fields[6:10])
        model = told.printable(fields[4].partition("(")[0], self.refused)
        serial = told.printable(fields[5], self.refused)
        sent_ms = _number(fields[14]) if len(fields) > 14 else None
        sent_ns = int(sent_ms) * 1_000_000 if sent_ms and 0 < sent_ms < 9e12 else time_ns
        motion = self._motion(fields[12:14])
        places = (lat, lon, operator_lat, operator_lon)
        return _report(sent_ns, serial, model, level, places, motion)

    def _encrypted(self, name: str, level: float | None, time_ns: int) -> RemoteIdReport:
        found = _HASH.fullmatch(name)
        if found is None:
            raise FrameError("encrypted burst without its hash")
        return RemoteIdReport(
            time_ns=time_ns,
            transmitter=f"droneid:{found[1]}",
            transport="dji-droneid",
            level_dbm=level,
            session_id=found[1],
        )

    def _motion(self, disputed: list[str]) -> _Motion:
        """Read the two fields as the site's settings say."""
        parts = [[_number(part) for part in field.split("|")] for field in disputed]
        shape = [len(part) for part in parts]
        if self._reading == "unknown" or shape != [2, 3]:
            return _Motion()
        (a, b), (c, d, e) = parts
        if self._reading == "heights-first":
            return _Motion(_times(a, 10), b, _times(c, 0.01), _times(d, 0.01), _times(e, 0.01))
        return _Motion(altitude_m=d, height_m=c, east_m_s=a, north_m_s=b, up_m_s=e)


def _configured(options: Options) -> TextDecoder:
    return TextDecoder(options.reading)


_DOCUMENTS = ("the layouts that receivers of AntSDR read; no document of its maker",)
_READS = "what the maker's DroneID claims: place, operator, serial number"

DRIVER = Driver(
    name="antsdr",
    wire="serial",
    reads=f"{_READS}; older firmware, port = socket://HOST:41030",
    documents=_DOCUMENTS,
    decoder=BinaryDecoder,
    baud=115_200,  # of no meaning over TCP
)
TEXT_DRIVER = Driver(
    name="antsdr-text",
    wire="udp",
    reads=f"{_READS}; newer firmware, port 52002",
    documents=_DOCUMENTS,
    decoder=TextDecoder,
    options=Options,
    configured=_configured,
)


def encode(report: RemoteIdReport) -> bytes:
    """Write one binary frame as the older firmware sends it."""
    place, operator = report.position, report.operator_position
    course = math.radians(report.course_deg or 0.0)
    speed = report.ground_speed_m_s or 0.0
    frame = _Frame(
        serial=(report.serial_number or "").encode(),
        model=b"",
        operator_lat=operator.latitude_deg if operator else 0.0,
        operator_lon=operator.longitude_deg if operator else 0.0,
        lat=place.latitude_deg if place else 0.0,
        lon=place.longitude_deg if place else 0.0,
        height_m=report.height_m or 0.0,
        altitude_m=place.altitude_hae_m or 0.0 if place else 0.0,
        east_m_s=speed * math.sin(course),
        north_m_s=speed * math.cos(course),
        up_m_s=report.climb_m_s or 0.0,
        level_dbm=round(report.level_dbm or 0),
    )
    body = _LAYOUT.encode(frame)
    return b"\0\0" + BINARY + body[5:]


def encode_text(report: RemoteIdReport, reading: Disputed = "heights-first") -> bytes:
    """Write one text as the newer firmware sends it, its disputed fields by one reading."""
    place, operator = report.position, report.operator_position
    course = math.radians(report.course_deg or 0.0)
    speed = report.ground_speed_m_s or 0.0
    east, north, up = speed * math.sin(course), speed * math.cos(course), report.climb_m_s or 0.0
    altitude, height = (place.altitude_hae_m if place else None) or 0.0, report.height_m or 0.0
    if reading == "speeds-first":
        disputed = f"{east:.2f}|{north:.2f},{height:.2f}|{altitude:.2f}|{up:.2f}"
    else:
        speeds = f"{100 * east:.2f}|{100 * north:.2f}|{100 * up:.2f}"
        disputed = f"{altitude / 10:.3f}|{height:.2f},{speeds}"
    places = ",".join(
        f"{one.longitude_deg:.7f},{one.latitude_deg:.7f}" if one else "0.000000,0.000000"
        for one in (place, operator, None)
    )
    level = round(report.level_dbm or 0)
    head = f"dji_O,2/3,2414.5,{level},model(0),{report.serial_number or ''}"
    return f"{head},{places},{disputed},{report.time_ns // 1_000_000};".encode()


def _report(
    time_ns: int,
    serial: str | None,
    model: str | None,
    level_dbm: float | None,
    places: tuple[float | None, float | None, float | None, float | None],
    motion: _Motion,
) -> RemoteIdReport:
    """Give what one decoded burst claims.

    Raises
    ------
    FrameError
        If it has no serial number: nothing would bind it to the next.
    """
    if serial is None:
        raise FrameError("no serial number")
    lat, lon, operator_lat, operator_lon = places
    course = speed = None
    if motion.east_m_s is not None and motion.north_m_s is not None:
        speed = told.within(math.hypot(motion.east_m_s, motion.north_m_s), told.SPEEDS_M_S)
        if speed:
            course = math.degrees(math.atan2(motion.east_m_s, motion.north_m_s)) % 360 % 360
    operator = told.place(operator_lat, operator_lon)
    height_m = told.within(motion.height_m, told.ALTITUDES_M)
    return RemoteIdReport(
        time_ns=time_ns,
        transmitter=f"droneid:{serial}",
        transport="dji-droneid",
        level_dbm=told.within(level_dbm, LEVELS_DBM),
        serial_number=serial,
        position=told.place(lat, lon, motion.altitude_m),
        height_m=height_m,
        height_reference=None if height_m is None else "ground",
        course_deg=course,
        ground_speed_m_s=speed,
        climb_m_s=told.within(motion.up_m_s, told.CLIMBS_M_S),
        operator_position=operator,
        operator_position_kind=None if operator is None else "live",
        self_description=model,
    )


def _text(field: bytes, refused: Counter[str]) -> str | None:
    return told.printable(field.split(b"\0")[0].decode(errors="replace"), refused)


def _number(text: str) -> float | None:
    """Read a number; None for what is none, or not finite."""
    try:
        return _finite(float(text.replace("\N{MINUS SIGN}", "-")))
    except ValueError:
        return None


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor
