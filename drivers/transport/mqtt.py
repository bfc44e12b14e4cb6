"""MQTT 3.1.1 and 5: one thin adapter over aiomqtt, with the gateway's errors and bounds.

aiomqtt acknowledges a message before anybody has seen it. Here the consumer does, when what it
made of it is safe; what was not acknowledged comes again after a reconnection, if the session has
a name by which the broker keeps it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Literal

import aiomqtt

from ..errors import LinkLost
from .mqtt_client import (
    BrokerAddress,
    Publication,
    Sender,
    acknowledge,
    enter,
    leave,
    make_client,
    unless_gone,
    waiting,
    waiting_room,
)
from .mqtt_faults import code, faults

__all__ = ["BrokerAddress", "Connection", "Incoming", "Publication", "Qos", "connected"]

Qos = Literal[0, 1]

MOST_WAITING = 10_000
MOST_WAITING_BYTES = 1 << 26
"""Of messages in hand. mosquitto's window of 20 does not bound them where its queue is unlimited,
as it must be to lose nothing."""

MOST_TOPICS = 1000
"""Of which it is remembered whether they were asked for."""

_FIRST_REFUSAL = 0x80  # of the codes with which a broker answers


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message; the broker keeps it until it is acknowledged, where its QoS is 1.

    `acknowledge` belongs into the event loop's thread; once its connection is gone it does nothing.
    """

    topic: str
    payload: bytes
    qos: int
    retained: bool
    acknowledge: Callable[[], None]


class Connection:
    """An open connection; made by `connected`.

    Attributes
    ----------
    dropped : Counter
        Messages let go of because nobody took them in time, by reason.
    """

    def __init__(
        self, client: aiomqtt.Client, name: str, dropped: Counter[str], *, kept: bool
    ) -> None:
        self.dropped = dropped
        self._kept = kept
        self._client = client
        self._name = name
        self._messages = client.messages
        self._filters: set[str] = set()
        self._asked_for: dict[str, bool] = {}
        self._sender = Sender(client)

    async def subscribe(self, topic: str | Sequence[str], qos: Qos = 0) -> None:
        """Ask for messages of one topic, or of several at once; each may hold wildcards.

        Ask for all that is wanted in one call: a broker may wait for the acknowledgement of what
        is retained before it grants the next one (amqtt does).

        Raises
        ------
        LinkLost
            If the broker is gone or refuses.
        """
        topics = [topic] if isinstance(topic, str) else list(topic)
        self._filters.update(topics)
        self._asked_for.clear()
        wanted: list[tuple[str, int]] = [(one, qos) for one in topics]
        with faults(self._name):
            asking = self._client.subscribe(wanted)
            granted = await unless_gone(self._client, asking)
        if any(code(answer) >= _FIRST_REFUSAL for answer in granted):
            named = " or ".join(topics)
            raise LinkLost(f"{self._name}: refuses the subscription to {named}; check its rights")

    async def receive(self) -> Incoming:
        """Wait for the next message.

        Raises
        ------
        LinkLost
            If the broker is gone.
        """
        (message,) = await self.receive_some(1)
        return message

    async def receive_some(self, most: int) -> list[Incoming]:
        """Wait for the next message; give it with those that came with it, up to `most`.

        Raises
        ------
        LinkLost
            If the broker is gone.
        """
        with faults(self._name):
            while True:
                first = await anext(self._messages)
                told = [
                    self._incoming(message)
                    for message in (first, *waiting(self._client, most - 1))
                    if self._is_asked_for(message)
                ]
                if told:
                    return told

    def _incoming(self, message: aiomqtt.Message) -> Incoming:
        return Incoming(
            topic=message.topic.value,
            payload=message.payload,
            qos=message.qos,
            retained=message.retain,
            acknowledge=partial(acknowledge, self._client, message),
        )

    def _is_asked_for(self, message: aiomqtt.Message) -> bool:
        """Whether it is ours; what is not is acknowledged.

        amqtt 0.12 sends a new client what others asked for and is retained. A kept session has
        subscriptions of earlier connections, which only the broker knows.
        """
        if self._kept:
            return True
        topic = message.topic.value
        known = self._asked_for.get(topic)
        if known is None:
            known = any(message.topic.matches(one) for one in self._filters)
            if len(self._asked_for) >= MOST_TOPICS:
                self._asked_for.clear()
            self._asked_for[topic] = known
        if not known:
            acknowledge(self._client, message)
        return known

    async def publish(
        self, topic: str, payload: bytes, *, qos: Qos = 0, retain: bool = False
    ) -> None:
        """Publish; with QoS 1, wait until the broker has it.

        Raises
        ------
        LinkLost
            If the broker is gone. It may have the message all the same: send it again.
        """
        await self.publish_all([Publication(topic, payload, qos, retain)])

    async def publish_all(self, publications: list[Publication]) -> None:
        """Publish in order; what the broker has is taken out of `publications`.

        Raises
        ------
        LinkLost
            If the broker is gone. It may have what is left all the same: send it again.
        """
        with faults(self._name):
            await self._sender.send(publications)


@asynccontextmanager
async def connected(
    address: BrokerAddress,
    *,
    will: aiomqtt.Will | None = None,
    session: str | None = None,
    most_waiting: int = MOST_WAITING,
    dropped: Counter[str] | None = None,
) -> AsyncGenerator[Connection, None]:
    """Hold a connection.

    Parameters
    ----------
    address : BrokerAddress
        The broker.
    will : aiomqtt.Will, optional
        What the broker publishes when we are gone without a word.
    session : str, optional
        A name for our subscriptions and what is not acknowledged, kept while we are away.
        Without one the broker forgets us.
    most_waiting : int
        Messages that wait for `receive`. Then the oldest of QoS 0 is let go of, else the oldest. In
        a named session that one comes again after a reconnection; without one it is acknowledged,
        for what is never acknowledged would fill the broker's window and stop the stream.
    dropped : Counter, optional
        Where they are counted, by reason, over one connection and the next.

    Raises
    ------
    LinkLost
        If the connection cannot be made; which broker, and why.
    """
    name = str(address)
    dropped = Counter[str]() if dropped is None else dropped

    def let_go(message: aiomqtt.Message) -> None:
        if session is None:
            acknowledge(client, message)

    with faults(name):
        room = waiting_room(most_waiting, MOST_WAITING_BYTES, dropped, let_go)
        client = make_client(address, will, session, room)
        await enter(client)
    try:
        yield Connection(client, name, dropped, kept=session is not None)
    finally:
        with faults(name):
            await leave(client)
