from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest

from havik.config.settings import AlarmSection, SiteSection, Zone
from havik.gateway.incidents import (
    MOST_IN_CONTACT,
    MOST_NAMED,
    MOST_OPEN,
    MOST_STEPS,
    Incidents,
    RefusedError,
    Sighting,
)
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
    steps = " ".join(step.step for step in closed.steps)
    assert steps == "alarm drop-suspected contact-lost acknowledged searched released closed"
    assert closed.finds == ("f1",)
    assert not room.open


def test_a_yard_is_not_released_before_its_search() -> None:
    room, lost = dropped()
    with pytest.raises(RefusedError, match="has not been searched"):
        room.release(lost.incident, "yard-b", "shift-lead", 1)
    room.record(find(lost.incident, "yard-a"), 2)
    with pytest.raises(RefusedError, match="has not been searched"):
        room.release(lost.incident, "yard-b", "shift-lead", 3)
    with pytest.raises(RefusedError, match=r"yard-a is not on hold \(on hold: yard-b\)"):
        room.release(lost.incident, "yard-a", "shift-lead", 4)


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


def test_a_flight_goes_on_through_a_pause_within_the_gap_and_no_longer() -> None:
    room = incidents()
    room.sight(seen(0, label="dji-droneid"))
    assert not room.tick(30 * 10**9)
    room.sight(seen(30, label="dji-droneid"))
    assert len(room.open) == 1
    room.sight(seen(60.001, label="dji-droneid"))
    assert len(room.open) == 2


def test_what_repeats_is_told_once_in_a_gap_so_that_a_restart_knows_of_it() -> None:
    room = incidents()
    room.sight(seen(0, OUTSIDE, track="t1"))
    told = [(s, i) for s in range(1, 91) for i in room.sight(seen(s, OUTSIDE, track="t1"))]
    assert [second for second, _ in told] == [30, 60, 90]
    assert all(incident.last_contact_ns == second * 10**9 for second, incident in told)


@pytest.mark.parametrize(("back_s", "flights"), [(59, 1), (61, 2)])
def test_after_a_restart_a_record_may_be_a_gap_too_old(back_s: float, flights: int) -> None:
    """The record of 0 s may hide a contact at 30 s: up to 60 s the flight may go on."""
    (alarm,) = incidents().sight(seen(0, OUTSIDE, track="t1"))
    resumed = incidents((alarm,))
    assert not resumed.tick(59 * 10**9)
    resumed.sight(seen(back_s, OUTSIDE, track="t9"))
    assert len(resumed.open) == flights


def test_after_a_restart_the_flight_that_is_seen_again_has_one_gap() -> None:
    (alarm,) = incidents().sight(seen(0, OUTSIDE, track="t1"))
    resumed = incidents((alarm,))
    resumed.sight(seen(20, OUTSIDE, track="t9"))
    (lost,) = resumed.tick(51 * 10**9)
    assert not lost.contact


def test_after_a_restart_a_flight_that_is_gone_is_lost() -> None:
    (alarm,) = incidents().sight(seen(0, ABOVE_YARD, track="t1"))
    (lost,) = incidents((alarm,)).tick(61 * 10**9)
    assert (lost.contact, lost.hold, lost.version) == (False, ("yard-b",), alarm.version + 1)


def test_a_find_in_the_zone_is_a_search_however_its_name_is_written() -> None:
    room, lost = dropped()
    room.record(find(lost.incident, "YARD-B"), 60 * 10**9)
    assert not room.release(lost.incident, "yard-b", "shift-lead", 61 * 10**9).hold


def test_a_search_without_a_place_releases_nothing() -> None:
    room, lost = dropped()
    room.record(find(lost.incident, None), 60 * 10**9)
    with pytest.raises(RefusedError, match="has not been searched"):
        room.release(lost.incident, "yard-b", "shift-lead", 61 * 10**9)


