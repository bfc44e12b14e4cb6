"""At real brokers."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypedDict

import msgspec
import pytest

from havik.config.settings import AlarmSection, SiteSection
from havik.drivers.transport.backoff import LinkState
from havik.drivers.transport.mqtt import BrokerAddress, Connection, Incoming, connected
from havik.gateway import publish
from havik.gateway.desk import Desk
from havik.gateway.incidents import Incidents
from havik.gateway.messages import Detection, Find, Health, Incident, Reply, Track, encode
from havik.gateway.outbox import Outbox
from havik.gateway.plan import Plan
from havik.gateway.publish import Publisher

if TYPE_CHECKING:
    from tests.conftest import Mosquitto

PATIENCE_S = 20.0
SITE = SiteSection(name="noord", latitude_deg=52.0, longitude_deg=5.0)
Answer = Callable[[str, bytes], Awaitable[Reply | None]]


class Common(TypedDict):
    id: str
    site: str
    time_ns: int


COMMON: Common = {"id": "i", "site": "noord", "time_ns": 1}
DETECTION = Detection(**COMMON, sensor="radar", kind="radar-plot")
FIND = Find(**COMMON, find="d1", found_at_ns=1, place="yard", method="dog")
ALARM = Incident(
    **COMMON, incident="f1", version=1, state="alarm", contact=True, confidence=1,
    first_contact_ns=1, last_contact_ns=2,
)  # fmt: skip
CLOSED = msgspec.structs.replace(ALARM, version=2, state="closed")
TRACK = Track(
    **COMMON, track="t1", state="alive", aircraft_class="drone", basis="measured",
    first_seen_ns=1, last_seen_ns=2,
)  # fmt: skip
ENDED = msgspec.structs.replace(TRACK, state="ended")


async def nothing(_: str, __: bytes) -> None:
    return None


class Running:
    """A publisher at work, and how its link has been."""

    def __init__(self, address: BrokerAddress, answer: Answer) -> None:
        self.outbox = Outbox()
        self.states: asyncio.Queue[LinkState] = asyncio.Queue()
        self.publisher = Publisher(
            address, SITE, ["radar"], self.outbox, answer, self.states.put_nowait, lambda: 1
        )

    async def until(self, *, up: bool) -> LinkState:
        async with asyncio.timeout(PATIENCE_S):
            while (state := await self.states.get()).up is not up:
                pass
        return state


@asynccontextmanager
async def publishing(
    address: BrokerAddress, answer: Answer = nothing
) -> AsyncGenerator[Running, None]:
    running = Running(address, answer)
    task = asyncio.create_task(running.publisher.run())
    try:
        yield running
    finally:
        task.cancel()
        await asyncio.wait({task})
    assert task.cancelled()


@asynccontextmanager
async def console(address: BrokerAddress, *topics: str) -> AsyncGenerator[Connection, None]:
    async with connected(address) as link:
        await link.subscribe([f"havik/noord/{topic}" for topic in topics], 1)
        yield link


async def receive(link: Connection) -> Incoming:
    async with asyncio.timeout(PATIENCE_S):
        message = await link.receive()
    message.acknowledge()
    return message


async def until(link: Connection, topic: str, payload: bytes) -> list[tuple[str, bytes]]:
    """All that comes up to this one."""
    heard: list[tuple[str, bytes]] = []
    while (f"havik/noord/{topic}", payload) not in heard:
        message = await receive(link)
        heard.append((message.topic, message.payload))
    return heard


async def ready(gateway: Running, link: Connection) -> None:
    """Wait until commands are heard: what is told goes out after they were subscribed to."""
    gateway.outbox.tell(FIND)
    await until(link, "finds/d1", encode(FIND))


async def test_messages_arrive_as_the_contract_says(either_broker: BrokerAddress) -> None:
    rooms = ("detections/+", "finds/+", "incidents/+", "tracks/+")
    async with console(either_broker, *rooms) as desk, publishing(either_broker) as gateway:
        for message in (DETECTION, ALARM, FIND, TRACK):
            gateway.outbox.tell(message)
        heard = [await receive(desk) for _ in range(4)]
    assert {one.topic.removeprefix("havik/noord/"): one.payload for one in heard} == {
        "detections/radar": encode(DETECTION),
        "finds/d1": encode(FIND),
        "incidents/f1": encode(ALARM),
        "tracks/t1": encode(TRACK),
    }
    if either_broker.username is None:  # amqtt gives all with the subscription's own QoS
        assert [one.qos for one in heard if "/detections/" in one.topic] == [0]
        assert {one.qos for one in heard if "/detections/" not in one.topic} == {1}


async def test_who_comes_later_finds_what_stands_and_nothing_that_is_over(
    either_broker: BrokerAddress,
) -> None:
    async with publishing(either_broker) as gateway:
        async with console(either_broker, "incidents/+", "tracks/+") as desk:
            gateway.outbox.tell(ALARM)
            await until(desk, "incidents/f1", encode(ALARM))
            gateway.outbox.tell(CLOSED)
            gateway.outbox.tell(TRACK)
            heard = await until(desk, "tracks/t1", encode(TRACK))
            assert ("havik/noord/incidents/f1", encode(CLOSED)) in heard
        async with console(either_broker, "incidents/+", "tracks/+") as late:
            message = await receive(late)
            assert (message.payload, message.retained) == (encode(TRACK), True)
            gateway.outbox.tell(ENDED)
            heard = await until(late, "tracks/t1", b"")
    assert {topic for topic, _ in heard} == {"havik/noord/tracks/t1"}


GATEWAY_THAT_DIES = """
import asyncio, os, sys, time
from havik.config.settings import SiteSection
from havik.drivers.transport.mqtt import BrokerAddress
from havik.gateway.messages import Health
from havik.gateway.outbox import Outbox
from havik.gateway.publish import Publisher

