"""Over real pseudo-terminals and a real broker; what the devices say comes from their encoders."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest
import zmq
from msgspec.structs import replace

from havik.config.settings import (
    MqttSensor,
    RecordedSensor,
    Sensor,
    SerialSensor,
    SiteSection,
    UdpSensor,
    ZmqSensor,
)
from havik.drivers.radar import ti_mmwave
from havik.drivers.radio import iq_blocks
from havik.drivers.readings import (
    IqBlock,
    RadarFrame,
    RadarPoint,
    RadarTemperature,
    RemoteIdReport,
    SensorStatus,
)
from havik.drivers.remote_id import dragonsync, droneaware, dronescout
from havik.drivers.transport.mqtt import BrokerAddress, Connection, connected
from havik.gateway import sensors
from havik.gateway.detect import ClaimEvidence, Evidence, RadarEvidence
from havik.gateway.messages import Health
from havik.gateway.plan import Plan
from havik.gateway.sensors import SensorFeed
from havik.simulators.ports import SerialPort

if TYPE_CHECKING:
    from tests.conftest import Mosquitto

PATIENCE_S = 20.0
START_NS = 1_767_268_800 * 10**9
SITE = SiteSection(name="noord", latitude_deg=52.0, longitude_deg=5.0, mode="test")
REMOTE_ID = MqttSensor(id="remote-id", driver="dronescout", topic="sensor/upload")


def frame(number: int) -> bytes:
    points = (RadarPoint(x_m=1.0, y_m=30.0, z_m=2.0, range_rate_m_s=-3.0, snr_db=20, noise_db=50),)
    temperature = RadarTemperature(
        uptime_ms=number, sensors_c=(41, 47, 44, 40, 40, 40, 40, 40, 40, 40)
    )
    return ti_mmwave.encode(
        RadarFrame(time_ns=0, frame_number=number, points=points, temperature=temperature)
    )


def report(serial: str) -> bytes:
    claim = RemoteIdReport(time_ns=START_NS, transmitter="02:00:00:00:00:01", serial_number=serial)
    return dronescout.encode(claim)


class Running:
    """A feed at work, what it gave, and a clock that goes on with each look at it."""

    def __init__(self, sensor: Sensor, broker: BrokerAddress | None) -> None:
        ticks = itertools.count(START_NS, 1_000_000)
        self.evidence: asyncio.Queue[Evidence] = asyncio.Queue()
        self.feed = SensorFeed(
            SITE, Plan(SITE), sensor, broker, self.evidence.put_nowait, lambda: next(ticks)
        )

    async def gave(self) -> Evidence:
        async with asyncio.timeout(PATIENCE_S):
            return await self.evidence.get()

    @property
    def health(self) -> Health:
        return self.feed.health.message(START_NS)


@asynccontextmanager
async def running(
    sensor: Sensor, broker: BrokerAddress | None = None
) -> AsyncGenerator[Running, None]:
    one = Running(sensor, broker)
    task = asyncio.create_task(one.feed.run())
    try:
        yield one
    finally:
        task.cancel()
        await asyncio.wait({task})
    assert task.cancelled()


@asynccontextmanager
async def console(broker: BrokerAddress) -> AsyncGenerator[Connection, None]:
    async with connected(broker) as link:
        await link.subscribe("havik/noord/+/health", 1)
        yield link


async def until(link: Connection, enough: Callable[[Health], bool]) -> Health:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            message = await link.receive()
            message.acknowledge()
            health = msgspec.json.decode(message.payload, type=Health)
            if enough(health):
                return health


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Health is told often."""
    monkeypatch.setattr(sensors, "HEALTH_EVERY_S", 0.05)


def radar(folder: Path) -> SerialSensor:
    return SerialSensor(id="radar", driver="ti-mmwave", port=str(folder / "radar"))


