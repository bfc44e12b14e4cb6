"""A swarm of claimed aircraft against a gateway of its own process, with a radar track among them.

Remote ID messages at a steady rate over a real broker, and a radar on a pseudo-terminal that sees
one aircraft. What must hold: each aircraft's rate, the delay, the memory, and the radar's track.
PEERS' figure on such a machine: a peer breaks its rate limit at 31 aircraft and is 43 s behind at
90. All input is simulated. `HAVIK_SWARM_S` shortens it.
"""

from __future__ import annotations

import asyncio
import math
import os
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import numpy as np

from ..config.settings import MqttSensor, SerialSensor, Settings
from ..drivers.radar import ti_mmwave
from ..drivers.readings import Position, RadarFrame, RadarPoint, RemoteIdReport
from ..drivers.remote_id import dronescout
from ..drivers.transport.mqtt import Connection, Publication, connected
from ..gateway.broker import from_settings
from ..gateway.messages import Detection, Health, Track
from ..gateway.rig.demo import to_toml
from .broker import broker
from .delay import SITE, Terminal, gateway, until_online
from .rows import Row

RATE_HZ = 5000.0
STEP_S = 0.01
SECONDS = 60.0
QUIET_S = 5.0
SWARMS = (90, 1000)
FRAME_RATE_HZ = 10.0
NO_TIME = b"1111111111111"
WINDOW_NS = 10_000_000_000


def run() -> list[Row]:
    """Measure; about three minutes."""
    seconds = float(os.environ.get("HAVIK_SWARM_S", SECONDS))
    return [row for count in SWARMS for row in asyncio.run(_measure(count, seconds))]


@dataclass(slots=True)
class _Seen:
    """What one console heard: moments are of the console's own clock, in ns."""

    told_ns: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    claims: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])  # when, delay
    radar: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    tracked_ns: list[int] = field(default_factory=list[int])
    frames_ns: list[int] = field(default_factory=list[int])
    health: dict[str, Health] = field(default_factory=dict[str, Health])

    def frames(self, start_ns: int, end_ns: int) -> int:
        """How many frames the radar sent."""
        return sum(start_ns <= at <= end_ns for at in self.frames_ns)


async def _measure(count: int, seconds: float) -> list[Row]:
    with TemporaryDirectory(prefix="havik-bench-") as name:
        folder = Path(name)
        async with broker(folder) as (_, section):
            address = from_settings(section)
            with Terminal(folder / "radar") as terminal:
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
                async with (
                    gateway(file, folder / "log") as process,
                    connected(address) as sensor,
                    connected(address, most_waiting=100_000) as console,
                ):
                    await until_online(console, {"scout", "radar", "gateway"})
                    await console.subscribe(["havik/bench/detections/+", "havik/bench/tracks/+"])
                    return await _swarm(count, seconds, sensor, console, terminal, process.pid)


async def _swarm(
    count: int, seconds: float, sensor: Connection, console: Connection, radar: Terminal, pid: int
) -> list[Row]:
    seen, sent_ns = _Seen(), dict[int, int]()
    listening = asyncio.create_task(_listen(console, seen, sent_ns), name="console")
    watching = asyncio.create_task(_radar(radar, seen, sent_ns), name="radar")
    try:
        await asyncio.sleep(QUIET_S)
        start_ns, cpu_s = time.time_ns(), _cpu_s(pid)
        memory: list[float] = []
        sent = await _flood(count, seconds, sensor, memory, pid)
        end_ns, cpu_s = time.time_ns(), _cpu_s(pid) - cpu_s
        await asyncio.sleep(QUIET_S)
    finally:
        for task in (listening, watching):
            task.cancel()
        await asyncio.wait({listening, watching})
    return list(_rows(count, seen, (start_ns, end_ns), sent, memory, cpu_s))


