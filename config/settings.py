"""The settings of one site, as types. `loader.py` reads them from TOML."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

import msgspec

Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$(?!\n)")]
"""A name that may stand as one level of an MQTT topic."""

Reference = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._:/-]{1,64}$(?!\n)")]
"""An opaque reference, as a decision's number or a role; no name of a person."""

Role = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._:-]{1,64}$(?!\n)")]
"""A role as it stands in records, as `shift-lead`."""

Latitude = Annotated[float, msgspec.Meta(ge=-90, le=90)]
Longitude = Annotated[float, msgspec.Meta(ge=-180, le=180)]
Positive = Annotated[float, msgspec.Meta(gt=0)]
Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class SiteSection(_Section, frozen=True, kw_only=True):
    """Who and where the site is; the origin of its east-north-up axes."""

    name: Name
    latitude_deg: Latitude
    longitude_deg: Longitude
    altitude_hae_m: float = 0.0
    mode: Literal["live", "test", "exercise"] = "live"


class BrokerSection(_Section, frozen=True, kw_only=True):
    """The MQTT broker for consoles and for sensors that speak MQTT.

    A password never stands in the file: `password_file` names a file that only the gateway reads,
    `password_env` an environment variable.
    """

    host: Annotated[str, msgspec.Meta(min_length=1)] = "127.0.0.1"
    port: Port = 1883
    protocol: Literal["3.1.1", "5"] = "3.1.1"
    username: str | None = None
    password_file: str | None = None
    password_env: str | None = None
    tls: bool = False
    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None
    keepalive_s: Annotated[int, msgspec.Meta(ge=5, le=600)] = 15


class Mounting(_Section, frozen=True, kw_only=True):
    """Where a sensor stands, east-north-up from the site's origin, and which way it looks.

    How exact it is, and what it covers: with `reach_m` unknown, nothing is concluded from what it
    does not see.
    """

    east_m: float = 0.0
    north_m: float = 0.0
    up_m: float = 0.0
    facing_deg: Annotated[float, msgspec.Meta(ge=0, lt=360)] = 0.0
    tilt_deg: Annotated[float, msgspec.Meta(ge=-90, le=90)] = 0.0
    range_sigma_m: Positive = 0.5
    angle_sigma_deg: Positive = 3.0
    reach_m: Positive | None = None  # of a small aircraft, in most frames
    width_deg: Annotated[float, msgspec.Meta(gt=0, le=360)] = 120.0
    height_deg: Annotated[float, msgspec.Meta(gt=0, le=180)] = 60.0


class _Sensor(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="by"
):
    id: Name
    driver: str
    mounting: Mounting = Mounting()
    silent_after_s: Annotated[float, msgspec.Meta(gt=0)] = 20.0
    options: dict[str, Any] = {}  # the driver's own; held against its struct when the site is read


class SerialSensor(_Sensor, frozen=True, kw_only=True, tag="serial"):
    """A sensor on a serial line: a device path, or `socket://host:port`.

    `command_port` is the second line of a device that takes its commands apart.
    """

    port: str
    baud: Annotated[int, msgspec.Meta(gt=0)] | None = None
    command_port: str | None = None


class MqttSensor(_Sensor, frozen=True, kw_only=True, tag="mqtt"):
    """A sensor that publishes to the site's broker; `topic` may hold wildcards."""

    topic: Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]


class UdpSensor(_Sensor, frozen=True, kw_only=True, tag="udp"):
    """A sensor that sends datagrams to a port of this computer.

    Only this machine is heard unless `host` is another of the computer's addresses ("0.0.0.0" for
    all); `sender` names the one address whose datagrams are taken, `group` a multicast group.
    """

    host: Annotated[str, msgspec.Meta(min_length=1)] = "127.0.0.1"
    port: Port
    group: str | None = None
    sender: str | None = None


class TcpSensor(_Sensor, frozen=True, kw_only=True, tag="tcp"):
    """A sensor that connects to a port of this computer; `sender` is the one address that may.

    Only this machine is heard unless `host` is another of the computer's addresses.
    """

    host: Annotated[str, msgspec.Meta(min_length=1)] = "127.0.0.1"
    port: Port
    sender: str | None = None


class ZmqSensor(_Sensor, frozen=True, kw_only=True, tag="zmq"):
    """A sensor that publishes by ZeroMQ: where it listens."""

    host: Annotated[str, msgspec.Meta(min_length=1)] = "127.0.0.1"
    port: Port


