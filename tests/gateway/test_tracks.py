from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from havik.config.settings import AlarmSection, SiteSection
from havik.drivers.readings import Position, RemoteIdReport
from havik.gateway.claims import Claims
from havik.gateway.messages import Track
from havik.gateway.plan import Plan
from havik.gateway.things import Thing
from havik.gateway.tracks import MOST_CLAIMED, Tracks
from havik.signal.tracking.tracker import Plot

SITE = SiteSection(name="noord", latitude_deg=54.0, longitude_deg=4.0, altitude_hae_m=40.0)
PLAN = Plan(SITE)
S = 10**9
T0 = 1_793_923_200 * S


class Room:
    """Tracks and claims together, as the gateway has them; times in seconds."""

    def __init__(self) -> None:
        self.claims = Claims()
        self.tracks = Tracks(SITE, AlarmSection(), PLAN)

    def radar(self, time_s: float, *places: tuple[float, float, float]) -> list[Thing]:
        plots = [Plot(np.array(place), np.eye(3) * 0.25) for place in places]
        return self.tracks.plots("radar", at(time_s), plots)

    def says(self, time_s: float, **values: object) -> Thing | None:
        report = replace(RemoteIdReport(time_ns=0, transmitter="AA"), **values)
        aircraft = self.claims.take("rid", report, at(time_s))
        return self.tracks.claim(aircraft, at(time_s))

    def claim(self, time_s: float, place: tuple[float, float, float], **values: object) -> Thing:
        flying: dict[str, object] = {
            "serial_number": "S1",
            "position": PLAN.to_position(np.array(place)),
            "ground_speed_m_s": 0.0,
            "operational_status": 2,
        }
        thing = self.says(time_s, **flying | values)
        assert thing is not None
        return thing

    def told(self, thing: Thing, time_s: float) -> Track:
        return self.tracks.message(thing, at(time_s))


def at(time_s: float) -> int:
    return T0 + round(time_s * S)


def flown_by_radar(room: Room, seconds: float, north_m: float = 20.0) -> Thing:
    """A flight to the east at 10 m/s and 15 m up, seen ten times a second from 0 s on."""
    fresh: list[Thing] = []
    for step in range(round(seconds * 10) + 1):
        fresh = room.radar(step / 10, (step - 50.0, north_m, 15.0))
    (thing,) = fresh
    return thing


def test_a_measured_flight_is_told_as_it_is() -> None:
    room = Room()
    told = room.told(flown_by_radar(room, 5.0), 5.0)
    assert (told.state, told.basis, told.claims, told.sensors) == (
        "alive",
        "measured",
        (),
        ("radar",),
    )
    assert told.position is not None
    assert PLAN.to_enu(told.position) == pytest.approx([0.0, 20.0, 15.0], abs=0.5)
    assert told.course_deg == pytest.approx(90.0, abs=1.0)
    assert told.speed_m_s == pytest.approx(10.0, abs=0.3)
    assert told.height_agl_m == pytest.approx(15.0, abs=0.5)
    assert told.aircraft_class == "unknown"  # it only flies by
    assert told.last_seen_ns == at(5.0)


def test_a_claimed_flight_is_told_as_claimed() -> None:
    room = Room()
    pilot = Position(latitude_deg=54.001, longitude_deg=4.001)
    thing = room.claim(
        0.0, (100.0, -50.0, 30.0), ground_speed_m_s=12.0, course_deg=270.0, climb_m_s=-1.0,
        operator_position=pilot, horizontal_accuracy_m=10.0,
    )  # fmt: skip
    told = room.told(thing, 0.0)
    assert (told.basis, told.aircraft_class, told.claims) == ("claimed", "drone", ("serial:S1",))
    assert told.operator_claimed == pilot
    assert (told.course_deg, told.climb_m_s, told.position_accuracy_m) == (270.0, -1.0, 10.0)
    assert told.speed_m_s == pytest.approx(np.hypot(12, 1), abs=0.05)


def test_a_claim_that_stays_beside_a_radar_track_is_that_track() -> None:
    room = Room()
    measured = flown_by_radar(room, 5.0)
    first = room.claim(5.01, (3.0, 24.0, 18.0))
    assert room.told(first, 5.01).basis == "claimed"
    joined = room.claim(6.01, (13.0, 18.0, 12.0))  # the radar's last plot lay 13 m off
    assert room.told(joined, 6.01).basis == "both"
    assert joined.track == first.track
    (gone,) = room.tracks.tick(at(6.02))
    assert (gone.track, gone.state) == (measured.track, "ended")
    (renewed,) = room.radar(6.1, (11.0, 20.0, 15.0))
    assert renewed.track == joined.track
    room.claim(6.2, (24.0, 20.0, 15.0))
    told = room.told(renewed, 6.2)
    assert told.sensors == ("radar", "rid")
    assert told.position is not None  # measured, though 13 m from what was claimed
    assert PLAN.to_enu(told.position) == pytest.approx([11.0, 20.0, 15.0], abs=1.5)


