"""What one sensor said: the drivers' output and the simulators' input.

A reading holds what was on the wire, scaled to units and nothing more: no track, no opinion.
`None` stands for what the sensor did not know. `time_ns` is the moment the sensor gave, or the
moment of reception where it gave none (UTC since 1970, in nanoseconds).
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

SampleType = Literal["cf64", "cf32", "ci16", "ci8", "cu8"]
"""Interleaved I/Q: c = complex, f = float, i = signed, u = unsigned with offset 127.5."""

RemoteIdTransport = Literal[
    "ble-legacy", "ble-long-range", "wifi-beacon", "wifi-nan", "dji-droneid"
]


class _Reading(msgspec.Struct, frozen=True, kw_only=True, tag_field="reading", omit_defaults=True):
    time_ns: int


class RadarPoint(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One reflection in the radar's own axes: x to its right, y ahead, z up."""

    x_m: float
    y_m: float
    z_m: float
    range_rate_m_s: float  # positive = receding
    snr_db: float | None = None
    noise_db: float | None = None


class RadarStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """How busy the radar's processor was with one frame."""

    processing_us: int
    transmit_us: int
    frame_margin_us: int
    chirp_margin_us: int
    active_load_percent: int
    idle_load_percent: int


class RadarTemperature(msgspec.Struct, frozen=True, kw_only=True):
    """Temperatures of a radar's sensors, in the order of the device's report."""

    uptime_ms: int
    sensors_c: tuple[int, ...]


class RadarFrame(_Reading, frozen=True, kw_only=True, tag="radar-frame", omit_defaults=True):
    """The reflections that a radar found in one frame."""

    frame_number: int
    points: tuple[RadarPoint, ...] = ()
    statistics: RadarStatistics | None = None
    temperature: RadarTemperature | None = None


class Position(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place on the WGS 84 ellipsoid, as somebody claimed or configured it."""

    latitude_deg: float
    longitude_deg: float
    altitude_hae_m: float | None = None


class RemoteIdReport(_Reading, frozen=True, kw_only=True, tag="remote-id", omit_defaults=True):
    """What one Remote ID transmitter claims of its aircraft and its operator.

    Every value but the receiver's own (`receiver`, `transmitter`, `transport`, `level_dbm`,
    `channel`) is a claim: anybody can broadcast it (ASTM F3411-22a has no authentication that
    is in use).
    """

    receiver: str | None = None
    transmitter: str  # the MAC address, upper case with colons
    transport: RemoteIdTransport | None = None
    level_dbm: float | None = None
    channel: int | None = None
    serial_number: str | None = None  # ANSI/CTA-2063-A, Basic ID type 1
    registration_id: str | None = None  # Basic ID type 2
    utm_id: str | None = None  # Basic ID type 3
    session_id: str | None = None  # Basic ID type 4
    aircraft_type: int | None = None  # F3411 UA type code, 0..15
    operational_status: int | None = None  # F3411 code; 1 = on the ground, 2 = airborne
    position: Position | None = None
    pressure_altitude_m: float | None = None
    height_m: float | None = None
    height_reference: Literal["takeoff", "ground"] | None = None
    course_deg: float | None = None  # clockwise from true north, [0, 360)
    ground_speed_m_s: float | None = None
    climb_m_s: float | None = None
    horizontal_accuracy_m: float | None = None
    vertical_accuracy_m: float | None = None
    speed_accuracy_m_s: float | None = None
    operator_position: Position | None = None
    operator_position_kind: Literal["takeoff", "live", "fixed"] | None = None
    operator_id: str | None = None
    self_description: str | None = None
    counter: int | None = None  # of the advertisement, 0..255
    hour_s: float | None = None  # seconds past the hour at which the position was true
    operator_time_ns: int | None = None  # when the operator's position was told
    authentication_type: int | None = None  # F3411 code; the signature itself is not checked
    area_count: int | None = None  # aircraft of a group, where it is more than one
    area_radius_m: float | None = None


class MobileNetwork(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The telephone network that a sensor sends over, as its modem names it."""

    operator: str | None = None
    plmn: str | None = None  # country and network code
    technology: str | None = None
    band: str | None = None
    level_dbm: float | None = None


