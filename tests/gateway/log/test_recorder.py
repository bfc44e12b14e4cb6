from __future__ import annotations

import asyncio
import logging
import math
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from havik.gateway.errors import UsageError
from havik.gateway.log import recorder as room
from havik.gateway.log.database import connect
from havik.gateway.log.reading import LogReader
from havik.gateway.log.recorder import Recorder, RecordLost
from havik.gateway.log.spool import Spool, count_waiting
from havik.gateway.log.store import CentralLog
from havik.gateway.log.verify import verify
from havik.gateway.messages import Audit, Incident, encode

Change = Callable[..., None]
LIMIT_S = 30.0
FULL = "database or disk is full"


def audit(name: str, text: str = "") -> Audit:
    return Audit(id=name, site="noord", time_ns=0, action="test", text=text)


def ids(folder: Path) -> list[str]:
    with LogReader.open(folder) as log:
        return [entry.envelope.id for entry in log.entries()]


class Disk:
    """A disk that can be full: the spool's and the log's writes fail while it is."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.spool_full = self.log_full = False
        self.threads: set[str] = set()
        self.groups: list[int] = []
        real_add, real_append = Spool.add, CentralLog.append

        def add(spool: Spool, records: Sequence[bytes]) -> None:
            self.threads.add(threading.current_thread().name)
            if self.spool_full:
                raise sqlite3.OperationalError(FULL)
            self.groups.append(len(records))
            real_add(spool, records)

        def append(log: CentralLog, records: Sequence[bytes]) -> list[int | None]:
            self.threads.add(threading.current_thread().name)
            if self.log_full:
                raise sqlite3.OperationalError(FULL)
            return real_append(log, records)

        monkeypatch.setattr(Spool, "add", add)
        monkeypatch.setattr(CentralLog, "append", append)
        monkeypatch.setattr("havik.gateway.log.trouble.FIRST_PAUSE_S", 0.001)
        monkeypatch.setattr("havik.gateway.log.trouble.LONGEST_PAUSE_S", 0.002)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


async def until(true: Callable[[], bool]) -> None:
    """Let the other tasks run until something is true; nothing here depends on how long."""
    async with asyncio.timeout(LIMIT_S):
        while not true():  # noqa: ASYNC110 - work in other threads has no event of its own
            await asyncio.sleep(0.001)


async def test_what_is_acknowledged_is_on_the_disk(tmp_path: Path, disk: Disk) -> None:
    disk.log_full = True
    async with Recorder(tmp_path) as recorder:
        await recorder.submit(audit("a"), audit("b"))
        with Spool(tmp_path) as spool:  # another eye on the file
            assert [record for _, record in spool.waiting()] == [
                encode(audit("a")),
                encode(audit("b")),
            ]
        assert recorder.waiting == 2
        disk.log_full = False
        await until(lambda: recorder.entries == 2)
    assert ids(tmp_path) == ["a", "b"]


async def test_leaving_brings_all_into_the_log_in_order(tmp_path: Path) -> None:
    async with Recorder(tmp_path) as recorder:
        futures = [recorder.submit(audit(f"{n}.a"), audit(f"{n}.b")) for n in range(2500)]
        assert recorder.waiting == 5000
    assert all(future.result() is None for future in futures)
    assert ids(tmp_path) == [f"{n}.{half}" for n in range(2500) for half in "ab"]
    assert (recorder.waiting, recorder.entries, recorder.dropped) == (0, 5000, 0)
    assert recorder.failing is None
    assert count_waiting(tmp_path) == 0
    assert verify(tmp_path).ok


async def test_calls_in_flight_share_commits(tmp_path: Path, disk: Disk) -> None:
    async with Recorder(tmp_path) as recorder:
        await asyncio.gather(*(recorder.submit(audit(str(n))) for n in range(3000)))
    assert sum(disk.groups) == 3000
    assert len(disk.groups) <= 31
    assert max(disk.groups) <= room.MOST_IN_COMMIT


async def test_no_database_is_touched_on_the_event_loop(tmp_path: Path, disk: Disk) -> None:
    async with Recorder(tmp_path) as recorder:
        await recorder.submit(audit("a"))
    assert {name.rstrip("_0") for name in disk.threads} == {"havik-spool", "havik-log"}


async def test_a_call_without_records_is_done(tmp_path: Path) -> None:
    async with Recorder(tmp_path) as recorder:
        assert recorder.submit().done()


async def test_what_cannot_be_encoded_is_refused_at_once_with_its_call(tmp_path: Path) -> None:
    wrong = Incident(
        id="i", site="noord", time_ns=0, incident="i", version=1, state="alarm", contact=True,
        confidence=math.nan, first_contact_ns=0, last_contact_ns=0,
    )  # fmt: skip
    async with Recorder(tmp_path) as recorder:
        with pytest.raises(ValueError, match="not a finite number"):
            recorder.submit(audit("a"), wrong)
        await recorder.submit(audit("b"))
    assert ids(tmp_path) == ["b"]


async def test_only_an_open_recorder_takes_records(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    with pytest.raises(RuntimeError, match="not open"):
        recorder.submit(audit("a"))
    async with recorder:
        pass
    with pytest.raises(RuntimeError, match="not open"):
        recorder.submit(audit("a"))


async def test_entering_moves_what_an_earlier_run_left(tmp_path: Path) -> None:
    with Spool(tmp_path) as spool:
        spool.add([encode(audit(str(number))) for number in range(2500)])
    async with Recorder(tmp_path) as recorder:
        assert recorder.entries == 2500
        assert recorder.waiting == 0
        assert count_waiting(tmp_path) == 0
    assert ids(tmp_path) == [str(number) for number in range(2500)]


async def test_a_record_that_was_forwarded_but_not_forgotten_is_there_once(tmp_path: Path) -> None:
    with Spool(tmp_path) as spool, CentralLog(tmp_path) as log:
        spool.add([encode(audit("a")), encode(audit("b"))])
        log.append([encode(audit("a"))])  # and then the power went
    async with Recorder(tmp_path):
        pass
    assert ids(tmp_path) == ["a", "b"]


async def test_a_full_disk_heals(tmp_path: Path, disk: Disk) -> None:
    async with Recorder(tmp_path) as recorder:
        disk.spool_full = True
        first, second = recorder.submit(audit("a")), recorder.submit(audit("b"), audit("c"))
        await until(lambda: recorder.failing is not None)
        assert recorder.failing == f"the spool cannot be written: {FULL}"
        assert not first.done() and not second.done()
        assert recorder.waiting == 3
        disk.spool_full = False
        await asyncio.wait_for(asyncio.gather(first, second), LIMIT_S)
        assert recorder.failing is None
    assert ids(tmp_path) == ["a", "b", "c"]
    assert recorder.dropped == 0


async def test_a_really_full_database_heals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, disk: Disk
) -> None:
    db = connect(tmp_path / "spool.db")

    def connected(_: Path) -> sqlite3.Connection:
        return db

    monkeypatch.setattr("havik.gateway.log.spool.connect", connected)
    async with Recorder(tmp_path) as recorder:
        await recorder.submit(audit("a"))
        await until(lambda: recorder.waiting == 0)
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages}")
        large = recorder.submit(*(audit(f"b{number}", "x" * 1000) for number in range(100)))
        await until(lambda: recorder.failing is not None)
        assert "the disk is full" in str(recorder.failing)
        db.execute("PRAGMA max_page_count = 100000")
        await asyncio.wait_for(large, LIMIT_S)
    assert ids(tmp_path) == ["a", *(f"b{number}" for number in range(100))]
    assert verify(tmp_path).ok


async def test_a_log_that_cannot_be_written_leaves_records_in_the_spool(
    tmp_path: Path, disk: Disk
) -> None:
    async with Recorder(tmp_path) as recorder:
        disk.log_full = True
        await recorder.submit(audit("a"))  # durable all the same
        await until(lambda: recorder.failing is not None)
        assert recorder.failing == f"the central log cannot be written: {FULL}"
        await recorder.submit(audit("b"))
        assert (recorder.waiting, recorder.entries) == (2, 0)
    assert count_waiting(tmp_path) == 2
    disk.log_full = False
    async with Recorder(tmp_path) as recorder:
        assert recorder.entries == 2
    assert ids(tmp_path) == ["a", "b"]


async def test_a_damaged_log_gets_nothing_and_nothing_is_lost(
    whole_log: Path, change: Change, caplog: pytest.LogCaptureFixture
) -> None:
    change(whole_log, "DELETE FROM entry WHERE entry_index = 8")
    with Spool(whole_log) as spool:
        spool.add([encode(audit("before"))])
    async with Recorder(whole_log) as recorder:
        assert "havik log verify" in str(recorder.failing)
        await recorder.submit(audit("after"))
        assert recorder.waiting == 2
    assert count_waiting(whole_log) == 2
    assert [r.message for r in caplog.records if r.levelno == logging.WARNING] == [
        "2 records stay in the spool for the next start"
    ]


async def test_above_its_bound_the_oldest_calls_are_lost_and_told(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "MOST_IN_MEMORY", 10)
    async with Recorder(tmp_path) as recorder:
        disk.spool_full = True
        calls = [recorder.submit(audit(f"{n}.a"), audit(f"{n}.b")) for n in range(8)]
        assert recorder.dropped == 6
        assert recorder.waiting == 10
        for call in calls[:3]:
            with pytest.raises(RecordLost, match="10 records"):
                await call
        disk.spool_full = False
        await asyncio.wait_for(asyncio.gather(*calls[3:]), LIMIT_S)
    assert ids(tmp_path) == [f"{n}.{half}" for n in range(3, 8) for half in "ab"]


async def test_leaving_while_the_disk_is_full_ends_and_tells(tmp_path: Path, disk: Disk) -> None:
    async with Recorder(tmp_path) as recorder:
        disk.spool_full = True
        call = recorder.submit(audit("a"))
        await until(lambda: recorder.failing is not None)
    with pytest.raises(RecordLost, match=FULL):
        await call
    assert recorder.dropped == 1
    assert ids(tmp_path) == []


async def test_a_record_that_the_log_refuses_is_counted_and_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with Recorder(tmp_path) as recorder:
        await recorder.submit(audit("a"))
        await recorder.submit(audit("a", "other words"), audit("b"))
    assert recorder.refused == 1
    assert ids(tmp_path) == ["a", "b"]
    assert count_waiting(tmp_path) == 0
    (warning,) = [r.message for r in caplog.records if r.levelno == logging.WARNING]
    assert "refused" in warning and "other words" in warning and "\n" not in warning


async def test_an_error_outside_does_not_keep_records_out(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        async with Recorder(tmp_path) as recorder:
            recorder.submit(audit("a"))
            raise ZeroDivisionError
    assert ids(tmp_path) == ["a"]


async def test_a_cancellation_does_not_keep_records_out(tmp_path: Path) -> None:
    recording = asyncio.Event()

    async def run() -> None:
        async with Recorder(tmp_path) as recorder:
            recorder.submit(audit("a"))
            recording.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(run())
    await recording.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ids(tmp_path) == ["a"]


async def test_a_second_cancellation_ends_at_once_and_says_what_is_not_known_to_be_durable(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing, may_write = threading.Event(), threading.Event()
    add = Spool.add

    def slowly(spool: Spool, records: Sequence[bytes]) -> None:
        writing.set()
        assert may_write.wait(LIMIT_S)
        add(spool, records)

    monkeypatch.setattr(Spool, "add", slowly)
    calls: list[asyncio.Future[None]] = []

    async def run() -> None:
        async with Recorder(tmp_path) as recorder:
            calls.append(recorder.submit(audit("a")))
            await asyncio.Event().wait()

    task = asyncio.create_task(run(), name="run")
    await until(writing.is_set)
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    await until(lambda: not any(t.get_name() == "spool writer" for t in asyncio.all_tasks()))
    may_write.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(RecordLost, match="closed"):
        await calls[0]


async def test_a_fault_of_its_own_code_ends_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Spool, records: Sequence[bytes]) -> None:
        raise TypeError(f"a fault of ours with {len(records)}")

    monkeypatch.setattr(Spool, "add", fail)
    calls: list[asyncio.Future[None]] = []
    with pytest.raises(ExceptionGroup) as raised:
        async with Recorder(tmp_path) as recorder:
            calls.append(recorder.submit(audit("a")))
            await asyncio.Event().wait()
    assert raised.group_contains(TypeError, match="a fault of ours with 1")
    with pytest.raises(RecordLost):
        await calls[0]


async def test_what_another_process_left_is_fetched_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "LOOK_S", 0.001)
    looked_in_vain = 0
    real_waiting = Spool.waiting

    def waiting(spool: Spool, most: int) -> list[tuple[int, bytes]]:
        nonlocal looked_in_vain
        found = real_waiting(spool, most)
        looked_in_vain += not found
        return found

    monkeypatch.setattr(Spool, "waiting", waiting)
    async with Recorder(tmp_path) as recorder:
        await until(lambda: looked_in_vain > 2)  # on entering, at its first look, and unasked
        with Spool(tmp_path) as other:
            other.add([encode(audit("left"))])
        await until(lambda: recorder.entries == 1)
    assert ids(tmp_path) == ["left"]


async def test_two_recorders_of_one_folder_lose_and_double_nothing(tmp_path: Path) -> None:
    async with Recorder(tmp_path) as one, Recorder(tmp_path) as other:
        for number in range(40):
            await asyncio.gather(
                *(one.submit(audit(f"one.{number}.{n}")) for n in range(5)),
                *(other.submit(audit(f"other.{number}.{n}")) for n in range(5)),
            )
    told = ids(tmp_path)
    assert len(told) == len(set(told)) == 400
    assert (one.waiting, other.waiting) == (0, 0)
    for name in ("one", "other"):
        own = [f"{name}.{number}.{n}" for number in range(40) for n in range(5)]
        assert [record for record in told if record.startswith(f"{name}.")] == own
    assert verify(tmp_path).ok


@pytest.mark.parametrize("name", ["log.db", "spool.db", "log.key"])
async def test_a_folder_that_cannot_be_used_is_told_in_one_line(whole_log: Path, name: str) -> None:
    (whole_log / name).write_bytes(b"damaged" * 1000)
    with pytest.raises(UsageError, match="--log PATH"):
        async with Recorder(whole_log):
            raise AssertionError("entered")


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="--log PATH"):
        Recorder(tmp_path / "file")
