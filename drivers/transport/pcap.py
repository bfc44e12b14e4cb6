"""Capture files of packets, pcap and pcapng, read from a stream in any pieces, and written.

pcap (draft-ietf-opsawg-pcap): a header of 24 bytes whose magic tells byte order and unit of time,
then for each packet u32 seconds, u32 fraction, u32 bytes captured, u32 bytes on the wire, data.
pcapng (draft-ietf-opsawg-pcapng): blocks of u32 type, u32 length, body, u32 length again; a section
header (0x0A0D0D0A) gives the byte order, an interface block (1) the link type and the unit of
time, packet blocks (6, 3 and the obsolete 2) the packets. Other blocks are passed over.

Neither form has a mark to find the next packet by: behind a length that cannot be, nothing is
read. `docs/decisions/0009` says why no library reads them.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ..errors import FrameError

MOST_PACKET_BYTES = 1 << 18
"""What capture programs keep of a packet at most (libpcap's MAXIMUM_SNAPLEN)."""

MOST_BLOCK_BYTES = 1 << 20
MOST_INTERFACES = 256

DAMAGED = "capture is damaged: what follows cannot be read"
CUT_OFF = "capture is cut off at its end"
CUT_PACKET = "packet cut short by the capture"
NO_INTERFACE = "packet of an unknown interface"

PCAP = {
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}
"""The first bytes of a pcap file: byte order, and nanoseconds in a unit of its fractions."""

PCAPNG = b"\x0a\x0d\x0d\x0a"
_ORDERS: dict[bytes, Literal["<", ">"]] = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
_INTERFACE, _OLD_PACKET, _SIMPLE_PACKET, _PACKET = 1, 2, 3, 6
_RESOLUTION, _OFFSET = 9, 14
_LINK_TYPE_BITS = 0xFFFF  # above them: whether frames carry their check sequence


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet: when it was captured (UTC), where the file says so; its link type; its bytes."""

    time_ns: int | None
    link_type: int
    data: bytes


@dataclass(frozen=True, slots=True)
class _Interface:
    link_type: int
    snap_bytes: int
    units_a_second: int
    offset_s: int


class PacketReader:
    """Bytes of a capture file in any pieces, packets out.

    Attributes
    ----------
    refused : Counter
        What could not be read, by reason.
    """

    def __init__(self) -> None:
        self.refused: Counter[str] = Counter()
        self._buffer = bytearray()
        self._order = "<"
        self._ns = 1
        self._link_type = 0
        self._interfaces: list[_Interface] = []
        self._form: Literal["unknown", "pcap", "pcapng", "damaged"] = "unknown"

    def feed(self, data: bytes) -> Iterator[Packet]:
        """Give the packets that `data` completes."""
        if self._form == "damaged":
            return
        self._buffer += data
        at = 0
        try:
            while (step := self._step(at)) is not None:
                length, packet = step
                at += length
                if packet is not None:
                    yield packet
        except FrameError as error:
            self.refused[error.reason] += 1
            self._form = "damaged"
            at = len(self._buffer)
        del self._buffer[:at]

    def close(self) -> None:
        """End the stream: count the packet whose rest did not come."""
        if self._buffer:
            self.refused[CUT_OFF] += 1
        self._buffer.clear()

    def _step(self, at: int) -> tuple[int, Packet | None] | None:
        """Read what begins at `at`: its length and its packet, if it is one; None if it waits."""
        if self._form == "unknown" and not self._begin():
            return None
        return self._record(at) if self._form == "pcap" else self._block(at)

    def _begin(self) -> bool:
        head = bytes(self._buffer[:24])
        if len(head) < 24:
            return False
        if head.startswith(PCAPNG):
            self._form = "pcapng"
            return True
        if head[:4] not in PCAP:
            raise FrameError("no capture of packets (pcap or pcapng)")
        self._order, self._ns = PCAP[head[:4]]
        self._link_type = struct.unpack_from(self._order + "I", head, 20)[0] & _LINK_TYPE_BITS
        self._form = "pcap"
        del self._buffer[:24]
        return True

    def _record(self, at: int) -> tuple[int, Packet | None] | None:
        if len(self._buffer) - at < 16:
            return None
        second, fraction, kept, sent = struct.unpack_from(self._order + "4I", self._buffer, at)
        if kept > MOST_PACKET_BYTES:
            raise FrameError(DAMAGED)
        if len(self._buffer) - at < 16 + kept:
            return None
        time_ns = second * 1_000_000_000 + fraction * self._ns
        return 16 + kept, self._packet(time_ns, self._link_type, at + 16, kept, sent)

    def _block(self, at: int) -> tuple[int, Packet | None] | None:
        buffer = self._buffer
        if len(buffer) - at < 12:
            return None
        if buffer.startswith(PCAPNG, at):
            order = _ORDERS.get(bytes(buffer[at + 8 : at + 12]))
            if order is None:
                raise FrameError(DAMAGED)
            self._order, self._interfaces = order, []
        kind, length = struct.unpack_from(self._order + "2I", buffer, at)
        if not 12 <= length <= MOST_BLOCK_BYTES or length % 4:
            raise FrameError(DAMAGED)
        if len(buffer) - at < length:
            return None
        if struct.unpack_from(self._order + "I", buffer, at + length - 4)[0] != length:
            raise FrameError(DAMAGED)
        return length, self._in_block(kind, at + 8, at + length - 4)

    def _in_block(self, kind: int, start: int, end: int) -> Packet | None:
        room = end - start
        if kind == _INTERFACE and room >= 8:
            if len(self._interfaces) >= MOST_INTERFACES:
                raise FrameError(DAMAGED)
            self._interfaces.append(self._interface(start, end))
        elif kind in (_PACKET, _OLD_PACKET) and room >= 20:
            form = "5I" if kind == _PACKET else "2H4I"
            values = struct.unpack_from(self._order + form, self._buffer, start)
            number, (high, low, kept, sent) = values[0], values[-4:]
            if kept > room - 20:
                raise FrameError(DAMAGED)
            return self._of_interface(number, high << 32 | low, start + 20, kept, sent)
        elif kind == _SIMPLE_PACKET and room >= 4:
            sent = struct.unpack_from(self._order + "I", self._buffer, start)[0]
            return self._of_interface(0, None, start + 4, min(sent, room - 4), sent)
        return None

    def _interface(self, start: int, end: int) -> _Interface:
        link_type, _, snap_bytes = struct.unpack_from(self._order + "2HI", self._buffer, start)
        units_a_second, offset_s = 1_000_000, 0
        at = start + 8
        while end - at >= 4:
            code, length = struct.unpack_from(self._order + "2H", self._buffer, at)
            at += 4
            if code == 0 or length > end - at:
                break
            if code == _RESOLUTION and length == 1:
                power = self._buffer[at]
                units_a_second = 1 << (power & 0x7F) if power & 0x80 else 10 ** min(power, 18)
            elif code == _OFFSET and length == 8:
                offset_s = struct.unpack_from(self._order + "q", self._buffer, at)[0]
            at += length + -length % 4
        return _Interface(link_type, snap_bytes, units_a_second, offset_s)

    def _of_interface(
        self, number: int, units: int | None, start: int, kept: int, sent: int
    ) -> Packet | None:
        if number >= len(self._interfaces):
            self.refused[NO_INTERFACE] += 1
            return None
        of = self._interfaces[number]
        time_ns = None
        if units is not None:
            time_ns = of.offset_s * 1_000_000_000 + units * 1_000_000_000 // of.units_a_second
        return self._packet(time_ns, of.link_type, start, kept, sent)

    def _packet(
        self, time_ns: int | None, link_type: int, start: int, kept: int, sent: int
    ) -> Packet | None:
        if kept < sent:
            self.refused[CUT_PACKET] += 1
            return None
        return Packet(time_ns, link_type, bytes(self._buffer[start : start + kept]))


def header(link_type: int) -> bytes:
    """Write what a pcap file begins with, its times in nanoseconds."""
    return struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, MOST_PACKET_BYTES, link_type)


def record(time_ns: int, frame: bytes) -> bytes:
    """Write one packet of such a file."""
    second, fraction = divmod(time_ns, 1_000_000_000)
    return struct.pack("<4I", second, fraction, len(frame), len(frame)) + frame
