"""The structure is built here from its description; values are the official decoder's."""

from __future__ import annotations

import json
import math
import struct
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from havik.drivers.errors import FrameError
from havik.drivers.readings import Position, RemoteIdReport
from havik.drivers.remote_id import odid_struct

HEARD = RemoteIdReport(time_ns=1, transmitter="02:00:00:00:00:01")
PLACE = Position(latitude_deg=52.0, longitude_deg=4.0, altitude_hae_m=45.5)

# ASTM F3411-22a, accuracy codes: within so many metres, or metres per second
HORIZONTAL = [None, 18520, 7408, 3704, 1852, 926, 555.6, 185.2, 92.6, 30, 10, 3, 1]
VERTICAL = [None, 150, 45, 25, 10, 3, 1]
SPEED = [None, 10, 3, 1, 0.3]


def basic_id(aircraft: int, kind: int, name: bytes) -> bytes:
    return struct.pack("<II21s", aircraft, kind, name)


def location(**values: float) -> bytes:
    """A location block; what is not told is what the official decoder gives for unknown."""
    v = {
        "status": 0, "direction": 361, "speed": 255, "climb": 63, "lat": 0, "lon": 0,
        "pressure": -1000, "geodetic": -1000, "reference": 0, "height": -1000,
        "h": 0, "v": 0, "baro": 0, "s": 0, "time": 0, "hour": 0xFFFF,
    }  # fmt: skip
    return struct.pack("<I3f2d2fIf5If", *(v | values).values())


def system(kind: int, lat: float, lon: float, altitude: float = -1000) -> bytes:
    return struct.pack("<II2d2H2f2IfI", kind, 0, lat, lon, 1, 0, 0, 0, 0, 0, altitude, 0)


def structure(flag: int = 1, **blocks: bytes) -> bytes:
    """The 921 bytes with `blocks`, by name, each with its flag."""
    places = {
        "basic_0": (0, 892),
        "basic_1": (32, 893),
        "location": (64, 894),
        "self_id": (776, 911),
        "system": (808, 912),
        "operator_id": (864, 913),
    }
    wire = bytearray(921)
    for name, block in blocks.items():
        at, flag_at = places[name]
        wire[at : at + len(block)] = block
        wire[flag_at] = flag
    return bytes(wire)


def decoded(wire: bytes) -> tuple[RemoteIdReport, Counter[str]]:
    refused: Counter[str] = Counter()
    return odid_struct.decode(wire, HEARD, refused), refused


def test_nothing_valid_says_nothing() -> None:
    assert decoded(bytes(921)) == (HEARD, Counter())


@pytest.mark.parametrize("flag", [0, 2, 0x80, 0xFF])
def test_a_block_without_its_flag_is_not_read(flag: int) -> None:
    wire = structure(
        flag,
        basic_0=basic_id(2, 1, b"SERIAL"),
        basic_1=basic_id(2, 4, b"SESSION"),
        location=location(status=2, lat=52, lon=4),
        self_id=struct.pack("<I23s", 0, b"words"),
        system=system(0, 52, 4),
        operator_id=struct.pack("<I20s", 0, b"operator"),
    )
    assert decoded(wire)[0] == HEARD


