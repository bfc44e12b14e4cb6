"""Bounded queues that let go of their oldest: late evidence is worth less than new."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Lane(Generic[T]):
    """A queue with one reader; `put` never waits.

    Parameters
    ----------
    most : int
        So much may wait; the sum of `weight`.
    dropped : Counter
        Where what was let go of is counted.
    name : str
        Under which key.
    weight : callable
        What one thing counts for; at least 1.
    """

    def __init__(
        self,
        most: int,
        dropped: Counter[str],
        name: str,
        weight: Callable[[T], int] = lambda _: 1,
    ) -> None:
        self._most = most
        self._dropped = dropped
        self._name = name
        self._weight = weight
        self._waiting: deque[T] = deque()
        self._load = 0
        self._filled = asyncio.Event()
        self._emptied = asyncio.Event()
        self._emptied.set()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, thing: T) -> None:
        """Add one thing; where there is no room, the oldest go. The newest always stays."""
        self._waiting.append(thing)
        self._load += self._weight(thing)
        while self._load > self._most and len(self._waiting) > 1:
            self._load -= self._weight(self._waiting.popleft())
            self._dropped[self._name] += 1
        self._filled.set()
        self._emptied.clear()

    async def get(self) -> T:
        """Wait for the next thing."""
        while not self._waiting:
            self._filled.clear()
            await self._filled.wait()
        return self.take()

    def take(self) -> T:
        """Take the next thing, which must be there."""
        thing = self._waiting.popleft()
        self._load -= self._weight(thing)
        if not self._waiting:
            self._emptied.set()
        return thing

    async def empty(self) -> None:
        """Wait until all has been taken: for a writer that can wait, as a recording can."""
        await self._emptied.wait()


class TwoLanes(Generic[T]):
    """A lane that is served first, and one that gets what time is left; one reader.

    Parameters
    ----------
    first, second : Lane
    is_first : callable
        Whether a thing belongs into the first.
    """

    def __init__(self, first: Lane[T], second: Lane[T], is_first: Callable[[T], bool]) -> None:
        self._first, self._second, self._is_first = first, second, is_first
        self._filled = asyncio.Event()

    def put(self, thing: T) -> None:
        """Add one thing; where its lane has no room, the oldest there go."""
        (self._first if self._is_first(thing) else self._second).put(thing)
        self._filled.set()

    async def get(self) -> T:
        """Wait for the next thing."""
        while not self._first and not self._second:
            self._filled.clear()
            await self._filled.wait()
        return self._first.take() if self._first else self._second.take()
