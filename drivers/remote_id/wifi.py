"""Wi-Fi frames that carry Remote ID: beacons, and action frames of neighbour awareness (NAN).

Radiotap (link type 127, https://www.radiotap.org): version, pad, u16 length, u32 presence words,
fields in the order of the presence bits, each on its own alignment. Then IEEE 802.11: a header of
24 bytes with the sender's address at 10; where radiotap says so, a check sequence of 4 at the end.

    beacon (0x80)   12 bytes, then elements of u8 id, u8 length, value; Remote ID is vendor
                    element 221 of FA:0B:BC, type 0x0D, counter, pack
    action (0xD0)   04 09 50:6F:9A 13, then attributes of u8 id, u16 length, value; Remote ID is
                    attribute 3 with service id 88 69 19 9D 92 09, instance, requestor, control,
                    the parts that control names, u8 length, counter, pack

(ASTM F3411-22a, 5.4.8 and 5.4.9; Wi-Fi Aware specification, service descriptor attribute.)
"""

from __future__ import annotations

import struct
from zlib import crc32

from ..errors import FrameError
from ..packets import RADIOTAP
from ..readings import RemoteIdTransport
from .ble import Heard

BEACON, ACTION = 0x80, 0xD0
HEADER_BYTES = 24
VENDOR = b"\xfa\x0b\xbc\x0d"
NAN = b"\x04\x09\x50\x6f\x9a\x13"
SERVICE = b"\x88\x69\x19\x9d\x92\x09"
NAN_GROUP = b"\x51\x6f\x9a\x01\x00\x00"
_NAN_CLUSTER = b"\x50\x6f\x9a\x01\x00\xff"
_RADIOTAP_FIELDS = ((8, 8), (1, 1), (1, 1), (2, 4), (1, 2), (1, 1))  # alignment, bytes; to level
_FLAGS, _CHANNEL, _LEVEL = 1, 3, 5
_HAS_CHECK, _BAD_CHECK = 0x10, 0x40
_MORE = 1 << 31


def heard(link_type: int, frame: bytes) -> Heard | None:
    """Give the Remote ID in one packet; None for a frame of something else.

    Raises
    ------
    FrameError
        If the check sequence is wrong or lengths do not add up.
    """
    level: int | None = None
    channel: int | None = None
    at, end = 0, len(frame)
    if link_type == RADIOTAP:
        at, flags, channel, level = _radiotap(frame)
        if flags & _BAD_CHECK:
            raise FrameError("wrong FCS")
        if flags & _HAS_CHECK:
            end -= 4
            if end < at or crc32(frame[at:end]).to_bytes(4, "little") != frame[end:]:
                raise FrameError("wrong FCS")
    elif crc32(frame[:-4]).to_bytes(4, "little") == frame[-4:]:
        end -= 4  # nothing tells whether there is one, but for itself
    if end - at < HEADER_BYTES:
        raise FrameError("802.11 frame of a wrong length")
    kind = frame[at]
    if kind == BEACON:
        found = _in_beacon(frame, at + HEADER_BYTES + 12, end)
    elif kind == ACTION:
        found = _in_action(frame, at + HEADER_BYTES, end)
    else:
        return None
    if found is None:
        return None
    transmitter = frame[at + 10 : at + 16].hex(":").upper()
    transport: RemoteIdTransport = "wifi-beacon" if kind == BEACON else "wifi-nan"
    return Heard(transport, transmitter, found[0], found[1:], level, channel)


def _radiotap(frame: bytes) -> tuple[int, int, int | None, int | None]:
    """Give where the frame begins, its flags, its channel and its level in dBm."""
    if len(frame) < 8 or frame[0] != 0:
        raise FrameError("radiotap header of an unknown version")
    length, present = struct.unpack_from("<HI", frame, 2)
    at, word = 8, present
    while word & _MORE and at + 4 <= length <= len(frame):
        word = struct.unpack_from("<I", frame, at)[0]
        at += 4
    if not at <= length <= len(frame):
        raise FrameError("radiotap header of a wrong length")
    flags, channel, level = 0, None, None
    for bit, (alignment, size) in enumerate(_RADIOTAP_FIELDS):
        if not present >> bit & 1:
            continue
        at += -at % alignment
        if at + size > length:
            raise FrameError("radiotap header of a wrong length")
        if bit == _FLAGS:
            flags = frame[at]
        elif bit == _CHANNEL:
            channel = channel_of(int.from_bytes(frame[at : at + 2], "little"))
        elif bit == _LEVEL:
            level = int.from_bytes(frame[at : at + 1], "little", signed=True)
        at += size
    return length, flags, channel, level


