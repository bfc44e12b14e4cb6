"""Against packets written out by hand from the packet's description."""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from havik.drivers.driver import Decoder
from havik.drivers.radar.ti_mmwave import DRIVER, LONGEST_BYTES, encode
from havik.drivers.readings import (
    RadarFrame,
    RadarPoint,
    RadarStatistics,
    RadarTemperature,
    Reading,
)

HEADER = """
    02 01 04 03 06 05 08 07     # magic
    00 00 06 03                 # version 3.6
    c0 00 00 00                 # packet length 192
    43 68 0a 00                 # platform
    07 00 00 00                 # frame number 7
    00 00 00 00                 # processor cycles
    02 00 00 00                 # points
    04 00 00 00                 # parts
    00 00 00 00                 # subframe
"""
POINTS = """
    01 00 00 00  20 00 00 00    # part 1, 32 bytes
    00 00 c0 3f  00 00 00 40    # x 1.5 m, y 2 m
    00 00 00 bf  00 00 40 c0    # z -0.5 m, -3 m/s: coming nearer
    00 00 80 3e  00 00 20 41    # x 0.25 m, y 10 m
    00 00 00 00  00 00 80 3f    # z 0 m, 1 m/s
"""
SIDE_INFO = """
    07 00 00 00  08 00 00 00    # part 7, 8 bytes
    98 00  8e 03                # SNR 15.2 dB, noise 91.0 dB
    f6 ff  00 00                # SNR -1.0 dB, noise 0 dB
"""
STATISTICS = """
    06 00 00 00  18 00 00 00    # part 6, 24 bytes
    28 23 00 00  bc 02 00 00    # 9000 us, 700 us
    90 5f 01 00  18 00 00 00    # 90000 us, 24 us
    1f 00 00 00  05 00 00 00    # 31 %, 5 %
"""
TEMPERATURE = """
    09 00 00 00  1c 00 00 00    # part 9, 28 bytes
    00 00 00 00  fc b4 01 00    # good, 111868 ms
    37 00 38 00 39 00 3a 00 fb ff
    00 00 01 00 02 00 03 00 04 00
"""
RANGE_PROFILE = """
    02 00 00 00  05 00 00 00    # part 2, 5 bytes
    44 12 18 13 61
"""
WHOLE = RadarFrame(
    time_ns=0,
    frame_number=7,
    points=(
        RadarPoint(x_m=1.5, y_m=2.0, z_m=-0.5, range_rate_m_s=-3.0, snr_db=15.2, noise_db=91.0),
        RadarPoint(x_m=0.25, y_m=10.0, z_m=0.0, range_rate_m_s=1.0, snr_db=-1.0, noise_db=0.0),
    ),
    statistics=RadarStatistics(
        processing_us=9000,
        transmit_us=700,
        frame_margin_us=90000,
        chirp_margin_us=24,
        active_load_percent=31,
        idle_load_percent=5,
    ),
    temperature=RadarTemperature(uptime_ms=111868, sensors_c=(55, 56, 57, 58, -5, 0, 1, 2, 3, 4)),
)
BARE = tuple(replace(point, snr_db=None, noise_db=None) for point in WHOLE.points)


def octets(text: str) -> bytes:
    """The bytes of an annotated dump."""
    return bytes.fromhex("".join(line.split("#")[0] for line in text.splitlines()))


def packet(*parts: str | bytes, fill: bytes = bytes(32), **header: int) -> bytes:
    """A packet of parts, its length and number of parts right unless told otherwise."""
    body = b"".join(octets(part) if isinstance(part, str) else part for part in parts)
    length = 40 + len(body) + -(40 + len(body)) % 32
    values = {"version": 0x0306_0000, "length": length, "points": 2, "parts": len(parts)} | header
    head = bytearray(octets(HEADER))
    for name, at in (("version", 8), ("length", 12), ("points", 28), ("parts", 32)):
        head[at : at + 4] = values[name].to_bytes(4, "little")
    return bytes(head) + body + fill[: length - 40 - len(body)]


def part(number: int, payload: bytes) -> bytes:
    return struct.pack("<II", number, len(payload)) + payload


