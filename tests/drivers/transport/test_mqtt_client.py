"""What aiomqtt does to its callers, without a broker."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import cast

import aiomqtt
import pytest

from havik.drivers.transport.mqtt import Connection, Qos

PATIENCE_S = 10.0


class Client:
    """Publishes as aiomqtt does: sent, then confirmed in its own time."""

    def __init__(self) -> None:
        self.messages: list[aiomqtt.Message] = []
        self.sent, self.confirmed = asyncio.Event(), asyncio.Event()
        self._disconnected = asyncio.get_running_loop().create_future()

    async def publish(self, *_: object) -> None:
        self.sent.set()
        await asyncio.wait_for(self.confirmed.wait(), PATIENCE_S)


@pytest.mark.parametrize("qos", [0, 1])
@pytest.mark.parametrize("steps", range(6))
async def test_a_publisher_ends_whenever_it_is_cancelled(qos: Qos, steps: int) -> None:
    client = Client()
    link = Connection(cast("aiomqtt.Client", client), "broker", Counter(), kept=False)

    async def publish_for_ever() -> None:
        while True:
            await link.publish("topic", b"payload", qos=qos)
            client.confirmed.clear()

    task = asyncio.create_task(publish_for_ever())
    await client.sent.wait()
    client.confirmed.set()
    for _ in range(steps):  # of the event loop, until the confirmation is with the publisher
        await asyncio.sleep(0)
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=PATIENCE_S)
    task.cancel()
    assert done and task.cancelled()
