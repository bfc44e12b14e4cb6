"""Against three captures of two receivers, and payloads that no receiver would send."""

from __future__ import annotations

import json
import lzma
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from havik.drivers.readings import AdsbReport, Position, RemoteIdReport, SensorStatus
from havik.drivers.remote_id import dronescout
from havik.drivers.remote_id.dronescout import DRIVER, MOST_BYTES, MOST_OBJECTS, encode

RECEIVED_NS = 1_800_000_000_000_000_000
SENT_MS = 1_790_000_000_123
STRUCTURE = b64encode(bytes(921)).decode()
HEARD: dict[str, object] = {
    "sensor ID": "rid-1",
    "RSSI": -72,
    "channel": 6,
    "timestamp": SENT_MS,
    "MAC address": "02:00:00:00:00:0A",
    "type": "WiFi beacon",
    "UASdata": STRUCTURE,
}
REPORT = RemoteIdReport(
    time_ns=SENT_MS * 1_000_000,
    receiver="rid-1",
    transmitter="02:00:00:00:00:0A",
    transport="wifi-beacon",
    level_dbm=-72,
    channel=6,
)
NORMAL: dict[str, object] = {
    "sensor ID": "rid-1",
    "timestamp": SENT_MS,
    "firmware version": "1.2",
    "model": "ds230",
    "status": "normal",
}
STATUS = SensorStatus(
    time_ns=SENT_MS * 1_000_000, receiver="rid-1", state="normal", model="ds230", firmware="1.2"
)

Read = tuple[list[RemoteIdReport | SensorStatus | AdsbReport], dict[str, int]]


def read(payload: bytes) -> Read:
    decoder = dronescout.Decoder()
    found = [*decoder.feed(payload, RECEIVED_NS), *decoder.close()]
    return found, dict(decoder.refused)


def payload(kind: str, body: object) -> bytes:
    return json.dumps({"protocol": 1.0, kind: body}).encode()


def heard(**changes: object) -> bytes:
    """A drone heard; `changes` by name, "_" for a blank, None to leave out."""
    body = HEARD | {name.replace("_", " "): value for name, value in changes.items()}
    return payload("data", {name: value for name, value in body.items() if value is not None})


GOOD = heard()


# the captures; what they hold is told in the recordings' README

SERIAL = "1787F04BM24010011195"
GROUND = (37.759979, -122.497734, 28.0)


@pytest.mark.parametrize(
    ("file", "count", "transport", "channel"),
    [("ble_legacy", 19, "ble-legacy", 0), ("wifi_nan", 3, "wifi-nan", 6)],
)
def test_a_capture_of_one_drone_on_the_ground(
    recordings: Path, file: str, count: int, transport: str, channel: int
) -> None:
    text = (recordings / f"remote_id/dronescout_{file}.json").read_bytes()
    found, refused = read(text)
    reports = [reading for reading in found if isinstance(reading, RemoteIdReport)]
    assert (len(found), len(reports), refused) == (count, count, {})
    assert text.count(b'"UASdata"') == count
    for report in reports:
        assert (report.serial_number, report.aircraft_type) == (SERIAL, 2)
        assert report.operational_status == 1
        assert report.position is not None
        assert msgspec.structs.astuple(report.position) == pytest.approx(GROUND, abs=2e-6)
        assert (report.transport, report.channel) == (transport, channel)
        assert report.level_dbm is not None and -100 < report.level_dbm < -50
    times_ns = [report.time_ns for report in reports]
    assert times_ns == sorted(times_ns)
    assert len({report.transmitter for report in reports}) == 1


def test_a_capture_of_a_receivers_status(recordings: Path) -> None:
    found, refused = read((recordings / "remote_id/dronescout_sensor_status.json").read_bytes())
    assert refused == {}
    assert [replace(reading, time_ns=0) for reading in found] == [
        SensorStatus(
            time_ns=0,
            receiver="test_sensor_id_001",
            state="normal",
            model="ds230",
            firmware="20220509-1035",
        )
    ]


@pytest.mark.parametrize("form", [lzma.FORMAT_XZ, lzma.FORMAT_ALONE])
@pytest.mark.parametrize("preset", [0, 6, 9 | lzma.PRESET_EXTREME])
def test_compressed_it_says_the_same(recordings: Path, form: int, preset: int) -> None:
    text = (recordings / "remote_id/dronescout_ble_legacy.json").read_bytes()
    compressed = lzma.compress(text, format=form, preset=preset)
    assert read(compressed) == read(text)
    assert read(compressed + b"\n") == read(text)


