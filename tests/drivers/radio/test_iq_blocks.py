"""Against a block written out by hand from the layout in the driver's data sheet."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from havik.drivers.radio import iq_blocks
from havik.drivers.radio.iq_blocks import DRIVER, HEADER_BYTES, MOST_SAMPLE_BYTES, encode
from havik.drivers.readings import IqBlock, SampleType

HEADER = """
    89 48 56 49 51 0d 0a 1a     # magic
    01 04 00 00                 # version 1, cu8
    07 00 00 00                 # sequence 7
    15 cd 5b 07 00 00 00 00     # 123456789 ns
    00 00 00 00 00 4c 6d 41     # 15.36 MS/s
    00 00 00 b4 70 23 e2 41     # 2.4345 GHz
    02 00 00 00                 # 2 samples
"""
BLOCK = IqBlock(
    time_ns=123_456_789,
    sequence=7,
    sample_rate_hz=15.36e6,
    center_hz=2.4345e9,
    sample_type="cu8",
    samples=b"\x7f\x80\x00\xff",
)
SIZES: dict[SampleType, int] = {"cf64": 16, "cf32": 8, "ci16": 4, "ci8": 2, "cu8": 2}


def octets(text: str) -> bytes:
    return bytes.fromhex("".join(line.split("#")[0] for line in text.splitlines()))


def block(samples: bytes = BLOCK.samples, *, crc: int | None = None, **values: float) -> bytes:
    """A block with the header's values in place of the usual ones, and a CRC that is right."""
    told = {
        "version": 1, "type": 4, "sequence": 7, "time_ns": 123_456_789, "rate": 15.36e6,
        "center": 2.4345e9, "count": 2,
    } | values  # fmt: skip
    header = octets(HEADER)[:8] + struct.pack(
        "<BBHIqddI", *list(told.values())[:2], 0, *list(told.values())[2:]
    )
    return header + struct.pack("<I", zlib.crc32(header) if crc is None else crc) + samples


def numbered(sequence: int, time_ns: int | None = None, samples: bytes = bytes(40)) -> IqBlock:
    at_ns = sequence if time_ns is None else time_ns
    return replace(BLOCK, sequence=sequence, time_ns=at_ns, samples=samples)


def read(chunks: Iterable[bytes]) -> tuple[list[IqBlock], iq_blocks.Decoder]:
    decoder = iq_blocks.Decoder()
    found = [block for chunk in chunks for block in decoder.feed(chunk, 0)]
    found += decoder.close()
    return found, decoder


def test_the_block_is_read_both_ways() -> None:
    header = octets(HEADER)
    wire = header + struct.pack("<I", zlib.crc32(header)) + BLOCK.samples
    assert HEADER_BYTES == 48
    found, decoder = read([wire])
    assert found == [BLOCK]
    assert not decoder.refused
    assert encode(BLOCK) == wire == block()


@pytest.mark.parametrize(("sample_type", "size"), SIZES.items())
def test_every_sample_type(sample_type: SampleType, size: int) -> None:
    code = ("cf64", "cf32", "ci16", "ci8", "cu8").index(sample_type)
    wire = block(bytes(range(3 * size)), type=code, count=3)
    expected = replace(BLOCK, sample_type=sample_type, samples=bytes(range(3 * size)))
    assert read([wire])[0] == [expected]
    assert encode(expected) == wire


