"""Whole scenes past simulated sensors: how many incidents there are, and of what.

All figures are simulated: they prove the rules, not a range or a rate of detection.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from havik.config.loader import load
from havik.config.scenes import Bird, Car, Drone, Leg, Person, Scene, Thing
from havik.config.settings import AlarmSection, Settings
from havik.drivers.readings import RemoteIdReport
from havik.gateway.detect import Detector, Evidence, RadioEvidence
from havik.gateway.fusion import Fusion, Told
from havik.gateway.incidents import RefusedError
from havik.gateway.messages import Detection, Find, Incident, Track, encode
from havik.gateway.plan import Plan
from havik.simulators.radar.ti_mmwave import FRAME_PERIOD_S, TiMmwave
from havik.simulators.radio.iq_receiver import IqReceiver
from havik.simulators.remote_id.dronescout import DroneScout
from havik.simulators.scene import World

SITE = replace(
    load(Path(__file__).parents[2] / "config/sites/night-drop.toml", Settings),
    alarm=AlarmSection(flight_gap_s=10.0),
)
PLAN = Plan(SITE.site, SITE.zones)
RADAR, REMOTE_ID, RECEIVER = SITE.sensors
SEEDS = range(5)
YARD_MIDDLE = (40.0, 40.0)
T0 = 1_793_923_200 * 10**9
Said = tuple[float, Evidence]


def at(time_s: float) -> int:
    return T0 + round(time_s * 1e9)


# What moves.


def drone(
    name: str = "drone",
    *,
    bearing_deg: float = 30.0,
    height_m: float = 12.0,
    speed_m_s: float = 12.0,
    over_m: tuple[float, float] = YARD_MIDDLE,
    starts_at_s: float = 0.0,
) -> Drone:
    """In from 120 m away, 8 s of hover, and back."""
    bearing = np.radians(bearing_deg)
    far_m = (
        over_m[0] + 120.0 * float(np.sin(bearing)),
        over_m[1] + 120.0 * float(np.cos(bearing)),
        height_m + 15.0,
    )
    return Drone(
        name=name,
        serial_number=f"ZZZZCSM{sum(name.encode()):010d}",
        operator_m=(100.0, 150.0, 1.5),
        starts_at_s=starts_at_s,
        from_m=far_m,
        acceleration_m_s2=6.0,
        legs=(
            Leg(to_m=(*over_m, height_m), speed_m_s=speed_m_s, wait_s=8.0, drop_after_s=4.0),
            Leg(to_m=far_m, speed_m_s=speed_m_s),
        ),
    )


def fly_by(name: str = "passing") -> Drone:
    return Drone(
        name=name, serial_number="ZZZZCSM0000000009", operator_m=(0.0, 0.0, 0.0),
        from_m=(-80.0, 40.0, 20.0), acceleration_m_s2=100.0,
        legs=(Leg(to_m=(200.0, 40.0, 20.0), speed_m_s=12.0),),
    )  # fmt: skip


def car(name: str = "car", *, stops: bool = False) -> Car:
    """At 18 m/s past the wall in front of the radar."""
    way = (40.0, 260.0) if stops else (260.0,)
    return Car(
        name=name, starts_at_s=2.0, from_m=(-120.0, 95.0, 0.0), acceleration_m_s2=2.5,
        legs=tuple(Leg(to_m=(x, 95.0, 0.0), speed_m_s=18.0, wait_s=8.0 * stops) for x in way),
    )  # fmt: skip


def runner() -> Person:
    corners = ((65.0, 60.0, 0.0), (15.0, 60.0, 0.0), (15.0, 20.0, 0.0))
    return Person(
        name="runner", from_m=(15.0, 20.0, 0.0), acceleration_m_s2=2.0,
        legs=tuple(Leg(to_m=corner, speed_m_s=5.0, wait_s=1.0) for corner in corners),
    )  # fmt: skip


def circling_bird() -> Bird:
    """Two and a half turns of 20 m about the yard's middle, at 9 m/s."""
    turn = np.radians(np.arange(0, 900, 15))
    ring = [(40 + 20 * float(np.sin(a)), 40 + 20 * float(np.cos(a)), 14.0) for a in turn]
    return Bird(
        name="bird", from_m=ring[0], acceleration_m_s2=300.0, wander_m=1.0,
        legs=tuple(Leg(to_m=place, speed_m_s=9.0) for place in ring[1:]),
    )  # fmt: skip


