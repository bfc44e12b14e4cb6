"""Simulated flights as their Remote ID shows them: honest ones, and ten kinds of lie.

Honest ones are no ideal: fading, losses, bad fixes, unknown values, modules with a wrong serial
number, operators far away, receivers whose clock is off. All are simulated.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ...signal.trust.behaviour import Behaviour, Moment
from ..physics import free_space_loss_db

KINDS = (
    "teleports",
    "too fast",
    "climbs too fast",
    "stands still while it claims to fly",
    "swarm of one transmitter",
    "near transmitter that claims to be far",
    "replays a recording",
    "repeats one frame",
    "invented serial and operator",
    "measured elsewhere",
)
CARRIER_HZ = 2.437e9
RECEIVER_M = (0.0, 0.0, 12.0)


@dataclass(frozen=True, slots=True)
class Flight:
    """One claimed flight, and what it is."""

    kind: str  # "honest", or one of KINDS
    behaviour: Behaviour
    distance_km: float  # from aircraft to operator, for a plain distance rule

    @property
    def is_spoof(self) -> bool:
        """Whether it is none."""
        return self.kind != "honest"


def honest(rng: np.random.Generator) -> Flight:
    """A flight that is what it claims."""
    count = int(rng.integers(20, 60))
    times = np.cumsum(rng.choice([1.0, 1.0, 1.0, 2.0, 3.0], count))
    true_m, speeds = _path(rng, times)
    power_dbm = rng.uniform(-5, 18) - rng.exponential(4)
    sight_m = np.linalg.norm(true_m - np.array(RECEIVER_M), axis=1)
    fading_db = _fading(rng, count)
    levels = [
        round(power_dbm - free_space_loss_db(float(far), CARRIER_HZ) + fade)
        for far, fade in zip(sight_m, fading_db, strict=True)
    ]
    claimed_m = true_m + rng.normal(0, rng.uniform(0.5, 4), 3) + rng.normal(0, 0.5, true_m.shape)
    if rng.random() < 0.1:  # a bad fix
        claimed_m[rng.integers(count)] += rng.normal(0, 150, 3)
    offset_s = rng.normal(0, 0.6) if rng.random() > 0.03 else rng.normal(0, 4)
    steps = np.where(rng.random(count) < 0.85, 1, rng.integers(2, 6, count))
    counted: list[int] = (np.cumsum(steps) % 256).tolist()
    counters = counted if rng.random() < 0.7 else [None] * count
    knows_speed, has_clock = rng.random() > 0.1, rng.random() < 0.8
    moments = [
        Moment(
            time_s=float(times[n]),
            place_m=(float(claimed_m[n, 0]), float(claimed_m[n, 1]), float(claimed_m[n, 2])),
            speed_m_s=float(abs(speeds[n] + rng.normal(0, 0.4))) if knows_speed else None,
            receiver_m=RECEIVER_M,
            level_dbm=float(levels[n]),
            counter=counters[n],
            clock_offset_s=float(offset_s + rng.normal(0, 0.2)) if has_clock else None,
        )
        for n in range(count)
    ]
    away_m = float(rng.lognormal(math.log(400), 1.0))
    behaviour = Behaviour(
        CARRIER_HZ,
        serial_is_wrong=bool(rng.random() < 0.02),
        operator_away_m=away_m if rng.random() < 0.9 else None,
        support=float(rng.choice([0.0, 0.0, -1.0, 0.4], p=[0.4, 0.3, 0.28, 0.02])),
    )
    behaviour.moments.extend(moments)
    return Flight("honest", behaviour, away_m / 1e3)


def spoofed(kind: str, rng: np.random.Generator) -> Flight:
    """One lie of `KINDS`, told from an ordinary transmitter on the ground."""
    flight = _LIES[kind](honest(rng), rng)
    return replace(flight, kind=kind)


def _path(
    rng: np.random.Generator, times: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> tuple[
    np.ndarray[tuple[int, int], np.dtype[np.float64]], np.ndarray[tuple[int], np.dtype[np.float64]]
]:
    """A way with turns and stops; east, north, up in metres, and the ground speed at each time."""
    count = len(times)
    place = np.array([*rng.normal(0, 600, 2), rng.uniform(20, 110)])
    course, top = rng.uniform(0, 2 * np.pi), rng.uniform(3, 22)
    speed = top * rng.random()
    places, speeds = np.empty((count, 3)), np.empty(count)
    last = times[0]
    for n in range(count):
        step_s, last = float(times[n] - last), times[n]
        wanted = 0.0 if rng.random() < 0.1 else top
        speed += np.clip(wanted - speed, -3, 3) * min(step_s, 1.0)
        course += rng.normal(0, 0.25)
        climb = rng.normal(0, 1.2)
        place = place + step_s * np.array([speed * np.sin(course), speed * np.cos(course), climb])
        place[2] = max(place[2], 2.0)
        places[n], speeds[n] = place, speed
    return places, speeds


def _fading(rng: np.random.Generator, count: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Slow and fast fading together, dB."""
    slow, now = np.empty(count), rng.normal(0, 2)
    for n in range(count):
        now = 0.9 * now + rng.normal(0, 0.9)
        slow[n] = now
    return slow + rng.normal(0, rng.uniform(1.5, 4), count)


