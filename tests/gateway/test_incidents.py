from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest

from havik.config.settings import AlarmSection, SiteSection, Zone
from havik.gateway.incidents import MOST_IN_CONTACT, Incidents, RefusedError, Sighting
from havik.gateway.messages import Find, Incident
from havik.gateway.plan import Plan

SITE = SiteSection(name="noord", latitude_deg=54.0, longitude_deg=4.0)
YARD = Zone(id="yard-b", kind="yard", corners_m=((0, 0), (40, 0), (40, 30), (0, 30)))
OTHER_YARD = Zone(id="yard-a", kind="yard", corners_m=((0, 40), (40, 40), (40, 70), (0, 70)))
WALL = Zone(id="wall", kind="perimeter", corners_m=((-100, -80), (100, -80), (100, 80), (-100, 80)))
ABOVE_YARD = (10.0, 10.0, 12.0)
OUTSIDE = (-250.0, 0.0, 40.0)


def incidents(restored: tuple[Incident, ...] = ()) -> Incidents:
    plan = Plan(SITE, (WALL, YARD, OTHER_YARD))
    return Incidents(SITE, AlarmSection(flight_gap_s=30), plan, restored)


def seen(time_s: float, place: tuple[float, ...] | None = None, **values: object) -> Sighting:
    place_m = None if place is None else np.array(place)
    plain = Sighting(time_ns=round(time_s * 1e9), sensors=("s1",), confidence=0.95)
    return replace(plain, place_m=place_m, **cast(Any, values))


def find(incident: str, zone: str | None, time_s: float = 60) -> Find:
    return Find(
        id="f", site="noord", time_ns=0, find="f1", found_at_ns=round(time_s * 1e9), place="yard",
        method="drone_alarm_search", place_ref=zone, incident=incident, negative_search=True,
    )  # fmt: skip


def dropped() -> tuple[Incidents, Incident]:
    """A flight that hovered over the yard and was lost."""
    room = incidents()
    room.sight(seen(0, OUTSIDE, track="t1"))
    room.sight(seen(20, ABOVE_YARD, track="t1", hovering=True))
    (lost,) = room.tick(51 * 10**9)
    return room, lost


def test_many_sensors_see_one_flight() -> None:
    room = incidents()
    (alarm,) = room.sight(seen(0, label="dji-droneid"))
    told = [
        *room.sight(seen(1, OUTSIDE, track="t1", claims=("serial:S1",))),
        *room.sight(seen(2, label="dji-droneid")),
        *room.sight(seen(3, OUTSIDE, track="t1", claims=("serial:S1",))),
        *room.sight(seen(4, OUTSIDE, track="t2")),
        *room.sight(seen(5, claims=("session:X",))),
    ]
    assert len(room.open) == 1
    assert {incident.incident for incident in told} == {alarm.incident}
    assert [incident.version for incident in told] == [2, 3, 4]
    (incident,) = room.open
    assert incident.claims == ("serial:S1", "session:X")
    assert incident.last_contact_ns == 5 * 10**9


def test_what_repeats_is_not_told_again() -> None:
    room = incidents()
    assert room.sight(seen(0, OUTSIDE, track="t1"))
    for second in range(1, 20):
        assert not room.sight(seen(second, OUTSIDE, track="t1"))


def test_two_flights_a_minute_apart_are_two() -> None:
    room = incidents()
    room.sight(seen(0, label="dji-droneid"))
    room.sight(seen(60, label="dji-droneid"))
    assert len(room.open) == 2


def test_two_flights_far_apart_are_two() -> None:
    room = incidents()
    room.sight(seen(0, (-250.0, 0.0, 30.0), track="t1"))
    room.sight(seen(1, (250.0, 0.0, 30.0), track="t2"))
    assert len(room.open) == 2


