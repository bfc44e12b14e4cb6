"""Evidence in, messages out: the whole state of one site, without a clock and without I/O.

Everything that decides passes here in one order, so that the same evidence gives the same
incidents, live or replayed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from msgspec.structs import replace

from ..config.settings import Settings
from .alarms import Alarms, Signal
from .authorised import AuthorisedFlights
from .claims import ClaimedAircraft, Claims
from .detect import ClaimEvidence, Evidence, RadarEvidence
from .incidents import Incidents, Sighting
from .messages import ALARMING, Alarm, Detection, Find, Incident, NotedFlight, Proposal, Track
from .pace import Pace
from .plan import Plan
from .proposals import Hint, Proposals
from .things import Thing
from .tracks import Tracks
from .trust import Trust

Told = Detection | Track | Incident | NotedFlight | Find | Alarm | Proposal


class Fusion:
    """Tracks, claims and incidents of one site.

    Parameters
    ----------
    settings : Settings
    restored : iterable of Incident
        The incidents that were open when the gateway last ran.
    shelved : iterable of Alarm
        The newest word of each alarm source; those on a shelf stay there.
    proposed : iterable of Proposal
        The proposals that were open.
    """

    def __init__(
        self,
        settings: Settings,
        restored: Iterable[Incident] = (),
        shelved: Iterable[Alarm] = (),
        proposed: Iterable[Proposal] = (),
    ) -> None:
        plan = Plan(settings.site, settings.zones)
        self._alarm = settings.alarm
        self.pace = Pace()
        self.alarms = Alarms(settings.site, settings.workflow.most_shelved_h, shelved)
        self.proposals = Proposals(settings.site, proposed)
        self.claims = Claims(on_forgotten=self._forget)
        self.trust = Trust(plan, settings.sensors)
        self.authorised = AuthorisedFlights(settings.site, plan, settings.authorised)
        self.tracks = Tracks(
            settings.site, settings.alarm, plan, settings.sensors, settings.buildings
        )
        self.incidents = Incidents(settings.site, settings.alarm, plan, restored, settings.workflow)

    def take(self, evidence: Evidence) -> list[Told]:
        """Take in one piece of evidence; give all that consoles and the log are to hear."""
        if isinstance(evidence, Signal):
            return self._signalled(evidence)
        if isinstance(evidence, Hint):
            return [*self.proposals.take(evidence)]
        if isinstance(evidence, RadarEvidence):
            things = self.tracks.plots(evidence.sensor, evidence.time_ns, evidence.plots)
            return [*evidence.detections, *self._told(things, evidence.time_ns)]
        if isinstance(evidence, ClaimEvidence):
            return self._broadcast(evidence)
        told: list[Told] = [evidence.detection, *self._heard(evidence.detection)]
        if evidence.bearing_deg is not None:
            things = self.tracks.bearing(
                evidence.sensor,
                evidence.time_ns,
                evidence.bearing_deg,
                evidence.bearing_sigma_deg,
            )
            told += self._told(things, evidence.time_ns)
        return told

    @property
    def dropped(self) -> Counter[str]:
        """What there was too much of, by what it was."""
        return +Counter(
            {
                "claim told with a newer one": self.pace.coalesced,
                "claim repeated": self.claims.repeated,
                "claimed aircraft forgotten": self.claims.forgotten,
                "claim of one aircraft too many": self.tracks.left_out,
                "plot of one track too many": self.tracks.plots_left_out,
                "plot under the ground or behind a wall": self.tracks.masked,
                "radar frame that came too late": self.tracks.scans_too_late,
                "proposal that nobody confirmed": self.proposals.expired,
                "incident closed for a new one": self.incidents.closed_unanswered,
            }
        )

    def tick(self, now_ns: int) -> list[Told]:
        """End what is over at `now_ns`."""
        waited = [
            message
            for aircraft, evidence in self.pace.due(now_ns)
            for message in self._claimed(aircraft, evidence)
        ]
        ended = [
            replace(track, incident=self.incidents.of_track(track.track))
            for track in self.tracks.tick(now_ns)
        ]
        over: list[Told] = [*self.incidents.tick(now_ns), *self.proposals.tick(now_ns)]
        return [*waited, *ended, *over, *self.alarms.tick(now_ns)]

    def _forget(self, aircraft: ClaimedAircraft) -> None:
        self.pace.forget(aircraft)
        self.trust.forget(aircraft)

    def _broadcast(self, evidence: ClaimEvidence) -> list[Told]:
        """One Remote ID report; of what only repeats another the level alone is weighed."""
        sensor, report, time_ns = evidence.sensor, evidence.report, evidence.time_ns
        known = self.claims.again(sensor, report, time_ns)
        if known is not None:
            if self.pace.weighs(known, time_ns):
                sharing = self.claims.speaks_for(report.transmitter)
                self.trust.take(known, sensor, report, time_ns, sharing)
            return []
        aircraft = self.claims.take(sensor, report, time_ns)
        if not self.pace.passes(aircraft, evidence):
            return []
        return self._claimed(aircraft, evidence)

    def _claimed(self, aircraft: ClaimedAircraft, evidence: ClaimEvidence) -> list[Told]:
        time_ns, report = evidence.time_ns, evidence.report
        sharing = self.claims.speaks_for(report.transmitter)
        self.trust.take(aircraft, evidence.sensor, report, time_ns, sharing)
        thing = self.tracks.claim(aircraft, time_ns)
        if thing is not None:
            self.trust.support(aircraft, thing.verdict.support)
        return [evidence.detection, *([] if thing is None else self._told([thing], time_ns))]

    def _told(self, things: Iterable[Thing], time_ns: int) -> list[Told]:
        told: list[Told] = []
        for thing in things:
            sighting = self.tracks.sighting(thing, time_ns)
            entry = None if sighting is None else self.authorised.match(thing, time_ns)
            if entry is not None:
                note = self.authorised.note(entry, thing, time_ns)
                told += [] if note is None else [note]
            elif sighting is not None:
                told += self._sight(sighting)
            if self.tracks.due(thing, time_ns):
                incident = self.incidents.of_track(thing.track)
                told.append(self.tracks.message(thing, time_ns, incident))
        return told

    def _heard(self, detection: Detection) -> list[Told]:
        """A radio emission of a drone or its controller is a contact without a place."""
        confidence = detection.confidence or 0.0
        if detection.family not in ALARMING or confidence < self._alarm.minimum_confidence:
            return []
        sighting = Sighting(
            time_ns=detection.time_ns,
            sensors=(detection.sensor,),
            confidence=confidence,
            label=detection.label,
        )
        return self._sight(sighting)

    def _sight(self, sighting: Sighting) -> list[Told]:
        """One moment to its incident; a new one is one alarm more before a person."""
        told: list[Told] = []
        for incident in self.incidents.sight(sighting):
            told.append(incident)
            if incident.version == 1:
                told += self.alarms.presented(sighting.time_ns)
        return told

    def _signalled(self, signal: Signal) -> list[Told]:
        """What a fence, a portal or a sensor's link says, by the alarm rules."""
        ruling = self.alarms.take(signal)
        if not ruling.present:
            return [*ruling.told]
        sighting = Sighting(
            time_ns=signal.time_ns,
            sensors=(signal.sensor,),
            confidence=1.0,
            label=signal.source,
            intrusion=True,
        )
        return [*ruling.told, *self._sight(sighting)]
