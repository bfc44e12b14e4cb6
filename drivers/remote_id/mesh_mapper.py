"""drone-mesh-mapper receivers on an ESP32: lines of JSON on a serial line, 115,200 baud, 8N1.

    {"mac":"02:..","rssi":-60,"drone_lat":1.5,"drone_long":1.5,"drone_altitude":45,
     "pilot_lat":1.5,"pilot_long":1.5,"basic_id":"..."}         and, of some, "band", "channel"

A line may have a prefix before its "{". The receiver's buffer of 256 bytes may cut it short, and an
identifier with a quote in it breaks it: that costs the line. Lines of the mesh are text,

    Drone: 02:.. RSSI:-60 https://maps.google.com/?q=1.5,1.5
    Pilot: https://maps.google.com/?q=1.5,1.5

where the pilot's belongs to the drone before it. Status and heartbeat lines tell that the receiver
lives. "drone_altitude" is not read: nothing tells from where it is measured. "band" neither.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import msgspec

from ..driver import Driver
from ..errors import FrameError
from ..readings import RemoteIdReport, SensorStatus
from . import told

MOST_LINE_BYTES = 1024
_NUMBER = r"(-?\d{1,3}(?:\.\d{1,9})?)"
_DRONE = re.compile(rf"Drone: ([0-9A-Fa-f:]{{17}}) RSSI:(-?\d{{1,3}}) \S*\?q={_NUMBER},{_NUMBER}")
_PILOT = re.compile(rf"Pilot: \S*\?q={_NUMBER},{_NUMBER}")


class _Heard(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    mac: str | None = None
    rssi: float | None = None
    channel: float | None = None
    drone_lat: float | None = None
    drone_long: float | None = None
    pilot_lat: float | None = None
    pilot_long: float | None = None
    basic_id: str | None = None
    status: str | None = None
    heartbeat: str | float | None = None


_decoder = msgspec.json.Decoder(_Heard)


class Decoder:
    """Bytes of the line in any pieces, reports out."""

    def __init__(self) -> None:
        self.refused: Counter[str] = Counter()
        self._buffer = bytearray()
        self._too_long = False
        self._drone: str | None = None

    def feed(self, data: bytes, time_ns: int) -> Iterator[RemoteIdReport | SensorStatus]:
        """Give the readings of the lines that `data`, received at `time_ns` (UTC), completes."""
        *lines, rest = data.split(b"\n")
        for line in lines:
            yield from self._line(bytes(self._buffer + line), time_ns)
            self._buffer.clear()
        self._buffer += rest
        if len(self._buffer) > MOST_LINE_BYTES:
            self._buffer.clear()
            self._too_long = True

    def close(self) -> Iterator[RemoteIdReport | SensorStatus]:
        """End the stream; a line without its end is counted."""
        if self._buffer or self._too_long:
            self.refused["line cut off at the end"] += 1
        self._buffer.clear()
        return iter(())

    def _line(self, line: bytes, time_ns: int) -> Iterator[RemoteIdReport | SensorStatus]:
        too_long, self._too_long = self._too_long, False
        line = line.strip(b"\r\0 ")
        if not (line or too_long):
            return
        try:
            if too_long or len(line) > MOST_LINE_BYTES:
                raise FrameError("line too long")
            yield self._reading(line, time_ns)
        except FrameError as error:
            self.refused[error.reason] += 1

    def _reading(self, line: bytes, time_ns: int) -> RemoteIdReport | SensorStatus:
        start = line.find(b"{")
        if start < 0:
            return self._text(line.decode(errors="replace"), time_ns)
        try:
            heard = _decoder.decode(line[start:])
        except (msgspec.ValidationError, RecursionError):
            raise FrameError("member of another type") from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise FrameError("not JSON") from None
        if heard.mac is None and (heard.status is not None or heard.heartbeat is not None):
            state = told.printable(heard.status, self.refused) or "active"
            return SensorStatus(time_ns=time_ns, state=state)
        if heard.drone_lat is None and heard.basic_id is None:
            raise FrameError("object of another kind")
        return RemoteIdReport(
            time_ns=time_ns,
            transmitter=told.address(heard.mac),
            level_dbm=told.within(heard.rssi, told.LEVELS_DBM),
            channel=told.channel(heard.channel),
            position=told.place(heard.drone_lat, heard.drone_long),
            operator_position=told.place(heard.pilot_lat, heard.pilot_long),
            **told.identity(heard.basic_id, self.refused),
        )

    def _text(self, line: str, time_ns: int) -> RemoteIdReport:
        if drone := _DRONE.search(line):
            self._drone = told.address(drone[1])
            return RemoteIdReport(
                time_ns=time_ns,
                transmitter=self._drone,
                level_dbm=told.within(float(drone[2]), told.LEVELS_DBM),
                position=told.place(float(drone[3]), float(drone[4])),
            )
        pilot = _PILOT.search(line)
        if pilot is None:
            raise FrameError("line of another kind")
        if self._drone is None:
            raise FrameError("pilot of no drone")
        drone_before, self._drone = self._drone, None
        return RemoteIdReport(
            time_ns=time_ns,
            transmitter=drone_before,
            operator_position=told.place(float(pilot[1]), float(pilot[2])),
        )


DRIVER = Driver(
    name="mesh-mapper",
    wire="serial",
    reads="Remote ID claims of drones: place, pilot's place, identifier",
    documents=("JSON and text lines of drone-mesh-mapper's ESP32 receivers",),
    decoder=Decoder,
    baud=115_200,
)


def encode(report: RemoteIdReport) -> bytes:
    """Write one line as the receiver sends it; what it does not know it sends as 0."""
    drone, pilot = report.position, report.operator_position
    heard = _Heard(
        mac=report.transmitter.lower(),
        rssi=report.level_dbm,
        channel=report.channel,
        drone_lat=round(drone.latitude_deg, 6) if drone else 0.0,
        drone_long=round(drone.longitude_deg, 6) if drone else 0.0,
        pilot_lat=round(pilot.latitude_deg, 6) if pilot else 0.0,
        pilot_long=round(pilot.longitude_deg, 6) if pilot else 0.0,
        basic_id=report.serial_number or report.registration_id or "",
    )
    return msgspec.json.encode(heard) + b"\n"