def test_a_claim_from_elsewhere_is_another_thing() -> None:
    room = Room()
    flown_by_radar(room, 5.0)
    thing = room.claim(5.0, (0.0, 20.0 + 300.0, 15.0))
    for second in range(5):
        assert room.claim(5.0 + second, (0.0, 20.0 + 300.0, 15.0)) is thing
    assert room.told(thing, 9.0).basis == "claimed"
    assert not thing.agreements


def test_agreements_are_kept_for_present_tracks_alone() -> None:
    room = Room()
    for flight in range(20):  # each passes the claim once, which is too little to be it
        start_s = 10.0 * flight
        for step in range(30):
            room.radar(start_s + step / 10, (step - 15.0, 20.0, 15.0))
        thing = room.claim(start_s + 3.0, (15.0, 20.0, 15.0))
        assert (thing.radar, list(thing.agreements.values())) == (None, [1])
        room.claim(start_s + 4.0, (0.0, 500.0, 15.0))
        room.tracks.tick(at(start_s + 9.0))


def test_a_renamed_claim_keeps_its_track() -> None:
    room = Room()
    room.says(0.0, transmitter="WIFI", serial_number="S1", operational_status=2)
    nameless = room.says(0.1, transmitter="BLE", operational_status=2)
    named = room.says(0.2, transmitter="BLE", serial_number="S1")
    assert named is not None and nameless is not None
    again = room.says(0.3, transmitter="WIFI", serial_number="S1")
    assert again is named
    room.tracks.tick(at(5.0))
    for second in range(1, 15):
        room.says(float(second), transmitter="BLE", serial_number="S1")
        room.tracks.tick(at(second))
    alive = room.says(15.0, transmitter="WIFI", serial_number="S1")
    assert alive is named


def test_a_track_that_was_joined_before_it_told_its_name_stays_joined() -> None:
    room = Room()
    flown_by_radar(room, 5.0)
    here = {"serial_number": None, "transmitter": "BLE"}
    room.claim(5.01, (0.0, 20.0, 15.0), **here)
    joined = room.claim(5.51, (5.0, 20.0, 15.0), **here)
    assert joined.radar is not None
    other = room.claim(5.6, (6.0, 20.0, 15.0), transmitter="WIFI")
    assert other is not joined
    named = room.claim(5.7, (7.0, 20.0, 15.0), transmitter="BLE")
    assert named is joined
    assert room.told(named, 5.7).claims == ("serial:S1",)
    assert room.told(named, 5.7).basis == "both"


def test_a_claimed_track_ends_after_ten_silent_seconds() -> None:
    room = Room()
    thing = room.claim(0.0, (100.0, 0.0, 30.0))
    assert not room.tracks.tick(at(10.0))
    (told,) = room.tracks.tick(at(10.1))
    assert (told.track, told.state) == (thing.track, "ended")
    assert not room.tracks.tick(at(20.0))


def test_a_measured_track_ends_when_the_radar_lets_go_of_it() -> None:
    room = Room()
    flown_by_radar(room, 3.0)
    assert not room.tracks.tick(at(6.0))
    (told,) = room.tracks.tick(at(6.1))
    assert told.state == "ended"


def test_consoles_hear_of_a_thing_twice_a_second_at_most() -> None:
    room = Room()
    thing = room.claim(0.0, (0.0, 0.0, 30.0))
    told = [step for step in range(21) if room.tracks.due(thing, at(step / 10))]
    assert told == [0, 5, 10, 15, 20]


def test_identities_beyond_so_many_are_counted_and_cost_no_track() -> None:
    room = Room()
    for number in range(MOST_CLAIMED + 50):
        claimed = room.says(0.0, transmitter=f"M{number}", serial_number=f"S{number}")
        assert (claimed is None) == (number >= MOST_CLAIMED)
    assert room.tracks.left_out == 50
    assert room.told(flown_by_radar(room, 5.0), 5.0).basis == "measured"  # it sees on
    assert len(room.tracks.tick(at(11.0))) == MOST_CLAIMED + 1
    assert room.says(12.0, transmitter="MX", serial_number="SX") is not None


# Sightings: what is a reason for an alarm.


