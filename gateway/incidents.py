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

from collections.abc import Callable, Iterable

import numpy as np
from msgspec.structs import replace

from ..config.settings import AlarmSection, SiteSection, WorkflowSection, Zone
from . import workflow
from .messages import Find, Incident, Place, Step, new_id
from .plan import Plan, Vector
from .sightings import Sighting, joined, largest, moved, what_matters
from .workflow import RefusedError, is_searched, with_step

__all__ = ["Incidents", "RefusedError", "Sighting", "is_searched"]

MOST_IN_CONTACT = 20
"""More flights at once than this are one swarm: further sightings join the flight last seen."""

MOST_OPEN = 200
"""When so many are open, the oldest is closed for each new one; not while it is in contact, nor
while it alone holds a zone: zones and flights at once are few."""

MOST_NAMED = 50
"""So many tracks, and so many identities, are named in one incident; more are counted."""

MOST_STEPS = 500
"""An incident with so many steps takes no notes and no finds any more."""

NEAR_M = 100.0
FASTEST_M_S = 35.0  # the fastest delivery drone reported (DOMAIN, 1.1) flies at 33 m/s


class Incidents:
    """The open incidents of one site.

    Parameters
    ----------
    restored : iterable of Incident
        The newest version of each incident that was open when the gateway last ran.
    rules : WorkflowSection
        Which roles may release.
    """

    def __init__(
        self,
        site: SiteSection,
        alarm: AlarmSection,
        plan: Plan,
        restored: Iterable[Incident] = (),
        rules: WorkflowSection = WorkflowSection(),  # noqa: B008 - frozen
    ) -> None:
        self._site = site
        self._rules = rules
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
        after = replace(self._seen(before, sighting), contact=True)
        is_recent = sighting.time_ns - before.time_ns < self._gap_ns
        if is_recent and what_matters(after) == what_matters(before):
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

    def change(self, incident: str, step: Callable[[Incident], Incident], now_ns: int) -> Incident:
        """Take one step of `workflow.py`.

        Raises
        ------
        RefusedError
            If there is no such incident, it takes no more steps, or the step is not due.
        """
        before = self._with_room(incident)
        return self._renew(before, step(before), now_ns)

    def zone(self, name: str) -> Zone:
        """Find a zone of the site, in whatever case its name was typed.

        Raises
        ------
        RefusedError
            If there is none.
        """
        zone = self._plan.zone(name)
        if zone is None:
            there_are = ", ".join(one.id for one in self._plan.zones) or "none"
            raise RefusedError(f"no zone {name}; there are {there_are}")
        return zone

    def acknowledge(self, incident: str, by: str, now_ns: int) -> Incident:
        """Note that a person has seen the alarm; the same desk's second time adds no step."""
        before = self._with_room(incident)
        if any(step.step == "acknowledged" and step.by == by for step in before.steps):
            return self._renew(before, before, now_ns)
        step = Step(step="acknowledged", time_ns=now_ns, by=by)
        return self._renew(before, replace(with_step(before, step), state="acknowledged"), now_ns)

    def note(self, incident: str, by: str, text: str, now_ns: int) -> Incident:
        """Add a remark."""
        step = Step(step="note", time_ns=now_ns, by=by, text=text)
        return self.change(incident, lambda before: with_step(before, step), now_ns)

    def suspect(self, incident: str, zone: str, by: str, now_ns: int) -> Incident:
        """Hold a zone because a person suspects a drop there; the place is the track's, if over it.

        Raises
        ------
        RefusedError
            If there is no such zone or incident, or the zone is held and not searched yet.
        """
        before, where = self._with_room(incident), self.zone(zone)
        if where.id in before.hold and not is_searched(before, where.id):
            raise RefusedError(f"{where.id} is on hold already; search it")
        position = before.position
        if position is not None and not self._plan.is_over(where.id, self._plan.to_enu(position)):
            position = None
        place = Place(zone=where.id, position=position)
        return self._renew(before, workflow.suspected(before, place, by, now_ns), now_ns)

    def record(self, find: Find, now_ns: int) -> Incident:
        """Link a find, or a search that found nothing, to its incident."""
        assert find.incident is not None
        zone = self._zone_of(find.place_ref)
        return self.change(
            find.incident, lambda before: workflow.recorded(before, find, zone, now_ns), now_ns
        )

    def release(
        self, incident: str, zone: str, by: str, now_ns: int, role: str | None = None
    ) -> Incident:
        """Lift the hold of a zone that has been searched; `by` is the role where none is given.

        Raises
        ------
        RefusedError
            If the role may not, or `workflow.released` refuses.
        """
        before = self.get(incident)
        role, roles = role or by, self._rules.release_roles
        if role not in roles:
            raise RefusedError(f"role {role} may not release; these may: {', '.join(roles)}")
        return self._renew(before, workflow.released(before, zone, by, role, now_ns), now_ns)

    def close_search(self, incident: str, zone: str, by: str, now_ns: int) -> Incident:
        """Close the search of a zone; possible even when no other step fits any more."""
        before = self.get(incident)
        return self._renew(before, workflow.search_closed(before, zone, by, now_ns), now_ns)

    def close(
        self, incident: str, by: str, text: str | None, now_ns: int, outcome: str | None = None
    ) -> Incident:
        """End an incident with its outcome.

        Raises
        ------
        RefusedError
            If `workflow.check_closable` refuses.
        """
        before = self.get(incident)
        workflow.check_closable(before)
        return self._close(before, Step(step="closed", time_ns=now_ns, by=by, text=text), outcome)

    def _close(self, before: Incident, step: Step, outcome: str | None) -> Incident:
        after = replace(with_step(before, step), state="closed", outcome=outcome)
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
        zone = self._plan.zone(place_ref or "")
        return place_ref if zone is None else zone.id

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
            closed.append(self._close(incident, step, workflow.NOT_JUDGED))
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
        if sighting.intrusion:
            return self._same_fence(sighting)
        own = [
            incident
            for incident in flying
            if sighting.track in incident.tracks or set(sighting.claims) & set(incident.claims)
        ]
        near = own or [incident for incident in flying if self._is_near(incident, sighting)]
        if not near and sum(one.contact for one in self.open) >= MOST_IN_CONTACT:
            near = flying
        return max(near, key=lambda incident: incident.last_contact_ns, default=None)

    def _same_fence(self, sighting: Sighting) -> Incident | None:
        """The open incident of the same place, or of the same fence while it is in contact.

        A fence that goes off again while nobody has closed its incident is no second alarm.
        """
        fences = [one for one in self.open if one.kind == "intrusion"]
        own = [one for one in fences if sighting.label in one.labels]
        same = own or [
            one for one in fences if one.contact and set(one.sensors) & set(sighting.sensors)
        ]
        return max(same, key=lambda incident: incident.last_contact_ns, default=None)

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
        claims = joined(before.claims, *sighting.claims)
        tracks = joined(before.tracks, sighting.track)
        is_unnamed = len(claims) > MOST_NAMED or len(tracks) > MOST_NAMED
        after = replace(
            before,
            confidence=max(before.confidence, sighting.confidence),
            labels=joined(before.labels, sighting.label),
            claims=claims[:MOST_NAMED],
            tracks=tracks[:MOST_NAMED],
            unnamed_sightings=before.unnamed_sightings + is_unnamed,
            spoof=largest(before.spoof, sighting.spoof),
            spoof_reasons=joined(before.spoof_reasons, *sighting.spoof_reasons),
            sensors=joined(before.sensors, *sighting.sensors),
            first_contact_ns=min(before.first_contact_ns, sighting.time_ns),
            last_contact_ns=max(before.last_contact_ns, sighting.time_ns),
            position=before.position if place_m is None else self._plan.to_position(place_m),
            operator_claimed=sighting.operator_claimed or before.operator_claimed,
        )
        return after if place_m is None else self._over(after, sighting, place_m)

    def _over(self, incident: Incident, sighting: Sighting, place_m: Vector) -> Incident:
        """Note the zone below: a yard flown over is to be searched, a hover holds it."""
        zone = self._plan.zone_at(place_m)
        incident = moved(incident, None if zone is None else zone.id, sighting.time_ns)
        if zone is None or zone.kind == "approach":
            return incident
        if zone.kind == "yard" and zone.id not in {place.zone for place in incident.search}:
            incident = replace(incident, search=(*incident.search, Place(zone=zone.id)))
        is_noted = zone.id in incident.hold and not is_searched(incident, zone.id)
        if not sighting.hovering or is_noted:
            return incident
        place = Place(zone=zone.id, position=self._plan.to_position(place_m))
        return workflow.suspected(incident, place, None, sighting.time_ns)

    def _lose(self, before: Incident, now_ns: int) -> Incident:
        """End the contact; a flight that nobody could place may have been over any yard."""
        yards = [zone.id for zone in self._plan.yards()]
        after = before
        if before.kind != "flight":
            after = replace(before, search=())  # nothing flew
        elif before.position is None:
            after = replace(before, search=tuple(Place(zone=yard) for yard in yards))
        elif not before.hold:
            below = {place.zone for place in before.search}
            flown = [y for y in yards if y in below and not is_searched(before, y)]
            after = workflow.held(before, flown, now_ns)
        step = Step(step="contact-lost", time_ns=now_ns)
        return self._renew(before, replace(with_step(after, step), contact=False), now_ns)

    def _renew(self, before: Incident, after: Incident, now_ns: int) -> Incident:
        """Keep a new version."""
        renewed = workflow.next_version(before, after, now_ns)
        self._open[renewed.incident] = renewed
        return renewed
