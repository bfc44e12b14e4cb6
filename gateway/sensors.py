"""One sensor from its wire to evidence: transport, decoder, detector, and its health beside them.

Each sensor has a broker connection of its own, so that it has a last will of its own; a sensor
that speaks MQTT is heard over the same one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, suppress
from functools import partial
from pathlib import Path

from ..config.settings import (
    LegalSection,
    ModbusSensor,
    MqttSensor,
    RecordedSensor,
    Sensor,
    SerialSensor,
    SiteSection,
    TcpSensor,
    UdpSensor,
    ZmqSensor,
)
from ..drivers.catalogue import DRIVERS
from ..drivers.driver import AnsweringDecoder, Dialogue
from ..drivers.errors import CaptureError, LinkLost
from ..drivers.readings import IqBlock, RadarFrame, Reading, SensorStatus
from ..drivers.transport import modbus, tcp, udp, zeromq
from ..drivers.transport.backoff import LinkState, forever
from ..drivers.transport.conversation import converse
from ..drivers.transport.mqtt import BrokerAddress, Connection, connected
from ..drivers.transport.recording import Piece, Recording, paced
from ..drivers.transport.serial import Port, opened
from .answering import Peer, module
from .detect import NOTHING_LEGAL, Detector, Evidence
from .health import SensorHealth
from .lanes import Lane
from .legal import droneid_in_words
from .messages import Health, encode
from .plan import Plan
from .publish import will
from .topics import health_topic

MOST_WAITING_BYTES = 1 << 26
"""Of one sensor's readings: half a second of I/Q at 30 MS/s, hours of anything else."""

MOST_WAITING = 500
"""MQTT messages of one sensor: less than a second's work; older ones are worth less than new."""

READING_BYTES = 1 << 10  # what any reading but a block of I/Q counts for
HEALTH_EVERY_S = 2.0
FLUSH_AFTER_S = 0.05
"""A stream of I/Q that pauses so long is not waited for."""

GIVE_WAY = 64  # datagrams, then everything else has its turn
MOST_AT_ONCE = 100
"""Messages that are read before anything else has its turn."""

GOODBYE_S = 1.0
DEFAULT_BAUD = 115_200


