"""Scenes as types: what moves on and around a site, for the simulators to observe.

A scene names the settings of the site that it plays on; the devices are that site's sensors. Places
are [east, north, up] in metres from the site's origin, times are seconds from the scene's start.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec

from .loader import SettingsError, load
from .settings import Name, Settings
from .zones import zone_problems

Place = tuple[float, float, float]
Positive = Annotated[float, msgspec.Meta(gt=0)]
NotNegative = Annotated[float, msgspec.Meta(ge=0)]


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Leg(_Section, frozen=True, kw_only=True):
    """A straight way from rest to rest, a wait at its end, and what is let go of meanwhile."""

    to_m: Place
    speed_m_s: Positive
    wait_s: NotNegative = 0.0
    drop_after_s: NotNegative | None = None  # of the wait; only an aircraft can drop


class _Thing(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"
):
    """What all things share: it is there from its start to the end of its last wait."""

    name: Name
    starts_at_s: float = 0.0
    from_m: Place
    acceleration_m_s2: Positive
    legs: Annotated[tuple[Leg, ...], msgspec.Meta(min_length=1)]


class Drone(_Thing, frozen=True, kw_only=True, tag="drone"):
    """An aircraft that broadcasts Remote ID and the drone maker's DroneID.

    The position that it claims for its operator is as true as the scene wants it to be.
    """

    serial_number: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-HJ-NP-Z]{6,20}$")]
    operator_m: Place
    remote_id_dbm: float = 10.0  # radiated power (EIRP) of each broadcast
    droneid_dbm: float = 14.0


class Bird(_Thing, frozen=True, kw_only=True, tag="bird"):
    """A bird: it beats its wings and wanders about its way."""

    wander_m: NotNegative = 2.0
    wing_beats_hz: Positive = 3.5


class Car(_Thing, frozen=True, kw_only=True, tag="car"):
    """A car on a road."""


class Person(_Thing, frozen=True, kw_only=True, tag="person"):
    """Somebody on foot."""


Thing = Drone | Bird | Car | Person


class Scene(_Section, frozen=True, kw_only=True):
    """All that happens, and the site that it happens on (a path from the scene's file)."""

    name: Name
    site: str
    seed: Annotated[int, msgspec.Meta(ge=0)]
    length_s: Positive
    things: tuple[Thing, ...] = ()


def load_scene(file: Path) -> tuple[Scene, Settings]:
    """Read a scene and the site that it plays on.

    Raises
    ------
    SettingsError
        If either cannot be used; each problem names its key and the remedy.
    """
    scene = load(file, Scene)
    if problems := list(scene_problems(scene)):
        raise SettingsError(file, problems)
    site_file = file.parent / scene.site
    site = load(site_file, Settings)
    if problems := list(zone_problems(site.zones)):
        raise SettingsError(site_file, problems)
    return scene, site


def scene_problems(scene: Scene) -> Iterator[str]:
    """Give what is wrong with a scene beyond its types, one line each."""
    names = Counter(thing.name for thing in scene.things)
    for name in (name for name, count in names.items() if count > 1):
        yield f"`things`: {name} is there twice; give each a name of its own"
    for number, thing in enumerate(scene.things):
        key = f"things[{number}]"
        if thing.from_m[2] < 0:
            yield f"`{key}.from_m`: {thing.name} starts below ground; raise its third number"
        for index, leg in enumerate(thing.legs):
            yield from _leg_problems(f"{key}.legs[{index}]", thing, leg)


def _leg_problems(key: str, thing: Thing, leg: Leg) -> Iterator[str]:
    if leg.to_m[2] < 0:
        yield f"`{key}.to_m`: {thing.name} goes below ground; raise its third number"
    if leg.drop_after_s is None:
        return
    if not isinstance(thing, Drone):
        yield f"`{key}.drop_after_s`: only a drone drops things; remove it"
    elif leg.drop_after_s > leg.wait_s:
        yield f"`{key}.drop_after_s`: later than the wait's end; make it at most {leg.wait_s:g}"