REFUSED: dict[str, tuple[bytes, str]] = {
    "changed header": (block(crc=1), "header fails its CRC"),
    "version of tomorrow": (block(version=2), "unknown version"),
    "type of tomorrow": (block(type=5), "unknown sample type"),
    "no samples": (block(b"", count=0), "impossible number of samples"),
    "four billion samples": (block(count=2**32 - 1), "impossible number of samples"),
    "a sample too many": (block(count=MOST_SAMPLE_BYTES // 2 + 1), "impossible number of samples"),
    "no rate": (block(rate=0), "impossible sample rate"),
    "a negative rate": (block(rate=-1), "impossible sample rate"),
    "rate not a number": (block(rate=float("nan")), "impossible sample rate"),
    "endless rate": (block(rate=float("inf")), "impossible sample rate"),
    "below 0 Hz": (block(center=-1), "impossible centre frequency"),
    "centre not a number": (block(center=float("nan")), "impossible centre frequency"),
    "half a block": (block(bytes(100), count=100), "cut off by the next block"),
    "header alone": (block(b"", count=100), "cut off by the next block"),
}


@pytest.mark.parametrize(("wire", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_bad_block_costs_itself_alone_and_is_counted(wire: bytes, reason: str) -> None:
    before, after = numbered(1), numbered(2)
    found, decoder = read([encode(before) + wire + encode(after)])
    assert found == [before, after]
    assert decoder.refused == {reason: 1}


def split(stream: bytes, rng: random.Random) -> list[bytes]:
    cuts = sorted(rng.randrange(len(stream)) for _ in range(20))
    return [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]


@pytest.mark.parametrize("seed", range(5))
def test_blocks_come_back_at_any_split_with_junk_between(seed: int) -> None:
    rng = random.Random(seed)
    sent = [numbered(n, samples=rng.randbytes(2 * rng.randrange(1, 200))) for n in range(10)]
    sent[4] = replace(sent[4], samples=iq_blocks.MAGIC * 20)
    wires = [encode(block) for block in sent]
    clean = b"".join(wires)
    spoilt = b"".join(
        wire + iq_blocks.MAGIC[:5] + rng.randbytes(rng.randrange(50)) for wire in wires
    )
    for stream in (clean, spoilt):
        for chunks in ([stream], split(stream, rng), [bytes((byte,)) for byte in stream]):
            found, decoder = read(chunks)
            assert found == sent
            assert decoder.missed == 0


def test_a_block_that_lost_bytes_spares_the_next() -> None:
    first, second = encode(numbered(1, samples=bytes(200))), numbered(2)
    for lost in range(1, len(first)):
        found, _ = read([first[:-lost] + encode(second)])
        assert found[-1] == second


def test_missing_blocks_are_noticed_and_counted() -> None:
    sent = [encode(numbered(n)) for n in (5, 6, 9, 10, 20)]
    found, decoder = read([b"".join(sent)])
    assert [block.missed_blocks for block in found] == [0, 0, 2, 0, 9]
    assert decoder.missed == 11
    assert not decoder.refused


ORDERS: dict[str, tuple[list[tuple[int, int]], list[int], int, dict[str, int]]] = {
    # (sequence, time) as they come; the sequences read; missed; refused
    "in order": ([(0, 0), (1, 10), (2, 20)], [0, 1, 2], 0, {}),
    "repeated": ([(0, 0), (1, 10), (1, 10), (2, 20)], [0, 1, 2], 0, {"repeated block": 1}),
    "two changed places": (
        [(0, 0), (2, 20), (1, 10), (3, 30)], [0, 2, 3], 1, {"late block": 1},
    ),
    "64 back is late": ([(64, 20), (0, 10)], [64], 0, {"late block": 1}),
    "the sender began anew": ([(1000, 20), (0, 30), (1, 40)], [1000, 0, 1], 0, {}),
    "it began anew with another clock": ([(1000, 20), (0, 0), (1, 10)], [1000, 0, 1], 0, {}),
    "it began anew at once": ([(1, 20), (0, 30)], [1, 0], 0, {}),
    "once around": ([(2**32 - 1, 0), (0, 10)], [2**32 - 1, 0], 0, {}),
    "lost around the end": ([(2**32 - 2, 0), (1, 10)], [2**32 - 2, 1], 2, {}),
}  # fmt: skip


@pytest.mark.parametrize(("come", "read_", "missed", "refused"), ORDERS.values(), ids=ORDERS)
def test_the_order_of_blocks(
    come: list[tuple[int, int]], read_: list[int], missed: int, refused: dict[str, int]
) -> None:
    found, decoder = read(encode(numbered(sequence, at_ns)) for sequence, at_ns in come)
    assert [block.sequence for block in found] == read_
    assert (decoder.missed, decoder.refused) == (missed, refused)


def test_a_cut_off_block_is_counted_at_the_end() -> None:
    found, decoder = read([encode(numbered(0)) + encode(numbered(1))[:-1]])
    assert found == [numbered(0)]
    assert decoder.refused == {"cut off at the end": 1}


def test_a_sender_cannot_make_it_keep_more_than_one_block() -> None:
    decoder = iq_blocks.Decoder()
    head = block(b"", count=MOST_SAMPLE_BYTES // 2)
    most = 0
    for chunk in [head, *[bytes(1 << 20)] * 20]:
        list(decoder.feed(chunk, 0))
        most = max(most, decoder.buffered)
    assert 15 << 20 < most <= HEADER_BYTES + MOST_SAMPLE_BYTES


blocks = st.sampled_from(list(SIZES)).flatmap(
    lambda kind: st.builds(
        IqBlock,
        time_ns=st.integers(-(2**63), 2**63 - 1),
        sequence=st.integers(0, 2**32 - 1),
        sample_rate_hz=st.floats(1e-300, allow_infinity=False),
        center_hz=st.floats(0, allow_infinity=False),
        sample_type=st.just(kind),
        samples=st.binary(min_size=1, max_size=7).map(lambda raw: raw * SIZES[kind]),
    )
)


@given(blocks)
def test_what_is_written_is_read(written: IqBlock) -> None:
    found, decoder = read([encode(written)])
    assert found == [written]
    assert not decoder.refused


@pytest.mark.parametrize(
    "values",
    [
        {"samples": b""},
        {"samples": b"abc"},
        {"samples": bytes(MOST_SAMPLE_BYTES + 2)},
        {"sequence": 2**32},
        {"time_ns": 2**63},
    ],
)
def test_what_no_block_can_hold_is_not_written(values: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"are no block of cu8|does not fit its wire"):
        encode(replace(BLOCK, **values))


def test_the_row_is_of_mqtt() -> None:
    assert (DRIVER.name, DRIVER.wire) == ("iq-blocks", "mqtt")
