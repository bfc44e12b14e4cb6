"""A moving thing as consoles are told of it: where, what, since when, and what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from msgspec.structs import replace

from ..config.settings import Building, SiteSection
from ..drivers.readings import Position
from ..signal.tracking.outlook import landing, nearest_on_outline, time_until_inside
from .messages import Place, Track, new_id
from .plan import Plan, Vector
from .things import Thing

SLOW_M_S = 4.0  # an aircraft over a yard that is slower may be about to let go of something
FACADE_M = 5.0  # so near to a building it delivers to a window
LONGEST_WAY_S = 600.0  # nobody flies straight on for longer


class TrackMessages:
    """The track messages of one site."""

    def __init__(self, site: SiteSection, plan: Plan, buildings: Sequence[Building]) -> None:
        self._site = site
        self._plan = plan
        self._buildings = buildings

    def message(
        self, thing: Thing, now_ns: int, incident: str | None = None, *, ended: bool = False
    ) -> Track:
        """The track message of `thing`, which belongs to `incident`, if any."""
        velocity, claim = thing.velocity_m_s, thing.claim
        height_m = thing.place_m[2] if thing.place_m is not None and thing.height_known else None
        name, confidence = thing.judged()
        return Track(
            id=new_id(now_ns),
            site=self._site.name,
            time_ns=now_ns,
            mode=self._site.mode,
            track=thing.track,
            state="ended" if ended else "alive",
            aircraft_class=name,
            class_confidence=confidence,
            basis=_basis(thing),
            position=self._position(thing),
            position_accuracy_m=thing.accuracy_m,
            covariance_m2=_covariance(thing.covariance_m2),
            height_agl_m=None if height_m is None else round(float(height_m), 1),
            speed_m_s=None if velocity is None else round(float(np.linalg.norm(velocity)), 1),
            course_deg=_course_deg(velocity),
            climb_m_s=None if velocity is None else round(float(velocity[2]), 1),
            claims=() if claim is None else (claim.name,),
            claim_support=None if claim is None else thing.verdict.support,
            spoof=None if claim is None else claim.spoof,
            spoof_reasons=() if claim is None else claim.spoof_reasons,
            operator_claimed=None if claim is None else claim.operator_position,
            sensors=tuple(sorted(thing.sensors)),
            first_seen_ns=thing.first_seen_ns,
            last_seen_ns=thing.last_seen_ns,
            incident=incident,
            fence_s=self._fence_s(thing),
            drop=self._drop(thing),
        )

    def _position(self, thing: Thing) -> Position | None:
        if thing.place_m is None:
            return None
        position = self._plan.to_position(thing.place_m)
        return position if thing.height_known else replace(position, altitude_hae_m=None)

    def _fence_s(self, thing: Thing) -> float | None:
        """Seconds to the nearest perimeter on a straight way."""
        if thing.place_m is None or thing.velocity_m_s is None:
            return None
        times = [
            time_until_inside(thing.place_m, thing.velocity_m_s, zone.corners_m)
            for zone in self._plan.zones
            if zone.kind == "perimeter"
        ]
        soonest = min((time_s for time_s in times if time_s is not None), default=None)
        if soonest is None or soonest > LONGEST_WAY_S:
            return None
        return round(soonest, 1)

    def _drop(self, thing: Thing) -> Place | None:
        """Where a package lands that is let go of now: a window near by, or the yard below."""
        place_m, velocity = thing.place_m, thing.velocity_m_s
        if place_m is None or velocity is None or not thing.height_known or not thing.airborne:
            return None
        if not thing.hovering and np.linalg.norm(velocity) > SLOW_M_S:
            return None
        ways = (
            (*nearest_on_outline(place_m, building.corners_m), building)
            for building in self._buildings
        )
        nearest = min(ways, key=lambda way: way[0], default=None)
        if nearest is not None and nearest[0] <= FACADE_M:
            window_m = np.append(nearest[1], place_m[2])
            return Place(zone=nearest[2].id, position=self._plan.to_position(window_m))
        ground_m = np.append(landing(place_m, velocity), 0.0)
        zone = self._plan.zone_at(ground_m)
        if zone is None or zone.kind != "yard":
            return None
        return Place(zone=zone.id, position=self._plan.to_position(ground_m))


def _basis(thing: Thing) -> Literal["measured", "claimed", "both"]:
    if thing.measured_ns > 0:
        return "both" if thing.claim else "measured"
    return "claimed"


def _covariance(
    covariance_m2: Vector | None,
) -> tuple[float, float, float, float, float, float] | None:
    if covariance_m2 is None:
        return None
    ee, en, eu, nn, nu, uu = (
        round(float(covariance_m2[at]), 2)
        for at in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
    )
    return ee, en, eu, nn, nu, uu


def _course_deg(velocity: Vector | None) -> float | None:
    """Course over ground; None for what stands still, which has no course."""
    if velocity is None or np.hypot(velocity[0], velocity[1]) < 0.5:
        return None
    return round(float(np.degrees(np.arctan2(velocity[0], velocity[1])) % 360), 1) % 360
