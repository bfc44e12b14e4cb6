"""What the gateway tells: the payloads on MQTT and the entries of the central log.

Every message carries `schema`, `id` (UUIDv7), `site`, `time_ns` and `mode`. Their JSON Schemas and
the AsyncAPI document under `docs/` are generated from these types (`gateway/contract.py`).
`None` is unknown. Angles are clockwise from true north, in [0, 360).
"""

from __future__ import annotations

import math
import secrets
import uuid
from collections.abc import Sequence
from typing import Annotated, Literal, cast

import msgspec

from ..drivers.readings import Position

Mode = Literal["live", "test", "exercise"]
Percentage = Annotated[float, msgspec.Meta(ge=0, le=1)]
Reference = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._:-]{1,64}$(?!\n)")]
"""An opaque token: never a name, a cell number or a prisoner number.

Python's `$` lets a line feed follow; JSON Schema's does not, and `(?!\\n)` makes them agree.
"""

Unit = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{1,16}$(?!\n)")]
"""What a quantity counts: `pcs`, `package`."""


ALARMING = ("drone", "controller")
"""The families of radio labels that are a contact with a flight."""


def new_id(time_ns: int) -> str:
    """Make a UUIDv7 (RFC 9562, 5.7) for an event at `time_ns` (UTC, nanoseconds)."""
    milliseconds = (time_ns // 1_000_000) & (1 << 48) - 1
    bits = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64
    return str(uuid.UUID(int=bits | 0b10 << 62 | secrets.randbits(62)))


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False, tag_field="schema"):
    """What all messages share."""

    id: str
    site: str
    time_ns: int
    mode: Mode = "live"


class Detection(Message, frozen=True, kw_only=True, tag="havik.detection/1"):
    """One sensor's evidence at one moment."""

    sensor: str
    kind: Literal["radio-emission", "radar-plot", "remote-id"]
    label: str | None = None  # a radio label of DESIGN, or None
    family: Literal["drone", "controller", "background", "unknown"] | None = None
    confidence: Percentage | None = None
    position: Position | None = None
    range_rate_m_s: float | None = None  # positive = receding
    frequency_hz: float | None = None
    bandwidth_hz: float | None = None
    duration_s: float | None = None
    snr_db: float | None = None
    level_dbm: float | None = None
    claim: str | None = None  # the serial number or other identity that was claimed
    evidence: dict[str, float | str] = {}
    payload: Literal["not permitted", "decoded", "encrypted or undecodable"] | None = None


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where something happened: a zone of the site's settings, a position, or both."""

    zone: str | None = None
    position: Position | None = None


class Track(Message, frozen=True, kw_only=True, tag="havik.track/1"):
    """One moving thing: `measured` by radar, `claimed` by Remote ID, or both.

    `covariance_m2` is of the position on east, north and up: ee, en, eu, nn, nu, uu.
    `claim_support` tells what the sensors that cover the claimed place say of the claim:
    `supported` when they measure the aircraft there, `unsupported` when nothing does,
    `contradicted` when the aircraft that it was is measured elsewhere; None where no sensor could
    know. `fence_s` is when it will be inside the perimeter if it goes on like this, 0 when it is;
    `drop` is where a package would come down if it let go of one now, told when it hovers or slows
    down over a yard or beside a building.
    """

    track: str
    state: Literal["alive", "ended"]
    aircraft_class: Literal["drone", "bird", "person", "vehicle", "unknown"]
    class_confidence: Percentage | None = None
    basis: Literal["measured", "claimed", "both"]
    position: Position | None = None
    position_accuracy_m: float | None = None
    covariance_m2: tuple[float, float, float, float, float, float] | None = None
    height_agl_m: float | None = None
    speed_m_s: float | None = None
    course_deg: float | None = None
    climb_m_s: float | None = None
    claims: tuple[str, ...] = ()
    claim_support: Literal["supported", "unsupported", "contradicted"] | None = None
    spoof: Percentage | None = None  # the probability that the claim is one
    spoof_reasons: tuple[str, ...] = ()
    operator_claimed: Position | None = None
    sensors: tuple[str, ...] = ()
    first_seen_ns: int
    last_seen_ns: int
    incident: str | None = None
    fence_s: float | None = None
    drop: Place | None = None


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step of an incident's workflow: what, when, by which desk or role."""

    step: Literal[
        "alarm",
        "acknowledged",
        "drop-suspected",
        "contact-lost",
        "searched",
        "released",
        "closed",
        "note",
        "entered",
        "left",
        "dispatched",
        "held",
        "search-opened",
        "search-closed",
        "find-linked",
    ]
    time_ns: int
    by: Reference | None = None  # None: the gateway itself
    zone: str | None = None
    text: str | None = None
    role: Reference | None = None  # of who released
    unit: Reference | None = None  # that was sent, or searches


