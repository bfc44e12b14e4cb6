from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havik.drivers.readings import Position, RemoteIdReport
from havik.drivers.remote_id.antsdr import (
    BinaryDecoder,
    Disputed,
    TextDecoder,
    encode,
    encode_text,
)

NOW_NS = 1_764_000_000 * 10**9
SERIAL = "ZZZZC0000001"


def read(
    data: bytes, reading: Disputed = "unknown"
) -> tuple[list[RemoteIdReport], BinaryDecoder | TextDecoder]:
    text = data.startswith(b"dji_O")
    decoder: BinaryDecoder | TextDecoder = TextDecoder(reading) if text else BinaryDecoder()
    return [*decoder.feed(data, NOW_NS), *decoder.close()], decoder


def frame(serial: bytes = SERIAL.encode(), **places: float) -> bytes:
    """A frame written out by the layout in the module's docstring, with `struct` alone."""
    at = {"lat": 55.5, "lon": 3.5, "operator_lat": 55.4, "operator_lon": 3.4} | places
    payload = struct.pack(
        "<64s64sB2d2d2d2dd3dh", serial, b"model", 63, at["operator_lat"], at["operator_lon"],
        at["lat"], at["lon"], 30.0, 75.0, 1.0, 2.0, 2414.5, 3.0, 4.0, -1.5, -61,
    )  # fmt: skip
    assert len(payload) == 227
    return b"\xaa\x55" + struct.pack("<BH", 1, 232) + payload


# As other projects print it: longitude first, no value for the aircraft, ms at the end.
TEXT = (
    "dji_O,2/3,5756.5,-112,Some Model(63),ZZZZC0000001,0.000000,0.000000,3.400000,55.400000,"
    "0.000000,0.000000,7.50|30.00,300.00|400.00|-150.00,1764000000123;"
)


def test_the_binary_form_is_read_as_its_layout_says() -> None:
    (report,), decoder = read(frame())
    assert report == RemoteIdReport(
        time_ns=NOW_NS,
        transmitter=f"droneid:{SERIAL}",
        transport="dji-droneid",
        level_dbm=-61,
        serial_number=SERIAL,
        position=Position(latitude_deg=55.5, longitude_deg=3.5, altitude_hae_m=75.0),
        height_m=30.0,
        height_reference="ground",
        course_deg=math.degrees(math.atan2(3, 4)),
        ground_speed_m_s=5.0,
        climb_m_s=-1.5,
        operator_position=Position(latitude_deg=55.4, longitude_deg=3.4),
        operator_position_kind="live",
        self_description="model",
    )
    assert not decoder.refused


def test_the_text_form_leaves_what_is_disputed_unknown() -> None:
    (report,), _ = read(TEXT.encode())
    assert report.serial_number == SERIAL
    assert report.time_ns == 1_764_000_000_123 * 10**6
    assert report.position is None  # 0/0 is nobody's place
    assert report.operator_position == Position(latitude_deg=55.4, longitude_deg=3.4)
    assert report.level_dbm == -112
    known = (report.height_m, report.ground_speed_m_s, report.course_deg, report.climb_m_s)
    assert known == (None, None, None, None)


@pytest.mark.parametrize(
    ("reading", "height_m", "speed_m_s", "climb_m_s"),
    [("heights-first", 30.0, 5.0, -1.5), ("speeds-first", None, None, None)],
)
def test_a_reading_that_the_settings_name_is_followed(
    reading: Disputed, height_m: float | None, speed_m_s: float | None, climb_m_s: float | None
) -> None:
    (report,), _ = read(TEXT.encode(), reading)
    if reading == "heights-first":
        assert (report.height_m, report.climb_m_s) == (height_m, climb_m_s)
        assert report.ground_speed_m_s == pytest.approx(speed_m_s)
    else:  # 7.5 and 30 m/s; a height of 300 m, a climb of -150 m/s, which no aircraft has
        assert report.ground_speed_m_s == pytest.approx(math.hypot(7.5, 30))
        assert (report.height_m, report.climb_m_s) == (300.0, None)


