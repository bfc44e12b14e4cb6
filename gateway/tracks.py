"""Radar tracks and Remote ID claims to aircraft: one track for each moving thing.

A measured track and a claimed aircraft become one when they move together for several claims
(`support.py`). Until then each stands for itself, marked `measured` or `claimed`; when they part,
each does so again, and the claim is contradicted. A claim never moves a measured track.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..config.settings import AlarmSection, Building, Sensor, SiteSection
from ..signal.tracking.masks import believable
from ..signal.tracking.measurements import Measurements
from ..signal.tracking.motion import Motion, MotionLimits
from ..signal.tracking.tracker import Plot, Scan, Tracker, TrackState
from .claims import ClaimedAircraft
from .incidents import Sighting
from .messages import Track, new_id
from .plan import Plan, Vector
from .support import covered, judge_alone, judge_joined, near_enough, together, views
from .things import Thing
from .track_messages import TrackMessages

CLAIM_MEMORY_S = 10.0  # ten Remote ID periods: a claimed track without news is over
SPOOFED = 0.9
"""A claim that is so probably a spoof, and that no radar sees, is a spoofer's and no flight."""

LOCATION_WAIT_S = 3.0
"""An aircraft tells its location every second (ASTM F3411-22a). Before it has told any, nobody
knows whether it is in the air; one that keeps it to itself for longer is an alarm."""

MOST_CLAIMED = 200
"""So many claimed aircraft are tracked at once: more than ever fly over a prison, and a bound on
what one transmitter that invents identities can cost."""

EMITTER_SEEN = 0.05
"""A radio emitter may be silent: that no bearing comes says little of whether anything is there."""

LONGEST_GUESS_S = 2.0  # a track's place is carried on for so long to be compared with a claim
AGREEMENTS = 2  # so many claims in a row that agree with a radar track make them one
TOLD_EVERY_NS = 500_000_000