Claims = Mapping[str, object]
TABLE: dict[str, tuple[bytes, Claims]] = {
    "serial number": (
        structure(basic_0=basic_id(2, 1, b"ZZZZC0000001")),
        {"aircraft_type": 2, "serial_number": "ZZZZC0000001"},
    ),
    "both identifiers": (
        structure(basic_0=basic_id(0, 4, b"SESSION"), basic_1=basic_id(3, 1, b"SERIAL")),
        {"aircraft_type": 3, "serial_number": "SERIAL", "session_id": "SESSION"},
    ),
    "registration and UTM": (
        structure(basic_0=basic_id(1, 2, b"REG"), basic_1=basic_id(9, 3, b"UTM")),
        {"aircraft_type": 1, "registration_id": "REG", "utm_id": "UTM"},
    ),
    "two serial numbers": (
        structure(basic_0=basic_id(2, 1, b"FIRST"), basic_1=basic_id(2, 1, b"SECOND")),
        {"aircraft_type": 2, "serial_number": "FIRST"},
    ),
    "second slot alone": (
        structure(basic_1=basic_id(2, 1, b"SERIAL")),
        {"aircraft_type": 2, "serial_number": "SERIAL"},
    ),
    "no kind of identifier": (structure(basic_0=basic_id(2, 0, b"X")), {"aircraft_type": 2}),
    "a kind of tomorrow": (structure(basic_0=basic_id(99, 5, b"X")), {}),
    "a name of full length": (
        structure(basic_0=basic_id(2, 1, b"x" * 20)),
        {"aircraft_type": 2, "serial_number": "x" * 20},
    ),
    "a name without its NUL": (
        structure(basic_0=basic_id(2, 1, b"x" * 21)),
        {"aircraft_type": 2, "serial_number": "x" * 21},
    ),
    "what is behind the NUL": (
        structure(basic_0=basic_id(2, 1, b"AB\0CD")),
        {"aircraft_type": 2, "serial_number": "AB"},
    ),
    "spaces around": (
        structure(operator_id=struct.pack("<I20s", 0, b" FIN87 ")),
        {"operator_id": "FIN87"},
    ),
    "words": (
        structure(self_id=struct.pack("<I23s", 0, "für Übung".encode())),
        {"self_description": "für Übung"},
    ),
    "no words": (structure(self_id=struct.pack("<I23s", 0, b"")), {}),
    "location of unknowns": (structure(location=location()), {}),
    "place": (
        structure(location=location(status=2, lat=52, lon=4, geodetic=45.5)),
        {"operational_status": 2, "position": PLACE},
    ),
    "on the Greenwich meridian": (
        structure(location=location(lat=52, lon=0)),
        {"position": Position(latitude_deg=52, longitude_deg=0)},
    ),
    "on the equator": (
        structure(location=location(lat=0, lon=4)),
        {"position": Position(latitude_deg=0, longitude_deg=4)},
    ),
    "motion": (
        structure(location=location(direction=90, speed=20.5, climb=-62)),
        {"course_deg": 90.0, "ground_speed_m_s": 20.5, "climb_m_s": -62.0},
    ),
    "north is 0": (structure(location=location(direction=360)), {"course_deg": 0.0}),
    "height over take-off": (
        structure(location=location(height=-17.5)),
        {"height_m": -17.5, "height_reference": "takeoff"},
    ),
    "height over ground": (
        structure(location=location(height=12.5, reference=1, pressure=3.5)),
        {"height_m": 12.5, "height_reference": "ground", "pressure_altitude_m": 3.5},
    ),
    "operator": (
        structure(system=system(2, 52, 4, 45.5)),
        {"operator_position": PLACE, "operator_position_kind": "fixed"},
    ),
    "operator nowhere": (structure(system=system(1, 0, 0, 45.5)), {}),
    "operator beyond the pole": (structure(system=system(1, 90.1, 4)), {}),
}


@pytest.mark.parametrize(("wire", "claims"), TABLE.values(), ids=TABLE)
def test_the_structure_is_read(wire: bytes, claims: Claims) -> None:
    assert decoded(wire) == (replace(HEARD, **claims), Counter())


BEYOND = [
    *[("direction", value) for value in (-1, 360.5, 361, 1e30)],
    *[("speed", value) for value in (-0.25, 254.5, 255, 1e30)],
    *[("climb", value) for value in (-62.5, 62.5, 63, -1e30)],
    *[(name, value) for name in ("pressure", "geodetic", "height") for value in (-1000, -2e4, 4e4)],
    *[("lat", value) for value in (-90.1, 90.1, 1e300)],
    *[("lon", value) for value in (-180.1, 180.1, 181)],
    *[(name, 99) for name in ("status", "reference", "h", "v", "s")],
]
FLOATS = ("direction", "speed", "climb", "pressure", "geodetic", "height", "lat", "lon")
NO_NUMBERS = [
    (name, value) for name in FLOATS for value in (math.nan, math.inf, -math.inf)
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), BEYOND + NO_NUMBERS)
def test_beyond_the_limits_of_the_standard_is_unknown(name: str, value: float) -> None:
    told = {"lat": 52.0, "lon": 4.0} if name in ("lat", "lon") else {}
    report, refused = decoded(structure(location=location(**(told | {name: value}))))
    assert report == HEARD
    assert not refused


