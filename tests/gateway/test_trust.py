"""Claims to scores, and what the site makes of a spoofer."""

from __future__ import annotations

import math

from msgspec.structs import replace

from havik.config.settings import Mounting, MqttSensor, Settings, SiteSection, Zone
from havik.drivers.readings import Position, RemoteIdReport
from havik.gateway.detect import ClaimEvidence
from havik.gateway.fusion import Fusion, Told
from havik.gateway.messages import Incident, Track

SITE = SiteSection(name="noord", latitude_deg=54.0, longitude_deg=4.0)
SENSOR = MqttSensor(id="rid", driver="dronescout", topic="a", mounting=Mounting(up_m=10.0))
YARD = Zone(id="yard-b", kind="yard", corners_m=((-50, -50), (50, -50), (50, 50), (-50, 50)))
SECOND_NS = 1_000_000_000
DEGREE_M = 111_320.0
START_NS = 1_800_000_000 * SECOND_NS


def report(second: int, number: int = 0, level_dbm: float | None = None) -> RemoteIdReport:
    """An aircraft that comes from the north at 15 m/s; its level is of free space unless given."""
    north_m = 700.0 - 15.0 * second
    heard_dbm = 10 - 40.18 - 20 * math.log10(math.hypot(north_m, 30.0))
    return RemoteIdReport(
        time_ns=START_NS + second * SECOND_NS,
        transmitter=f"02:00:00:00:00:{number:02X}",
        level_dbm=heard_dbm if level_dbm is None else level_dbm,
        serial_number=f"MFR1C{number:012d}",
        operational_status=2,
        position=Position(
            latitude_deg=54.0 + north_m / DEGREE_M, longitude_deg=4.0, altitude_hae_m=40.0
        ),
        course_deg=180.0,
        ground_speed_m_s=15.0,
        climb_m_s=0.0,
    )


def play(reports: list[RemoteIdReport]) -> list[Told]:
    fusion = Fusion(Settings(site=SITE, sensors=(SENSOR,), zones=(YARD,)))
    told: list[Told] = []
    for one in reports:
        told += fusion.take(ClaimEvidence("rid", one.time_ns, one, SITE))
        told += fusion.tick(one.time_ns)
    return told


def tracks(told: list[Told]) -> list[Track]:
    return [one for one in told if isinstance(one, Track)]


def spoofers(told: list[Told]) -> set[str]:
    return {one.incident for one in told if isinstance(one, Incident) and one.kind == "spoofer"}


def test_an_honest_flight_is_believed() -> None:
    told = play([report(second) for second in range(40)])
    assert all((track.spoof or 0.0) < 0.1 for track in tracks(told))
    assert tracks(told)[-1].spoof_reasons == ()
    assert spoofers(told) == set()


def test_a_transmitter_on_the_ground_that_claims_to_fly_is_a_spoofer() -> None:
    lies = [replace(report(second, level_dbm=-30.0), ground_speed_m_s=60.0) for second in range(40)]
    told = play(lies)
    last = tracks(told)[-1]
    assert last.spoof is not None and last.spoof > 0.9
    assert "level" in last.spoof_reasons
    incident = [one for one in told if isinstance(one, Incident) and one.kind == "spoofer"][-1]
    assert "level" in incident.spoof_reasons
    assert incident.position is None


def test_one_spoofer_is_one_incident_however_many_aircraft_it_invents() -> None:
    lies = [
        replace(report(second, number), transmitter="02:00:00:00:00:00")
        for second in range(20)
        for number in range(12)
    ]
    assert len(spoofers(play(lies))) == 1


def test_zones_are_entered_and_left() -> None:
    told = play([report(second) for second in range(60)])
    incident = [one for one in told if isinstance(one, Incident)][-1]
    moves = [(step.step, step.zone) for step in incident.passages]
    assert moves == [("entered", "yard-b"), ("left", "yard-b")]
