"""Against real records; the expected values are `asterix_decoder`'s readings of the same bytes."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from havik.drivers.radar.asterix import DAY_NS, DRIVER, Decoder, dated, encode
from havik.drivers.readings import AirReport
from havik.drivers.transport.recording import Recording

FOOT_M, MILE_M = 0.3048, 1852.0
PLOT = AirReport(time_ns=0, category=48, time_of_day_s=0.0, range_m=0.0, azimuth_deg=0.0)


def read(data: bytes, time_ns: int = 0) -> tuple[list[AirReport], Decoder]:
    decoder = Decoder()
    return [*decoder.feed(data, time_ns), *decoder.close()], decoder


CAPTURES = {
    "cat034.raw": {34: 1},
    "cat048.raw": {48: 1},
    "cat062cat065.raw": {62: 2, 65: 1},
    "cat_034_048.pcap": {34: 34, 48: 128},
}


@pytest.mark.parametrize(("file", "counts"), CAPTURES.items())
def test_every_record_of_a_real_capture_comes_back(
    recordings: Path, file: str, counts: dict[int, int]
) -> None:
    recording = Recording(recordings / "radar" / file, "udp")
    decoder = Decoder()
    sent = b""
    found: dict[int, int] = {}
    for piece in recording.pieces():
        reports = list(decoder.feed(piece.data, piece.time_ns or 0))
        for report in reports:
            found[report.category] = found.get(report.category, 0) + 1
        assert sum(len(encode(r)) - 3 for r in reports) == len(piece.data) - 3 * _blocks(piece.data)
        sent += b"".join(encode(r)[3:] for r in reports)
    assert found == counts
    assert not decoder.refused + recording.refused
    bodies = b"".join(_bodies(piece.data) for piece in recording.pieces())
    assert sent == bodies


def _bodies(data: bytes) -> bytes:
    body = b""
    while data:
        length = int.from_bytes(data[1:3], "big")
        body += data[3:length]
        data = data[length:]
    return body


def _blocks(data: bytes) -> int:
    return (len(data) - len(_bodies(data))) // 3


VALUES: dict[str, list[dict[str, float | str]]] = {
    "cat034.raw": [
        {"area_code": 25, "source_code": 14, "message_type": 2, "time_of_day_s": 29906.3359375,
         "azimuth_deg": 90.0},
    ],
    "cat048.raw": [
        {"area_code": 25, "source_code": 201, "time_of_day_s": 27354.6015625,
         "range_m": 197.68359375 * MILE_M, "azimuth_deg": 340.13671875, "mode_3a": "1000",
         "pressure_altitude_m": 33_000 * FOOT_M, "track_number": 3563,
         "ground_speed_m_s": 434.3994140625 * MILE_M / 3600, "course_deg": 124.002685546875},
    ],
    "cat062cat065.raw": [
        {"time_of_day_s": 30911.6640625, "latitude_deg": 44.73441302776337,
         "longitude_deg": 13.0415278673172, "x_m": -239083.0, "y_m": -106114.0,
         "velocity_x_m_s": -51.25, "velocity_y_m_s": 170.0, "mode_3a": "4276",
         "track_number": 4980, "pressure_altitude_m": 15_700 * FOOT_M,
         "geometric_altitude_m": 43_300 * FOOT_M, "climb_m_s": -443.75 * FOOT_M / 60},
        {"time_of_day_s": 30911.828125, "latitude_deg": 45.40080785751343, "x_m": -72564.5,
         "velocity_y_m_s": -170.75, "track_number": 7977, "climb_m_s": 0.0},
        {"message_type": 2, "time_of_day_s": 30913.0546875, "source_code": 100},
    ],
}  # fmt: skip


@pytest.mark.parametrize(("file", "rows"), VALUES.items())
def test_real_values(recordings: Path, file: str, rows: list[dict[str, float | str]]) -> None:
    found, _ = read((recordings / "radar" / file).read_bytes())
    for report, row in zip(found, rows, strict=True):
        for name, value in row.items():
            told = getattr(report, name)
            assert told == (value if isinstance(value, str) else pytest.approx(value, rel=1e-9))


def test_a_plot_written_out_by_hand() -> None:
    # category 48, 11 octets, items 140 and 040: one second, one mile, a quarter turn
    wire = bytes.fromhex("30000b50 000080 01004000")
    found, decoder = read(wire)
    assert not decoder.refused
    assert found == [
        replace(PLOT, time_ns=10**9, time_of_day_s=1.0, range_m=MILE_M, azimuth_deg=90)
    ]
    assert encode(*found) == wire


REFUSED = {
    "no length": (b"\x30\0\3", "impossible length"),
    "a length alone": (b"\x30\0", "cut off"),
    "a block cut off": (encode(PLOT)[:-1], "cut off"),
    "another category": (b"\1\0\5\0\0", "unknown category"),
    "no items": (b"\x30\0\4\0", "record without items"),
    "item beyond the profile": (b"\x22\0\6\1\1\x80", "item that the category does not know"),
    "endless specification": (b"\x30\0\x63" + b"\1" * 96, "endless field specification"),
    "endless item": (b"\x30\0\x64\x20" + b"\1" * 96, "endless item"),
    "record longer than its block": (b"\x30\0\5\x80\0", "record cut off"),
    "explicit item of no length": (b"\x41\0\6\1\4\0", "item without length"),
}


@pytest.mark.parametrize(("wire", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_bad_block_is_counted(wire: bytes, reason: str) -> None:
    found, decoder = read(wire)
    assert found == []
    assert decoder.refused == {reason: 1}


def test_a_bad_block_costs_itself_alone() -> None:
    found, decoder = read(encode(PLOT) + b"\x30\0\4\0" + encode(PLOT))
    assert len(found) == 2
    assert decoder.refused.total() == 1


@pytest.mark.parametrize(
    ("time_of_day_s", "received_s", "expected_s"),
    [
        (3600, 86_400 * 9 + 3601, 86_400 * 9 + 3600),
        (86_399, 86_400 * 9 + 1, 86_400 * 9 - 1),  # sent before midnight, received behind it
        (1, 86_400 * 9 - 1, 86_400 * 9 + 1),  # a sender whose clock is ahead
        (80_000, 0, 80_000),  # nobody knows the date
        (86_400, 5, 5),  # no time of day
    ],
)
def test_the_date_is_the_one_nearest_to_reception(
    time_of_day_s: float, received_s: int, expected_s: int
) -> None:
    assert dated(time_of_day_s, received_s * 10**9) == expected_s * 10**9


@pytest.mark.parametrize(
    "wrong",
    [
        {"range_m": -10.0}, {"range_m": 1e9}, {"range_m": float("inf")}, {"mode_3a": "9999"},
        {"callsign": "lower"}, {"items": {"999": "00"}}, {"items": {"070": "00"}}, {"category": 1},
    ],
)  # fmt: skip
def test_what_does_not_fit_is_not_sent(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        encode(replace(PLOT, **wrong))


def random_report(rng: random.Random) -> AirReport:
    of_day = rng.randrange(86_400 * 128)
    common = AirReport(
        time_ns=of_day * 7_812_500,
        category=48,
        area_code=rng.randrange(256),
        source_code=rng.randrange(256),
        time_of_day_s=of_day / 128,
    )
    if rng.random() < 0.5:
        return replace(
            common,
            range_m=rng.randrange(65_536) * (MILE_M / 256),
            azimuth_deg=rng.randrange(65_536) * (360 / 65_536),
            mode_3a=f"{rng.randrange(4096):04o}",
            pressure_altitude_m=rng.randrange(-8192, 8192) * (25 * FOOT_M),
            aircraft_address=f"{rng.randrange(1 << 24):06X}",
            callsign="".join(rng.choices("ABCXYZ0189", k=rng.randrange(9))),
            items={"020": rng.choice(["20", "2102"])},
        )
    return replace(
        common,
        category=62,
        latitude_deg=rng.randrange(-(2**24), 2**24) * (180 / 2**25),
        longitude_deg=rng.randrange(-(2**25), 2**25) * (180 / 2**25),
        velocity_x_m_s=rng.randrange(-32_768, 32_768) * 0.25,
        velocity_y_m_s=0.0,
        climb_m_s=rng.randrange(-32_768, 32_768) * (6.25 * FOOT_M / 60),
    )


def test_10000_random_messages_come_back() -> None:
    rng = random.Random(433)
    sent = [random_report(rng) for _ in range(10_000)]
    found, decoder = read(b"".join(map(encode, sent)))
    assert found == sent
    assert not decoder.refused


@given(st.binary(max_size=80), st.sampled_from([15, 34, 48, 62, 65]))
def test_what_is_read_of_any_bytes_is_written_as_it_was(body: bytes, category: int) -> None:
    wire = bytes([category]) + (len(body) + 3).to_bytes(2, "big") + body
    found, decoder = read(wire, 5 * DAY_NS)
    assert bool(found) != bool(decoder.refused)
    if found:
        assert read(encode(*found), 5 * DAY_NS)[0] == found


def test_a_file_goes_on_where_a_piece_of_it_ends() -> None:
    whole = encode(PLOT) * 10_000
    decoder = DRIVER.decoder()
    pieces = (whole[at : at + 65_536] for at in range(0, len(whole), 65_536))
    found = [report for piece in pieces for report in decoder.feed(piece, 0)]
    assert len(found) == 10_000
    assert not decoder.refused
