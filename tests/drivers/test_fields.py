"""Expected bytes are written out by hand, little-endian."""

from __future__ import annotations

import math
import struct
from typing import Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from havik.drivers.fields import Field, Layout


class Sample(msgspec.Struct, frozen=True):
    number: int
    course_deg: float | None
    level_db: float
    place: Literal["here", "there"] | None
    name: bytes


LAYOUT = Layout(
    Sample,
    Field("number", "H"),
    Field("course_deg", "f", at=4, low=0, high=360, unknown=361),
    Field("level_db", "h", per_unit=10),
    Field("place", "B", names=(None, "here", "there")),
    Field("name", "3s"),
    size=16,
)

TABLE = {
    "0102 0000 0000b442 9cff 01 616200 0000": Sample(0x0201, 90.0, -10.0, "here", b"ab\0"),
    "0000 0000 00000000 0000 00 000000 0000": Sample(0, 0.0, 0.0, None, b"\0\0\0"),
    "ffff 0000 0000b443 ff7f 02 ffffff 0000": Sample(
        65535, 360.0, 3276.7, "there", b"\xff\xff\xff"
    ),
    "0000 0000 0080b443 0000 00 000000 0000": Sample(0, None, 0.0, None, b"\0\0\0"),
}


@pytest.mark.parametrize(("wire", "record"), TABLE.items())
def test_the_table_is_read_both_ways(wire: str, record: Sample) -> None:
    assert LAYOUT.size == 16
    assert LAYOUT.decode(bytes.fromhex(wire)) == record
    assert LAYOUT.encode(record) == bytes.fromhex(wire)


def test_gaps_and_fill_are_not_read() -> None:
    wire, record = next(iter(TABLE.items()))
    noisy = bytearray(bytes.fromhex(wire))
    noisy[2:4] = b"\xaa\xbb"
    noisy[14:] = b"\x01\x02"
    assert LAYOUT.decode(noisy) == record
    assert LAYOUT.decode(b"before" + noisy, offset=6) == record


@pytest.mark.parametrize("course", [-0.5, 360.5, 361.0, math.nan, math.inf, -math.inf])
def test_beyond_its_limits_a_value_is_unknown(course: float) -> None:
    wire = struct.pack("<HxxfhB3s2x", 1, course, 0, 0, b"")
    assert LAYOUT.decode(wire).course_deg is None


@pytest.mark.parametrize(("code", "place"), [(0, None), (1, "here"), (2, "there"), (3, None)])
def test_a_code_without_a_name_is_unknown(code: int, place: str | None) -> None:
    assert LAYOUT.decode(struct.pack("<HxxfhB3s2x", 1, 0, 0, code, b"")).place == place


def test_a_negative_code_names_nothing() -> None:
    assert Field("place", "b", names=("here", "there")).from_wire(-1) is None


records = st.builds(
    Sample,
    number=st.integers(0, 65535),
    course_deg=st.none() | st.floats(0, 360, width=32),
    level_db=st.integers(-32768, 32767).map(lambda tenths: tenths / 10),
    place=st.sampled_from([None, "here", "there"]),
    name=st.binary(min_size=3, max_size=3),
)


@given(st.lists(records, max_size=5))
def test_what_is_written_is_read(written: list[Sample]) -> None:
    wire = b"".join(map(LAYOUT.encode, written))
    assert len(wire) == 16 * len(written)
    assert list(LAYOUT.decode_all(wire)) == written


@pytest.mark.parametrize(
    "values",
    [
        {"number": 65536},
        {"number": -1},
        {"level_db": 3276.8},
        {"level_db": math.nan},
        {"level_db": math.inf},
        {"course_deg": 1e39},
        {"place": "elsewhere"},
    ],
)
def test_a_value_that_does_not_fit_is_refused(values: dict[str, object]) -> None:
    record = msgspec.structs.replace(next(iter(TABLE.values())), **values)
    with pytest.raises(ValueError, match=r"does not fit its wire|no code for|NaN|infinity"):
        LAYOUT.encode(record)


def test_rows_that_overlap_are_a_mistake() -> None:
    with pytest.raises(AssertionError, match="level overlaps the row before"):
        Layout(Sample, Field("number", "I"), Field("level", "I", at=2))
