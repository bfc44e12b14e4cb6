"""DroneAware, drone-mesh-mapper and DragonSync: what their documents show, and hostile text.

No capture of them is at hand: the texts are written out by hand from the layouts.
"""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from havik.drivers.catalogue import DRIVERS
from havik.drivers.readings import Position, Reading, RemoteIdReport, SensorStatus
from havik.drivers.remote_id import dragonsync, droneaware, mesh_mapper
from havik.drivers.remote_id.told import is_serial

NOW_NS = 1_790_000_000_500_000_000
SERIAL = "ZZZZC0123456789AB"  # C: twelve characters follow
SERIAL_LONG = "1787F04BM24010011195"
REPORT = RemoteIdReport(
    time_ns=NOW_NS,
    transmitter="02:00:00:00:00:0A",
    level_dbm=-60,
    serial_number=SERIAL,
    position=Position(latitude_deg=51.4791, longitude_deg=-0.0013),
)


def read(name: str, *pieces: bytes) -> tuple[list[Reading], dict[str, int]]:
    decoder = DRIVERS[name].decoder()
    found = [one for piece in pieces for one in decoder.feed(piece, NOW_NS)]
    return [*found, *decoder.close()], dict(decoder.refused)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SERIAL_LONG, True),
        ("ZZZZC0123456789A", False),  # one character too few
        ("ZZZZC0123456789ABX", False),
        ("FIN87astrdge12k8", False),
        ("ZZZZ0", False),
        ("ZZZO10", False),  # no letter O
    ],
)
def test_a_serial_number_by_its_form(text: str, expected: bool) -> None:
    assert is_serial(text) is expected


# DroneAware

AWARE: dict[str, object] = {
    "t": 1_790_000_000.25,
    "mac": "02:00:00:00:00:0a",
    "radio": "wifi_nan",
    "rssi": -60,
    "channel": 6,
    "type": "Location",
    "lat": 51.4791,
    "lon": -0.0013,
    "alt": 110,
    "speed": 10.5,
    "hdg": 90,
    "id": SERIAL_LONG,
}
AWARE_REPORT = replace(
    REPORT,
    time_ns=1_790_000_000_250_000_000,
    transport="wifi-nan",
    channel=6,
    serial_number=SERIAL_LONG,
    ground_speed_m_s=10.5,
    course_deg=90.0,
)


def aware(**changes: object) -> bytes:
    return json.dumps(AWARE | changes).encode()


def test_a_droneaware_datagram() -> None:
    assert read("droneaware", aware()) == ([AWARE_REPORT], {})


@pytest.mark.parametrize("between", [b"", b"\n", b",\n", b"\0"])
def test_objects_may_be_run_together(between: bytes) -> None:
    found, refused = read("droneaware", between.join([aware(), aware(), aware()]))
    assert (found, refused) == ([AWARE_REPORT] * 3, {})


@pytest.mark.parametrize(
    ("changes", "attribute", "value"),
    [
        ({"lat": 0, "lon": 0}, "position", None),
        ({"lat": None}, "position", None),
        ({"lon": 1e9}, "position", None),
        ({"hdg": 361}, "course_deg", None),
        ({"hdg": 360}, "course_deg", 0),
        ({"speed": 255}, "ground_speed_m_s", None),
        ({"rssi": None}, "level_dbm", None),
        ({"channel": 9999}, "channel", None),
        ({"radio": "smoke"}, "transport", None),
        ({"t": None}, "time_ns", NOW_NS),
        ({"t": -5}, "time_ns", NOW_NS),
        ({"t": 1e30}, "time_ns", NOW_NS),
        ({"id": "NL-1234"}, "registration_id", "NL-1234"),
        ({"id": "a\u202eb"}, "serial_number", None),
        ({"id": None}, "serial_number", None),
    ],
)
def test_what_a_node_does_not_know(
    changes: dict[str, object], attribute: str, value: object
) -> None:
    ((report,), _) = read("droneaware", aware(**changes))
    assert getattr(report, attribute) == value


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"{not json}", "not JSON"),
        (b'{"t":NaN,"mac":"02:00:00:00:00:0a"}', "not JSON"),
        (aware(mac=None), "no MAC address"),
        (aware(mac="02:00"), "no MAC address"),
        (aware(lat="north"), "member of another type"),
        (b'{"mac":"02:00:00:00:00:0a"}', "object of another kind"),
        (b'{"t":1,"id":"' + b"\xff" + b'"}', "not JSON"),
        (b"{" + b"[" * 50_000, "not JSON"),
        (b" " * 70_000, "datagram too large"),
    ],
)
def test_a_bad_datagram_costs_itself(bad: bytes, reason: str) -> None:
    assert read("droneaware", bad, aware()) == ([AWARE_REPORT], {reason: 1})