def test_an_encrypted_burst_names_its_session_and_claims_nothing() -> None:
    text = b"dji_O,4,5756.5,-80,dji(15529374),,0,0,0,0,0,0,0|0,0|0|0;"
    (report,), _ = read(text)
    assert report.session_id == "15529374"
    assert (report.serial_number, report.position, report.operator_position) == (None, None, None)


REPORT = RemoteIdReport(
    time_ns=NOW_NS,
    transmitter=f"droneid:{SERIAL}",
    transport="dji-droneid",
    level_dbm=-70,
    serial_number=SERIAL,
    position=Position(latitude_deg=51.25, longitude_deg=-0.0013, altitude_hae_m=120.0),
    height_m=40.0,
    height_reference="ground",
    course_deg=90.0,
    ground_speed_m_s=10.0,
    climb_m_s=1.0,
    operator_position=Position(latitude_deg=51.0, longitude_deg=0.5),
    operator_position_kind="live",
)


def close_to(report: RemoteIdReport) -> None:
    assert report.position is not None and report.position.altitude_hae_m is not None
    assert report.position.longitude_deg == pytest.approx(-0.0013)
    assert report.position.altitude_hae_m == pytest.approx(120.0)
    assert report.ground_speed_m_s == pytest.approx(10.0)
    assert report.course_deg == pytest.approx(90.0)
    assert (report.height_m, report.climb_m_s) == (40.0, 1.0)


def test_what_is_written_is_read_in_both_forms_and_by_both_readings() -> None:
    (report,), _ = read(encode(REPORT))
    close_to(report)
    readings: tuple[Disputed, ...] = ("heights-first", "speeds-first")
    for reading in readings:
        data = encode_text(REPORT, reading).replace(b"model(0)", b"(0)")
        (report,), _ = read(data, reading)
        close_to(report)


@given(st.lists(st.integers(1, 400), max_size=40), st.binary(max_size=40))
def test_frames_in_any_pieces_and_after_any_noise(cuts: list[int], noise: bytes) -> None:
    if b"\x01\xe8\x00" in noise:
        return
    stream = noise + b"\0\0\0" + frame() + b"\n" + frame() + frame()
    decoder, got, at = BinaryDecoder(), list[RemoteIdReport](), 0
    for cut in cuts:
        got += decoder.feed(stream[at : at + cut], NOW_NS)
        at += cut
    got += decoder.feed(stream[at:], NOW_NS)
    assert [one.serial_number for one in got] == [SERIAL] * 3


def test_several_texts_of_a_datagram_cost_only_the_bad_one() -> None:
    got, decoder = read(f"{TEXT}dji_O,1;{TEXT}\r\n".encode())
    assert [one.serial_number for one in got] == [SERIAL] * 2
    assert decoder.refused == {"text of another length": 1}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (frame(serial=b""), "no serial number"),
        (frame(serial=b"\xff\xfe"), "no serial number"),
        (frame()[:100], "cut off at the end"),
        (b"dji_O,2/3,1,2;", "text of another length"),
        (b"dji_O," + b"1," * 40 + b";", "text of another length"),
        (b"dji_O,4,1,2,hash,,0,0,0,0,0,0,0,0;", "encrypted burst without its hash"),
        (b"dji_O," + b"x" * (1 << 16), "datagram too large"),
        (TEXT.replace("ZZZZC0000001", "").encode(), "no serial number"),
    ],
)
def test_what_cannot_be_read_is_refused_by_reason(data: bytes, reason: str) -> None:
    got, decoder = read(data)
    assert got == []
    assert decoder.refused[reason] == 1


@pytest.mark.parametrize("value", [math.nan, math.inf, 1e300, 91.0])
def test_places_that_are_none_stay_unknown(value: float) -> None:
    (report,), _ = read(frame(lat=value, operator_lon=value * 10))
    assert report.position is None
    assert report.operator_position is None


def test_a_long_line_of_noise_holds_no_memory() -> None:
    decoder = BinaryDecoder()
    for _ in range(1000):
        assert not list(decoder.feed(b"noise" * 200, NOW_NS))
    assert [one.serial_number for one in decoder.feed(frame(), NOW_NS)] == [SERIAL]
    assert decoder.refused["junk between frames"] > 0