def alarms(room: Room, thing: Thing | None, time_s: float) -> bool:
    assert thing is not None
    return room.tracks.sighting(thing, at(time_s)) is not None


def test_a_claim_in_the_air_and_near_alarms_and_one_on_the_ground_does_not() -> None:
    for place, status, alarm in (
        ((100.0, 0.0, 30.0), 2, True),
        ((100.0, 0.0, 0.0), 1, False),
        ((1990.0, 0.0, 30.0), 2, True),
        ((2010.0, 0.0, 30.0), 2, False),  # farther than claim_radius_m
        ((100.0, 0.0, 30.0), 0, True),  # it does not say: it may fly
        ((100.0, 0.0, 30.0), 3, True),  # an emergency is in the air
    ):
        room = Room()
        thing = room.claim(0.0, place, operational_status=status)
        assert alarms(room, thing, 0.0) == alarm, (place, status)


def test_a_claim_that_takes_off_alarms() -> None:
    room = Room()
    assert not alarms(room, room.claim(0.0, (50.0, 0.0, 0.0), operational_status=1), 0.0)
    assert alarms(room, room.claim(1.0, (50.0, 0.0, 2.0), operational_status=2), 1.0)


def test_a_name_without_a_location_waits_for_one() -> None:
    """BLE 4 adverts hold one message each: the name may be heard a second before the location."""
    room = Room()
    assert not alarms(room, room.says(0.0, serial_number="S1"), 0.0)
    assert not alarms(room, room.says(1.0, serial_number="S1"), 1.0)
    on_the_ground = room.claim(1.5, (50.0, 0.0, 0.0), operational_status=1)
    assert not alarms(room, on_the_ground, 1.5)


def test_a_name_that_never_tells_where_it_is_alarms() -> None:
    room = Room()
    assert not alarms(room, room.says(0.0, serial_number="S1"), 0.0)
    assert not alarms(room, room.says(2.9, serial_number="S1"), 2.9)
    assert alarms(room, room.says(3.0, serial_number="S1"), 3.0)


def test_one_that_says_that_it_flies_but_not_where_alarms_at_once() -> None:
    room = Room()
    assert alarms(room, room.says(0.0, serial_number="S1", operational_status=2), 0.0)


def test_a_drone_by_its_motion_alarms_though_it_claims_to_be_on_the_ground() -> None:
    room = Room()
    fresh: list[Thing] = []
    for step in range(90):  # in at 10 m/s, then 4 s of hover at 40 m
        fresh = room.radar(step / 10, (min(step - 10.0, 40.0), 20.0, 15.0))
    thing = room.claim(9.0, (40.0, 20.0, 0.0), operational_status=1)
    thing = room.claim(10.0, (40.0, 20.0, 0.0), operational_status=1)
    (measured,) = fresh
    assert alarms(room, measured, 10.0)
    assert alarms(room, thing, 10.0)
    sighting = room.tracks.sighting(thing, at(10.0))
    assert sighting is not None
    assert sighting.place_m == pytest.approx([40.0, 20.0, 15.0], abs=1.0)  # the radar's


def test_a_claim_tells_of_a_hover_beside_a_radar_that_cannot_see_it() -> None:
    room = Room()
    thing = room.claim(0.0, (-50.0, 0.0, 12.0), ground_speed_m_s=10.0, course_deg=90.0)
    assert not thing.hovering
    for second in range(1, 12):
        east_m = min(10.0 * second - 50.0, 20.0)
        speed = 10.0 if second < 7 else 0.0
        thing = room.claim(
            float(second), (east_m, 0.0, 12.0), ground_speed_m_s=speed, course_deg=90.0
        )
    sighting = room.tracks.sighting(thing, at(11.0))
    assert sighting is not None and sighting.hovering


def test_late_frames_of_a_second_radar_move_nothing_back() -> None:
    room = Room()
    thing = flown_by_radar(room, 5.0)
    (late,) = room.radar(4.8, (-2.0, 20.0, 15.0))
    assert late is thing
    assert late.last_seen_ns == at(5.0)
    room.radar(4.9)  # a late frame without plots renews nothing
    assert room.radar(4.9) == []


def test_an_unknown_height_is_not_told_as_known() -> None:
    room = Room()
    place = Position(latitude_deg=54.0, longitude_deg=4.0)
    told = room.told(room.claim(0.0, (0, 0, 0), position=place), 0.0)
    assert told.height_agl_m is None
    assert told.position == place
    told = room.told(room.claim(1.0, (0, 0, 0), position=place, height_m=22.0), 1.0)
    assert told.height_agl_m == 22.0
