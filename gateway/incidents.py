"""Sightings to incidents: one alarm per flight, and its follow-up until the yard is searched.

A flight is what the sensors see without a pause longer than `flight_gap_s`. A sighting joins the
flight that has its track or its claimed identity, or that is near; a radio emission has no place
and joins the flight last seen. The workflow: alarm, acknowledged, closed; a zone over which the
flight hovered stays on hold until its search is recorded and somebody releases it. A hover after
that search asks for another one.
Everything is bounded: flights at once, incidents that nobody closes, what one incident names, and
its steps.
No clock and no I/O: time comes with what is told, new versions of incidents are what is given.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from msgspec.structs import replace

from ..config.settings import AlarmSection, SiteSection
from ..drivers.readings import Position
from .messages import Find, Incident, Place, Step, new_id
from .plan import Plan, Vector

MOST_IN_CONTACT = 20
"""More flights at once than this are one swarm: further sightings join the flight last seen."""

MOST_OPEN = 200
"""When so many are open, the oldest is closed for each new one; not while it is in contact, nor
while it alone holds a zone: zones and flights at once are few."""

MOST_NAMED = 50
"""So many tracks, and so many identities, are named in one incident; more are counted."""

MOST_STEPS = 500
"""An incident with so many steps takes no notes and no finds any more."""

MOST_PASSAGES = 60
"""So often an incident notes that its flight entered or left a zone."""

NEAR_M = 100.0
FASTEST_M_S = 35.0  # the fastest delivery drone reported (DOMAIN, 1.1) flies at 33 m/s


class RefusedError(Exception):
    """A command that the workflow does not allow now; the text says why and what to do first."""


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

    @property
    def kind(self) -> Literal["flight", "spoofer"]:
        """Of which kind of incident it is."""
        return "flight" if self.spoof is None else "spoofer"


class Incidents:
    """The open incidents of one site.

    Parameters
    ----------
    restored : iterable of Incident
        The newest version of each incident that was open when the gateway last ran.
    """

    def __init__(
        self, site: SiteSection, alarm: AlarmSection, plan: Plan, restored: Iterable[Incident] = ()
    ) -> None:
        self._site = site
        self._gap_ns = int(alarm.flight_gap_s * 1e9)
        self._plan = plan
        self._open = {incident.incident: incident for incident in restored}
        # What does not change is told once in a gap: the last record may be so much too old.
        self._last_contact_unsure = set(self._open)
        self.closed_unanswered = 0

    @property
    def open(self) -> list[Incident]:
        """All incidents that are not closed."""
        return list(self._open.values())

    def get(self, incident: str) -> Incident:
        """Find an open incident by its name.

        Raises
        ------
        RefusedError
            If there is none.
        """
        if incident not in self._open:
            raise RefusedError(f"no open incident {incident}; name one that is open")
        return self._open[incident]

    def of_track(self, track: str) -> str | None:
        """The open incident that a track belongs to."""
        return next((i.incident for i in self.open if track in i.tracks), None)

    def sight(self, sighting: Sighting) -> list[Incident]:
        """Take in one sighting; give the incident if it is new or has changed in what matters."""
        before = self._match(sighting)
        if before is None:
            closed = self._make_room(sighting.time_ns)
            started = self._start(sighting)
            return [*closed, self._renew(started, self._seen(started, sighting), sighting.time_ns)]
        self._last_contact_unsure.discard(before.incident)
        after = self._seen(before, sighting)
        is_recent = sighting.time_ns - before.time_ns < self._gap_ns
        if is_recent and _what_matters(after) == _what_matters(before):
            self._open[after.incident] = after
            return []
        return [self._renew(before, after, sighting.time_ns)]

    def tick(self, now_ns: int) -> list[Incident]:
        """End the contact of flights that were not seen for longer than the gap."""
        return [
            self._lose(incident, now_ns)
            for incident in self.open
            if incident.contact and not self._is_flying(incident, now_ns)
        ]

    def acknowledge(self, incident: str, by: str, now_ns: int) -> Incident:
        """Note that a person has seen the alarm; the same desk's second time adds no step."""
        before = self._with_room(incident)
        if any(step.step == "acknowledged" and step.by == by for step in before.steps):
            return self._renew(before, before, now_ns)
        step = Step(step="acknowledged", time_ns=now_ns, by=by)
        after = replace(before, state="acknowledged", steps=(*before.steps, step))
        return self._renew(before, after, now_ns)

    def note(self, incident: str, by: str, text: str, now_ns: int) -> Incident:
        """Add a remark."""
        before = self._with_room(incident)
        step = Step(step="note", time_ns=now_ns, by=by, text=text)
        return self._renew(before, replace(before, steps=(*before.steps, step)), now_ns)

    def record(self, find: Find, now_ns: int) -> Incident:
        """Link a find, or a search that found nothing, to its incident."""
        assert find.incident is not None
        before = self._with_room(find.incident)
        zone = self._zone_of(find.place_ref)
        step = Step(step="searched", time_ns=now_ns, by=find.finder_role, zone=zone)
        after = replace(before, finds=(*before.finds, find.find), steps=(*before.steps, step))
        return self._renew(before, after, now_ns)

    def release(self, incident: str, zone: str, by: str, now_ns: int) -> Incident:
        """Lift the hold of a zone that has been searched.

        Raises
        ------
        RefusedError
            If the zone is not on hold, or no search of it is recorded since it was last
            suspected.
        """
        before = self.get(incident)
        if zone not in before.hold:
            raise RefusedError(
                f"{zone} is not on hold (on hold: {', '.join(before.hold) or 'none'})"
            )
        if not is_searched(before, zone):
            raise RefusedError(f"{zone} has not been searched; record a find or a negative search")
        step = Step(step="released", time_ns=now_ns, by=by, zone=zone)
        hold = tuple(held for held in before.hold if held != zone)
        after = replace(before, hold=hold, steps=(*before.steps, step))
        return self._renew(before, after, now_ns)

    def close(self, incident: str, by: str, text: str | None, now_ns: int) -> Incident:
        """End an incident.

        Raises
        ------
        RefusedError
            If the flight is still in contact, or a zone is still on hold.
        """
        before = self.get(incident)
        if before.contact:
            raise RefusedError("the flight is still in contact; close it when it is gone")
        if before.hold:
            raise RefusedError(f"{', '.join(before.hold)} on hold; search and release first")
        return self._close(before, Step(step="closed", time_ns=now_ns, by=by, text=text))

    def _close(self, before: Incident, step: Step) -> Incident:
        after = replace(before, state="closed", steps=(*before.steps, step))
        closed = self._renew(before, after, step.time_ns)
        del self._open[before.incident]
        return closed

    def _with_room(self, incident: str) -> Incident:
        """Find an open incident that can take another step."""
        found = self.get(incident)
        if len(found.steps) >= MOST_STEPS:
            raise RefusedError(
                f"{incident} has {MOST_STEPS} steps and takes no more; record the find without it"
            )
        return found

    def _zone_of(self, place_ref: str | None) -> str | None:
        """The zone that a find's place names, in whatever case it was typed."""
        folded = (place_ref or "").casefold()
        zones = (zone.id for zone in self._plan.zones if zone.id.casefold() == folded)
        return next(zones, place_ref)

    def _make_room(self, now_ns: int) -> list[Incident]:
        """Close the oldest that nobody closes, in favour of a new one; a hold is never lost."""
        closed: list[Incident] = []
        for incident in self.open:
            if len(self._open) < MOST_OPEN:
                break
            others = (other for other in self.open if other.incident != incident.incident)
            held_by_others = {zone for other in others for zone in other.hold}
            if incident.contact or not held_by_others.issuperset(incident.hold):
                continue
            text = f"closed by the gateway: {MOST_OPEN} were open"
            step = Step(step="closed", time_ns=now_ns, text=text)
            closed.append(self._close(incident, step))
            self.closed_unanswered += 1
        return closed

    def _is_flying(self, incident: Incident, now_ns: int) -> bool:
        """Whether a sighting at `now_ns` would still be of that flight."""
        gaps = 2 if incident.incident in self._last_contact_unsure else 1
        return incident.contact and now_ns - incident.last_contact_ns <= gaps * self._gap_ns

    def _match(self, sighting: Sighting) -> Incident | None:
        flying = [
            one
            for one in self.open
            if one.kind == sighting.kind and self._is_flying(one, sighting.time_ns)
        ]
        own = [
            incident
            for incident in flying
            if sighting.track in incident.tracks or set(sighting.claims) & set(incident.claims)
        ]
        near = own or [incident for incident in flying if self._is_near(incident, sighting)]
        if not near and sum(one.contact for one in self.open) >= MOST_IN_CONTACT:
            near = flying
        return max(near, key=lambda incident: incident.last_contact_ns, default=None)

    def _is_near(self, incident: Incident, sighting: Sighting) -> bool:
        if sighting.place_m is None or incident.position is None:
            return True
        apart_m = np.linalg.norm(self._plan.to_enu(incident.position) - sighting.place_m)
        elapsed_s = abs(sighting.time_ns - incident.last_contact_ns) / 1e9
        return bool(apart_m <= NEAR_M + FASTEST_M_S * elapsed_s)

    def _start(self, sighting: Sighting) -> Incident:
        now_ns = sighting.time_ns
        return Incident(
            id=new_id(now_ns),
            site=self._site.name,
            time_ns=now_ns,
            mode=self._site.mode,
            incident=new_id(now_ns),
            kind=sighting.kind,
            version=0,
            state="alarm",
            contact=True,
            confidence=sighting.confidence,
            first_contact_ns=now_ns,
            last_contact_ns=now_ns,
            steps=(Step(step="alarm", time_ns=now_ns),),
        )

    def _seen(self, before: Incident, sighting: Sighting) -> Incident:
        """The incident with one sighting more."""
        place_m = sighting.place_m
        claims = _with(before.claims, *sighting.claims)
        tracks = _with(before.tracks, sighting.track)
        is_unnamed = len(claims) > MOST_NAMED or len(tracks) > MOST_NAMED
        after = replace(
            before,
            confidence=max(before.confidence, sighting.confidence),
            labels=_with(before.labels, sighting.label),
            claims=claims[:MOST_NAMED],
            tracks=tracks[:MOST_NAMED],
            unnamed_sightings=before.unnamed_sightings + is_unnamed,
            spoof=_most(before.spoof, sighting.spoof),
            spoof_reasons=_with(before.spoof_reasons, *sighting.spoof_reasons),
            sensors=_with(before.sensors, *sighting.sensors),
            first_contact_ns=min(before.first_contact_ns, sighting.time_ns),
            last_contact_ns=max(before.last_contact_ns, sighting.time_ns),
            position=before.position if place_m is None else self._plan.to_position(place_m),
            operator_claimed=sighting.operator_claimed or before.operator_claimed,
        )
        return after if place_m is None else self._over(after, sighting, place_m)

    def _over(self, incident: Incident, sighting: Sighting, place_m: Vector) -> Incident:
        """Note the zone below: a yard flown over is to be searched, a hover holds it."""
        zone = self._plan.zone_at(place_m)
        incident = _moved(incident, None if zone is None else zone.id, sighting.time_ns)
        if zone is None or zone.kind == "approach":
            return incident
        if zone.kind == "yard" and zone.id not in {place.zone for place in incident.search}:
            incident = replace(incident, search=(*incident.search, Place(zone=zone.id)))
        is_noted = zone.id in incident.hold and not is_searched(incident, zone.id)
        if not sighting.hovering or is_noted:
            return incident
        place = Place(zone=zone.id, position=self._plan.to_position(place_m))
        others = tuple(other for other in incident.search if other.zone != zone.id)
        step = Step(step="drop-suspected", time_ns=sighting.time_ns, zone=zone.id)
        return replace(
            incident,
            drop=incident.drop or place,
            search=(place, *others),
            hold=_with(incident.hold, zone.id),
            steps=(*incident.steps, step),
        )

    def _lose(self, before: Incident, now_ns: int) -> Incident:
        """End the contact; a flight that nobody could place may have been over any yard."""
        yards = [zone.id for zone in self._plan.yards()]
        search, hold = before.search, before.hold
        if before.kind == "spoofer":
            search = ()  # nothing flew
        elif before.position is None:
            search = tuple(Place(zone=yard) for yard in yards)
        elif not hold:
            below = {place.zone for place in search}
            hold = tuple(y for y in yards if y in below and not is_searched(before, y))
        step = Step(step="contact-lost", time_ns=now_ns)
        after = replace(
            before, contact=False, search=search, hold=hold, steps=(*before.steps, step)
        )
        return self._renew(before, after, now_ns)

    def _renew(self, before: Incident, after: Incident, now_ns: int) -> Incident:
        """Keep a new version; it has a message id of its own."""
        now_ns = max(now_ns, before.time_ns)  # late evidence makes no older version
        renewed = replace(after, id=new_id(now_ns), version=before.version + 1, time_ns=now_ns)
        self._open[renewed.incident] = renewed
        return renewed


def _with(known: tuple[str, ...], *new: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*known, *(name for name in new if name))))


def _most(one: float | None, other: float | None) -> float | None:
    known = [value for value in (one, other) if value is not None]
    return max(known, default=None)


def _moved(incident: Incident, zone: str | None, time_ns: int) -> Incident:
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


def is_searched(incident: Incident, zone: str) -> bool:
    """Whether a search of `zone` is recorded, and no hover over it since."""
    of_zone = (step.step for step in reversed(incident.steps) if step.zone == zone)
    return next((step for step in of_zone if step in ("searched", "drop-suspected")), None) == (
        "searched"
    )


def _what_matters(incident: Incident) -> tuple[Incident, bool]:
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