@pytest.mark.usefixtures("soon")
async def test_a_serial_sensor_heals_when_it_is_plugged_in_again(
    address: BrokerAddress, tmp_path: Path
) -> None:
    async with console(address) as desk:
        port = SerialPort(tmp_path / "radar", 921_600)
        async with running(radar(tmp_path), address) as one:
            absent = await until(desk, lambda health: "is not there" in (health.reason or ""))
            assert (absent.state, absent.reconnections) == ("offline", 0)
            assert absent.reason == f"{tmp_path}/radar: is not there: is it plugged in?"
            with port:
                await until(desk, lambda health: health.state == "online")
                await port.send(frame(1) + frame(2)[:20])
                seen = await one.gave()
                assert isinstance(seen, RadarEvidence) and seen.sensor == "radar"
                heard = await until(desk, lambda health: health.bytes_received > len(frame(1)))
                assert (heard.readings, heard.refused) == (1, {})
                assert heard.details["hottest_c"] == 47.0
            gone = await until(desk, lambda health: health.state == "offline")
            assert gone.reason is not None and "is it plugged in?" in gone.reason
            assert gone.since_ns is not None and gone.since_ns > heard.time_ns
            assert sum(gone.refused.values()) == 1  # the frame that was cut off
            with port:
                back = await until(desk, lambda health: health.state == "online")
                assert (back.reason, back.reconnections) == (None, 1)
                assert back.since_ns is not None and back.since_ns > gone.since_ns
                await port.send(frame(3))
                assert isinstance(await one.gave(), RadarEvidence)
        stopped = await until(desk, lambda health: health.reason == "the gateway was stopped")
        assert (stopped.state, stopped.readings) == ("offline", 2)


async def test_a_sensor_needs_no_broker(tmp_path: Path) -> None:
    with SerialPort(tmp_path / "radar", 921_600) as port:
        async with running(radar(tmp_path)) as one:
            async with asyncio.timeout(PATIENCE_S):
                while one.evidence.empty():
                    await port.send(frame(1))  # paced by the line; nobody may have it open yet
            assert one.health.state == "online"


HOSTILE = [
    b"", b"{", b"\xff\xfe\x00", b"[" * 1_000_000, b'{"protocol": 1.0, "data": ' + b"[" * 100_000,
    b'{"protocol": 1.0, "data": {"UASdata": "!!", "MAC address": "02:00:00:00:00:01"}}',
    b'{"protocol": 1.0, "data": {"RSSI": NaN, "UASdata": ""}}',
    b'{"protocol": 1.0, "data": {"channel": ' + b"9" * 10_000 + b"}}",
    b"\xfd7zXZ\0" + bytes(1000), b"x" * (dronescout.MOST_BYTES + 1),
]  # fmt: skip


@pytest.mark.usefixtures("soon")
async def test_an_mqtt_sensor_is_heard_and_what_is_no_reading_is_counted(
    either_broker: BrokerAddress,
) -> None:
    async with console(either_broker) as desk, running(REMOTE_ID, either_broker) as one:
        await until(desk, lambda health: health.state == "online")
        await desk.publish("sensor/upload", report("1581F0000001"), qos=1)
        seen = await one.gave()
        assert isinstance(seen, ClaimEvidence)
        assert seen.report.serial_number == "1581F0000001"
        for payload in HOSTILE:
            await desk.publish("sensor/upload", payload, qos=1)
        await desk.publish("sensor/upload", report("1581F0000002"), qos=1)
        seen = await one.gave()
        assert isinstance(seen, ClaimEvidence)
        assert seen.report.serial_number == "1581F0000002"
        health = await until(desk, lambda health: health.readings == 2)
    assert health.state == "online"
    assert sum(health.refused.values()) == len(HOSTILE) - 2  # nothing is in nothing, or in brackets
    assert {"not JSON", "payload too large", "compression is broken"} <= set(health.refused)
    assert all(len(reason) < 80 and reason.isprintable() for reason in health.refused)