class SensorFeed:
    """One sensor of a site.

    Parameters
    ----------
    site : SiteSection
    plan : Plan
    sensor : Sensor
    broker : BrokerAddress or None
        Where its health goes, and where it is heard if it speaks MQTT.
    emit : callable
        Takes its evidence.
    now_ns : callable
        The clock (UTC).
    legal : LegalSection
        What a legal basis is stated for.
    """

    def __init__(
        self,
        site: SiteSection,
        plan: Plan,
        sensor: Sensor,
        broker: BrokerAddress | None,
        emit: Callable[[Evidence], None],
        now_ns: Callable[[], int],
        legal: LegalSection = NOTHING_LEGAL,
    ) -> None:
        self.sensor = sensor
        self.health = SensorHealth(site, sensor.id, sensor.silent_after_s, now_ns())
        self._site = site
        self._driver = DRIVERS[sensor.driver]
        self._decoder = self._driver.decoder_for(sensor.options)
        self._legal = legal
        self._detector = Detector(site, plan, sensor, legal)
        self._broker = broker
        self._emit = emit
        self._now_ns = now_ns
        self._changed = asyncio.Event()
        self._readings: Lane[tuple[Reading, int]] = Lane(
            MOST_WAITING_BYTES, self.health.dropped, "reading", _weight
        )
        self.health.refused = self._decoder.refused

    async def run(self) -> None:
        """Read, detect and tell until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._read(), name=f"read {self.sensor.id}")
            tasks.create_task(self._detect(), name=f"detect {self.sensor.id}")
            if self._broker is not None and not isinstance(self.sensor, MqttSensor):
                telling = forever(self._connect, self._tell_health, lambda _: None)
                tasks.create_task(telling, name=f"health {self.sensor.id}")

    async def _read(self) -> None:
        match self.sensor:
            case SerialSensor(port=port, baud=baud):
                speed = baud or self._driver.baud or DEFAULT_BAUD
                line = partial(opened, port, speed, self._driver.parity)
                await forever(line, self._hear_serial, self._on_link)
            case MqttSensor():
                await forever(self._connect, self._hear_mqtt, self._on_link)
            case UdpSensor():
                await forever(self._datagrams, self._hear_udp, self._on_link)
            case TcpSensor():
                await forever(self._port, self._hear_tcp, self._on_link)
            case ModbusSensor():
                await forever(self._module, self._hear_module, self._on_link)
            case ZmqSensor(host=host, port=number):
                publisher = partial(zeromq.subscribed, host, number)
                await forever(publisher, self._hear_publisher, self._on_link)
            case RecordedSensor(file=file, pace=pace):
                await self._hear_recording(Path(file), fast=pace == "fast")

    def _connect(self) -> AbstractAsyncContextManager[Connection]:
        assert self._broker is not None, "the settings were checked"
        last_will = will(self._site, self.sensor.id, self._now_ns())
        return connected(
            self._broker,
            will=last_will,
            most_waiting=MOST_WAITING,
            dropped=self.health.dropped,
        )

    async def _hear_serial(self, port: Port) -> None:
        dialogue = self._driver.asked(self.sensor.options)
        try:
            if dialogue is None:
                while True:
                    self._hear(await port.receive())
            elif self._driver.command_baud is None:
                await converse(dialogue, port, self._hear)
            else:
                await self._command(dialogue, port)
        except LinkLost:
            self._put(self._decoder.close(), self._now_ns())  # a cut-off frame is counted
            raise

    def _datagrams(self) -> AbstractAsyncContextManager[udp.Datagrams]:
        assert isinstance(self.sensor, UdpSensor)
        wanted = self.sensor
        return udp.opened(
            wanted.host,
            wanted.port,
            group=wanted.group,
            sender=wanted.sender,
            dropped=self.health.dropped,
        )

    async def _hear_udp(self, link: udp.Datagrams) -> None:
        while True:
            data, address = await link.receive_from()
            if isinstance(self._decoder, AnsweringDecoder):
                peer = self._peer()
                answer = peer.hear(data)
                peer.end()
                if answer:
                    link.send(answer, address)
            else:
                self._take(data, self._now_ns())
            if link.waiting % GIVE_WAY == 0:
                await asyncio.sleep(0)  # a flood must not keep the event loop for itself

    def _peer(self) -> Peer:
        return Peer(self._decoder, self._heard, self._now_ns)

    def _heard(self, data: bytes, readings: Iterable[Reading], arrived_ns: int) -> None:
        self.health.bytes_received += len(data)
        self._put(readings, arrived_ns)

    def _port(self) -> AbstractAsyncContextManager[tcp.Listener]:
        assert isinstance(self.sensor, TcpSensor)
        wanted = self.sensor
        return tcp.opened(
            wanted.host,
            wanted.port,
            self._peer,
            sender=wanted.sender,
            dropped=self.health.dropped,
        )

    async def _hear_tcp(self, _: tcp.Listener) -> None:
        await asyncio.Event().wait()  # each connection is heard by a task of its own

    def _module(self) -> AbstractAsyncContextManager[modbus.Module]:
        assert isinstance(self.sensor, ModbusSensor)
        return module(self.sensor)

    async def _hear_module(self, link: modbus.Module) -> None:
        while True:
            self._hear(await link.receive())

    async def _hear_publisher(self, link: zeromq.Subscription) -> None:
        while True:
            self._hear(await link.receive())

    async def _command(self, dialogue: Dialogue, port: Port) -> None:
        """Tell a device its settings over its second line, and hear it over the first."""
        assert isinstance(self.sensor, SerialSensor)
        assert self.sensor.command_port is not None and self._driver.command_baud is not None
        talking = opened(self.sensor.command_port, self._driver.command_baud)

        async def tell() -> None:
            async with talking as line:
                await converse(dialogue, line, lambda _: None)

        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(tell(), name=f"command {self.sensor.id}")
                while True:
                    self._hear(await port.receive())
        except* LinkLost as lost:
            raise lost.exceptions[0] from None

    def _hear(self, data: bytes) -> None:
        self._take(data, self._now_ns())

    async def _hear_mqtt(self, link: Connection) -> None:
        assert isinstance(self.sensor, MqttSensor)
        await link.subscribe(self.sensor.topic, 1)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._tell_health(link), name=f"health {self.sensor.id}")
            while True:
                for message in await link.receive_some(MOST_AT_ONCE):
                    self._take(message.payload, self._now_ns())
                    message.acknowledge()

    async def _hear_recording(self, file: Path, *, fast: bool) -> None:
        """Play a file as if it came now: its first piece at this moment, the others after it."""
        reason = "the recording is over"
        self._on_link(LinkState(up=True, since_ns=self._now_ns(), reason=None, reconnections=0))
        try:
            recording = Recording(file, self._driver.wire)
            recording.refused = self.health.refused  # one account of what could not be read
            async for piece, time_ns in _played(recording, self._now_ns(), fast=fast):
                self._take(piece.data, self._now_ns() if time_ns is None else time_ns)
                if fast:
                    await self._readings.empty()
        except CaptureError as error:
            reason = str(error)
        self._put(self._decoder.close(), self._now_ns())
        self._on_link(LinkState(up=False, since_ns=self._now_ns(), reason=reason, reconnections=0))

    def _take(self, data: bytes, arrived_ns: int) -> None:
        self.health.bytes_received += len(data)
        self._put(self._decoder.feed(data, arrived_ns), arrived_ns)

    def _put(self, readings: Iterable[Reading], arrived_ns: int) -> None:
        count = 0
        for reading in readings:
            count += 1
            self._note(reading)
            self._readings.put((reading, arrived_ns))
        if count:
            self.health.heard(count, arrived_ns)

    def _note(self, reading: Reading) -> None:
        """Keep what a sensor says of itself for its health."""
        details = self.health.details
        match reading:
            case IqBlock(missed_blocks=missed):
                details["missed_blocks"] = float(details.get("missed_blocks", 0)) + missed
                details["droneid_payload"] = droneid_in_words(self._legal, self._now_ns())
            case RadarFrame(temperature=temperature) if temperature is not None:
                details["hottest_c"] = float(max(temperature.sensors_c))
            case SensorStatus(state=state) if state:
                details["says"] = state
            case _:
                pass

    async def _detect(self) -> None:
        paused = True
        while True:
            try:
                async with asyncio.timeout(None if paused else FLUSH_AFTER_S):
                    reading, arrived_ns = await self._readings.get()
            except TimeoutError:
                paused = True
                self._emit_all(await asyncio.to_thread(self._detector.flush))
                continue
            if isinstance(reading, IqBlock):
                paused = False
                found = await asyncio.to_thread(self._detector.take, reading, arrived_ns)
            else:
                found = self._detector.take(reading, arrived_ns)
            self._emit_all(found)

    def _emit_all(self, found: Iterable[Evidence]) -> None:
        for evidence in found:
            self._emit(evidence)
        for reason, count in self._detector.ignored.items():
            key = "clock_not_believed" if reason == "sensor's clock" else reason
            self.health.details[key] = float(count)

    def _on_link(self, state: LinkState) -> None:
        self.health.link(
            up=state.up,
            reason=state.reason,
            reconnections=state.reconnections,
            now_ns=self._now_ns(),
        )
        self._changed.set()

    async def _tell_health(self, link: Connection) -> None:
        try:
            while True:
                self._changed.clear()
                await self._publish(link, self.health.message(self._now_ns()))
                with suppress(TimeoutError):
                    async with asyncio.timeout(HEALTH_EVERY_S):
                        await self._changed.wait()
        except asyncio.CancelledError:
            with suppress(LinkLost, TimeoutError):
                goodbye = self.health.stopped(self._now_ns())
                async with asyncio.timeout(GOODBYE_S):
                    await self._publish(link, goodbye)
            raise

    async def _publish(self, link: Connection, health: Health) -> None:
        topic = health_topic(self._site.name, self.sensor.id)
        await link.publish(topic, encode(health), qos=1, retain=True)


async def _played(
    recording: Recording, start_ns: int, *, fast: bool
) -> AsyncIterator[tuple[Piece, int | None]]:
    """Give the pieces of a recording, at their own pace or at once, with times from `start_ns`."""
    first_ns: int | None = None

    def timed() -> Iterable[tuple[int | None, tuple[Piece, int | None]]]:
        nonlocal first_ns
        for piece in recording.pieces():
            if piece.time_ns is None:
                yield None, (piece, None)
                continue
            first_ns = piece.time_ns if first_ns is None else first_ns
            yield None if fast else piece.time_ns, (piece, start_ns + piece.time_ns - first_ns)

    async for piece in paced(timed()):
        yield piece


def _weight(item: tuple[Reading, int]) -> int:
    reading, _ = item
    return READING_BYTES + (len(reading.samples) if isinstance(reading, IqBlock) else 0)
