"""Bluetooth Low Energy advertisements that carry Remote ID: legacy, and extended on coded PHY.

Bluetooth Core 5.4, volume 6, part B: access address, [coding indicator on coded PHY], u8 PDU type
in its lower half, u8 length, PDU, CRC of 3 bytes over header and PDU. A legacy PDU is the address
of 6 bytes and advertising data; an extended one has a header of flagged parts before the data.
Advertising data are runs of u8 length, u8 type, value; Remote ID is service data (0x16) of UUID
FFFA with application code 0x0D, a counter, and a message or a pack (ASTM F3411-22a, 5.4.6).

The packet stands behind what the sniffer adds: nRF sniffer header (link type 272, version 3),
pseudo header (256), or nothing (251).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import msgspec

from ..errors import FrameError
from ..packets import BLUETOOTH_LE_WITH_PHDR, NORDIC_BLE
from ..readings import RemoteIdTransport

ADVERTISING = 0x8E89BED6
_HEAD = struct.Struct("<I")
_NORDIC = struct.Struct("<xHB4xBBB6x")  # length of what follows, version; flags, channel, level
_PHDR = struct.Struct("<BbbBIH")
_LEVEL_VALID, _CRC_CHECKED, _CRC_GOOD = 1 << 1, 1 << 10, 1 << 11
_CODED = 2
_LEGACY_PDUS = (0, 2, 4, 6)
_EXTENDED_PDU = 7
SERVICE = b"\x16\xfa\xff\x0d"
LONGEST_PDU = 255


class Heard(msgspec.Struct, frozen=True):
    """What one frame carried: Remote ID bytes, and what the receiver knows of them."""

    transport: RemoteIdTransport
    transmitter: str
    counter: int
    data: bytes
    level_dbm: float | None = None
    channel: int | None = None


def heard(link_type: int, frame: bytes) -> Heard | None:
    """Give the Remote ID in one packet; None for an advertisement of something else.

    Raises
    ------
    FrameError
        If the CRC is wrong or lengths do not add up.
    """
    level: int | None
    if link_type == NORDIC_BLE:
        if len(frame) < _NORDIC.size:
            raise FrameError("sniffer header of a wrong length")
        length, version, flags, channel, strength = _NORDIC.unpack_from(frame)
        if version != 3:
            raise FrameError("sniffer header of an unknown version")
        if length != len(frame) - 7:
            raise FrameError("sniffer header of a wrong length")
        coded, good, at = flags >> 4 & 7 == _CODED, bool(flags & 1), _NORDIC.size
        level = -strength  # sent without its sign
    elif link_type == BLUETOOTH_LE_WITH_PHDR:
        if len(frame) < _PHDR.size:
            raise FrameError("sniffer header of a wrong length")
        radio, level, _, _, _, flags = _PHDR.unpack_from(frame)
        level = level if flags & _LEVEL_VALID else None
        good = not flags & _CRC_CHECKED or bool(flags & _CRC_GOOD)
        channel, coded, at = _channel(radio), flags >> 14 == _CODED, _PHDR.size
    else:
        level, channel, coded, good, at = None, None, False, True, 0
    if not good:
        raise FrameError("wrong CRC")
    return _in_packet(frame, at, level, channel, coded=coded)


def _in_packet(
    frame: bytes, at: int, level: int | None, channel: int | None, *, coded: bool
) -> Heard | None:
    if len(frame) < at + 9 + coded:
        raise FrameError("Bluetooth packet of a wrong length")
    if _HEAD.unpack_from(frame, at)[0] != ADVERTISING:
        return None
    start = at + 4 + coded
    kind, length = frame[start] & 0xF, frame[start + 1]
    end = start + 2 + length
    if len(frame) != end + 3:
        raise FrameError("Bluetooth packet of a wrong length")
    if crc24(frame[start:end]) != frame[end:]:
        raise FrameError("wrong CRC")
    found = _address_and_data(frame, kind, start + 2, end)
    if found is None:
        return None
    address, first = found
    for value in _service_data(frame, first, end):
        transport: RemoteIdTransport = "ble-long-range" if kind == _EXTENDED_PDU else "ble-legacy"
        if address is None:
            raise FrameError("advertisement without an address")
        return Heard(transport, address, value[4], value[5:], level, channel)
    return None


def _address_and_data(frame: bytes, kind: int, at: int, end: int) -> tuple[str | None, int] | None:
    """Give the address and where the advertising data begin."""
    if kind in _LEGACY_PDUS:
        if end - at < 6:
            raise FrameError("Bluetooth packet of a wrong length")
        return _text(frame[at : at + 6]), at + 6
    if kind != _EXTENDED_PDU or end - at < 1:
        return None
    length = frame[at] & 0x3F
    first = at + 1 + length
    if first > end:
        raise FrameError("Bluetooth packet of a wrong length")
    if not length or not frame[at + 1] & 1:
        return None, first
    if length < 7:
        raise FrameError("Bluetooth packet of a wrong length")
    return _text(frame[at + 2 : at + 8]), first


def _service_data(frame: bytes, at: int, end: int) -> Iterator[bytes]:
    """Give the Remote ID service data, from their type on."""
    while at < end and frame[at]:
        stop = at + 1 + frame[at]
        if stop > end:
            raise FrameError("advertising data of a wrong length")
        if frame.startswith(SERVICE, at + 1) and stop - at > 6:
            yield frame[at + 1 : stop]
        at = stop


def packet(heard: Heard, *, link_type: int = NORDIC_BLE) -> bytes:
    """Write the frame, behind the header of an nRF sniffer or a pseudo header.

    Raises
    ------
    ValueError
        If the Remote ID does not fit its transport.
    """
    value = SERVICE + bytes([heard.counter]) + heard.data
    coded = heard.transport == "ble-long-range"
    address = bytes.fromhex(heard.transmitter.replace(":", ""))[::-1]
    data = bytes([len(value)]) + value
    body = (b"\x09\x09" + address + b"\0\0" if coded else address) + data
    if len(body) > (LONGEST_PDU if coded else 37):
        raise ValueError("a legacy advertisement holds one message")
    pdu = bytes([_EXTENDED_PDU if coded else 2, len(body)]) + body
    wire = _HEAD.pack(ADVERTISING) + (b"\0" if coded else b"") + pdu + crc24(pdu)
    level = round(heard.level_dbm or 0)
    channel = 37 if heard.channel is None else heard.channel
    if link_type == BLUETOOTH_LE_WITH_PHDR:
        flags = 1 | _LEVEL_VALID | _CRC_CHECKED | _CRC_GOOD | (_CODED << 14 if coded else 0)
        return _PHDR.pack(_radio(channel), level, 0, 0, ADVERTISING, flags) + wire
    flags = 1 | (_CODED << 4 if coded else 0)
    top = struct.pack("<BHBHBBBBBHI", 3, len(wire) + 10, 3, 0, 2, 10, flags, channel, -level, 0, 0)
    return top + wire


def _channel(radio: int) -> int | None:
    """Bluetooth's channel index, of the radio channel counted upwards from 2402 MHz."""
    if radio > 39:
        return None
    return {0: 37, 12: 38, 39: 39}.get(radio, radio - 1 if radio < 12 else radio - 2)


def _radio(channel: int) -> int:
    return {37: 0, 38: 12, 39: 39}.get(channel, channel + 1 if channel < 11 else channel + 2)


def _text(address: bytes) -> str:
    return address[::-1].hex(":").upper()


def crc24(data: bytes) -> bytes:
    """The check of an advertisement, as it stands behind it (volume 6, part B, 3.1.1)."""
    value = 0xAAAAAA  # 0x555555, its bits in the order of the air
    for byte in data:
        value = value >> 8 ^ _CRC_TABLE[(value ^ byte) & 0xFF]
    return value.to_bytes(3, "little")


def _crc_of_byte(value: int) -> int:
    for _ in range(8):
        value = value >> 1 ^ (0xDA6000 if value & 1 else 0)
    return value


_CRC_TABLE = [_crc_of_byte(byte) for byte in range(256)]
