"""`havik demo`: a drone drop at night, all of it on this machine, and nothing left behind.

An embedded broker, the gateway as a process of its own as a user would start it, simulated sensors
on real pseudo-terminals and MQTT, a console, and a desk that answers the alarm by MQTT commands:
it acknowledges, has the yard searched, records the find, releases the yard and closes.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TextIO, cast

import msgspec
import tomli_w
from msgspec.structs import replace
from rich.console import Console

from ...config.scenes import Scene, load_scene
from ...config.settings import BrokerSection, SerialSensor, Settings
from ...drivers.transport.mqtt import BrokerAddress
from ...simulators.embedded import BrokerFailed, EmbeddedBroker, embedded_broker
from ..broker import from_settings
from ..console.client import listen
from ..console.watch import ChangeLines, show
from ..errors import UsageError
from ..log.folder import LOG, default_folder
from ..log.reading import LogReader
from ..log.verify import verify
from ..messages import Find, Incident
from ..until import until_signalled
from .demo_desk import Desk
from .simulate import Wiring, perform, wire

SCENE = Path(__file__).parents[2] / "config/scenes/night-drop.toml"
READY_S = 30.0
STOP_S = 10.0


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a demonstration came to; counted in the log, but for the detections."""

    incidents: int
    finds: int
    detections: int
    log_entries: int
    log_verified: bool


def run_demo(*, seconds: float, as_json: bool, log_folder: Path | None, out: TextIO) -> bool:
    """Play the night for `seconds`, and verify its log.

    Returns
    -------
    bool
        Whether the log verifies.

    Raises
    ------
    UsageError
        If the broker or the gateway does not start.
    """
    folder = log_folder or default_folder()
    before, start_ns = _entries(folder), time.time_ns()
    demo = Demo(folder, seconds, quiet=as_json, out=out)
    asyncio.run(until_signalled(demo.run()))
    outcome = _outcome(folder, before, start_ns, demo.detections)
    if as_json:
        print(msgspec.json.encode(outcome).decode(), file=out)
    else:
        print(
            f"{_many(outcome.incidents, 'incident')}, {_many(outcome.finds, 'find')}, "
            f"{_many(outcome.detections, 'detection')}; the log in {folder} holds "
            f"{_many(outcome.log_entries, 'entry')} and "
            f"{'verifies' if outcome.log_verified else 'DOES NOT VERIFY: see `havik log verify`'}",
            file=out,
        )
    return outcome.log_verified


