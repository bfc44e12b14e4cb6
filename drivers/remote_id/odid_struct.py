"""ODID_UAS_Data: ASTM F3411-22a messages as the C library of Open Drone ID keeps them in memory.

Little-endian, 921 bytes in every capture from a DroneScout receiver; blocks by their place:

    at   block           at in block: what
    0    Basic ID 0      0 u32 aircraft type, 4 u32 ID type, 8 char[21] ID
    32   Basic ID 1      the same
    64   Location        0 u32 status, 4 f32 direction, 8 f32 speed, 12 f32 climb, 16 f64 latitude,
                         24 f64 longitude, 32 f32 pressure altitude, 36 f32 geodetic altitude,
                         40 u32 reference of height, 44 f32 height, 48 u32 x 5 accuracy codes:
                         horizontal, vertical, pressure, speed, time; 68 f32 s past the hour
    136  Authentication  16 pages of 40 bytes: not read
    776  Self-ID         0 u32 type, 4 char[24] text
    808  System          0 u32 kind of operator's place, 8 f64 latitude, 16 f64 longitude, area,
                         44 f32 geodetic altitude, 48 u32 time
    864  Operator ID     0 u32 type, 4 char[21] ID
    892  valid flags     u8 each: Basic ID 0, 1, Location, 16 pages, Self-ID, System, Operator ID

A block whose flag is not 1 is not read. Unknown are: values outside the limits of the rows below
(direction 361, speed 255, climb 63, altitude -1000 among them), accuracy 0, and the place 0/0.
Text ends at its first NUL.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import msgspec

from ..errors import FrameError
from ..fields import Field, Layout
from ..readings import Position, RemoteIdReport

SIZE = 921
BASIC_IDS_AT = (0, 32)
LOCATION_AT = 64
SELF_ID_AT = 776
SYSTEM_AT = 808
OPERATOR_ID_AT = 864
FLAGS_AT = 892
FLAGS = {LOCATION_AT: 894, SELF_ID_AT: 911, SYSTEM_AT: 912, OPERATOR_ID_AT: 913, 0: 892, 32: 893}
"""Where each block's valid flag is."""

UNREADABLE = "identifier or text that cannot be shown"
LONGEST_TEXT = 100
"""Characters: the structure has room for 23, receivers name themselves in a dozen or two."""

HORIZONTAL_M = (None, 18520, 7408, 3704, 1852, 926, 555.6, 185.2, 92.6, 30, 10, 3, 1)
VERTICAL_M = (None, 150, 45, 25, 10, 3, 1)
SPEED_M_S = (None, 10, 3, 1, 0.3)
"""Accuracy codes: the true value is within so much, 95 % of the time (F3411-22a, table 3)."""

ID_FIELDS = (None, "serial_number", "registration_id", "utm_id", "session_id")
"""Which of a report's identifiers each ID type is."""


class _BasicId(msgspec.Struct, frozen=True):
    aircraft_type: int | None
    id_type: int
    id: bytes


class _Location(msgspec.Struct, frozen=True, kw_only=True):
    operational_status: int | None
    course_deg: float | None
    ground_speed_m_s: float | None
    climb_m_s: float | None
    latitude_deg: float | None
    longitude_deg: float | None
    pressure_altitude_m: float | None
    altitude_hae_m: float | None
    height_reference: Literal["takeoff", "ground"] | None
    height_m: float | None
    horizontal_accuracy_m: float | None
    vertical_accuracy_m: float | None
    speed_accuracy_m_s: float | None


class _Text(msgspec.Struct, frozen=True):
    type: int
    text: bytes


class _System(msgspec.Struct, frozen=True, kw_only=True):
    kind: Literal["takeoff", "live", "fixed"] | None
    latitude_deg: float | None
    longitude_deg: float | None
    altitude_hae_m: float | None


# The broadcast counts altitudes as u16 in steps of 0.5 m from -1000 m, its "unknown".
_LOWEST_M, _HIGHEST_M = -999.5, 31767.5

# The same blocks as the tables say, for reading each in one step: most of a receiver's time.
_BASIC_ID = struct.Struct("<II21s")
_LOCATION = struct.Struct("<I3f2d2fIf2I4xI")
_SYSTEM = struct.Struct("<I4x2d20xf")
_REFERENCES = ("takeoff", "ground")
_KINDS = ("takeoff", "live", "fixed")

