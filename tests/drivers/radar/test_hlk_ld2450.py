"""Against the maker's own example, and frames written out by hand."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havik.drivers.errors import DeviceRefused
from havik.drivers.radar.hlk_ld2450 import DRIVER, Decoder, command, encode
from havik.drivers.readings import RadarFrame, RadarPoint

MAKERS = bytes.fromhex("aaff0300 0e03b18610004001") + bytes(16) + bytes.fromhex("55cc")
POINT = RadarPoint(x_m=-0.782, y_m=1.713, z_m=0.0, range_rate_m_s=-0.16)
WHOLE = RadarFrame(time_ns=0, frame_number=0, points=(POINT,))


def read(*pieces: bytes) -> tuple[list[RadarFrame], dict[str, int]]:
    decoder = Decoder()
    found = [frame for piece in pieces for frame in decoder.feed(piece, 0)]
    return [*found, *decoder.close()], dict(decoder.refused)


def test_the_makers_example_is_read_both_ways() -> None:
    assert read(MAKERS) == ([WHOLE], {})
    assert encode(WHOLE) == MAKERS


def test_every_wire_gives_the_frame() -> None:
    rng = random.Random(433)
    assert read(*(bytes([byte]) for byte in MAKERS))[0] == [WHOLE]
    assert read(rng.randbytes(300), MAKERS)[0] == [WHOLE]
    bad = MAKERS[:-1] + b"\0"
    found, refused = read(bad + MAKERS + MAKERS[:20])
    assert [frame.points for frame in found] == [(POINT,)]
    assert refused == {"no end where it must be": 1, "cut off at the end": 1}


wire = st.integers(-32767, 32767)
mm, cm = wire.map(lambda count: count / 1000), wire.map(lambda count: count / 100)
points = st.builds(RadarPoint, x_m=mm, y_m=mm, z_m=st.just(0.0), range_rate_m_s=cm)


@given(st.lists(points, max_size=3).map(tuple))
def test_what_is_written_is_read(written: tuple[RadarPoint, ...]) -> None:
    frame = RadarFrame(time_ns=0, frame_number=0, points=written)
    assert read(encode(frame)) == ([frame], {})


def test_ten_thousand_random_frames_come_back() -> None:
    rng = random.Random(433)
    sent = [
        tuple(
            RadarPoint(
                x_m=rng.randint(-32767, 32767) / 1000,
                y_m=rng.randint(-32767, 32767) / 1000,
                z_m=0.0,
                range_rate_m_s=rng.randint(-32767, 32767) / 100,
            )
            for _ in range(rng.randrange(4))
        )
        for _ in range(10_000)
    ]
    wire = b"".join(encode(RadarFrame(time_ns=0, frame_number=0, points=p)) for p in sent)
    assert [frame.points for frame in read(wire)[0]] == sent


@pytest.mark.parametrize(
    "points", [(POINT,) * 4, (RadarPoint(x_m=33, y_m=0, z_m=0, range_rate_m_s=0),)]
)
def test_what_no_report_can_hold_is_not_written(points: tuple[RadarPoint, ...]) -> None:
    with pytest.raises(ValueError, match=r"at most 3|does not fit"):
        encode(RadarFrame(time_ns=0, frame_number=0, points=points))


def test_it_is_told_how_many_targets_to_follow() -> None:
    assert DRIVER.asked({}) is None
    talk = DRIVER.asked({"targets": "all"})
    assert talk is not None
    assert talk.write(0.0).hex() == "fdfcfbfa0400ff00010004030201"
    talk.take(MAKERS + command(0x01FF, bytes(2) + b"\1\0\x40\0"), 0.1)
    assert talk.write(0.1).hex() == "fdfcfbfa0200900004030201"
    talk.take(command(0x0190, bytes(2)), 0.2)
    assert talk.write(0.2).hex() == "fdfcfbfa0200fe0004030201"
    talk.take(command(0x01FE, bytes(2)), 0.3)
    assert talk.accepted


def test_a_refusal_is_told() -> None:
    talk = DRIVER.asked({"targets": "one"})
    assert talk is not None
    talk.write(0.0)
    with pytest.raises(DeviceRefused, match="hlk-ld2450 answers 'status 1' to enable"):
        talk.take(command(0x01FF, b"\1\0"), 0.1)