def test_a_second_drop_after_the_search_asks_for_a_second_search() -> None:
    room = incidents()
    (alarm,) = room.sight(seen(0, ABOVE_YARD, track="t1", hovering=True))
    room.record(find(alarm.incident, "yard-b"), 5 * 10**9)
    (again,) = room.sight(seen(10, ABOVE_YARD, track="t1", hovering=True))
    assert [step.step for step in again.steps] == [
        "alarm", "drop-suspected", "searched", "drop-suspected",
    ]  # fmt: skip
    with pytest.raises(RefusedError, match="has not been searched"):
        room.release(alarm.incident, "yard-b", "shift-lead", 11 * 10**9)
    room.record(find(alarm.incident, "yard-b"), 12 * 10**9)
    assert not room.release(alarm.incident, "yard-b", "shift-lead", 13 * 10**9).hold


def test_a_yard_that_was_released_is_held_again_when_it_comes_back() -> None:
    room = incidents()
    (alarm,) = room.sight(seen(0, ABOVE_YARD, track="t1", hovering=True))
    room.record(find(alarm.incident, "yard-b"), 5 * 10**9)
    room.release(alarm.incident, "yard-b", "shift-lead", 6 * 10**9)
    (again,) = room.sight(seen(10, ABOVE_YARD, track="t1", hovering=True))
    assert again.hold == ("yard-b",)
    with pytest.raises(RefusedError, match="has not been searched"):
        room.release(alarm.incident, "yard-b", "shift-lead", 11 * 10**9)


def test_a_yard_that_was_only_flown_over_and_is_searched_already_is_not_held() -> None:
    room = incidents()
    (alarm,) = room.sight(seen(0, ABOVE_YARD, track="t1"))
    room.record(find(alarm.incident, "yard-b"), 5 * 10**9)
    (lost,) = room.tick(31 * 10**9)
    assert [place.zone for place in lost.search] == ["yard-b"]
    assert not lost.hold


def test_every_yard_that_it_hovered_over_is_held() -> None:
    room = incidents()
    room.sight(seen(0, ABOVE_YARD, track="t1", hovering=True))
    (both,) = room.sight(seen(9, (10.0, 50.0, 12.0), track="t1", hovering=True))
    assert both.hold == ("yard-b", "yard-a")
    assert both.drop is not None and both.drop.zone == "yard-b"


def test_the_same_desk_acknowledges_once_and_another_beside_it() -> None:
    room, lost = dropped()
    first = room.acknowledge(lost.incident, "desk-1", 60 * 10**9)
    again = room.acknowledge(lost.incident, "desk-1", 61 * 10**9)
    assert (again.steps, again.version) == (first.steps, first.version + 1)
    second = room.acknowledge(lost.incident, "desk-2", 62 * 10**9)
    assert [step.by for step in second.steps if step.step == "acknowledged"] == ["desk-1", "desk-2"]


