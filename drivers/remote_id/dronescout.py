r"""BlueMark DroneScout Remote ID receivers, as they publish over MQTT.

JSON in UTF-8, plain or compressed by LZMA (`.xz` or `.lzma`); "\n" or NUL may follow; several
objects may be run together or stand in an array. One object, as captured from two receivers:

    {"protocol": 1.0, "data": {...}}          a drone heard, or (also captured) a status
    {"protocol": 1.0, "status": {...}}        the receiver's own state
    {"protocol": 1.0, "location": {...}}      where the receiver is

    in "data"            in "status"             in "location"
    sensor ID   text     sensor ID         text  sensor ID           text
    timestamp   ms UTC   timestamp         ms    timestamp           ms
    MAC address text     status            text  latitude, longitude degrees
    RSSI        dBm      model             text  (its altitude is above mean sea level, not above
    channel     0 = BLE  firmware version  text   the ellipsoid: not read)
    type        text     UASdata           base64 of the structure in odid_struct.py

    {"protocol": 1.0, "mobile network": {...}}    what the receiver sends over
    {"protocol": 1.0, "aircraft": {...}}          an aircraft by its transponder

Those two, which no capture holds, are in `dronescout_more.py`. Objects of another kind and other
members are not read. A broken object costs itself alone.
"""

from __future__ import annotations

import binascii
import itertools
import lzma
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from typing import TypeVar

import msgspec

from ..driver import Driver
from ..errors import FrameError
from ..json_objects import pieces
from ..readings import AdsbReport, Position, RemoteIdReport, RemoteIdTransport, SensorStatus
from . import dronescout_more, odid_struct

MOST_BYTES = 1 << 22
"""Of one payload, and of what one decompresses to: some 2,500 drones heard. Receivers send a few
at a time."""

MOST_OBJECTS = 10_000
"""In one payload. As many reports do not fit in `MOST_BYTES`; four million empty brackets do."""

MOST_LZMA_MEMORY = 66 << 20  # the strongest preset of xz needs 65 MiB to decompress

OPENING = re.compile(rb'\{\s*"protocol"')
"""How every captured object begins: inside a string its quotes would be escaped."""

_BETWEEN = b" \t\r\n\0,[]"
_COMPRESSED = (b"\xfd7zXZ\0", b"\x5d\0\0")
_ADDRESS = re.compile(r"[0-9A-F]{2}(:[0-9A-F]{2}){5}")
_LATEST_MS = (1 << 63) // 1_000_000 - 1

LEVELS_DBM, CHANNELS = (-200, 50), (0, 255)
"""Wider than any receiver: what is beyond is unknown."""

TRANSPORTS: dict[str, RemoteIdTransport] = {
    "BLE legacy": "ble-legacy",
    "BLE long range": "ble-long-range",
    "WiFi beacon": "wifi-beacon",
    "WiFi NaN": "wifi-nan",
}
Number = TypeVar("Number", int, float)
Told = RemoteIdReport | SensorStatus | AdsbReport

_TYPES = {transport: name for name, transport in TRANSPORTS.items()}


