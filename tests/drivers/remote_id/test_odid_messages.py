"""Against 200 packs of the official encoder, and what the official decoder reads in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from havik.drivers.errors import FrameError
from havik.drivers.remote_id.odid_messages import (
    EPOCH_S,
    Authentication,
    BasicId,
    Location,
    OperatorId,
    SelfId,
    System,
    decode,
    encode,
    messages,
    pack,
)


@pytest.fixture(scope="module")
def vectors(recordings: Path) -> list[dict[str, Any]]:
    text = (recordings / "remote_id/odid_reference_vectors.jsonl").read_text()
    rows = [json.loads(line) for line in text.splitlines()]
    assert len(rows) == 200
    return rows


def known(value: float, unknown: float) -> float | None:
    return None if value == unknown else value


def somewhere(latitude: float, longitude: float) -> tuple[float | None, float | None]:
    return (None, None) if latitude == longitude == 0 else (latitude, longitude)


def test_every_vector_is_read(vectors: list[dict[str, Any]]) -> None:
    for row in vectors:
        name, place, words, system, operator = messages(bytes.fromhex(row["pack"]))
        told = row["basic_id"]
        assert name == BasicId(told["id_type"], told["ua_type"], told["uas_id"].encode())
        assert isinstance(place, Location) and isinstance(system, System)
        told = row["location"]
        assert place.status == told["status"]
        assert place.direction_deg == known(told["direction"], 361)
        assert place.speed_m_s == known(told["speed_h"], 255)
        assert place.climb_m_s == known(told["speed_v"], 63)
        assert (place.latitude_deg, place.longitude_deg) == somewhere(told["lat"], told["lon"])
        assert place.pressure_altitude_m == known(told["alt_baro"], -1000)
        assert place.altitude_hae_m == known(told["alt_geo"], -1000)
        assert place.height_m == known(told["height"], -1000)
        assert place.height_type == told["height_type"]
        assert place.horizontal_accuracy == told["h_acc"]
        assert place.vertical_accuracy == told["v_acc"]
        assert place.pressure_accuracy == told["baro_acc"]
        assert place.speed_accuracy == told["speed_acc"]
        assert place.time_accuracy == told["ts_acc"]
        assert place.hour_s == pytest.approx(told["timestamp"], abs=1e-3)  # the vector's float32
        assert words == SelfId(row["self_id"]["type"], row["self_id"]["text"].encode())
        told = row["system"]
        assert (system.operator_kind, system.class_type) == (
            told["op_loc_type"],
            told["class_type"],
        )
        assert (system.latitude_deg, system.longitude_deg) == somewhere(
            told["op_lat"], told["op_lon"]
        )
        assert (system.area_count, system.area_radius_m) == (
            told["area_count"],
            told["area_radius"],
        )
        assert system.area_ceiling_m == told["area_ceiling"]
        assert system.area_floor_m == told["area_floor"]
        assert (system.category_eu, system.class_eu) == (told["cat_eu"], told["class_eu"])
        assert (system.altitude_hae_m, system.time_s) == (told["op_alt_geo"], told["timestamp"])
        assert operator == OperatorId(row["operator_id"]["type"], row["operator_id"]["id"].encode())


def test_every_vector_is_written_to_the_last_bit(vectors: list[dict[str, Any]]) -> None:
    for row in vectors:
        wire = bytes.fromhex(row["pack"])
        assert pack(messages(wire)) == wire


def test_numbers_are_rounded_as_the_official_encoder_does(vectors: list[dict[str, Any]]) -> None:
    ties = 0
    for row in vectors:
        given, wire = row["location_input"], bytes.fromhex(row["pack"])[28:53]
        place = decode(wire)
        assert isinstance(place, Location)
        if any(abs(given[name] * 1e7 % 1 - 0.5) < 0.005 for name in ("lat", "lon")):
            ties += 1  # printed to 1e-9 degrees: which way it lay is not told
            continue
        raw = replace(
            place,
            direction_deg=known(given["direction"], 361),
            speed_m_s=known(given["speed_h"], 255),
            climb_m_s=known(given["speed_v"], 63),
            latitude_deg=given["lat"],
            longitude_deg=given["lon"],
            pressure_altitude_m=known(given["alt_baro"], -1000),
            altitude_hae_m=known(given["alt_geo"], -1000),
            height_m=known(given["height"], -1000),
            hour_s=given["timestamp"],
        )
        assert encode(raw) == wire
    assert ties < 10


def at(offset: int, value: str) -> Location:
    body = bytes([0x12]) + bytes(24)
    changed = bytes.fromhex(value)
    found = decode(body[:offset] + changed + body[offset + len(changed) :])
    assert isinstance(found, Location)
    return found


@pytest.mark.parametrize(
    ("offset", "wire", "name", "value"),
    [
        (1, "02b5", "direction_deg", None),  # 361
        (1, "02b4", "direction_deg", 360),
        (1, "00b4", "direction_deg", 180),
        (1, "02ff", "direction_deg", None),
        (1, "0100ff", "speed_m_s", None),
        (1, "0000ff", "speed_m_s", 63.75),
        (1, "0100fe", "speed_m_s", 254.25),
        (4, "7e", "climb_m_s", None),  # 63 m/s
        (4, "7c", "climb_m_s", 62),
        (4, "84", "climb_m_s", -62),
        (4, "83", "climb_m_s", None),
        (5, "0000000000000000", "latitude_deg", None),
        (5, "0000000000000000", "longitude_deg", None),
        (5, "0000000038cdffff", "longitude_deg", -0.0013),
        (5, "0000000038cdffff", "latitude_deg", 0),
        (5, "01d2496b00000000", "latitude_deg", None),  # 180 degrees north
        (13, "0000", "pressure_altitude_m", None),
        (15, "0100", "altitude_hae_m", -999.5),
        (17, "0000", "height_m", None),
        (19, "c0", "horizontal_accuracy", 0),
        (21, "ffff", "hour_s", None),
        (21, "a08c", "hour_s", 3600),
        (21, "a18c", "hour_s", None),
    ],
)
def test_what_is_unknown_stays_unknown(
    offset: int, wire: str, name: str, value: float | None
) -> None:
    assert getattr(at(offset, wire), name) == value


def test_pages_of_a_signature() -> None:
    first = bytes.fromhex("2210 02 3f 003fab01") + bytes(range(17))
    told = Authentication(1, 0, bytes(range(17)), 2, 63, 0x01AB3F00)
    second = bytes.fromhex("2211") + bytes(range(23))
    assert list(messages(b"\xf2\x19\x02" + first + second)) == [
        told,
        Authentication(1, 1, bytes(range(23))),
    ]
    assert pack([told, Authentication(1, 1, bytes(range(23)))])[3:] == first + second


def test_the_epoch() -> None:
    assert EPOCH_S == 1_546_300_800  # date -ud 2019-01-01 +%s


@pytest.mark.parametrize(
    "message",
    [SelfId(0, bytes(24)), SelfId(256, b""), OperatorId(0, bytes(21)), BasicId(9, 99, b"")],
)
def test_what_does_not_fit_is_not_sent(message: SelfId | OperatorId | BasicId) -> None:
    if isinstance(message, BasicId):
        message = replace(message, id_type=99)
    with pytest.raises(ValueError, match=r"fit|longer"):
        encode(message)


def test_ten_do_not_fit_in_a_pack() -> None:
    with pytest.raises(ValueError, match="9 messages at most"):
        pack([SelfId(0, b"")] * 10)


@given(data=st.binary(min_size=25, max_size=25))
def test_any_message_is_read_or_refused(data: bytes) -> None:
    try:
        message = decode(data)
    except FrameError:
        return
    again = decode(encode(message))
    assert again == message