def test_every_step_has_its_time_and_who_did_it() -> None:
    room, lost = dropped()
    name = lost.incident
    room.acknowledge(name, "desk-1", 55 * 10**9)
    room.note(name, "desk-1", "patrol on its way", 56 * 10**9)
    room.record(find(name, "yard-b"), 60 * 10**9)
    room.release(name, "yard-b", "shift-lead", 70 * 10**9)
    closed = room.close(name, "desk-1", "done", 80 * 10**9)
    told = [(step.step, step.time_ns // 10**9, step.by, step.zone) for step in closed.steps]
    assert told == [
        ("alarm", 0, None, None),
        ("drop-suspected", 20, None, "yard-b"),
        ("contact-lost", 51, None, None),
        ("acknowledged", 55, "desk-1", None),
        ("note", 56, "desk-1", None),
        ("searched", 60, None, "yard-b"),
        ("released", 70, "shift-lead", "yard-b"),
        ("closed", 80, "desk-1", None),
    ]
    assert (closed.steps[4].text, closed.steps[7].text) == ("patrol on its way", "done")


def test_late_evidence_moves_first_contact_and_no_version_back() -> None:
    room = incidents()
    (alarm,) = room.sight(seen(10, label="dji-droneid"))
    (after,) = room.sight(seen(9.5, ABOVE_YARD, track="t1", hovering=True))
    assert after.first_contact_ns == round(9.5e9)
    assert after.last_contact_ns == 10 * 10**9
    assert after.time_ns == alarm.time_ns
    assert after.steps[-1].time_ns == round(9.5e9)  # a step has the time of its evidence


def test_every_version_is_a_message_of_its_own() -> None:
    room = incidents()
    (alarm,) = room.sight(seen(0, OUTSIDE, track="t1"))
    (second,) = room.sight(seen(1, OUTSIDE, track="t2"))
    noted = room.note(alarm.incident, "desk", "x", 2 * 10**9)
    assert len({alarm.id, second.id, noted.id}) == 3
    room.sight(seen(3, OUTSIDE, track="t1"))  # not told, but it is in what is told next
    for by in ("desk", "desk"):
        version = room.acknowledge(alarm.incident, by, 4 * 10**9)
        assert version.id not in {alarm.id, second.id, noted.id}  # an id never has two contents
        assert version.last_contact_ns == 3 * 10**9
    assert [alarm.version, second.version, noted.version] == [1, 2, 3]
    assert {alarm.incident, second.incident, noted.incident} == {alarm.incident}


def test_an_incident_names_so_many_and_counts_the_rest() -> None:
    room = incidents()
    told: list[Incident] = []
    for n in range(1000):
        told += room.sight(seen(n / 100, OUTSIDE, track=f"t{n}", claims=(f"serial:{n}",)))
    assert len(told) == MOST_NAMED  # what is not named is no news
    (incident,) = room.open
    assert incident.claims == tuple(f"serial:{n}" for n in range(MOST_NAMED))
    assert incident.tracks == tuple(f"t{n}" for n in range(MOST_NAMED))
    assert incident.unnamed_sightings == 1000 - MOST_NAMED


def test_an_incident_has_so_many_steps_and_can_be_ended_even_then() -> None:
    room, lost = dropped()
    name = lost.incident
    room.record(find(name, "yard-b"), 60 * 10**9)
    for _ in range(MOST_STEPS - 4):
        room.note(name, "desk", "x", 61 * 10**9)
    full = "500 steps and takes no more"
    with pytest.raises(RefusedError, match=full):
        room.note(name, "desk", "x", 62)
    with pytest.raises(RefusedError, match=full):
        room.acknowledge(name, "desk", 62)
    with pytest.raises(RefusedError, match=full):
        room.record(find(name, "yard-b"), 62)
    room.release(name, "yard-b", "shift-lead", 63 * 10**9)
    assert room.close(name, "desk", None, 64 * 10**9).state == "closed"


def test_incidents_that_nobody_closes_are_closed_for_new_ones_the_oldest_first() -> None:
    room = incidents()
    names: list[str] = []
    closed: list[Incident] = []
    for number in range(MOST_OPEN + 10):
        told = room.sight(seen(number * 100, label="dji-droneid"))
        closed += told[:-1]
        names.append(told[-1].incident)
        room.tick(number * 100 * 10**9 + 31 * 10**9)
    assert len(room.open) == MOST_OPEN
    assert [incident.incident for incident in closed] == names[:10]
    assert room.closed_unanswered == 10
    last = closed[0].steps[-1]
    assert (closed[0].state, last.step, last.by) == ("closed", "closed", None)
    assert last.text == "closed by the gateway: 200 were open"


def test_a_hold_is_never_lost_for_room() -> None:
    room = incidents()
    for number in range(MOST_OPEN + 50):
        place = ABOVE_YARD if number in (0, 1) else OUTSIDE
        room.sight(seen(number * 100, place, track=f"t{number}", hovering=place == ABOVE_YARD))
        room.tick(number * 100 * 10**9 + 31 * 10**9)
    holding = [incident.tracks[0] for incident in room.open if incident.hold]
    assert holding == ["t1"]  # it holds for the older one, and stays
    assert len(room.open) == MOST_OPEN