BASIC_ID = Layout(
    _BasicId,
    Field("aircraft_type", "I", low=1, high=15),
    Field("id_type", "I"),
    Field("id", "21s"),
    size=32,
)
LOCATION = Layout(
    _Location,
    Field("operational_status", "I", low=1, high=15),
    Field("course_deg", "f", low=0, high=360, unknown=361),
    Field("ground_speed_m_s", "f", low=0, high=254.25, unknown=255),
    Field("climb_m_s", "f", low=-62, high=62, unknown=63),
    Field("latitude_deg", "d", low=-90, high=90),
    Field("longitude_deg", "d", low=-180, high=180),
    Field("pressure_altitude_m", "f", low=_LOWEST_M, high=_HIGHEST_M, unknown=-1000),
    Field("altitude_hae_m", "f", low=_LOWEST_M, high=_HIGHEST_M, unknown=-1000),
    Field("height_reference", "I", names=_REFERENCES),
    Field("height_m", "f", low=_LOWEST_M, high=_HIGHEST_M, unknown=-1000),
    Field("horizontal_accuracy_m", "I", names=HORIZONTAL_M),
    Field("vertical_accuracy_m", "I", names=VERTICAL_M),
    Field("speed_accuracy_m_s", "I", at=60, names=SPEED_M_S),
    size=72,
)
SELF_ID = Layout(_Text, Field("type", "I"), Field("text", "24s"), size=32)
SYSTEM = Layout(
    _System,
    Field("kind", "I", names=_KINDS),
    Field("latitude_deg", "d", at=8, low=-90, high=90),
    Field("longitude_deg", "d", low=-180, high=180),
    Field("altitude_hae_m", "f", at=44, low=_LOWEST_M, high=_HIGHEST_M, unknown=-1000),
    size=56,
)
OPERATOR_ID = Layout(_Text, Field("type", "I"), Field("text", "21s"), size=28)


def decode(structure: bytes, report: RemoteIdReport, refused: Counter[str]) -> RemoteIdReport:
    """Give `report` with the claims of `structure`.

    An identifier or text that does not print is left out and counted in `refused`: a drone must
    not vanish because of the name it gives itself.

    Raises
    ------
    FrameError
        If the structure has another length: then its blocks lie elsewhere.
    """
    if len(structure) != SIZE:
        raise FrameError("UASdata of another length than 921 bytes")
    values: dict[str, Any] = {}
    for at in BASIC_IDS_AT:
        if structure[FLAGS[at]] == 1:
            _basic_id(structure, at, values, refused)
    if structure[FLAGS[LOCATION_AT]] == 1:
        _place(structure, values)
    if structure[FLAGS[SYSTEM_AT]] == 1:
        _operator(structure, values)
    if structure[FLAGS[SELF_ID_AT]] == 1:
        words = structure[SELF_ID_AT + 4 : SELF_ID_AT + 28]
        values["self_description"] = _text(words, refused)
    if structure[FLAGS[OPERATOR_ID_AT]] == 1:
        name = structure[OPERATOR_ID_AT + 4 : OPERATOR_ID_AT + 25]
        values["operator_id"] = _text(name, refused)
    return msgspec.structs.replace(report, **values)


def _basic_id(structure: bytes, at: int, values: dict[str, Any], refused: Counter[str]) -> None:
    """Keep each ID by its type; where two have one type, the first."""
    row: tuple[int, int, bytes] = _BASIC_ID.unpack_from(structure, at)
    aircraft_type, id_type, wire = row
    if 1 <= aircraft_type <= 15:
        values.setdefault("aircraft_type", aircraft_type)
    name = ID_FIELDS[id_type] if id_type < len(ID_FIELDS) else None
    if name is not None and values.get(name) is None:
        values[name] = _text(wire, refused)


def _place(structure: bytes, values: dict[str, Any]) -> None:
    (
        status, course, speed, climb, latitude, longitude, pressure, geodetic, reference, height,
        horizontal, vertical, how_fast,
    ) = _LOCATION.unpack_from(structure, LOCATION_AT)  # fmt: skip
    values["operational_status"] = status if 1 <= status <= 15 else None
    values["course_deg"] = course % 360 if 0 <= course <= 360 else None
    values["ground_speed_m_s"] = speed if 0 <= speed <= 254.25 else None
    values["climb_m_s"] = climb if -62 <= climb <= 62 else None
    values["position"] = _position(latitude, longitude, geodetic)
    values["pressure_altitude_m"] = pressure if _LOWEST_M <= pressure <= _HIGHEST_M else None
    if _LOWEST_M <= height <= _HIGHEST_M:
        values["height_m"] = height
        values["height_reference"] = _of(_REFERENCES, reference)
    values["horizontal_accuracy_m"] = _of(HORIZONTAL_M, horizontal)
    values["vertical_accuracy_m"] = _of(VERTICAL_M, vertical)
    values["speed_accuracy_m_s"] = _of(SPEED_M_S, how_fast)


