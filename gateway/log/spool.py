"""The spool: what is recorded is on the disk here before anybody is told so.

A record waits here until the central log has it. Forwarding again what the log has already is
harmless (the log knows its ids), so that a stop at any moment loses nothing and doubles nothing.
Its bound is the disk's: when that is full, the recorder says so.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from . import folder as place
from .database import Database, connect, connect_to_read, transaction

# AUTOINCREMENT: a number is never given again. Two processes may forward the same records; the
# slower one would otherwise forget a new record in the place of an old one.
_TABLE = """
CREATE TABLE IF NOT EXISTS record (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    data BLOB NOT NULL
) STRICT
"""


class Spool(Database):
    """The spool of one log's folder, made at its first use.

    Several processes may have it open. One object serves one thread at a time.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    UsageError
        If the folder cannot be used, or what is there is damaged.
    """

    def __init__(self, folder: Path) -> None:
        place.prepare(folder)
        try:
            super().__init__(connect(folder / place.SPOOL))
        except sqlite3.Error as error:
            raise place.unusable(folder, error) from None
        try:
            self._db.execute(_TABLE)
        except sqlite3.Error as error:
            self.close()
            raise place.unusable(folder, error) from None

    def add(self, records: Sequence[bytes]) -> None:
        """Add encoded records, in order, all or none; return when they are on the disk.

        Raises
        ------
        sqlite3.Error
            If the disk is full or cannot be written: nothing was added.
        """
        with transaction(self._db):
            rows = ((record,) for record in records)
            self._db.executemany("INSERT INTO record (data) VALUES (?)", rows)

    def waiting(self, most: int = 100) -> list[tuple[int, bytes]]:
        """Give the number and the bytes of the records that wait, the oldest first."""
        rows = self._db.execute("SELECT number, data FROM record ORDER BY number LIMIT ?", (most,))
        return rows.fetchall()

    def forget(self, numbers: Sequence[int]) -> None:
        """Take out records that the central log has; those that are gone already do not matter."""
        with transaction(self._db):
            rows = ((number,) for number in numbers)
            self._db.executemany("DELETE FROM record WHERE number = ?", rows)

    @property
    def depth(self) -> int:
        """How many records wait; O(n)."""
        return _depth(self._db)


def count_waiting(folder: Path) -> int:
    """Tell how many records wait in the spool of `folder`, without the right to change it.

    Raises
    ------
    sqlite3.Error
        If there is a spool that cannot be read.
    """
    if not (folder / place.SPOOL).is_file():
        return 0
    with closing(connect_to_read(folder / place.SPOOL)) as db:
        return _depth(db)


def _depth(db: sqlite3.Connection) -> int:
    ((depth,),) = db.execute("SELECT count(*) FROM record")
    return int(depth)
