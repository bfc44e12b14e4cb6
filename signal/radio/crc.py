"""The two checksums of a DroneID burst, as tables of a byte a step.

CRC24A protects the transport block (3GPP TS 36.212, 5.1.1). The message inside ends with a CRC of
16 bits, reflected, polynomial 0x1021 (0x8408 reflected), initial value 0x3692, low byte first
(Schiller et al., NDSS 2023).
"""

from __future__ import annotations

from functools import cache

CRC24A = 0x864CFB
CRC16_REFLECTED = 0x8408
MESSAGE_INITIAL = 0x3692


def crc24a(data: bytes) -> int:
    """CRC24A of `data`, initial value 0; over a whole transport block it is 0."""
    table = _high_first(CRC24A)
    value = 0
    for byte in data:
        value = (value << 8 & 0xFFFFFF) ^ table[value >> 16 ^ byte]
    return value


def message_crc(data: bytes, initial: int = MESSAGE_INITIAL) -> int:
    """The reflected CRC of 16 bits that ends a DroneID message."""
    table = _low_first(CRC16_REFLECTED)
    value = initial
    for byte in data:
        value = value >> 8 ^ table[(value ^ byte) & 0xFF]
    return value


@cache
def _high_first(polynomial: int) -> tuple[int, ...]:
    rows: list[int] = []
    for byte in range(256):
        value = byte << 16
        for _ in range(8):
            value = value << 1 ^ (polynomial if value & 0x800000 else 0)
        rows.append(value & 0xFFFFFF)
    return tuple(rows)


@cache
def _low_first(polynomial: int) -> tuple[int, ...]:
    rows: list[int] = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (polynomial if value & 1 else 0)
        rows.append(value)
    return tuple(rows)