TABLE: dict[str, tuple[bytes, Read]] = {
    "a drone": (GOOD, ([REPORT], {})),
    "a status": (payload("status", NORMAL), ([STATUS], {})),
    "a status within data": (payload("data", NORMAL), ([STATUS], {})),
    "a place": (
        payload("location", {"sensor ID": "a", "latitude": 52.0, "longitude": 4.0}),
        (
            [
                SensorStatus(
                    time_ns=RECEIVED_NS,
                    receiver="a",
                    position=Position(latitude_deg=52.0, longitude_deg=4.0),
                )
            ],
            {},
        ),
    ),
    "run together": (GOOD + GOOD + payload("status", NORMAL), ([REPORT, REPORT, STATUS], {})),
    "lines": (GOOD + b"\n" + GOOD + b"\r\n", ([REPORT, REPORT], {})),
    "ended by NUL": (GOOD + b"\0", ([REPORT], {})),
    "padded with NUL": (GOOD + bytes(1000), ([REPORT], {})),
    "an array": (b"[" + GOOD + b",\n" + GOOD + b"]", ([REPORT, REPORT], {})),
    "lower case address": (heard(MAC_address="02:00:00:00:00:0a"), ([REPORT], {})),
    "no time": (heard(timestamp=None), ([replace(REPORT, time_ns=RECEIVED_NS)], {})),
    "time 0": (heard(timestamp=0), ([replace(REPORT, time_ns=RECEIVED_NS)], {})),
    "time before 1970": (heard(timestamp=-5), ([replace(REPORT, time_ns=RECEIVED_NS)], {})),
    "time of no year": (heard(timestamp=10**30), ([replace(REPORT, time_ns=RECEIVED_NS)], {})),
    "a radio of tomorrow": (heard(type="WiFi 9"), ([replace(REPORT, transport=None)], {})),
    "no radio": (heard(type=None), ([replace(REPORT, transport=None)], {})),
    "no level": (heard(RSSI=None), ([replace(REPORT, level_dbm=None)], {})),
    "a level of no receiver": (heard(RSSI=1e300), ([replace(REPORT, level_dbm=None)], {})),
    "a channel of no band": (heard(channel=10**30), ([replace(REPORT, channel=None)], {})),
    "unknown members": (heard(raw="AAAA", extra={"SN valid": 1}), ([REPORT], {})),
    "null members": (
        GOOD.replace(b'"rid-1"', b"null"),
        ([replace(REPORT, receiver=None)], {}),
    ),
    "escape codes for a name": (
        heard(sensor_ID="\x1b[2Jrid"),
        ([replace(REPORT, receiver=None)], {"identifier or text that cannot be shown": 1}),
    ),
    "a book for a name": (
        heard(sensor_ID="x" * 10_000),
        ([replace(REPORT, receiver=None)], {"identifier or text that cannot be shown": 1}),
    ),
    "nothing": (b"", ([], {})),
    "white space": (b" \n\0", ([], {})),
}


@pytest.mark.parametrize(("text", "expected"), TABLE.values(), ids=TABLE)
def test_a_payload_is_read(text: bytes, expected: Read) -> None:
    assert read(text) == expected


REFUSED: dict[str, tuple[bytes, str]] = {
    "not JSON": (b"hello", "not JSON"),
    "a number": (b"42", "member of another type"),
    "cut off": (GOOD[:-30], "not JSON"),
    "cut off in a name": (GOOD[:40], "not JSON"),
    "no closing brace": (GOOD[:-1], "not JSON"),
    "no Unicode": (heard(sensor_ID="QQ").replace(b"QQ", b"\xff\xfe"), "not JSON"),
    "another kind": (payload("mobile network", {"BER": 1}), "object of another kind"),
    "an empty object": (b'{"protocol":1.0}', "object of another kind"),
    "neither drone nor state": (
        payload("data", {"sensor ID": "a"}),
        "neither a drone, nor a state, nor a position",
    ),
    "nowhere": (
        payload("location", {"latitude": 0, "longitude": 0}),
        "neither a drone, nor a state, nor a position",
    ),
    "beyond the pole": (
        payload("location", {"latitude": 91, "longitude": 0}),
        "neither a drone, nor a state, nor a position",
    ),
    "data is text": (payload("data", "x"), "member of another type"),
    "a word for a level": (heard(RSSI="strong"), "member of another type"),
    "a number beyond floats": (
        heard(RSSI=-4242).replace(b"-4242", b"1e999"),
        "member of another type",
    ),
    "not a number": (heard(RSSI=-4242).replace(b"-4242", b"NaN"), "not JSON"),
    "deeper than any message": (
        b'{"protocol":1.0,"data":' + b'{"a":' * 5000,
        "member of another type",
    ),
    "no address": (heard(MAC_address=None), "no MAC address"),
    "half an address": (heard(MAC_address="02:00:00"), "no MAC address"),
    "markup for an address": (heard(MAC_address="<b>02:00:00:00:00:0A"), "no MAC address"),
    "no base64": (heard(UASdata="***"), "UASdata is not base64"),
    "base64 of another alphabet": (heard(UASdata="é" * 1228), "UASdata is not base64"),
    "base64 with a hole": (heard(UASdata=STRUCTURE[:-1]), "UASdata is not base64"),
    "an empty structure": (heard(UASdata=""), "UASdata of another length than 921 bytes"),
    "a longer structure": (
        heard(UASdata=STRUCTURE + "AAAA"),
        "UASdata of another length than 921 bytes",
    ),
}