def read(
    chunks: Iterable[bytes], decoder: Decoder | None = None
) -> tuple[list[Reading], dict[str, int]]:
    decoder = decoder or DRIVER.decoder()
    found = [frame for chunk in chunks for frame in decoder.feed(chunk, 0)]
    found += decoder.close()
    return found, dict(decoder.refused)


WRITTEN_OUT: dict[str, tuple[list[str], RadarFrame]] = {
    "everything": ([HEADER, POINTS, SIDE_INFO, STATISTICS, TEMPERATURE], WHOLE),
    "points alone": (
        [HEADER.replace("c0 00", "60 00").replace("04 00 00 00", "01 00 00 00"), POINTS],
        RadarFrame(time_ns=0, frame_number=7, points=BARE),
    ),
}


@pytest.mark.parametrize(("dump", "frame"), WRITTEN_OUT.values(), ids=WRITTEN_OUT)
def test_the_packet_is_read_both_ways(dump: list[str], frame: RadarFrame) -> None:
    wire = b"".join(map(octets, dump))
    wire += bytes(-len(wire) % 32)
    assert read([wire]) == ([frame], {})
    assert encode(frame) == wire


TABLE: dict[str, tuple[bytes, RadarFrame]] = {
    "no points": (packet(STATISTICS), replace(WHOLE, points=(), temperature=None)),
    "an empty part of points": (
        packet(part(1, b""), STATISTICS),
        replace(WHOLE, points=(), temperature=None),
    ),
    "nothing at all": (packet(), RadarFrame(time_ns=0, frame_number=7)),
    "unknown parts anywhere": (
        packet(
            RANGE_PROFILE,
            POINTS,
            part(1020, bytes(999)),
            SIDE_INFO,
            STATISTICS,
            TEMPERATURE,
            part(0xFFFF_FFFF, b""),
        ),
        WHOLE,
    ),
    "another order": (packet(TEMPERATURE, SIDE_INFO, STATISTICS, POINTS), WHOLE),
    "any fill": (
        packet(POINTS, SIDE_INFO, STATISTICS, TEMPERATURE, fill=b"\xff\x02\x01" * 20),
        WHOLE,
    ),
    "a false count of points": (
        packet(POINTS, SIDE_INFO, STATISTICS, TEMPERATURE, points=10),
        WHOLE,
    ),
    "magic in an unknown part": (
        packet(POINTS, SIDE_INFO, part(2, octets(HEADER)[:8] * 3), STATISTICS, TEMPERATURE),
        WHOLE,
    ),
    "another SDK 3": (
        packet(STATISTICS, version=0x0301_0003),
        replace(WHOLE, points=(), temperature=None),
    ),
    "temperature called bad": (
        packet(POINTS, SIDE_INFO, STATISTICS, part(9, b"\1" + octets(TEMPERATURE)[9:])),
        replace(WHOLE, temperature=None),
    ),
    "temperature beyond silicon": (
        packet(POINTS, SIDE_INFO, STATISTICS, part(9, octets(TEMPERATURE)[8:-2] + b"\xff\x7f")),
        replace(WHOLE, temperature=None),
    ),
}


@pytest.mark.parametrize(("wire", "frame"), TABLE.values(), ids=TABLE)
def test_the_packet_is_read(wire: bytes, frame: RadarFrame) -> None:
    found, refused = read([wire])
    assert found == [frame]
    assert set(refused) <= {"impossible packet length", "not SDK 3"}  # magic in an unknown part


