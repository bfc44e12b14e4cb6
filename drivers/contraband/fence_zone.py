"""Fence and buried sensors by zone: the project's own JSON form, over MQTT.

The makers' own interfaces are not public; a site's integrator writes this form, or wires the
relays to `contact-io`. `data` of the envelope (envelope.py):

    zone    identifier                  state  alarm, secure, fault, tamper, comm_fail,
    dist_m  along the zone, or null            diag_warning, diag_fatal
    cause   climb, cut, vibration, unknown
    weather {"wind_ms": m/s}, or null

The names of the states are those of a perimeter network manager's event list (Senstar). Wind is
handed on because wind moves fences: nothing is concluded from it here.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from ..driver import Driver
from ..readings import EventMode, FenceCause, FenceEvent, FenceState
from .envelope import EnvelopeDecoder, Identity, wrap

ADAPTER = "fence_zone/1"


class _Weather(msgspec.Struct, frozen=True, omit_defaults=True):
    wind_ms: Annotated[float, msgspec.Meta(ge=0, le=100)] | None = None


class _Zone(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    zone: Identity
    state: FenceState
    cause: FenceCause = "unknown"
    dist_m: Annotated[float, msgspec.Meta(ge=0, le=100_000)] | None = None
    weather: _Weather | None = None


def _reading(zone: _Zone, time_ns: int, mode: EventMode) -> FenceEvent:
    return FenceEvent(
        time_ns=time_ns,
        zone=zone.zone,
        state=zone.state,
        cause=zone.cause,
        distance_m=zone.dist_m,
        wind_m_s=zone.weather.wind_ms if zone.weather else None,
        mode=mode,
    )


class Decoder(EnvelopeDecoder[_Zone, FenceEvent]):
    """One payload in, its event out."""

    def __init__(self) -> None:
        super().__init__(ADAPTER, _Zone, _reading)


DRIVER = Driver(
    name="fence-zone",
    wire="mqtt",
    reads="alarms and faults of a fence by zone, with cause and wind",
    documents=("JSON of the project's own; state names of a perimeter network manager",),
    decoder=Decoder,
)


def encode(event: FenceEvent, seq: int, sensor: str = "fence") -> bytes:
    """Write one payload; the inverse of decoding, its time to the microsecond."""
    zone = _Zone(
        zone=event.zone,
        state=event.state,
        cause=event.cause,
        dist_m=event.distance_m,
        weather=None if event.wind_m_s is None else _Weather(event.wind_m_s),
    )
    return wrap(ADAPTER, zone, event.time_ns, seq, event.mode, sensor)
