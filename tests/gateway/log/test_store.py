from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from havik.gateway.errors import UsageError
from havik.gateway.log.checkpoints import read_checkpoint
from havik.gateway.log.database import connect
from havik.gateway.log.folder import make_signer, read_verifier
from havik.gateway.log.merkle import tree_root
from havik.gateway.log.reading import LogReader
from havik.gateway.log.store import CentralLog, LogDamaged
from havik.gateway.log.verify import verify
from havik.gateway.messages import Audit, encode

Change = Callable[..., None]

APPENDER = """
import sys
from pathlib import Path
from havik.gateway.log.store import CentralLog
from havik.gateway.messages import Audit

folder, name = Path(sys.argv[1]), sys.argv[2]
sys.stdin.readline()
with CentralLog(folder) as log:
    for batch in range(40):
        ids = [f"{name}-{batch:02}-{number}" for number in range(5)]
        log.append([Audit(id=id, site="noord", time_ns=0, action="test") for id in ids])
"""


def audit(name: str, text: str = "") -> Audit:
    return Audit(id=name, site="noord", time_ns=0, action="test", text=text)


def ids(folder: Path) -> list[str]:
    with LogReader.open(folder) as log:
        return [entry.envelope.id for entry in log.entries()]


def test_records_get_their_places_in_order(tmp_path: Path) -> None:
    with CentralLog(tmp_path) as log:
        assert log.append([audit("a"), encode(audit("b"))]) == [0, 1]
        assert log.append([]) == []
    with CentralLog(tmp_path) as log:
        assert log.append([audit("c")]) == [2]
        assert log.size == 3
    assert ids(tmp_path) == ["a", "b", "c"]
    assert verify(tmp_path).ok


def test_a_record_that_is_there_keeps_its_place(tmp_path: Path) -> None:
    with CentralLog(tmp_path) as log:
        log.append([audit("a"), audit("b")])
        assert log.append([audit("b"), audit("c"), audit("a"), audit("c")]) == [1, 2, 0, 2]
        checkpoint = log.checkpoint()
        assert log.append([audit("a")]) == [0]
        assert log.checkpoint() == checkpoint
    assert ids(tmp_path) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"\xff",
        b"{}",
        b"[]",
        b'{"schema":"havik.audit/1","id":"x","site":"noord"}',
        b'{"schema":"havik.audit/1","id":7,"site":"noord","time_ns":0}',
        b'{"schema":"havik.audit/1","id":"\\ud800","site":"noord","time_ns":0}',
        encode(audit("a", "other words")),
    ],
)
def test_what_is_no_record_or_contradicts_one_is_refused_alone(
    tmp_path: Path, record: bytes
) -> None:
    with CentralLog(tmp_path) as log:
        assert log.append([audit("a"), record, audit("b")]) == [0, None, 1]
    assert ids(tmp_path) == ["a", "b"]
    assert verify(tmp_path).ok


def test_every_commit_is_signed(tmp_path: Path) -> None:
    verifier = None
    contents: list[bytes] = []
    with CentralLog(tmp_path) as log:
        verifier = read_verifier(tmp_path)
        for count in (1, 3, 2):
            log.append([audit(f"{len(contents)}-{number}") for number in range(count)])
            db = sqlite3.connect(tmp_path / "log.db")
            contents = [row[0] for row in db.execute("SELECT content FROM entry")]
            db.close()
            checkpoint = read_checkpoint(log.checkpoint(), verifier)
            assert (checkpoint.size, checkpoint.root) == (len(contents), tree_root(contents))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET content = x'00'",
        "UPDATE entry SET entry_index = 7 WHERE entry_index = 8",
        "DELETE FROM entry",
        "DELETE FROM entry WHERE entry_index = 8",
        "INSERT INTO entry SELECT 10, 'x', kind, content, subtree, root FROM entry LIMIT 1",
        "INSERT INTO entry SELECT -1, 'x', kind, content, subtree, root FROM entry LIMIT 1",
        "INSERT OR REPLACE INTO entry SELECT 3, 'x', kind, content, subtree, root FROM entry",
        "INSERT OR REPLACE INTO entry SELECT 9, id, kind, content, subtree, root FROM entry",
        "REPLACE INTO checkpoint SELECT * FROM checkpoint",
        "UPDATE checkpoint SET note = ''",
        "DELETE FROM checkpoint",
        "INSERT INTO checkpoint VALUES (5, '')",
    ],
)
def test_the_tables_only_grow(whole_log: Path, statement: str) -> None:
    db = sqlite3.connect(whole_log / "log.db", isolation_level=None)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute(statement)
    db.close()
    assert verify(whole_log).ok


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM checkpoint",
        "DELETE FROM checkpoint WHERE size = 9",
        "UPDATE checkpoint SET note = 'x' WHERE size = 9",
        "DELETE FROM entry WHERE entry_index = 8",
        "DELETE FROM entry WHERE entry_index = 7",
        "UPDATE entry SET subtree = x'00' WHERE entry_index = 8",
    ],
)
def test_nothing_is_added_to_a_log_that_contradicts_its_checkpoint(
    whole_log: Path, change: Change, statement: str
) -> None:
    change(whole_log, statement)
    with CentralLog(whole_log) as log:
        size = log.size
        with pytest.raises(LogDamaged, match="havik log verify"):
            log.append([audit("new")])
        assert log.size == size
    assert not verify(whole_log).ok