def _changed(flight: Flight, **values: object) -> Flight:
    behaviour = replace(flight.behaviour, **values)  # type: ignore[arg-type]  # by name, all ours
    return replace(flight, behaviour=behaviour)


def _moments(flight: Flight, moments: list[Moment]) -> Flight:
    fresh = replace(flight.behaviour, moments=type(flight.behaviour.moments)(maxlen=64))
    fresh.moments.extend(moments)
    return replace(flight, behaviour=fresh)


def _grounded(flight: Flight, rng: np.random.Generator) -> list[Moment]:
    """The same claims from a transmitter that does not move: the level stays."""
    far_m = float(rng.uniform(30, 500))
    level = rng.uniform(5, 20) - free_space_loss_db(far_m, CARRIER_HZ)
    fading = _fading(rng, len(flight.behaviour.moments)) * 0.6
    return [
        replace(one, level_dbm=float(round(level + fade)))
        for one, fade in zip(flight.behaviour.moments, fading, strict=True)
    ]


def _moved(one: Moment, east: float, north: float, up: float) -> Moment:
    assert one.place_m is not None
    return replace(
        one, place_m=(one.place_m[0] + east, one.place_m[1] + north, one.place_m[2] + up)
    )


def _teleports(flight: Flight, rng: np.random.Generator) -> Flight:
    size = rng.uniform(150, 1500)
    told = [
        _moved(one, rng.normal(0, size), rng.normal(0, size), 0) for one in _grounded(flight, rng)
    ]
    return _moments(flight, told)


def _too_fast(flight: Flight, rng: np.random.Generator) -> Flight:
    speed = rng.uniform(70, 250)
    told = [
        replace(_moved(one, speed * one.time_s, 0, 0), speed_m_s=speed * rng.uniform(0.8, 1.2))
        for one in _grounded(flight, rng)
    ]
    return _moments(flight, told)


def _climbs(flight: Flight, rng: np.random.Generator) -> Flight:
    told = [
        _moved(one, 0, 0, float(rng.uniform(20, 60)) * (n % 2) * 2)
        for n, one in enumerate(_grounded(flight, rng))
    ]
    return _moments(flight, told)


def _stands(flight: Flight, rng: np.random.Generator) -> Flight:
    """A smooth way through the receiver's whole range, told from one place."""
    start, course = rng.uniform(800, 3000), rng.uniform(0, 2 * np.pi)
    speed = rng.uniform(10, 25)
    told: list[Moment] = []
    for one in _grounded(flight, rng):
        along = start - speed * one.time_s
        told.append(
            replace(
                one,
                place_m=(along * np.sin(course), along * np.cos(course) + 30, 60.0),
                speed_m_s=speed,
            )
        )
    return _moments(flight, told)


def _swarm(flight: Flight, rng: np.random.Generator) -> Flight:
    flight = _moments(flight, _grounded(flight, rng))
    return _changed(flight, sharing=int(rng.integers(4, 60)))


def _near(flight: Flight, rng: np.random.Generator) -> Flight:
    away, course = rng.uniform(8e3, 40e3), rng.uniform(0, 2 * np.pi)
    told = [
        _moved(one, away * np.sin(course), away * np.cos(course), 0)
        for one in _grounded(flight, rng)
    ]
    told = [replace(one, level_dbm=float(rng.normal(-55, 2))) for one in told]
    return _moments(flight, told)


def _replays(flight: Flight, rng: np.random.Generator) -> Flight:
    late_s = float(rng.uniform(20, 1700) * rng.choice([-1, 1]))
    told = [replace(one, clock_offset_s=late_s) for one in _grounded(flight, rng)]
    return _moments(flight, told)


def _repeats(flight: Flight, rng: np.random.Generator) -> Flight:
    counter = int(rng.integers(256))
    told = [replace(one, counter=counter) for one in _grounded(flight, rng)]
    return _moments(flight, told)


def _invented(flight: Flight, rng: np.random.Generator) -> Flight:
    away_m = float(rng.uniform(25e3, 5e6))
    flight = _moments(flight, _grounded(flight, rng))
    return replace(
        _changed(flight, serial_is_wrong=bool(rng.random() < 0.8), operator_away_m=away_m),
        distance_km=away_m / 1e3,
    )


def _elsewhere(flight: Flight, rng: np.random.Generator) -> Flight:
    return _changed(_moments(flight, _grounded(flight, rng)), support=1.0)


_LIES: dict[str, Callable[[Flight, np.random.Generator], Flight]] = dict(
    zip(
        KINDS,
        (
            _teleports, _too_fast, _climbs, _stands, _swarm,
            _near, _replays, _repeats, _invented, _elsewhere,
        ),
        strict=True,
    )
)  # fmt: skip