def test_a_hover_over_a_yard_holds_it() -> None:
    room = incidents()
    room.sight(seen(0, OUTSIDE, track="t1"))
    (over,) = room.sight(seen(18, ABOVE_YARD, track="t1"))
    assert [place.zone for place in over.search] == ["yard-b"]
    assert not over.hold
    (drop,) = room.sight(seen(22, ABOVE_YARD, track="t1", hovering=True))
    assert drop.hold == ("yard-b",)
    assert drop.drop is not None and drop.drop.zone == "yard-b"
    assert drop.steps[-1].step == "drop-suspected"
    assert not room.sight(seen(23, ABOVE_YARD, track="t1", hovering=True))


def test_contact_ends_after_the_gap_and_the_hold_stays() -> None:
    room, lost = dropped()
    assert not lost.contact
    assert lost.hold == ("yard-b",)
    assert not room.tick(10**12)


def test_a_yard_flown_over_is_held_even_without_a_hover() -> None:
    room = incidents()
    room.sight(seen(0, ABOVE_YARD, track="t1"))
    (lost,) = room.tick(31 * 10**9)
    assert lost.hold == ("yard-b",)
    assert lost.drop is None


def test_a_flight_without_a_place_names_every_yard_and_holds_none() -> None:
    room = incidents()
    room.sight(seen(0, label="dji-droneid"))
    (lost,) = room.tick(31 * 10**9)
    assert {place.zone for place in lost.search} == {"yard-a", "yard-b"}
    assert not lost.hold


def test_the_way_from_alarm_to_closed() -> None:
    room, lost = dropped()
    name = lost.incident
    assert room.acknowledge(name, "desk-1", 1).state == "acknowledged"
    room.record(find(name, "yard-b"), 2)
    room.release(name, "yard-b", "shift-lead", 3)
    closed = room.close(name, "desk-1", None, 4)
    steps = [step.step for step in closed.steps]
    assert steps == [
        "alarm", "drop-suspected", "contact-lost", "acknowledged", "searched", "released", "closed",
    ]  # fmt: skip
    assert closed.finds == ("f1",)
    assert not room.open


def test_a_yard_is_not_released_before_its_search() -> None:
    room, lost = dropped()
    with pytest.raises(RefusedError, match="has not been searched"):
        room.release(lost.incident, "yard-b", "lead", 1)
    room.record(find(lost.incident, "yard-a"), 2)
    with pytest.raises(RefusedError, match="has not been searched"):
        room.release(lost.incident, "yard-b", "lead", 3)
    with pytest.raises(RefusedError, match=r"yard-a is not on hold \(on hold: yard-b\)"):
        room.release(lost.incident, "yard-a", "lead", 4)


def test_an_incident_is_not_closed_in_flight_or_on_hold() -> None:
    room = incidents()
    (alarm,) = room.sight(seen(0, OUTSIDE, track="t1"))
    with pytest.raises(RefusedError, match="still in contact"):
        room.close(alarm.incident, "desk", None, 1)
    room, lost = dropped()
    with pytest.raises(RefusedError, match="yard-b on hold"):
        room.close(lost.incident, "desk", None, 1)


def test_an_incident_that_is_not_there_is_refused() -> None:
    with pytest.raises(RefusedError, match="no open incident nowhere"):
        incidents().acknowledge("nowhere", "desk", 1)


def test_a_swarm_of_claims_is_bounded() -> None:
    room = incidents()
    for number in range(200):
        place = (1000.0 * number, 0.0, 50.0)
        room.sight(seen(number / 100, place, track=f"t{number}", claims=(f"serial:{number}",)))
    assert len(room.open) == MOST_IN_CONTACT


def test_a_restart_keeps_the_hold_and_the_flight() -> None:
    _, lost = dropped()
    again = incidents((lost,))
    with pytest.raises(RefusedError, match="on hold"):
        again.close(lost.incident, "desk", None, 1)
    room = incidents()
    (alarm,) = room.sight(seen(0, OUTSIDE, track="t1"))
    resumed = incidents((alarm,))
    resumed.sight(seen(5, OUTSIDE, track="t9"))
    assert [incident.incident for incident in resumed.open] == [alarm.incident]