def test_a_full_disk_adds_nothing_and_can_be_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = connect(tmp_path / "log.db")

    def connected(_: Path) -> sqlite3.Connection:
        return db

    monkeypatch.setattr("havik.gateway.log.store.connect", connected)
    with CentralLog(tmp_path) as log:
        log.append([audit("a")])
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(sqlite3.OperationalError, match="full"):
            log.append([audit(f"big-{number}", "x" * 1000) for number in range(100)])
        assert log.size == 1
        assert verify(tmp_path).ok
        db.execute("PRAGMA max_page_count = 100000")
        assert log.append([audit("b")]) == [1]
    assert verify(tmp_path).ok


def test_two_processes_append_at_once(tmp_path: Path) -> None:
    names = ("one", "two", "three")
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", APPENDER, str(tmp_path), name], stdin=subprocess.PIPE
        )
        for name in names
    ]
    for program in programs:  # all of them find no log yet, and want to make it
        assert program.stdin is not None
        program.stdin.write(b"go\n")
        program.stdin.close()
    assert [program.wait(60) for program in programs] == [0, 0, 0]
    assert verify(tmp_path).ok
    told = ids(tmp_path)
    for name in names:
        own = [one for one in told if one.startswith(name)]
        assert own == [f"{name}-{batch:02}-{number}" for batch in range(40) for number in range(5)]
    batches = [tuple(one.rsplit("-", 1)[0] for one in told[at : at + 5]) for at in range(0, 600, 5)]
    assert all(len(set(batch)) == 1 for batch in batches)


def test_only_its_owner_reads_the_secret_key(tmp_path: Path) -> None:
    folder = tmp_path / "new/log"
    CentralLog(folder).close()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "log.key").stat().st_mode) == 0o600


def test_a_key_made_before_a_stop_is_taken(tmp_path: Path) -> None:
    signer = make_signer(tmp_path)
    with CentralLog(tmp_path) as log:
        log.append([audit("a")])
        assert read_checkpoint(log.checkpoint(), signer.verifier).size == 1
    assert verify(tmp_path).ok


@pytest.mark.parametrize(
    "left",
    [
        [],
        ["log.new"],
        ["log.pub"],
        ["log.pub", "log.new"],
        ["log.pub", "log.key"],
        ["log.db"],
        ["log.pub", "log.db"],
        ["log.pub", "log.key", "log.db"],
    ],
)
def test_a_first_start_that_was_stopped_anywhere_can_be_made_again(
    tmp_path: Path, left: list[str]
) -> None:
    make_signer(tmp_path)
    connect(tmp_path / "log.db").close()  # no table in it yet: they come in one transaction
    for name in {"log.pub", "log.key", "log.db"} - set(left):
        (tmp_path / name).unlink()
    if "log.new" in left:
        (tmp_path / "log.new").write_text("half a ke")
    with CentralLog(tmp_path) as log:
        assert log.append([audit("a")]) == [0]
    assert verify(tmp_path).ok


@pytest.mark.parametrize("name", ["log.key", "log.db"])
def test_a_damaged_folder_is_refused_in_one_line(whole_log: Path, name: str) -> None:
    (whole_log / name).write_bytes(b"damaged" * 1000)
    with pytest.raises(UsageError, match=r"havik log verify.*--log PATH"):
        CentralLog(whole_log)


def test_a_log_without_its_secret_key_is_not_given_a_new_one(whole_log: Path) -> None:
    (whole_log / "log.key").unlink()
    with pytest.raises(UsageError):
        CentralLog(whole_log)
    assert not (whole_log / "log.key").exists()


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file/log"):
        with pytest.raises(UsageError, match="--log PATH"):
            CentralLog(folder)
