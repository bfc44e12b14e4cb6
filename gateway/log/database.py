"""SQLite as the log and the spool use it: durable at every commit, shared between processes."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

BUSY_S = 30.0
"""How long a writer waits for another process's transaction; one lasts milliseconds."""


def connect(path: Path) -> sqlite3.Connection:
    """Open a database for writing: write-ahead log, every commit on the disk before it returns.

    A connection may wander between threads, but only one may use it at a time.
    """
    db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
    except sqlite3.Error:
        db.close()
        raise
    return db


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Open a database that is there, without the right to change it."""
    # Without the right to write the folder, SQLite cannot make the write-ahead log's index. Where
    # there is no write-ahead log either, nobody has the database open: it may be taken to stand
    # still. Where there is one, it may hold the newest entries and must be read.
    no_log = not path.with_name(f"{path.name}-wal").exists()
    still = "&immutable=1" if no_log and not os.access(path.parent, os.W_OK) else ""
    uri = f"{path.absolute().as_uri()}?mode=ro{still}"
    return sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None)


class Database:
    """A database that is open, and is closed at the end of its context."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


@contextmanager
def transaction(db: sqlite3.Connection) -> Generator[None]:
    """Hold the write lock; commit at the end, or leave no trace when anything is raised."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


_WORDS = {
    "SQLITE_FULL": "the disk is full",
    "SQLITE_READONLY": "it may not be written",
    "SQLITE_IOERR": "the disk fails",
    "SQLITE_BUSY": "another program holds it",
    "SQLITE_CORRUPT": "the database is damaged",
    "SQLITE_NOTADB": "the database is damaged",
}


def in_words(error: Exception) -> str:
    """Say what a database's error means, for a person."""
    name = str(getattr(error, "sqlite_errorname", ""))
    words = next((words for code, words in _WORDS.items() if name.startswith(code)), None)
    return str(error) if words is None else f"{words} ({error})"
