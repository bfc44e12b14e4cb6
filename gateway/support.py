"""What the radars say of a claim: that it is true, that nothing is there, or that it is elsewhere.

A claimed aircraft is where a radar measures it as long as the two move together: their distance
stays within their errors and does not change faster than the delay of a broadcast explains. A claim
that lies in what a radar covers, and that no radar supports for long enough, is `unsupported`. One
that was measured and then goes another way than the measured aircraft is `contradicted`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..config.settings import Building, Mounting, Sensor
from ..signal.tracking.masks import View, Wall
from .plan import Vector

Support = Literal["supported", "unsupported", "contradicted"]

SAME_PLACE_M = 40.0  # Remote ID's usual error of 10 m, and a second of flight
DELAY_S = 1.0  # of a broadcast: an aircraft tells its place once a second (ASTM F3411-22a)
WANDERS_M = 15.0  # from one claim to the next, by the satellites' errors
SIGMAS = 3.0
UNSUPPORTED_AFTER = 5
"""So many claims in a row inside the coverage without support; five seconds of flight."""

CONTRADICTED_AFTER = 3
EDGE = 0.9  # of a view: a claim near its edge may be outside


@dataclass(slots=True)
class Verdict:
    """The history of one claimed aircraft's support, condensed."""

    support: Support | None = None
    alone: int = 0
    apart: int = 0
    offset_m: Vector | None = None  # of the last claim from the track that it is compared with
    of_track: int | None = None


def views(sensors: Iterable[Sensor], buildings: Iterable[Building]) -> dict[str, View]:
    """What each sensor with a known reach covers."""
    walls = tuple(
        Wall(start, end, building.height_m)
        for building in buildings
        for start, end in zip(
            building.corners_m, (*building.corners_m[1:], building.corners_m[0]), strict=True
        )
    )
    return {
        sensor.id: view_of(sensor.mounting, walls)
        for sensor in sensors
        if sensor.mounting.reach_m is not None
    }


def view_of(mounting: Mounting, walls: tuple[Wall, ...] = ()) -> View:
    """The view of one mounting."""
    return View(
        np.array([mounting.east_m, mounting.north_m, mounting.up_m]),
        facing_rad=float(np.radians(mounting.facing_deg)),
        tilt_rad=float(np.radians(mounting.tilt_deg)),
        range_m=np.inf if mounting.reach_m is None else mounting.reach_m,
        half_width_rad=float(np.radians(mounting.width_deg / 2)),
        half_height_rad=float(np.radians(mounting.height_deg / 2)),
        walls=walls,
    )


def covered(views_of: Iterable[View], place_m: Vector) -> bool:
    """Whether a sensor would surely see an aircraft there."""
    for view in views_of:
        inner = View(
            view.place_m, view.facing_rad, view.tilt_rad, view.range_m * EDGE,
            view.half_width_rad * EDGE, view.half_height_rad * EDGE, view.walls,
        )  # fmt: skip
        if bool(inner.sees(place_m[None])[0]):
            return True
    return False


def near_enough(offset_m: Vector, accuracy_m: float | None, track_accuracy_m: float | None) -> bool:
    """Whether a claim and a measurement may be of one aircraft, by their distance on the plan."""
    errors_m = np.hypot(accuracy_m or 0.0, track_accuracy_m or 0.0)
    return bool(np.linalg.norm(offset_m[:2]) <= max(SAME_PLACE_M, SIGMAS * errors_m))


def together(before_m: Vector | None, offset_m: Vector, speed_m_s: float) -> bool:
    """Whether a claim keeps its place beside a track from one claim to the next."""
    if before_m is None:
        return True
    moved_m = np.linalg.norm((offset_m - before_m)[:2])
    return bool(moved_m <= WANDERS_M + DELAY_S * speed_m_s / 2)


def judge_alone(verdict: Verdict, *, is_covered: bool) -> None:
    """Take in a claim that no measurement supports."""
    if verdict.support == "contradicted":
        return
    verdict.alone = verdict.alone + 1 if is_covered else 0
    if verdict.alone >= UNSUPPORTED_AFTER:
        verdict.support = "unsupported"
    elif not is_covered:
        verdict.support = None


def judge_joined(verdict: Verdict, *, agrees: bool) -> bool:
    """Take in a claim whose aircraft is measured; give whether the two must part."""
    if agrees:
        verdict.alone, verdict.apart, verdict.support = 0, 0, "supported"
        return False
    verdict.apart += 1
    if verdict.apart < CONTRADICTED_AFTER:
        return False
    verdict.support = "contradicted"
    return True