# drone-mesh-mapper

LINE = (
    b'{"mac":"02:00:00:00:00:0a","rssi":-60,"drone_lat":51.479100,"drone_long":-0.001300,'
    b'"drone_altitude":110,"pilot_lat":51.480000,"pilot_long":-0.002000,"basic_id":"%s"}\n'
) % SERIAL.encode()
PILOT = Position(latitude_deg=51.48, longitude_deg=-0.002)
LINE_REPORT = replace(REPORT, operator_position=PILOT)


@pytest.mark.parametrize("prefix", [b"", b"[JSON] ", b"\r\n"])
def test_a_line_of_a_mesh_mapper(prefix: bytes) -> None:
    assert read("mesh-mapper", prefix + LINE) == ([LINE_REPORT], {})
    single = [bytes([byte]) for byte in prefix + LINE]
    assert read("mesh-mapper", *single) == ([LINE_REPORT], {})


def test_lines_of_the_mesh() -> None:
    text = (
        b"Drone: 02:00:00:00:00:0a RSSI:-60 https://maps.google.com/?q=51.479100,-0.001300\n"
        b"Pilot: https://maps.google.com/?q=51.480000,-0.002000\n"
    )
    drone = replace(REPORT, serial_number=None)
    pilot = replace(drone, level_dbm=None, position=None, operator_position=PILOT)
    assert read("mesh-mapper", text) == ([drone, pilot], {})
    assert read("mesh-mapper", text[text.index(b"Pilot") :]) == ([], {"pilot of no drone": 1})


def test_a_mesh_mapper_that_hears_nothing_says_that_it_lives() -> None:
    text = b'{"status":"active","uptime":5}\n{"heartbeat":1}\n'
    status = SensorStatus(time_ns=NOW_NS, state="active")
    assert read("mesh-mapper", text) == ([status, status], {})


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (LINE[:150] + b"\n", "not JSON"),  # cut by the receiver's buffer
        (LINE.replace(SERIAL.encode(), b'A"B'), "not JSON"),
        (b"E (123) wifi: boot\n", "line of another kind"),
        (b"x" * 5000 + b"\n", "line too long"),
        (b'{"mac":"02:00:00:00:00:0a"}\n', "object of another kind"),
    ],
)
def test_a_bad_line_costs_itself(bad: bytes, reason: str) -> None:
    assert read("mesh-mapper", bad, LINE) == ([LINE_REPORT], {reason: 1})


def test_a_line_without_end_is_not_kept() -> None:
    decoder = DRIVERS["mesh-mapper"].decoder()
    for _ in range(1000):
        assert not list(decoder.feed(b"x" * 1000, 0))
    assert list(decoder.feed(b"\n" + LINE, NOW_NS)) == [LINE_REPORT]
    assert decoder.refused == {"line too long": 1}
    list(decoder.feed(LINE[:50], 0))
    list(decoder.close())
    assert decoder.refused["line cut off at the end"] == 1


# DragonSync

