"""The recorder: how the running gateway tells the central log, without waiting for the disk.

    submit ─► memory ─► spool writer ─► spool.db ─► forwarder ─► log.db
              bounded   one commit      durable:    again and again
                        for a group     told so     until it is in

A record is acknowledged when the spool has it on the disk. A stop at any moment leaves it there;
the next start moves it on. While the spool cannot be written, records wait in memory, and the
oldest go first when there are too many: counted, and their callers are told.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from contextlib import AsyncExitStack, suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from ..messages import Recorded, encode
from . import folder as place
from .database import in_words
from .pending import Call, Pending, RecordLost
from .spool import Spool
from .store import CentralLog, LogDamaged
from .thread import InThread
from .trouble import Trouble

__all__ = ["MOST_IN_MEMORY", "RecordLost", "Recorder"]

MOST_IN_MEMORY = 10_000
GROUP_S = 0.005
"""Commits follow each other at this distance, so that each takes a group with it."""
FULL_GROUP = 100
"""So many records need not wait for more."""
MOST_IN_COMMIT = 1_000
LOOK_S = 2.0
"""How often the spool is looked into unasked: another process may have been stopped in between."""
MOST_SHOWN = 1_000
"""Characters of a refused record in the warning."""

_logger = logging.getLogger(__name__)


class Recorder:
    """Takes records from the event loop and brings them into the central log of one folder.

    Entering moves what an earlier run left in the spool into the log; leaving commits and forwards
    all that was submitted. Several processes may record into one folder.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    UsageError
        If the folder cannot be used; on entering too, if what stands there cannot.
    """

    def __init__(self, folder: Path) -> None:
        place.prepare(folder)
        self._folder = folder
        self._spool = InThread(lambda: Spool(folder), "havik-spool")
        self._log = InThread(lambda: CentralLog(folder), "havik-log")
        self._pending = Pending(MOST_IN_MEMORY)
        self._writing = Trouble("the spool cannot be written", _logger)
        self._forwarding = Trouble("the central log cannot be written", _logger)
        self._stack = AsyncExitStack()
        self._in_spool = 0
        self.entries = 0  # the log's size as last seen
        self.refused = 0  # records that the log did not take; each is in a warning
        self._open = False
        self._submitted, self._full = asyncio.Event(), asyncio.Event()
        self._spooled, self._leaving = asyncio.Event(), asyncio.Event()
        self._written = asyncio.Event()  # the writer has ended

    @property
    def waiting(self) -> int:
        """How many records are submitted but not in the log yet."""
        return self._pending.records + self._in_spool

    @property
    def dropped(self) -> int:
        """How many records were let go of because the disk could not be written."""
        return self._pending.dropped

    @property
    def failing(self) -> str | None:
        """Why the disk cannot be written now, in words for a person; `None` when all is well."""
        return self._writing.reason or self._forwarding.reason

    def submit(self, *records: Recorded) -> asyncio.Future[None]:
        """Record; from the event loop, without waiting.

        Parameters
        ----------
        *records : Incident, Find or Audit
            They are written in one transaction: all or none, in order, adjacent.

        Returns
        -------
        Future
            Done when they are on the disk; fails with `RecordLost` if they will not be.

        Raises
        ------
        ValueError
            If a number in them is not finite: none of them is recorded.
        RuntimeError
            If the recorder is not entered.
        """
        if not self._open:
            raise RuntimeError("the recorder is not open")
        call = Call([encode(record) for record in records], asyncio.Future())
        if not records:
            call.durable.set_result(None)
            return call.durable
        self._pending.add(call)
        self._submitted.set()
        if self._pending.queued >= FULL_GROUP:
            self._full.set()
        return call.durable

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._spool)
            await stack.enter_async_context(self._log)
            await self._catch_up()
            tasks = await stack.enter_async_context(asyncio.TaskGroup())
            tasks.create_task(self._write(), name="spool writer")
            tasks.create_task(self._forward(), name="log forwarder")
            self._stack = stack.pop_all()
        self._open = True
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open = False
        for event in (self._submitted, self._full, self._leaving):
            event.set()
        try:
            # An error or a cancellation outside is no reason to leave records unwritten: the tasks
            # end by themselves. Only a second cancellation ends them at once.
            await self._stack.__aexit__(None, None, None)
        finally:
            self._pending.lose_all("the recorder was closed before they were written")
            if self._in_spool:
                _logger.warning("%d records stay in the spool for the next start", self._in_spool)

    async def _catch_up(self) -> None:
        try:
            self._in_spool = await self._spool.do(lambda spool: spool.depth)
            self.entries = await self._log.do(lambda log: log.size)
        except sqlite3.Error as error:
            raise place.unusable(self._folder, error) from None
        if self._in_spool:
            _logger.info("moving %d records of an earlier run into the log", self._in_spool)
        while await self._move():
            pass

    async def _write(self) -> None:
        """Bring what is submitted into the spool, a group at a time, until all is written."""
        last_s = 0.0
        while await self._group(last_s + GROUP_S):
            last_s = asyncio.get_running_loop().time()
            records = self._pending.take(MOST_IN_COMMIT)
            try:
                await self._spool.do(partial(Spool.add, records=records))
            except sqlite3.Error as error:
                self._pending.put_back()
                if self._leaving.is_set():
                    self._pending.lose_all(in_words(error))
                await _wait(self._leaving, self._writing.failed(in_words(error)))
            else:
                self._writing.worked()
                self._in_spool += len(records)
                self._pending.settle()
                self._spooled.set()
        for event in (self._written, self._spooled):
            event.set()

    async def _group(self, due_s: float) -> bool:
        """Wait for a group: one that is full, or what there is when it is due; tell the end."""
        while not self._pending.queued:
            if self._leaving.is_set():
                return False
            self._submitted.clear()
            await self._submitted.wait()
        if self._pending.queued < FULL_GROUP and not self._leaving.is_set():
            self._full.clear()
            await _wait(self._full, due_s - asyncio.get_running_loop().time())
        return True

    async def _forward(self) -> None:
        """Bring what is in the spool into the log, until the writer has ended and all is in."""
        while not self._written.is_set():
            self._spooled.clear()
            while await self._move():
                pass
            if self._forwarding.reason:
                await _wait(self._written, self._forwarding.pause_s)
            else:
                await _wait(self._spooled, LOOK_S)
        while await self._move():
            pass

    async def _move(self) -> bool:
        """Move the oldest records from the spool into the log; tell whether more may wait."""
        try:
            waiting = await self._spool.do(lambda spool: spool.waiting(MOST_IN_COMMIT))
            records = [record for _, record in waiting]
            if records:
                await self._append(records)
                numbers = [number for number, _ in waiting]
                await self._spool.do(lambda spool: spool.forget(numbers))
        except (sqlite3.Error, LogDamaged) as error:
            self._forwarding.failed(in_words(error))
            return False
        self._forwarding.worked()
        # Another process may have moved some of them: an empty spool sets the count right.
        self._in_spool = max(self._in_spool - len(records), 0) if records else 0
        return bool(records)

    async def _append(self, records: list[bytes]) -> None:
        indices, self.entries = await self._log.do(lambda log: (log.append(records), log.size))
        for record, index in zip(records, indices, strict=True):
            if index is None:
                self.refused += 1
                _logger.warning("the central log refused a record: %r", record[:MOST_SHOWN])


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