class Tracks:
    """All things that move on one site now."""

    def __init__(
        self,
        site: SiteSection,
        alarm: AlarmSection,
        plan: Plan,
        sensors: Sequence[Sensor] = (),
        buildings: Sequence[Building] = (),
    ) -> None:
        self._messages = TrackMessages(site, plan, buildings)
        self._views = views(sensors, buildings)
        self._mountings = {sensor.id: sensor.mounting for sensor in sensors}
        self.masked = 0
        """Plots under the ground or behind a wall: mirror images."""
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

    @property
    def scans_too_late(self) -> int:
        """Radar frames that came too late to be put in their place."""
        return self._tracker.too_late

    def plots(self, sensor: str, time_ns: int, plots: Sequence[Plot]) -> list[Thing]:
        """Take in one radar frame's plots; give the things that they renewed."""
        view = self._views.get(sensor)
        places_m = np.array([plot.position_m for plot in plots]).reshape(-1, 3)
        possible = believable(view, places_m)
        self.masked += int((~possible).sum())
        kept = [plot for plot, real in zip(plots, possible.tolist(), strict=True) if real]
        renewed = set(self._tracker.update(sensor, time_ns / 1e9, kept, view))
        return self._renewed(renewed, time_ns)

    def bearing(
        self, sensor: str, time_ns: int, bearing_deg: float, sigma_deg: float
    ) -> list[Thing]:
        """Take in whence an emission came; give the things that it is of.

        A bearing begins no track. It supports one that lies in its direction, and sharpens it.
        """
        mounting = self._mountings.get(sensor)
        if mounting is None:
            return []
        place_m = np.array([mounting.east_m, mounting.north_m, mounting.up_m])
        azimuth, sigma = np.radians(bearing_deg), np.radians(sigma_deg)
        measured = Measurements("bearing", np.array([[azimuth]]), np.array([[[sigma**2]]]), place_m)
        scan = Scan(sensor, time_ns / 1e9, measured, EMITTER_SEEN, clutter=1 / (2 * np.pi))
        return self._renewed(set(self._tracker.take(scan)), time_ns)

    def _renewed(self, numbers: set[int], time_ns: int) -> list[Thing]:
        return [
            self._measured(state, time_ns)
            for state in self._tracker.tracks
            if state.confirmed and state.number in numbers
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
        fresh = aircraft.position is not None and aircraft.position_ns > thing.claimed_ns
        if fresh:
            thing.claimed_ns = aircraft.position_ns
            self._place_by_claim(thing, aircraft, aircraft.position_ns)
        if fresh and thing.radar is None:
            self._compare(thing, aircraft.position_ns)
        elif fresh and self._is_measured(thing, time_ns):
            self._check(thing, aircraft.position_ns)
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
        if claim is not None and thing.radar is None and (claim.spoof or 0.0) >= SPOOFED:
            # Where it says that it is means nothing: that is all that is known of its place.
            return Sighting(
                time_ns=time_ns,
                sensors=tuple(sorted(claim.sensors)),
                confidence=claim.spoof or 0.0,
                claims=(claim.name,),
                spoof=claim.spoof,
                spoof_reasons=claim.spoof_reasons,
            )
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
        return self._messages.message(thing, now_ns, incident, ended=ended)

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
        thing.covariance_m2 = state.estimate.covariance[:3, :3]
        variance_m2 = np.diagonal(thing.covariance_m2)[:2]
        thing.accuracy_m = round(float(np.sqrt(variance_m2.sum())), 1)
        thing.class_logs = state.classes
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
        thing.accuracy_m, thing.covariance_m2 = aircraft.horizontal_accuracy_m, None

    def _compare(self, claimed: Thing, time_ns: int) -> None:
        """Count how often a claim went beside each radar track; the first to agree often joins."""
        counts, claimed.agreements = claimed.agreements, {}
        offsets_m, claimed.offsets_m = claimed.offsets_m, {}
        for thing in self._things:
            if thing.radar is None or thing.claim is not None:
                continue
            offset_m = self._offset(claimed, thing, time_ns)
            agrees = near_enough(offset_m, claimed.accuracy_m, thing.accuracy_m)
            if not (agrees and thing.motion.airborne and self._is_measured(thing, time_ns)):
                continue
            speed_m_s = _speed(thing)
            kept = together(offsets_m.get(thing.radar), offset_m, speed_m_s)
            count = counts.get(thing.radar, 0) + 1 if kept else 1
            claimed.agreements[thing.radar], claimed.offsets_m[thing.radar] = count, offset_m
            if count >= AGREEMENTS:
                self._join(claimed, thing)
                return
        judge_alone(claimed.verdict, is_covered=self._would_be_seen(claimed))

    def _offset(self, claimed: Thing, measured: Thing, time_ns: int) -> Vector:
        """From where a thing is measured, carried on to the claim's moment, to the claim."""
        assert claimed.claim is not None and claimed.claim.position is not None
        assert measured.place_m is not None and measured.velocity_m_s is not None
        ahead_s = min(max((time_ns - measured.measured_ns) / 1e9, 0.0), LONGEST_GUESS_S)
        guess_m = measured.place_m + measured.velocity_m_s * ahead_s
        return self._plan.to_enu(claimed.claim.position) - guess_m

    def _would_be_seen(self, claimed: Thing) -> bool:
        """Whether a radar covers the place of a claim that is in the air."""
        claim, place_m = claimed.claim, claimed.place_m
        if claim is None or claim.on_the_ground or place_m is None or not claimed.height_known:
            return False
        in_the_air = bool(place_m[2] >= self._limits.airborne_height_m)
        return in_the_air and covered(self._views.values(), place_m)

    def _join(self, claimed: Thing, measured: Thing) -> None:
        """Two tracks are one thing: the claimed one keeps its name and gets the measurements."""
        _hand_over(measured, claimed)
        claimed.first_seen_ns = min(claimed.first_seen_ns, measured.first_seen_ns)
        claimed.sensors |= measured.sensors
        measured.radar = None  # the next tick ends it
        judge_joined(claimed.verdict, agrees=True)

    def _check(self, joined: Thing, time_ns: int) -> None:
        """Whether a claim still goes with what was measured of it; if not, the two part."""
        assert joined.claim is not None
        offset_m = self._offset(joined, joined, time_ns)
        agrees = near_enough(offset_m, joined.claim.horizontal_accuracy_m, joined.accuracy_m)
        if not judge_joined(joined.verdict, agrees=agrees):
            return
        measured = self._new(time_ns)
        _hand_over(joined, measured)
        measured.sensors = joined.sensors - joined.claim.sensors
        joined.radar, joined.measured_ns = None, 0
        joined.motion, joined.class_logs = Motion(self._limits), None
        joined.sensors = set(joined.claim.sensors)
        joined.agreements, joined.offsets_m = {}, {}
        self._place_by_claim(joined, joined.claim, time_ns)

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


def _hand_over(old: Thing, new: Thing) -> None:
    """Give what is measured of one thing to another."""
    new.radar, new.motion, new.class_logs = old.radar, old.motion, old.class_logs
    new.place_m, new.velocity_m_s = old.place_m, old.velocity_m_s
    new.accuracy_m, new.covariance_m2 = old.accuracy_m, old.covariance_m2
    new.measured_ns, new.height_known = old.measured_ns, True


def _speed(thing: Thing) -> float:
    return 0.0 if thing.velocity_m_s is None else float(np.linalg.norm(thing.velocity_m_s))


def _claimed_velocity(aircraft: ClaimedAircraft) -> Vector | None:
    if aircraft.ground_speed_m_s is None:
        return None
    if aircraft.course_deg is None and aircraft.ground_speed_m_s > 0.5:
        return None
    course = np.radians(aircraft.course_deg or 0.0)
    speed = aircraft.ground_speed_m_s
    return np.array([speed * np.sin(course), speed * np.cos(course), aircraft.climb_m_s or 0.0])