LONGER = "parts longer than their packet"
SHORTER = "parts shorter than their packet"
NO_MATCH = "points and side info of lengths that do not match"
NO_LENGTH = "impossible packet length"
REFUSED: dict[str, tuple[bytes, str]] = {
    "SDK 2": (packet(POINTS, version=0x0200_0004), "not SDK 3"),
    "no length": (packet(POINTS, length=0), NO_LENGTH),
    "length not of 32": (packet(POINTS, length=97), NO_LENGTH),
    "length beyond all": (packet(POINTS, length=0xFFFF_FFE0), NO_LENGTH),
    "length a step too long": (packet(POINTS, length=128), SHORTER),
    "length a step too short": (packet(POINTS, length=64), LONGER),
    "a million parts": (packet(POINTS, parts=1_000_000), "too many parts"),
    "a part too many": (packet(POINTS, parts=2, fill=b"\xff" * 32), LONGER),
    "a part too few": (packet(POINTS, part(2, bytes(64)), parts=1), SHORTER),
    "an endless part": (packet(POINTS, SIDE_INFO, b"\2\0\0\0\xff\xff\xff\xff"), LONGER),
    "points twice": (packet(POINTS, POINTS), "the same part twice"),
    "half a point": (packet(part(1, bytes(24))), NO_MATCH),
    "side info of one": (packet(POINTS, part(7, bytes(4))), NO_MATCH),
    "side info of none": (packet(SIDE_INFO), NO_MATCH),
    "not a number": (packet(part(1, struct.pack("<4f", 1, math.nan, 1, 1))), "not a number"),
    "infinitely far": (packet(part(1, struct.pack("<4f", 1, 1, 1, math.inf))), "not a number"),
    "statistics too long": (packet(part(6, bytes(28))), "statistics of another length"),
    "temperature too short": (packet(part(9, bytes(24))), "temperature report of another length"),
}