OTHERS = (car(), runner(), circling_bird())


# What the sensors say of it.


def by_radar(world: World, *, empty_sky: bool = True) -> Iterator[Said]:
    """Every frame; without the `empty_sky`, only those in which there is something."""
    radar, detector = TiMmwave(world, RADAR.id, RADAR.mounting), Detector(SITE.site, PLAN, RADAR)
    for number in range(int(world.scene.length_s / FRAME_PERIOD_S) + 1):
        time_s = number * FRAME_PERIOD_S
        if not (empty_sky or world.at(time_s)):
            continue
        frame = radar.frame(number, time_s, at(time_s))
        yield from ((time_s, said) for said in detector.take(frame, at(time_s)))


def by_remote_id(world: World) -> Iterator[Said]:
    receiver = DroneScout(world, REMOTE_ID.id, REMOTE_ID.mounting, SITE.site)
    detector = Detector(SITE.site, PLAN, REMOTE_ID)
    for said in receiver.reports(at):
        yield from ((said.time_s, one) for one in detector.take(said.what, at(said.time_s)))


def by_receiver(world: World) -> Iterator[Said]:
    receiver = IqReceiver(world, RECEIVER.id, RECEIVER.mounting)
    detector = Detector(SITE.site, PLAN, RECEIVER)
    for said in receiver.blocks(at):
        heard = [*detector.take(said.what, at(said.time_s)), *detector.flush()]
        yield from ((said.time_s, one) for one in heard)


def radio(*times_s: float) -> list[Said]:
    """DroneID bursts as a receiver hears them, without a place."""
    plain = Detection(
        id="d", site=SITE.site.name, time_ns=0, sensor="receiver", kind="radio-emission",
        label="dji-droneid", family="drone", confidence=0.99,
    )  # fmt: skip
    return [(t, RadioEvidence("receiver", at(t), replace(plain, time_ns=at(t)))) for t in times_s]


def invented(count: int) -> Iterator[Said]:
    """So many serial numbers from one transmitter outside the wall, twenty a second."""
    place = PLAN.to_position(np.array([300.0, 100.0, 30.0]))
    detector = Detector(SITE.site, PLAN, REMOTE_ID)
    for number in range(count):
        report = RemoteIdReport(
            time_ns=at(number / 20), transmitter="02:00:00:00:00:01", serial_number=f"S{number}",
            position=place, operational_status=2, ground_speed_m_s=0.0,
        )  # fmt: skip
        yield from ((number / 20, said) for said in detector.take(report, at(number / 20)))


def every(period_s: float, start_s: float, end_s: float) -> list[float]:
    return [float(t) for t in np.arange(start_s, end_s, period_s)]


def world(*things: Thing, seed: int = 0, length_s: float = 30.0) -> World:
    scene = Scene(name="x", site="x", seed=seed, length_s=length_s, things=things)
    return World(scene)


class Night:
    """What a gateway tells of a night."""

    def __init__(
        self, *streams: Iterable[Said], restored: Sequence[Incident] = (), ends_s: float = 60.0
    ) -> None:
        self.fusion = Fusion(SITE, restored)
        self.told: list[Told] = []
        ticked_s = 0.0
        for time_s, evidence in heapq.merge(*streams, key=lambda said: said[0]):
            while ticked_s + 0.5 <= time_s:
                ticked_s += 0.5
                self.told += self.fusion.tick(at(ticked_s))
            self.told += self.fusion.take(evidence)
            ends_s = max(ends_s, time_s)
        self.told += self.fusion.tick(at(ends_s + 11.0))

    @property
    def incidents(self) -> list[Incident]:
        """The newest version of each, in the order of their alarms."""
        newest = {one.incident: one for one in self.told if isinstance(one, Incident)}
        return list(newest.values())

    @property
    def classes(self) -> set[str]:
        """What the tracks that were told of were called in the end."""
        ended = (m for m in self.told if isinstance(m, Track) and m.state == "ended")
        return {track.aircraft_class for track in ended}