@pytest.mark.usefixtures("soon")
async def test_an_mqtt_sensor_comes_back_with_its_broker(mosquitto: Mosquitto) -> None:
    broker = BrokerAddress(host=mosquitto.host, port=mosquitto.port)
    async with running(REMOTE_ID, broker) as one:
        async with console(broker) as desk:
            await until(desk, lambda health: health.state == "online")
        mosquitto.restart()
        async with console(broker) as desk:
            back = await until(desk, lambda health: health.reconnections == 1)
            assert back.state == "online"
            await desk.publish("sensor/upload", report("1581F0000001"), qos=1)
            assert isinstance(await one.gave(), ClaimEvidence)


FEED_THAT_DIES = """
import asyncio, os, sys, time
from havik.config.settings import MqttSensor, SiteSection
from havik.drivers.transport.mqtt import BrokerAddress
from havik.gateway.plan import Plan
from havik.gateway.sensors import SensorFeed

site = SiteSection(name="noord", latitude_deg=52.0, longitude_deg=5.0)
sensor = MqttSensor(id="remote-id", driver="dronescout", topic="sensor/upload")
address = BrokerAddress(host="127.0.0.1", port=int(sys.argv[1]))
die = lambda _: os.abort()
asyncio.run(SensorFeed(site, Plan(site), sensor, address, die, time.time_ns).run())
"""


async def test_the_broker_tells_of_a_sensor_whose_gateway_died(address: BrokerAddress) -> None:
    async with console(address) as desk:
        command = [sys.executable, "-c", FEED_THAT_DIES, str(address.port)]
        process = await asyncio.create_subprocess_exec(*command)
        await until(desk, lambda health: health.state == "online")
        await desk.publish("sensor/upload", report("1581F0000001"), qos=1)
        will = await until(desk, lambda health: health.state == "offline")
        await process.wait()
    assert (will.sensor, will.reason) == ("remote-id", "the gateway is gone (last will)")
    async with connected(address) as late:
        await late.subscribe("havik/noord/remote-id/health", 1)
        async with asyncio.timeout(PATIENCE_S):
            message = await late.receive()
        assert message.retained and json.loads(message.payload)["state"] == "offline"


def table(folder: Path, *rows: tuple[str, bytes], more: str = "") -> RecordedSensor:
    """A recording of a radar: the times, and the bytes that came then."""
    file = folder / "radar.csv"
    lines = [f'{when},"{",".join(map(str, data))}"' for when, data in rows]
    file.write_text("\n".join(["Timestamp,RawData", *lines, more]))
    return RecordedSensor(id="radar", driver="ti-mmwave", file=str(file), pace="fast")


async def played(sensor: Sensor, address: BrokerAddress) -> Health:
    """Play a recording to its end; what is told then."""
    async with console(address) as desk, running(sensor, address):
        return await until(desk, lambda health: has_ended(health.reason))


def has_ended(reason: str | None) -> bool:
    return reason not in (None, "not connected yet")


@pytest.mark.parametrize("pace", ["fast", "clock"])
async def test_a_recording_plays_as_if_it_came_now(
    address: BrokerAddress, tmp_path: Path, pace: str
) -> None:
    sensor = table(
        tmp_path,
        ("2020-01-01 00:00:01.000", frame(1)),
        ("2020-01-01 00:00:01.040", frame(2)),
        ("2020-01-01 00:00:01.100", frame(3)),
    )
    sensor = replace(sensor, pace="clock" if pace == "clock" else "fast")
    async with console(address) as desk, running(sensor, address) as one:
        times = [(await one.gave()).time_ns for _ in range(3)]
        health = await until(desk, lambda health: has_ended(health.reason))
    # Its own distances, and its first moment is now: the clock went on by a few looks at it.
    assert (np.diff(times) == [40_000_000, 60_000_000]).all()
    assert START_NS <= times[0] < START_NS + 1_000_000_000
    assert (health.reason, health.readings, health.refused) == ("the recording is over", 3, {})


