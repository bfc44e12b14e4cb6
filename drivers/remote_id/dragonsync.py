"""DragonSync kits (WarDragon), as they tell of Remote ID in JSON, over MQTT.

Two forms, of one aircraft each:

    [{"MAC":.., "RSSI":..}, {"Basic ID": {..}}, {"Location/Vector Message": {..}}, ...]
    {"index":.., "AUX_ADV_IND": {"rssi":..}, "aext": {"AdvA": ".."}, "Basic ID": {..}, ...}

    Basic ID                id_type (text), id, ua_type (code or name), MAC, RSSI
    Location/Vector Message latitude, longitude, speed m/s, vert_speed m/s, geodetic_altitude,
                            height_agl, pressure_altitude m, direction degrees
    System Message          operator_lat, operator_lon of the dictionary; of the list latitude and
                            longitude, where it has no home_lat beside them
    Self-ID Message text    Operator ID Message operator_id

Numbers may stand in quotes, with a unit behind them. A status of the kit (serial_number, gps_data)
tells its place. Analog video alerts ("Signal Info") and accuracies, of which nothing tells whether
they are codes or metres, are not read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, cast

import msgspec

from ..driver import Driver
from ..errors import FrameError
from ..readings import RemoteIdReport, SensorStatus
from . import told

MOST_BYTES = 1 << 18
MOST_PARTS = 64
_NUMBER = re.compile(r"\s*([-+]?\d{1,12}(?:\.\d{1,12})?)\s*[A-Za-z/%° ]{0,12}")
ID_TYPES = {
    "Serial Number (ANSI/CTA-2063-A)": "serial_number",
    "CAA Assigned Registration ID": "registration_id",
    "UTM Assigned UUID": "utm_id",
    "UTM (USS) Assigned ID": "utm_id",
    "Specific Session ID": "session_id",
}
_NAMES = {attribute: name for name, attribute in reversed(ID_TYPES.items())}
_PARTS = {
    "Basic ID",
    "Location/Vector Message",
    "System Message",
    "Self-ID Message",
    "Operator ID Message",
}
Part = dict[str, Any]


class Decoder:
    """One payload in, what it tells out; nothing is kept between payloads."""

    def __init__(self) -> None:
        self.refused: Counter[str] = Counter()

    def feed(self, data: bytes, time_ns: int) -> Iterator[RemoteIdReport | SensorStatus]:
        """Give the reading in one payload, received at `time_ns` (UTC)."""
        try:
            yield self._reading(_json(data), time_ns)
        except FrameError as error:
            self.refused[error.reason] += 1

    def close(self) -> Iterator[RemoteIdReport | SensorStatus]:
        """Give nothing: every payload was whole."""
        return iter(())

    def _reading(self, told_of: object, time_ns: int) -> RemoteIdReport | SensorStatus:
        parts = _parts(told_of)
        if "gps_data" in parts:
            return self._status(parts, time_ns)
        if not _PARTS & parts.keys():
            raise FrameError("object of another kind")
        basic, place = _part(parts, "Basic ID"), _part(parts, "Location/Vector Message")
        system = _part(parts, "System Message")
        extended, advert = _part(parts, "aext"), _part(parts, "AUX_ADV_IND")
        address = _first(basic.get("MAC"), parts.get("MAC"), extended.get("AdvA"))
        level = _first(basic.get("RSSI"), parts.get("RSSI"), advert.get("rssi"))
        kind = _number(basic.get("ua_type"))
        return RemoteIdReport(
            time_ns=time_ns,
            transmitter=told.address(address.split(" ")[0] if isinstance(address, str) else None),
            level_dbm=told.within(_number(level), told.LEVELS_DBM),
            aircraft_type=int(kind) if kind is not None and 1 <= kind <= 15 else None,
            position=told.place(
                _number(place.get("latitude")),
                _number(place.get("longitude")),
                _number(place.get("geodetic_altitude")),
            ),
            pressure_altitude_m=_altitude(place.get("pressure_altitude")),
            height_m=_altitude(place.get("height_agl")),
            course_deg=told.course(_number(place.get("direction"))),
            ground_speed_m_s=told.within(_number(place.get("speed")), told.SPEEDS_M_S),
            climb_m_s=told.within(_number(place.get("vert_speed")), told.CLIMBS_M_S),
            operator_position=told.place(*_operator(system)),
            operator_id=self._text(_part(parts, "Operator ID Message").get("operator_id")),
            self_description=self._text(_part(parts, "Self-ID Message").get("text")),
            **self._identity(basic),
        )

    def _identity(self, basic: Part) -> dict[str, Any]:
        kind = basic.get("id_type")
        name = ID_TYPES.get(kind) if isinstance(kind, str) else None
        text = self._text(basic.get("id"))
        return {name: text} if name is not None and text is not None else {}

    def _status(self, parts: Part, time_ns: int) -> SensorStatus:
        gps = _part(parts, "gps_data")
        place = told.place(_number(gps.get("latitude")), _number(gps.get("longitude")))
        receiver = self._text(parts.get("serial_number"))
        return SensorStatus(time_ns=time_ns, receiver=receiver, state="normal", position=place)

    def _text(self, value: object) -> str | None:
        return told.printable(value, self.refused) if isinstance(value, str) else None


def _json(data: bytes) -> object:
    if len(data) > MOST_BYTES:
        raise FrameError("payload too large")
    try:
        return msgspec.json.decode(data.rstrip(b"\0\r\n "))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise FrameError("not JSON") from None


def _parts(told_of: object) -> Part:
    """Give the parts of either form by their names; of two of one name the first."""
    if isinstance(told_of, dict):
        return cast(Part, told_of)
    if not isinstance(told_of, list):
        raise FrameError("object of another kind")
    parts: Part = {}
    for one in cast(list[object], told_of)[:MOST_PARTS]:
        if isinstance(one, dict):
            for name, value in cast(Part, one).items():
                parts.setdefault(name, value)
    return parts


def _part(parts: Part, name: str) -> Part:
    value = parts.get(name)
    return cast(Part, value) if isinstance(value, dict) else {}


def _first(*values: object) -> object:
    return next((value for value in values if value is not None), None)


def _number(value: object) -> float | None:
    """Give a number, or one in a text with its unit."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if abs(value) < 1e15 else None
    found = _NUMBER.fullmatch(value) if isinstance(value, str) else None
    return float(found[1]) if found else None


