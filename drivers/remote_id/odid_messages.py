"""Open Drone ID messages as they are broadcast: ASTM F3411-22a, and EN 4709-002 over it.

25 bytes, little-endian; byte 0 is the type in its upper half and the version (0, 1, 2) in its
lower. A pack (type 15) is that byte, message size 25, count of messages, and up to 9 of them; some
transmitters (captured) always send the room of 9, and packs with none before they know anything.

    0 Basic ID   1 ID type << 4 | aircraft type, 2 char[20] ID
    1 Location   1 status << 4 | height type << 2 | east/west << 1 | speed multiplier,
                 2 u8 direction (+ 180 if west; 361 unknown), 3 u8 speed (0.25 m/s, or 0.75 m/s
                 from 63.75; 255 with multiplier unknown), 4 i8 climb 0.5 m/s (63 unknown),
                 5 i32 latitude 1e-7 deg, 9 i32 longitude (0/0 unknown), 13 u16 pressure altitude
                 0.5 m from -1000 (0 unknown), 15 geodetic altitude, 17 height,
                 19 vertical << 4 | horizontal accuracy, 20 pressure << 4 | speed accuracy,
                 21 u16 0.1 s past the hour (65535 unknown), 23 time accuracy 0.1 s
    2 Authentic. 1 type << 4 | page; page 0: 2 last page, 3 length, 4 u32 time, 8 data[17];
                 other pages 2 data[23]
    3 Self-ID    1 type, 2 char[23] text
    4 System     1 class type << 2 | kind of operator's place, 2 i32 latitude, 6 i32 longitude,
                 10 u16 area count, 12 u8 radius 10 m, 13 u16 ceiling, 15 u16 floor,
                 17 category << 4 | class (EU), 18 u16 geodetic altitude, 20 u32 s since 2019
    5 Operator   1 type, 2 char[20] ID

Accuracies stay codes here: `odid_struct.HORIZONTAL_M` and its neighbours tell their metres. What
is unknown is None. Numbers are written as the reference encoder rounds them (opendroneid-core-c:
climb and altitudes towards zero, all others to the nearest).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Iterator

import msgspec

from ..errors import FrameError

SIZE = 25
MOST_MESSAGES = 9
LONGEST = 3 + MOST_MESSAGES * SIZE
NEWEST_VERSION = 2
EPOCH_S = 1_546_300_800  # 2019-01-01, from which System counts

_BASIC_ID, _LOCATION, _AUTHENTICATION, _SELF_ID, _SYSTEM, _OPERATOR_ID, _PACK = 0, 1, 2, 3, 4, 5, 15

_LOCATION_ROW = struct.Struct("<xBBBbiiHHHBBHBx")
_SYSTEM_ROW = struct.Struct("<xBiiHBHHBHIx")
_FIRST_PAGE = struct.Struct("<xBBBI17s")
_UNKNOWN_SPEED = 255.0
_UNKNOWN_TIME = 0xFFFF


class BasicId(msgspec.Struct, frozen=True):
    """Which aircraft it is."""

    id_type: int
    aircraft_type: int
    id: bytes  # without the NULs behind it


class Location(msgspec.Struct, frozen=True):
    """Where it is and how it flies."""

    status: int
    height_type: int
    direction_deg: int | None
    speed_m_s: float | None
    climb_m_s: float | None
    latitude_deg: float | None
    longitude_deg: float | None
    pressure_altitude_m: float | None
    altitude_hae_m: float | None
    height_m: float | None
    vertical_accuracy: int
    horizontal_accuracy: int
    pressure_accuracy: int
    speed_accuracy: int
    hour_s: float | None
    time_accuracy: int


class Authentication(msgspec.Struct, frozen=True):
    """A page of a signature; `last_page`, `length` and `time_s` stand on the first alone."""

    type: int
    page: int
    data: bytes
    last_page: int | None = None
    length: int | None = None
    time_s: int | None = None  # since 2019


class SelfId(msgspec.Struct, frozen=True):
    """What its pilot says of the flight."""

    type: int
    text: bytes


class System(msgspec.Struct, frozen=True):
    """Where its operator is, and the area that it flies in."""

    class_type: int
    operator_kind: int
    latitude_deg: float | None
    longitude_deg: float | None
    area_count: int
    area_radius_m: int
    area_ceiling_m: float | None
    area_floor_m: float | None
    category_eu: int
    class_eu: int
    altitude_hae_m: float | None
    time_s: int  # since 2019


class OperatorId(msgspec.Struct, frozen=True):
    """Who operates it."""

    type: int
    id: bytes


Message = BasicId | Location | Authentication | SelfId | System | OperatorId


def messages(data: bytes) -> Iterator[Message]:
    """Give the messages of one broadcast: a message alone, or a pack.

    Raises
    ------
    FrameError
        If the version or a type is unknown, or lengths do not add up. A pack is refused before any
        of its messages was given, unless the fault is in one of them.
    """
    if len(data) < SIZE:
        raise FrameError("Remote ID of a wrong length")
    if data[0] & 0xF > NEWEST_VERSION:
        raise FrameError("Remote ID of an unknown version")
    if data[0] >> 4 != _PACK:
        if len(data) != SIZE:
            raise FrameError("Remote ID of a wrong length")
        yield decode(data)
        return
    count = data[2]
    end = 3 + count * SIZE
    if data[1] != SIZE or count > MOST_MESSAGES or len(data) not in (end, LONGEST):
        raise FrameError("Remote ID pack of a wrong length")
    for at in range(3, end, SIZE):
        yield decode(data, at)


def decode(data: bytes, at: int = 0) -> Message:
    """Read the message at `at`; `data` must hold all of it.

    Raises
    ------
    FrameError
        If its type or version is unknown.
    """
    head = data[at]
    if head & 0xF > NEWEST_VERSION:
        raise FrameError("Remote ID of an unknown version")
    kind = head >> 4
    if kind == _LOCATION:
        return _location(data, at)
    if kind == _SYSTEM:
        return _system(data, at)
    upper, lower = data[at + 1] >> 4, data[at + 1] & 0xF
    if kind == _BASIC_ID:
        return BasicId(upper, lower, data[at + 2 : at + 22].rstrip(b"\0"))
    if kind == _SELF_ID:
        return SelfId(data[at + 1], data[at + 2 : at + 25].rstrip(b"\0"))
    if kind == _OPERATOR_ID:
        return OperatorId(data[at + 1], data[at + 2 : at + 22].rstrip(b"\0"))
    if kind == _AUTHENTICATION:
        if lower:
            return Authentication(upper, lower, data[at + 2 : at + 25])
        _, last, length, time_s, page = _FIRST_PAGE.unpack_from(data, at)
        return Authentication(upper, 0, page, last, length, time_s)
    raise FrameError("Remote ID message of an unknown type")


def _location(data: bytes, at: int) -> Location:
    (
        flags, direction, speed, climb, latitude, longitude, pressure, geodetic, height,
        where, how, hour, when,
    ) = _LOCATION_ROW.unpack_from(data, at)  # fmt: skip
    direction += 180 * (flags >> 1 & 1)
    speed_m_s: float | None = speed * 0.25
    if flags & 1:
        speed_m_s = None if speed == 255 else speed * 0.75 + 63.75
    nowhere = latitude == longitude == 0
    off = not (-900_000_000 <= latitude <= 900_000_000)
    off = off or not (-1_800_000_000 <= longitude <= 1_800_000_000)
    return Location(
        flags >> 4,
        flags >> 2 & 1,
        direction if direction <= 360 else None,
        speed_m_s,
        climb * 0.5 if -124 <= climb <= 124 else None,
        None if nowhere or off else latitude / 1e7,
        None if nowhere or off else longitude / 1e7,
        pressure * 0.5 - 1000 if pressure else None,
        geodetic * 0.5 - 1000 if geodetic else None,
        height * 0.5 - 1000 if height else None,
        where >> 4,
        where & 0xF,
        how >> 4,
        how & 0xF,
        hour / 10 if hour <= 36_000 else None,
        when & 0xF,
    )


def _system(data: bytes, at: int) -> System:
    (
        flags, latitude, longitude, count, radius, ceiling, floor, kinds, altitude, time_s,
    ) = _SYSTEM_ROW.unpack_from(data, at)  # fmt: skip
    nowhere = latitude == longitude == 0
    off = not (-900_000_000 <= latitude <= 900_000_000)
    off = off or not (-1_800_000_000 <= longitude <= 1_800_000_000)
    return System(
        flags >> 2 & 7,
        flags & 3,
        None if nowhere or off else latitude / 1e7,
        None if nowhere or off else longitude / 1e7,
        count,
        radius * 10,
        ceiling * 0.5 - 1000 if ceiling else None,
        floor * 0.5 - 1000 if floor else None,
        kinds >> 4,
        kinds & 0xF,
        altitude * 0.5 - 1000 if altitude else None,
        time_s,
    )


def encode(message: Message, version: int = NEWEST_VERSION) -> bytes:
    """Write one message; the inverse of `decode`.

    Raises
    ------
    ValueError
        If a value does not fit.
    """
    try:
        body = _body(message)
    except struct.error as error:
        raise ValueError(f"{type(message).__name__} does not fit its message: {error}") from None
    return bytes([_TYPES[type(message)] << 4 | version]) + body[1:]


def pack(some: Iterable[Message], version: int = NEWEST_VERSION) -> bytes:
    """Write a pack.

    Raises
    ------
    ValueError
        If there are too many, or a value does not fit.
    """
    bodies = [encode(message, version) for message in some]
    if len(bodies) > MOST_MESSAGES:
        raise ValueError(f"a pack holds {MOST_MESSAGES} messages at most, not {len(bodies)}")
    return bytes([_PACK << 4 | version, SIZE, len(bodies)]) + b"".join(bodies)


_TYPES: dict[type[Message], int] = {
    BasicId: _BASIC_ID,
    Location: _LOCATION,
    Authentication: _AUTHENTICATION,
    SelfId: _SELF_ID,
    System: _SYSTEM,
    OperatorId: _OPERATOR_ID,
}


def _body(message: Message) -> bytes:
    match message:
        case BasicId(id_type, aircraft_type, name):
            return struct.pack("<xB20s3x", id_type << 4 | aircraft_type, _fitting(name, 20))
        case Location():
            return _location_body(message)
        case Authentication(kind, 0, data, last_page, length, time_s):
            return _FIRST_PAGE.pack(
                kind << 4, last_page or 0, length or 0, time_s or 0, _fitting(data, 17)
            )
        case Authentication(kind, page, data):
            return struct.pack("<xB23s", kind << 4 | page, _fitting(data, 23))
        case SelfId(kind, text):
            return struct.pack("<xB23s", kind, _fitting(text, 23))
        case System():
            return _system_body(message)
        case OperatorId(kind, name):
            return struct.pack("<xB20s3x", kind, _fitting(name, 20))


def _location_body(message: Location) -> bytes:
    direction = 361 if message.direction_deg is None else _nearest(message.direction_deg)
    speed = _UNKNOWN_SPEED if message.speed_m_s is None else message.speed_m_s
    fast = speed > 63.75
    west = direction >= 180
    hour = _UNKNOWN_TIME if message.hour_s is None else _nearest(message.hour_s * 10)
    return _LOCATION_ROW.pack(
        message.status << 4 | message.height_type << 2 | west << 1 | fast,
        direction - 180 * west,
        min(_nearest((speed - 63.75) / 0.75 if fast else speed / 0.25), 255),
        126 if message.climb_m_s is None else _cut(message.climb_m_s / 0.5),
        _nearest((message.latitude_deg or 0) * 1e7),
        _nearest((message.longitude_deg or 0) * 1e7),
        _altitude(message.pressure_altitude_m),
        _altitude(message.altitude_hae_m),
        _altitude(message.height_m),
        message.vertical_accuracy << 4 | message.horizontal_accuracy,
        message.pressure_accuracy << 4 | message.speed_accuracy,
        hour,
        message.time_accuracy,
    )


def _system_body(message: System) -> bytes:
    return _SYSTEM_ROW.pack(
        message.class_type << 2 | message.operator_kind,
        _nearest((message.latitude_deg or 0) * 1e7),
        _nearest((message.longitude_deg or 0) * 1e7),
        message.area_count,
        message.area_radius_m // 10,
        _altitude(message.area_ceiling_m),
        _altitude(message.area_floor_m),
        message.category_eu << 4 | message.class_eu,
        _altitude(message.altitude_hae_m),
        message.time_s,
    )


def _altitude(metres: float | None) -> int:
    return 0 if metres is None else _cut((metres + 1000) / 0.5)


def _cut(value: float) -> int:
    """Towards zero; a value that is whole but for the error of a float stays that whole."""
    return int(value + math.copysign(1e-4, value))


def _nearest(value: float) -> int:
    """To the nearest; a half goes away from zero, as C's `round` does."""
    return int(value + math.copysign(0.5, value))


def _fitting(data: bytes, room: int) -> bytes:
    if len(data) > room:
        raise ValueError(f"{data!r} is longer than the {room} bytes for it")
    return data
