"""What is submitted but not durable yet: a bounded queue in memory, the oldest call first."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


class RecordLost(Exception):
    """Records that are not known to be on the disk; the message says why."""


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """The encoded records of one call: written all or none, in order, adjacent."""

    records: Sequence[bytes]
    durable: asyncio.Future[None]


class Pending:
    """Calls in order, and the group of them that is being written.

    Parameters
    ----------
    most : int
        Records in memory; above it, the oldest call that is not being written is let go of. The
        newest is always kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._queued: deque[Call] = deque()
        self._group: list[Call] = []
        self.queued = 0  # records
        self.in_group = 0
        self.dropped = 0

    @property
    def records(self) -> int:
        """How many records are in memory."""
        return self.queued + self.in_group

    def add(self, call: Call) -> None:
        """Queue a call, and let go of the oldest where there are too many."""
        self._queued.append(call)
        self.queued += len(call.records)
        self._trim()

    def take(self, most: int) -> list[bytes]:
        """Make a group of the oldest calls, at least one: up to `most` records; give these."""
        while self._queued and (
            not self._group or self.in_group + len(self._queued[0].records) <= most
        ):
            call = self._queued.popleft()
            self._group.append(call)
            self.queued -= len(call.records)
            self.in_group += len(call.records)
        return [record for call in self._group for record in call.records]

    def settle(self) -> None:
        """The group is on the disk: tell its callers."""
        for call in self._end_group():
            if not call.durable.done():  # a caller may have stopped waiting
                call.durable.set_result(None)

    def put_back(self) -> None:
        """The group could not be written: it is the oldest again."""
        self.queued += self.in_group
        self._queued.extendleft(reversed(self._end_group()))
        self._trim()

    def lose_all(self, reason: str) -> None:
        """Let go of everything."""
        self._lose([*self._end_group(), *self._queued], reason)
        self._queued.clear()
        self.queued = 0

    def _trim(self) -> None:
        while self.records > self._most and len(self._queued) > 1:
            oldest = self._queued.popleft()
            self.queued -= len(oldest.records)
            self._lose([oldest], f"more than {self._most} records waited for the disk")

    def _end_group(self) -> list[Call]:
        group, self._group, self.in_group = self._group, [], 0
        return group

    def _lose(self, calls: Iterable[Call], reason: str) -> None:
        for call in calls:
            self.dropped += len(call.records)
            if not call.durable.done():
                call.durable.set_exception(RecordLost(reason))
                call.durable.exception()  # counted: a caller who does not look need not be warned
