from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from havik.gateway.errors import UsageError
from havik.gateway.log.reading import LogReader
from havik.gateway.log.store import CentralLog
from havik.gateway.messages import Audit, Find, Recorded

Change = Callable[..., None]

AUDIT, FIND = "havik.audit/1", "havik.find/1"


def audit(name: str) -> Audit:
    return Audit(id=name, site="noord", time_ns=0, action="test")


def find(name: str) -> Find:
    return Find(
        id=name, site="noord", time_ns=0, find=name, found_at_ns=0, place="yard", method="search"
    )


@pytest.fixture
def mixed(tmp_path: Path) -> tuple[Path, list[Recorded]]:
    records: list[Recorded] = [audit("0"), find("1"), audit("2"), find("3"), audit("4")]
    with CentralLog(tmp_path) as log:
        log.append(records)
    return tmp_path, records


@pytest.mark.parametrize(
    ("after", "kinds", "indices"),
    [
        (-1, None, [0, 1, 2, 3, 4]),
        (2, None, [3, 4]),
        (9, None, []),
        (-1, [FIND], [1, 3]),
        (1, [AUDIT], [2, 4]),
        (-1, [FIND, AUDIT], [0, 1, 2, 3, 4]),
        (-1, ["havik.track/1"], []),
        (-1, [], []),
    ],
)
def test_entries_come_in_order(
    mixed: tuple[Path, list[Recorded]], after: int, kinds: list[str] | None, indices: list[int]
) -> None:
    folder, records = mixed
    with LogReader.open(folder) as log:
        entries = list(log.entries(after, kinds))
        assert [entry.index for entry in entries] == indices
        assert [entry.message() for entry in entries] == [records[index] for index in indices]
        if after == -1:
            assert list(log.newest(kinds)) == entries[::-1]
        assert log.size == 5


def test_a_reader_needs_a_log(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--log PATH"):
        LogReader.open(tmp_path)


def test_a_log_without_its_database_cannot_be_read(whole_log: Path) -> None:
    (whole_log / "log.db").unlink()
    with pytest.raises(UsageError, match="havik log verify"):
        LogReader.open(whole_log)


def test_the_newest_checkpoint_may_be_gone(whole_log: Path, change: Change) -> None:
    change(whole_log, "DELETE FROM checkpoint")
    with LogReader.open(whole_log) as log, pytest.raises(LookupError):
        log.checkpoint()


@pytest.mark.parametrize("content", ["x'00'", "x'7b7d'", "x'ff'"])
def test_an_entry_that_is_none_is_told_after_those_before_it(
    whole_log: Path, change: Change, content: str
) -> None:
    change(whole_log, f"UPDATE entry SET content = {content} WHERE entry_index = 2")
    with LogReader.open(whole_log) as log:
        entries = log.entries()
        assert [next(entries).index for _ in range(2)] == [0, 1]
        with pytest.raises(UsageError, match="havik log verify"):
            next(entries)


@pytest.mark.usefixtures("no_right_to_write")
def test_the_right_to_read_is_enough(whole_log: Path) -> None:
    with LogReader.open(whole_log) as log:
        assert log.size == 9
    assert not list(whole_log.glob("*-wal"))


def test_what_only_the_write_ahead_log_holds_is_read_too(
    whole_log: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with CentralLog(whole_log) as log:
        log.append([audit("new")])
        stopped = Path(shutil.copytree(whole_log, tmp_path / "stopped"))
    assert (stopped / "log.db-wal").stat().st_size > 0
    request.getfixturevalue("no_right_to_write")
    with LogReader.open(stopped) as reader:
        assert reader.size == 10
