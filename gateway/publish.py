"""The gateway's connection to its consoles: it carries the outbox, and what consoles ask.

Its last will is the health of the subject `gateway`. States of an earlier run that nobody stands
for any more are cleared once, beside the rest: no command waits for that.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, suppress
from typing import NoReturn

import aiomqtt
from msgspec.structs import replace

from ..config.settings import SiteSection
from ..drivers.errors import LinkLost
from ..drivers.transport.backoff import LinkState, forever
from ..drivers.transport.mqtt import BrokerAddress, Connection, Incoming, connected
from .health import last_will
from .messages import Reply, encode
from .outbox import Outbox
from .topics import COMMANDS, ROOT, health_topic, publications

GATEWAY = "gateway"
"""The subject of the gateway's own health."""

MOST_AT_ONCE = 64
"""So many publications share one wait for the broker; what comes meanwhile waits for them."""

GOODBYE_S = 1.0
SWEEP_S = 0.5
"""After so long without another retained message, all of them have come."""

SHOWN = 64
"""Characters of a command's name in the program's log: a console may send any."""

_log = logging.getLogger(__name__)

Answer = Callable[[str, bytes], Awaitable[Reply | None]]


def will(site: SiteSection, subject: str, now_ns: int) -> aiomqtt.Will:
    """What the broker tells of `subject` when its connection dies."""
    message = last_will(site, subject, now_ns)
    return aiomqtt.Will(health_topic(site.name, subject), encode(message), 1, retain=True)


class Publisher:
    """Carries messages out and commands in, for ever.

    Parameters
    ----------
    address : BrokerAddress
    site : SiteSection
    sensors : iterable of str
        The ids of the site's sensors; the health of any other is of an earlier run's settings.
    outbox : Outbox
    answer : callable
        Takes a command's name and payload, and gives the reply once its record is durable. The
        broker keeps the command until the reply is with it: a kill in between brings it again.
    on_state : callable
        Told how the connection is.
    now_ns : callable
        The clock (UTC).
    """

    def __init__(
        self,
        address: BrokerAddress,
        site: SiteSection,
        sensors: Iterable[str],
        outbox: Outbox,
        answer: Answer,
        on_state: Callable[[LinkState], None],
        now_ns: Callable[[], int],
    ) -> None:
        self._address = address
        self._site = site
        self._healths = {health_topic(site.name, one) for one in (GATEWAY, *sensors)}
        self._outbox = outbox
        self._answer = answer
        self._on_state = on_state
        self._now_ns = now_ns
        self._swept = False

    async def run(self) -> NoReturn:
        """Connect, carry, and begin again."""
        await forever(self._connect, self._use, self._on_state)

    def _connect(self) -> AbstractAsyncContextManager[Connection]:
        """Open a session that the broker keeps: commands given while we are away are not lost."""
        return connected(
            self._address,
            will=will(self._site, GATEWAY, self._now_ns()),
            session=f"havik-{self._site.name}",
            dropped=self._outbox.dropped,
        )

    async def _use(self, link: Connection) -> None:
        await link.subscribe(f"{ROOT}/{self._site.name}/{COMMANDS}/+", 1)
        self._outbox.again()
        try:
            async with asyncio.TaskGroup() as tasks:
                if not self._swept:
                    tasks.create_task(self._sweep(), name="sweep")
                tasks.create_task(self._carry(link), name="publish")
                tasks.create_task(self._listen(link), name="commands")
        except asyncio.CancelledError:
            with suppress(LinkLost, TimeoutError):
                async with asyncio.timeout(GOODBYE_S):
                    await self._say_goodbye(link)
            raise

    async def _say_goodbye(self, link: Connection) -> None:
        """Tell consoles that the gateway stops on purpose; its will is not told then."""
        reason = "the gateway was stopped"
        health = replace(last_will(self._site, GATEWAY, self._now_ns()), reason=reason)
        topic = health_topic(self._site.name, GATEWAY)
        await link.publish(topic, encode(health), qos=1, retain=True)

    async def _carry(self, link: Connection) -> None:
        while True:
            batch = await self._outbox.next_some(MOST_AT_ONCE)
            try:
                await link.publish_all(batch)
            except (LinkLost, asyncio.CancelledError):
                for publication in reversed(batch):  # what the broker has not confirmed
                    self._outbox.put_back(publication)
                raise

    async def _listen(self, link: Connection) -> None:
        while True:
            message = await link.receive()
            room, _, name = message.topic.rpartition("/")
            if room == f"{ROOT}/{self._site.name}/{COMMANDS}":
                reply = await self._reply(name, message.payload)
                for topic, payload, qos, retain in () if reply is None else publications(reply):
                    await link.publish(topic, payload, qos=qos, retain=retain)
            message.acknowledge()

    async def _reply(self, name: str, payload: bytes) -> Reply | None:
        """Do one command; one that fails costs itself alone, and its console asks again."""
        try:
            return await self._answer(name, payload)
        except Exception:
            _log.exception("a command `%s` is left out", name[:SHOWN])
            return None

    async def _sweep(self) -> None:
        """Clear what an earlier run left retained and could not clear itself."""
        async with connected(self._address) as link:
            rooms = ("tracks/+", "incidents/+", "+/health")
            await link.subscribe([f"{ROOT}/{self._site.name}/{room}" for room in rooms], 1)
            for topic in await _retained(link) - self._outbox.standing - self._healths:
                await link.publish(topic, b"", qos=1, retain=True)
        self._swept = True


async def _retained(link: Connection) -> set[str]:
    """The topics on which the broker keeps something."""
    topics: set[str] = set()
    clock = asyncio.get_running_loop().time
    quiet_s = clock() + SWEEP_S
    while clock() < quiet_s:  # what is told meanwhile, by us or anybody, does not prolong it
        try:
            async with asyncio.timeout_at(quiet_s):
                message: Incoming = await link.receive()
        except TimeoutError:
            break
        message.acknowledge()
        if message.retained and message.payload:
            topics.add(message.topic)
            quiet_s = clock() + SWEEP_S
    return topics
