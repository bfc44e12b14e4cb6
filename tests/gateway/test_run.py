"""The gateway as a process of its own, at a real broker: killed, cut off, and started again."""

from __future__ import annotations

import asyncio
import multiprocessing.context
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from havik.drivers.transport.mqtt import BrokerAddress, Connection, connected
from havik.gateway.commands import RecordFind
from havik.gateway.log.reading import LogReader
from havik.gateway.log.verify import verify
from havik.gateway.messages import Audit, Find, Health, Reply
from havik.gateway.run import run_site

if TYPE_CHECKING:
    from tests.conftest import Mosquitto

KILLS = 50
LIMIT_S = 60.0
PROCESSES = multiprocessing.get_context("forkserver")  # starts in milliseconds what is imported
PROCESSES.set_forkserver_preload(["havik.gateway.run"])

SITE = """
[site]
name = "noord"
latitude_deg = 52.0
longitude_deg = 5.0
mode = "test"

[broker]
port = {port}
"""


class Gateway:
    """Runs a site's gateway as a process that can be killed."""

    def __init__(self, site: Path, log: Path) -> None:
        self.log = log
        self._site = site
        self._process: multiprocessing.context.ForkServerProcess | None = None

    def start(self) -> None:
        self._process = PROCESSES.Process(target=run_site, args=(self._site, self.log))
        self._process.start()

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.join()

    def stop(self) -> int | None:
        """End it as an init system would; give its exit code."""
        assert self._process is not None
        self._process.terminate()
        self._process.join(LIMIT_S)
        return self._process.exitcode


@pytest.fixture
def gateway(mosquitto: Mosquitto, tmp_path: Path) -> Iterator[Gateway]:
    site = tmp_path / "site.toml"
    site.write_text(SITE.format(port=mosquitto.port))
    gateway = Gateway(site, tmp_path / "log")
    gateway.start()
    yield gateway
    gateway.kill()


def command(name: str) -> RecordFind:
    return RecordFind(id=name, place="yard", method="yard_inspection", negative_search=True)


async def send(console: Connection, name: str) -> None:
    payload = msgspec.json.encode(command(name))
    await console.publish("havik/noord/commands/find", payload, qos=1)


async def accepted(console: Connection) -> str:
    """Wait for the next answer; give the command that it accepts."""
    message = await asyncio.wait_for(console.receive(), LIMIT_S)
    message.acknowledge()
    reply = msgspec.json.decode(message.payload, type=Reply)
    assert reply.outcome == "accepted", reply.reason
    return reply.command


def recorded(log: Path) -> Counter[str]:
    """How often each command's find is in the log: its audit entry names both."""
    with LogReader.open(log) as reader:
        messages = [entry.message() for entry in reader.entries()]
    finds = Counter(one.find for one in messages if isinstance(one, Find))
    commands = (one for one in messages if isinstance(one, Audit) and one.action == "command")
    named = {one.text or "": one.subject for one in commands}
    assert set(finds.values()) <= {1}
    return Counter({name: finds[subject] for name, subject in named.items() if subject})


async def test_nothing_that_was_acknowledged_is_lost_in_fifty_kills(
    mosquitto: Mosquitto, gateway: Gateway
) -> None:
    rng = random.Random(8)  # how much is on its way at each kill, and how far it is
    address = BrokerAddress(host=mosquitto.host, port=mosquitto.port)
    sent: set[str] = set()
    answered: set[str] = set()
    await until_online(address)  # from then on the broker keeps what it is not there to hear
    async with connected(address) as console:
        await console.subscribe("havik/noord/replies/+", 1)
        for kill in range(KILLS):
            for number in range(rng.randint(1, 8)):
                sent.add(f"{kill}-{number}")
                await send(console, f"{kill}-{number}")
            for _ in range(rng.randint(0, len(sent - answered))):
                answered.add(await accepted(console))
            gateway.kill()
            gateway.start()
        while answered < sent:
            answered.add(await accepted(console))
    assert gateway.stop() == 0
    assert recorded(gateway.log) == Counter(dict.fromkeys(sent, 1))
    assert verify(gateway.log).ok


async def test_a_restarted_broker_is_found_again(mosquitto: Mosquitto, gateway: Gateway) -> None:
    address = BrokerAddress(host=mosquitto.host, port=mosquitto.port)
    for name in ("before", "after"):
        await until_online(address)
        async with connected(address) as console:
            await console.subscribe("havik/noord/replies/+", 1)
            await send(console, name)
            assert await accepted(console) == name
        mosquitto.restart()


async def until_online(address: BrokerAddress) -> None:
    """Wait until the gateway listens to commands."""
    async with connected(address) as console:
        await console.subscribe("havik/noord/gateway/health", 1)
        state = b""
        while b'"online"' not in state:
            message = await asyncio.wait_for(console.receive(), LIMIT_S)
            message.acknowledge()
            state = message.payload


async def test_a_stop_is_told_and_no_will(mosquitto: Mosquitto, gateway: Gateway) -> None:
    address = BrokerAddress(host=mosquitto.host, port=mosquitto.port)
    await until_online(address)
    assert gateway.stop() == 0
    async with connected(address) as console:
        await console.subscribe("havik/noord/gateway/health", 1)
        message = await asyncio.wait_for(console.receive(), LIMIT_S)
    health = msgspec.json.decode(message.payload, type=Health)
    assert (health.state, health.reason) == ("offline", "the gateway was stopped")
    assert message.retained
