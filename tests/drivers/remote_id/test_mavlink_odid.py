from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from havik.drivers.readings import Position, RemoteIdReport
from havik.drivers.remote_id.mavlink_odid import DRIVER, Decoder, encode
from havik.drivers.remote_id.odid_messages import BasicId, pack

NOW_NS = 1_764_000_000 * 10**9
ADDRESS = "02:00:00:00:00:01"
dialect: Any = import_module("pymavlink.dialects.v20.common")


def sent(*messages: Any) -> bytes:
    link = dialect.MAVLink(None, srcSystem=7, srcComponent=9)
    return b"".join(bytes(message.pack(link)) for message in messages)


def read(data: bytes) -> tuple[list[RemoteIdReport], Decoder]:
    decoder = Decoder()
    return [*decoder.feed(data, NOW_NS), *decoder.close()], decoder


def location(**values: Any) -> Any:
    """A LOCATION as the message set writes it: every value unknown but those given."""
    fields = {
        "status": 2, "direction": 36100, "speed_horizontal": 25500, "speed_vertical": 6300,
        "latitude": 0, "longitude": 0, "altitude_barometric": -1000.0,
        "altitude_geodetic": -1000.0, "height_reference": 0, "height": -1000.0,
        "horizontal_accuracy": 0, "vertical_accuracy": 0, "barometer_accuracy": 0,
        "speed_accuracy": 0, "timestamp": 65535.0, "timestamp_accuracy": 0,
    } | values  # fmt: skip
    return dialect.MAVLink_open_drone_id_location_message(0, 0, bytes(20), **fields)


def test_units_of_the_message_set_become_ours() -> None:
    (report,), _ = read(
        sent(
            location(
                direction=27_000, speed_horizontal=1250, speed_vertical=-150, latitude=514_791_000,
                longitude=-13_000, altitude_geodetic=110.0, height=30.5, height_reference=1,
                horizontal_accuracy=10, timestamp=1234.5,
            )
        )
    )  # fmt: skip
    assert report.position == Position(
        latitude_deg=51.4791, longitude_deg=-0.0013, altitude_hae_m=110.0
    )
    assert (report.course_deg, report.ground_speed_m_s, report.climb_m_s) == (270.0, 12.5, -1.5)
    assert (report.height_m, report.height_reference) == (30.5, "ground")
    assert report.horizontal_accuracy_m == 10.0  # code 10 of F3411
    assert (report.hour_s, report.operational_status) == (1234.5, 2)
    assert report.transmitter == "mavlink:7.9"


def test_unknown_stays_unknown() -> None:
    (report,), _ = read(sent(location()))
    unknown = (report.position, report.course_deg, report.ground_speed_m_s, report.climb_m_s,
               report.height_m, report.pressure_altitude_m, report.hour_s,
               report.horizontal_accuracy_m)  # fmt: skip
    assert unknown == (None,) * 8


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1e9, 1e9])
def test_an_altitude_that_is_none_is_unknown(value: float) -> None:
    (report,), _ = read(sent(location(latitude=1, longitude=1, altitude_geodetic=value)))
    assert report.position is not None
    assert report.position.altitude_hae_m is None


def test_a_pack_holds_the_messages_of_the_standard() -> None:
    body = pack([BasicId(1, 2, b"ZZZZC0000001"), BasicId(4, 2, b"session")])[3:]
    message = dialect.MAVLink_open_drone_id_message_pack_message(
        0, 0, bytes.fromhex("020000000001").ljust(20, b"\0"), 25, 2, list(body.ljust(225, b"\0"))
    )
    (report,), _ = read(sent(message))
    assert (report.serial_number, report.session_id) == ("ZZZZC0000001", "session")
    assert report.transmitter == ADDRESS
    wrong = dialect.MAVLink_open_drone_id_message_pack_message(0, 0, bytes(20), 25, 12, [0] * 225)
    got, decoder = read(sent(wrong))
    assert (got, decoder.refused) == ([], {"pack of another size": 1})


REPORT = RemoteIdReport(
    time_ns=NOW_NS, transmitter=ADDRESS, serial_number="ZZZZC0000001", aircraft_type=2,
    operational_status=2, position=Position(latitude_deg=55.5, longitude_deg=3.5,
    altitude_hae_m=75.5), height_m=30.0, height_reference="takeoff", course_deg=90.0,
    ground_speed_m_s=8.0, climb_m_s=1.5, horizontal_accuracy_m=10.0, vertical_accuracy_m=10.0,
    speed_accuracy_m_s=1.0, operator_position=Position(latitude_deg=55.4, longitude_deg=3.4),
    operator_position_kind="live", operator_id="FIN87astrdge12k8", self_description="survey",
)  # fmt: skip


def joined(reports: list[RemoteIdReport]) -> RemoteIdReport:
    """What several reports of one transmitter claim together."""
    whole = reports[0]
    for report in reports[1:]:
        told = {
            name: getattr(report, name)
            for name in RemoteIdReport.__struct_fields__
            if getattr(report, name) is not None
        }
        whole = replace(whole, **told)
    return whole


def test_what_is_written_is_read() -> None:
    got, decoder = read(encode(REPORT))
    assert joined(got) == REPORT
    assert not decoder.refused


@given(st.lists(st.integers(1, 60), max_size=30))
def test_so_it_is_in_any_pieces(cuts: list[int]) -> None:
    stream, decoder, at = encode(REPORT), Decoder(), 0
    got: list[RemoteIdReport] = []
    for cut in cuts:
        got += decoder.feed(stream[at : at + cut], NOW_NS)
        at += cut
    got += decoder.feed(stream[at:], NOW_NS)
    assert joined(got) == REPORT


def test_a_frame_with_a_wrong_checksum_is_counted_and_the_next_is_read() -> None:
    spoiled = bytearray(encode(REPORT))
    spoiled[15] ^= 0xFF
    got, decoder = read(bytes(spoiled) + encode(REPORT))
    assert decoder.refused["junk or wrong checksum"] > 0
    assert joined(got).operator_id == REPORT.operator_id


def test_other_messages_are_passed_over() -> None:
    heartbeat = dialect.MAVLink_heartbeat_message(2, 3, 0, 0, 0, 3)
    got, decoder = read(sent(heartbeat))
    assert (got, decoder.refused) == ([], {})


def test_without_its_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    assert DRIVER.missing is None

    def nowhere(name: str) -> None:
        assert name == "pymavlink"

    monkeypatch.setattr("havik.drivers.driver.find_spec", nowhere)
    assert DRIVER.missing == "mavlink-odid needs pymavlink: install havik[mavlink]"