async def main():
    port, username, password = sys.argv[1:]
    address = BrokerAddress(
        host="127.0.0.1", port=int(port), username=username or None, password=password or None
    )
    site = SiteSection(name="noord", latitude_deg=52.0, longitude_deg=5.0)
    outbox = Outbox()
    outbox.tell(Health(
        id="i", site="noord", time_ns=1, sensor="gateway", state="online", since_ns=1
    ))
    async def answer(name, payload):
        os.abort()
    await Publisher(address, site, [], outbox, answer, lambda _: None, time.time_ns).run()

asyncio.run(main())
"""


async def test_the_broker_tells_of_a_gateway_that_died(either_broker: BrokerAddress) -> None:
    login = (either_broker.username or "", either_broker.password or "")
    command = [sys.executable, "-c", GATEWAY_THAT_DIES, str(either_broker.port), *login]
    async with console(either_broker, "gateway/health") as desk:
        process = await asyncio.create_subprocess_exec(*command)
        assert json.loads((await receive(desk)).payload)["state"] == "online"
        await desk.publish("havik/noord/commands/note", b"{}", qos=1)
        will = msgspec.json.decode((await receive(desk)).payload, type=Health)
        await process.wait()
    assert (will.state, will.reason) == ("offline", "the gateway is gone (last will)")
    async with console(either_broker, "gateway/health") as late:
        assert (await receive(late)).retained


async def test_a_gateway_that_is_stopped_says_so(address: BrokerAddress) -> None:
    async with console(address, "gateway/health") as desk:
        async with console(address, "incidents/+") as other, publishing(address) as gateway:
            gateway.outbox.tell(ALARM)
            await receive(other)
        goodbye = msgspec.json.decode((await receive(desk)).payload, type=Health)
    assert (goodbye.state, goodbye.reason) == ("offline", "the gateway was stopped")


async def test_what_an_earlier_run_left_is_cleared_and_what_stands_is_not(
    either_broker: BrokerAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "SWEEP_S", 0.2)
    old = ("incidents/old", "tracks/old", "sold-radar/health")
    left = (*old, "incidents/f1", "radar/health")
    async with connected(either_broker) as earlier:
        for topic in left:
            await earlier.publish(f"havik/noord/{topic}", b"left", qos=1, retain=True)
        await earlier.publish("havik/zuid/incidents/old", b"another site's", qos=1, retain=True)
    async with console(either_broker, *old) as desk, publishing(either_broker) as gateway:
        gateway.outbox.tell(ALARM)
        heard = [(one.topic, one.payload) for one in [await receive(desk) for _ in range(6)]]
    assert sorted(heard) == [
        ("havik/noord/incidents/old", b""),
        ("havik/noord/incidents/old", b"left"),
        ("havik/noord/sold-radar/health", b""),
        ("havik/noord/sold-radar/health", b"left"),
        ("havik/noord/tracks/old", b""),
        ("havik/noord/tracks/old", b"left"),
    ]
    healths = [f"havik/noord/{name}/health" for name in ("radar", "sold-radar")]
    async with connected(either_broker) as late:
        await late.subscribe(["havik/+/incidents/+", "havik/+/tracks/+", *healths], 1)
        kept: dict[str, bytes] = {}
        while len(kept) < 3:  # amqtt gives some of them twice
            message = await receive(late)
            kept[message.topic] = message.payload
    assert kept == {
        "havik/noord/incidents/f1": encode(ALARM),
        "havik/noord/radar/health": b"left",
        "havik/zuid/incidents/old": b"another site's",
    }


async def test_a_stranger_that_never_stops_does_not_keep_the_old_states(
    address: BrokerAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "SWEEP_S", 0.2)

    async def chatter() -> None:
        async with connected(address) as stranger:
            while True:
                await stranger.publish("havik/noord/tracks/none", b"noise", qos=1)

    async with connected(address) as earlier:
        await earlier.publish("havik/noord/tracks/old", b"left", qos=1, retain=True)
    async with console(address, "tracks/old") as desk:
        stranger = asyncio.create_task(chatter())
        async with publishing(address):
            await until(desk, "tracks/old", b"")
        stranger.cancel()
        await asyncio.wait({stranger})


async def test_after_the_broker_was_away_what_stands_is_told_again(mosquitto: Mosquitto) -> None:
    address = BrokerAddress(host=mosquitto.host, port=mosquitto.port)
    async with publishing(address) as gateway:
        async with console(address, "incidents/+") as desk:
            gateway.outbox.tell(ALARM)
            await receive(desk)
            await gateway.until(up=True)
            mosquitto.stop()
        lost = await gateway.until(up=False)
        assert f"{mosquitto.host}:{mosquitto.port}" in (lost.reason or "")
        gateway.outbox.tell(FIND)
        mosquitto.start()  # with nothing of what it kept
        async with console(address, "incidents/+", "finds/+") as desk:
            heard = {(await receive(desk)).payload for _ in range(2)}
        assert heard == {encode(ALARM), encode(FIND)}


class Office:
    """Answers that a test can wait for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bytes]] = []
        self._news = asyncio.Event()

    async def answer(self, name: str, payload: bytes) -> None:
        self.asked.append((name, payload))
        self._news.set()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while len(self.asked) < count:
                self._news.clear()
                await self._news.wait()