BASIC = {
    "id_type": "Serial Number (ANSI/CTA-2063-A)",
    "id": SERIAL,
    "ua_type": 2,
    "MAC": "02:00:00:00:00:0a",
    "RSSI": -60,
}
VECTOR = {
    "latitude": 51.4791,
    "longitude": -0.0013,
    "geodetic_altitude": "110.0 m",
    "height_agl": 80,
    "pressure_altitude": -1000,
    "speed": "10.5 m/s",
    "vert_speed": 63,
    "direction": 361,
}
KIT_REPORT = replace(
    REPORT,
    aircraft_type=2,
    position=Position(latitude_deg=51.4791, longitude_deg=-0.0013, altitude_hae_m=110.0),
    height_m=80.0,
    ground_speed_m_s=10.5,
    operator_position=PILOT,
    operator_id="FIN87astrdge12k8",
    self_description="a flight",
)
OTHERS = {"Operator ID Message": {"operator_id": "FIN87astrdge12k8"}}
WORDS = {"Self-ID Message": {"text": "a flight"}}
LIST = [
    {"MAC": "02:00:00:00:00:0a", "RSSI": -60},
    {"Basic ID": BASIC},
    {"Location/Vector Message": VECTOR},
    {"System Message": {"latitude": 51.48, "longitude": -0.002}},
    OTHERS,
    WORDS,
]
DICTIONARY = {
    "index": 5,
    "runtime": 9,
    "AUX_ADV_IND": {"rssi": -60},
    "aext": {"AdvA": "02:00:00:00:00:0a random"},
    "Basic ID": {name: BASIC[name] for name in ("id_type", "id", "ua_type")},
    "Location/Vector Message": VECTOR,
    "System Message": {"operator_lat": 51.48, "operator_lon": -0.002},
    **OTHERS,
    **WORDS,
}


@pytest.mark.parametrize("form", [LIST, DICTIONARY], ids=["list", "dictionary"])
def test_both_forms_of_a_kit_say_the_same(form: object) -> None:
    assert read("dragonsync", json.dumps(form).encode()) == ([KIT_REPORT], {})


def test_a_kit_tells_where_it_is() -> None:
    status = {"serial_number": "kit-1", "gps_data": {"latitude": 51.0, "longitude": 4.0}}
    expected = SensorStatus(
        time_ns=NOW_NS,
        receiver="kit-1",
        state="normal",
        position=Position(latitude_deg=51.0, longitude_deg=4.0),
    )
    assert read("dragonsync", json.dumps(status).encode()) == ([expected], {})


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"[{]", "not JSON"),
        (b"7", "object of another kind"),
        (b'[{"Signal Info":{"source":"x"}}]', "object of another kind"),
        (b'[{"Basic ID":{"id":"x"}}]', "no MAC address"),
        (b"[" * 100_000, "not JSON"),
        (b" " * 300_000, "payload too large"),
    ],
)
def test_a_bad_payload_costs_itself(bad: bytes, reason: str) -> None:
    good = json.dumps(LIST).encode()
    assert read("dragonsync", bad, good) == ([KIT_REPORT], {reason: 1})


# both ways

TEXTS = st.none() | st.just(SERIAL)
REPORTS = st.builds(
    RemoteIdReport,
    time_ns=st.just(NOW_NS),
    transmitter=st.just("02:00:00:00:00:0A"),
    level_dbm=st.none() | st.integers(-110, 0).map(float),
    serial_number=TEXTS,
    position=st.none()
    | st.builds(
        Position,
        latitude_deg=st.integers(1, 89).map(float),
        longitude_deg=st.integers(-179, 179).map(lambda degrees: degrees + 0.5),
    ),
)


@given(report=REPORTS)
def test_what_is_sent_is_read(report: RemoteIdReport) -> None:
    assert read("droneaware", droneaware.encode(report)) == ([report], {})
    assert read("mesh-mapper", mesh_mapper.encode(report)) == ([report], {})
    assert read("dragonsync", dragonsync.encode(report)) == ([report], {})


@pytest.mark.parametrize("name", ["droneaware", "mesh-mapper", "dragonsync"])
@given(
    data=st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from([*AWARE, *DICTIONARY, *VECTOR]), inner, max_size=5)
        ),
        max_leaves=20,
    )
)
def test_any_json_is_read_or_refused(name: str, data: object) -> None:
    read(name, json.dumps(data).encode() + b"\n")
