from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from havik.drivers.errors import LinkLost
from havik.simulators.publisher import MOST_WAITING, Connection, Publisher


class Broker:
    """Takes `accepts` payloads, then breaks the connection once; the next one lasts."""

    def __init__(self, accepts: int) -> None:
        self.accepts = accepts
        self.got: list[bytes] = []
        self.connections = 0
        self.changed = asyncio.Event()

    def connect(self) -> AbstractAsyncContextManager[Connection]:
        @asynccontextmanager
        async def connected() -> AsyncGenerator[Connection, None]:
            self.connections += 1
            yield self

        return connected()

    async def publish(self, topic: str, payload: bytes) -> None:
        if self.connections == 1 and len(self.got) == self.accepts:
            raise LinkLost("gone")
        self.got.append(payload)
        self.changed.set()

    async def has(self, payload: bytes) -> None:
        async with asyncio.timeout(10):
            while payload not in self.got:
                await self.changed.wait()
                self.changed.clear()


async def at_once(_: float) -> None:
    await asyncio.sleep(0)


@asynccontextmanager
async def running(publisher: Publisher) -> AsyncGenerator[None, None]:
    task = asyncio.create_task(publisher.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_payloads_arrive_in_their_order() -> None:
    broker = Broker(accepts=100)
    publisher = Publisher(broker.connect, at_once)
    async with running(publisher):
        for number in range(5):
            await publisher.send("t", b"%d" % number)
        await publisher.flush()
        assert broker.got == [b"0", b"1", b"2", b"3", b"4"]


async def test_a_lost_connection_heals_and_what_it_cost_is_counted() -> None:
    broker = Broker(accepts=2)
    publisher = Publisher(broker.connect, at_once)
    async with running(publisher):
        for number in range(5):
            await publisher.send("t", b"%d" % number)
        await broker.has(b"4")
    assert broker.got == [b"0", b"1", b"3", b"4"]
    assert (broker.connections, publisher.lost) == (2, 1)


async def test_what_waits_is_bounded_and_the_oldest_goes_first() -> None:
    broker = Broker(accepts=2 * MOST_WAITING)
    publisher = Publisher(broker.connect, at_once)
    for number in range(MOST_WAITING + 3):
        await publisher.send("t", b"%d" % number)
    async with running(publisher):
        await broker.has(b"%d" % (MOST_WAITING + 2))
    assert publisher.lost == 3
    assert broker.got[0] == b"3" and len(broker.got) == MOST_WAITING


async def test_cancelled_it_ends_even_if_the_broker_goes_at_that_moment() -> None:
    attempts: list[bool] = []

    @asynccontextmanager
    async def connect() -> AsyncGenerator[Connection, None]:
        attempts.append(True)
        try:
            yield Broker(accepts=1)
        finally:
            raise LinkLost("gone without a goodbye")

    publisher = Publisher(connect, at_once)
    task = asyncio.create_task(publisher.run())
    await publisher.connected.wait()
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=10)
    task.cancel()
    assert done and task.cancelled()
    assert len(attempts) == 1


async def test_a_first_connection_that_fails_is_told() -> None:
    @asynccontextmanager
    async def refuse() -> AsyncGenerator[Connection, None]:
        raise LinkLost("nothing listens")
        yield Broker(0)

    with pytest.raises(LinkLost, match="nothing listens"):
        await Publisher(refuse, at_once).run()
