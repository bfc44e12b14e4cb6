"""Captures of what came over a wire, read back piece by piece.

A capture of packets (pcap, pcapng) is read by `pcap.py`: each packet is a piece, its link type in
front. For the other wires three forms are told apart by their first bytes:

- a table with `Timestamp,RawData` on top and in each row a time and, in quotes, the bytes received
  then, in decimal; a time without an offset is UTC;
- text as it came over MQTT or UDP: one JSON object a piece, with or without anything between
  them, such as the topics that `mosquitto_sub -v` writes; or compressed payloads, one behind the
  other;
- anything else: the bytes themselves. Nothing tells when they came.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, TypeVar

from ..driver import Decoder, Wire
from ..errors import CaptureError
from ..json_objects import pieces
from ..packets import udp_payload, wrap
from ..readings import Reading
from .pcap import PCAP, PCAPNG, PacketReader

Timed = TypeVar("Timed")

CHUNK_BYTES = 1 << 16
MOST_PIECE_BYTES = 1 << 22
"""No payload or row is longer; a longer one is handed on in parts, for the decoder to refuse."""

TABLE_TOP = b"Timestamp,RawData"
_ROW = re.compile(rb'([^,"]*),("?)([0-9, ]+)\2\s*')  # one byte alone stands without quotes
_TIME = re.compile(r"(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?\s*(Z|[+-]\d\d:?\d\d)?")
_XZ, _LZMA = b"\xfd7zXZ\0", b"\x5d\0\0"
_XZ_BEGINS = re.compile(b"(?=" + _XZ + b")")


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes that came together, and when (UTC), where the capture says so."""

    time_ns: int | None
    data: bytes


class Recording:
    """A capture file.

    Parameters
    ----------
    file : Path
        The capture.
    wire : Wire
        What it was taken from: a stream is never taken for JSON.

    Attributes
    ----------
    refused : Counter
        Rows that could not be read, by reason.
    read_bytes : int
        How much of the file was read so far.
    """

    def __init__(self, file: Path, wire: Wire) -> None:
        self.refused: Counter[str] = Counter()
        self.read_bytes = 0
        self._file = file
        self._wire = wire

    def pieces(self) -> Iterator[Piece]:
        """Give the pieces, in order.

        Raises
        ------
        CaptureError
            If there is no such file, it may not be read, or it is empty.
        """
        try:
            with self._file.open("rb") as file:
                if not file.peek(1):
                    raise CaptureError(f"{self._file} is empty: nothing was captured")
                for piece in self._read(file):
                    self.read_bytes = file.tell()
                    yield piece
        except IsADirectoryError:
            raise CaptureError(f"{self._file} is a folder: name one capture file") from None
        except FileNotFoundError:
            raise CaptureError(f"{self._file} is not there: check the name") from None
        except OSError as error:
            raise CaptureError(f"{self._file} cannot be read: {error.strerror}") from None

    def readings(self, decoder: Decoder, untimed_ns: int) -> Iterator[Reading]:
        """Give what `decoder` reads; a piece without a time counts as received at `untimed_ns`."""
        for piece in self.pieces():
            yield from decoder.feed(
                piece.data, untimed_ns if piece.time_ns is None else piece.time_ns
            )
        yield from decoder.close()

    def _read(self, file: BinaryIO) -> Iterator[Piece]:
        head = file.read(CHUNK_BYTES)
        file.seek(0)
        messages = self._wire in ("mqtt", "udp")
        if self._wire == "packets":
            yield from self._packets(file)
        elif self._wire == "udp" and head.startswith((PCAPNG, *PCAP)):
            yield from self._datagrams(file)
        elif head.startswith(TABLE_TOP):
            yield from self._rows(file)
        elif messages and head.startswith(_XZ):
            yield from _cut(file, _XZ_BEGINS.split)
        elif messages and head.startswith(_LZMA):
            yield from _chunks(file, MOST_PIECE_BYTES)
        elif messages and _is_text(head):
            yield from _cut(file, pieces)
        else:
            yield from _chunks(file, CHUNK_BYTES)

    def _datagrams(self, file: BinaryIO) -> Iterator[Piece]:
        """Give the datagrams in a capture of packets; other packets are passed over."""
        reader = PacketReader()
        reader.refused = self.refused
        while data := file.read(CHUNK_BYTES):
            for packet in reader.feed(data):
                payload = udp_payload(packet.link_type, packet.data)
                if payload:
                    yield Piece(packet.time_ns, payload)
        reader.close()

    def _packets(self, file: BinaryIO) -> Iterator[Piece]:
        reader = PacketReader()
        reader.refused = self.refused
        while data := file.read(CHUNK_BYTES):
            for packet in reader.feed(data):
                yield Piece(packet.time_ns, wrap(packet.link_type, packet.data))
        reader.close()

    def _rows(self, file: BinaryIO) -> Iterator[Piece]:
        file.readline(MOST_PIECE_BYTES)
        while line := file.readline(MOST_PIECE_BYTES):
            row = _ROW.fullmatch(line)
            data = _decimal_bytes(row[3]) if row else None
            if row is None or data is None:
                self.refused["row that cannot be read"] += 1
                continue
            yield Piece(_time_ns(row[1].decode("ascii", "replace")), data)


async def paced(
    items: Iterable[tuple[int | None, Timed]],
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    now_s: Callable[[], float] = time.monotonic,
) -> AsyncGenerator[Timed, None]:
    """Give items at the pace of their own times; one without a time, or late, at once.

    Parameters
    ----------
    items : iterable of (int or None, item)
        Each with its time in ns: the pieces of a capture, or the readings in it.
    sleep, now_s : callable
        The clock; a test gives its own.
    """
    origin: tuple[int, float] | None = None
    for time_ns, item in items:
        wait_s = 0.0
        if time_ns is not None:
            origin = origin or (time_ns, now_s())
            wait_s = (time_ns - origin[0]) / 1e9 - (now_s() - origin[1])
        await sleep(max(wait_s, 0.0))
        yield item


def _is_text(head: bytes) -> bool:
    """Whether messages are text: a length of two octets follows the first where they are not."""
    return head[:1].isascii() and (head[1:2].isspace() or head[1:2] >= b" " or len(head) == 1)


def _chunks(file: BinaryIO, size: int) -> Iterator[Piece]:
    while data := file.read(size):
        yield Piece(None, data)


def _cut(file: BinaryIO, cut: Callable[[bytes], Iterable[bytes]]) -> Iterator[Piece]:
    """Give the parts that `cut` makes; the last of what was read may go on in what follows.

    As much is read again as waits for its end: all is searched a few times at most.
    """
    text = b""
    while data := file.read(max(CHUNK_BYTES, len(text))):
        *whole, text = cut(text + data)
        yield from (Piece(None, part) for part in whole if part)
        while len(text) > MOST_PIECE_BYTES:
            yield Piece(None, text[:MOST_PIECE_BYTES])
            text = text[MOST_PIECE_BYTES:]
    if text:
        yield Piece(None, text)


def _decimal_bytes(text: bytes) -> bytes | None:
    try:
        return bytes(map(int, text.split(b",")))
    except ValueError:
        return None


def _time_ns(text: str) -> int | None:
    """Read a time as text, to the nanosecond, as UTC where it has no offset."""
    parts = _TIME.fullmatch(text.strip())
    if parts is None:
        return None
    seconds, fraction, offset = parts.groups(default="")
    try:
        moment = datetime.fromisoformat(seconds + offset)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp()) * 1_000_000_000 + int(fraction.ljust(9, "0"))
