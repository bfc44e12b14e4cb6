"""`havik check`: a site's settings against this machine: its drivers, ports, files and broker."""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter
from collections.abc import Coroutine, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import aiomqtt
from msgspec.structs import replace

from ..config.loader import SettingsError, load, problem_with
from ..config.settings import (
    AuthorisedList,
    ModbusSensor,
    MqttSensor,
    RecordedSensor,
    Sensor,
    SerialSensor,
    Settings,
    TcpSensor,
    UdpSensor,
    ZmqSensor,
)
from ..config.zones import zone_problems
from ..drivers.catalogue import DRIVERS
from ..drivers.driver import Driver, Wire
from ..drivers.errors import CaptureError, LinkLost, OptionError
from ..drivers.transport import tcp, udp, zeromq
from ..drivers.transport.mqtt import BrokerAddress, connected
from ..drivers.transport.recording import Recording
from ..drivers.transport.serial import opened
from .answering import Unheard, module
from .authorised import authorised_problems, expired
from .broker import from_settings
from .errors import UsageError
from .publish import GATEWAY
from .sensors import DEFAULT_BAUD
from .topics import ROOMS
from .zones import zones_of

TRY_S = 15.0
"""For one thing; longer than its own wire waits, which says more."""

_NEEDED = {"packets": 'write by = "recording" and name a capture file'}
"""For a wire that is not the name of a kind of sensor."""

TAKEN = {GATEWAY, "health", *ROOMS}
"""No sensor's id: on the topics it would pass for something else."""


def load_site(file: Path) -> Settings:
    """Read a site's settings and hold them against the catalogue of drivers.

    Raises
    ------
    SettingsError
        If they cannot be used; each problem names its key and the remedy.
    """
    settings = load(file, Settings)
    if settings.zones_file is not None:
        zones = zones_of(file.parent / settings.zones_file, settings.site)
        settings = replace(settings, zones=(*settings.zones, *zones))
    problems = list(_problems(settings))
    if settings.authorised_file is not None:
        more = load(file.parent / settings.authorised_file, AuthorisedList)
        settings = replace(settings, authorised=(*settings.authorised, *more.authorised))
    problems += authorised_problems(settings.authorised, settings.zones)
    if problems:
        raise SettingsError(file, problems)
    return settings


def _problems(settings: Settings) -> Iterator[str]:
    """Give what is wrong with a site beyond its types, one line each."""
    ids = Counter(sensor.id for sensor in settings.sensors)
    for name in (name for name, count in ids.items() if count > 1):
        yield f"`sensors`: {name} is there twice; give each sensor an id of its own"
    for number, sensor in enumerate(settings.sensors):
        key = f"sensors[{number}]"
        if sensor.id in TAKEN:
            yield f"`{key}.id`: {sensor.id} has a meaning of its own on MQTT; name it otherwise"
        driver = DRIVERS.get(sensor.driver)
        if driver is None:
            yield f"`{key}.driver`: no driver {sensor.driver}; there are {', '.join(DRIVERS)}"
        elif (wire := _wire(sensor)) is not None and wire not in (driver.wire, *driver.also):
            needed = _NEEDED.get(driver.wire, f'write by = "{driver.wire}"')
            yield f"`{key}.by`: {driver.name} is connected by {driver.wire}; {needed}"
        if isinstance(sensor, UdpSensor | TcpSensor):
            yield from _not_addresses(key, sensor)
        if driver is not None and driver.missing:
            yield f"`{key}.driver`: {driver.missing}"
        if driver is not None:
            yield from _option_problems(driver, sensor, key)
        if isinstance(sensor, MqttSensor) and settings.broker is None:
            yield f"`{key}.by`: {sensor.id} speaks MQTT; add a [broker] section"
        if isinstance(sensor, MqttSensor) and not _is_filter(sensor.topic):
            yield f"`{key}.topic`: {sensor.topic} is no topic; + and # stand for whole levels"
    yield from zone_problems(settings.zones)


def _wire(sensor: Sensor) -> Wire | None:
    """The wire that a sensor's settings name; a recording is of any."""
    match sensor:
        case SerialSensor():
            return "serial"
        case MqttSensor():
            return "mqtt"
        case UdpSensor():
            return "udp"
        case TcpSensor():
            return "tcp"
        case ModbusSensor():
            return "modbus"
        case ZmqSensor():
            return "zmq"
        case RecordedSensor():
            return None


def _not_addresses(key: str, sensor: UdpSensor | TcpSensor) -> Iterator[str]:
    """Give what of a sensor's settings is no address: a name would have to be asked for."""
    for name in ("host", "group", "sender"):
        value: str | None = getattr(sensor, name, None)
        try:
            ipaddress.ip_address(value or "127.0.0.1")
        except ValueError:
            yield f"`{key}.{name}`: {value} is no IP address; write it as 192.0.2.7"


