"""Open Drone ID broadcasts (ASTM F3411-22a, EN 4709-002) in captured packets.

A packet is a link type and a frame (`drivers/packets.py`): Wi-Fi beacon and NAN with radiotap (127)
or bare (105), Bluetooth LE legacy and coded PHY with nRF sniffer (272), pseudo header (256) or bare
(251). `wifi.py` and `ble.py` find the Remote ID bytes, `odid_messages.py` reads them. One packet
gives one report, with what its messages claim. A packet that fails its check, or whose lengths or
version cannot be, is refused whole; frames of something else are passed over without a word.

Signatures are told by their type alone: they are not checked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..driver import Driver
from ..errors import FrameError
from ..packets import (
    BLUETOOTH_LE,
    BLUETOOTH_LE_WITH_PHDR,
    IEEE802_11,
    NORDIC_BLE,
    RADIOTAP,
    unwrap,
    wrap,
)
from ..readings import Position, RemoteIdReport
from . import ble, wifi
from .ble import Heard
from .odid_messages import (
    EPOCH_S,
    Authentication,
    BasicId,
    Location,
    Message,
    OperatorId,
    SelfId,
    System,
    messages,
    pack,
)
from .odid_messages import encode as encode_message
from .odid_struct import HORIZONTAL_M, ID_FIELDS, SPEED_M_S, VERTICAL_M, printable

READERS: dict[int, Callable[[int, bytes], Heard | None]] = {
    IEEE802_11: wifi.heard,
    RADIOTAP: wifi.heard,
    BLUETOOTH_LE: ble.heard,
    BLUETOOTH_LE_WITH_PHDR: ble.heard,
    NORDIC_BLE: ble.heard,
}
_KINDS = ("takeoff", "live", "fixed")
_REFERENCES = ("takeoff", "ground")
Values = dict[str, Any]


class Decoder:
    """One packet a call; nothing is kept between packets."""

    def __init__(self) -> None:
        self.refused: Counter[str] = Counter()

    def feed(self, data: bytes, time_ns: int) -> Iterator[RemoteIdReport]:
        """Give the report in one packet, captured at `time_ns` (UTC)."""
        packet = unwrap(data)
        if packet is None or packet[0] not in READERS:
            self.refused["packet of an unknown link type"] += 1
            return
        try:
            heard = READERS[packet[0]](*packet)
            if heard is None:
                return
            told = tuple(messages(heard.data))
        except FrameError as error:
            self.refused[error.reason] += 1
            return
        yield RemoteIdReport(
            time_ns=time_ns,
            transmitter=heard.transmitter,
            transport=heard.transport,
            level_dbm=heard.level_dbm,
            channel=heard.channel,
            counter=heard.counter,
            **claims(told, self.refused),
        )

    def close(self) -> Iterator[RemoteIdReport]:
        """Give nothing: every packet was whole."""
        return iter(())


def claims(told: Iterable[Message], refused: Counter[str]) -> Values:
    """Give what some messages claim, as attributes of a `RemoteIdReport`.

    Of two identifiers of one type the first is kept. An identifier or text that does not print is
    left out and counted in `refused`.
    """
    values: Values = {}
    for message in told:
        _READ[type(message)](message, values, refused)
    return values


def _basic_id(message: BasicId, values: Values, refused: Counter[str]) -> None:
    if message.aircraft_type:
        values.setdefault("aircraft_type", message.aircraft_type)
    name = ID_FIELDS[message.id_type] if message.id_type < len(ID_FIELDS) else None
    if name is not None and values.get(name) is None:
        values[name] = _text(message.id, refused)


def _location(message: Location, values: Values, _: Counter[str]) -> None:
    values["operational_status"] = message.status or None
    if message.latitude_deg is not None and message.longitude_deg is not None:
        values["position"] = Position(
            latitude_deg=message.latitude_deg,
            longitude_deg=message.longitude_deg,
            altitude_hae_m=message.altitude_hae_m,
        )
    values["pressure_altitude_m"] = message.pressure_altitude_m
    values["height_m"] = message.height_m
    if message.height_m is not None:
        values["height_reference"] = _REFERENCES[message.height_type]
    if message.direction_deg is not None:
        values["course_deg"] = float(message.direction_deg % 360)
    values["ground_speed_m_s"] = message.speed_m_s
    values["climb_m_s"] = message.climb_m_s
    values["horizontal_accuracy_m"] = _of(HORIZONTAL_M, message.horizontal_accuracy)
    values["vertical_accuracy_m"] = _of(VERTICAL_M, message.vertical_accuracy)
    values["speed_accuracy_m_s"] = _of(SPEED_M_S, message.speed_accuracy)
    values["hour_s"] = message.hour_s


def _system(message: System, values: Values, _: Counter[str]) -> None:
    if message.latitude_deg is not None and message.longitude_deg is not None:
        values["operator_position"] = Position(
            latitude_deg=message.latitude_deg,
            longitude_deg=message.longitude_deg,
            altitude_hae_m=message.altitude_hae_m,
        )
        if message.operator_kind < len(_KINDS):
            values["operator_position_kind"] = _KINDS[message.operator_kind]
    if message.area_count > 1:
        values["area_count"] = message.area_count
        values["area_radius_m"] = float(message.area_radius_m)
    if message.time_s:
        values["operator_time_ns"] = (EPOCH_S + message.time_s) * 1_000_000_000


def _authentication(message: Authentication, values: Values, _: Counter[str]) -> None:
    values["authentication_type"] = message.type


def _self_id(message: SelfId, values: Values, refused: Counter[str]) -> None:
    values["self_description"] = _text(message.text, refused)


def _operator_id(message: OperatorId, values: Values, refused: Counter[str]) -> None:
    values["operator_id"] = _text(message.id, refused)


_READ: dict[type[Message], Callable[..., None]] = {
    BasicId: _basic_id,
    Location: _location,
    Authentication: _authentication,
    SelfId: _self_id,
    System: _system,
    OperatorId: _operator_id,
}


def _of(metres: tuple[float | None, ...], code: int) -> float | None:
    return metres[code] if code < len(metres) else None


def _text(wire: bytes, refused: Counter[str]) -> str | None:
    if not wire:
        return None
    return printable(wire.split(b"\0")[0].decode(errors="replace"), refused)


DRIVER = Driver(
    name="opendroneid",
    wire="packets",
    reads="Remote ID claims of drones over Wi-Fi beacon and NAN, Bluetooth legacy and coded PHY",
    documents=(
        "ASTM F3411-22a",
        "EN 4709-002",
        "Bluetooth Core 5.4, volume 6",
        "Wi-Fi Aware specification",
    ),
    decoder=Decoder,
)


def encode(report: RemoteIdReport) -> list[bytes]:
    """Write the packets that carry `report` over its transport.

    It is one with a pack, or, over legacy Bluetooth, one for each message.

    Raises
    ------
    ValueError
        If a value does not fit.
    """
    told = to_messages(report)
    single = report.transport in ("ble-legacy", None)
    bodies = [encode_message(one) for one in told] if single else [pack(told)]
    first = report.counter or 0
    return [_packet(report, first + number & 0xFF, body) for number, body in enumerate(bodies)]


def _packet(report: RemoteIdReport, counter: int, body: bytes) -> bytes:
    heard = Heard(
        report.transport or "ble-legacy",
        report.transmitter,
        counter,
        body,
        report.level_dbm,
        report.channel,
    )
    if heard.transport in ("wifi-beacon", "wifi-nan"):
        return wrap(RADIOTAP, wifi.packet(heard))
    return wrap(NORDIC_BLE, ble.packet(heard))


def to_messages(report: RemoteIdReport) -> list[Message]:
    """Give the messages that claim what `report` does; the inverse of `claims`."""
    names = (report.serial_number, report.registration_id, report.utm_id, report.session_id)
    told: list[Message] = [
        BasicId(kind, report.aircraft_type or 0, name.encode())
        for kind, name in enumerate(names, 1)
        if name is not None
    ]
    if not told and report.aircraft_type is not None:
        told.append(BasicId(0, report.aircraft_type, b""))
    told.append(_to_location(report))
    if report.authentication_type is not None:
        told.append(Authentication(report.authentication_type, 0, b"", 0, 0, 0))
    if report.self_description is not None:
        told.append(SelfId(0, report.self_description.encode()))
    if report.operator_position is not None or report.operator_time_ns is not None:
        told.append(_to_system(report))
    if report.operator_id is not None:
        told.append(OperatorId(0, report.operator_id.encode()))
    return told


def _to_location(report: RemoteIdReport) -> Location:
    place = report.position
    return Location(
        report.operational_status or 0,
        _REFERENCES.index(report.height_reference or "takeoff"),
        None if report.course_deg is None else round(report.course_deg),
        report.ground_speed_m_s,
        report.climb_m_s,
        place.latitude_deg if place else None,
        place.longitude_deg if place else None,
        report.pressure_altitude_m,
        place.altitude_hae_m if place else None,
        report.height_m,
        VERTICAL_M.index(report.vertical_accuracy_m),
        HORIZONTAL_M.index(report.horizontal_accuracy_m),
        0,
        SPEED_M_S.index(report.speed_accuracy_m_s),
        report.hour_s,
        0,
    )


def _to_system(report: RemoteIdReport) -> System:
    place = report.operator_position
    time_s = 0 if report.operator_time_ns is None else report.operator_time_ns // 10**9 - EPOCH_S
    return System(
        0,
        _KINDS.index(report.operator_position_kind or "takeoff"),
        place.latitude_deg if place else None,
        place.longitude_deg if place else None,
        report.area_count or 1,
        round(report.area_radius_m or 0),
        None,
        None,
        0,
        0,
        place.altitude_hae_m if place else None,
        time_s,
    )
