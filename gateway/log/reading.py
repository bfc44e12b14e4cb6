"""The central log as its readers see it: entries in order, and the newest checkpoint."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from ..errors import UsageError
from . import folder as place
from .database import Database, connect_to_read
from .entries import Entry, from_bytes

_ALL = "SELECT entry_index, content FROM entry WHERE entry_index > ? ORDER BY entry_index"
_KINDS = """
SELECT entry_index, content FROM entry
WHERE entry_index > ? AND kind IN (SELECT value FROM json_each(?)) ORDER BY entry_index
"""
# `+kind`: no index. The newest few of a kind come at once, without sorting all of that kind first.
_NEWEST = """
SELECT entry_index, content FROM entry
WHERE ?1 IS NULL OR +kind IN (SELECT value FROM json_each(?1)) ORDER BY entry_index DESC
"""


class LogReader(Database):
    """Reads a log through an open database.

    One object serves one thread at a time. What it reads is not verified: see `verify`.
    """

    @classmethod
    def open(cls, folder: Path) -> LogReader:
        """Open the log in `folder`; the right to read the files is enough.

        Raises
        ------
        UsageError
            If there is none, or it cannot be read.
        """
        place.require(folder)
        try:
            return LogReader(connect_to_read(folder / place.LOG))
        except sqlite3.Error as error:
            raise UsageError(f"{folder}: {error}; see `havik log verify`") from None

    def entries(self, after: int = -1, kinds: Sequence[str] | None = None) -> Iterator[Entry]:
        """Give the entries with an index above `after`, in order; `kinds` are schemas.

        Raises
        ------
        UsageError
            If one cannot be read.
        """
        if kinds is None:
            return self._read(_ALL, after)
        return self._read(_KINDS, after, json.dumps(list(kinds)))

    def newest(self, kinds: Sequence[str] | None = None) -> Iterator[Entry]:
        """Give the entries from the newest back to the oldest; `kinds` are schemas.

        Raises
        ------
        UsageError
            If one cannot be read.
        """
        return self._read(_NEWEST, None if kinds is None else json.dumps(list(kinds)))

    def _read(self, query: str, *values: object) -> Iterator[Entry]:
        try:
            for index, content in self._db.execute(query, values):
                yield Entry(index, from_bytes(content))
        except (sqlite3.Error, TypeError, msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UsageError(
                f"the central log cannot be read ({error}); see `havik log verify`"
            ) from None

    @property
    def size(self) -> int:
        """How many entries there are."""
        ((size,),) = self._db.execute("SELECT coalesce(max(entry_index) + 1, 0) FROM entry")
        return int(size)

    def checkpoint(self) -> str:
        """Give the newest checkpoint's signed note: keep it elsewhere, and give it to `verify`.

        Raises
        ------
        LookupError
            If there is none: somebody took it away.
        """
        row = self._db.execute("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1").fetchone()
        if row is None:
            raise LookupError("no checkpoint is left")
        return str(row[0])