@pytest.mark.parametrize(("wire", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_bad_packet_costs_itself_alone_and_is_counted(wire: bytes, reason: str) -> None:
    good = packet(POINTS, SIDE_INFO, STATISTICS, TEMPERATURE)
    found, refused = read([good + wire + good])
    assert [found[0], found[-1]] == [WHOLE, WHOLE]
    assert refused[reason] == 1
    assert sum(refused.values()) == 1


def three(number: int = 100) -> list[bytes]:
    """Packets of different sizes, numbered from `number`."""
    points = [WHOLE.points * n for n in (1, 0, 12)]
    return [encode(replace(WHOLE, frame_number=number + i, points=p)) for i, p in enumerate(points)]


def split(stream: bytes, rng: random.Random) -> list[bytes]:
    cuts = sorted(rng.randrange(len(stream)) for _ in range(20))
    return [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]


def junk(rng: random.Random) -> bytes:
    return b"\x02\x01\x04" + rng.randbytes(rng.randrange(1, 200))


Wire = Callable[[list[bytes], random.Random], Iterable[bytes]]
WIRES: dict[str, Wire] = {
    "whole": lambda packets, _: [b"".join(packets)],
    "packet by packet": lambda packets, _: packets,
    "byte by byte": lambda packets, _: (bytes((byte,)) for byte in b"".join(packets)),
    "any split": lambda packets, rng: split(b"".join(packets), rng),
    "junk before": lambda packets, rng: [junk(rng), *packets],
    "junk between": lambda packets, rng: split(b"".join(p + junk(rng) for p in packets), rng),
    "junk with magic between": lambda packets, rng: split(
        b"".join(p + packets[0][: rng.randrange(8, 32)] + junk(rng) for p in packets), rng
    ),
    "from the middle of a packet": lambda packets, rng: [
        packets[2][rng.randrange(8, 99) :],
        *packets,
    ],
    "cut off at the end": lambda packets, rng: [*packets, packets[2][: rng.randrange(8, 99)]],
    "cut off and gone on": lambda packets, rng: [
        *(piece for p in packets for piece in (packets[2][: rng.randrange(8, 99)], p)),
    ],
    "a part of the fill missing": lambda packets, _: [packets[0][:-4], packets[1], packets[2]],
}


@pytest.mark.parametrize("wire", WIRES.values(), ids=WIRES)
@pytest.mark.parametrize("seed", range(5))
def test_every_packet_comes_back_over_every_wire(wire: Wire, seed: int) -> None:
    packets = three()
    found, _ = read(wire(packets, random.Random(seed)))
    assert [frame for frame in found if isinstance(frame, RadarFrame)] == [
        replace(WHOLE, frame_number=100 + i, points=WHOLE.points * n)
        for i, n in enumerate((1, 0, 12))
    ]


def test_each_loss_is_counted_by_its_reason() -> None:
    good = packet(POINTS, SIDE_INFO, STATISTICS, TEMPERATURE)
    late = packet(POINTS, version=0x0200_0004)
    found, refused = read([b"junk" + good + b"more" + late + good + late + good[:50]])
    assert len(found) == 2
    assert refused == {"junk between frames": 2, "not SDK 3": 2, "cut off at the end": 1}


def test_a_packet_that_lost_a_byte_spares_the_next() -> None:
    rng = random.Random(433)
    for _ in range(200):
        first, second, third = three()
        lost = rng.randrange(len(first))
        found, refused = read([first[:lost] + first[lost + 1 :] + second + third])
        numbers = [frame.frame_number for frame in found if isinstance(frame, RadarFrame)]
        assert numbers[-2:] == [101, 102]
        assert len(numbers) == 3 or refused.keys() - {"cut off at the end"}


def test_a_false_length_holds_no_more_back_than_one_packet_may_have() -> None:
    decoder = DRIVER.decoder()
    waiting = packet(part(2, b""), length=LONGEST_BYTES)[:44] + struct.pack(
        "<I", LONGEST_BYTES - 48
    )
    list(decoder.feed(waiting, 0))
    numbers: list[int] = []
    most = 0
    for number in range(400):
        wire = encode(RadarFrame(time_ns=0, frame_number=number, points=BARE * 5))
        numbers += [f.frame_number for f in decoder.feed(wire, 0) if isinstance(f, RadarFrame)]
        most = max(most, getattr(decoder, "buffered", 0))
    assert 0 < most <= LONGEST_BYTES
    numbers += [f.frame_number for f in decoder.close() if isinstance(f, RadarFrame)]
    assert numbers == list(range(400))
    assert decoder.refused == {"cut off by the next packet": 1}


def test_packets_within_packets_are_no_way_to_keep_it_busy() -> None:
    """Each would hold 4,000 points of the same bytes."""
    head = packet(part(1, b""), length=LONGEST_BYTES)[:44] + struct.pack("<I", LONGEST_BYTES - 48)
    found, refused = read([head * 3000])
    points = sum(len(frame.points) for frame in found if isinstance(frame, RadarFrame))
    assert points * 16 <= 16 * 3000 * len(head)
    assert refused["cut off by the next packet"] > 1000


def test_a_frame_has_the_time_of_the_bytes_that_complete_it() -> None:
    decoder = DRIVER.decoder()
    wire = encode(WHOLE)
    assert list(decoder.feed(wire[:100], 1)) == []
    assert [frame.time_ns for frame in decoder.feed(wire[100:] + wire, 2)] == [2, 2]


single = st.floats(width=32, allow_nan=False, allow_infinity=False)
tenths = st.integers(-(2**15), 2**15 - 1).map(lambda count: count / 10)
count = st.integers(0, 2**32 - 1)
bare_points = st.builds(RadarPoint, x_m=single, y_m=single, z_m=single, range_rate_m_s=single)
whole_points = st.builds(
    RadarPoint, x_m=single, y_m=single, z_m=single, range_rate_m_s=single,
    snr_db=tenths, noise_db=tenths,
)  # fmt: skip
frames = st.builds(
    RadarFrame,
    time_ns=st.just(0),
    frame_number=count,
    points=(st.lists(bare_points, max_size=4) | st.lists(whole_points, max_size=4)).map(tuple),
    statistics=st.none()
    | st.builds(
        RadarStatistics,
        **dict.fromkeys(RadarStatistics.__struct_fields__, count),
    ),
    temperature=st.none()
    | st.builds(
        RadarTemperature,
        uptime_ms=count,
        sensors_c=st.tuples(*[st.integers(-60, 175)] * 10),
    ),
)


@given(st.lists(frames, max_size=4), st.randoms(use_true_random=False))
def test_what_is_written_is_read(written: list[RadarFrame], rng: random.Random) -> None:
    stream = b"".join(map(encode, written))
    assert len(stream) % 32 == 0
    pieces = split(stream, rng) if stream else []
    assert read(pieces) == (written, {})


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (replace(WHOLE, points=(WHOLE.points[0], BARE[1])), "for all points or for none"),
        (replace(WHOLE, points=(replace(BARE[0], snr_db=1.0),)), "for all points or for none"),
        (replace(WHOLE, points=BARE * 3000), "do not fit one packet"),
        (replace(WHOLE, frame_number=2**32), "does not fit its wire"),
        (replace(WHOLE, points=(replace(BARE[0], x_m=1e39),)), "does not fit its wire"),
    ],
)
def test_what_no_packet_can_hold_is_not_written(frame: RadarFrame, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        encode(frame)