@pytest.mark.parametrize(
    ("name", "attribute", "meanings"),
    [
        ("h", "horizontal_accuracy_m", HORIZONTAL),
        ("v", "vertical_accuracy_m", VERTICAL),
        ("s", "speed_accuracy_m_s", SPEED),
    ],
)
def test_accuracies_are_those_of_the_standard(
    name: str, attribute: str, meanings: list[float | None]
) -> None:
    for code, meaning in enumerate([*meanings, None]):
        report, _ = decoded(structure(location=location(**{name: code})))
        assert getattr(report, attribute) == meaning
        assert report == replace(HEARD, **{attribute: meaning})


@pytest.mark.parametrize("name", [b"\x1b[2J", b"a\nb", b"\xff\xfe", "\u202eABC".encode(), b"\x7f"])
def test_a_name_that_could_fool_a_terminal_costs_itself_alone(name: bytes) -> None:
    report, refused = decoded(structure(basic_0=basic_id(2, 1, name), system=system(0, 52, 4)))
    assert report.serial_number is None
    assert (report.aircraft_type, report.operator_position_kind) == (2, "takeoff")
    assert refused == {odid_struct.UNREADABLE: 1}


@pytest.mark.parametrize("length", [0, 1, 920, 922, 1842])
def test_another_length_is_refused(length: int) -> None:
    with pytest.raises(FrameError, match="another length than 921 bytes"):
        decoded(bytes(length))


Row = dict[str, Any]


def as_structure(row: Row) -> bytes:
    """What the official decoder filled in memory."""
    basic, place, far = row["basic_id"], row["location"], row["system"]
    return structure(
        basic_0=basic_id(basic["ua_type"], basic["id_type"], basic["uas_id"].encode()),
        location=location(
            status=place["status"],
            direction=place["direction"],
            speed=place["speed_h"],
            climb=place["speed_v"],
            lat=place["lat"],
            lon=place["lon"],
            pressure=place["alt_baro"],
            geodetic=place["alt_geo"],
            reference=place["height_type"],
            height=place["height"],
            h=place["h_acc"],
            v=place["v_acc"],
            baro=place["baro_acc"],
            s=place["speed_acc"],
            time=place["ts_acc"],
            hour=place["timestamp"],
        ),
        self_id=struct.pack("<I23s", row["self_id"]["type"], row["self_id"]["text"].encode()),
        system=system(far["op_loc_type"], far["op_lat"], far["op_lon"], far["op_alt_geo"]),
        operator_id=struct.pack(
            "<I20s", row["operator_id"]["type"], row["operator_id"]["id"].encode()
        ),
    )


def known(value: float, unknown: float) -> float | None:
    return None if value == unknown else value


