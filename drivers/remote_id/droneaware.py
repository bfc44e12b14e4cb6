"""DroneAware nodes, as they send Remote ID in UDP datagrams: JSON objects, one or several.

Members (read in the node's receivers of other projects; no capture is at hand):

    t      s UTC          mac    address      radio  wifi_beacon, wifi_nan, ble, ble_legacy,
    rssi   dBm            channel                    ble_long_range
    lat, lon  degrees     speed  m/s          hdg    degrees      id  identifier of unknown kind

Any may be null. "alt" is not read: nothing tells from where it is measured. Nor is "type", which
names the message that was heard last.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator

import msgspec

from ..driver import Driver
from ..errors import FrameError
from ..json_objects import pieces
from ..readings import RemoteIdReport, RemoteIdTransport
from . import told

MOST_BYTES = 1 << 16
MOST_OBJECTS = 1000
_BETWEEN = b" \t\r\n\0,[]"
_LATEST_S = (1 << 63) // 1_000_000_000 - 1

TRANSPORTS: dict[str, RemoteIdTransport] = {
    "wifi_beacon": "wifi-beacon",
    "wifi_nan": "wifi-nan",
    "ble_legacy": "ble-legacy",
    "ble_long_range": "ble-long-range",
    "ble": "ble-legacy",
}
_RADIOS = {transport: name for name, transport in reversed(TRANSPORTS.items())}
_RADIOS["ble-legacy"] = "ble_legacy"


class _Heard(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    time_s: float | None = msgspec.field(default=None, name="t")
    mac: str | None = None
    radio: str | None = None
    rssi: float | None = None
    channel: float | None = None
    lat: float | None = None
    lon: float | None = None
    speed: float | None = None
    hdg: float | None = None
    id: str | None = None


_decoder = msgspec.json.Decoder(_Heard)


class Decoder:
    """One datagram in, what it holds out; nothing is kept between them."""

    def __init__(self) -> None:
        self.refused: Counter[str] = Counter()

    def feed(self, data: bytes, time_ns: int) -> Iterator[RemoteIdReport]:
        """Give the reports in one datagram, received at `time_ns` (UTC)."""
        if len(data) > MOST_BYTES:
            self.refused["datagram too large"] += 1
            return
        objects = (piece for piece in pieces(data) if piece.strip(_BETWEEN))
        for piece in itertools.islice(objects, MOST_OBJECTS):
            try:
                yield self._report(piece, time_ns)
            except FrameError as error:
                self.refused[error.reason] += 1
        if next(objects, None):
            self.refused["more objects than a datagram can hold"] += 1

    def close(self) -> Iterator[RemoteIdReport]:
        """Give nothing: every datagram was whole."""
        return iter(())

    def _report(self, text: bytes, time_ns: int) -> RemoteIdReport:
        try:
            heard = _decoder.decode(text)
        except (msgspec.ValidationError, RecursionError):
            raise FrameError("member of another type") from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise FrameError("not JSON") from None
        if heard.time_s is None and heard.radio is None:
            raise FrameError("object of another kind")
        known = heard.time_s is not None and 0 < heard.time_s < _LATEST_S
        return RemoteIdReport(
            time_ns=round((heard.time_s or 0) * 1e6) * 1000 if known else time_ns,
            transmitter=told.address(heard.mac),
            transport=TRANSPORTS.get(heard.radio or ""),
            level_dbm=told.within(heard.rssi, told.LEVELS_DBM),
            channel=told.channel(heard.channel),
            position=told.place(heard.lat, heard.lon),
            ground_speed_m_s=told.within(heard.speed, told.SPEEDS_M_S),
            course_deg=told.course(heard.hdg),
            **told.identity(heard.id, self.refused),
        )


DRIVER = Driver(
    name="droneaware",
    wire="udp",
    reads="Remote ID claims of drones: place, speed, course, identifier",
    documents=("JSON lines of DroneAware nodes over UDP",),
    decoder=Decoder,
)


def encode(report: RemoteIdReport) -> bytes:
    """Write one datagram as a node sends it."""
    place = report.position
    heard = _Heard(
        time_s=report.time_ns / 1e9,
        mac=report.transmitter,
        radio=_RADIOS.get(report.transport) if report.transport else None,
        rssi=report.level_dbm,
        channel=report.channel,
        lat=place.latitude_deg if place else None,
        lon=place.longitude_deg if place else None,
        speed=report.ground_speed_m_s,
        hdg=report.course_deg,
        id=report.serial_number or report.registration_id,
    )
    return msgspec.json.encode(heard) + b"\n"
