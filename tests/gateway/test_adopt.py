from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from havik.config.settings import AlarmSection, SiteSection
from havik.gateway.adopt import Adoption
from havik.gateway.incidents import MOST_STEPS, Incidents
from havik.gateway.log.store import CentralLog
from havik.gateway.messages import Find, Incident, Recorded, Step
from havik.gateway.plan import Plan

NOW_NS = 1_790_000_000_000_000_000
SITE = SiteSection(name="noord", latitude_deg=52.0, longitude_deg=5.0)


def incident(name: str, *, finds: tuple[str, ...] = ()) -> Incident:
    return Incident(
        id=f"id-{name}",
        site="noord",
        time_ns=NOW_NS,
        incident=name,
        version=1,
        state="acknowledged",
        contact=False,
        confidence=0.9,
        first_contact_ns=NOW_NS,
        last_contact_ns=NOW_NS,
        hold=("yard-b",),
        finds=finds,
    )


def find(name: str, incident: str | None, site: str = "noord") -> Find:
    return Find(
        id=f"id-{name}",
        site=site,
        time_ns=NOW_NS,
        find=name,
        found_at_ns=NOW_NS,
        place="yard",
        place_ref="yard-b",
        method="yard_inspection",
        incident=incident,
        negative_search=True,
    )


def put(folder: Path, *records: Recorded) -> None:
    with CentralLog(folder) as log:
        log.append(records)


def adoption(folder: Path, *open_incidents: Incident) -> tuple[Adoption, Incidents]:
    incidents = Incidents(SITE, AlarmSection(), Plan(SITE), open_incidents)
    return Adoption(folder, "noord", incidents), incidents


def adopt(room: Adoption) -> list[Incident | Find]:
    finds, new = room.read()
    return room.take(finds, NOW_NS, new=new)


def test_a_find_of_another_program_joins_its_open_incident(tmp_path: Path) -> None:
    put(tmp_path, incident("i"))
    room, incidents = adoption(tmp_path, incident("i"))
    assert adopt(room) == []
    put(tmp_path, find("f", "i"))
    told, changed = adopt(room)
    assert told == find("f", "i")
    assert isinstance(changed, Incident)
    assert changed.finds == ("f",)
    assert [step.step for step in changed.steps] == ["searched"]
    assert incidents.release("i", "yard-b", "shift-lead", NOW_NS).hold == ()
    assert adopt(room) == []


def test_a_find_made_while_the_gateway_was_down_joins_too_but_is_no_news(tmp_path: Path) -> None:
    put(tmp_path, incident("i", finds=("listed",)), find("listed", "i"), find("late", "i"))
    room, _ = adoption(tmp_path, incident("i", finds=("listed",)))
    (changed,) = adopt(room)
    assert isinstance(changed, Incident)
    assert changed.finds == ("listed", "late")


def test_its_own_finds_and_those_of_other_sites_are_left_alone(tmp_path: Path) -> None:
    put(tmp_path, incident("i"))
    room, _ = adoption(tmp_path, incident("i"))
    adopt(room)
    own = find("own", "i")
    room.own(own)
    put(tmp_path, own, find("elsewhere", "i", site="zuid"))
    assert adopt(room) == []


def test_an_incident_that_is_full_does_not_keep_the_other_finds(tmp_path: Path) -> None:
    step = Step(step="note", time_ns=NOW_NS, by="desk")
    full = replace(incident("full"), steps=(step,) * MOST_STEPS)
    put(tmp_path, full, incident("i"))
    room, _ = adoption(tmp_path, full, incident("i"))
    assert adopt(room) == []
    put(tmp_path, find("first", "full"), find("second", "i"))
    told = adopt(room)
    assert [one.find for one in told if isinstance(one, Find)] == ["first", "second"]
    assert [one.incident for one in told if isinstance(one, Incident)] == ["i"]


def test_a_find_without_an_open_incident_is_told_alone(tmp_path: Path) -> None:
    put(tmp_path, incident("i"))
    room, _ = adoption(tmp_path)
    adopt(room)
    put(tmp_path, find("alone", None), find("closed", "i"))
    assert [one.find for one in adopt(room) if isinstance(one, Find)] == ["alone", "closed"]