# One incident per flight, and none for the others (simulated).

FLIGHTS = {
    "low and slow from the north": drone(bearing_deg=0, height_m=8, speed_m_s=8),
    "from the north-east": drone(bearing_deg=60, height_m=12, speed_m_s=12),
    "high and fast from the south-east": drone(bearing_deg=120, height_m=20, speed_m_s=16),
    "from behind the radar": drone(bearing_deg=180, height_m=15, speed_m_s=14),
    "very high from the west": drone(bearing_deg=270, height_m=25, speed_m_s=10),
}


@pytest.mark.parametrize(
    ("flight", "seed"), [(name, seed) for n, name in enumerate(FLIGHTS) for seed in (n, n + 5)]
)
def test_radar_alone_gives_one_incident_for_a_drone_among_others(flight: str, seed: int) -> None:
    night = Night(by_radar(world(FLIGHTS[flight], *OTHERS, seed=seed)))
    (incident,) = night.incidents
    assert incident.hold == ("yard-b",)
    assert (incident.sensors, incident.claims, incident.labels) == (("radar-yard",), (), ())
    assert incident.drop is not None and incident.drop.position is not None
    east_m, north_m, _ = PLAN.to_enu(incident.drop.position)
    assert np.hypot(east_m - YARD_MIDDLE[0], north_m - YARD_MIDDLE[1]) < 5.0
    assert not incident.contact
    assert [step.step for step in incident.steps] == ["alarm", "drop-suspected", "contact-lost"]


@pytest.mark.parametrize("seed", SEEDS)
def test_no_incident_for_what_is_no_drone(seed: int) -> None:
    night = Night(by_radar(world(*OTHERS, car("stopping", stops=True), seed=seed)))
    assert night.incidents == []
    assert "vehicle" in night.classes  # it was seen, and called what it is
    assert "drone" not in night.classes


@pytest.mark.parametrize("seed", SEEDS)
def test_a_drone_with_radio_remote_id_and_radar_is_one_incident(seed: int) -> None:
    scene = world(drone(), seed=seed)
    bursts = radio(*every(0.64, 0.3, 28.0))
    night = Night(by_radar(scene), by_remote_id(scene), bursts)
    (incident,) = night.incidents
    assert incident.hold == ("yard-b",)
    assert set(incident.sensors) == {"radar-yard", "remote-id", "receiver"}
    assert incident.labels == ("dji-droneid",)
    assert len(incident.claims) == 1
    assert incident.operator_claimed is not None
    assert "both" in {track.basis for track in night.told if isinstance(track, Track)}


def test_a_drone_past_every_simulated_sensor_is_one_incident() -> None:
    scene = world(drone(), length_s=20.0)
    night = Night(by_radar(scene), by_remote_id(scene), by_receiver(scene))
    (incident,) = night.incidents
    assert set(incident.sensors) == {"radar-yard", "remote-id", "receiver"}
    assert incident.labels == ("dji-droneid",)
    assert incident.hold == ("yard-b",)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_drone_that_only_passes_alarms_by_what_it_sends(seed: int) -> None:
    scene = world(fly_by(), seed=seed)
    seen = [*by_radar(scene, empty_sky=False)]
    assert Night(seen).incidents == []  # by motion alone it may be a bird
    (incident,) = Night(seen, by_remote_id(scene)).incidents
    assert incident.drop is None
    assert incident.hold == ("yard-b",)  # it flew over, and may have let something go


@pytest.mark.parametrize("seed", SEEDS)
def test_two_drones_one_after_the_other_are_two_incidents(seed: int) -> None:
    scene = world(drone("first"), drone("second", starts_at_s=60.0), seed=seed, length_s=95.0)
    night = Night(by_radar(scene, empty_sky=False), ends_s=95.0)
    first, second = night.incidents
    assert second.first_contact_ns - first.first_contact_ns == pytest.approx(60e9, abs=3e9)
    assert first.hold == second.hold == ("yard-b",)


