from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from havik.gateway.log.database import connect, connect_to_read, in_words, transaction


def test_a_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    db = connect(tmp_path / "x.db")
    db.execute("CREATE TABLE t (a)")
    with transaction(db):
        db.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(ZeroDivisionError), transaction(db):
        db.execute("INSERT INTO t VALUES (2)")
        raise ZeroDivisionError
    assert db.execute("SELECT a FROM t").fetchall() == [(1,)]
    assert not db.in_transaction
    db.close()


def test_a_reader_changes_nothing_and_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        connect_to_read(tmp_path / "x.db")
    assert not list(tmp_path.iterdir())
    db = connect(tmp_path / "x.db")
    db.execute("CREATE TABLE t (a)")
    reader = connect_to_read(tmp_path / "x.db")
    with pytest.raises(sqlite3.OperationalError, match="readonly") as raised:
        reader.execute("INSERT INTO t VALUES (1)")
    assert in_words(raised.value).startswith("it may not be written")
    reader.close()
    db.close()


def test_what_is_no_database_is_not_left_open(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"damaged" * 1000)
    with pytest.raises(sqlite3.DatabaseError) as raised:
        connect(tmp_path / "x.db")
    assert in_words(raised.value).startswith("the database is damaged")


def test_a_full_disk_has_a_word(tmp_path: Path) -> None:
    db = connect(tmp_path / "x.db")
    db.execute("CREATE TABLE t (a)")
    db.execute("PRAGMA max_page_count = 2")
    with pytest.raises(sqlite3.OperationalError) as raised, transaction(db):
        db.execute("INSERT INTO t VALUES (zeroblob(100000))")
    assert in_words(raised.value).startswith("the disk is full")
    db.close()


def test_other_errors_speak_for_themselves() -> None:
    assert in_words(sqlite3.OperationalError("no such table")) == "no such table"
    assert in_words(ValueError("something else")) == "something else"
