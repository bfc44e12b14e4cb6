"""Packets as a capture holds them: a link type, which says how to read it, and the frame.

A driver of the wire "packets" is fed one packet a call, its link type in front (u16, big-endian):
so one decoder reads captures of Wi-Fi and of Bluetooth, and a live interface, in the same way.
"""

from __future__ import annotations

import struct

_LINK_TYPE = struct.Struct(">H")

ETHERNET = 1
IEEE802_11 = 105
RADIOTAP = 127
BLUETOOTH_LE = 251
BLUETOOTH_LE_WITH_PHDR = 256
NORDIC_BLE = 272
"""Link types, from the list that the tcpdump group keeps (https://www.tcpdump.org/linktypes.html)."""


def wrap(link_type: int, frame: bytes) -> bytes:
    """Give the packet that a driver is fed; the inverse of `unwrap`."""
    return _LINK_TYPE.pack(link_type) + frame


def unwrap(packet: bytes) -> tuple[int, bytes] | None:
    """Give link type and frame; None for what is too short to have a link type."""
    if len(packet) < _LINK_TYPE.size:
        return None
    return _LINK_TYPE.unpack_from(packet)[0], packet[_LINK_TYPE.size :]


def udp_payload(link_type: int, frame: bytes) -> bytes | None:
    """Give what a UDP datagram over IPv4 and Ethernet carries (RFC 768, RFC 791).

    None for any other packet, for a fragment and for what is cut short.
    """
    if link_type != ETHERNET or frame[12:14] != b"\x08\0" or len(frame) < 42:
        return None
    packet = frame[14:]
    header = 4 * (packet[0] & 15)
    total, fragment = struct.unpack_from(">H2xH", packet, 2)
    fragmented = fragment & 0x3FFF
    if packet[0] >> 4 != 4 or header < 20 or packet[9] != 17 or fragmented:
        return None
    datagram = packet[header:total]  # Ethernet pads short frames
    if len(datagram) < 8 or total > len(packet):
        return None
    return datagram[8 : int.from_bytes(datagram[4:6], "big")]