@dataclass
class Demo:
    """One performance."""

    folder: Path
    seconds: float
    quiet: bool
    out: TextIO
    detections: int = 0
    _ready: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Play it; everything that was started is stopped at the end, whatever happens."""
        with TemporaryDirectory(prefix="havik-demo-") as name:
            try:
                async with embedded_broker(Path(name) / "broker") as broker:
                    await self._with_broker(Path(name), broker)
            except BrokerFailed as error:
                raise UsageError(f"the demonstration's broker: {error}") from None
            except ExceptionGroup as group:
                raise _first(group) from None

    async def _with_broker(self, place: Path, broker: EmbeddedBroker) -> None:
        scene, site = load_scene(SCENE)
        site = _at(site, place, broker)
        file = place / "site.toml"
        file.write_text(to_toml(site))
        assert site.broker is not None
        address = from_settings(site.broker)
        wiring = wire(site, place, None)
        with ExitStack() as stack:
            for port in wiring.ports.values():
                stack.enter_context(port)
            await self._play(scene, site, wiring, file, address)

    async def _play(
        self, scene: Scene, site: Settings, wiring: Wiring, file: Path, address: BrokerAddress
    ) -> None:
        """Play over wires that are plugged in: gateway, console and desk beside the scene."""
        async with _gateway(file, self.folder) as process, asyncio.TaskGroup() as tasks:
            desk = Desk(address, site.site.name)
            beside = [
                tasks.create_task(listen(address, self._hear, _ignore), name="count"),
                tasks.create_task(_watch_over(process), name="gateway"),
                tasks.create_task(listen(address, desk.hear, _ignore), name="desk's ears"),
                tasks.create_task(desk.run(), name="desk"),
            ]
            await asyncio.wait_for(self._ready.wait(), READY_S)
            beside += [tasks.create_task(job, name="console") for job in self._console(address)]
            night = replace(scene, length_s=self.seconds)
            await perform(night, site, wiring, progress=False)
            for task in beside:
                task.cancel()

    def _console(self, address: BrokerAddress) -> list[Coroutine[None, None, None]]:
        if self.quiet:
            return []
        console = Console(file=self.out)
        if console.is_terminal:
            return [show(address, console)]
        return [listen(address, ChangeLines(self.out), _ignore)]

    def _hear(self, topic: str, payload: bytes) -> None:
        room = topic.split("/")
        self.detections += room[2] == "detections"
        if room[2:] == ["gateway", "health"] and b'"online"' in payload:
            self._ready.set()


@asynccontextmanager
async def _gateway(file: Path, log: Path) -> AsyncGenerator[asyncio.subprocess.Process, None]:
    """Run the gateway as a process of its own; what it says goes to standard error."""
    command = (sys.executable, "-m", "havik.gateway", "run", str(file), "--log", str(log))
    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, stdin=nothing, stderr=pipe)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            await asyncio.wait_for(process.communicate(), STOP_S)
        except TimeoutError:
            process.kill()
            await process.communicate()


async def _watch_over(process: asyncio.subprocess.Process) -> None:
    """Tell why the gateway ended, if it does."""
    assert process.stderr is not None
    last = ""
    async for line in process.stderr:
        last = line.decode().strip() or last
    raise UsageError(f"the gateway ended: {last}")


def _at(site: Settings, place: Path, broker: EmbeddedBroker) -> Settings:
    """The scene's site with this run's broker, and its serial ports in this run's folder."""
    sensors = tuple(
        replace(sensor, port=str(place / sensor.id)) if isinstance(sensor, SerialSensor) else sensor
        for sensor in site.sensors
    )
    section = BrokerSection(
        host=broker.host,
        port=broker.port,
        username=broker.username,
        password_file=str(broker.password_file),
    )
    return replace(site, broker=section, sensors=sensors)


def to_toml(site: Settings) -> str:
    """Write settings as the file that a user would have written; what is unknown is left out."""
    return tomli_w.dumps(_known(msgspec.to_builtins(site)))


def _known(table: dict[str, object]) -> dict[str, object]:
    """Leave out `None`, for which TOML has no word."""
    known: dict[str, object] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            known[key] = _known(cast(dict[str, object], value))
        elif isinstance(value, list | tuple):
            rows = cast(Sequence[object], value)
            known[key] = [
                _known(cast(dict[str, object], row)) if isinstance(row, dict) else row
                for row in rows
            ]
        elif value is not None:
            known[key] = value
    return known


def _entries(folder: Path) -> int:
    """How many entries the log has before; 0 where there is none."""
    if not (folder / LOG).is_file():
        return 0
    with LogReader.open(folder) as log:
        return log.size


def _outcome(folder: Path, before: int, start_ns: int, detections: int) -> Outcome:
    verdict = verify(folder)
    with LogReader.open(folder) as log:
        messages = [entry.message() for entry in log.entries(after=before - 1)]
        size = log.size
    incidents = [one for one in messages if isinstance(one, Incident)]
    return Outcome(
        # One that an earlier, interrupted run left open is told again, but is not of this night.
        incidents=len({one.incident for one in incidents if one.first_contact_ns >= start_ns}),
        finds=len({one.find for one in messages if isinstance(one, Find)}),
        detections=detections,
        log_entries=size,
        log_verified=verdict.ok,
    )


def _many(count: int, what: str) -> str:
    plural = what[:-1] + "ies" if what.endswith("y") else what + "s"
    return f"{count} {what if count == 1 else plural}"


def _first(group: ExceptionGroup[Exception]) -> Exception:
    """What a person can do; anything else is a bug and stays as it is."""
    error: Exception | None = group.subgroup(UsageError)
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return group if error is None else error


def _ignore(_: object) -> None:
    """Nobody is told how the demonstration's own links are."""
