"""Against the scene's truth and the formula of free-space loss; the figures are simulated."""

from __future__ import annotations

import math

import numpy as np
import pytest

from havik.config.scenes import Drone, Leg, Place, Scene
from havik.config.settings import Mounting, SiteSection
from havik.drivers.readings import RemoteIdReport, SensorStatus
from havik.drivers.remote_id.dronescout import DRIVER
from havik.gateway.plan import Plan
from havik.simulators.remote_id.dronescout import DroneScout
from havik.simulators.scene import World

START_NS = 1_790_000_000_123_456_789
SITE = SiteSection(name="s", latitude_deg=55.5, longitude_deg=3.5, altitude_hae_m=45)
OPERATOR = (-200.0, 50.0, 1.5)


def stamp(time_s: float) -> int:
    return START_NS + round(time_s * 1e9)


def drone(start: Place, *legs: Leg) -> Drone:
    return Drone(
        name="drone-1",
        serial_number="ZZZZC0000001",
        operator_m=OPERATOR,
        from_m=start,
        acceleration_m_s2=5,
        legs=legs,
    )


def hovering(place: Place, wait_s: float = 60.0) -> Drone:
    return drone(place, Leg(to_m=place, speed_m_s=1, wait_s=wait_s))


def receiver(*drones: Drone, length_s: float = 60.0) -> DroneScout:
    scene = Scene(name="test", site="none", seed=433, length_s=length_s, things=drones)
    return DroneScout(World(scene), "remote-id", Mounting(), SITE)


def heard(device: DroneScout) -> list[RemoteIdReport]:
    said = [report.what for report in device.reports(stamp)]
    return [report for report in said if isinstance(report, RemoteIdReport)]


def test_one_drone_is_heard_twice_a_second_from_two_addresses() -> None:
    reports = heard(receiver(hovering((0, 100, 20))))
    assert len(reports) == 120
    radios = {(r.transport, r.channel, r.transmitter) for r in reports}
    assert {(transport, channel) for transport, channel, _ in radios} == {
        ("wifi-beacon", 6),
        ("ble-legacy", 0),
    }
    addresses = {address for _, _, address in radios}
    assert len(addresses) == 2
    assert all(int(address[:2], 16) & 3 == 2 for address in addresses)  # local, unicast
    assert {r.serial_number for r in reports} == {"ZZZZC0000001"}
    assert all(r.time_ns % 1_000_000 == 0 for r in reports)


def test_it_claims_where_the_drone_is_as_far_as_it_knows() -> None:
    plan = Plan(SITE)
    reports = heard(receiver(hovering((30, 100, 20))))
    places = np.array([plan.to_enu(r.position) for r in reports if r.position])
    assert len(places) == 120
    assert places.mean(axis=0) == pytest.approx(np.array([30, 100, 20]), abs=1.2)
    assert places.std(axis=0) == pytest.approx(np.array([1.5, 1.5, 3.0]), rel=0.3)
    operator = reports[0].operator_position
    assert operator is not None
    assert plan.to_enu(operator) == pytest.approx(np.array(OPERATOR), abs=0.06)


def test_it_claims_how_the_drone_flies() -> None:
    east = heard(receiver(drone((-200, 100, 20), Leg(to_m=(400, 100, 20), speed_m_s=10))))[20]
    assert (east.course_deg, east.ground_speed_m_s, east.climb_m_s) == (90, 10, 0)
    down = heard(receiver(drone((0, 100, 80), Leg(to_m=(0, 100, 0), speed_m_s=4))))
    assert (down[20].course_deg, down[20].ground_speed_m_s, down[20].climb_m_s) == (None, 0, -4)
    assert (down[20].operational_status, down[-1].operational_status) == (2, 1)


@pytest.mark.parametrize("distance_m", [30, 100, 300])
def test_the_level_falls_with_distance(distance_m: float) -> None:
    levels = [r.level_dbm for r in heard(receiver(hovering((0, distance_m, 0))))]
    loss_db = 32.45 + 20 * math.log10(2437) + 20 * math.log10(distance_m / 1000)
    known = [level for level in levels if level is not None]
    assert len(known) == 120
    assert np.mean(known) == pytest.approx(10 - loss_db, abs=1.0)


def test_far_away_or_landed_it_is_not_heard() -> None:
    assert heard(receiver(hovering((0, 4000, 20)))) == []
    assert len(heard(receiver(hovering((0, 100, 20), wait_s=10.0)))) == 20


def test_its_driver_reads_what_it_sends() -> None:
    device = receiver(hovering((30, 100, 20)), length_s=21.0)
    decoder = DRIVER.decoder()
    read = [r for sent in device.observe(stamp) for r in decoder.feed(sent.what, 0)]
    assert not decoder.refused
    reports = [r for r in read if isinstance(r, RemoteIdReport)]
    assert len(reports) == 42
    for report, truth in zip(reports, heard(device), strict=True):
        assert report.time_ns == truth.time_ns
        assert (report.transmitter, report.transport) == (truth.transmitter, truth.transport)
        assert report.position is not None and truth.position is not None
        assert report.position.latitude_deg == pytest.approx(truth.position.latitude_deg, abs=1e-7)
        assert report.position.altitude_hae_m == pytest.approx(
            truth.position.altitude_hae_m, abs=0.3
        )
        assert report.operational_status == 2
    status = [r for r in read if isinstance(r, SensorStatus)]
    assert [(s.receiver, s.state) for s in status] == [("remote-id", "normal")] * 3
