"""From a sensor's last byte to the console's message, through a gateway of its own process.

The floor is the same broker and the same client with no gateway in between. PLATFORM's figures for
peers on such a machine: Node-RED 22 / 47 ms (median / 99th percentile at 200 messages a second).
Sensors are simulated. A flood is the swarm's bench (`swarm.py`).
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
import tty
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import numpy as np

from ..config.settings import BrokerSection, MqttSensor, SerialSensor, Settings, SiteSection
from ..drivers.radar import ti_mmwave
from ..drivers.readings import Position, RadarFrame, RadarPoint, RemoteIdReport
from ..drivers.remote_id import dronescout
from ..drivers.transport.mqtt import Connection, connected
from ..gateway.broker import from_settings
from ..gateway.messages import Detection
from ..gateway.rig.demo import to_toml
from .broker import broker
from .rows import Row

RATE_HZ = 200.0
MESSAGES = 1000
FRAMES = 200
FRAME_RATE_HZ = 20.0
AIRCRAFT = 200
"""Each speaks once a second: of one that speaks more often, consoles do not hear every word."""
PATIENCE_S = 60.0
SITE = SiteSection(name="bench", latitude_deg=52.0, longitude_deg=5.0, mode="test")

Send = Callable[[int], Awaitable[object]]
Which = Callable[[bytes], int | None]


def run() -> list[Row]:
    """Measure; about 25 s."""
    return asyncio.run(_run())


async def _run() -> list[Row]:
    with TemporaryDirectory(prefix="havik-bench-") as name:
        folder = Path(name)
        async with broker(folder) as (kind, section):
            with Terminal(folder / "radar") as terminal:
                return await _measure(folder, kind, section, terminal)


async def _measure(
    folder: Path, kind: str, section: BrokerSection, terminal: Terminal
) -> list[Row]:
    address = from_settings(section)
    async with connected(address) as sensor, connected(address) as console:
        await console.subscribe("bench/floor", 1)
        direct = await _timed(
            lambda n: sensor.publish("bench/floor", str(n).encode(), qos=1),
            console, int, MESSAGES, RATE_HZ,
        )  # fmt: skip
    settings = Settings(
        site=SITE,
        broker=section,
        sensors=(
            MqttSensor(id="scout", driver="dronescout", topic="bench/scout"),
            SerialSensor(id="radar", driver="ti-mmwave", port=str(terminal.link)),
        ),
    )
    file = folder / "site.toml"
    file.write_text(to_toml(settings))
    async with gateway(file, folder / "log"), connected(address) as sensor:
        async with connected(address) as console:
            await until_online(console, {"scout", "radar", "gateway"})
        async with connected(address) as console:
            await console.subscribe("havik/bench/detections/+", 1)
            heard = await _timed(
                lambda n: sensor.publish("bench/scout", _report(n), qos=1),
                console, _report_number, MESSAGES, RATE_HZ,
            )  # fmt: skip
            seen = await _timed(terminal.send, console, _frame_number, FRAMES, FRAME_RATE_HZ)
    floor = f"{kind} alone"
    return [
        *_delays("Remote ID over MQTT, 200 a second", heard, direct, floor),
        *_delays("radar frame on a terminal, 20 a second", seen, direct, floor),
    ]


def _delays(
    name: str, delays_s: Sequence[float], direct_s: Sequence[float], floor: str
) -> list[Row]:
    return [
        Row(
            bench="delay",
            name=f"{name}: {percentile:g} %",
            value=float(np.percentile(delays_s, percentile)) * 1e3,
            unit="ms",
            floor=float(np.percentile(direct_s, percentile)) * 1e3,
            floor_name=floor,
            simulated=True,
        )
        for percentile in (50, 99)
    ]


async def _timed(
    send: Send, console: Connection, which: Which, count: int, rate_hz: float
) -> list[float]:
    """Send at a steady rate; give the delay of each message from its last byte, in seconds."""
    sent = [0.0] * count
    delays: dict[int, float] = {}

    async def sending() -> None:
        start = time.perf_counter()
        for number in range(count):
            await asyncio.sleep(max(start + number / rate_hz - time.perf_counter(), 0))
            sent[number] = time.perf_counter()
            await send(number)

    async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as tasks:
        tasks.create_task(sending(), name="send")
        while len(delays) < count:
            message = await console.receive()
            now = time.perf_counter()
            message.acknowledge()
            number = which(message.payload)
            if number is not None and number < count:
                delays.setdefault(number, now - sent[number])
    return list(delays.values())


def _report(number: int) -> bytes:
    """An aircraft on the ground, its place numbered."""
    aircraft = number % AIRCRAFT
    return dronescout.encode(
        RemoteIdReport(
            time_ns=time.time_ns(),
            receiver="scout",
            transmitter=f"02:00:00:00:00:{aircraft:02X}",
            transport="ble-legacy",
            level_dbm=-60,
            serial_number=f"ZZZZC{aircraft:08d}",
            operational_status=1,
            position=Position(latitude_deg=50 + number * 1e-4, longitude_deg=5.0),
        )
    )


def _report_number(payload: bytes) -> int | None:
    detection = msgspec.json.decode(payload, type=Detection)
    if detection.position is None or detection.kind != "remote-id":
        return None
    return round((detection.position.latitude_deg - 50) * 1e4)


def _frame_number(payload: bytes) -> int | None:
    detection = msgspec.json.decode(payload, type=Detection)
    rate_m_s = detection.range_rate_m_s
    return None if rate_m_s is None else round(rate_m_s * 100)


class Terminal:
    """A pseudo-terminal that a simulated radar writes to."""

    def __init__(self, link: Path) -> None:
        self.link = link

    def __enter__(self) -> Terminal:
        self._near, self._far = os.openpty()
        tty.setraw(self._far)
        self.link.symlink_to(os.ttyname(self._far))
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._near)
        os.close(self._far)

    async def send(self, number: int) -> None:
        """Write one frame with one point, its range rate numbered."""
        point = RadarPoint(
            x_m=0, y_m=20, z_m=0, range_rate_m_s=number / 100, snr_db=20, noise_db=40
        )
        frame = RadarFrame(time_ns=0, frame_number=number, points=(point,))
        self.write(ti_mmwave.encode(frame))

    def write(self, data: bytes) -> None:
        """Write bytes as the radar would."""
        os.write(self._near, data)


@asynccontextmanager
async def gateway(file: Path, log: Path) -> AsyncGenerator[asyncio.subprocess.Process, None]:
    """Run a gateway in a process of its own."""
    command = (sys.executable, "-m", "havik.gateway", "run", str(file), "--log", str(log))
    nothing = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, stdin=nothing, stderr=nothing)
    try:
        yield process
    finally:
        process.terminate()
        await process.wait()


async def until_online(console: Connection, wanted: set[str]) -> None:
    """Wait until all of `wanted` say that they are online."""
    await console.subscribe("havik/bench/+/health", 1)
    async with asyncio.timeout(PATIENCE_S):
        while wanted:
            message = await console.receive()
            message.acknowledge()
            if b'"online"' in message.payload:
                wanted.discard(message.topic.split("/")[2])
