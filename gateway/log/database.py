"""SQLite as the log and the spool use it: durable at every commit, shared between processes."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

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
    # SQLite cannot make the write-ahead log's index in a folder that it may not write: nobody
    # else writes there either, so that it may take the file to stand still.
    still = "" if os.access(path.parent, os.W_OK) else "&immutable=1"
    uri = f"{path.absolute().as_uri()}?mode=ro{still}"
    return sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None)


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