@pytest.mark.parametrize("seed", SEEDS)
def test_two_drones_at_once_and_far_apart_are_two_incidents(seed: int) -> None:
    """220 m apart: farther than `NEAR_M`, and both within the receiver's reach."""
    west, east = (-90.0, 60.0), (130.0, 60.0)
    scene = world(
        drone("west", bearing_deg=300, over_m=west),
        drone("east", bearing_deg=60, over_m=east),
        seed=seed,
    )
    night = Night(by_remote_id(scene), by_radar(scene))
    assert sorted(len(incident.claims) for incident in night.incidents) == [1, 1]


def test_a_real_drone_is_held_to_its_yard_in_the_middle_of_a_swarm_of_claims() -> None:
    scene = world(drone())
    night = Night(by_radar(scene), invented(600))
    assert [zone for incident in night.incidents for zone in incident.hold] == ["yard-b"]


# Restarts.


def test_a_flight_goes_on_over_a_restart_of_the_gateway() -> None:
    scene = world(drone())
    whole = [*heapq.merge(by_radar(scene), by_remote_id(scene), key=lambda said: said[0])]
    (whole_night,) = Night(whole).incidents
    before = Night([said for said in whole if said[0] < 12.0], ends_s=1.0)
    (open_then,) = before.fusion.incidents.open
    as_recorded = [m for m in before.told if isinstance(m, Incident) and m.contact]
    assert as_recorded[-1].incident == open_then.incident
    after = Night([said for said in whole if said[0] >= 15.0], restored=[as_recorded[-1]])
    (incident,) = after.incidents
    assert incident.incident == open_then.incident
    assert incident.hold == whole_night.hold == ("yard-b",)
    assert incident.version > as_recorded[-1].version


def test_a_hold_outlives_a_restart() -> None:
    (incident,) = Night(by_radar(world(drone()))).incidents
    room = Fusion(SITE, [incident]).incidents
    with pytest.raises(RefusedError, match="yard-b on hold"):
        room.close(incident.incident, "desk", None, at(100))
    with pytest.raises(RefusedError, match="has not been searched"):
        room.release(incident.incident, "yard-b", "shift-lead", at(100))
    find = Find(
        id="f", site=SITE.site.name, time_ns=at(101), find="f1", found_at_ns=at(101), place="yard",
        place_ref="yard-b", method="drone_alarm_search", incident=incident.incident,
        negative_search=True,
    )  # fmt: skip
    room.record(find, at(101))
    room.release(incident.incident, "yard-b", "shift-lead", at(102))
    assert room.close(incident.incident, "desk", None, at(103)).state == "closed"


# What is told.


def test_the_same_evidence_gives_the_same_incidents() -> None:
    scene = world(drone(), *OTHERS)
    stream = [*heapq.merge(by_radar(scene), by_remote_id(scene), key=lambda said: said[0])]

    def story(night: Night) -> list[tuple[object, ...]]:
        return [
            (one.version, one.time_ns, one.state, one.hold, one.position, one.claims)
            for one in night.told
            if isinstance(one, Incident)
        ]

    assert story(Night(stream)) == story(Night(stream))


def test_tracks_name_their_incident_to_the_end() -> None:
    night = Night(by_radar(world(drone())))
    (incident,) = night.incidents
    ended = [m for m in night.told if isinstance(m, Track) and m.state == "ended"]
    assert [track.incident for track in ended if track.track in incident.tracks] == [
        incident.incident
    ]


def test_all_that_is_told_can_be_sent() -> None:
    scene = world(drone(), *OTHERS)
    night = Night(by_radar(scene), by_remote_id(scene), radio(1.0))
    assert {type(message) for message in night.told} == {Detection, Track, Incident}
    for message in night.told:
        assert encode(message)
    ids = [message.id for message in night.told if message.id != "d"]
    assert len(set(ids)) == len(ids)
