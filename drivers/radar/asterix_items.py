"""The forms of ASTERIX data items, and records as they lie on the wire (EUROCONTROL-SPEC-0149).

A record begins with its field specification: seven bits an octet, one for each item of the
category's profile, and a last bit that says that another octet follows. The items follow in the
profile's order. An item's length stands in its form; what it says does not matter for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ..errors import FrameError

MOST_OCTETS = 64
"""Of a field specification or an extended item: far more than any edition has."""


class Form(Protocol):
    """How long an item is."""

    def end(self, data: bytes, at: int) -> int:
        """Give where the item that begins at `at` ends; it may lie beyond `data`.

        Raises
        ------
        FrameError
            If it cannot be told.
        """
        ...


@dataclass(frozen=True, slots=True)
class Fixed:
    """So many octets."""

    octets: int

    def end(self, data: bytes, at: int) -> int:
        """Give where the item ends."""
        del data
        return at + self.octets


@dataclass(frozen=True, slots=True)
class Extended:
    """Parts of so many octets; the last bit of each says whether another follows."""

    octets: int = 1

    def end(self, data: bytes, at: int) -> int:
        """Give where the item ends."""
        for _ in range(MOST_OCTETS):
            at += self.octets
            if not _octet(data, at - 1) & 1:
                return at
        raise FrameError("endless item")


@dataclass(frozen=True, slots=True)
class Repeated:
    """A count, then so many octets each time."""

    octets: int

    def end(self, data: bytes, at: int) -> int:
        """Give where the item ends."""
        return at + 1 + _octet(data, at) * self.octets


@dataclass(frozen=True, slots=True)
class Explicit:
    """A length that counts itself."""

    def end(self, data: bytes, at: int) -> int:
        """Give where the item ends."""
        length = _octet(data, at)
        if not length:
            raise FrameError("item without length")
        return at + length


class Compound:
    """A specification like a record's, then the parts that it names; None = spare."""

    def __init__(self, *parts: Form | int | None) -> None:
        self._parts = [Fixed(part) if isinstance(part, int) else part for part in parts]

    def end(self, data: bytes, at: int) -> int:
        """Give where the item ends."""
        present, at = specification(data, at)
        for number in present:
            part = self._parts[number] if number < len(self._parts) else None
            if part is None:
                raise FrameError("part of no known item")
            at = part.end(data, at)
        return at


Profile = Sequence[tuple[str, Form] | None]
"""A category's items in the order of the wire; None = spare."""


def specification(data: bytes, at: int) -> tuple[list[int], int]:
    """Read a field specification: the numbers of what is present, and where it ends."""
    present: list[int] = []
    for nth in range(MOST_OCTETS):
        octet = _octet(data, at + nth)
        present += (7 * nth + bit for bit in range(7) if octet >> (7 - bit) & 1)
        if not octet & 1:
            return present, at + nth + 1
    raise FrameError("endless field specification")


def split(profile: Profile, data: bytes, at: int) -> tuple[dict[str, bytes], int]:
    """Cut the record at `at` into its items, by name; give them and where it ends.

    Raises
    ------
    FrameError
        If it names an item that the profile does not know, or ends beyond `data`.
    """
    present, at = specification(data, at)
    if not present:
        raise FrameError("record without items")
    items: dict[str, bytes] = {}
    for number in present:
        row = profile[number] if number < len(profile) else None
        if row is None:
            raise FrameError("item that the category does not know")
        name, form = row
        end = form.end(data, at)
        if end > len(data):
            raise FrameError("record cut off")
        items[name] = data[at:end]
        at = end
    return items, at


def join(profile: Profile, items: Mapping[str, bytes]) -> bytes:
    """Write a record; the inverse of `split`.

    Raises
    ------
    ValueError
        If an item is not of the profile, or not of its length.
    """
    octets, body, left = bytearray(), b"", set(items)
    for number, row in enumerate(profile):
        if row is None or row[0] not in items:
            continue
        name, form = row
        item = items[name]
        if form.end(item, 0) != len(item):
            raise ValueError(f"item {name} is not {len(item)} octets long")
        octets.extend(bytes(number // 7 + 1 - len(octets)))
        octets[number // 7] |= 0x80 >> number % 7
        body += item
        left.discard(name)
    if left or not octets:
        raise ValueError(f"no record: items {sorted(left)} are not of the category")
    for nth in range(len(octets) - 1):
        octets[nth] |= 1
    return bytes(octets) + body


def _octet(data: bytes, at: int) -> int:
    if at >= len(data):
        raise FrameError("record cut off")
    return data[at]
