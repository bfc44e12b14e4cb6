"""What a track's message tells beyond its place: support, class, the fence, a drop."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from msgspec.structs import replace

from havik.config.settings import AlarmSection, Building, Mounting, MqttSensor, SiteSection, Zone
from havik.drivers.readings import RemoteIdReport
from havik.gateway.claims import Claims
from havik.gateway.messages import Track
from havik.gateway.plan import Plan, Vector
from havik.gateway.things import Thing
from havik.gateway.tracks import Tracks
from havik.signal.tracking.tracker import Plot

SITE = SiteSection(name="noord", latitude_deg=54.0, longitude_deg=4.0, altitude_hae_m=40.0)
FENCE = Zone(id="fence", kind="perimeter", corners_m=((-50, -50), (50, -50), (50, 50), (-50, 50)))
YARD = Zone(id="yard", kind="yard", corners_m=((-20, -20), (20, -20), (20, 20), (-20, 20)))
CELLS = Building(id="cells", corners_m=((25, -40), (40, -40), (40, 40), (25, 40)), height_m=15.0)
RADAR = MqttSensor(
    id="radar", driver="x", topic="t",
    mounting=Mounting(north_m=-80.0, up_m=6.0, reach_m=300.0, width_deg=160.0, height_deg=90.0),
)  # fmt: skip
FINDER = MqttSensor(id="finder", driver="x", topic="t", mounting=Mounting(east_m=-300.0, up_m=15.0))
PLAN = Plan(SITE, [FENCE, YARD])
S = 10**9
T0 = 1_793_923_200 * S
Way = Callable[[float], tuple[float, float, float]]


class Room:
    """Tracks and claims of one site; times in seconds."""

    def __init__(self) -> None:
        self.claims = Claims()
        self.tracks = Tracks(SITE, AlarmSection(), PLAN, [RADAR, FINDER], [CELLS])

    def fly(
        self, way: Way, start_s: float, end_s: float, classes: Vector | None = None
    ) -> list[Thing]:
        """Ten frames a second; give what the last one renewed."""
        fresh: list[Thing] = []
        for step in range(round((end_s - start_s) * 10)):
            time_s = start_s + step / 10
            plot = Plot(np.array(way(time_s)), np.eye(3) * 0.25, classes)
            fresh = self.tracks.plots("radar", at(time_s), [plot])
        return fresh

    def claim(self, time_s: float, place: tuple[float, float, float]) -> Thing:
        report = replace(
            RemoteIdReport(time_ns=0, transmitter="AA"), serial_number="S1", operational_status=2,
            position=PLAN.to_position(np.array(place)), ground_speed_m_s=10.0, course_deg=90.0,
        )  # fmt: skip
        aircraft = self.claims.take("rid", report, at(time_s))
        thing = self.tracks.claim(aircraft, at(time_s))
        assert thing is not None
        return thing

    def told(self, thing: Thing, time_s: float) -> Track:
        return self.tracks.message(thing, at(time_s))


def at(time_s: float) -> int:
    return T0 + round(time_s * S)


def east(time_s: float) -> tuple[float, float, float]:
    """10 m/s to the east, 20 m north, from 150 m west of the middle."""
    return (10 * time_s - 150.0, 20.0, 15.0)


def test_a_claim_where_a_radar_sees_nothing_is_unsupported() -> None:
    room = Room()
    claims = [room.claim(t, (5.0 * t, 100.0, 30.0)) for t in range(4)]
    assert room.told(claims[-1], 3.0).claim_support is None
    supports = [
        room.told(room.claim(t, (5.0 * t, 100.0, 30.0)), t).claim_support for t in range(4, 8)
    ]
    assert supports == ["unsupported"] * 4


@pytest.mark.parametrize(
    "place", [(0.0, -200.0, 30.0), (0.0, 400.0, 30.0), (55.0, 20.0, 8.0), (0.0, 20.0, 1.0)]
)
def test_where_no_radar_sees_nothing_is_concluded(place: tuple[float, float, float]) -> None:
    """Behind it, too far, behind the building, and on the ground."""
    room = Room()
    assert {room.told(room.claim(t, place), t).claim_support for t in range(10)} == {None}


def test_a_claim_that_is_measured_is_supported_and_then_contradicted() -> None:
    room = Room()
    for second in range(1, 7):
        room.fly(east, second - 1.0, float(second))
        room.claim(float(second), east(second))
    room.fly(east, 6.0, 7.0)
    thing = room.claim(7.0, east(7.0))
    assert room.told(thing, 7.0).claim_support == "supported"
    for second in range(8, 12):  # the claim turns to the north, the aircraft does not
        (fresh,) = room.fly(east, second - 1.0, float(second))
        thing = room.claim(float(second), (-80.0, 20.0 + 60.0 * (second - 7), 15.0))
    told = room.told(thing, 11.0)
    assert (told.claim_support, told.basis, told.sensors) == ("contradicted", "claimed", ("rid",))
    (fresh,) = room.fly(east, 11.0, 12.0)
    told = room.told(fresh, 12.0)
    assert (told.basis, told.claims, told.sensors) == ("measured", (), ("radar",))
    assert told.track != thing.track


def test_a_claim_that_stands_beside_a_passing_aircraft_is_another() -> None:
    room = Room()
    for second in range(1, 12):
        room.fly(lambda t: (35 * t - 200.0, 20.0, 15.0), second - 1.0, float(second))
        thing = room.claim(float(second), (10.0, 20.0, 15.0))
        assert room.told(thing, float(second)).basis == "claimed"


def test_a_bearing_makes_the_emitter_part_of_the_aircraft() -> None:
    room = Room()
    (thing,) = room.fly(east, 0.0, 5.0)
    place = east(4.9)
    bearing_deg = float(np.degrees(np.arctan2(place[0] + 300.0, place[1])))
    assert room.tracks.bearing("finder", at(4.9), bearing_deg + 90.0, 3.0) == []
    (same,) = room.tracks.bearing("finder", at(4.9), bearing_deg + 1.0, 3.0)
    assert same is thing
    assert room.told(thing, 5.0).sensors == ("finder", "radar")
    assert room.tracks.bearing("unknown", at(4.9), bearing_deg, 3.0) == []


def test_the_time_to_the_fence_is_told_and_ends_at_it() -> None:
    room = Room()

    def high(time_s: float) -> tuple[float, float, float]:
        return (10 * time_s - 150.0, 20.0, 40.0)  # over the building

    (thing,) = room.fly(high, 0.0, 5.1)
    told = room.told(thing, 5.0)
    assert told.fence_s == pytest.approx(5.0, abs=0.3)  # 50 m at 10 m/s
    assert told.drop is None
    (thing,) = room.fly(high, 5.1, 11.0)
    assert room.told(thing, 11.0).fence_s == 0.0
    (thing,) = room.fly(high, 11.0, 21.0)
    assert room.told(thing, 21.0).fence_s is None  # 10 m behind it, and going


def test_the_covariance_is_of_the_place() -> None:
    room = Room()
    (thing,) = room.fly(east, 0.0, 5.0)
    told = room.told(thing, 5.0)
    assert told.covariance_m2 is not None
    ee, en, _, nn, _, uu = told.covariance_m2
    assert min(ee, nn, uu) > 0
    assert abs(en) < 0.1
    assert told.position_accuracy_m == pytest.approx(np.sqrt(ee + nn), abs=0.06)


def test_a_drop_is_foreseen_below_a_hover_over_a_yard() -> None:
    room = Room()
    (thing,) = room.fly(lambda t: (min(10 * t - 100.0, 5.0), 0.0, 12.0), 0.0, 15.0)
    drop = room.told(thing, 15.0).drop
    assert drop is not None and drop.zone == "yard" and drop.position is not None
    assert PLAN.to_enu(drop.position) == pytest.approx([5.0, 0.0, 0.0], abs=1.0)


def test_a_drop_is_foreseen_at_the_facade_that_it_hovers_before() -> None:
    room = Room()
    (thing,) = room.fly(lambda t: (min(10 * t - 100.0, 22.0), 0.0, 9.0), 0.0, 16.0)
    drop = room.told(thing, 16.0).drop
    assert drop is not None and drop.zone == "cells" and drop.position is not None
    assert PLAN.to_enu(drop.position) == pytest.approx([25.0, 0.0, 9.0], abs=1.0)


DRONE = np.array([0.5, 0.3, 0.05, 0.05, 0.1])
BIRD = np.array([0.3, 0.5, 0.05, 0.05, 0.1])
UNCLEAR = np.array([0.4, 0.4, 0.1, 0.05, 0.05])


@pytest.mark.parametrize(
    ("classes", "height_m", "name", "alarms"),
    [
        (DRONE, 15.0, "drone", True),
        (DRONE, 0.5, "vehicle", False),  # what is on the ground flies nowhere
        (BIRD, 15.0, "bird", False),
        (UNCLEAR, 15.0, "unknown", False),
        (None, 15.0, "unknown", False),
    ],
)
def test_a_silent_aircraft_that_passes_alarms_by_its_echo(
    classes: Vector | None, height_m: float, name: str, alarms: bool
) -> None:
    room = Room()
    (thing,) = room.fly(lambda t: (10 * t - 100.0, 20.0, height_m), 0.0, 8.0, classes)
    told = room.told(thing, 8.0)
    assert told.aircraft_class == name
    assert (told.class_confidence is None) == (name == "unknown")
    assert (room.tracks.sighting(thing, at(8.0)) is not None) == alarms


def test_mirror_images_are_no_tracks_and_are_counted() -> None:
    room = Room()
    assert room.fly(lambda t: (10 * t - 100.0, 20.0, -15.0), 0.0, 3.0) == []
    assert room.fly(lambda t: (80.0 + t, 20.0, 5.0), 3.0, 6.0) == []  # behind the building
    assert room.tracks.masked == 60