def claims_of(row: Row) -> Claims:
    """The same in a report's words; the numbers for unknown are those of the official library."""
    basic, place, far = row["basic_id"], row["location"], row["system"]
    height_m = known(place["height"], -1000)
    reference = "ground" if place["height_type"] else "takeoff"
    here = Position(
        latitude_deg=place["lat"],
        longitude_deg=place["lon"],
        altitude_hae_m=known(place["alt_geo"], -1000),
    )
    return {
        "serial_number": basic["uas_id"],
        "aircraft_type": known(basic["ua_type"], 0),
        "operational_status": known(place["status"], 0),
        "position": here if place["lat"] or place["lon"] else None,
        "pressure_altitude_m": known(place["alt_baro"], -1000),
        "height_m": height_m,
        "height_reference": None if height_m is None else reference,
        "course_deg": known(place["direction"], 361),
        "ground_speed_m_s": known(place["speed_h"], 255),
        "climb_m_s": known(place["speed_v"], 63),
        "horizontal_accuracy_m": HORIZONTAL[int(place["h_acc"])],
        "vertical_accuracy_m": VERTICAL[int(place["v_acc"])],
        "speed_accuracy_m_s": SPEED[int(place["speed_acc"])],
        "self_description": row["self_id"]["text"],
        "operator_id": row["operator_id"]["id"],
        "operator_position": Position(
            latitude_deg=far["op_lat"],
            longitude_deg=far["op_lon"],
            altitude_hae_m=known(far["op_alt_geo"], -1000),
        ),
        "operator_position_kind": ["takeoff", "live", "fixed"][int(far["op_loc_type"])],
    }


def test_it_reads_what_the_official_decoder_gives(recordings: Path) -> None:
    lines = (recordings / "remote_id/odid_reference_vectors.jsonl").read_text().splitlines()
    assert len(lines) == 200
    for row in map(json.loads, lines):
        assert decoded(as_structure(row)) == (replace(HEARD, **claims_of(row)), Counter())


half_metres = st.integers(1, 65535).map(lambda count: count / 2 - 1000)
positions = st.builds(
    Position,
    latitude_deg=st.floats(-90, 90).filter(bool),
    longitude_deg=st.floats(-180, 180),
    altitude_hae_m=st.none() | half_metres,
)
texts = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)
reports = st.builds(
    RemoteIdReport,
    time_ns=st.just(1),
    transmitter=st.just(HEARD.transmitter),
    serial_number=st.none() | texts,
    session_id=st.none() | texts,
    aircraft_type=st.none() | st.integers(1, 15),
    operational_status=st.none() | st.integers(1, 15),
    position=st.none() | positions,
    pressure_altitude_m=st.none() | half_metres,
    course_deg=st.none() | st.floats(0, 359, width=32),
    ground_speed_m_s=st.none() | st.floats(0, 254.25, width=32),
    climb_m_s=st.none() | st.floats(-62, 62, width=32),
    horizontal_accuracy_m=st.sampled_from(HORIZONTAL),
    vertical_accuracy_m=st.sampled_from(VERTICAL),
    speed_accuracy_m_s=st.sampled_from(SPEED),
    operator_id=st.none() | texts,
    self_description=st.none() | texts,
)


@given(
    reports,
    st.none() | st.tuples(half_metres, st.sampled_from(["takeoff", "ground"])),
    st.none() | st.tuples(positions, st.sampled_from(["takeoff", "live", "fixed"])),
)
def test_what_is_written_is_read(
    report: RemoteIdReport,
    height: tuple[float, str] | None,
    operator: tuple[Position, str] | None,
) -> None:
    if height:
        report = replace(report, height_m=height[0], height_reference=height[1])
    if operator:
        report = replace(report, operator_position=operator[0], operator_position_kind=operator[1])
    wire = odid_struct.encode(report)
    assert decoded(wire) == (report, Counter())


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"serial_number": "a", "utm_id": "b", "session_id": "c"}, "two identifiers at most"),
        ({"serial_number": "x" * 21}, "longer than the 20 bytes"),
        ({"self_description": "ü" * 12}, "longer than the 23 bytes"),
        ({"operator_id": "x" * 21}, "longer than the 20 bytes"),
        ({"horizontal_accuracy_m": 7.0}, "no code for"),
        ({"aircraft_type": -1}, "does not fit its wire"),
    ],
)
def test_what_the_structure_cannot_hold_is_not_written(claims: Claims, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        odid_struct.encode(replace(HEARD, **claims))


@given(st.binary(min_size=921, max_size=921))
def test_no_structure_raises(wire: bytes) -> None:
    decoded(wire)
    decoded(wire[:892] + b"\1" * 22 + wire[914:])
