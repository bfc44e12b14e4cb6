from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from havik.gateway.cli.log_commands import list_entries, save_checkpoint, verify_log
from havik.gateway.errors import UsageError
from havik.gateway.log.spool import Spool
from havik.gateway.log.store import CentralLog
from havik.gateway.messages import Audit, Find, FindItem, Incident, Recorded, encode

Show = Callable[..., list[str]]

NOON_NS = 1_767_268_800 * 10**9  # 2026-01-01 12:00:00 UTC: date -u -d @1767268800
RECORDS: list[Recorded] = [
    Audit(id="0", site="noord", time_ns=NOON_NS, action="gateway-started"),
    Incident(
        id="1", site="noord", time_ns=NOON_NS, mode="exercise", incident="flight-1", version=3,
        state="acknowledged", contact=False, confidence=0.97, labels=("dji-droneid",),
        hold=("yard-b",), finds=("find-1",), first_contact_ns=0, last_contact_ns=0,
    ),
    Find(
        id="2", site="noord", time_ns=NOON_NS, find="find-1", found_at_ns=0, place="yard",
        method="drone_alarm_search", incident="flight-1", items=(FindItem(category="phone"),),
    ),
    Audit(
        id="3", site="noord", time_ns=NOON_NS, action="command", subject="find-1", by="desk-1",
        text="two\nlines \x1b[2J and a bell \a",
    ),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with CentralLog(tmp_path / "log") as log:
        log.append(RECORDS)
    return tmp_path / "log"


def listed(
    folder: Path, *, as_json: bool = False, kind: str | None = None, limit: int | None = None
) -> list[str]:
    out = io.StringIO()
    list_entries(folder, as_json=as_json, kind=kind, limit=limit, out=out)
    return out.getvalue().splitlines()


def verified(
    folder: Path, *, checkpoint: Path | None = None, as_json: bool = False
) -> tuple[bool, list[str]]:
    out = io.StringIO()
    ok = verify_log(folder, checkpoint=checkpoint, as_json=as_json, out=out)
    return ok, out.getvalue().splitlines()


def turn_a_bit(folder: Path, index: int) -> None:
    with closing(sqlite3.connect(folder / "log.db", isolation_level=None)) as db:
        db.execute("DROP TRIGGER entry_stays")
        change = "UPDATE entry SET content = CAST(? AS BLOB) WHERE entry_index = ?"
        ((content,),) = db.execute("SELECT content FROM entry WHERE entry_index = ?", (index,))
        db.execute(change, (content[:-9] + bytes([content[-9] ^ 4]) + content[-8:], index))


def test_each_entry_is_a_line_for_people(folder: Path) -> None:
    lines = listed(folder)
    assert [line.split()[:4] for line in lines] == [
        ["0", "2026-01-01", "12:00:00Z", "audit"],
        ["1", "2026-01-01", "12:00:00Z", "incident"],
        ["2", "2026-01-01", "12:00:00Z", "find"],
        ["3", "2026-01-01", "12:00:00Z", "audit"],
    ]
    for line, words in zip(
        lines,
        [
            ["gateway-started"],
            ["[exercise]", "flight-1", "acknowledged", "contact lost", "dji-droneid", "0.97",
             "on hold yard-b"],
            ["find-1", "1 phone", "yard", "flight-1"],
            ["command find-1 by desk-1: two\ufffdlines \ufffd[2J and a bell \ufffd"],
        ],
        strict=True,
    ):  # fmt: skip
        assert all(word in line for word in words), line


def test_json_gives_each_message_as_it_was_recorded(folder: Path) -> None:
    lines = [json.loads(line) for line in listed(folder, as_json=True)]
    assert [(line["index"], line["kind"]) for line in lines] == [
        (0, "audit"), (1, "incident"), (2, "find"), (3, "audit"),
    ]  # fmt: skip
    assert [line["message"] for line in lines] == [json.loads(encode(one)) for one in RECORDS]


@pytest.mark.parametrize(
    ("kind", "limit", "indices"),
    [
        (None, None, [0, 1, 2, 3]),
        ("audit", None, [0, 3]),
        ("incident", None, [1]),
        ("find", None, [2]),
        (None, 2, [2, 3]),
        (None, 9, [0, 1, 2, 3]),
        ("audit", 1, [3]),
    ],
)
def test_what_is_listed_can_be_chosen(
    folder: Path, kind: str | None, limit: int | None, indices: list[int]
) -> None:
    lines = listed(folder, as_json=True, kind=kind, limit=limit)
    assert [json.loads(line)["index"] for line in lines] == indices
    assert [int(line.split()[0]) for line in listed(folder, kind=kind, limit=limit)] == indices


@pytest.mark.parametrize(
    ("kind", "limit", "words"),
    [("track", None, "incident, find, audit"), ("", None, "incident"), (None, 0, "1 or more")],
)
def test_a_wrong_choice_is_told_in_one_line(
    folder: Path, kind: str | None, limit: int | None, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        listed(folder, kind=kind, limit=limit)


def test_a_record_of_a_later_kind_or_time_is_listed_too(folder: Path) -> None:
    later = b'{"schema":"havik.later/9","id":"x","site":"noord","time_ns":-9223372036854775808}'
    with CentralLog(folder) as log:
        log.append([later])
    (line,) = listed(folder, limit=1)
    assert "havik.later/9" in line and "not readable by this software" in line
    assert json.loads(listed(folder, as_json=True, limit=1)[0]) == {
        "index": 4, "kind": "havik.later/9", "message": json.loads(later),
    }  # fmt: skip


def test_a_whole_log_is_told_in_one_line(folder: Path) -> None:
    ok, (line,) = verified(folder)
    key = (folder / "log.pub").read_text().split("+")[0]
    assert ok
    assert line.startswith("verified: 4 entries, until 2026-01-01 12:00:00Z, root ")
    assert line.endswith(f"signed by {key}")


def test_a_whole_log_in_json(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "log.db")) as db:
        ((root,),) = db.execute("SELECT root FROM entry WHERE entry_index = 3")
    ok, (line,) = verified(folder, as_json=True)
    told = json.loads(line)
    assert ok
    assert told == {
        "ok": True, "entries": 4, "first_bad": None, "reason": None, "waiting": 0,
        "checkpoint": {
            "origin": (folder / "log.pub").read_text().split("+")[0],
            "size": 4,
            "root": json.loads(msgspec.json.encode(root)),
            "time_ns": NOON_NS,
        },
    }  # fmt: skip


def test_the_first_bad_entry_is_told(folder: Path) -> None:
    turn_a_bit(folder, 2)
    ok, (line,) = verified(folder)
    assert not ok
    assert line.startswith("NOT VERIFIED: entry 2: ")
    ok, (line,) = verified(folder, as_json=True)
    told = json.loads(line)
    assert not ok
    assert (told["ok"], told["first_bad"], told["entries"]) == (False, 2, 2)
    assert told["reason"]


def test_a_kept_checkpoint_shows_a_log_that_was_cut_back(folder: Path, tmp_path: Path) -> None:
    earlier = {file: file.read_bytes() for file in folder.iterdir()}
    with CentralLog(folder) as log:
        log.append([Audit(id="4", site="noord", time_ns=0, action="test")])
    save_checkpoint(folder, tmp_path / "kept")
    ok, (line,) = verified(folder, checkpoint=tmp_path / "kept")
    assert ok and "the kept checkpoint agrees" in line
    for file in folder.iterdir():
        file.unlink()
    for file, data in earlier.items():
        file.write_bytes(data)
    assert verified(folder)[0]
    ok, (line,) = verified(folder, checkpoint=tmp_path / "kept")
    assert not ok and line.startswith("NOT VERIFIED: entry 4: it is missing")


def test_a_kept_checkpoint_is_never_written_over(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("older")
    with pytest.raises(UsageError, match="name another"):
        save_checkpoint(folder, tmp_path / "kept")
    assert (tmp_path / "kept").read_text() == "older"
    with pytest.raises(UsageError, match="cannot be written"):
        save_checkpoint(folder, tmp_path / "no/folder")


def test_no_checkpoint_is_kept_of_a_log_that_has_no_good_one(folder: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(folder / "log.db", isolation_level=None)) as db:
        db.execute("DROP TRIGGER checkpoint_stays")
        db.execute("UPDATE checkpoint SET note = replace(note, '4', '5')")
    with pytest.raises(UsageError, match="havik log verify"):
        save_checkpoint(folder, tmp_path / "kept")
    (folder / "log.db").write_bytes(b"damaged" * 1000)
    with pytest.raises(UsageError, match="havik log verify"):
        save_checkpoint(folder, tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def test_a_checkpoint_file_that_is_not_there_is_told(folder: Path, tmp_path: Path) -> None:
    for file in (tmp_path / "none", tmp_path):
        with pytest.raises(UsageError, match="havik log checkpoint"):
            verified(folder, checkpoint=file)


def test_a_file_that_is_no_checkpoint_does_not_verify(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"\xff\x00 not a note")
    ok, (line,) = verified(folder, checkpoint=tmp_path / "kept")
    assert not ok and line.startswith("NOT VERIFIED: the log: the kept checkpoint is not this")


def test_records_that_still_wait_in_the_spool_are_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Spool(folder) as spool:
        spool.add([b"1"])
        assert listed(folder)[-1].startswith("1 record waits in the spool")
        spool.add([b"2"])
    assert listed(folder)[-1].startswith("2 records wait in the spool")
    assert len(listed(folder, as_json=True)) == 4
    assert "2 records wait" in capsys.readouterr().err
    ok, lines = verified(folder)
    assert ok and "2 records wait" in lines[-1]
    assert json.loads(verified(folder, as_json=True)[1][0])["waiting"] == 2


def test_a_damaged_spool_hides_nothing_of_the_log(folder: Path) -> None:
    (folder / "spool.db").write_bytes(b"damaged" * 1000)
    assert len(listed(folder)) == 5
    ok, lines = verified(folder)
    assert ok and "the spool cannot be read" in lines[-1]
    assert json.loads(verified(folder, as_json=True)[1][0])["waiting"] is None


def test_without_a_log_the_folder_is_named(tmp_path: Path) -> None:
    for do in (
        lambda: listed(tmp_path),
        lambda: verified(tmp_path),
        lambda: save_checkpoint(tmp_path, tmp_path / "kept"),
    ):
        with pytest.raises(UsageError, match=r"no central log there; .*--log PATH"):
            do()


def test_a_damaged_log_is_listed_as_far_as_it_goes(folder: Path) -> None:
    (folder / "log.db").write_bytes(b"damaged" * 1000)
    with pytest.raises(UsageError, match="havik log verify"):
        listed(folder)
    ok, (line,) = verified(folder)
    assert not ok and line.startswith("NOT VERIFIED: entry 0: ")
