"""The registers that institutions keep today: CSV files, one item line a row, to finds.

    site,find_ref,found_at,place,method,category,quantity,unit,weight_g,negative_search
    noord,2021-0007,2021-03-02T09:10:00+01:00,cell,cell_inspection,drugs/cannabis,1,package,4.5,
    noord,2021-0007,2021-03-02T09:10:00+01:00,cell,cell_inspection,phone/mini,2,pcs,,
    noord,2021-0008,2021-03-03T08:00:00+01:00,yard,yard_inspection,,,,,true

Rows of one site with the same `find_ref` are one find, wherever they stand. Commas or semicolons
part the cells; UTF-8, with or without a byte order mark. A row that cannot be is refused alone.

A find's name and its record's id follow from site, reference and content: importing a file twice
adds nothing, and a find whose rows have changed since becomes its next version.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID

import msgspec
from msgspec.structs import replace

from ..config.settings import SiteSection
from .commands import RecordFind
from .errors import UsageError
from .finds import MOST_ITEMS, make_find
from .messages import Find, FindItem, Mode

COLUMNS = (
    "site",
    "find_ref",
    "found_at",
    "place",
    "method",
    "category",
    "quantity",
    "unit",
    "weight_g",
    "negative_search",
)
MOST_CELL = 1_000
"""Characters of one cell; a register's longest are references."""

_YES = ("true", "1", "yes", "ja")
_NO = ("", "false", "0", "no", "nee")


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was left out; `row` counts as a spreadsheet does, the header being row 1."""

    row: int
    reason: str


@dataclass(slots=True)
class Register:
    """What a file gave: its finds, in the order of their first rows, and the rows refused."""

    finds: dict[tuple[str, str], Find] = field(default_factory=dict[tuple[str, str], Find])
    refused: list[RefusedRow] = field(default_factory=list[RefusedRow])
    rows: int = 0


def read_rows(lines: Iterable[str]) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Give the rows of a register with their numbers, as text by column.

    Parameters
    ----------
    lines : iterable of str
        The file's lines with their ends.

    Raises
    ------
    UsageError
        If it has no header of a register, or is no CSV.
    """
    lines = iter(lines)
    header = next(lines, "").removeprefix("\ufeff")
    delimiter = ";" if header.count(";") > header.count(",") else ","
    names = [name.strip().lower() for name in header.split(delimiter)]
    _check_header(names)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UsageError(f"after line {reader.line_num + 1}: no CSV ({error})") from None
        if any(cell.strip() for cell in cells):
            yield reader.line_num + 1, _by_name(names, cells)


def add_row(
    register: Register, number: int, row: Mapping[str, str], mode: Mode, now_ns: int
) -> None:
    """Take one row into the register, or refuse it with its reason.

    Parameters
    ----------
    register : Register
        Changed.
    number : int
    row : mapping
        As `read_rows` gives it.
    mode : {"live", "test", "exercise"}
    now_ns : int
        The moment of the import (UTC).
    """
    register.rows += 1
    try:
        find = _find_of(row, mode, now_ns)
        key = (find.site, find.register_ref or "")
        before = register.finds.get(key)
        register.finds[key] = find if before is None else _joined(before, find)
    except UsageError as error:
        register.refused.append(RefusedRow(number, str(error)))


def version_of(find: Find, known: Find | None) -> Find | None:
    """Give the record to write for a find that may be in the log; `None` if it is there as it is.

    Parameters
    ----------
    find : Find
        From a register.
    known : Find, optional
        Its newest version in the log.
    """
    if known is not None and known.reason is not None:
        return None  # a person corrected it since: the register's word is older
    if known is not None:
        find = replace(
            find,
            incident=known.incident,
            suggested=known.suggested,
            supersedes=known.supersedes,
            corrected_by=known.corrected_by,
        )
        same = replace(
            find, id=known.id, time_ns=known.time_ns, version=known.version, mode=known.mode
        )
        if same == known:
            return None
        find = replace(find, supersedes=known.id, corrected_by=None)
    version = 1 if known is None else known.version + 1
    content = msgspec.json.encode(replace(find, id="", time_ns=0, version=version))
    return replace(find, id=_uuid(content), version=version)


def _check_header(names: list[str]) -> None:
    missing = [name for name in COLUMNS if name not in names]
    unknown = [name for name in names if name not in COLUMNS]
    if missing:
        raise UsageError(
            f"row 1: no column {', '.join(missing)}; a register begins with {','.join(COLUMNS)}"
        )
    if unknown or len(names) != len(COLUMNS):
        what = f"column {', '.join(unknown)} is none of a register's" if unknown else "twice a name"
        raise UsageError(f"row 1: {what}; there are {', '.join(COLUMNS)}")