def _operator(structure: bytes, values: dict[str, Any]) -> None:
    kind, latitude, longitude, altitude = _SYSTEM.unpack_from(structure, SYSTEM_AT)
    place = _position(latitude, longitude, altitude)
    if place is not None:
        values["operator_position"] = place
        values["operator_position_kind"] = _of(_KINDS, kind)


def _position(latitude: float, longitude: float, altitude: float) -> Position | None:
    if latitude == longitude == 0 or not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None
    known = _LOWEST_M <= altitude <= _HIGHEST_M
    return Position(
        latitude_deg=latitude,
        longitude_deg=longitude,
        altitude_hae_m=altitude if known else None,
    )


def _of(names: Sequence[Any], code: int) -> Any:
    """What a code stands for; None beyond the known ones."""
    return names[code] if code < len(names) else None


def _text(wire: bytes, refused: Counter[str]) -> str | None:
    """Give text up to its first NUL."""
    return printable(wire.split(b"\0")[0].decode(errors="replace"), refused)


def printable(text: str | None, refused: Counter[str]) -> str | None:
    """Give `text` without spaces around it; None for none, or where a terminal could be fooled."""
    if text is None:
        return None
    text = text.strip(" ")
    shown = text.isprintable() and len(text) <= LONGEST_TEXT
    if not shown or "\N{REPLACEMENT CHARACTER}" in text:
        refused[UNREADABLE] += 1
        return None
    return text or None


def encode(report: RemoteIdReport) -> bytes:
    """Write the structure with the claims of `report`; the inverse of `decode`.

    Raises
    ------
    ValueError
        If it has more than two identifiers, or a value that the structure cannot hold.
    """
    structure = bytearray(SIZE)
    for at, block in _blocks(report):
        structure[at : at + len(block)] = block
        structure[FLAGS[at]] = 1
    return bytes(structure)


def _blocks(report: RemoteIdReport) -> Iterator[tuple[int, bytes]]:
    """Give the blocks that `report` fills, each with its place."""
    identifiers = _basic_ids(report)
    if len(identifiers) > len(BASIC_IDS_AT):
        raise ValueError("the structure holds two identifiers at most")
    for at, identifier in zip(BASIC_IDS_AT, identifiers, strict=False):
        yield at, BASIC_ID.encode(identifier)
    location = _location(report)
    if location != _NOWHERE:
        yield LOCATION_AT, LOCATION.encode(location)
    if report.self_description is not None:
        yield SELF_ID_AT, SELF_ID.encode(_Text(0, _padded(report.self_description, 24)))
    if report.operator_position is not None:
        yield SYSTEM_AT, SYSTEM.encode(_system(report, report.operator_position))
    if report.operator_id is not None:
        yield OPERATOR_ID_AT, OPERATOR_ID.encode(_Text(0, _padded(report.operator_id, 21)))


def _basic_ids(report: RemoteIdReport) -> list[_BasicId]:
    names = (
        None,
        report.serial_number,
        report.registration_id,
        report.utm_id,
        report.session_id,
    )
    found = [
        _BasicId(report.aircraft_type, code, _padded(name, 21))
        for code, name in enumerate(names)
        if name is not None
    ]
    if not found and report.aircraft_type is not None:
        return [_BasicId(report.aircraft_type, 0, b"")]
    return found


def _location(report: RemoteIdReport) -> _Location:
    place = report.position
    return _Location(
        operational_status=report.operational_status,
        course_deg=report.course_deg,
        ground_speed_m_s=report.ground_speed_m_s,
        climb_m_s=report.climb_m_s,
        latitude_deg=place.latitude_deg if place else None,
        longitude_deg=place.longitude_deg if place else None,
        pressure_altitude_m=report.pressure_altitude_m,
        altitude_hae_m=place.altitude_hae_m if place else None,
        height_reference=report.height_reference,
        height_m=report.height_m,
        horizontal_accuracy_m=report.horizontal_accuracy_m,
        vertical_accuracy_m=report.vertical_accuracy_m,
        speed_accuracy_m_s=report.speed_accuracy_m_s,
    )


def _system(report: RemoteIdReport, place: Position) -> _System:
    return _System(
        kind=report.operator_position_kind,
        latitude_deg=place.latitude_deg,
        longitude_deg=place.longitude_deg,
        altitude_hae_m=place.altitude_hae_m,
    )


def _padded(text: str, room: int) -> bytes:
    """Give text with at least one NUL behind it."""
    wire = text.encode()
    if len(wire) >= room:
        raise ValueError(f"{text!r} is longer than the {room - 1} bytes for it")
    return wire.ljust(room, b"\0")


_NOWHERE = _location(RemoteIdReport(time_ns=0, transmitter=""))