class ModbusSensor(_Sensor, frozen=True, kw_only=True, tag="modbus"):
    """A module that is polled: at `host`, or on the serial line `serial_port` (RTU).

    `first` is the number of its first discrete input, from 0.
    """

    host: str | None = None
    port: Port = 502
    serial_port: str | None = None
    baud: Annotated[int, msgspec.Meta(gt=0)] = 9600
    unit: Annotated[int, msgspec.Meta(ge=0, le=255)] = 1
    first: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 0
    every_s: Annotated[float, msgspec.Meta(ge=0.01, le=60)] = 0.1


class RecordedSensor(_Sensor, frozen=True, kw_only=True, tag="recording"):
    """A sensor whose bytes come from a file, paced by their own clock or as fast as they go."""

    file: str
    pace: Literal["clock", "fast"] = "clock"


Sensor = (
    SerialSensor | MqttSensor | UdpSensor | TcpSensor | ModbusSensor | ZmqSensor | RecordedSensor
)


class Zone(_Section, frozen=True, kw_only=True):
    """A polygon of the site's plan, corners as [east_m, north_m]."""

    id: Name
    kind: Literal["perimeter", "yard", "facade", "approach"]
    corners_m: Annotated[tuple[tuple[float, float], ...], msgspec.Meta(min_length=3)]
    checklist: tuple[Name, ...] = ()  # what a search looks at; without it, that of the kind


class Authorised(_Section, frozen=True, kw_only=True):
    """An approved flight: which aircraft or operator, when, over which zone, approved by whom.

    `approved_by` is an opaque reference, never a name. Times carry their offset from UTC.
    """

    serial_number: str | None = None
    operator_id: str | None = None
    zone: Name | None = None
    begins: datetime.datetime
    ends: datetime.datetime
    approved_by: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._:-]{1,64}$(?!\n)")]


class AuthorisedList(_Section, frozen=True, kw_only=True):
    """What a file of authorised flights holds."""

    authorised: tuple[Authorised, ...] = ()


class Building(_Section, frozen=True, kw_only=True):
    """A building's outline, corners as [east_m, north_m]: it hides, and its façades get drops."""

    id: Name
    corners_m: Annotated[tuple[tuple[float, float], ...], msgspec.Meta(min_length=3)]
    height_m: Positive = 10.0


class AlarmSection(_Section, frozen=True, kw_only=True):
    """When evidence becomes an incident, and when its flight is over."""

    flight_gap_s: Annotated[float, msgspec.Meta(gt=0)] = 30.0
    hover_speed_m_s: Annotated[float, msgspec.Meta(gt=0)] = 2.0
    hover_after_s: Annotated[float, msgspec.Meta(gt=0)] = 3.0
    minimum_height_m: Annotated[float, msgspec.Meta(ge=0)] = 3.0
    minimum_confidence: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.9
    claim_radius_m: Annotated[float, msgspec.Meta(gt=0)] = 2000.0


class WorkflowSection(_Section, frozen=True, kw_only=True):
    """Who may do what in the follow-up of an incident; roles, never names."""

    release_roles: tuple[Role, ...] = ("shift-lead", "head-of-security")
    most_shelved_h: Annotated[float, msgspec.Meta(gt=0, le=72)] = 12.0


class DroneIdPayload(_Section, frozen=True, kw_only=True):
    """On what ground the maker's DroneID payload is read, who approved that, and until which day.

    `basis` and `approved_by` are references, as a decision's number and a role: never a name.
    """

    basis: Reference
    approved_by: Reference
    expires: datetime.date


class LegalSection(_Section, frozen=True, kw_only=True):
    """What is only done while a legal basis for it is stated."""

    droneid_payload: DroneIdPayload | None = None


class FormSection(_Section, frozen=True, kw_only=True):
    """The find form for telephones: where it is served, and who may fill it in.

    `token_file` names a file that only the gateway reads, with a token of at least 20 characters
    that telephones are given. Another address than loopback needs the two TLS files.
    """

    token_file: Annotated[str, msgspec.Meta(min_length=1)]
    host: Annotated[str, msgspec.Meta(min_length=1)] = "127.0.0.1"
    port: Port = 8470
    certificate_file: str | None = None
    key_file: str | None = None


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of one site."""

    site: SiteSection
    broker: BrokerSection | None = None
    sensors: tuple[Sensor, ...] = ()
    zones: tuple[Zone, ...] = ()
    zones_file: str | None = None  # GeoJSON, beside this file
    authorised: tuple[Authorised, ...] = ()
    authorised_file: str | None = None  # TOML with more of them, beside this file
    buildings: tuple[Building, ...] = ()
    alarm: AlarmSection = AlarmSection()
    workflow: WorkflowSection = WorkflowSection()
    legal: LegalSection = LegalSection()
    form: FormSection | None = None