def _altitude(value: object) -> float | None:
    return told.within(_number(value), told.ALTITUDES_M)


def _operator(system: Part) -> tuple[float | None, float | None]:
    latitude = _first(system.get("operator_lat"), system.get("latitude"))
    longitude = _first(system.get("operator_lon"), system.get("longitude"))
    return _number(latitude), _number(longitude)


DRIVER = Driver(
    name="dragonsync",
    wire="mqtt",
    also=("zmq",),
    reads="Remote ID claims of drones; the kit's place",
    documents=("JSON of DragonSync kits, list and dictionary form",),
    decoder=Decoder,
)


def encode(report: RemoteIdReport) -> bytes:
    """Write one payload in the list form."""
    named = ((name, getattr(report, name)) for name in _NAMES)
    kind, text = next(((_NAMES[name], value) for name, value in named if value), ("None", ""))
    basic = {
        "id_type": kind,
        "id": text,
        "ua_type": report.aircraft_type or 0,
        "MAC": report.transmitter,
        "RSSI": report.level_dbm,
    }
    parts: list[Part] = [{"MAC": report.transmitter, "RSSI": report.level_dbm}, {"Basic ID": basic}]
    parts.append({"Location/Vector Message": _vector(report)})
    if report.operator_position is not None:
        latitude, longitude, _ = msgspec.structs.astuple(report.operator_position)
        parts.append({"System Message": {"latitude": latitude, "longitude": longitude}})
    if report.operator_id is not None:
        parts.append({"Operator ID Message": {"operator_id": report.operator_id}})
    if report.self_description is not None:
        parts.append({"Self-ID Message": {"text": report.self_description}})
    return msgspec.json.encode(parts)


def _vector(report: RemoteIdReport) -> Part:
    place = report.position
    return {
        "latitude": place.latitude_deg if place else 0.0,
        "longitude": place.longitude_deg if place else 0.0,
        "geodetic_altitude": place.altitude_hae_m if place else None,
        "pressure_altitude": report.pressure_altitude_m,
        "height_agl": report.height_m,
        "speed": report.ground_speed_m_s,
        "vert_speed": report.climb_m_s,
        "direction": report.course_deg,
    }