@pytest.mark.parametrize(("broken", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_broken_object_costs_itself_alone_and_is_counted(broken: bytes, reason: str) -> None:
    assert read(broken) == ([], {reason: 1})
    assert read(GOOD + broken + GOOD) == ([REPORT, REPORT], {reason: 1})


COMPRESSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "cut off": (lambda: lzma.compress(GOOD)[:-20], "compression is broken"),
    "its magic alone": (lambda: b"\xfd7zXZ\0", "compression is broken"),
    "a changed byte": (
        lambda: lzma.compress(GOOD)[:30] + b"\0\0\0" + lzma.compress(GOOD)[33:],
        "compression is broken",
    ),
    "a bomb": (lambda: lzma.compress(bytes(20 * MOST_BYTES)), "payload too large"),
    "a dictionary beyond memory": (
        lambda: b"\x5d\0\0\0\xff" + b"\xff" * 8 + bytes(100),
        "compression is broken",
    ),
    "too large as it is": (lambda: GOOD + bytes(MOST_BYTES), "payload too large"),
}


@pytest.mark.parametrize(("made", "reason"), COMPRESSED.values(), ids=COMPRESSED)
def test_a_payload_that_cannot_be_opened_is_counted(made: Callable[[], bytes], reason: str) -> None:
    assert read(made()) == ([], {reason: 1})


def test_a_payload_of_nothing_but_brackets_is_left_before_its_end() -> None:
    found, refused = read(b"{}" * (MOST_BYTES // 2))
    assert found == []
    assert refused == {
        "object of another kind": MOST_OBJECTS,
        "more objects than a payload can hold": 1,
    }


def test_each_payload_stands_alone() -> None:
    decoder = dronescout.Decoder()
    assert list(decoder.feed(GOOD[:-20], RECEIVED_NS)) == []
    assert list(decoder.feed(GOOD[-20:], RECEIVED_NS)) == []
    assert list(decoder.feed(GOOD, RECEIVED_NS)) == [REPORT]
    assert decoder.refused == {"not JSON": 2}


times_ms = st.integers(1, (1 << 63) // 1_000_000 - 1)
names = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20)
places = st.builds(
    Position, latitude_deg=st.floats(-90, 90).filter(bool), longitude_deg=st.floats(-180, 180)
)
reports = st.builds(
    RemoteIdReport,
    time_ns=times_ms.map(lambda ms: ms * 1_000_000),
    receiver=st.none() | names,
    transmitter=st.from_regex(r"[0-9A-F]{2}(:[0-9A-F]{2}){5}", fullmatch=True),
    transport=st.sampled_from([None, "ble-legacy", "ble-long-range", "wifi-beacon", "wifi-nan"]),
    level_dbm=st.none() | st.integers(-120, 0).map(float),
    channel=st.none() | st.integers(0, 177),
    serial_number=st.none() | st.from_regex(r"[0-9A-Z]{1,20}", fullmatch=True),
    position=st.none() | places,
)
statuses = st.builds(
    SensorStatus,
    time_ns=times_ms.map(lambda ms: ms * 1_000_000),
    receiver=st.none() | names,
    state=names,
    model=st.none() | names,
    firmware=st.none() | names,
    position=st.none() | places,
)


@given(st.lists(reports | statuses, max_size=5), st.sampled_from([b"", b"\n", b"\0"]))
def test_what_is_written_is_read(
    written: list[RemoteIdReport | SensorStatus], between: bytes
) -> None:
    text = between.join(map(encode, written))
    assert read(text) == (written, {})
    assert read(lzma.compress(text, preset=0)) == (written, {})


@given(st.lists(st.sampled_from([GOOD, GOOD[:50], b"{", b"}", b'"', b"\\", b"\0", b"[1]"])))
def test_no_payload_raises(parts: list[bytes]) -> None:
    found, refused = read(b"".join(parts))
    assert len(found) <= parts.count(GOOD)
    assert found == [REPORT] * len(found)
    assert sum(refused.values()) <= len(parts)


def test_the_row_is_of_mqtt() -> None:
    assert (DRIVER.name, DRIVER.wire) == ("dronescout", "mqtt")
