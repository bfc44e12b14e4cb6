"""ASTERIX, the format of air traffic surveillance, over UDP or as a file of data blocks.

    CC LLLL record...      C: category  L: octets of the whole block, big-endian

A block holds records of one category: 034 (a radar's service), 048 (its plots and tracks), 062
(system tracks), 015 (independent non-cooperative surveillance), 065 (the system's service).
`asterix_tables.py` holds them. CAT 015 and 065 are read by length; of them few values have names.

Records carry the time of day alone: the date is the one that puts it nearest to the moment of
reception. What an attribute tells in full stands there alone; other items are kept as they came.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

import msgspec

from ..driver import Driver
from ..errors import FrameError
from ..readings import AirReport
from .asterix_items import join, split
from .asterix_tables import PROFILES, VALUES, Value

HEADER_BYTES = 3
DAY_NS = 86_400_000_000_000
DAY_S = 86_400

MOST_DATAGRAM_BYTES = 65_507
"""Longer pieces are of a file, and what follows goes on where they end."""

_IA5 = (
    "\0ABCDEFGHIJKLMNOPQRSTUVWXYZ\0\0\0\0\0 \0\0\0\0\0\0\0\0\0\0\0\0\0\0\x000123456789\0\0\0\0\0\0"
)
"""The 64 characters of six bits that ICAO allows in an aircraft's name; NUL = none."""


class Decoder:
    """Datagrams of whole blocks, or a file of them.

    Attributes
    ----------
    refused : Counter
        Blocks that were not read, by reason.
    """

    def __init__(self) -> None:
        self.refused: Counter[str] = Counter()
        self._rest = b""

    def feed(self, data: bytes, time_ns: int) -> Iterator[AirReport]:
        """Give the records in `data`, received at `time_ns` (UTC)."""
        buffer, at = self._rest + data, 0
        self._rest = b""
        while at < len(buffer):
            head = buffer[at : at + HEADER_BYTES]
            length = int.from_bytes(head[1:], "big") if len(head) == HEADER_BYTES else 0
            if len(head) == HEADER_BYTES and length <= HEADER_BYTES:
                self.refused["impossible length"] += 1
                return
            if not length or at + length > len(buffer):
                self._cut_off(buffer[at:], goes_on=len(data) > MOST_DATAGRAM_BYTES)
                return
            yield from self._block(head[0], buffer[at + HEADER_BYTES : at + length], time_ns)
            at += length

    def close(self) -> Iterator[AirReport]:
        """End the stream; a cut-off block is counted."""
        if self._rest:
            self._cut_off(self._rest, goes_on=False)
            self._rest = b""
        return iter(())

    def _cut_off(self, rest: bytes, *, goes_on: bool) -> None:
        if goes_on:
            self._rest = rest
        else:
            self.refused["cut off"] += 1

    def _block(self, category: int, body: bytes, time_ns: int) -> list[AirReport]:
        """Read one block; nothing of it is believed unless its records fill it."""
        if category not in PROFILES:
            self.refused["unknown category"] += 1
            return []
        at = 0
        found: list[AirReport] = []
        while at < len(body):
            try:
                items, at = split(PROFILES[category], body, at)
            except FrameError as error:
                self.refused[error.reason] += 1
                return []
            found.append(report(category, items, time_ns))
        return found


DRIVER = Driver(
    name="asterix",
    wire="udp",
    reads="plots and tracks of air traffic radars: CAT 034, 048, 062, 015, 065",
    documents=("EUROCONTROL-SPEC-0149, parts 2b, 4, 9 and 22",),
    decoder=Decoder,
)


def report(category: int, items: Mapping[str, bytes], time_ns: int) -> AirReport:
    """Give what a record's items say; `time_ns` is the moment of reception."""
    told: dict[str, object] = {}
    for row in VALUES[category]:
        if row.item in items:
            told[row.attribute] = _read(row, int.from_bytes(items[row.item], "big"))
    day_s = told.get("time_of_day_s")
    when_ns = dated(day_s, time_ns) if isinstance(day_s, float) else time_ns
    found = msgspec.convert({"time_ns": when_ns, "category": category, **told}, AirReport)
    written = _written(found)
    kept = {name: item.hex() for name, item in items.items() if written.get(name) != item}
    return msgspec.structs.replace(found, items=kept)


def dated(time_of_day_s: float, received_ns: int) -> int:
    """Give the moment of that time of day nearest to `received_ns`, and not before 1970."""
    if time_of_day_s >= DAY_S:
        return received_ns
    day_ns = round(time_of_day_s * 1e9)
    behind = (received_ns - day_ns + DAY_NS // 2) // DAY_NS
    return max(behind, 0) * DAY_NS + day_ns


def encode(*reports: AirReport) -> bytes:
    """Write one data block; the inverse of decoding, but for the date.

    Raises
    ------
    ValueError
        If there is no report, they are of several or unknown categories, or do not fit.
    """
    categories = {one.category for one in reports}
    if len(categories) != 1 or not categories <= PROFILES.keys():
        raise ValueError(f"no data block of categories {sorted(categories)}")
    (category,) = categories
    body = b""
    for one in reports:
        kept = {name: bytes.fromhex(item) for name, item in one.items.items()}
        body += join(PROFILES[category], _written(one) | kept)
    length = len(body) + HEADER_BYTES
    if length > 0xFFFF:
        raise ValueError(f"{length} octets are too many for one data block")
    return bytes([category]) + length.to_bytes(2, "big") + body


def _written(one: AirReport) -> dict[str, bytes]:
    """The items that the attributes fill."""
    lengths = {row[0]: row[1] for row in PROFILES[one.category] if row}
    numbers: dict[str, int] = {}
    for row in VALUES[one.category]:
        value = getattr(one, row.attribute)
        if value is not None:
            numbers[row.item] = numbers.get(row.item, 0) | _count(row, value) << row.low_bit
    sizes = {item: lengths[item].end(b"", 0) for item in numbers}  # all of them are fixed
    return {item: number.to_bytes(sizes[item], "big") for item, number in numbers.items()}


def _read(row: Value, number: int) -> float | int | str:
    count = number >> row.low_bit & (1 << row.bits) - 1
    if row.form == "octal":
        return f"{count:0{row.bits // 3}o}"
    if row.form == "hex":
        return f"{count:0{row.bits // 4}X}"
    if row.form == "ia5":
        places = range(row.bits - 6, -1, -6)
        return "".join(_IA5[count >> place & 63] for place in places).replace("\0", "").rstrip()
    if row.form == "whole":
        return count
    if row.signed and count >> (row.bits - 1):
        count -= 1 << row.bits
    return count * row.step


def _count(row: Value, value: float | str) -> int:
    """Undo `_read`.

    Raises
    ------
    ValueError
        If the value does not fit.
    """
    if row.form == "ia5":
        count = 0
        for letter in str(value).ljust(row.bits // 6):
            count = count << 6 | _IA5.index(letter)
    elif isinstance(value, str):
        count = int(value, 8 if row.form == "octal" else 16)
    else:
        try:
            count = round(value / row.step)
        except OverflowError:
            raise ValueError(f"{row.attribute} = {value} does not fit") from None
    lowest = -(1 << row.bits - 1) if row.signed else 0
    if not lowest <= count < lowest + (1 << row.bits):
        raise ValueError(f"{row.attribute} = {value} does not fit")
    return count & (1 << row.bits) - 1
