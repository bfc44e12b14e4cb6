"""The world of a scene: where everything is at any time. Pure: time comes in, bodies come out.

East, north and up in metres about the site's origin; times in seconds from the scene's start.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..config.scenes import Bird, Car, Drone, Leg, Person, Scene, Thing
from .physics import GRAVITY_M_S2, fall_time_s, leg_time_s, leg_way_m

Vector = NDArray[np.float64]
Kind = Literal["drone", "bird", "car", "person", "package"]

_KIND: dict[type[Thing], Kind] = {Drone: "drone", Bird: "bird", Car: "car", Person: "person"}

DIFFERENCE_S = 1e-3  # of the central difference that gives velocities


@dataclass(frozen=True, slots=True)
class Body:
    """One thing at one moment.

    Parameters
    ----------
    name : str
    kind : str
    position_m, velocity_m_s : float64, shape (3,)
        East, north, up.
    drone : Drone or None
        What a drone broadcasts.
    """

    name: str
    kind: Kind
    position_m: Vector
    velocity_m_s: Vector
    drone: Drone | None = None


class Track:
    """The way of one thing: its legs with their starts in time.

    Parameters
    ----------
    thing : Thing
    rng : numpy Generator
        Draws what the scene leaves open: the phases of a bird's wandering.
    """

    def __init__(self, thing: Thing, rng: np.random.Generator) -> None:
        self.thing = thing
        self._legs: list[tuple[float, Vector, Leg]] = []
        self._phases = rng.uniform(0, 2 * np.pi, 4)
        start_s, start_m = thing.starts_at_s, np.array(thing.from_m)
        for leg in thing.legs:
            self._legs.append((start_s, start_m, leg))
            start_s += self._travel_s(start_m, leg) + leg.wait_s
            start_m = np.array(leg.to_m)
        self.ends_at_s = start_s

    def at(self, time_s: float) -> Vector:
        """Where it is; before its start at its first place, after its end at its last."""
        start_s, start_m, leg = next(
            (row for row in reversed(self._legs) if row[0] <= time_s), self._legs[0]
        )
        way_m = np.array(leg.to_m) - start_m
        distance_m = float(np.linalg.norm(way_m))
        done_m = leg_way_m(
            time_s - start_s, distance_m, leg.speed_m_s, self.thing.acceleration_m_s2
        )
        position_m: Vector = start_m + way_m * (done_m / distance_m if distance_m else 0.0)
        if isinstance(self.thing, Bird):
            position_m = position_m + self._wandering_m(self.thing, time_s)
        return position_m

    def drops(self) -> Iterator[tuple[float, Vector]]:
        """When and where it lets something go."""
        for start_s, start_m, leg in self._legs:
            if leg.drop_after_s is not None:
                moment_s = start_s + self._travel_s(start_m, leg) + leg.drop_after_s
                yield moment_s, np.array(leg.to_m)

    def _travel_s(self, start_m: Vector, leg: Leg) -> float:
        distance_m = float(np.linalg.norm(np.array(leg.to_m) - start_m))
        return leg_time_s(distance_m, leg.speed_m_s, self.thing.acceleration_m_s2)

    def _wandering_m(self, bird: Bird, time_s: float) -> Vector:
        """Slow swerves of a few seconds each, and the bobbing of the wing beat."""
        turns = 2 * np.pi * time_s * np.array([0.11, 0.17, 0.13, bird.wing_beats_hz])
        sway = np.sin(turns + self._phases)
        swerve: Vector = bird.wander_m * sway[:3] + np.array([0.0, 0.0, 0.05 * sway[3]])
        return swerve


@dataclass(frozen=True, slots=True)
class Drop:
    """A package that fell: when it was let go and where, and when it lay on the ground."""

    name: str
    released_s: float
    released_m: Vector
    landed_s: float

    def body(self, time_s: float) -> Body:
        """The package in free fall."""
        fallen_s = time_s - self.released_s
        down = np.array([0.0, 0.0, -1.0])
        position_m = self.released_m + down * GRAVITY_M_S2 * fallen_s**2 / 2
        return Body(self.name, "package", position_m, down * GRAVITY_M_S2 * fallen_s)


class World:
    """All that moves in a scene; what lies on the ground for good is not told."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._tracks = [Track(thing, generator(scene.seed, thing.name)) for thing in scene.things]
        self.drops = [
            Drop(f"{track.thing.name}-drop", time_s, place_m, time_s + fall_time_s(place_m[2]))
            for track in self._tracks
            for time_s, place_m in track.drops()
        ]

    def at(self, time_s: float) -> list[Body]:
        """Everything that is there at `time_s`."""
        bodies = [
            self._body(track, time_s)
            for track in self._tracks
            if track.thing.starts_at_s <= time_s <= track.ends_at_s
        ]
        falling = [d.body(time_s) for d in self.drops if d.released_s <= time_s < d.landed_s]
        return bodies + falling

    def _body(self, track: Track, time_s: float) -> Body:
        after_m, before_m = track.at(time_s + DIFFERENCE_S), track.at(time_s - DIFFERENCE_S)
        velocity_m_s = (after_m - before_m) / (2 * DIFFERENCE_S)
        thing = track.thing
        drone = thing if isinstance(thing, Drone) else None
        return Body(thing.name, _KIND[type(thing)], track.at(time_s), velocity_m_s, drone)


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """Random numbers for one purpose: the same seed and names give the same, in any order."""
    words = [zlib.crc32(name.encode()) if isinstance(name, str) else name for name in names]
    return np.random.default_rng([seed, *words])
