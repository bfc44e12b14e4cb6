"""Radar tracks and Remote ID claims to aircraft: one track for each moving thing.

A measured track and a claimed aircraft become one when they stay close for several claims. Until
then each stands for itself, marked `measured` or `claimed`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from msgspec.structs import replace

from ..config.settings import AlarmSection, SiteSection
from ..drivers.readings import Position
from ..signal.tracking.motion import Motion, MotionLimits
from ..signal.tracking.tracker import Plot, Tracker, TrackState
from .claims import ClaimedAircraft
from .incidents import Sighting
from .messages import Track, new_id
from .plan import Plan, Vector

CLAIM_MEMORY_S = 10.0  # ten Remote ID periods: a claimed track without news is over
SAME_PLACE_M = 40.0  # Remote ID's usual error of 10 m, and a second of flight
LOCATION_WAIT_S = 3.0
"""An aircraft tells its location every second (ASTM F3411-22a). Before it has told any, nobody
knows whether it is in the air; one that keeps it to itself for longer is an alarm."""

MOST_CLAIMED = 200
"""So many claimed aircraft are tracked at once: more than ever fly over a prison, and a bound on
what one transmitter that invents identities can cost."""

AGREEMENTS = 2  # so many claims in a row that agree with a radar track make them one
TOLD_EVERY_NS = 500_000_000


@dataclass(slots=True)
class Thing:
    """One moving thing, as the sensors together know it."""

    track: str
    first_seen_ns: int
    last_seen_ns: int
    motion: Motion  # as the radars measured it
    claimed_motion: Motion
    radar: int | None = None
    claim: ClaimedAircraft | None = None
    sensors: set[str] = field(default_factory=set[str])
    place_m: Vector | None = None
    velocity_m_s: Vector | None = None
    accuracy_m: float | None = None
    height_known: bool = True
    measured_ns: int = 0
    agreements: dict[int, int] = field(default_factory=dict[int, int])
    told_ns: int = 0

    @property
    def is_drone(self) -> bool:
        """Whether it moves like a drone; a claim to do so is believed too: nobody gains by it."""
        return "drone" in (self.motion.classify(), self.claimed_motion.classify())

    @property
    def hovering(self) -> bool:
        """Whether it hovers now, by measurement or by its own claim."""
        return self.motion.hovering or self.claimed_motion.hovering


class Tracks:
    """All things that move on one site now."""

    def __init__(self, site: SiteSection, alarm: AlarmSection, plan: Plan) -> None:
        self._site = site
        self._alarm = alarm
        self._plan = plan
        self._tracker = Tracker()
        self._things: list[Thing] = []
        self.left_out = 0
        """Claims of aircraft that were too many to be tracked."""
        self._limits = MotionLimits(
            airborne_height_m=alarm.minimum_height_m,
            hover_speed_m_s=alarm.hover_speed_m_s,
            hover_after_s=alarm.hover_after_s,
        )

    @property
    def plots_left_out(self) -> int:
        """Plots that began no track because there were too many."""
        return self._tracker.left_out

    def plots(self, sensor: str, time_ns: int, plots: Sequence[Plot]) -> list[Thing]:
        """Take in one radar frame's plots; give the things that they renewed."""
        renewed = set(self._tracker.update(sensor, time_ns / 1e9, plots))
        return [
            self._measured(state, time_ns)
            for state in self._tracker.tracks
            if state.confirmed and state.number in renewed
        ]

    def claim(self, aircraft: ClaimedAircraft, time_ns: int) -> Thing | None:
        """Take in what a claimed aircraft said last; None for one too many."""
        thing = self._of_claim(aircraft)
        if thing is None and sum(one.claim is not None for one in self._things) >= MOST_CLAIMED:
            self.left_out += 1
            return None
        thing = thing or self._new(time_ns, claim=aircraft)
        thing.claim = aircraft
        thing.sensors |= aircraft.sensors
        thing.last_seen_ns = max(thing.last_seen_ns, time_ns)
        fresh = aircraft.position is not None and aircraft.position_ns == time_ns
        if fresh:
            self._place_by_claim(thing, aircraft, time_ns)
        if fresh and thing.radar is None:
            self._compare(thing, time_ns)
        return thing

    def tick(self, now_ns: int) -> list[Track]:
        """End the tracks that no sensor sees any more; give their last messages."""
        self._tracker.drop(now_ns / 1e9)
        alive = {state.number for state in self._tracker.tracks}
        ended: list[Track] = []
        for thing in list(self._things):
            if thing.radar is not None and thing.radar not in alive:
                thing.radar = None
            silent_s = (now_ns - thing.last_seen_ns) / 1e9
            if thing.radar is None and (thing.claim is None or silent_s > CLAIM_MEMORY_S):
                self._things.remove(thing)
                ended.append(self.message(thing, now_ns, ended=True))
        return ended

    def due(self, thing: Thing, now_ns: int) -> bool:
        """Whether consoles are to hear of `thing` again; at most twice a second each."""
        if thing.told_ns and now_ns - thing.told_ns < TOLD_EVERY_NS:
            return False
        thing.told_ns = now_ns
        return True

    def sighting(self, thing: Thing, time_ns: int) -> Sighting | None:
        """What the alarm rules are told of `thing`; None for what is no reason for an alarm."""
        if not thing.is_drone and not self._claim_alarms(thing):
            return None
        claim = thing.claim
        return Sighting(
            time_ns=time_ns,
            sensors=tuple(sorted(thing.sensors)),
            confidence=0.9 if thing.is_drone else 0.7,
            track=thing.track,
            claims=() if claim is None else (claim.name,),
            place_m=thing.place_m,
            operator_claimed=None if claim is None else claim.operator_position,
            hovering=thing.hovering,
        )

    def message(
        self, thing: Thing, now_ns: int, incident: str | None = None, *, ended: bool = False
    ) -> Track:
        """The track message of `thing`, which belongs to `incident`, if any."""
        velocity, claim = thing.velocity_m_s, thing.claim
        height_m = thing.place_m[2] if thing.place_m is not None and thing.height_known else None
        measured = thing.measured_ns > 0
        return Track(
            id=new_id(now_ns),
            site=self._site.name,
            time_ns=now_ns,
            mode=self._site.mode,
            track=thing.track,
            state="ended" if ended else "alive",
            aircraft_class="drone" if claim is not None else thing.motion.classify(),
            basis="both" if measured and claim else "measured" if measured else "claimed",
            position=self._position(thing),
            position_accuracy_m=thing.accuracy_m,
            height_agl_m=None if height_m is None else round(float(height_m), 1),
            speed_m_s=None if velocity is None else round(float(np.linalg.norm(velocity)), 1),
            course_deg=_course_deg(velocity),
            climb_m_s=None if velocity is None else round(float(velocity[2]), 1),
            claims=() if claim is None else (claim.name,),
            operator_claimed=None if claim is None else claim.operator_position,
            sensors=tuple(sorted(thing.sensors)),
            first_seen_ns=thing.first_seen_ns,
            last_seen_ns=thing.last_seen_ns,
            incident=incident,
        )

    def _position(self, thing: Thing) -> Position | None:
        if thing.place_m is None:
            return None
        position = self._plan.to_position(thing.place_m)
        return position if thing.height_known else replace(position, altitude_hae_m=None)

    def _new(self, time_ns: int, *, claim: ClaimedAircraft | None = None) -> Thing:
        motions = Motion(self._limits), Motion(self._limits)
        thing = Thing(new_id(time_ns), time_ns, time_ns, *motions, claim=claim)
        self._things.append(thing)
        return thing

    def _of_claim(self, aircraft: ClaimedAircraft) -> Thing | None:
        """The thing of an aircraft, or of one that has since turned out to be it."""
        its = [one for one in self._things if one.claim and one.claim.newest() is aircraft]
        return max(its, key=lambda thing: thing.radar is not None, default=None)

    def _measured(self, state: TrackState, time_ns: int) -> Thing:
        thing = next((thing for thing in self._things if thing.radar == state.number), None)
        if thing is None:
            thing = self._new(time_ns)
            thing.radar = state.number
            thing.motion = Motion(self._limits, state.began_m)
        thing.place_m, thing.height_known = state.estimate.position_m, True
        thing.velocity_m_s = state.estimate.velocity_m_s
        variance_m2 = np.diagonal(state.estimate.covariance)[:2]
        thing.accuracy_m = round(float(np.sqrt(variance_m2.sum())), 1)
        thing.sensors |= state.sensors
        thing.last_seen_ns = thing.measured_ns = max(thing.measured_ns, time_ns)
        thing.motion.update(time_ns / 1e9, thing.place_m, thing.velocity_m_s)
        return thing

    def _is_measured(self, thing: Thing, time_ns: int) -> bool:
        return thing.radar is not None and time_ns - thing.measured_ns < 2e9

    def _place_by_claim(self, thing: Thing, aircraft: ClaimedAircraft, time_ns: int) -> None:
        """Move a thing to where it claims to be, unless a radar says where it is."""
        assert aircraft.position is not None
        place_m = self._plan.to_enu(aircraft.position)
        height_known = aircraft.position.altitude_hae_m is not None
        if not height_known:
            place_m[2] = aircraft.height_m or 0.0
            height_known = aircraft.height_m is not None
        velocity_m_s = _claimed_velocity(aircraft)
        if velocity_m_s is not None:
            thing.claimed_motion.update(time_ns / 1e9, place_m, velocity_m_s)
        if self._is_measured(thing, time_ns):
            return
        thing.place_m, thing.height_known = place_m, height_known
        thing.velocity_m_s = velocity_m_s
        thing.accuracy_m = aircraft.horizontal_accuracy_m

    def _compare(self, claimed: Thing, time_ns: int) -> None:
        """Count how often a claim lay beside each radar track; the first to agree often joins."""
        assert claimed.claim is not None and claimed.claim.position is not None
        place_m = self._plan.to_enu(claimed.claim.position)
        before, claimed.agreements = claimed.agreements, {}
        for thing in self._things:
            if thing.radar is None or thing.claim is not None or thing.place_m is None:
                continue
            agrees = bool(np.linalg.norm((thing.place_m - place_m)[:2]) <= SAME_PLACE_M)
            agrees = agrees and thing.motion.airborne and self._is_measured(thing, time_ns)
            if not agrees:
                continue
            count = before.get(thing.radar, 0) + 1
            claimed.agreements[thing.radar] = count
            if count >= AGREEMENTS:
                self._join(claimed, thing)
                return

    def _join(self, claimed: Thing, measured: Thing) -> None:
        """Two tracks are one thing: the claimed one keeps its name and gets the measurements."""
        claimed.radar = measured.radar
        claimed.motion = measured.motion
        claimed.place_m, claimed.velocity_m_s = measured.place_m, measured.velocity_m_s
        claimed.accuracy_m, claimed.measured_ns = measured.accuracy_m, measured.measured_ns
        claimed.height_known = True
        claimed.first_seen_ns = min(claimed.first_seen_ns, measured.first_seen_ns)
        claimed.sensors |= measured.sensors
        measured.radar = None  # the next tick ends it

    def _claim_alarms(self, thing: Thing) -> bool:
        """A claimed aircraft matters when it may be in the air and may be near."""
        claim = thing.claim
        if claim is None or claim.on_the_ground:
            return False
        if claim.position is None:
            waited_s = (claim.last_seen_ns - claim.first_seen_ns) / 1e9
            return claim.airborne or waited_s >= LOCATION_WAIT_S
        away_m = np.linalg.norm(self._plan.to_enu(claim.position)[:2])
        return bool(away_m <= self._alarm.claim_radius_m)


def _course_deg(velocity: Vector | None) -> float | None:
    """Course over ground; None for what stands still, which has no course."""
    if velocity is None or np.hypot(velocity[0], velocity[1]) < 0.5:
        return None
    return round(float(np.degrees(np.arctan2(velocity[0], velocity[1])) % 360), 1) % 360


def _claimed_velocity(aircraft: ClaimedAircraft) -> Vector | None:
    if aircraft.ground_speed_m_s is None:
        return None
    if aircraft.course_deg is None and aircraft.ground_speed_m_s > 0.5:
        return None
    course = np.radians(aircraft.course_deg or 0.0)
    speed = aircraft.ground_speed_m_s
    return np.array([speed * np.sin(course), speed * np.cos(course), aircraft.climb_m_s or 0.0])
