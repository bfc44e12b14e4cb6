"""One moment of a flight, and how an incident takes it in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from msgspec.structs import replace

from ..drivers.readings import Position
from .messages import Incident, Step
from .plan import Vector

MOST_PASSAGES = 60
"""So often an incident notes that its flight entered or left a zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One moment of one flight, as far as the alarm rules care."""

    time_ns: int
    sensors: tuple[str, ...]
    confidence: float
    label: str | None = None
    track: str | None = None
    claims: tuple[str, ...] = ()
    place_m: Vector | None = None  # east, north, up
    operator_claimed: Position | None = None
    hovering: bool = False
    spoof: float | None = None  # of a spoofer: how sure that is
    spoof_reasons: tuple[str, ...] = ()
    intrusion: bool = False  # of a fence; `label` names where

    @property
    def kind(self) -> Literal["flight", "spoofer", "intrusion"]:
        """Of which kind of incident it is."""
        if self.intrusion:
            return "intrusion"
        return "flight" if self.spoof is None else "spoofer"


def joined(known: tuple[str, ...], *new: str | None) -> tuple[str, ...]:
    """What is known and what is new, each once, in the order of its coming."""
    return tuple(dict.fromkeys((*known, *(name for name in new if name))))


def largest(one: float | None, other: float | None) -> float | None:
    """The larger of what is known."""
    known = [value for value in (one, other) if value is not None]
    return max(known, default=None)


def moved(incident: Incident, zone: str | None, time_ns: int) -> Incident:
    """Note which zone a flight left and which it entered; who flies to and fro fills no log."""
    if zone == incident.zone:
        return incident
    steps = list[Step]()
    if incident.zone is not None:
        steps.append(Step(step="left", time_ns=time_ns, zone=incident.zone))
    if zone is not None:
        steps.append(Step(step="entered", time_ns=time_ns, zone=zone))
    if len(incident.passages) >= MOST_PASSAGES:
        steps = []
    return replace(incident, zone=zone, passages=(*incident.passages, *steps))


def what_matters(incident: Incident) -> tuple[Incident, bool]:
    """The incident without what changes at every sighting."""
    steady = replace(
        incident,
        last_contact_ns=0,
        position=None,
        confidence=0,
        spoof=None,
        zone=None,
        operator_claimed=None,
        unnamed_sightings=0,
    )
    return steady, incident.operator_claimed is not None
