"""Energy of telephones: bursts in the bands where they send, one event a window, over MQTT.

`data` of the envelope (envelope.py); the form is the project's own:

    band       880-915, 1710-1785, 1920-1980, 2500-2570, 703-733, 832-862 (MHz)
    rat_guess  gsm, umts, lte, nr, unknown
    peak_dbm, floor_dbm    dBm          dur_ms       of a burst
    bursts, window_s       how many, in how long     bearing_deg  clockwise from north, or null

A GSM burst lasts 0.577 ms and comes every 4.615 ms (3GPP TS 45.002). Energy only: nothing is
demodulated, and there is no place for an identifier. A payload that brings one all the same, by
the name of a member or as 14 to 20 digits, is refused as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec

from ..driver import Driver
from ..errors import FrameError
from ..readings import EventMode, PhoneEnergy, Technology, UplinkBand
from .envelope import EnvelopeDecoder, members, wrap

ADAPTER = "phone_rf/1"
_IDENTIFYING = re.compile(
    r"imsi|imei|tmsi|guti|supi|suci|msisdn|iccid|rnti|mac_?addr|phone_?n|subscriber", re.IGNORECASE
)
_DIGITS = re.compile(r"\d{14,20}")

Level = Annotated[float, msgspec.Meta(ge=-200, le=60)]
Bursts = Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]


class _Energy(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    band: UplinkBand
    rat_guess: Technology = "unknown"
    peak_dbm: Level
    floor_dbm: Level
    dur_ms: Annotated[float, msgspec.Meta(ge=0, le=60_000)]
    bursts: Bursts
    window_s: Annotated[float, msgspec.Meta(gt=0, le=3600)]
    bearing_deg: Annotated[float, msgspec.Meta(ge=0, lt=360)] | None = None


def _reading(energy: _Energy, time_ns: int, mode: EventMode) -> PhoneEnergy:
    return PhoneEnergy(
        time_ns=time_ns,
        band=energy.band,
        technology=energy.rat_guess,
        peak_dbm=energy.peak_dbm,
        floor_dbm=energy.floor_dbm,
        burst_s=energy.dur_ms / 1000,
        bursts=energy.bursts,
        window_s=energy.window_s,
        bearing_deg=energy.bearing_deg,
        mode=mode,
    )


class Decoder(EnvelopeDecoder[_Energy, PhoneEnergy]):
    """One payload in, its energy out."""

    def __init__(self) -> None:
        super().__init__(ADAPTER, _Energy, _reading)

    def feed(self, data: bytes, time_ns: int) -> Iterator[PhoneEnergy]:
        """Give the energy in one payload, received at `time_ns` (UTC)."""
        for reading in super().feed(data, time_ns):
            try:
                identifies = _identifies(data)
            except FrameError as error:
                self.refused[error.reason] += 1
                return
            if identifies:
                self.refused["payload with an identifier"] += 1
                return
            yield reading


def _identifies(payload: bytes) -> bool:
    """Whether anything in a payload that was read could name a telephone or a person.

    Raises
    ------
    FrameError
        If a member that no reading needs is not JSON: nobody can tell what it holds.
    """
    try:
        value: Any = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FrameError("not JSON") from error
    return any(
        (name is not None and _IDENTIFYING.search(name))
        or (isinstance(one, str | int) and _DIGITS.search(str(one)))
        for name, one in members(value)
    )


DRIVER = Driver(
    name="phone-energy",
    wire="mqtt",
    reads="energy in the bands where telephones send; never who sends",
    documents=("JSON of the project's own", "3GPP TS 45.002: the GSM burst"),
    decoder=Decoder,
)


def encode(energy: PhoneEnergy, seq: int, sensor: str = "phones") -> bytes:
    """Write one payload; the inverse of decoding, its time to the microsecond."""
    data = _Energy(
        band=energy.band,
        rat_guess=energy.technology,
        peak_dbm=energy.peak_dbm,
        floor_dbm=energy.floor_dbm,
        dur_ms=energy.burst_s * 1000,
        bursts=energy.bursts,
        window_s=energy.window_s,
        bearing_deg=energy.bearing_deg,
    )
    return wrap(ADAPTER, data, energy.time_ns, seq, energy.mode, sensor)
