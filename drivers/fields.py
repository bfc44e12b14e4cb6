"""A record of fixed layout as a table: one row per number, read both ways."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

Record = TypeVar("Record", bound=msgspec.Struct)
Value = float | str | bytes | None


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a record.

    Parameters
    ----------
    name : str
        The record's attribute; the unit stands in it.
    code : str
        How it lies on the wire, in the letters of `struct`: one value.
    at : int, optional
        Where it lies, in bytes from the record's start; else right behind the row before.
    per_unit : int
        Counts on the wire for one unit of the attribute.
    low, high : float
        What is outside, or not a number, says "unknown": the attribute is None.
    names : sequence, optional
        The attribute's value for each code on the wire; a code beyond its end is unknown.
    unknown : float, optional
        What is sent for None.
    """

    name: str
    code: str
    at: int | None = None
    per_unit: int = 1
    low: float | None = None
    high: float | None = None
    names: Sequence[float | str | None] | None = None
    unknown: float = 0

    @property
    def plain(self) -> bool:
        """Whether the attribute is what lies on the wire."""
        limits = (self.names, self.low, self.high)
        return self.per_unit == 1 and all(limit is None for limit in limits)

    def from_wire(self, value: float | bytes) -> Value:
        """Scale and name one value."""
        if isinstance(value, bytes):
            return value
        if self.names is not None:
            code = int(value)
            return self.names[code] if 0 <= code < len(self.names) else None
        scaled = value if self.per_unit == 1 else value / self.per_unit
        if self.low is not None and not scaled >= self.low:
            return None
        if self.high is not None and not scaled <= self.high:
            return None
        return scaled

    def to_wire(self, value: Value) -> float | bytes:
        """Undo `from_wire`.

        Raises
        ------
        ValueError
            If the wire has no code for `value`.
        """
        if isinstance(value, bytes):
            return value
        if value is None:
            return self.unknown
        if self.names is not None:
            if value not in self.names:
                raise ValueError(f"{self.name}: no code for {value!r}")
            return self.names.index(value)
        assert not isinstance(value, str), "a row without names holds a number"
        scaled = value * self.per_unit
        return scaled if self.code in "fd" else round(scaled)


class Layout(Generic[Record]):
    """How a record lies in bytes, little-endian.

    Parameters
    ----------
    record : type
        The struct that the rows fill, every attribute named by one row.
    fields : Field
        The rows, in the order of the wire.
    size : int, optional
        Bytes of the whole record, where it is longer than its rows.
    """

    def __init__(self, record: type[Record], *fields: Field, size: int | None = None) -> None:
        self._record = record
        self._fields = fields
        self._names = tuple(row.name for row in fields)
        self._not_plain = tuple((at, row) for at, row in enumerate(fields) if not row.plain)
        self._struct = struct.Struct(_format(fields, size))
        self.size = self._struct.size

    def decode(self, data: bytes | bytearray | memoryview, offset: int = 0) -> Record:
        """Read the record at `offset`; `data` must hold all of it."""
        return self._named(self._struct.unpack_from(data, offset))

    def decode_all(self, data: bytes | bytearray | memoryview) -> Iterator[Record]:
        """Read records that lie one behind the other and fill `data`."""
        return map(self._named, self._struct.iter_unpack(data))

    def encode(self, record: Record) -> bytes:
        """Write one record; the inverse of `decode`.

        Raises
        ------
        ValueError
            If a value does not fit its row.
        """
        values: Mapping[str, Value] = msgspec.structs.asdict(record)
        try:
            return self._struct.pack(*(row.to_wire(values[row.name]) for row in self._fields))
        except (struct.error, OverflowError) as error:
            raise ValueError(f"{self._record.__name__} does not fit its wire: {error}") from None

    def _named(self, values: Sequence[float | bytes]) -> Record:
        named: dict[str, Value] = dict(zip(self._names, values, strict=True))
        for at, row in self._not_plain:
            named[row.name] = row.from_wire(values[at])
        return msgspec.convert(named, self._record)


def _format(fields: Sequence[Field], size: int | None) -> str:
    text, length = "<", 0
    for row in fields:
        gap = 0 if row.at is None else row.at - length
        assert gap >= 0, f"{row.name} overlaps the row before"
        text += f"{gap}x{row.code}"
        length += gap + struct.calcsize("<" + row.code)
    return text if size is None else f"{text}{size - length}x"
