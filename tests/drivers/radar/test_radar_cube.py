"""Against a frame written out by hand from the layout in the driver's data sheet."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from havik.drivers.radar import radar_cube
from havik.drivers.radar.radar_cube import HEADER_BYTES, MAGIC, encode
from havik.drivers.readings import RadarCube

TAIL = "<BBHIqdddddII"
TOLD = (1, 0, 2, 7, 123_456_789, 24e9, 5e11, 1e6, 1e-4, 0.00625, 3, 4)
SAMPLES = bytes(range(96))  # 2 x 4 x 3 pairs of int16
CUBE = RadarCube(
    time_ns=123_456_789,
    frame_number=7,
    start_hz=24e9,
    slope_hz_s=5e11,
    sample_rate_hz=1e6,
    chirp_interval_s=1e-4,
    channels=2,
    chirps=4,
    samples_per_chirp=3,
    channel_spacing_m=0.00625,
    samples=SAMPLES,
)
NAMES = [
    "version",
    "pad",
    "channels",
    "number",
    "time_ns",
    "start",
    "slope",
    "rate",
    "interval",
    "spacing",
    "samples",
    "chirps",
]


def frame(payload: bytes = SAMPLES, crc: int | None = None, **values: float) -> bytes:
    """A frame with the header's values in place of the usual ones, and a CRC that is right."""
    told = dict(zip(NAMES, TOLD, strict=True)) | values
    header = b"\x89HVRC\r\n\x1a" + struct.pack(TAIL, *told.values())
    return header + struct.pack("<I", zlib.crc32(header) if crc is None else crc) + payload


def read(chunks: Iterable[bytes]) -> tuple[list[RadarCube], radar_cube.Decoder]:
    decoder = radar_cube.Decoder()
    found = [cube for chunk in chunks for cube in decoder.feed(chunk, 0)]
    found += decoder.close()
    return found, decoder


def test_the_frame_is_read_both_ways() -> None:
    assert HEADER_BYTES == 76
    found, decoder = read([frame()])
    assert found == [CUBE]
    assert not decoder.refused
    assert encode(CUBE) == frame()


def test_an_unknown_distance_of_antennas_is_none() -> None:
    unknown = replace(CUBE, channel_spacing_m=None)
    assert read([frame(spacing=0)])[0] == [unknown]
    assert encode(unknown) == frame(spacing=0)


REFUSED: dict[str, tuple[bytes, str]] = {
    "changed header": (frame(crc=1), "header fails its CRC"),
    "version of tomorrow": (frame(version=2), "unknown version"),
    "no channels": (frame(b"", channels=0), "impossible number of samples"),
    "four billion samples": (frame(samples=2**32 - 1), "impossible number of samples"),
    "no rate": (frame(rate=0), "impossible chirp"),
    "start not a number": (frame(start=float("nan")), "impossible chirp"),
    "endless interval": (frame(interval=float("inf")), "impossible chirp"),
    "no slope": (frame(slope=0), "impossible slope"),
    "antennas backwards": (frame(spacing=-1), "impossible distance of antennas"),
    "half a frame": (frame(chirps=400), "cut off by the next frame"),
    "header alone": (frame(b""), "cut off by the next frame"),
}


@pytest.mark.parametrize(("wire", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_bad_frame_costs_itself_alone_and_is_counted(wire: bytes, reason: str) -> None:
    found, decoder = read([encode(CUBE) + wire + encode(CUBE)])
    assert found == [CUBE, CUBE]
    assert decoder.refused == {reason: 1}


@pytest.mark.parametrize(
    "wrong",
    [{"samples": SAMPLES[:-1]}, {"chirps": 0, "samples": b""}, {"start_hz": -1.0}, {"channels": 5}],
)
def test_what_is_no_frame_is_not_sent(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"impossible|are no frame"):
        encode(replace(CUBE, **wrong))


@given(
    pieces=st.lists(st.integers(1, 90), max_size=12),
    junk=st.binary(max_size=30).filter(lambda data: MAGIC[0] not in data),
    number=st.integers(0, 2**32 - 1),
    time_ns=st.integers(-(2**63), 2**63 - 1),
    shape=st.tuples(*[st.integers(1, 4)] * 3),
    slope=st.floats(1e3, 1e15),
)
def test_any_frame_comes_back_however_it_is_cut(
    pieces: list[int],
    junk: bytes,
    number: int,
    time_ns: int,
    shape: tuple[int, int, int],
    slope: float,
) -> None:
    channels, chirps, samples = shape
    cube = replace(
        CUBE,
        frame_number=number,
        time_ns=time_ns,
        slope_hz_s=-slope,
        channels=channels,
        chirps=chirps,
        samples_per_chirp=samples,
        samples=random.Random(number).randbytes(channels * chirps * samples * 4),
    )
    wire = junk + encode(cube)
    chunks: list[bytes] = []
    for piece in pieces:
        chunks.append(wire[:piece])
        wire = wire[piece:]
    found, decoder = read([*chunks, wire])
    assert found == [cube]
    assert decoder.buffered == 0
    assert decoder.refused == ({"junk between frames": 1} if junk else {})


def test_10000_random_frames_come_back() -> None:
    rng = random.Random(433)
    cubes = [
        replace(
            CUBE,
            frame_number=number,
            time_ns=rng.randrange(2**62),
            start_hz=rng.uniform(1e9, 1e11),
            sample_rate_hz=rng.uniform(1e4, 1e8),
            samples=rng.randbytes(96),
        )
        for number in range(10_000)
    ]
    wire = b"".join(map(encode, cubes))
    found, decoder = read(wire[at : at + 4096] for at in range(0, len(wire), 4096))
    assert found == cubes
    assert not decoder.refused


def test_a_cut_off_frame_is_counted() -> None:
    found, decoder = read([encode(CUBE)[:-1]])
    assert found == []
    assert decoder.refused == {"cut off at the end": 1}