def _by_name(names: list[str], cells: list[str]) -> dict[str, str]:
    row = dict(zip(names, (cell.strip() for cell in cells), strict=False))
    if len(cells) != len(names):
        row["?"] = f"it has {len(cells)} cells, the header {len(names)}; check its separators"
    return row


def _find_of(row: Mapping[str, str], mode: Mode, now_ns: int) -> Find:
    """Make a find of one line."""
    if "?" in row:
        raise UsageError(row["?"])
    for name, cell in row.items():
        if len(cell) > MOST_CELL:
            raise UsageError(f"{name}: {len(cell)} characters are too many; at most {MOST_CELL}")
    negative = _flag(row["negative_search"])
    try:
        site = msgspec.convert(
            {"name": row["site"], "mode": mode, "latitude_deg": 0, "longitude_deg": 0}, SiteSection
        )
    except msgspec.ValidationError:
        raise UsageError("site: at most 64 letters, digits, _ and -, as in its settings") from None
    if not row["found_at"]:
        raise UsageError("found_at: it is empty; write it as 2021-03-02T09:10:00+01:00")
    filled = [name for name in ("category", "quantity", "unit", "weight_g") if row[name]]
    if negative and filled:
        raise UsageError(f"{filled[0]}: a negative search found nothing; leave it empty")
    try:
        command = RecordFind(
            id="-",
            place=row["place"],
            method=row["method"],
            found_at=row["found_at"],
            negative_search=negative,
            items=() if negative else (_item(row),),
        )
        find = make_find(site, command, now_ns)
    except UsageError as error:
        raise UsageError(str(error).removeprefix("item 1, ")) from None
    return _named(find, row["find_ref"])


def _named(find: Find, reference: str) -> Find:
    """Give a find the name that follows from its register's reference."""
    if not reference:
        raise UsageError("find_ref: it is empty; rows of one find share a reference")
    name = _uuid(f"{find.site}\n{reference}".encode())
    try:
        named = replace(find, find=name, register_ref=reference)
        return msgspec.convert(msgspec.to_builtins(named), Find)
    except msgspec.ValidationError:
        raise UsageError(
            "find_ref: at most 64 letters, digits and . _ : - are allowed, never a name"
        ) from None


def _item(row: Mapping[str, str]) -> FindItem:
    category, _, sub = row["category"].partition("/")
    if not category:
        raise UsageError("category: it is empty; write a code, or true in negative_search")
    weight = _number(row, "weight_g")
    quantity = _number(row, "quantity")
    return FindItem(
        category=category,
        sub=sub or None,
        quantity=1 if quantity is None else quantity,
        unit=row["unit"] or "pcs",
        weight_g=weight,
    )


def _number(row: Mapping[str, str], name: str) -> float | None:
    text = row[name]
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        if text.count(",") == 1 and text.replace(",", "").isdigit():
            right = text.replace(",", ".")
            raise UsageError(f"{name}: decimals have a point, as {right}") from None
        raise UsageError(f"{name}: no number; write it as 4.5, without a unit") from None


def _flag(text: str) -> bool:
    if text.lower() in _YES:
        return True
    if text.lower() in _NO:
        return False
    raise UsageError("negative_search: neither true nor false")


def _joined(before: Find, line: Find) -> Find:
    """Add a further line to its find."""
    for name in ("found_at_ns", "place", "method", "negative_search"):
        if getattr(before, name) != getattr(line, name):
            field_name = name.removesuffix("_ns")
            raise UsageError(
                f"{field_name}: another than in the first row of {line.register_ref}; "
                "rows of one find agree in it"
            )
    if line.negative_search:
        raise UsageError(f"negative_search: {line.register_ref} has its one row already")
    if len(before.items) >= MOST_ITEMS:
        raise UsageError(f"find_ref: {line.register_ref} has {MOST_ITEMS} rows, the most of a find")
    return replace(before, items=before.items + line.items)


def _uuid(content: bytes) -> str:
    """Make a UUIDv8 (RFC 9562, 5.8) from the SHA-256 of `content`."""
    bits = int.from_bytes(sha256(content).digest()[:16], "big")
    bits = bits & ~(0xF << 76) | 0x8 << 76
    return str(UUID(int=bits & ~(0x3 << 62) | 0x2 << 62))
