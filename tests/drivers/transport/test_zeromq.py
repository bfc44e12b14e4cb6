"""A real publisher of ZeroMQ on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import zmq

from havik.drivers.errors import LinkLost
from havik.drivers.transport import zeromq
from havik.drivers.transport.zeromq import NEEDED, subscribed


class Publisher:
    """A PUB socket that tells when somebody has subscribed."""

    def __init__(self) -> None:
        self._context: Any = zmq.Context()
        self._wire: Any = self._context.socket(zmq.XPUB)
        self._wire.setsockopt(zmq.LINGER, 0)
        self.port: int = self._wire.bind_to_random_port("tcp://127.0.0.1")

    def wait_for_subscriber(self) -> None:
        assert self._wire.poll(5000), "nobody subscribed"
        assert self._wire.recv() == b"\x01"

    def send(self, *parts: bytes) -> None:
        self._wire.send_multipart(parts)

    def close(self) -> None:
        self._wire.close(linger=0)
        self._context.term()


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    made = Publisher()
    yield made
    made.close()


async def test_each_message_is_one_payload_in_order(publisher: Publisher) -> None:
    async with subscribed("127.0.0.1", publisher.port) as link:
        await asyncio.to_thread(publisher.wait_for_subscriber)
        for payload in (b"one", b"", b"x" * 100_000):
            publisher.send(payload)
        publisher.send(b"topic", b"after its topic")
        got = [await link.receive() for _ in range(4)]
    assert got == [b"one", b"", b"x" * 100_000, b"after its topic"]


async def test_nobody_there_is_told_in_one_line(publisher: Publisher) -> None:
    publisher.close()
    with pytest.raises(LinkLost, match=f"zmq 127.0.0.1 port {publisher.port}: "):
        async with subscribed("127.0.0.1", publisher.port):
            pass


async def test_leaving_while_it_waits_leaves_nothing_behind(publisher: Publisher) -> None:
    async with subscribed("127.0.0.1", publisher.port) as link:
        await asyncio.to_thread(publisher.wait_for_subscriber)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await link.receive()


async def test_without_its_library_it_says_what_to_install(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(name: str) -> None:
        assert name == "zmq"

    monkeypatch.setattr(zeromq, "find_spec", nowhere)
    with pytest.raises(LinkLost, match="havik") as told:
        async with subscribed("127.0.0.1", publisher.port):
            pass
    assert str(told.value) == NEEDED
