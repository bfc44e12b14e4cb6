from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from havik.drivers.readings import (
    AdsbReport,
    IqBlock,
    MobileNetwork,
    Position,
    RadarFrame,
    RadarPoint,
    RadarTemperature,
    Reading,
    RemoteIdReport,
    SensorStatus,
)
from havik.gateway.offline.reading_lines import UNTIMED, as_json_line, as_text_line, identifier

NS = 1_790_000_000_123_456_789  # 21 September 2026, 14:13:20.123 UTC
TIME = "2026-09-21T14:13:20.123Z"
PLACE = Position(latitude_deg=52.0, longitude_deg=4.25, altitude_hae_m=45.5)
BLOCK = IqBlock(
    time_ns=NS,
    sequence=7,
    sample_rate_hz=15.36e6,
    center_hz=2.4295e9,
    sample_type="cf32",
    samples=bytes(80),
    missed_blocks=2,
)
RADAR = RadarFrame(
    time_ns=NS,
    frame_number=12,
    points=(
        RadarPoint(x_m=3, y_m=4, z_m=12, range_rate_m_s=0),
        RadarPoint(x_m=30, y_m=40, z_m=0, range_rate_m_s=0),
    ),
    temperature=RadarTemperature(uptime_ms=1, sensors_c=(40, 45, 41)),
)
REPORT = RemoteIdReport(
    time_ns=NS,
    transmitter="02:00:00:00:00:01",
    transport="wifi-nan",
    level_dbm=-72.4,
    serial_number="ZZZZC0000001",
    position=PLACE,
)

TEXT: list[tuple[Reading, list[str]]] = [
    (RADAR, [TIME, "frame       12", "2 points", "nearest  13.00 m", "45 °C"]),
    (RadarFrame(time_ns=UNTIMED, frame_number=0), ["-", "frame        0", "0 points"]),
    (
        REPORT,
        [
            TIME,
            "ZZZZC0000001",
            "02:00:00:00:00:01",
            "wifi-nan",
            "-72 dBm",
            "52.000000 4.250000 45.5 m",
        ],
    ),
    (
        RemoteIdReport(time_ns=UNTIMED, transmitter="02:00:00:00:00:01"),
        ["-", "-", "02:00:00:00:00:01", "-", "no position"],
    ),
    (
        SensorStatus(time_ns=NS, receiver="rid", state="normal", position=PLACE),
        [TIME, "rid", "normal", "52.000000 4.250000 45.5 m"],
    ),
    (
        SensorStatus(
            time_ns=NS,
            receiver="rid",
            network=MobileNetwork(operator="Net", technology="LTE", band="20", level_dbm=-71.2),
        ),
        [TIME, "rid", "network Net LTE band 20 -71 dBm"],
    ),
    (
        SensorStatus(time_ns=NS, receiver="rid", network=MobileNetwork(plmn="00101")),
        [TIME, "rid", "network 00101"],
    ),
    (
        AdsbReport(
            time_ns=NS,
            address="ABC123",
            flight="TEST1",
            position=Position(latitude_deg=52.0, longitude_deg=4.25),
            altitude_m=914.6,
            altitude_reference="pressure",
            ground_speed_m_s=61.4,
        ),
        [TIME, "ADS-B ABC123", "TEST1", "52.000000 4.250000", "915 m pressure", "61 m/s"],
    ),
    (
        AdsbReport(time_ns=NS, address="ABC123"),
        [TIME, "ADS-B ABC123", "-", "no position"],
    ),
    (
        BLOCK,
        [TIME, "block        7", "10 cf32 samples", "15.36 MS/s at 2429.5 MHz", "2 missed before"],
    ),
]


@pytest.mark.parametrize(("reading", "columns"), TEXT)
def test_a_person_reads_columns(reading: Reading, columns: list[str]) -> None:
    line = as_text_line(reading)
    assert "\n" not in line and line == line.rstrip()
    assert [column.strip() for column in line.split("  ") if column.strip()] == [
        part.strip() for column in columns for part in column.split("  ") if part.strip()
    ]


@pytest.mark.parametrize(
    ("time_ns", "text"),
    [
        (UNTIMED, "-"),
        (1, "1970-01-01T00:00:00.000Z"),
        (NS, TIME),
        (2**70, f"{2**70} ns"),
        (-(2**70), f"{-(2**70)} ns"),
    ],
)
def test_any_clock_can_be_shown(time_ns: int, text: str) -> None:
    assert as_text_line(SensorStatus(time_ns=time_ns)).split("  ")[0] == text


def test_a_program_reads_json() -> None:
    assert json.loads(as_json_line(RADAR)) == {
        "reading": "radar-frame",
        "time_ns": NS,
        "frame_number": 12,
        "points": [
            {"x_m": 3, "y_m": 4, "z_m": 12, "range_rate_m_s": 0},
            {"x_m": 30, "y_m": 40, "z_m": 0, "range_rate_m_s": 0},
        ],
        "temperature": {"uptime_ms": 1, "sensors_c": [40, 45, 41]},
    }
    assert json.loads(as_json_line(REPORT))["position"] == {
        "latitude_deg": 52,
        "longitude_deg": 4.25,
        "altitude_hae_m": 45.5,
    }


def test_of_samples_their_number_is_told() -> None:
    row = json.loads(as_json_line(BLOCK))
    assert row == {
        "reading": "iq-block",
        "time_ns": NS,
        "sequence": 7,
        "sample_rate_hz": 15.36e6,
        "center_hz": 2.4295e9,
        "sample_type": "cf32",
        "missed_blocks": 2,
        "sample_count": 10,
    }


def test_a_time_that_nobody_knows_is_not_shown() -> None:
    assert "time_ns" not in json.loads(as_json_line(RadarFrame(time_ns=UNTIMED, frame_number=1)))


@pytest.mark.parametrize(
    ("names", "best"),
    [
        ({}, None),
        ({"session_id": "X"}, "X"),
        ({"session_id": "X", "utm_id": "U"}, "U"),
        ({"session_id": "X", "registration_id": "R", "utm_id": "U"}, "R"),
        ({"session_id": "X", "serial_number": "S", "registration_id": "R"}, "S"),
    ],
)
def test_the_identifier_that_says_most(names: dict[str, str], best: str | None) -> None:
    nameless = RemoteIdReport(time_ns=0, transmitter="02:00:00:00:00:01")
    assert identifier(replace(nameless, **names)) == best