def _option_problems(driver: Driver, sensor: Sensor, key: str) -> Iterator[str]:
    """Hold a sensor's own options against its driver's."""
    if driver.options is None:
        if sensor.options:
            yield f"`{key}.options`: {driver.name} has no options; remove them"
        return
    problems = list(problem_with(sensor.options, driver.options, f"{key}.options"))
    yield from problems
    if not problems:
        try:
            driver.decoder_for(sensor.options)
        except OptionError as error:
            yield f"`{key}.options`: {error}"
    if isinstance(sensor, ModbusSensor) and (sensor.host is None) == (sensor.serial_port is None):
        yield f"`{key}`: write either host, for Modbus TCP, or serial_port, for RTU"
    if problems or driver.command_baud is None or not isinstance(sensor, SerialSensor):
        return
    if sensor.command_port is None and driver.asked(sensor.options) is not None:
        yield f"`{key}.command_port` is missing: {driver.name} takes its commands there; add it"


def _is_filter(topic: str) -> bool:
    try:
        aiomqtt.Wildcard(topic)
    except ValueError:
        return False
    return True


def check(file: Path, out: TextIO) -> None:
    """Try everything that a site's settings name, and say what is there.

    Raises
    ------
    SettingsError
        If the settings cannot be used.
    UsageError
        If something is not there; a line for each, with the remedy.
    """
    settings = load_site(file)
    faults = [
        *(f"{file}: {line}" for line in expired(settings.authorised, datetime.now(UTC))),
        *asyncio.run(_faults(settings, out)),
    ]
    if faults:
        raise UsageError("\n".join(faults))


async def _faults(settings: Settings, out: TextIO) -> list[str]:
    faults: list[str] = []
    broker = None
    if settings.broker is not None:
        broker = from_settings(settings.broker)
        await _note(_try_broker(broker), str(broker), "answers", faults, out)
    for sensor in settings.sensors:
        match sensor:
            case SerialSensor(port=port):
                driver = DRIVERS[sensor.driver]
                baud = sensor.baud or driver.baud or DEFAULT_BAUD
                told = f"{port} opens at {baud} baud"
                await _note(_try_port(port, baud), sensor.id, told, faults, out)
                if sensor.command_port is not None and driver.command_baud is not None:
                    port, baud = sensor.command_port, driver.command_baud
                    told = f"{port} opens at {baud} baud for commands"
                    await _note(_try_port(port, baud), sensor.id, told, faults, out)
            case UdpSensor(host=host, port=number):
                told = f"listens to UDP port {number} of {host}"
                await _note(_try_udp(sensor), sensor.id, told, faults, out)
            case TcpSensor(host=host, port=number):
                told = f"listens to TCP port {number} of {host}"
                await _note(_try_tcp(sensor), sensor.id, told, faults, out)
            case ModbusSensor():
                await _note(_try_module(sensor), sensor.id, "its module answers", faults, out)
            case ZmqSensor(host=host, port=number):
                told = f"a publisher listens on port {number} of {host}"
                await _note(_try_zmq(sensor), sensor.id, told, faults, out)
            case RecordedSensor(file=recording):
                told = f"{recording} can be read"
                await _note(_try_recording(sensor), sensor.id, told, faults, out)
            case MqttSensor(topic=topic):
                print(f"{sensor.id}: listens to {topic}", file=out)
    return faults


async def _note(
    trial: Coroutine[None, None, None], name: str, told: str, faults: list[str], out: TextIO
) -> None:
    try:
        await asyncio.wait_for(trial, TRY_S)
    except (LinkLost, CaptureError, TimeoutError) as error:
        reason = str(error) or f"no answer in {TRY_S:g} s"
        faults.append(f"{name}: {reason.removeprefix(f'{name}: ')}")
    else:
        print(f"{name}: {told}", file=out)


async def _try_broker(address: BrokerAddress) -> None:
    async with connected(address):
        pass


async def _try_port(port: str, baud: int) -> None:
    async with opened(port, baud):
        pass


async def _try_udp(sensor: UdpSensor) -> None:
    async with udp.opened(sensor.host, sensor.port, group=sensor.group):
        pass


async def _try_tcp(sensor: TcpSensor) -> None:
    async with tcp.opened(sensor.host, sensor.port, Unheard):
        pass


async def _try_module(sensor: ModbusSensor) -> None:
    async with module(sensor) as link:
        await link.receive()


async def _try_zmq(sensor: ZmqSensor) -> None:
    async with zeromq.subscribed(sensor.host, sensor.port):
        pass


async def _try_recording(sensor: RecordedSensor) -> None:
    next(iter(Recording(Path(sensor.file), DRIVERS[sensor.driver].wire).pieces()), None)
