from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

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


def test_a_published_example() -> None:
    """The Matterhorn from Zermatt, in the manual of MATLAB's geodetic2enu."""
    zermatt = SiteSection(name="z", latitude_deg=46.017, longitude_deg=7.750, altitude_hae_m=1673)
    peak = Position(latitude_deg=45.976, longitude_deg=7.658, altitude_hae_m=4531)
    enu = Plan(zermatt).to_enu(peak)
    assert enu == pytest.approx([-7134.8, -4556.3, 2852.4], abs=0.05)
    back = Plan(zermatt).to_position(np.array([-7134.8, -4556.3, 2852.4]))
    assert back.latitude_deg == pytest.approx(45.976, abs=1e-6)
    assert back.longitude_deg == pytest.approx(7.658, abs=1e-6)


def by_hand(position: Position, origin: Position) -> NDArray[np.float64]:
    """East, north, up by way of ECEF (Hofmann-Wellenhof, GPS, 5th edition, 10.1 and 10.2)."""

    def ecef(place: Position) -> NDArray[np.float64]:
        a, f = 6_378_137.0, 1 / 298.257223563
        e2 = f * (2 - f)
        phi, lam = np.radians([place.latitude_deg, place.longitude_deg])
        n = a / np.sqrt(1 - e2 * np.sin(phi) ** 2)
        h = place.altitude_hae_m or 0.0
        return np.array(
            [
                (n + h) * np.cos(phi) * np.cos(lam),
                (n + h) * np.cos(phi) * np.sin(lam),
                (n * (1 - e2) + h) * np.sin(phi),
            ]
        )

    phi, lam = np.radians([origin.latitude_deg, origin.longitude_deg])
    turn = np.array(
        [
            [-np.sin(lam), np.cos(lam), 0],
            [-np.sin(phi) * np.cos(lam), -np.sin(phi) * np.sin(lam), np.cos(phi)],
            [np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)],
        ]
    )
    enu: NDArray[np.float64] = turn @ (ecef(position) - ecef(origin))
    return enu


near = st.floats(-0.02, 0.02)


@given(near, near, st.floats(-50, 500))
def test_the_plan_agrees_with_the_textbook_within_two_kilometres(
    north_deg: float, east_deg: float, up_m: float
) -> None:
    origin = Position(latitude_deg=54.0, longitude_deg=4.0, altitude_hae_m=40.0)
    place = Position(
        latitude_deg=54.0 + north_deg, longitude_deg=4.0 + east_deg, altitude_hae_m=40.0 + up_m
    )
    enu = Plan(SITE).to_enu(place)
    assert enu == pytest.approx(by_hand(place, origin), abs=1e-3)
    back = Plan(SITE).to_position(enu)
    # rounded to 1e-7 degrees (11 mm of latitude) and a decimetre
    assert back.latitude_deg == pytest.approx(place.latitude_deg, abs=1e-7)
    assert back.longitude_deg == pytest.approx(place.longitude_deg, abs=1e-7)
    assert back.altitude_hae_m == pytest.approx(place.altitude_hae_m, abs=0.06)


def test_many_places_are_those_of_one_at_a_time() -> None:
    plan = Plan(SITE)
    places = np.array([[0.0, 0.0, 0.0], [120.0, -75.0, 33.0], [-900.0, 1.0, 5.0]])
    assert plan.to_positions(places) == [plan.to_position(place) for place in places]


def test_an_unknown_altitude_is_the_sites_own() -> None:
    enu = Plan(SITE).to_enu(Position(latitude_deg=54.0, longitude_deg=4.0))
    assert enu == pytest.approx([0, 0, 0], abs=1e-6)


HOOKED = Zone(
    id="hook", kind="yard", corners_m=((0, 0), (30, 0), (30, 30), (20, 30), (20, 10), (0, 10))
)
INSIDE_HOOK: dict[tuple[float, float], bool] = {
    (5, 5): True,
    (25, 25): True,
    (25, 5): True,
    (10, 20): False,
    (19, 11): False,
    (31, 5): False,
    (5, -1): False,
}


@pytest.mark.parametrize("place", INSIDE_HOOK)
def test_a_zone_may_have_a_corner_that_points_inwards(place: tuple[float, float]) -> None:
    zone = Plan(SITE, [HOOKED]).zone_at(np.array([*place, 9.0]))
    assert (zone is not None) == INSIDE_HOOK[place]


def test_zones_that_touch_share_no_place_and_leave_none_out() -> None:
    west = Zone(id="west", kind="yard", corners_m=((0, 0), (10, 0), (10, 10), (0, 10)))
    east = Zone(id="east", kind="yard", corners_m=((10, 10), (10, 0), (20, 0), (20, 10)))
    for zones in ((west, east), (east, west)):
        zone = Plan(SITE, zones).zone_at(np.array([10.0, 5.0, 0.0]))
        assert zone is not None and zone.id == "east"