async def _flood(
    count: int, seconds: float, sensor: Connection, memory: list[float], pid: int
) -> int:
    payloads = [_report(number, count) for number in range(count)]
    start, sent = time.perf_counter(), 0
    while (passed_s := time.perf_counter() - start) < seconds:
        now_ms = b"%d" % (time.time_ns() // 1_000_000)
        due = int(passed_s * RATE_HZ) - sent
        batch = [
            Publication(
                "bench/scout", payloads[(sent + n) % count].replace(NO_TIME, now_ms), 0, False
            )
            for n in range(due)
        ]
        sent += due
        await sensor.publish_all(batch)
        if passed_s > 10.0 * (len(memory) + 1) or not memory:
            memory.append(_resident_mib(pid))
        await asyncio.sleep(STEP_S)
    memory.append(_resident_mib(pid))
    return sent


async def _radar(terminal: Terminal, seen: _Seen, sent_ns: dict[int, int]) -> None:
    """One aircraft that flies in circles, its frames numbered by their range rate."""
    number = 0
    while True:
        angle = number / FRAME_RATE_HZ * 0.25
        x_m, y_m, number = 10 * math.sin(angle), 40 + 10 * math.cos(angle), number + 1
        point = RadarPoint(
            x_m=x_m, y_m=y_m, z_m=12, range_rate_m_s=number % 3000 / 100, snr_db=20, noise_db=40
        )
        sent_ns[number % 3000] = time.time_ns()
        seen.frames_ns.append(time.time_ns())
        terminal.write(
            ti_mmwave.encode(RadarFrame(time_ns=0, frame_number=number, points=(point,)))
        )
        await asyncio.sleep(1 / FRAME_RATE_HZ)


async def _listen(console: Connection, seen: _Seen, sent_ns: dict[int, int]) -> None:
    detections = msgspec.json.Decoder(Detection)
    tracks, healths = msgspec.json.Decoder(Track), msgspec.json.Decoder(Health)
    while True:
        for message in await console.receive_some(1000):
            message.acknowledge()
            now_ns = time.time_ns()
            room = message.topic.split("/")[2]
            if message.topic.endswith("/health"):
                health = healths.decode(message.payload)
                seen.health[health.sensor] = health
            elif room == "tracks" and message.payload:
                track = tracks.decode(message.payload)
                if track.basis == "measured":
                    seen.tracked_ns.append(now_ns)
                seen.told_ns[f"track {track.track}"].append(now_ns)
            elif room == "detections":
                told = detections.decode(message.payload)
                if told.kind == "remote-id":
                    seen.claims.append((now_ns, now_ns - told.time_ns))
                    seen.told_ns[f"detection {told.claim}"].append(now_ns)
                elif told.range_rate_m_s is not None:
                    frame = round(told.range_rate_m_s * 100)
                    seen.radar.append((now_ns, now_ns - sent_ns.get(frame, now_ns)))


def _rows(
    count: int, seen: _Seen, when_ns: tuple[int, int], sent: int, memory: list[float], cpu_s: float
) -> list[Row]:
    start_ns, end_ns = when_ns
    seconds = (end_ns - start_ns) / 1e9
    late = [delay for at, delay in seen.claims if end_ns - 5e9 < at <= end_ns]
    calm = [delay for at, delay in seen.radar if at < start_ns]
    busy = [delay for at, delay in seen.radar if start_ns <= at <= end_ns]
    calm_hz = sum(at < start_ns for at in seen.tracked_ns) / QUIET_S
    busy_hz = sum(start_ns <= at <= end_ns for at in seen.tracked_ns) / seconds
    scout, gate = seen.health["scout"], seen.health["gateway"]
    told = sum(len(one) for one in seen.told_ns.values())

    def row(name: str, value: float, unit: str, floor: float | None = None, of: str = "") -> Row:
        return Row(
            bench="swarm", name=f"{count} aircraft: {name}", value=value, unit=unit,
            floor=floor, floor_name=of or None, simulated=True,
        )  # fmt: skip

    shed = Counter(scout.dropped) + Counter(gate.dropped)
    return [
        row("messages sent", sent / seconds, "messages/s", RATE_HZ, "asked for"),
        row("messages decoded by the gateway", scout.readings / sent * 100, "%"),
        row("let go of before decoding", float(sum(scout.dropped.values())), "messages"),
        row("told with a newer one", float(shed["claim told with a newer one"]), "messages"),
        row("claim of one aircraft too many", float(shed["claim of one aircraft too many"]), "-"),
        row("gateway's processor time", cpu_s / seconds * 100, "% of a core"),
        row("messages to consoles", told / seconds, "messages/s"),
        row("most of one aircraft's detections", _most_hz(seen, "detection"), "/s", 2.4, "limit"),
        row("most of one track's messages", _most_hz(seen, "track"), "/s", 2.0, "limit"),
        row("delay at the end, median", _percentile_s(late, 50), "s"),
        row("delay at the end, longest", _percentile_s(late, 100), "s", 1.0, "limit"),
        row("memory at its beginning", memory[min(1, len(memory) - 1)], "MiB"),
        row("memory at its end", memory[-1], "MiB", memory[min(1, len(memory) - 1)], "beginning"),
        row("radar delay, 99 %", _percentile_s(busy, 99), "s", _percentile_s(calm, 99), "before"),
        row("radar track's messages", busy_hz, "/s", calm_hz, "before"),
        row(
            "radar detections that came",
            len(busy) / max(seen.frames(start_ns, end_ns), 1) * 100, "%",
        ),
    ]  # fmt: skip


def _most_hz(seen: _Seen, kind: str) -> float:
    """The highest rate of one aircraft over any ten seconds."""
    most = 0
    for name, times in seen.told_ns.items():
        if name.startswith(kind):
            at = np.array(times)
            most = max(most, int((np.searchsorted(at, at + WINDOW_NS) - np.arange(len(at))).max()))
    return most / (WINDOW_NS / 1e9)


def _percentile_s(delays_ns: Sequence[int], percent: float) -> float:
    return float(np.percentile(delays_ns, percent)) / 1e9 if delays_ns else math.nan


def _report(number: int, count: int) -> bytes:
    """One of a crowd that claims to fly around the site; its time is filled in later."""
    angle = 2 * math.pi * number / count
    return dronescout.encode(
        RemoteIdReport(
            time_ns=int(NO_TIME) * 1_000_000,
            receiver="scout",
            transmitter=f"02:00:00:00:{number >> 8:02X}:{number & 255:02X}",
            transport="ble-legacy",
            level_dbm=-60,
            serial_number=f"ZZZZC{number:012d}",
            operational_status=2,
            position=Position(
                latitude_deg=SITE.latitude_deg + 0.01 * math.cos(angle),
                longitude_deg=SITE.longitude_deg + 0.01 * math.sin(angle),
                altitude_hae_m=60.0,
            ),
            course_deg=90.0,
            ground_speed_m_s=10.0,
            climb_m_s=0.0,
        )
    )


def _resident_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return math.nan


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
