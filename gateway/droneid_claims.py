"""A decoded DroneID message as a claim, of the same kind as a Remote ID report."""

from __future__ import annotations

import math

from ..drivers.readings import Position, RemoteIdReport
from ..signal.radio.droneid_payload import DroneIdMessage
from .claims import AIRBORNE, ON_THE_GROUND


def as_report(message: DroneIdMessage, receiver: str, time_ns: int) -> RemoteIdReport | None:
    """Give what the message claims; None if it names no aircraft, for nothing else binds bursts.

    Parameters
    ----------
    message : DroneIdMessage
    receiver : str
        The sensor that heard it.
    time_ns : int
        When it was heard (UTC).
    """
    if message.serial_number is None:
        return None
    north, east = message.north_m_s, message.east_m_s
    speed_m_s = None if north is None or east is None else math.hypot(north, east)
    course_deg = None
    if speed_m_s and north is not None and east is not None:
        course_deg = round(math.degrees(math.atan2(east, north)) % 360, 1) % 360
    return RemoteIdReport(
        time_ns=time_ns,
        receiver=receiver,
        transmitter=f"droneid:{message.serial_number}",
        transport="dji-droneid",
        serial_number=message.serial_number,
        operational_status=_status(message.airborne),
        position=_position(message.latitude_deg, message.longitude_deg),
        pressure_altitude_m=message.pressure_altitude_m,
        height_m=message.height_m,
        height_reference=None if message.height_m is None else "takeoff",
        course_deg=course_deg,
        ground_speed_m_s=None if speed_m_s is None else round(speed_m_s, 2),
        climb_m_s=message.climb_m_s,
        operator_position=_position(message.operator_latitude_deg, message.operator_longitude_deg),
        operator_position_kind="live" if message.operator_latitude_deg is not None else None,
    )


def _status(airborne: bool | None) -> int | None:
    return None if airborne is None else AIRBORNE if airborne else ON_THE_GROUND


def _position(latitude_deg: float | None, longitude_deg: float | None) -> Position | None:
    if latitude_deg is None or longitude_deg is None:
        return None
    return Position(latitude_deg=latitude_deg, longitude_deg=longitude_deg)
