"""Remote ID modules and autopilots, as they tell what they broadcast over MAVLink 2 (serial).

The frames are read by pymavlink; what stands in them is turned into the messages of
`odid_messages.py`, of which each is a scaled copy (MAVLink common message set, OPEN_DRONE_ID_*,
12900 to 12919):

    BASIC_ID     id_type, ua_type, uas_id[20]          SELF_ID      description[23]
    LOCATION     1e-7 deg, cdeg, cm/s, m, s past hour  OPERATOR_ID  operator_id[20]
    SYSTEM       1e-7 deg, m, s since 2019             MESSAGE_PACK the messages of F3411 themselves

Unknown: 0/0 for a place, 36100 for a direction, 25500 and 6300 for speeds, -1000 for an altitude,
65535 for a time. Authentication is told by its type. One message makes one report. Frames are
bound by `id_or_mac`, or where that is empty by the system that sent them. Nothing is ever sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from ..driver import Driver
from ..errors import FrameError
from ..readings import RemoteIdReport
from .odid_messages import (
    Authentication,
    BasicId,
    Location,
    Message,
    OperatorId,
    SelfId,
    System,
    decode,
)
from .opendroneid import claims, to_messages

_UNKNOWN_ALTITUDE_M = -1000.0
_PREFIX = "OPEN_DRONE_ID_"
_PASSED_OVER = ("ARM_STATUS", "SYSTEM_UPDATE")


class Decoder:
    """Bytes of the line in any pieces, reports out."""

    def __init__(self) -> None:
        self.refused: Counter[str] = Counter()
        self._link = _link()

    def feed(self, data: bytes, time_ns: int) -> Iterator[RemoteIdReport]:
        """Give the reports that `data`, received at `time_ns` (UTC), completes."""
        for frame in self._link.parse_buffer(data) or ():
            kind = str(frame.get_type())
            if kind == "BAD_DATA":
                self.refused["junk or wrong checksum"] += 1
            elif kind.startswith(_PREFIX) and kind.removeprefix(_PREFIX) not in _PASSED_OVER:
                try:
                    yield self._report(kind.removeprefix(_PREFIX), frame, time_ns)
                except FrameError as error:
                    self.refused[error.reason] += 1

    def close(self) -> Iterator[RemoteIdReport]:
        """End the stream; a cut-off frame is counted."""
        if self._link.buf_len() > 0:
            self.refused["cut off at the end"] += 1
        self._link = _link()
        return iter(())

    def _report(self, kind: str, frame: Any, time_ns: int) -> RemoteIdReport:
        told = list(_messages(kind, frame))
        name = bytes(frame.id_or_mac)[:6]
        sender = f"mavlink:{frame.get_srcSystem()}.{frame.get_srcComponent()}"
        address = ":".join(f"{octet:02X}" for octet in name) if any(name) else sender
        return RemoteIdReport(time_ns=time_ns, transmitter=address, **claims(told, self.refused))


DRIVER = Driver(
    name="mavlink-odid",
    wire="serial",
    reads="Remote ID claims that an aircraft's own module or autopilot tells",
    documents=("MAVLink common message set, OPEN_DRONE_ID_*", "ASTM F3411-22a"),
    decoder=Decoder,
    baud=57_600,
    needs=("pymavlink", "mavlink"),
)


def encode(report: RemoteIdReport) -> bytes:
    """Write the frames that claim what `report` does, one for each message."""
    link, dialect = _link(), _dialect()
    octets = report.transmitter.split(":")
    named = len(octets) == 6 and all(len(octet) == 2 for octet in octets)
    address = bytes(int(octet, 16) for octet in octets) if named else b""
    frames: list[bytes] = []
    for message in to_messages(report):
        kind, values = _values(message)
        make = getattr(dialect, f"MAVLink_open_drone_id_{kind}_message")
        frames.append(bytes(make(0, 0, address.ljust(20, b"\0"), *values).pack(link)))
    return b"".join(frames)


def _messages(kind: str, frame: Any) -> Iterator[Message]:
    match kind:
        case "BASIC_ID":
            yield BasicId(frame.id_type, frame.ua_type, _bytes(frame.uas_id))
        case "LOCATION":
            yield _location(frame)
        case "SYSTEM":
            yield _system(frame)
        case "SELF_ID":
            yield SelfId(frame.description_type, _bytes(frame.description))
        case "OPERATOR_ID":
            yield OperatorId(frame.operator_id_type, _bytes(frame.operator_id))
        case "AUTHENTICATION":
            yield Authentication(frame.authentication_type, frame.data_page, b"")
        case "MESSAGE_PACK":
            size, count = int(frame.single_message_size), int(frame.msg_pack_size)
            if size != 25 or not 1 <= count <= 9:
                raise FrameError("pack of another size")
            data = bytes(frame.messages)
            yield from [decode(data, at) for at in range(0, size * count, size)]
        case _:
            raise FrameError("Remote ID message of an unknown type")


def _location(frame: Any) -> Location:
    latitude, longitude = _place(frame.latitude, frame.longitude)
    return Location(
        int(frame.status) & 0xF,
        int(frame.height_reference) & 1,
        frame.direction // 100 if frame.direction <= 36_000 else None,
        frame.speed_horizontal / 100 if frame.speed_horizontal <= 25_425 else None,
        frame.speed_vertical / 100 if -6200 <= frame.speed_vertical <= 6200 else None,
        latitude,
        longitude,
        _altitude(frame.altitude_barometric),
        _altitude(frame.altitude_geodetic),
        _altitude(frame.height),
        int(frame.vertical_accuracy),
        int(frame.horizontal_accuracy),
        int(frame.barometer_accuracy),
        int(frame.speed_accuracy),
        float(frame.timestamp) if 0 <= frame.timestamp <= 3600 else None,
        int(frame.timestamp_accuracy),
    )


def _system(frame: Any) -> System:
    latitude, longitude = _place(frame.operator_latitude, frame.operator_longitude)
    return System(
        int(frame.classification_type),
        int(frame.operator_location_type),
        latitude,
        longitude,
        int(frame.area_count),
        int(frame.area_radius),
        _altitude(frame.area_ceiling),
        _altitude(frame.area_floor),
        int(frame.category_eu),
        int(frame.class_eu),
        _altitude(frame.operator_altitude_geo),
        int(frame.timestamp),
    )


def _place(latitude: int, longitude: int) -> tuple[float | None, float | None]:
    nowhere = latitude == longitude == 0
    if nowhere or abs(latitude) > 900_000_000 or abs(longitude) > 1_800_000_000:
        return None, None
    return latitude / 1e7, longitude / 1e7


def _altitude(metres: float) -> float | None:
    """Give an altitude; not a number compares false, and is unknown as well."""
    return float(metres) if _UNKNOWN_ALTITUDE_M < metres <= 31_767.5 else None


def _values(message: Message) -> tuple[str, tuple[Any, ...]]:
    """Give a message's kind in MAVLink, and its fields behind the address."""
    match message:
        case BasicId(id_type, aircraft_type, name):
            return "basic_id", (id_type, aircraft_type, name.ljust(20, b"\0"))
        case Location():
            return "location", _location_values(message)
        case System():
            return "system", _system_values(message)
        case SelfId(kind, text):
            return "self_id", (kind, text)
        case OperatorId(kind, name):
            return "operator_id", (kind, name)
        case Authentication(kind, page):
            return "authentication", (kind, page, 0, 0, 0, bytes(23))