class CheckedItem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a search looks at, and when it was looked at."""

    item: str
    time_ns: int | None = None
    by: Reference | None = None


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """The search of one zone, with its checklist; open until `closed_ns`."""

    zone: str
    opened_ns: int
    by: Reference
    unit: Reference | None = None
    checklist: tuple[CheckedItem, ...] = ()
    closed_ns: int | None = None


class Incident(Message, frozen=True, kw_only=True, tag="havik.incident/1"):
    """One flight, from first contact to closed search.

    `hold` names the zones that stay closed until they have been searched. `times` are seconds from
    the alarm to the first of each kind of step. An `intrusion` is of a fence, not of a flight.
    """

    incident: str
    kind: Literal["flight", "spoofer", "intrusion"] = "flight"
    version: Annotated[int, msgspec.Meta(ge=1)]  # every change is a new version
    state: Literal["alarm", "acknowledged", "closed"]
    contact: bool  # whether any sensor still sees the flight
    confidence: Percentage
    labels: tuple[str, ...] = ()  # what the radio sensors called it
    claims: tuple[str, ...] = ()
    tracks: tuple[str, ...] = ()
    spoof: Percentage | None = None  # of a spoofer: how sure its claims are false
    spoof_reasons: tuple[str, ...] = ()
    zone: str | None = None  # above which it was seen last
    passages: tuple[Step, ...] = ()  # which zones it entered and left, and when
    unnamed_sightings: int = 0  # of claims and tracks that were too many to be named here
    sensors: tuple[str, ...] = ()
    first_contact_ns: int
    last_contact_ns: int
    position: Position | None = None
    drop: Place | None = None
    search: tuple[Place, ...] = ()
    hold: tuple[str, ...] = ()
    operator_claimed: Position | None = None
    finds: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    searches: tuple[Search, ...] = ()
    times: dict[str, float] = {}
    outcome: str | None = None  # a code, when it is closed


class NotedFlight(Message, frozen=True, kw_only=True, tag="havik.noted-flight/1"):
    """An approved flight: no alarm. `basis` `claimed` says that its claim alone tells who it is."""

    track: str
    claim: str
    approved_by: Reference
    zone: str | None = None
    basis: Literal["claimed", "both"]


class FindItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of a find: its own quantity and its own weight."""

    category: str
    quantity: Annotated[float, msgspec.Meta(gt=0)] = 1
    unit: Unit = "pcs"
    sub: str | None = None
    weight_g: Annotated[float, msgspec.Meta(gt=0)] | None = None
    weight_basis: Literal["net", "gross_with_packaging"] | None = None
    seal: Reference | None = None


class LinkSuggestion(msgspec.Struct, frozen=True, kw_only=True):
    """A flight that a find may be of: an assessment by rules, never a fact and never a link."""

    incident: str
    score: Percentage
    reasons: tuple[str, ...]
    basis: Literal["assessment"] = "assessment"


class Find(Message, frozen=True, kw_only=True, tag="havik.find/1"):
    """A piece of contraband, or a search that found nothing (`negative_search`)."""

    find: str
    version: Annotated[int, msgspec.Meta(ge=1)] = 1
    found_at_ns: int
    place: str
    method: str
    place_ref: Reference | None = None  # the object plan's code: a yard or a wing, never a cell
    route: str | None = None  # an assessment, not a fact
    incident: str | None = None
    negative_search: bool = False
    items: tuple[FindItem, ...] = ()
    finder_role: Reference | None = None
    proposal: str | None = None  # the sensor's proposal that it confirms
    register_ref: Reference | None = None  # of an imported register's row
    note: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    suggested: tuple[LinkSuggestion, ...] = ()  # when it was recorded; the likeliest first
    supersedes: str | None = None  # the id of the version before, which stays in the log
    corrected_by: Reference | None = None
    reason: Annotated[str, msgspec.Meta(max_length=200)] | None = None  # of the last correction


