"""`havik simulate`: a scene's devices on pseudo-terminals and at a broker, until it is over."""

from __future__ import annotations

import asyncio
import math
import sys
import termios
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec
from msgspec.structs import replace
from rich.console import Console
from rich.progress import Progress

from ...config.scenes import Scene, load_scene
from ...config.settings import MqttSensor, SerialSensor, Settings
from ...drivers.catalogue import DRIVERS
from ...drivers.errors import LinkLost
from ...drivers.transport.mqtt import BrokerAddress, connected
from ...simulators.catalogue import TWINS
from ...simulators.clock import Clock
from ...simulators.ports import PortTaken, SerialPort
from ...simulators.publisher import Publisher, publishing
from ...simulators.rig import Device, Send, play, tell
from ...simulators.scene import World
from ...simulators.truth import Row, truth
from ..broker import from_settings, from_url
from ..errors import UsageError
from ..until import until_signalled


@dataclass(frozen=True, slots=True)
class Wiring:
    """The wires of the sensors that a scene plays, by sensor."""

    ports: Mapping[str, SerialPort]
    topics: Mapping[str, str]
    broker: BrokerAddress | None


def simulate(
    scene_file: Path,
    *,
    pty: Path | None = None,
    broker: str | None = None,
    speed: float = 1.0,
    seconds: float | None = None,
    truth_file: Path | None = None,
) -> None:
    """Play a scene.

    Parameters
    ----------
    scene_file : Path
    pty : Path, optional
        Folder for the serial sensors' links, each by its sensor's id; without it they stand where
        the site's settings say.
    broker : str, optional
        `mqtt://[user@]host[:port]`; without it the broker of the site's settings.
    speed : float
        Of the scene, over its own.
    seconds : float, optional
        Instead of the scene's own length.
    truth_file : Path, optional
        For the truth as JSON lines; nothing may be there.

    Raises
    ------
    SettingsError, UsageError
        For what a person can mend.
    """
    for name, value in (("--speed", speed), ("--seconds", seconds)):
        if value is not None and not (value > 0 and math.isfinite(value)):
            raise UsageError(f"{name} {value:g}: give a number above 0")
    scene, site = load_scene(scene_file)
    scene = scene if seconds is None else replace(scene, length_s=seconds)
    wiring = wire(site, pty, broker)
    with ExitStack() as stack:
        write = None if truth_file is None else _truth_writer(stack, truth_file)
        for port in wiring.ports.values():
            _plug(stack, port)
        asyncio.run(until_signalled(perform(scene, site, wiring, speed=speed, write=write)))


def wire(site: Settings, pty: Path | None, broker: str | None) -> Wiring:
    """Choose each sensor's wire.

    Raises
    ------
    UsageError
        If a sensor has no simulated twin, or its wire is none that a device could have.
    """
    ports: dict[str, SerialPort] = {}
    topics: dict[str, str] = {}
    for sensor in site.sensors:
        if sensor.driver not in TWINS:
            known = ", ".join(TWINS)
            raise UsageError(f"{sensor.id}: no simulated {sensor.driver}; there are {known}")
        if isinstance(sensor, SerialSensor):
            ports[sensor.id] = SerialPort(_link(sensor, pty), _baud(sensor))
        elif isinstance(sensor, MqttSensor):
            topics[sensor.id] = _topic(sensor)
    return Wiring(ports, topics, _address(site, broker) if topics else None)


def _link(sensor: SerialSensor, pty: Path | None) -> Path:
    if pty is not None:
        return pty / sensor.id
    if "://" in sensor.port:
        raise UsageError(f"{sensor.id}: {sensor.port} is no path; name a folder with --pty")
    return Path(sensor.port)


def _baud(sensor: SerialSensor) -> int:
    usual = DRIVERS[sensor.driver].baud
    baud = sensor.baud or usual
    if baud is None or (baud != usual and not hasattr(termios, f"B{baud}")):
        raise UsageError(f"{sensor.id}: no port carries {baud} baud; try 115200 or 921600")
    return baud


def _topic(sensor: MqttSensor) -> str:
    if set("+#") & set(sensor.topic):
        raise UsageError(f"{sensor.id}: no device publishes to {sensor.topic}; name one topic")
    return sensor.topic


def _address(site: Settings, url: str | None) -> BrokerAddress:
    if url is not None:
        return from_url(url)
    if site.broker is None:
        raise UsageError("the site's settings name no broker; give --broker URL")
    return from_settings(site.broker)


def _truth_writer(stack: ExitStack, path: Path) -> Callable[[Row], object]:
    try:
        file = stack.enter_context(path.open("xb"))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"--truth {path}: {reason}; choose another name") from None
    return lambda row: file.write(msgspec.json.encode(row) + b"\n")


def _plug(stack: ExitStack, port: SerialPort) -> None:
    """Plug a port in until the stack ends; a folder that was made for it goes with it."""
    folder = port.link.parent
    if not folder.exists():
        stack.callback(_remove_if_empty, folder)
    try:
        stack.enter_context(port)
    except PortTaken as taken:
        raise UsageError(str(taken)) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"{port.link}: {reason}; name another folder with --pty") from None


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


async def perform(
    scene: Scene,
    site: Settings,
    wiring: Wiring,
    *,
    speed: float = 1.0,
    write: Callable[[Row], object] | None = None,
    progress: bool = True,
) -> None:
    """Play `scene` over ports that are plugged in; `write` is told the truth beside it.

    `progress` shows how far the scene is, on a terminal.

    Raises
    ------
    UsageError
        If the broker is not to be reached.
    """
    world = World(scene)
    sends: dict[str, Send] = {name: port.send for name, port in wiring.ports.items()}
    try:
        async with AsyncExitStack() as stack:
            if wiring.broker is not None:
                publisher = await stack.enter_async_context(
                    publishing(partial(connected, wiring.broker))
                )
                for name, topic in wiring.topics.items():
                    sends[name] = partial(publisher.send, topic)
                stack.callback(_tell_loss, "the broker", publisher, "payloads")
            tasks = await stack.enter_async_context(asyncio.TaskGroup())
            clock = Clock.now(speed)
            if progress:
                tasks.create_task(_show(scene, clock), name="progress")
            if write is not None:
                tasks.create_task(tell(truth(world, clock.stamp), clock, write), name="truth")
            await play(_devices(world, site, sends), clock)
    except ExceptionGroup as group:
        raise _unreachable(group) from None
    for name, port in wiring.ports.items():
        _tell_loss(name, port, "bytes")


def _devices(world: World, site: Settings, sends: Mapping[str, Send]) -> list[Device]:
    return [
        Device(sensor.id, TWINS[sensor.driver](world, site.site, sensor), sends[sensor.id])
        for sensor in site.sensors
        if sensor.id in sends
    ]


def _unreachable(group: ExceptionGroup[Exception]) -> Exception:
    """What a person can do about the broker; anything else is a bug and stays as it is."""
    lost, others = group.split(LinkLost)
    if lost is None or others is not None:
        return group
    first: BaseException = lost
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return UsageError(f"{first}; start a broker there, or name another with --broker")


async def _show(scene: Scene, clock: Clock) -> None:
    """Show how far the scene is, on a terminal."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task(scene.name, total=scene.length_s)
        for second in range(int(scene.length_s) + 1):
            await clock.until(second)
            progress.update(bar, completed=second)


def _tell_loss(name: str, wire: SerialPort | Publisher, unit: str) -> None:
    """Say what was lost on the way; a device cannot make anybody listen."""
    if wire.lost:
        print(f"{name}: {wire.lost} {unit} lost, nobody took them", file=sys.stderr)
