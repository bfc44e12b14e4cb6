from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havik.signal.radio.crc import crc24a, message_crc


@pytest.mark.parametrize(
    ("initial", "expected"),
    [
        # The catalogue of parametrised CRC algorithms (G. Cook): check values over "123456789".
        (0x0000, 0x2189),  # CRC-16/KERMIT
        (0xFFFF, 0x6F91),  # CRC-16/MCRF4XX
    ],
)
def test_check_values_of_16_bits(initial: int, expected: int) -> None:
    assert message_crc(b"123456789", initial) == expected


def test_check_value_of_24_bits() -> None:
    """CRC-24/LTE-A of the same catalogue."""
    assert crc24a(b"123456789") == 0xCDE703


@given(st.binary(max_size=200), st.integers(0, 7), st.data())
def test_a_right_block_has_no_rest_and_one_wrong_bit_has(
    body: bytes, bit: int, data: st.DataObject
) -> None:
    block = body + crc24a(body).to_bytes(3, "big")
    message = body + message_crc(body).to_bytes(2, "little")
    assert crc24a(block) == message_crc(message) == 0
    at = data.draw(st.integers(0, len(block) - 1))
    wrong = bytearray(block)
    wrong[at] ^= 1 << bit
    assert crc24a(bytes(wrong))
