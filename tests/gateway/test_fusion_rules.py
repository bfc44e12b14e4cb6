"""The rules of fusion on evidence made by hand: radio without a place, claims, swarms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace as replaced
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from havik.config.loader import load
from havik.config.settings import AlarmSection, Settings
from havik.drivers.readings import Position, RemoteIdReport
from havik.gateway.detect import ClaimEvidence, Detector, Evidence, RadioEvidence
from havik.gateway.fusion import Fusion, Told
from havik.gateway.incidents import MOST_NAMED
from havik.gateway.messages import Detection, Incident, Track, encode
from havik.gateway.plan import Plan

SITE = replace(
    load(Path(__file__).parents[2] / "config/sites/night-drop.toml", Settings),
    alarm=AlarmSection(flight_gap_s=10.0),
)
PLAN = Plan(SITE.site, SITE.zones)
REMOTE_ID = SITE.sensors[1]
T0 = 1_793_923_200 * 10**9
Said = tuple[float, Evidence]


def at(time_s: float) -> int:
    return T0 + round(time_s * 1e9)


class Night:
    """What a gateway tells of a night; it looks at its clock twice a second."""

    def __init__(self, said: Iterable[Said]) -> None:
        self.fusion = Fusion(SITE)
        self.told: list[Told] = []
        ticked_s = 0.0
        for time_s, evidence in said:
            while ticked_s + 0.5 <= time_s:
                ticked_s += 0.5
                self.told += self.fusion.tick(at(ticked_s))
            self.told += self.fusion.take(evidence)
        self.told += self.fusion.tick(at(ticked_s + 60.0))

    @property
    def incidents(self) -> list[Incident]:
        """The newest version of each, in the order of their alarms."""
        newest = {one.incident: one for one in self.told if isinstance(one, Incident)}
        return list(newest.values())


def radio(*times_s: float, confidence: float = 0.99, family: str = "drone") -> list[Said]:
    """Emissions as a receiver hears them, without a place."""
    plain = Detection(
        id="d", site=SITE.site.name, time_ns=0, sensor="receiver", kind="radio-emission",
        label="dji-droneid", confidence=confidence,
    )  # fmt: skip
    return [
        (t, RadioEvidence("receiver", at(t), replace(plain, time_ns=at(t), family=family)))
        for t in times_s
    ]


def every(period_s: float, start_s: float, end_s: float) -> list[float]:
    return [float(t) for t in np.arange(start_s, end_s, period_s)]


# Radio alone.


def test_radio_alone_is_one_incident_that_has_every_yard_searched() -> None:
    (incident,) = Night(radio(*every(0.64, 0.0, 20.0))).incidents
    assert [place.zone for place in incident.search] == [zone.id for zone in PLAN.yards()]
    assert (incident.hold, incident.position, incident.contact) == ((), None, False)


@pytest.mark.parametrize(("gap_s", "flights"), [(9.9, 1), (10.1, 2)])
def test_a_gap_longer_than_the_settings_allow_makes_a_second_flight(
    gap_s: float, flights: int
) -> None:
    assert len(Night(radio(0.0, 1.0, 1.0 + gap_s, 2.0 + gap_s)).incidents) == flights


@pytest.mark.parametrize(
    ("family", "confidence", "alarm"),
    [
        ("drone", 0.9, True),
        ("controller", 0.9, True),
        ("drone", 0.89, False),
        ("background", 1.0, False),
        ("unknown", 1.0, False),
    ],
)
def test_what_on_the_air_is_an_alarm(family: str, confidence: float, alarm: bool) -> None:
    night = Night(radio(1.0, family=family, confidence=confidence))
    assert len(night.incidents) == alarm
    assert any(isinstance(message, Detection) for message in night.told)  # consoles hear of all


# Claims.


def claimed(
    time_s: float, serial: str, place_m: tuple[float, float, float], **values: object
) -> Said:
    report = RemoteIdReport(
        time_ns=at(time_s), transmitter="02:00:00:00:00:01", serial_number=serial,
        position=PLAN.to_position(np.array(place_m)), operational_status=2, ground_speed_m_s=0.0,
    )  # fmt: skip
    reading = replace(report, **values)
    (evidence,) = Detector(SITE.site, PLAN, REMOTE_ID).take(reading, at(time_s))
    assert isinstance(evidence, ClaimEvidence)
    return time_s, evidence


def test_a_claim_on_the_ground_is_told_and_raises_no_alarm() -> None:
    stands = [claimed(t, "S1", (50.0, 50.0, 0.0), operational_status=1) for t in every(1, 0, 30)]
    night = Night(stands)
    assert night.incidents == []
    assert any(isinstance(message, Track) for message in night.told)


def test_one_transmitter_that_invents_identities_is_one_bounded_incident() -> None:
    """A thousand serial numbers from one place, twenty a second."""
    swarm = [claimed(n / 20, f"S{n:04d}", (200.0, 100.0, 30.0)) for n in range(1000)]
    night = Night(swarm)
    flight, incident = sorted(night.incidents, key=lambda one: one.kind)
    assert (flight.kind, incident.kind) == ("flight", "spoofer")
    assert len(flight.claims) < 5  # before the transmitter gave itself away
    assert len(incident.claims) == MOST_NAMED
    assert incident.unnamed_sightings > 0
    versions = sum(isinstance(message, Incident) for message in night.told)
    assert versions <= MOST_NAMED + 10  # what it cannot name is no news
    assert len(encode(incident)) < 20_000


def test_invented_identities_all_over_the_place_are_a_bounded_number_of_incidents() -> None:
    rng = np.random.default_rng(1)
    places = rng.uniform(-1400, 1400, (1000, 2)).tolist()
    swarm = [claimed(n / 20, f"S{n:04d}", (x, y, 30.0)) for n, (x, y) in enumerate(places)]
    night = Night(swarm)
    in_contact: set[str] = set()
    most = 0
    for incident in (one for one in night.told if isinstance(one, Incident)):
        (in_contact.add if incident.contact else in_contact.discard)(incident.incident)
        most = max(most, len(in_contact))
    assert most <= 5  # one transmitter, one spoofer, and what it was taken for before
    # twenty a second for ten seconds are tracked at once, and none of the rest goes uncounted
    tracks = {message.track for message in night.told if isinstance(message, Track)}
    assert night.fusion.dropped == {"claim of one aircraft too many": 1000 - len(tracks)}


def test_a_position_without_an_altitude_is_at_the_sites_own() -> None:
    here = Position(latitude_deg=SITE.site.latitude_deg, longitude_deg=SITE.site.longitude_deg)
    (incident,) = Night([claimed(0.0, "S1", (0, 0, 0), position=here)]).incidents
    assert incident.position is not None
    assert PLAN.to_enu(incident.position) == pytest.approx([0, 0, 0], abs=0.1)


def test_an_advert_that_three_receivers_hear_is_told_once() -> None:
    said: list[Said] = []
    for second in range(20):
        place_m = (100.0, 100.0 - second, 20.0)
        _, heard = claimed(float(second), "S1", place_m, counter=(250 + second) % 256)
        assert isinstance(heard, ClaimEvidence)
        said += [
            (second + late_s, replaced(heard, sensor=name, time_ns=at(second + late_s)))
            for name, late_s in (("roof", 0.0), ("gate", 0.1), ("mast", 0.2))
        ]
    night = Night(said)
    assert night.fusion.dropped == {"claim repeated": 40}
    told = [message for message in night.told if isinstance(message, Detection)]
    assert len(told) == 20
    assert {message.sensor for message in told} == {"roof"}
    assert len(night.incidents) == 1
