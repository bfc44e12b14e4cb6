"""A reading as one line: JSON for programs, words and units for people."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import msgspec

from ...drivers.readings import (
    AdsbReport,
    AirReport,
    IqBlock,
    MobileNetwork,
    Position,
    RadarCube,
    RadarFrame,
    Reading,
    RemoteIdReport,
    SensorStatus,
)
from ...signal.radio.iq import sample_bytes
from .event_lines import event_columns

UNTIMED = 0
"""The time of a reading whose time nobody knows; it is not shown."""


def as_json_line(reading: Reading) -> str:
    """Give a reading as a JSON object; of I/Q, the number of samples stands for them."""
    if isinstance(reading, IqBlock):
        row: dict[str, object] = msgspec.to_builtins(msgspec.structs.replace(reading, samples=b""))
        del row["samples"]
        row["sample_count"] = _sample_count(reading)
    elif isinstance(reading, RadarCube):
        row = msgspec.to_builtins(msgspec.structs.replace(reading, samples=b""))
        del row["samples"]  # their number is that of the frame's shape
    else:
        row = msgspec.to_builtins(reading)
    if row["time_ns"] == UNTIMED:
        del row["time_ns"]
    return msgspec.json.encode(row).decode()


def as_text_line(reading: Reading) -> str:
    """Give what a person looks for in a reading, in columns."""
    columns = [_time(reading.time_ns), *_columns(reading)]
    return "  ".join(columns).rstrip()


def identifier(report: RemoteIdReport) -> str | None:
    """Give the identifier that says most: a serial number outlives a flight."""
    return report.serial_number or report.registration_id or report.utm_id or report.session_id


def _columns(reading: Reading) -> list[str]:
    match reading:
        case RadarFrame():
            return _radar(reading)
        case RemoteIdReport():
            return _remote_id(reading)
        case SensorStatus():
            return _status(reading)
        case AdsbReport():
            return _adsb(reading)
        case IqBlock():
            return _iq(reading)
        case RadarCube():
            return _cube(reading)
        case AirReport():
            return _air(reading)
        case _:
            return event_columns(reading)


def _radar(frame: RadarFrame) -> list[str]:
    nearest_m = min((math.hypot(p.x_m, p.y_m, p.z_m) for p in frame.points), default=None)
    return [
        f"frame {frame.frame_number:>8}",
        f"{len(frame.points):>3} points",
        "" if nearest_m is None else f"nearest {nearest_m:6.2f} m",
        "" if frame.temperature is None else f"{max(frame.temperature.sensors_c)} °C",
    ]


def _remote_id(report: RemoteIdReport) -> list[str]:
    level = "" if report.level_dbm is None else f"{report.level_dbm:.0f} dBm"
    return [
        f"{identifier(report) or '-':<20}",
        report.transmitter,
        f"{report.transport or '-':<14}",
        f"{level:>8}",
        _place(report.position),
    ]


def _status(status: SensorStatus) -> list[str]:
    if status.network is not None and status.state is None and status.position is None:
        return [status.receiver or "", _network(status.network)]
    return [status.receiver or "", status.state or "", _place(status.position)]


def _network(network: MobileNetwork) -> str:
    band = None if network.band is None else f"band {network.band}"
    level = None if network.level_dbm is None else f"{network.level_dbm:.0f} dBm"
    named = (network.operator or network.plmn, network.technology, band, level)
    return "network " + " ".join(part for part in named if part is not None)


def _adsb(report: AdsbReport) -> list[str]:
    altitude, speed = "", ""
    if report.altitude_m is not None:
        altitude = f"{report.altitude_m:.0f} m"
        altitude += f" {report.altitude_reference}" if report.altitude_reference else ""
    if report.ground_speed_m_s is not None:
        speed = f"{report.ground_speed_m_s:.0f} m/s"
    return [
        f"ADS-B {report.address}",
        report.flight or "-",
        _place(report.position),
        altitude,
        speed,
    ]


def _iq(block: IqBlock) -> list[str]:
    return [
        f"block {block.sequence:>8}",
        f"{_sample_count(block)} {block.sample_type} samples",
        f"{block.sample_rate_hz / 1e6:g} MS/s at {block.center_hz / 1e6:g} MHz",
        f"{block.missed_blocks} missed before" if block.missed_blocks else "",
    ]


def _cube(cube: RadarCube) -> list[str]:
    return [
        f"frame {cube.frame_number:>8}",
        f"{cube.channels} x {cube.chirps} x {cube.samples_per_chirp} samples",
        f"chirps from {cube.start_hz / 1e9:g} GHz, {cube.slope_hz_s / 1e12:g} MHz/us",
    ]


def _air(report: AirReport) -> list[str]:
    place = ""
    if report.range_m is not None and report.azimuth_deg is not None:
        place = f"{report.range_m / 1000:8.3f} km at {report.azimuth_deg:7.3f} deg"
    elif report.latitude_deg is not None and report.longitude_deg is not None:
        place = f"{report.latitude_deg:.6f} {report.longitude_deg:.6f}"
    height_m = report.pressure_altitude_m
    return [
        f"CAT {report.category:03}",
        "" if report.track_number is None else f"track {report.track_number:>5}",
        place,
        "" if height_m is None else f"{height_m:.0f} m by pressure",
    ]


def _place(position: Position | None) -> str:
    if position is None:
        return "no position"
    height = "" if position.altitude_hae_m is None else f" {position.altitude_hae_m:.1f} m"
    return f"{position.latitude_deg:.6f} {position.longitude_deg:.6f}{height}"


def _time(time_ns: int) -> str:
    if time_ns == UNTIMED:
        return "-"
    try:
        moment = datetime.fromtimestamp(time_ns // 1_000_000_000, UTC)
    except (OverflowError, ValueError):  # a sender's clock may say anything
        return f"{time_ns} ns"
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{time_ns // 1_000_000 % 1000:03}Z"


def _sample_count(block: IqBlock) -> int:
    return len(block.samples) // sample_bytes(block.sample_type)
