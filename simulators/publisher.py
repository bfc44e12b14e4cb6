"""The simulated devices' way to the broker.

A device publishes at QoS 0 and does not wait: while the broker is away, the newest payloads are
kept for its return, up to a limit, and what was let go of is counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Protocol

from ..drivers.errors import LinkLost
from ..drivers.transport.backoff import in_own_task

MOST_WAITING = 100
"""About ten seconds of one receiver's blocks, some 6 MB."""

RETRY_S = 1.0
FLUSH_S = 2.0


class Connection(Protocol):
    """A connection to a broker; what goes wrong on it is a `LinkLost`."""

    async def publish(self, topic: str, payload: bytes) -> None:
        """Publish at QoS 0."""
        ...


Connect = Callable[[], AbstractAsyncContextManager[Connection]]


class Publisher:
    """Payloads in, at any moment; out whenever there is a connection.

    Parameters
    ----------
    connect : callable
        Opens a connection.
    sleep : callable
        Waits before each new attempt; replaced in tests.

    Attributes
    ----------
    lost : int
        Payloads that were let go of.
    connected : asyncio.Event
        Set once the first connection is there.
    """

    def __init__(
        self, connect: Connect, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    ) -> None:
        self.lost = 0
        self.connected = asyncio.Event()
        self._connect = connect
        self._sleep = sleep
        self._waiting: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue(MOST_WAITING)

    async def send(self, topic: str, payload: bytes) -> None:
        """Hand over one payload; does not wait for the broker."""
        if self._waiting.full():
            self._waiting.get_nowait()
            self._waiting.task_done()
            self.lost += 1
        self._waiting.put_nowait((topic, payload))

    async def run(self) -> None:
        """Publish for ever.

        Raises
        ------
        LinkLost
            If the first connection fails: then the address is wrong. A later loss heals.
        """
        while True:
            try:
                await in_own_task(self._serve())
            except LinkLost:
                if not self.connected.is_set():
                    raise
            await self._sleep(RETRY_S)

    async def flush(self) -> None:
        """Wait until all that was handed over is published, but not for a broker that is away."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._waiting.join(), FLUSH_S)

    async def _serve(self) -> None:
        async with self._connect() as connection:
            self.connected.set()
            await self._publish(connection)

    async def _publish(self, connection: Connection) -> None:
        while True:
            topic, payload = await self._waiting.get()
            try:
                await connection.publish(topic, payload)
            except LinkLost:
                self.lost += 1
                raise
            finally:
                self._waiting.task_done()


@asynccontextmanager
async def publishing(connect: Connect) -> AsyncGenerator[Publisher, None]:
    """Run a publisher; the context begins with the connection and ends with what waits sent.

    Raises
    ------
    ExceptionGroup of LinkLost
        If there is no connection.
    """
    publisher = Publisher(connect)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(publisher.run(), name="publish")
        await publisher.connected.wait()
        yield publisher
        await publisher.flush()
        running.cancel()