def _location_values(one: Location) -> tuple[Any, ...]:
    return (
        one.status,
        36_100 if one.direction_deg is None else round(one.direction_deg * 100),
        25_500 if one.speed_m_s is None else round(one.speed_m_s * 100),
        6_300 if one.climb_m_s is None else round(one.climb_m_s * 100),
        round((one.latitude_deg or 0) * 1e7),
        round((one.longitude_deg or 0) * 1e7),
        _wire_altitude(one.pressure_altitude_m),
        _wire_altitude(one.altitude_hae_m),
        one.height_type,
        _wire_altitude(one.height_m),
        one.horizontal_accuracy,
        one.vertical_accuracy,
        one.pressure_accuracy,
        one.speed_accuracy,
        65_535.0 if one.hour_s is None else one.hour_s,
        one.time_accuracy,
    )


def _system_values(one: System) -> tuple[Any, ...]:
    return (
        one.operator_kind,
        one.class_type,
        round((one.latitude_deg or 0) * 1e7),
        round((one.longitude_deg or 0) * 1e7),
        one.area_count,
        one.area_radius_m,
        _wire_altitude(one.area_ceiling_m),
        _wire_altitude(one.area_floor_m),
        one.category_eu,
        one.class_eu,
        _wire_altitude(one.altitude_hae_m),
        one.time_s,
    )


def _wire_altitude(metres: float | None) -> float:
    return _UNKNOWN_ALTITUDE_M if metres is None else metres


def _bytes(value: Any) -> bytes:
    """Give the text of a field: pymavlink hands some on as text, some as numbers."""
    raw = value.encode("latin-1", "replace") if isinstance(value, str) else bytes(value)
    return raw.split(b"\0")[0]


def _dialect() -> Any:
    return import_module("pymavlink.dialects.v20.common")


def _link() -> Any:
    link = _dialect().MAVLink(None, srcSystem=1, srcComponent=236)
    link.robust_parsing = True
    return link
