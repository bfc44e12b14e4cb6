"""By hand: members, units and codes are those of the maker's own subscriber; no capture has any."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from havik.drivers.readings import AdsbReport, MobileNetwork, Position, SensorStatus
from havik.drivers.remote_id import dronescout

RECEIVED_NS = 1_800_000_000_000_000_000
SENT_MS = 1_790_000_000_123
UNREADABLE = {"identifier or text that cannot be shown": 1}
FLYING: dict[str, object] = {
    "sensor ID": "rid-1",
    "timestamp": SENT_MS,
    "type": "ADSB",
    "address": "ABC123",
    "address type": 0,
    "flight": "TEST1",
    "latitude": 54.5,
    "longitude": 4.5,
    "altitude": 914,
    "altitude type": 1,
    "speed": 61.5,
    "track": 270,
    "vertical rate": -2.5,
    "category": 7,
    "emergency status": 0,
    "flight state": 1,
    "frequency MHz": 1090,
    "message count": 12,
    "raw": "AAAA",
    "SBS": "MSG,3;MSG,4",
}
REPORT = AdsbReport(
    time_ns=SENT_MS * 1_000_000,
    receiver="rid-1",
    address="ABC123",
    address_type=0,
    flight="TEST1",
    position=Position(latitude_deg=54.5, longitude_deg=4.5),
    altitude_m=914.0,
    altitude_reference="pressure",
    ground_speed_m_s=61.5,
    course_deg=270.0,
    climb_m_s=-2.5,
    category=7,
)
MODEM: dict[str, object] = {
    "sensor ID": "rid-1",
    "timestamp": SENT_MS,
    "operator": "Net",
    "PLMN": "00101",
    "access technology": "LTE",
    "band": "B20",
    "RSSI": -71,
    "BER": 99,
}
NETWORK = MobileNetwork(operator="Net", plmn="00101", technology="LTE", band="B20", level_dbm=-71.0)
STATUS = SensorStatus(time_ns=SENT_MS * 1_000_000, receiver="rid-1", network=NETWORK)


def read(kind: str, body: object) -> tuple[list[object], dict[str, int]]:
    decoder = dronescout.Decoder()
    text = json.dumps({"protocol": 1.0, kind: body}).encode()
    return list(decoder.feed(text, RECEIVED_NS)), dict(decoder.refused)


AIRCRAFT: dict[str, tuple[dict[str, object], AdsbReport]] = {
    "as it is": ({}, REPORT),
    "numbers as texts": (
        {"latitude": "54.5", "longitude": "4.5", "altitude": "914", "altitude type": "1",
         "speed": "61.5", "track": "270", "vertical rate": "-2.5", "category": "7",
         "address type": "0"},
        REPORT,
    ),
    "lower case address": ({"address": "abc123"}, REPORT),
    "spaces behind a flight": ({"flight": "TEST1   "}, REPORT),
    "no flight": ({"flight": "        "}, replace(REPORT, flight=None)),
    "by GNSS": ({"altitude type": 2}, replace(REPORT, altitude_reference="geometric")),
    "no such altitude type": (
        {"altitude type": 7},
        replace(REPORT, altitude_m=None, altitude_reference=None),
    ),
    "altitude of unknown type": (
        {"altitude type": 0},
        replace(REPORT, altitude_m=None, altitude_reference=None),
    ),
    "no altitude": (
        {"altitude": None},
        replace(REPORT, altitude_m=None, altitude_reference=None),
    ),
    "an altitude of no aircraft": (
        {"altitude": 1e9},
        replace(REPORT, altitude_m=None, altitude_reference=None),
    ),
    "nowhere": ({"latitude": 0, "longitude": 0}, replace(REPORT, position=None)),
    "a longitude that is small": (
        {"longitude": -0.0013},
        replace(REPORT, position=Position(latitude_deg=54.5, longitude_deg=-0.0013)),
    ),
    "beyond the date line": ({"longitude": 1e9}, replace(REPORT, position=None)),
    "a speed of light": ({"speed": 3e8}, replace(REPORT, ground_speed_m_s=None)),
    "a speed backwards": ({"speed": -1}, replace(REPORT, ground_speed_m_s=None)),
    "north by 360": ({"track": 360}, replace(REPORT, course_deg=0.0)),
    "no direction": ({"track": 361}, replace(REPORT, course_deg=None)),
    "a rocket": ({"vertical rate": 200}, replace(REPORT, climb_m_s=None)),
    "half a category": ({"category": 6.5}, replace(REPORT, category=None)),
    "no such category": ({"category": 40}, replace(REPORT, category=None)),
    "no such address type": ({"address type": 8}, replace(REPORT, address_type=None)),
    "words for numbers": (
        {"speed": "fast", "track": "nan", "vertical rate": "1e9", "category": ""},
        replace(REPORT, ground_speed_m_s=None, course_deg=None, climb_m_s=None, category=None),
    ),
    "digits of another script": ({"speed": "\u0661"}, replace(REPORT, ground_speed_m_s=None)),
    "a book of digits": ({"speed": "1" * 10_000}, replace(REPORT, ground_speed_m_s=None)),
    "no time": ({"timestamp": None}, replace(REPORT, time_ns=RECEIVED_NS)),
    "a time of no year": ({"timestamp": 10**30}, replace(REPORT, time_ns=RECEIVED_NS)),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "expected"), AIRCRAFT.values(), ids=AIRCRAFT)
def test_an_aircraft_is_read(changes: dict[str, object], expected: AdsbReport) -> None:
    assert read("aircraft", FLYING | changes) == ([expected], {})


def test_of_an_aircraft_the_address_is_enough() -> None:
    expected = AdsbReport(time_ns=RECEIVED_NS, address="ABC123")
    assert read("aircraft", {"address": "ABC123"}) == ([expected], {})


@pytest.mark.parametrize("name", ["a\0b", "\x1b[2J", "x" * 10_000])
def test_a_flight_that_would_fool_a_terminal_is_not_shown(name: str) -> None:
    expected = replace(REPORT, flight=None)
    assert read("aircraft", FLYING | {"flight": name}) == ([expected], UNREADABLE)


NETWORKS: dict[str, tuple[dict[str, object], MobileNetwork]] = {
    "as it is": ({}, NETWORK),
    "codes as numbers": (
        {"PLMN": 20404, "access technology": 7, "band": 20},
        replace(NETWORK, plmn="20404", technology="7", band="20"),
    ),
    "a level that may be a code": ({"RSSI": 21}, replace(NETWORK, level_dbm=None)),
    "a level of none": ({"RSSI": 0}, replace(NETWORK, level_dbm=None)),
    "a level of no modem": ({"RSSI": -1e300}, replace(NETWORK, level_dbm=None)),
    "a level as text": ({"RSSI": "-71"}, NETWORK),
    "no operator": ({"operator": None}, replace(NETWORK, operator=None)),
    "an empty operator": ({"operator": " "}, replace(NETWORK, operator=None)),
}


@pytest.mark.parametrize(("changes", "expected"), NETWORKS.values(), ids=NETWORKS)
def test_a_network_is_a_status(changes: dict[str, object], expected: MobileNetwork) -> None:
    assert read("mobile network", MODEM | changes) == ([replace(STATUS, network=expected)], {})


REFUSED: dict[str, tuple[str, object, str]] = {
    "no address": ("aircraft", {"flight": "TEST1"}, "no aircraft address of 24 bits"),
    "half an address": ("aircraft", {"address": "ABC"}, "no aircraft address of 24 bits"),
    "25 bits": ("aircraft", {"address": "1ABC123"}, "no aircraft address of 24 bits"),
    "markup": ("aircraft", {"address": "<b>123"}, "no aircraft address of 24 bits"),
    "a number for an address": ("aircraft", FLYING | {"address": 11}, "member of another type"),
    "a list for a speed": ("aircraft", FLYING | {"speed": [1]}, "member of another type"),
    "a list of aircraft": ("aircraft", [FLYING], "member of another type"),
    "a network of nothing": ("mobile network", {"sensor ID": "a"}, "object of another kind"),
    "an object for a band": ("mobile network", MODEM | {"band": {}}, "member of another type"),
}


@pytest.mark.parametrize(("kind", "body", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_broken_one_costs_itself_alone(kind: str, body: object, reason: str) -> None:
    assert read(kind, body) == ([], {reason: 1})
    broken = json.dumps({"protocol": 1.0, kind: body}).encode()
    good = dronescout.encode(REPORT) + dronescout.encode(STATUS)
    decoder = dronescout.Decoder()
    assert list(decoder.feed(good + broken + good, 0)) == [REPORT, STATUS] * 2
    assert dict(decoder.refused) == {reason: 1}


times_ns = st.integers(1, (1 << 63) // 1_000_000 - 1).map(lambda ms: ms * 1_000_000)
names = st.none() | st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20)
flights = st.builds(
    AdsbReport,
    time_ns=times_ns,
    receiver=names,
    address=st.from_regex(r"[0-9A-F]{6}", fullmatch=True),
    address_type=st.none() | st.integers(0, 7),
    flight=names,
    position=st.none()
    | st.builds(
        Position, latitude_deg=st.floats(-90, 90).filter(bool), longitude_deg=st.floats(-180, 180)
    ),
    ground_speed_m_s=st.none() | st.floats(0, 2000),
    course_deg=st.none() | st.floats(0, 359.9),
    climb_m_s=st.none() | st.floats(-165, 165),
    category=st.none() | st.integers(0, 39),
)
heights = st.tuples(st.floats(-999, 40_000), st.sampled_from(["pressure", "geometric"]))
networks = st.builds(
    MobileNetwork,
    operator=st.just("Net"),
    plmn=names,
    technology=names,
    band=names,
    level_dbm=st.none() | st.floats(-150, -1),
)
statuses = st.builds(SensorStatus, time_ns=times_ns, receiver=names, network=networks)


@given(flights, st.none() | heights, statuses)
def test_what_is_written_is_read(
    flight: AdsbReport, height: tuple[float, str] | None, status: SensorStatus
) -> None:
    if height is not None:
        flight = replace(flight, altitude_m=height[0], altitude_reference=height[1])
    decoder = dronescout.Decoder()
    text = dronescout.encode(flight) + dronescout.encode(status)
    assert list(decoder.feed(text, 0)) == [flight, status]
    assert not decoder.refused