def channel_of(frequency_mhz: int) -> int | None:
    """The channel of a frequency (IEEE 802.11-2020, annex E)."""
    if frequency_mhz == 2484:
        return 14
    for first, low, high in ((2407, 2412, 2472), (5950, 5955, 7115), (5000, 5035, 5925)):
        if low <= frequency_mhz <= high and (frequency_mhz - first) % 5 == 0:
            return (frequency_mhz - first) // 5
    return None


def _in_beacon(frame: bytes, at: int, end: int) -> bytes | None:
    """Give counter and pack."""
    while at + 2 <= end:
        stop = at + 2 + frame[at + 1]
        if stop > end:
            raise FrameError("802.11 element of a wrong length")
        if frame[at] == 221 and frame.startswith(VENDOR, at + 2) and stop - at > 6:
            return frame[at + 6 : stop]
        at = stop
    return None


def _in_action(frame: bytes, at: int, end: int) -> bytes | None:
    if not frame.startswith(NAN, at):
        return None
    at += len(NAN)
    while at + 3 <= end:
        stop = at + 3 + int.from_bytes(frame[at + 1 : at + 3], "little")
        if stop > end:
            raise FrameError("NAN attribute of a wrong length")
        if frame[at] == 3 and frame.startswith(SERVICE, at + 3):
            return _service_info(frame, at + 3 + len(SERVICE), stop)
        at = stop
    return None


def _service_info(frame: bytes, at: int, end: int) -> bytes | None:
    """Pass over the parts of a service descriptor before its service info."""
    if at + 3 > end:
        raise FrameError("NAN attribute of a wrong length")
    control = frame[at + 2]
    at += 3
    if control & 0x40:
        at += 2  # binding bitmap
    for bit in (0x04, 0x08):  # matching filter, response filter
        if control & bit:
            at += 1 + (frame[at] if at < end else 0)
    if not control & 0x10:
        return None
    if at >= end or at + 1 + frame[at] > end or frame[at] < 2:
        raise FrameError("NAN attribute of a wrong length")
    return frame[at + 1 : at + 1 + frame[at]]


def packet(heard: Heard, *, time_us: int = 0) -> bytes:
    """Write the frame as a beacon or an action frame, with radiotap header and check sequence."""
    sender = bytes.fromhex(heard.transmitter.replace(":", ""))
    info = bytes([heard.counter]) + heard.data
    if heard.transport == "wifi-nan":
        descriptor = SERVICE + b"\x01\x00\x10" + bytes([len(info)]) + info
        extension = b"\x0e\x04\x00\x01\x00\x02" + bytes([heard.counter])
        body = NAN + b"\x03" + len(descriptor).to_bytes(2, "little") + descriptor + extension
        head = bytes([ACTION, 0, 0, 0]) + NAN_GROUP + sender + _NAN_CLUSTER + bytes(2)
    else:
        element = VENDOR + info
        fixed = struct.pack("<QHH", time_us, 100, 0x0421)
        body = fixed + b"\x00\x00\x01\x01\x82" + bytes([221, len(element)]) + element
        head = bytes([BEACON, 0, 0, 0]) + b"\xff" * 6 + sender + sender + bytes(2)
    frame = head + body
    channel = heard.channel or 6
    frequency = (2407 if channel < 14 else 5000) + 5 * channel
    level = round(heard.level_dbm or 0)
    present = 1 << _FLAGS | 1 << _CHANNEL | 1 << _LEVEL
    radiotap = struct.pack("<BBHIBxHHb", 0, 0, 15, present, _HAS_CHECK, frequency, 0x00A0, level)
    return radiotap + frame + crc32(frame).to_bytes(4, "little")