async def test_what_was_asked_while_the_gateway_was_away_is_done_once(
    address: BrokerAddress,
) -> None:
    office = Office()
    async with console(address, "finds/+") as desk:
        async with publishing(address, office.answer) as gateway:
            await ready(gateway, desk)
            await desk.publish("havik/noord/commands/note", b"first", qos=1)
            await office.until(1)
        await desk.publish("havik/noord/commands/note", b"while away", qos=1)
        async with publishing(address, office.answer):
            await office.until(2)
            await desk.publish("havik/noord/commands/close", b"last", qos=1)
            await office.until(3)
    assert office.asked == [("note", b"first"), ("note", b"while away"), ("close", b"last")]


HOSTILE = [
    b"", b"{", b"null", b"\xff\xfe\x00", b"[" * 1_000_000, b'{"id":"h","x":' + b"[" * 1_000_000,
    b'{"id":"h","by":NaN}', b'{"id":"h","x":' + b"9" * 100_000 + b"}", b'{"id":"h/#","by":"d"}',
    b'{"id":"h","incident":"i","by":"d","text":"' + b"x" * 1_000_000 + b'"}',
]  # fmt: skip


async def test_hostile_commands_cost_themselves_alone(address: BrokerAddress) -> None:
    desk = Desk(SITE, Incidents(SITE, AlarmSection(), Plan(SITE)), {})

    async def answer(name: str, payload: bytes) -> Reply | None:
        return desk.take(name, payload, 1).reply

    good = b'{"id":"good","place":"yard","method":"dog","negative_search":true}'
    async with console(address, "replies/+", "finds/+") as link, publishing(address, answer) as us:
        await ready(us, link)
        for payload in HOSTILE:
            for name in ("note", "find", "jam", "x" * 10_000):
                await link.publish(f"havik/noord/commands/{name}", payload, qos=1)
        await link.publish("havik/noord/commands/find", good, qos=1)
        replies: list[Reply] = []
        while not replies or replies[-1].command != "good":
            replies.append(msgspec.json.decode((await receive(link)).payload, type=Reply))
    assert replies.pop().outcome == "accepted"
    assert {reply.command for reply in replies} == {"h"}
    assert {reply.outcome for reply in replies} == {"refused"}


async def test_a_command_that_fails_inside_costs_itself_alone(
    address: BrokerAddress, caplog: pytest.LogCaptureFixture
) -> None:
    office = Office()

    async def answer(name: str, payload: bytes) -> None:
        await office.answer(name, payload)
        if payload == b"first":
            raise LookupError("a fault of ours")

    async with console(address, "finds/+") as desk, publishing(address, answer) as gateway:
        await ready(gateway, desk)
        await desk.publish("havik/noord/commands/note", b"first", qos=1)
        await desk.publish("havik/noord/commands/note", b"second", qos=1)
        await office.until(2)
    assert [record.message for record in caplog.records] == ["a command `note` is left out"]