class SensorStatus(_Reading, frozen=True, kw_only=True, tag="sensor-status", omit_defaults=True):
    """What a sensor says of itself."""

    receiver: str | None = None
    state: str | None = None
    model: str | None = None
    firmware: str | None = None
    position: Position | None = None
    network: MobileNetwork | None = None


class AdsbReport(_Reading, frozen=True, kw_only=True, tag="adsb-report", omit_defaults=True):
    """What an aircraft's transponder tells of it, as a receiver beside us heard it: no alarm.

    Crewed aircraft above all. It is a claim, as Remote ID is.
    """

    receiver: str | None = None
    address: str  # 24 bits: six hexadecimal digits, upper case
    address_type: int | None = None  # 0 and 2 = of ICAO; others are not unique
    flight: str | None = None
    position: Position | None = None
    altitude_m: float | None = None
    altitude_reference: Literal["pressure", "geometric"] | None = None
    ground_speed_m_s: float | None = None
    course_deg: float | None = None  # clockwise from true north, [0, 360)
    climb_m_s: float | None = None
    category: int | None = None  # of the emitter; 7 = rotorcraft, 14 = uncrewed


class IqBlock(_Reading, frozen=True, kw_only=True, tag="iq-block", omit_defaults=True):
    """A run of I/Q samples without a hole; `samples` is what the wire held.

    `missed_blocks` counts the sequence numbers between the block before and this one.
    """

    sequence: int
    sample_rate_hz: float
    center_hz: float
    sample_type: SampleType
    samples: bytes
    missed_blocks: int = 0


class RadarCube(_Reading, frozen=True, kw_only=True, tag="radar-cube", omit_defaults=True):
    """One raw frame of a chirp radar; `samples` is what the wire held.

    int16, little-endian, I before Q, in the shape (channels, chirps, samples_per_chirp). The rest
    is what `signal.radar.cube.Chirp` needs; `time_ns` is the frame's middle.
    """

    frame_number: int
    start_hz: float  # at a chirp's first sample
    slope_hz_s: float
    sample_rate_hz: float
    chirp_interval_s: float
    channels: int
    chirps: int
    samples_per_chirp: int
    channel_spacing_m: float | None = None
    samples: bytes


EventMode = Literal["live", "test", "exercise"]
Count = Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]
LineState = Literal["normal", "alarm", "short", "open"]
FenceState = Literal[
    "alarm", "secure", "fault", "tamper", "comm_fail", "diag_warning", "diag_fatal"
]
FenceCause = Literal["climb", "cut", "vibration", "unknown"]
UplinkBand = Literal["880-915", "1710-1785", "1920-1980", "2500-2570", "703-733", "832-862"]
"""Where telephones send, in MHz."""

Technology = Literal["gsm", "umts", "lte", "nr", "unknown"]
Instrument = Literal["xray_baggage", "xray_body", "body_scanner", "trace", "raman", "dog"]
Decision = Literal["clear", "suspect", "alarm", "inconclusive", "refused"]
ThreatClass = Literal[
    "drugs", "phone", "weapon", "tool", "explosive", "tobacco", "cash", "other", "unknown"
]


class PanelEvent(_Reading, frozen=True, kw_only=True, tag="panel-event", omit_defaults=True):
    """One event that an intruder panel sent: a code of SIA DC-03, such as BA."""

    account: str
    sequence: int  # 1 to 9999, then 1 again
    code: str
    zone: str | None = None
    area: str | None = None
    receiver: str | None = None
    line: str = "0"
    position: Position | None = None
    encrypted: bool = False


class PortalCount(_Reading, frozen=True, kw_only=True, tag="portal-count", omit_defaults=True):
    """The counters of a metal portal, and by how much they grew since the report before.

    An alarm is not metal: a portal also alarms at random, to choose whom to search. `ratio_ok`
    tells whether its own ratio is that of its counters.
    """

    passages: Count
    alarms: Count
    alarms_metal: Count
    new_passages: int = 0
    new_alarms: int = 0
    new_alarms_metal: int = 0
    counter_reset: bool = False
    ratio_ok: bool = True