class _Body(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All members that are read, whatever the kind."""

    sensor_id: str | None = msgspec.field(default=None, name="sensor ID")
    timestamp_ms: int | float | None = msgspec.field(default=None, name="timestamp")
    address: str | None = msgspec.field(default=None, name="MAC address")
    type: str | None = None
    level_dbm: float | None = msgspec.field(default=None, name="RSSI")
    channel: int | None = None
    structure: str | None = msgspec.field(default=None, name="UASdata")
    status: str | None = None
    model: str | None = None
    firmware: str | None = msgspec.field(default=None, name="firmware version")
    latitude_deg: float | None = msgspec.field(default=None, name="latitude")
    longitude_deg: float | None = msgspec.field(default=None, name="longitude")


class _Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    protocol: float | str | None = None
    data: _Body | None = None
    status: _Body | None = None
    location: _Body | None = None
    network: dronescout_more.Network | None = msgspec.field(default=None, name="mobile network")
    aircraft: dronescout_more.Aircraft | None = None


_decoder = msgspec.json.Decoder(_Message)


class Decoder:
    """One MQTT payload in, what it holds out; nothing is kept between payloads."""

    def __init__(self) -> None:
        self.refused: Counter[str] = Counter()

    def feed(self, data: bytes, time_ns: int) -> Iterator[Told]:
        """Give the readings in one payload, received at `time_ns` (UTC)."""
        try:
            text = _text(data)
        except FrameError as error:
            self.refused[error.reason] += 1
            return
        if text.startswith(b"{") and text.count(b'"protocol"') == 1:
            whole = _whole(text)
            if whole is not None:
                yield from self._try(whole, time_ns)
                return
        objects = (piece for piece in pieces(text, OPENING) if piece.strip(_BETWEEN))
        for piece in itertools.islice(objects, MOST_OBJECTS):
            try:
                message = _message(piece)
            except FrameError as error:
                self.refused[error.reason] += 1
                continue
            yield from self._try(message, time_ns)
        if next(objects, None):
            self.refused["more objects than a payload can hold"] += 1

    def close(self) -> Iterator[Told]:
        """Give nothing: every payload was whole."""
        return iter(())

    def _try(self, message: _Message, time_ns: int) -> Iterator[Told]:
        try:
            yield self._reading(message, time_ns)
        except FrameError as error:
            self.refused[error.reason] += 1

    def _reading(self, message: _Message, time_ns: int) -> Told:
        if message.data and message.data.structure is not None:
            return self._report(message.data, message.data.structure, time_ns)
        told = message.status or message.location or message.data
        if told is not None:
            return self._status(told, time_ns)
        if message.aircraft is not None:
            sent_ns = _time_ns(message.aircraft.timestamp_ms, time_ns)
            return dronescout_more.aircraft(message.aircraft, sent_ns, self.refused)
        if message.network is not None:
            sent_ns = _time_ns(message.network.timestamp_ms, time_ns)
            return dronescout_more.network(message.network, sent_ns, self.refused)
        raise FrameError("object of another kind")

    def _report(self, body: _Body, structure: str, time_ns: int) -> RemoteIdReport:
        address = (body.address or "").upper()
        if not _ADDRESS.fullmatch(address):
            raise FrameError("no MAC address")
        report = RemoteIdReport(
            time_ns=_time_ns(body.timestamp_ms, time_ns),
            receiver=odid_struct.printable(body.sensor_id, self.refused),
            transmitter=address,
            transport=TRANSPORTS.get(body.type or ""),
            level_dbm=_within(body.level_dbm, LEVELS_DBM),
            channel=_within(body.channel, CHANNELS),
        )
        try:
            wire = binascii.a2b_base64(structure, strict_mode=True)
        except (binascii.Error, ValueError):
            raise FrameError("UASdata is not base64") from None
        return odid_struct.decode(wire, report, self.refused)

    def _status(self, body: _Body, time_ns: int) -> SensorStatus:
        position = _position(body)
        state, receiver, model, firmware = (
            odid_struct.printable(text, self.refused)
            for text in (body.status, body.sensor_id, body.model, body.firmware)
        )
        if state is None and position is None:
            raise FrameError("neither a drone, nor a state, nor a position")
        return SensorStatus(
            time_ns=_time_ns(body.timestamp_ms, time_ns),
            receiver=receiver,
            state=state,
            model=model,
            firmware=firmware,
            position=position,
        )


DRIVER = Driver(
    name="dronescout",
    wire="mqtt",
    reads="Remote ID claims of drones; the receiver's state and position; aircraft by ADS-B",
    documents=(
        "ASTM F3411-22a",
        "captures of DroneScout MQTT payloads, protocol 1.0",
        "BlueMark RemoteID-MQTT-subscriber",
    ),
    decoder=Decoder,
)


def encode(reading: Told) -> bytes:
    """Write one payload as the receiver sends it, its time to the millisecond.

    Of a status, its network is written where it tells of no state and no position.

    Raises
    ------
    ValueError
        If the structure cannot hold a value.
    """
    time_ms = reading.time_ns // 1_000_000
    if isinstance(reading, RemoteIdReport):
        heard = _Body(
            sensor_id=reading.receiver,
            timestamp_ms=time_ms,
            address=reading.transmitter,
            type=_TYPES.get(reading.transport) if reading.transport else None,
            level_dbm=reading.level_dbm,
            channel=reading.channel,
            structure=b64encode(odid_struct.encode(reading)).decode(),
        )
        return msgspec.json.encode(_Message(protocol=1.0, data=heard))
    if isinstance(reading, AdsbReport):
        aircraft = dronescout_more.write_aircraft(reading, time_ms)
        return msgspec.json.encode(_Message(protocol=1.0, aircraft=aircraft))
    if reading.state is None and reading.position is None and reading.network is not None:
        network = dronescout_more.write_network(reading.receiver, reading.network, time_ms)
        return msgspec.json.encode(_Message(protocol=1.0, network=network))
    state = _Body(
        sensor_id=reading.receiver,
        timestamp_ms=time_ms,
        status=reading.state,
        model=reading.model,
        firmware=reading.firmware,
        latitude_deg=reading.position.latitude_deg if reading.position else None,
        longitude_deg=reading.position.longitude_deg if reading.position else None,
    )
    if reading.state is None:
        return msgspec.json.encode(_Message(protocol=1.0, location=state))
    return msgspec.json.encode(_Message(protocol=1.0, status=state))


def _text(payload: bytes) -> bytes:
    """Give a payload's text, decompressed; never more than `MOST_BYTES` of it."""
    if len(payload) > MOST_BYTES:
        raise FrameError("payload too large")
    if not payload.startswith(_COMPRESSED):
        return payload
    try:
        stream = lzma.LZMADecompressor(memlimit=MOST_LZMA_MEMORY)
        text = stream.decompress(payload, max_length=MOST_BYTES + 1)
    except lzma.LZMAError:
        raise FrameError("compression is broken") from None
    if len(text) > MOST_BYTES:
        raise FrameError("payload too large")
    if not stream.eof:
        raise FrameError("compression is broken")
    return text


def _whole(text: bytes) -> _Message | None:
    """Read a payload of one object, as nearly all are, at once; None where it is anything else."""
    try:
        return _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _message(text: bytes) -> _Message:
    try:
        return _decoder.decode(text)
    except (msgspec.ValidationError, RecursionError):
        raise FrameError("member of another type") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise FrameError("not JSON") from None


def _within(value: Number | None, limits: tuple[int, int]) -> Number | None:
    low, high = limits
    return value if value is not None and low <= value <= high else None


def _position(body: _Body) -> Position | None:
    latitude, longitude = body.latitude_deg, body.longitude_deg
    if latitude is None or longitude is None or latitude == longitude == 0:
        return None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None
    return Position(latitude_deg=latitude, longitude_deg=longitude)


def _time_ns(timestamp_ms: float | None, received_ns: int) -> int:
    """Give the sender's time, or the time of reception where it gave none that can be one."""
    if timestamp_ms is None or not 0 < timestamp_ms <= _LATEST_MS:
        return received_ns
    return int(timestamp_ms * 1_000_000)
