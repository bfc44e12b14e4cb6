"""What is really there, to score a gateway against: one row for each thing and moment."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from .instrument import Stamp
from .scene import World

PERIOD_S = 0.5


class ThingRow(msgspec.Struct, frozen=True, kw_only=True, tag="thing", tag_field="truth"):
    """Where one thing is; east, north, up in metres from the site's origin."""

    time_s: float
    time_ns: int
    name: str
    kind: str
    position_m: tuple[float, float, float]
    velocity_m_s: tuple[float, float, float]


class DropRow(msgspec.Struct, frozen=True, kw_only=True, tag="drop", tag_field="truth"):
    """A package came to the ground."""

    time_s: float
    time_ns: int
    name: str
    position_m: tuple[float, float, float]


Row = ThingRow | DropRow


def truth(world: World, stamp: Stamp) -> Iterator[Row]:
    """Give all rows of a scene, in order of time."""
    drops = sorted(world.drops, key=lambda drop: drop.landed_s)
    for step in range(int(world.scene.length_s / PERIOD_S) + 1):
        time_s = step * PERIOD_S
        while drops and drops[0].landed_s <= time_s:
            drop = drops.pop(0)
            east_m, north_m, _ = drop.released_m.tolist()
            yield DropRow(
                time_s=drop.landed_s,
                time_ns=stamp(drop.landed_s),
                name=drop.name,
                position_m=(east_m, north_m, 0.0),
            )
        for body in world.at(time_s):
            yield ThingRow(
                time_s=time_s,
                time_ns=stamp(time_s),
                name=body.name,
                kind=body.kind,
                position_m=_rounded(body.position_m.tolist()),
                velocity_m_s=_rounded(body.velocity_m_s.tolist()),
            )


def _rounded(vector: list[float]) -> tuple[float, float, float]:
    east, north, up = (round(value, 3) for value in vector)
    return east, north, up
