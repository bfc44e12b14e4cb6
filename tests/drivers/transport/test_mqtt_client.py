"""What a publisher may rely on, without a broker."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import cast

import aiomqtt
import pytest

from havik.drivers.errors import LinkLost
from havik.drivers.transport.mqtt import Connection, Publication, Qos

PATIENCE_S = 10.0


class Answer:
    """What paho says of one publication."""

    def __init__(self, mid: int) -> None:
        self.mid, self.rc = mid, 0


class Paho:
    """Takes publications and confirms them when it is told to."""

    on_publish: Callable[..., None]

    def __init__(self) -> None:
        self.taken: list[Publication] = []
        self.sent = asyncio.Event()

    def publish(self, topic: str, payload: bytes, qos: Qos, retain: bool) -> Answer:
        self.taken.append(Publication(topic, payload, qos, retain))
        self.sent.set()
        return Answer(len(self.taken))

    def confirm(self, *numbers: int) -> None:
        for number in numbers:
            self.on_publish(self, None, number, 0, None)


class Client:
    """The insides of an aiomqtt client that a connection uses."""

    def __init__(self) -> None:
        self.messages: list[aiomqtt.Message] = []
        self._client = Paho()
        self._disconnected: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def lose(self) -> None:
        self._disconnected.set_exception(aiomqtt.MqttError("gone"))

    @property
    def paho(self) -> Paho:
        return self._client


def connection(client: Client) -> Connection:
    return Connection(cast("aiomqtt.Client", client), "broker", Counter(), kept=False)


def batch(count: int) -> list[Publication]:
    return [Publication("topic", b"%d" % number, 1, False) for number in range(1, count + 1)]


@pytest.mark.parametrize("qos", [0, 1])
@pytest.mark.parametrize("steps", range(6))
async def test_a_publisher_ends_whenever_it_is_cancelled(qos: Qos, steps: int) -> None:
    client = Client()
    link = connection(client)

    async def publish_for_ever() -> None:
        while True:
            await link.publish("topic", b"payload", qos=qos)

    task = asyncio.create_task(publish_for_ever())
    await client.paho.sent.wait()
    client.paho.confirm(1)
    for _ in range(steps):  # of the event loop, until the confirmation is with the publisher
        await asyncio.sleep(0)
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=PATIENCE_S)
    task.cancel()
    assert done and task.cancelled()


async def test_a_batch_ends_when_all_of_it_is_confirmed_in_any_order() -> None:
    client, publications = Client(), batch(3)
    task = asyncio.create_task(connection(client).publish_all(publications))
    await client.paho.sent.wait()
    assert client.paho.taken == batch(3)
    client.paho.confirm(3, 1)
    await asyncio.sleep(0)
    assert not task.done()
    client.paho.confirm(2, 77)  # one that nobody waits for means nothing
    await task
    assert publications == []


async def test_what_a_lost_link_did_not_confirm_is_left_in_its_order() -> None:
    client, publications = Client(), batch(4)
    link = connection(client)
    task = asyncio.create_task(link.publish_all(publications))
    await client.paho.sent.wait()
    client.paho.confirm(2)
    client.lose()
    with pytest.raises(LinkLost, match="broker: gone"):
        await task
    assert [one.payload for one in publications] == [b"1", b"3", b"4"]
    with pytest.raises(LinkLost):
        await link.publish_all(publications)
    assert len(client.paho.taken) == 4


async def test_a_cancelled_batch_keeps_what_is_not_confirmed() -> None:
    client, publications = Client(), batch(3)
    task = asyncio.create_task(connection(client).publish_all(publications))
    await client.paho.sent.wait()
    client.paho.confirm(1)
    task.cancel()
    await asyncio.wait({task})
    assert [one.payload for one in publications] == [b"2", b"3"]
    client.paho.confirm(2, 3)  # late


async def test_two_batches_on_one_connection_wait_for_their_own() -> None:
    client = Client()
    link = connection(client)
    first = asyncio.create_task(link.publish_all(batch(2)))
    second = asyncio.create_task(link.publish_all(batch(2)))
    await asyncio.sleep(0)
    client.paho.confirm(3, 4)
    await second
    assert not first.done()
    client.paho.confirm(1, 2)
    await first