class Custody(Message, frozen=True, kw_only=True, tag="havik.custody/1"):
    """One handover of what was found, signed for by who gave it and who took it.

    Handovers are never corrected: what is wrong shows as a gap, and the next one tells why.
    """

    find: str
    item: Annotated[int, msgspec.Meta(ge=1)] | None = None  # a line of the find; None: all of it
    giver: Reference
    receiver: Reference
    handed_at_ns: int
    place_ref: Reference | None = None
    seal: Reference | None = None
    seal_intact: bool = True
    condition: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    reason: Annotated[str, msgspec.Meta(max_length=200)] | None = None  # of another seal
    photo_sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")] | None = None


class Health(Message, frozen=True, kw_only=True, tag="havik.health/1"):
    """How one sensor, or the gateway itself, is; the last will says `offline`."""

    sensor: str
    state: Literal["online", "degraded", "offline"]
    since_ns: int | None  # of the state; a last will cannot know when it is told
    reason: str | None = None
    last_reading_ns: int | None = None
    readings: int = 0
    bytes_received: int = 0
    refused: dict[str, int] = {}  # frames and payloads by reason
    dropped: dict[str, int] = {}  # what a full queue let go of, by queue
    reconnections: int = 0
    details: dict[str, float | str] = {}


class Reply(Message, frozen=True, kw_only=True, tag="havik.reply/1"):
    """The answer to a command: `accepted` comes after the record is durable."""

    command: str
    outcome: Literal["accepted", "refused"]
    reason: str | None = None
    subject: str | None = None  # the find or incident that it made or changed


AlarmKind = Literal["intrusion", "screening", "fault", "flood"]


class Shelf(msgspec.Struct, frozen=True, kw_only=True):
    """Who silenced an alarm, why, and until when."""

    by: Reference
    reason: str
    since_ns: int
    until_ns: int


class Proposal(Message, frozen=True, kw_only=True, tag="havik.proposal/1"):
    """What a sensor's alarm proposes to be looked for; a person's find confirms it.

    `method` and `categories` are codes of the lists, and presumptions: a sensor knows no find.
    """

    proposal: str
    version: Annotated[int, msgspec.Meta(ge=1)] = 1
    state: Literal["open", "confirmed", "expired"]
    sensor: str
    method: str
    categories: tuple[str, ...] = ()
    alarms: Annotated[int, msgspec.Meta(ge=1)] = 1  # of this sensor, within a minute of each other
    first_ns: int
    last_ns: int
    until_ns: int  # when it expires
    find: str | None = None


class Alarm(Message, frozen=True, kw_only=True, tag="havik.alarm/1"):
    """What the alarm rules make of one source; of `flood`, that there are too many alarms.

    `needs_person` false is an event, no alarm. `coalesced` counts what a flood left out, and
    `sources` names it.
    """

    source: str
    kind: AlarmKind
    active: bool
    needs_person: bool
    since_ns: int
    activations: int = 0
    chattering: bool = False
    standing: bool = False
    shelved: Shelf | None = None
    coalesced: int = 0
    sources: tuple[str, ...] = ()


class Audit(Message, frozen=True, kw_only=True, tag="havik.audit/1"):
    """The gateway's own deeds that the log must tell: starts, stops, settings, losses."""

    action: str
    subject: str | None = None
    by: Reference | None = None
    text: str | None = None


Recorded = Incident | Find | Custody | Audit | NotedFlight | Alarm | Proposal
"""What reaches the central log."""

AnyMessage = (
    Detection
    | Track
    | Incident
    | NotedFlight
    | Find
    | Custody
    | Health
    | Reply
    | Alarm
    | Proposal
    | Audit
)


def encode(message: AnyMessage) -> bytes:
    """Give `message` as JSON.

    Raises
    ------
    ValueError
        If a number is not finite: JSON has no such number, and a console must not get `null`
        where a measurement stands.
    """
    _refuse_not_finite(msgspec.to_builtins(message), type(message).__name__)
    return msgspec.json.encode(message)


def _refuse_not_finite(value: object, path: str) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{path} is not a finite number")
    if isinstance(value, dict):
        for key, inner in cast(dict[str, object], value).items():
            _refuse_not_finite(inner, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(cast(Sequence[object], value)):
            _refuse_not_finite(inner, f"{path}[{number}]")


_recorded_decoder: msgspec.json.Decoder[Recorded] = msgspec.json.Decoder(Recorded)


def decode_recorded(data: bytes) -> Recorded:
    """Read one entry of the log back.

    Raises
    ------
    msgspec.ValidationError, msgspec.DecodeError
        If `data` is not such a message.
    """
    return _recorded_decoder.decode(data)
