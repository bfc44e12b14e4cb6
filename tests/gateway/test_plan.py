from __future__ import annotations

import numpy as np
import pytest

from havik.config.settings import Mounting, SiteSection, Zone
from havik.drivers.readings import Position
from havik.gateway.plan import Plan, mounted

SITE = SiteSection(name="noord", latitude_deg=54.0, longitude_deg=4.0, altitude_hae_m=40.0)
YARD = Zone(id="yard-b", kind="yard", corners_m=((0, 0), (40, 0), (40, 30), (0, 30)))
WALL = Zone(id="wall", kind="perimeter", corners_m=((-100, -80), (100, -80), (100, 80), (-100, 80)))


def test_positions_turn_there_and_back() -> None:
    plan = Plan(SITE)
    enu = np.array([120.0, -75.0, 33.0])
    assert plan.to_enu(plan.to_position(enu)) == pytest.approx(enu, abs=0.1)


def test_a_hundred_metres_north() -> None:
    # one degree of latitude at 54 degrees is 111.3 km on WGS 84
    enu = Plan(SITE).to_enu(Position(latitude_deg=54 + 100 / 111_290, longitude_deg=4.0))
    assert enu == pytest.approx([0, 100, 0], abs=0.1)


def test_the_smaller_zone_names_the_place() -> None:
    plan = Plan(SITE, [WALL, YARD])
    places = {(10, 10): "yard-b", (-50, 0): "wall", (101, 0): None, (0, -81): None}
    for (east, north), name in places.items():
        zone = plan.zone_at(np.array([east, north, 5.0]))
        assert (zone.id if zone else None) == name


@pytest.mark.parametrize(
    ("facing", "tilt", "own", "enu"),
    [
        (0, 0, (1, 10, 2), (1, 10, 2)),
        (90, 0, (1, 10, 2), (10, -1, 2)),
        (180, 0, (1, 10, 2), (-1, -10, 2)),
        (270, 0, (0, 10, 0), (-10, 0, 0)),
        (0, 90, (0, 10, 0), (0, 0, 10)),
        (0, 30, (0, 10, 0), (0, 8.660254, 5)),
    ],
)
def test_a_mounted_sensor_looks_where_it_is_turned(
    facing: float, tilt: float, own: tuple[float, ...], enu: tuple[float, ...]
) -> None:
    mounting = Mounting(east_m=5, north_m=-5, up_m=3, facing_deg=facing, tilt_deg=tilt)
    right, ahead, above = (np.array([value], np.float64) for value in own)
    assert mounted(mounting, right, ahead, above)[0] - [5, -5, 3] == pytest.approx(enu)
