from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from havik.gateway.errors import UsageError
from havik.gateway.log.database import connect
from havik.gateway.log.spool import Spool, count_waiting


def records(waiting: list[tuple[int, bytes]]) -> list[bytes]:
    return [record for _, record in waiting]


def test_records_wait_in_order_until_they_are_forgotten(tmp_path: Path) -> None:
    with Spool(tmp_path) as spool:
        spool.add([b"a", b"b"])
        spool.add([])
        spool.add([b"c"])
        assert records(spool.waiting()) == [b"a", b"b", b"c"]
        assert records(spool.waiting(2)) == [b"a", b"b"]
        assert spool.depth == 3
        (first, _), (second, _), _ = spool.waiting()
        spool.forget([first, second, second, 99])
        assert records(spool.waiting()) == [b"c"]
        assert spool.depth == 1


def test_what_was_added_is_there_for_the_next_run(tmp_path: Path) -> None:
    with Spool(tmp_path) as spool:
        spool.add([b"a", b"b"])
    assert count_waiting(tmp_path) == 2
    with Spool(tmp_path) as spool:
        assert records(spool.waiting()) == [b"a", b"b"]


@settings(max_examples=40)
@given(st.lists(st.lists(st.binary(max_size=8), max_size=5), max_size=8), st.data())
def test_it_is_a_queue(
    tmp_path_factory: pytest.TempPathFactory, calls: list[list[bytes]], data: st.DataObject
) -> None:
    expected: list[bytes] = []
    with Spool(tmp_path_factory.mktemp("spool")) as spool:
        for call in calls:
            spool.add(call)
            expected += call
            gone = spool.waiting(data.draw(st.integers(0, 6)))
            assert records(gone) == expected[: len(gone)]
            spool.forget([number for number, _ in gone])
            del expected[: len(gone)]
            assert spool.depth == len(expected)


def test_a_forwarder_that_is_late_forgets_no_new_record(tmp_path: Path) -> None:
    with Spool(tmp_path) as late, Spool(tmp_path) as quick:
        quick.add([b"old"])
        seen = [number for number, _ in late.waiting()]
        quick.forget(seen)
        quick.add([b"new"])  # must not get the number of the old one
        late.forget(seen)
        assert records(quick.waiting()) == [b"new"]


def test_a_full_disk_adds_none_of_a_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    db = connect(tmp_path / "spool.db")

    def connected(_: Path) -> sqlite3.Connection:
        return db

    monkeypatch.setattr("havik.gateway.log.spool.connect", connected)
    with Spool(tmp_path) as spool:
        spool.add([b"a"])
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(sqlite3.OperationalError, match="full"):
            spool.add([b"b" * 1000 for _ in range(100)])
        assert records(spool.waiting()) == [b"a"]
        db.execute("PRAGMA max_page_count = 100000")
        spool.add([b"c"])
        assert records(spool.waiting()) == [b"a", b"c"]


def test_it_is_durable_at_every_commit(tmp_path: Path) -> None:
    db = connect(tmp_path / "spool.db")
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert db.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    db.close()


def test_without_a_spool_nothing_waits_and_none_is_made(tmp_path: Path) -> None:
    assert count_waiting(tmp_path) == 0
    assert not list(tmp_path.iterdir())


def test_what_is_no_spool_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "spool.db").write_bytes(b"damaged" * 1000)
    with pytest.raises(UsageError, match="--log PATH"):
        Spool(tmp_path)
    with pytest.raises(sqlite3.Error):
        count_waiting(tmp_path)
    (tmp_path / "spool.db").unlink()
    (tmp_path / "spool.db").mkdir()
    with pytest.raises(UsageError, match="--log PATH"):
        Spool(tmp_path)
