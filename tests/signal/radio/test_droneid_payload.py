from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havik.signal.radio.crc import crc24a, message_crc
from havik.signal.radio.droneid_payload import DroneIdMessage, decode_block, encode_block

SERIALS = st.text("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", min_size=1, max_size=16)
SPEEDS = st.integers(-3000, 3000).map(lambda cm_s: cm_s / 100)


def degrees(most: float) -> st.SearchStrategy[float]:
    return st.floats(-most, most).filter(lambda value: abs(value) > 1e-3)


@given(
    serial=SERIALS, sequence=st.integers(0, 65535), latitude=degrees(90), longitude=degrees(180),
    height_ft=st.integers(-500, 30000), speeds=st.tuples(SPEEDS, SPEEDS, SPEEDS),
    yaw_deg=st.integers(0, 35999).map(lambda part: part / 100), airborne=st.booleans(),
)  # fmt: skip
def test_telemetry_comes_back(
    serial: str, sequence: int, latitude: float, longitude: float, height_ft: int,
    speeds: tuple[float, float, float], yaw_deg: float, airborne: bool,
) -> None:  # fmt: skip
    sent = DroneIdMessage(
        kind="telemetry", length=88, serial_number=serial, sequence_number=sequence,
        airborne=airborne, motors_on=True, latitude_deg=latitude, longitude_deg=longitude,
        height_m=height_ft * 0.3048, north_m_s=speeds[0], east_m_s=speeds[1], climb_m_s=speeds[2],
        yaw_deg=yaw_deg, time_ms=1_700_000_000_000, type_code=58,
        operator_latitude_deg=-latitude, operator_longitude_deg=longitude,
    )  # fmt: skip
    got = decode_block(encode_block(sent))
    assert got is not None
    assert (got.serial_number, got.sequence_number, got.airborne) == (serial, sequence, airborne)
    assert got.latitude_deg == pytest.approx(latitude, abs=4e-6)  # 1e-7 rad
    assert got.longitude_deg == pytest.approx(longitude, abs=4e-6)
    assert got.operator_latitude_deg == pytest.approx(-latitude, abs=4e-6)
    assert got.home_latitude_deg is None
    assert got.height_m == pytest.approx(height_ft * 0.3048, abs=0.01)
    assert (got.north_m_s, got.east_m_s, got.climb_m_s) == pytest.approx(speeds)
    assert got.yaw_deg == pytest.approx(yaw_deg)


@given(SERIALS)
def test_identity_comes_back(serial: str) -> None:
    sent = DroneIdMessage(kind="identity", length=141, serial_number=serial)
    assert decode_block(encode_block(sent)) == sent


def test_every_field_stands_where_the_paper_says() -> None:
    """Schiller et al., NDSS 2023, table of the payload; written out by hand."""
    body = struct.pack(
        "<BBBHH16sii6hQiiiiBB20s", 88, 0x10, 2, 7, 0x21, b"TESTSERIAL", 872_665, 8_901_179,
        100, 50, 150, -250, 30, -9000, 1_650_000_000_000, 8_901_200, 872_700, 0, 0, 63, 0, b"",
    )  # fmt: skip
    got = decode_block(sealed(body))
    assert got is not None
    assert got.serial_number == "TESTSERIAL"
    assert (got.latitude_deg, got.longitude_deg) == pytest.approx((51.0, 5.0), abs=1e-5)
    assert got.operator_latitude_deg == pytest.approx(51.00012, abs=1e-5)
    assert got.pressure_altitude_m == pytest.approx(30.48)
    assert got.height_m == pytest.approx(15.24)
    assert (got.north_m_s, got.east_m_s, got.climb_m_s) == (1.5, -2.5, 0.3)
    assert (got.yaw_deg, got.time_ms, got.type_code) == (270.0, 1_650_000_000_000, 63)
    assert (got.airborne, got.motors_on, got.home_latitude_deg) == (True, False, None)


def sealed(body: bytes) -> bytes:
    padded = (body + message_crc(body).to_bytes(2, "little")).ljust(173, b"\0")
    return padded + crc24a(padded).to_bytes(3, "big")


def whole() -> bytes:
    return encode_block(DroneIdMessage(kind="telemetry", length=88, serial_number="X1"))


def unsealed_inside() -> bytes:
    """CRC24A right, the message's own CRC wrong."""
    padded = bytearray(whole()[:173])
    padded[20] ^= 1
    return bytes(padded) + crc24a(bytes(padded)).to_bytes(3, "big")


@pytest.mark.parametrize(
    "block",
    [
        b"", bytes(175), bytes(176), whole()[:-1], whole()[:-1] + b"\xff", unsealed_inside(),
        sealed(bytes([88, 0x10, 9]).ljust(89, b"\0")),  # a version that nobody has described
        sealed(bytes([200, 0x10, 2])), sealed(bytes([88, 0x55, 2]).ljust(89, b"\0")),
    ],
)  # fmt: skip
def test_what_is_wrong_says_nothing(block: bytes) -> None:
    assert decode_block(block) is None


def test_a_serial_that_cannot_be_printed_is_none() -> None:
    got = decode_block(sealed(bytes([141, 0x11]) + b"\x01\xff\x02".ljust(140, b"\0")))
    assert got is not None
    assert got.serial_number is None


@given(st.binary(min_size=176, max_size=176))
def test_no_bytes_break_it(block: bytes) -> None:
    assert decode_block(block) is None or crc24a(block) == 0
    inside = sealed(block[:142])
    decode_block(inside)
