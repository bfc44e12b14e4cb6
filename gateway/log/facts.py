"""The finds of a log as reports count them: one row an item line, in `reports.db` beside the log.

The rows are derived from the entries and can be thrown away: a report over a million finds then
needs no walk through the log. They are brought up to date before they are read; where the folder
may not be written, they are made in memory. They prove nothing by themselves: `differing` tells
whether they are what the entries say, and `havik log verify` asks it.

A corrected find keeps the rows of its earlier versions, marked with the moment at which the next
version was recorded: so a report can be made as of any earlier day.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import chain, repeat
from pathlib import Path

import msgspec

from ..messages import Find
from . import folder as place
from .counts import TABLE, FindLine, Tally
from .database import BUSY_S, connect_to_read, transaction
from .entries import from_bytes, schema_of

REPORTS = "reports.db"
FORM = 2
"""Of the rows; a file of another form is made anew."""

BATCH = 5_000
CACHE_KIB = 65_536
"""Rows come in the order of the log, not in that of their times: pages are visited all over."""

_KIND = schema_of(Find)
# Clustered by the time of the find: a report's period is one run of rows.
_TABLES = (
    """
    CREATE TABLE IF NOT EXISTS find_line (
        found_at_ns INTEGER NOT NULL,
        find TEXT NOT NULL,
        version INTEGER NOT NULL,
        line INTEGER NOT NULL,
        site TEXT NOT NULL,
        mode TEXT NOT NULL,
        recorded_ns INTEGER NOT NULL,
        superseded_ns INTEGER,
        entry_index INTEGER NOT NULL,
        negative INTEGER NOT NULL,
        place TEXT NOT NULL,
        method TEXT NOT NULL,
        category TEXT,
        first_of_category INTEGER NOT NULL,
        quantity REAL NOT NULL,
        incident TEXT,
        PRIMARY KEY (found_at_ns, find, version, line)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX IF NOT EXISTS find_line_find ON find_line (find, version)",
    TABLE,
    """
    CREATE TABLE IF NOT EXISTS read_until (
        size INTEGER NOT NULL,
        newest_ns INTEGER NOT NULL
    ) STRICT
    """,
    "INSERT INTO read_until SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM read_until)",
)
_COLUMNS = ", ".join(FindLine._fields)
_INSERT = """
INSERT OR IGNORE INTO find_line VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_ENTRIES = """
SELECT entry_index, content FROM entry
WHERE kind = ? AND entry_index >= ? AND entry_index < ? ORDER BY entry_index
"""
_SIZE = "SELECT coalesce(max(entry_index) + 1, 0) FROM entry"
_finds = msgspec.json.Decoder(Find)

Row = tuple[object, ...]


def current(folder: Path, advance: Callable[[int], None] | None = None) -> sqlite3.Connection:
    """Open the rows of all finds that are in the log now; the caller closes the connection.

    Parameters
    ----------
    folder : Path
        Of a central log.
    advance : callable, optional
        Told how many entries more are done.

    Raises
    ------
    UsageError
        If there is no log.
    sqlite3.Error, msgspec.DecodeError
        If the log cannot be read.
    """
    place.require(folder)
    with closing(connect_to_read(folder / place.LOG)) as log:
        db = _open(folder)
        try:
            _catch_up(db, log, advance)
        except BaseException:
            db.close()
            raise
    return db


def differing(log: sqlite3.Connection, folder: Path) -> int | None:
    """Find the first entry whose rows are not what its find says.

    Parameters
    ----------
    log : Connection
        To the entries, verified.
    folder : Path
        Where `reports.db` is.

    Returns
    -------
    int or None
        The entry's index; `None` if all rows are right, or nobody has made any.

    Raises
    ------
    sqlite3.Error
        If one of the two cannot be read.
    """
    path = folder / REPORTS
    if not path.is_file():
        return None
    with closing(connect_to_read(path)) as stored, closing(_fresh(":memory:")) as right:
        if not _is_of_our_form(stored):
            return None  # the next report makes it anew
        ((until,),) = stored.execute("SELECT size FROM read_until")
        _catch_up(right, log, None, most=int(until))
        for one, other in _pairs(stored, right):
            if one != other:
                return _entry_of(one or other)
        counts = (
            "SELECT * FROM find_count ORDER BY year, period, site, mode, place, method, category"
        )
        if stored.execute(counts).fetchall() != right.execute(counts).fetchall():
            return int(until) - 1  # the counts up to there are not those of the rows
    return None


def _open(folder: Path) -> sqlite3.Connection:
    """Open the rows that are kept, or make them; in memory where nothing may be written."""
    path = folder / REPORTS
    if not os.access(folder, os.W_OK):
        return _fresh(":memory:")
    db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
    try:
        db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        if _is_of_our_form(db):
            return db
    except sqlite3.DatabaseError:
        pass  # damaged: it is only derived
    db.close()
    for name in (REPORTS, f"{REPORTS}-journal"):
        (folder / name).unlink(missing_ok=True)
    return _fresh(path)


def _fresh(path: Path | str) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
    db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    with transaction(db):
        for statement in _TABLES:
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {FORM}")
    return db


def _is_of_our_form(db: sqlite3.Connection) -> bool:
    ((form,),) = db.execute("PRAGMA user_version")
    return bool(form == FORM)


def _catch_up(
    db: sqlite3.Connection,
    log: sqlite3.Connection,
    advance: Callable[[int], None] | None,
    most: int | None = None,
) -> None:
    """Add the finds of the entries that were not read yet, up to `most`; a batch a transaction."""
    ((size,),) = log.execute(_SIZE)
    end = size if most is None else min(most, size)
    while True:
        with transaction(db):
            ((start,),) = db.execute("SELECT size FROM read_until")
            if start >= end:
                return
            until = min(start + BATCH, end)
            tally, newest_ns = Tally(), 0
            for index, data in log.execute(_ENTRIES, (_KIND, start, until)):
                envelope = from_bytes(data)
                newest_ns = max(newest_ns, envelope.time_ns)
                _add(db, index, bytes(envelope.content), tally)
            tally.write(db)
            db.execute(
                "UPDATE read_until SET size = ?, newest_ns = max(newest_ns, ?)", (until, newest_ns)
            )
        if advance is not None:
            advance(until - start)


def _add(db: sqlite3.Connection, index: int, content: bytes, tally: Tally) -> None:
    """Add one find; one that this software cannot read is not counted."""
    try:
        find = _finds.decode(content)
    except msgspec.DecodeError:
        return
    if find.version > 1:
        _supersede(db, find, tally)
    ((newer,),) = db.execute(  # a correction may reach the log before what it corrects
        "SELECT min(recorded_ns) FROM find_line WHERE find = ? AND version > ?",
        (find.find, find.version),
    )
    lines = list(_lines(find, index, newer))
    db.executemany(_INSERT, lines)
    if newer is None:
        for line in lines:
            tally.count(line, 1)


def _supersede(db: sqlite3.Connection, find: Find, tally: Tally) -> None:
    """Mark the lines of earlier versions, and take them out of the counts."""
    earlier = "find = ? AND version < ? AND superseded_ns IS NULL"
    values = (find.find, find.version)
    for row in db.execute(f"SELECT {_COLUMNS} FROM find_line WHERE {earlier}", values):  # noqa: S608
        tally.count(FindLine(*row), -1)
    mark = f"UPDATE find_line SET superseded_ns = ? WHERE {earlier}"  # noqa: S608 - ours
    db.execute(mark, (find.time_ns, *values))


def _lines(find: Find, index: int, superseded_ns: int | None) -> Iterator[FindLine]:
    """Give a find's item lines; one without a category for a search that found nothing."""
    seen: set[str | None] = {None}
    items: list[tuple[str | None, float]] = [(one.category, one.quantity) for one in find.items]
    for line, (category, quantity) in enumerate(items or [(None, 0.0)], 1):
        new = category not in seen
        seen.add(category)
        yield FindLine(
            found_at_ns=find.found_at_ns,
            find=find.find,
            version=find.version,
            line=line,
            site=find.site,
            mode=find.mode,
            recorded_ns=find.time_ns,
            superseded_ns=superseded_ns,
            entry_index=index,
            negative=int(find.negative_search),
            place=find.place,
            method=find.method,
            category=category,
            first_of_category=int(new),
            quantity=quantity,
            incident=find.incident,
        )


def _pairs(
    stored: sqlite3.Connection, derived: sqlite3.Connection
) -> Iterator[tuple[Row | None, Row | None]]:
    """Give the rows of both side by side, in the order of their entries; `None` behind the end."""
    query = f"SELECT {_COLUMNS} FROM find_line ORDER BY entry_index, line"  # noqa: S608 - ours
    end = repeat(None)
    both = zip(chain(stored.execute(query), end), chain(derived.execute(query), end), strict=False)
    for one, other in both:
        if one is None and other is None:
            return
        yield one, other


def _entry_of(row: Row | None) -> int | None:
    index = None if row is None else row[8]
    return index if isinstance(index, int) else None