class ContactStates(_Reading, frozen=True, kw_only=True, tag="contact-states", omit_defaults=True):
    """The supervised inputs of one module, settled; `changed` are the numbers of those that did."""

    states: tuple[LineState, ...]
    changed: tuple[int, ...] = ()
    tamper: bool = False
    power_fail: bool = False


class FenceEvent(_Reading, frozen=True, kw_only=True, tag="fence-event", omit_defaults=True):
    """What a fence sensor says of one of its zones."""

    zone: str
    state: FenceState
    cause: FenceCause = "unknown"
    distance_m: float | None = None
    wind_m_s: float | None = None
    mode: EventMode = "live"


class PhoneEnergy(_Reading, frozen=True, kw_only=True, tag="phone-energy", omit_defaults=True):
    """Bursts of energy where telephones send, one window of them.

    There is no text in it: no identifier of a telephone or a person can stand in it.
    """

    band: UplinkBand
    technology: Technology = "unknown"
    peak_dbm: float
    floor_dbm: float
    burst_s: float
    bursts: Count
    window_s: float
    bearing_deg: float | None = None
    mode: EventMode = "live"


class Substance(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an instrument believes to have met."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9 ,()+'-]{1,64}$(?!\n)")]
    cas: Annotated[str, msgspec.Meta(pattern=r"^\d{2,7}-\d\d-\d$(?!\n)")] | None = None
    level: float | None = None


class ImageReference(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the image stays: never the image."""

    sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")] | None = None
    uid: Annotated[str, msgspec.Meta(pattern=r"^[0-9.]{1,64}$(?!\n)")] | None = None
    held_in: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$(?!\n)")] = "scanner"


class ScreeningResult(
    _Reading, frozen=True, kw_only=True, tag="screening-result", omit_defaults=True
):
    """What an instrument or a dog decided: a presumption, and a reference instead of an image."""

    device: Instrument
    decision: Decision
    threat_classes: tuple[ThreatClass, ...] = ()
    substances: tuple[Substance, ...] = ()
    presumptive: bool = True
    operator_ref: str | None = None
    image: ImageReference | None = None
    consumable_lot: str | None = None
    last_verification_ns: int | None = None
    mode: EventMode = "live"


class AirReport(_Reading, frozen=True, kw_only=True, tag="air-report", omit_defaults=True):
    """One record of an air traffic radar or tracker: a plot, a track, or a service message.

    `x_m` and `y_m` count eastwards and northwards from the source's own reference point. Names,
    codes and addresses are opaque references. `items` holds, in hexadecimal digits by name, the
    items that the attributes do not tell in full.
    """

    category: int
    area_code: int | None = None
    source_code: int | None = None
    message_type: int | None = None
    time_of_day_s: float | None = None  # since midnight UTC, as sent
    track_number: int | None = None
    range_m: float | None = None  # slant
    azimuth_deg: float | None = None  # clockwise from north
    rotation_s: float | None = None  # of the antenna
    x_m: float | None = None
    y_m: float | None = None
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    pressure_altitude_m: float | None = None  # of the standard atmosphere
    geometric_altitude_m: float | None = None
    height_m: float | None = None  # measured by the radar, above mean sea level
    velocity_x_m_s: float | None = None
    velocity_y_m_s: float | None = None
    ground_speed_m_s: float | None = None
    course_deg: float | None = None
    climb_m_s: float | None = None
    mode_3a: str | None = None  # four octal digits
    aircraft_address: str | None = None
    callsign: str | None = None
    items: dict[str, str] = {}


Reading = (
    RadarFrame
    | RemoteIdReport
    | SensorStatus
    | AdsbReport
    | IqBlock
    | RadarCube
    | AirReport
    | PanelEvent
    | PortalCount
    | ContactStates
    | FenceEvent
    | PhoneEnergy
    | ScreeningResult
)
