from __future__ import annotations

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from havik.config.settings import AlarmSection, SiteSection, Zone
from havik.gateway.commands import COMMANDS, Acknowledge, AnyCommand, Close, RecordFind, Release
from havik.gateway.desk import Desk
from havik.gateway.finds import make_find
from havik.gateway.incidents import Incidents, Sighting
from havik.gateway.messages import Incident, Place, Step
from havik.gateway.plan import Plan
from havik.gateway.rig.demo_desk import PATROL_S, REACTION_S, to_do

S = 1_000_000_000
SITE = SiteSection(name="night-drop", latitude_deg=55.5, longitude_deg=3.5, mode="exercise")
FRESH = Incident(
    id="i", site="night-drop", time_ns=0, incident="f1", version=1, state="alarm", contact=True,
    confidence=1, first_contact_ns=0, last_contact_ns=0, steps=(Step(step="alarm", time_ns=0),),
)  # fmt: skip
DROPPED = replace(
    FRESH,
    state="acknowledged",
    drop=Place(zone="yard-b"),
    hold=("yard-b",),
    steps=(*FRESH.steps, Step(step="drop-suspected", time_ns=10 * S, zone="yard-b")),
)
SEARCHED = replace(
    DROPPED, steps=(*DROPPED.steps, Step(step="searched", time_ns=20 * S, zone="yard-b"))
)
AGAIN = replace(
    SEARCHED, steps=(*SEARCHED.steps, Step(step="drop-suspected", time_ns=30 * S, zone="yard-b"))
)
LOST = replace(
    FRESH,
    state="acknowledged",
    contact=False,
    hold=("yard-a", "yard-b"),
    steps=(*FRESH.steps, Step(step="contact-lost", time_ns=40 * S)),
)
GONE = replace(FRESH, state="acknowledged", contact=False)


@pytest.mark.parametrize(
    ("incident", "at_s", "expected"),
    [
        (FRESH, REACTION_S - 0.1, []),
        (FRESH, REACTION_S, ["acknowledge"]),
        (DROPPED, 10 + PATROL_S - 0.1, []),
        (DROPPED, 10 + PATROL_S, ["search yard-b"]),
        (SEARCHED, 20.0, ["release yard-b"]),
        (AGAIN, 30 + PATROL_S - 0.1, []),
        (AGAIN, 30 + PATROL_S, ["search yard-b"]),
        (LOST, 40 + PATROL_S - 0.1, []),
        (LOST, 40 + PATROL_S, ["search yard-a", "search yard-b"]),
        (GONE, 60.0, ["close"]),
        (replace(GONE, contact=True), 60.0, []),
        (replace(GONE, state="closed"), 60.0, []),
    ],
)
def test_the_next_step_and_not_before_its_time(
    incident: Incident, at_s: float, expected: list[str]
) -> None:
    names = [name.partition(" of ")[0] for name, _ in to_do(incident, int(at_s * S))]
    assert names == expected


def test_a_second_hover_is_another_job_than_the_first() -> None:
    ((first, _),) = to_do(DROPPED, 100 * S)
    ((second, _),) = to_do(AGAIN, 100 * S)
    assert first != second


def test_the_package_lies_where_it_was_dropped_and_nowhere_else() -> None:
    dropped = replace(LOST, drop=Place(zone="yard-b"))
    elsewhere, here = (command for _, command in to_do(dropped, 100 * S))
    assert isinstance(here, RecordFind) and isinstance(elsewhere, RecordFind)
    assert (here.place_ref, here.negative_search) == ("yard-b", False)
    assert (elsewhere.place_ref, elsewhere.negative_search, elsewhere.items) == ("yard-a", True, ())
    assert here.items
    for find in (here, elsewhere):
        assert make_find(SITE, find, 0).incident == "f1"  # its codes are in the lists


YARD = Zone(id="yard-b", kind="yard", corners_m=((0, 0), (100, 0), (100, 100), (0, 100)))


def test_a_flight_that_hovers_is_led_to_its_end() -> None:
    incidents = Incidents(SITE, AlarmSection(), Plan(SITE, [YARD]))
    gateway = Desk(SITE, incidents, {})
    above_the_yard = np.array([50.0, 50.0, 30.0])
    sighting = Sighting(
        time_ns=S, sensors=("radar",), confidence=1, place_m=above_the_yard, hovering=True
    )
    (started,) = incidents.sight(sighting)
    incidents.tick(1000 * S)
    done: dict[str, type[AnyCommand]] = {}
    while incidents.open:
        before = len(done)
        for name, command in to_do(incidents.get(started.incident), 3600 * S):
            kind = next(key for key, one in COMMANDS.items() if isinstance(command, one))
            reply = gateway.take(kind, msgspec.json.encode(command), 3600 * S).reply
            assert reply is not None and reply.outcome == "accepted", reply
            done[name] = type(command)
        assert len(done) > before, "nothing is left to do, and the incident is open"
    assert list(done.values()) == [Acknowledge, RecordFind, Release, Close]