async def test_what_cannot_be_read_of_a_recording_is_counted(
    address: BrokerAddress, tmp_path: Path
) -> None:
    sensor = table(
        tmp_path,
        ("2020-01-01 00:00:01", frame(1)),
        ("2020-01-01 00:00:02", frame(2)[:30]),
        more='nonsense\n2020-01-01 00:00:03,"256"\n',
    )
    health = await played(sensor, address)
    assert (health.readings, health.reason) == (1, "the recording is over")
    assert health.refused.pop("row that cannot be read") == 2
    assert sum(health.refused.values()) == 1  # the frame that is cut off


@pytest.mark.parametrize(
    ("name", "reason"),
    [("none", "none is not there: check the name"), ("empty", "is empty"), (".", "is a folder")],
)
async def test_a_recording_that_cannot_be_played_says_why(
    address: BrokerAddress, tmp_path: Path, name: str, reason: str
) -> None:
    (tmp_path / "empty").touch()
    sensor = RecordedSensor(id="radar", driver="ti-mmwave", file=str(tmp_path / name))
    health = await played(sensor, address)
    assert reason in (health.reason or "")


async def test_what_a_sensor_says_of_itself_is_in_its_health(
    address: BrokerAddress, tmp_path: Path
) -> None:
    file = tmp_path / "remote-id.json"
    status = SensorStatus(time_ns=START_NS, receiver="r", state="running warm", model="m")
    file.write_bytes(dronescout.encode(status))
    sensor = RecordedSensor(id="remote-id", driver="dronescout", file=str(file), pace="fast")
    health = await played(sensor, address)
    assert (health.readings, health.details["says"]) == (1, "running warm")


async def test_blocks_of_samples_that_never_came_are_counted(
    address: BrokerAddress, tmp_path: Path
) -> None:
    block = IqBlock(
        time_ns=START_NS, sequence=0, sample_rate_hz=20e6, center_hz=2.44e9, sample_type="ci8",
        samples=bytes(2 * 4096),
    )  # fmt: skip
    file = tmp_path / "receiver.bin"
    sequences = (7, 8, 11, 12)
    file.write_bytes(
        b"".join(iq_blocks.encode(replace(block, sequence=number)) for number in sequences)
    )
    sensor = RecordedSensor(id="receiver", driver="iq-blocks", file=str(file), pace="fast")
    health = await played(sensor, address)
    assert (health.readings, health.details["missed_blocks"]) == (4, 2.0)


async def test_a_sensor_that_sends_datagrams() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    sensor = UdpSensor(id="aware", driver="droneaware", port=port)
    claim = RemoteIdReport(time_ns=START_NS, transmitter="02:00:00:00:00:01", serial_number="X1")
    async with running(sensor) as one:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
            async with asyncio.timeout(PATIENCE_S):
                while not one.feed.health.bytes_received:  # until it listens
                    device.sendto(b"junk", ("127.0.0.1", port))
                    await asyncio.sleep(0)
            device.sendto(droneaware.encode(claim), ("127.0.0.1", port))
        evidence = await one.gave()
        assert isinstance(evidence, ClaimEvidence)
        assert evidence.report.transmitter == "02:00:00:00:00:01"
        assert one.health.refused.keys() == {"not JSON"}


async def test_a_sensor_that_publishes_by_zeromq() -> None:
    claim = RemoteIdReport(time_ns=START_NS, transmitter="02:00:00:00:00:01", serial_number="X1")
    context = zmq.Context()
    publisher = context.socket(zmq.XPUB)
    port = publisher.bind_to_random_port("tcp://127.0.0.1")
    try:
        async with running(ZmqSensor(id="kit", driver="dragonsync", port=port)) as one:
            assert await asyncio.to_thread(
                publisher.poll, int(PATIENCE_S * 1000)
            )  # it has subscribed
            publisher.send(b"\xff")
            publisher.send(dragonsync.encode(claim))
            evidence = await one.gave()
        assert isinstance(evidence, ClaimEvidence)
        assert evidence.report.transmitter == "02:00:00:00:00:01"
        assert one.health.refused.keys() == {"not JSON"}
    finally:
        publisher.close(linger=0)
        context.term()
