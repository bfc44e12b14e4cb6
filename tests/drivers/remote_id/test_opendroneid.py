"""Against three captures, the layouts of the standards written out by hand, and tshark."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from havik.drivers.packets import IEEE802_11, NORDIC_BLE, RADIOTAP, unwrap, wrap
from havik.drivers.readings import Position, Reading, RemoteIdReport, RemoteIdTransport
from havik.drivers.remote_id import ble, wifi
from havik.drivers.remote_id.ble import Heard, crc24
from havik.drivers.remote_id.odid_struct import HORIZONTAL_M, SPEED_M_S, VERTICAL_M
from havik.drivers.remote_id.opendroneid import DRIVER, encode
from havik.drivers.transport.pcap import header, record
from havik.drivers.transport.recording import Recording

TIME_NS = 1_790_000_000_123_456_789
BASIC_ID = bytes.fromhex("02 12") + b"ZZZZC0000001".ljust(20, b"\0") + bytes(3)
LOCATION = bytes.fromhex(
    "12"  # location, version 2
    "22"  # airborne, height over the take-off, west of the meridian of direction
    "5a"  # 90 + 180 deg
    "28"  # 10 m/s
    "fc"  # -2 m/s
    "c0a01421"  # 55.5 deg
    "c00e1602"  # 3.5 deg
    "0000"  # pressure altitude unknown
    "2a08"  # 45 m
    "f807"  # 20 m
    "4a"  # vertical 4: 10 m, horizontal 10: 10 m
    "03"  # speed 3: 1 m/s
    "0807"  # 180 s
    "00"
    "00"
)
REPORT = RemoteIdReport(
    time_ns=TIME_NS,
    transmitter="02:00:00:00:00:0A",
    transport="wifi-nan",
    level_dbm=-60,
    channel=6,
    counter=7,
    serial_number="ZZZZC0000001",
    aircraft_type=2,
    operational_status=2,
    position=Position(latitude_deg=55.5, longitude_deg=3.5, altitude_hae_m=45.0),
    height_m=20.0,
    height_reference="takeoff",
    course_deg=270.0,
    ground_speed_m_s=10.0,
    climb_m_s=-2.0,
    horizontal_accuracy_m=10,
    vertical_accuracy_m=10,
    speed_accuracy_m_s=1,
    hour_s=180.0,
)
PACK = bytes.fromhex("f2 19 02") + BASIC_ID + LOCATION

# The layout of the service discovery frame, byte by byte (F3411-22a, 5.4.9).
NAN_FRAME = (
    bytes.fromhex("d0 00 00 00 51 6f 9a 01 00 00 02 00 00 00 00 0a 50 6f 9a 01 00 ff 00 00")
    + bytes.fromhex("04 09 50 6f 9a 13")
    + bytes.fromhex("03 40 00 88 69 19 9d 92 09 01 00 10 36 07")
    + PACK
    + bytes.fromhex("0e 04 00 01 00 02 07")
)


def read(*packets: bytes) -> tuple[list[RemoteIdReport], dict[str, int]]:
    decoder = DRIVER.decoder()
    found: list[Reading] = [one for packet in packets for one in decoder.feed(packet, TIME_NS)]
    reports = [one for one in found if isinstance(one, RemoteIdReport)]
    assert len(reports) == len(found)
    return reports, dict(decoder.refused)


def capture(recordings: Path, name: str) -> tuple[list[RemoteIdReport], Counter[str]]:
    decoder = DRIVER.decoder()
    found = list(Recording(recordings / "remote_id" / name, "packets").readings(decoder, 0))
    return [one for one in found if isinstance(one, RemoteIdReport)], decoder.refused


def test_wifi_beacons(recordings: Path) -> None:
    """Truth: 21 packs of five messages; vertical speed unknown."""
    reports, refused = capture(recordings, "odid_wifi_bcn_sample.pcap")
    assert (len(reports), refused) == (21, {})
    for report in reports:
        operator = report.operator_position
        assert operator is not None and report.position is not None
        assert (operator.latitude_deg, operator.longitude_deg) == (45.5443876, -122.9726866)
        assert report.operator_id == "GBR-OP-123ABCD"
        assert report.ground_speed_m_s == 20.5
        assert report.position.altitude_hae_m == 237.0
        assert report.climb_m_s is None
        assert report.transport == "wifi-beacon" and report.channel == 6
    assert len({report.transmitter for report in reports}) == 1


def test_bluetooth_coded(recordings: Path) -> None:
    """Truth: 244 good, 30 with a bad CRC; one device, no position at all."""
    reports, refused = capture(recordings, "odid_bt5_lr_sample.pcapng")
    assert (len(reports), refused) == (244, {"wrong CRC": 30})
    assert {r.serial_number for r in reports} - {None} == {"SSEVTFG93700070"}
    assert {r.operator_id for r in reports} - {None} == {"FIN87astrdge12kxyz8"}
    assert all(r.position is None and r.operator_position is None for r in reports)
    assert {r.transport for r in reports} == {"ble-long-range"}
    assert len({r.transmitter for r in reports}) == 1


def test_a_linux_transmitter(recordings: Path) -> None:
    """Truth: two Basic IDs, the serial kept beside the session id; longitude near 0."""
    reports, refused = capture(recordings, "wireless_RID_test_linux_transmitter.pcapng")
    assert (len(reports), refused) == (21, {})
    for report in reports:
        assert report.serial_number and report.session_id
        assert report.position == Position(
            latitude_deg=51.4791, longitude_deg=-0.0013, altitude_hae_m=110.0
        )
        assert report.operator_position is not None
        assert report.operator_position.latitude_deg == 0.001
        assert report.operator_position.longitude_deg == -0.001
        assert report.course_deg is None
        assert report.authentication_type == 1


def test_a_nan_frame_written_out_by_hand() -> None:
    expected = replace(REPORT, level_dbm=None, channel=None)
    assert read(wrap(IEEE802_11, NAN_FRAME)) == ([expected], {})


def test_nan_as_it_is_sent_is_that_frame() -> None:
    (packet,) = encode(REPORT)
    link_type, frame = unwrap(packet) or (0, b"")
    assert link_type == RADIOTAP
    assert frame[15:-4] == NAN_FRAME
    assert read(packet) == ([REPORT], {})


def test_nan_with_filters_before_its_service_info() -> None:
    at = NAN_FRAME.index(bytes.fromhex("10 36 07"))
    filters = bytes.fromhex("ff ff 02 aa bb 03 01 02 03")  # bitmap, matching, response filter
    changed = NAN_FRAME[:at] + b"\x5c" + filters + NAN_FRAME[at + 1 :]
    length = 0x40 + len(filters)
    changed = changed.replace(b"\x03\x40\x00", bytes([3, length, 0]))
    assert len(read(wrap(IEEE802_11, changed))[0]) == 1


def test_a_legacy_advertisement_written_out_by_hand() -> None:
    pdu = bytes.fromhex("02 25 0a 00 00 00 00 02 1e 16 fa ff 0d 07") + LOCATION
    air = bytes.fromhex("d6 be 89 8e") + pdu
    sniffer = bytes.fromhex("03 3c 00 03 00 00 02 0a 01 25 3c 00 00 00 00 00 00")
    # The CRC by the shift register of Bluetooth Core 5.4, volume 6, part B, figure 3.5.
    register = 0x555555
    for bit in (byte >> n & 1 for byte in pdu for n in range(8)):
        feedback = bit ^ register >> 23
        register = register << 1 & 0xFFFFFF
        register ^= 0x65B if feedback else 0
    on_air = [register >> (23 - n) & 1 for n in range(24)]
    crc = bytes(sum(on_air[8 * k + n] << n for n in range(8)) for k in range(3))
    assert crc24(pdu) == crc
    frame = sniffer[:1] + (len(air) + 13).to_bytes(2, "little") + sniffer[3:] + air + crc
    expected = replace(
        REPORT, transport="ble-legacy", channel=37, serial_number=None, aircraft_type=None
    )
    assert read(wrap(NORDIC_BLE, frame)) == ([expected], {})


def spoiled(packet: bytes, at: int) -> bytes:
    return packet[:at] + bytes([packet[at] ^ 1]) + packet[at + 1 :]


@dataclass
class Refused:
    packet: bytes
    reason: str


def _beacon(data: bytes) -> bytes:
    return wrap(RADIOTAP, wifi.packet(Heard("wifi-beacon", "02:00:00:00:00:0A", 1, data)))


def _coded(data: bytes, link_type: int = NORDIC_BLE) -> bytes:
    heard = Heard("ble-long-range", "02:00:00:00:00:0A", 1, data)
    return wrap(link_type, ble.packet(heard, link_type=link_type))


GOOD, GOOD_BLE = _beacon(PACK), _coded(PACK)


@pytest.mark.parametrize(
    "bad",
    [
        Refused(b"\0", "packet of an unknown link type"),
        Refused(wrap(1, bytes(60)), "packet of an unknown link type"),
        Refused(spoiled(GOOD, 60), "wrong FCS"),
        Refused(GOOD[:-1], "wrong FCS"),
        Refused(spoiled(GOOD_BLE, 60), "wrong CRC"),
        Refused(spoiled(GOOD_BLE, len(GOOD_BLE) - 1), "wrong CRC"),
        Refused(GOOD_BLE[:-1], "sniffer header of a wrong length"),
        Refused(_coded(PACK, 256)[:-1], "Bluetooth packet of a wrong length"),
        Refused(GOOD_BLE[:5] + b"\1" + GOOD_BLE[6:], "sniffer header of an unknown version"),
        Refused(wrap(RADIOTAP, b"\1" + bytes(60)), "radiotap header of an unknown version"),
        Refused(wrap(RADIOTAP, b"\0\0\xff\0" + bytes(60)), "radiotap header of a wrong length"),
        Refused(wrap(IEEE802_11, NAN_FRAME[:20]), "802.11 frame of a wrong length"),
        Refused(wrap(IEEE802_11, NAN_FRAME[:60]), "NAN attribute of a wrong length"),
        Refused(_beacon(PACK[:-1]), "Remote ID pack of a wrong length"),
        Refused(_beacon(PACK + b"\0"), "Remote ID pack of a wrong length"),
        Refused(_coded(b"\xf2\x19\x0a" + BASIC_ID * 9), "Remote ID pack of a wrong length"),
        Refused(_beacon(b"\xf2\x18" + PACK[2:]), "Remote ID pack of a wrong length"),
        Refused(_beacon(b"\xf3" + PACK[1:]), "Remote ID of an unknown version"),
        Refused(_beacon(PACK[:28] + b"\x1f" + PACK[29:]), "Remote ID of an unknown version"),
        Refused(_beacon(PACK[:28] + b"\x62" + PACK[29:]), "Remote ID message of an unknown type"),
        Refused(_beacon(PACK[:28] + b"\xf2" + PACK[29:]), "Remote ID message of an unknown type"),
        Refused(_coded(LOCATION[:-1]), "Remote ID of a wrong length"),
        Refused(_coded(LOCATION + b"\0"), "Remote ID of a wrong length"),
    ],
)
def test_what_is_refused(bad: Refused) -> None:
    assert read(bad.packet, GOOD)[1] == {bad.reason: 1}
    assert len(read(bad.packet, GOOD)[0]) == 1


@pytest.mark.parametrize(
    "frame",
    [
        wrap(IEEE802_11, b"\x08" + NAN_FRAME[1:]),  # data
        wrap(IEEE802_11, NAN_FRAME[:24] + bytes(60)),  # another action
        _beacon(PACK).replace(b"\xfa\x0b\xbc", b"\xfa\x0b\xbd")[:-4],
    ],
)
def test_frames_of_something_else_are_passed_over_or_fail_their_check(frame: bytes) -> None:
    assert read(frame)[0] == []


def _text(room: int) -> st.SearchStrategy[str | None]:
    letters = st.characters(min_codepoint=33, max_codepoint=126)
    return st.none() | st.text(letters, min_size=1, max_size=room)


def _altitude() -> st.SearchStrategy[float | None]:
    return st.none() | st.integers(1, 65535).map(lambda raw: raw * 0.5 - 1000)


def _degrees(limit: int) -> st.SearchStrategy[float]:
    return st.integers(-limit * 10**7, limit * 10**7).map(lambda raw: raw / 1e7)


positions = st.none() | st.builds(
    Position,
    latitude_deg=_degrees(90).filter(bool),
    longitude_deg=_degrees(180),
    altitude_hae_m=_altitude(),
)


@st.composite
def reports(draw: st.DrawFn) -> RemoteIdReport:
    height, operator = draw(_altitude()), draw(positions)
    slow = st.integers(0, 255).map(lambda raw: raw * 0.25)
    fast = st.integers(1, 254).map(lambda raw: raw * 0.75 + 63.75)
    return RemoteIdReport(
        time_ns=TIME_NS,
        transmitter=":".join(f"{octet:02X}" for octet in draw(st.binary(min_size=6, max_size=6))),
        transport=draw(st.sampled_from(["wifi-beacon", "wifi-nan", "ble-long-range"])),
        level_dbm=draw(st.integers(-100, -1)),
        channel=draw(st.integers(1, 13)),
        counter=draw(st.integers(0, 255)),
        serial_number=draw(_text(20)),
        registration_id=draw(_text(20)),
        session_id=draw(_text(20)),
        operational_status=draw(st.none() | st.integers(1, 4)),
        position=draw(positions),
        pressure_altitude_m=draw(_altitude()),
        height_m=height,
        height_reference=None if height is None else draw(st.sampled_from(["takeoff", "ground"])),
        course_deg=draw(st.none() | st.integers(0, 359).map(float)),
        ground_speed_m_s=draw(st.none() | slow | fast),
        climb_m_s=draw(st.none() | st.integers(-124, 124).map(lambda raw: raw / 2)),
        horizontal_accuracy_m=draw(st.sampled_from(HORIZONTAL_M)),
        vertical_accuracy_m=draw(st.sampled_from(VERTICAL_M)),
        speed_accuracy_m_s=draw(st.sampled_from(SPEED_M_S)),
        operator_position=operator,
        operator_position_kind=draw(st.sampled_from(["takeoff", "live", "fixed"]))
        if operator
        else None,
        operator_id=draw(_text(20)),
        self_description=draw(_text(23)),
        hour_s=draw(st.none() | st.integers(0, 36_000).map(lambda raw: raw / 10)),
        authentication_type=draw(st.none() | st.integers(0, 15)),
    )


@given(report=reports())
def test_what_is_sent_is_read(report: RemoteIdReport) -> None:
    assert read(*encode(report)) == ([report], {})


def test_over_legacy_bluetooth_each_message_has_its_advertisement() -> None:
    packets = encode(replace(REPORT, transport="ble-legacy", channel=37))
    (name, place), refused = read(*packets)
    assert not refused
    assert (name.serial_number, name.position) == ("ZZZZC0000001", None)
    assert (place.serial_number, place.position) == (None, REPORT.position)
    assert [name.counter, place.counter] == [7, 8]


@given(data=st.binary(max_size=120), of=st.sampled_from([GOOD, GOOD_BLE]), at=st.integers(0, 160))
def test_no_bytes_raise(data: bytes, of: bytes, at: int) -> None:
    read(wrap(RADIOTAP, data), wrap(NORDIC_BLE, data), wrap(IEEE802_11, data), of[:at] + data)


CHECKS: dict[RemoteIdTransport, tuple[str, dict[str, str]]] = {
    "wifi-beacon": (
        "wlan",
        {"wlan.fcs.status": "1", "wlan.fc.type_subtype": "0x0008", "wlan.tag.oui": "16387004"},
    ),
    "wifi-nan": (
        "wlan",
        {"wlan.fcs.status": "1", "nan.service_id": "88:69:19:9d:92:09"},
    ),
    "ble-legacy": ("btle", {"btle.crc.incorrect": "", "btcommon.eir_ad.entry.uuid_16": "0xfffa"}),
    "ble-long-range": (
        "btle",
        {"btle.crc.incorrect": "", "btcommon.eir_ad.entry.uuid_16": "0xfffa"},
    ),
}


@pytest.mark.parametrize("transport", CHECKS)
def test_wireshark_accepts_what_is_sent(transport: RemoteIdTransport, tmp_path: Path) -> None:
    tshark = shutil.which("tshark")
    assert tshark, "no tshark on this machine: install it to run this test"
    packets = [unwrap(one) or (0, b"") for one in encode(replace(REPORT, transport=transport))]
    file = tmp_path / "flight.pcap"
    file.write_bytes(
        header(packets[0][0]) + b"".join(record(TIME_NS, frame) for _, frame in packets)
    )
    protocol, expected = CHECKS[transport]
    told = subprocess.run(
        [tshark, "-o", "wlan.check_checksum:TRUE", "-r", file, "-T", "json"],
        capture_output=True,
        check=True,
    )
    rows = json.loads(told.stdout)
    assert len(rows) == len(packets)
    text = told.stdout.decode()
    assert "_ws.malformed" not in text and protocol in text
    for name, value in expected.items():
        assert (f'"{name}": "{value}"' in text) if value else (name not in text), name
