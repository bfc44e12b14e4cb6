"""What DroneScout receivers tell beside drones: aircraft by ADS-B, and their own modem's network.

    "aircraft"        sensor ID  timestamp  address  address type  flight  latitude  longitude
                      altitude  altitude type  speed  track  vertical rate  category
    "mobile network"  sensor ID  timestamp  operator  PLMN  access technology  band  RSSI

No capture at hand holds either. Units and codes of an aircraft are those that the maker's own
subscriber prints (BlueMark RemoteID-MQTT-subscriber, modules/aircraft.py): metres, m/s and degrees;
altitude type 1 is by pressure, 2 by GNSS; 0/0 is no position. A number may come as its text.

The unit of a network's RSSI is told nowhere: a negative one can only be dBm and is read, any other
may be a modem's code and is not. Its BER, and an aircraft's emergency status, flight state,
frequency, message count, raw and SBS are not read.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Literal

import msgspec

from ..errors import FrameError
from ..readings import AdsbReport, MobileNetwork, SensorStatus
from .odid_struct import printable
from .told import course, place, within

ALTITUDES_M = (-999.5, 40_000.0)
SPEEDS_M_S = (0.0, 2102.0)  # what 1090ES can tell: 4086 kt
CLIMBS_M_S = (-165.7, 165.7)  # likewise: 32,608 ft/min
ADDRESS_TYPES, CATEGORIES = (0, 7), (0, 39)
LEVELS_DBM = (-200.0, -1.0)
REFERENCES: dict[int, Literal["pressure", "geometric"]] = {1: "pressure", 2: "geometric"}

_CODES = {name: code for code, name in REFERENCES.items()}
_ADDRESS = re.compile(r"[0-9A-F]{6}")
_NUMBER = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,12})?")

Figure = float | str | None


class Aircraft(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The members of an aircraft that are read."""

    sensor_id: str | None = msgspec.field(default=None, name="sensor ID")
    timestamp_ms: int | float | None = msgspec.field(default=None, name="timestamp")
    address: str | None = None
    address_type: Figure = msgspec.field(default=None, name="address type")
    flight: str | None = None
    latitude_deg: Figure = msgspec.field(default=None, name="latitude")
    longitude_deg: Figure = msgspec.field(default=None, name="longitude")
    altitude_m: Figure = msgspec.field(default=None, name="altitude")
    altitude_type: Figure = msgspec.field(default=None, name="altitude type")
    speed_m_s: Figure = msgspec.field(default=None, name="speed")
    track_deg: Figure = msgspec.field(default=None, name="track")
    climb_m_s: Figure = msgspec.field(default=None, name="vertical rate")
    category: Figure = None


class Network(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The members of a mobile network that are read."""

    sensor_id: str | None = msgspec.field(default=None, name="sensor ID")
    timestamp_ms: int | float | None = msgspec.field(default=None, name="timestamp")
    operator: str | None = None
    plmn: int | str | None = msgspec.field(default=None, name="PLMN")
    technology: int | str | None = msgspec.field(default=None, name="access technology")
    band: int | str | None = None
    level: Figure = msgspec.field(default=None, name="RSSI")


def aircraft(told: Aircraft, time_ns: int, refused: Counter[str]) -> AdsbReport:
    """Give the aircraft as a reading of `time_ns`.

    Raises
    ------
    FrameError
        If it has no address: nothing would bind one report to the next.
    """
    address = (told.address or "").upper()
    if not _ADDRESS.fullmatch(address):
        raise FrameError("no aircraft address of 24 bits")
    reference = REFERENCES.get(_code(told.altitude_type, (0, 2)) or 0)
    altitude_m = within(_number(told.altitude_m), ALTITUDES_M)
    known = reference is not None and altitude_m is not None  # one without the other says nothing
    return AdsbReport(
        time_ns=time_ns,
        receiver=printable(told.sensor_id, refused),
        address=address,
        address_type=_code(told.address_type, ADDRESS_TYPES),
        flight=printable(told.flight, refused),
        position=place(_number(told.latitude_deg), _number(told.longitude_deg)),
        altitude_m=altitude_m if known else None,
        altitude_reference=reference if known else None,
        ground_speed_m_s=within(_number(told.speed_m_s), SPEEDS_M_S),
        course_deg=course(_number(told.track_deg)),
        climb_m_s=within(_number(told.climb_m_s), CLIMBS_M_S),
        category=_code(told.category, CATEGORIES),
    )


def network(told: Network, time_ns: int, refused: Counter[str]) -> SensorStatus:
    """Give the network as a status of `time_ns`.

    Raises
    ------
    FrameError
        If nothing of it can be read.
    """
    named = MobileNetwork(
        operator=printable(told.operator, refused),
        plmn=printable(_text(told.plmn), refused),
        technology=printable(_text(told.technology), refused),
        band=printable(_text(told.band), refused),
        level_dbm=within(_number(told.level), LEVELS_DBM),
    )
    if named == MobileNetwork():
        raise FrameError("object of another kind")
    receiver = printable(told.sensor_id, refused)
    return SensorStatus(time_ns=time_ns, receiver=receiver, network=named)


def write_aircraft(report: AdsbReport, time_ms: int) -> Aircraft:
    """Write what `aircraft` reads."""
    position, reference = report.position, report.altitude_reference
    return Aircraft(
        sensor_id=report.receiver,
        timestamp_ms=time_ms,
        address=report.address,
        address_type=report.address_type,
        flight=report.flight,
        latitude_deg=None if position is None else position.latitude_deg,
        longitude_deg=None if position is None else position.longitude_deg,
        altitude_m=report.altitude_m,
        altitude_type=None if reference is None else _CODES[reference],
        speed_m_s=report.ground_speed_m_s,
        track_deg=report.course_deg,
        climb_m_s=report.climb_m_s,
        category=report.category,
    )


def write_network(receiver: str | None, named: MobileNetwork, time_ms: int) -> Network:
    """Write what `network` reads."""
    return Network(
        sensor_id=receiver,
        timestamp_ms=time_ms,
        operator=named.operator,
        plmn=named.plmn,
        technology=named.technology,
        band=named.band,
        level=named.level_dbm,
    )


def _number(told: Figure) -> float | None:
    if isinstance(told, str):
        return float(told) if _NUMBER.fullmatch(told) else None
    return told


def _code(told: Figure, limits: tuple[int, int]) -> int | None:
    """Give a whole number that can be a code."""
    value = within(_number(told), limits)
    return int(value) if value is not None and value == int(value) else None


def _text(told: float | str | None) -> str | None:
    return None if told is None else str(told)
