"""The running gateway on real recordings and a real broker, from a sensor's bytes to the log."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from havik.config.settings import BrokerSection, MqttSensor, SerialSensor, Settings, SiteSection
from havik.drivers.radio.iq_blocks import encode
from havik.drivers.readings import IqBlock
from havik.drivers.transport.mqtt import BrokerAddress, Connection, connected
from havik.gateway.commands import RecordFind
from havik.gateway.console.client import ask, make
from havik.gateway.log.reading import LogReader
from havik.gateway.log.recorder import Recorder
from havik.gateway.log.verify import verify
from havik.gateway.messages import Audit, Detection, Find, Health, Incident, Recorded, Track
from havik.gateway.pipeline import run

if TYPE_CHECKING:
    from tests.conftest import Mosquitto

LIMIT_S = 60.0
SITE = SiteSection(name="noord", latitude_deg=52.0, longitude_deg=5.0, mode="test")
RATE_HZ = 50e6
BLOCK = 25_000  # samples, 0.5 ms


@asynccontextmanager
async def running(settings: Settings, log: Path) -> AsyncGenerator[None, None]:
    """A gateway that is stopped at the end as Ctrl-C would."""
    gateway = asyncio.create_task(run(settings, log))
    try:
        yield
    finally:
        gateway.cancel()
        await asyncio.wait({gateway})
    assert gateway.cancelled()


def of(mosquitto: Mosquitto, *sensors: MqttSensor | SerialSensor) -> Settings:
    broker = BrokerSection(host=mosquitto.host, port=mosquitto.port)
    return Settings(site=SITE, broker=broker, sensors=sensors)


@asynccontextmanager
async def console(mosquitto: Mosquitto, *topics: str) -> AsyncGenerator[Connection, None]:
    address = BrokerAddress(host=mosquitto.host, port=mosquitto.port)
    async with connected(address) as link:
        if topics:
            await link.subscribe([f"havik/noord/{topic}" for topic in topics], 1)
        yield link


async def until(link: Connection, enough: Callable[[str, bytes], bool]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while True:
            message = await link.receive()
            message.acknowledge()
            if enough(message.topic, message.payload):
                return


def says(state: str) -> Callable[[str, bytes], bool]:
    return lambda _, payload: msgspec.json.decode(payload, type=Health).state == state


async def test_a_real_drone_on_the_air_is_one_alarm(
    mosquitto: Mosquitto, recordings: Path, tmp_path: Path
) -> None:
    samples = (recordings / "rf/droneid_mavic_air_2_50MSps_cf32.iq").read_bytes()
    blocks = [samples[at : at + 8 * BLOCK] for at in range(0, len(samples), 8 * BLOCK)]
    receiver = MqttSensor(id="receiver", driver="iq-blocks", topic="rig/iq")
    heard: list[Detection] = []
    incidents: dict[str, Incident] = {}

    def take(topic: str, payload: bytes) -> bool:
        if "/detections/" in topic:
            heard.append(msgspec.json.decode(payload, type=Detection))
        else:
            incident = msgspec.json.decode(payload, type=Incident)
            incidents[incident.incident] = incident
        drones = [one for one in heard if one.label == "dji-droneid"]
        return len(drones) == 2 and bool(incidents)

    log = tmp_path / "log"
    async with running(of(mosquitto, receiver), log), console(mosquitto, "receiver/health") as rig:
        await until(rig, says("online"))
        async with console(mosquitto, "detections/+", "incidents/+") as desk:
            start_ns = time.time_ns()
            for number, block in enumerate(blocks):
                reading = IqBlock(
                    time_ns=start_ns + round(number * BLOCK / RATE_HZ * 1e9),
                    sequence=number,
                    sample_rate_hz=RATE_HZ,
                    center_hz=2.43e9,
                    sample_type="cf32",
                    samples=block,
                )
                await rig.publish("rig/iq", encode(reading), qos=1)
            await until(desk, take)
    (incident,) = incidents.values()
    assert (incident.state, incident.labels) == (
        "alarm",
        ("dji-ocusync-control", "dji-droneid"),  # the recording holds two bursts of each
    )
    first, second = sorted(one.time_ns for one in heard if one.label == "dji-droneid")
    # data/README: the bursts begin at 1.8595 and 2.5721 ms, their carrier is 2.0074 MHz up
    assert abs(first - start_ns - 1_859_500) < 5_000
    assert abs(second - start_ns - 2_572_100) < 5_000
    for one in heard:
        if one.label == "dji-droneid":
            assert abs((one.frequency_hz or 0) - 2.4320074e9) < 20e3
            assert one.payload == "not permitted"  # these settings state no legal basis
        elif one.label != "dji-ocusync-control":
            assert one.family not in ("drone", "controller")
    assert verify(log).ok
    assert {one.incident for one in logged(log) if isinstance(one, Incident)} == set(incidents)


async def test_a_beacon_on_the_ground_is_one_track_and_no_alarm(
    mosquitto: Mosquitto, recordings: Path, tmp_path: Path
) -> None:
    receiver = MqttSensor(id="scout", driver="dronescout", topic="sensor/+/upload")
    tracks: dict[str, Track] = {}
    incidents: list[str] = []

    def take(topic: str, payload: bytes) -> bool:
        if "/tracks/" in topic and payload:
            track = msgspec.json.decode(payload, type=Track)
            tracks[track.track] = track
        elif "/incidents/" in topic:
            incidents.append(topic)
        return "/health" in topic and msgspec.json.decode(payload, type=Health).readings == 22

    log = tmp_path / "log"
    async with running(of(mosquitto, receiver), log), console(mosquitto, "scout/health") as rig:
        await until(rig, says("online"))
        async with console(mosquitto, "+/health", "tracks/+", "incidents/+") as desk:
            for name in ("dronescout_ble_legacy.json", "dronescout_wifi_nan.json"):
                payload = (recordings / "remote_id" / name).read_bytes()
                await rig.publish("sensor/a/upload", payload, qos=1)
            await until(desk, take)
    (track,) = tracks.values()
    assert track.claims == ("serial:1787F04BM24010011195",)  # data/README
    assert track.position is not None
    assert abs(track.position.latitude_deg - 37.759979) < 1e-6
    assert abs(track.position.longitude_deg - -122.497734) < 1e-6
    assert track.basis == "claimed"
    assert not incidents
    assert [one.action for one in logged(log) if isinstance(one, Audit)] == [
        "gateway-started",
        "sensor-offline",
        "sensor-online",
        "gateway-stopped",
    ]


async def test_a_bad_payload_costs_itself_and_shows_in_health(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    receiver = MqttSensor(id="receiver", driver="iq-blocks", topic="rig/iq")
    settings = of(mosquitto, receiver)
    async with running(settings, tmp_path / "log"), console(mosquitto, "receiver/health") as rig:
        await until(rig, says("online"))
        await rig.publish("rig/iq", b"this is no block of samples, and long enough to be one" * 9)
        await until(rig, lambda _, payload: bool(msgspec.json.decode(payload, type=Health).refused))


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (ValueError("a number is not finite"), "a number is not finite"),
        (LookupError("a fault of ours"), "an internal fault; it is in the gateway's own output"),
    ],
)
async def test_a_command_that_leaves_no_record_is_refused_and_may_be_sent_again(
    mosquitto: Mosquitto,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: Exception,
    told: str,
) -> None:
    submit = Recorder.submit

    def fail(recorder: Recorder, *records: Recorded) -> asyncio.Future[None]:
        if any(isinstance(record, Find) for record in records):
            raise fault
        return submit(recorder, *records)

    command = make(RecordFind, place="yard", method="dog", negative_search=True)
    address = BrokerAddress(host=mosquitto.host, port=mosquitto.port)
    log = tmp_path / "log"
    async with running(of(mosquitto), log):
        async with console(mosquitto, "gateway/health") as desk:
            await until(desk, says("online"))
        with monkeypatch.context() as patch:
            patch.setattr(Recorder, "submit", fail)
            refused = await ask(address, "noord", command)
        accepted = await ask(address, "noord", command)
    assert (refused.outcome, refused.reason, refused.subject) == ("refused", told, None)
    assert accepted.outcome == "accepted"
    assert [one.find for one in logged(log) if isinstance(one, Find)] == [accepted.subject]


async def test_a_sensor_that_is_not_there_stops_nobody(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    radar = SerialSensor(id="radar", driver="ti-mmwave", port=str(tmp_path / "nothing"))
    receiver = MqttSensor(id="receiver", driver="iq-blocks", topic="rig/iq")
    settings = of(mosquitto, radar, receiver)
    async with running(settings, tmp_path / "log"), console(mosquitto, "+/health") as desk:
        states: dict[str, Health] = {}

        def take(_: str, payload: bytes) -> bool:
            health = msgspec.json.decode(payload, type=Health)
            states[health.sensor] = health
            return {"radar", "receiver", "gateway"} <= set(states)

        await until(desk, take)
        while states["receiver"].state != "online":
            await until(desk, take)
    assert states["radar"].state == "offline"
    assert "is not there" in (states["radar"].reason or "")


def logged(log: Path) -> list[object]:
    with LogReader.open(log) as reader:
        return [entry.message() for entry in reader.entries()]
